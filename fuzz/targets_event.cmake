ct_fuzz(event LINKS event)
