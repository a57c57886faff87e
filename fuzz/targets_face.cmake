ct_fuzz(face LINKS face)
ct_fuzz(ssh LINKS face)
