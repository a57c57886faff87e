ct_fuzz(face LINKS face)
