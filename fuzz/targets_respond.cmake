ct_fuzz(attempt_read LINKS respond)
