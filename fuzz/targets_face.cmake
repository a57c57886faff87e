ct_fuzz(face LINKS face)
ct_fuzz(ssh LINKS face)
ct_fuzz(tls_hello LINKS face)
