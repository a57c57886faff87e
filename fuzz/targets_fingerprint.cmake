ct_fuzz(fingerprint LINKS fingerprint)
ct_fuzz(evidence LINKS fingerprint)
