ct_fuzz(letter LINKS respond)
