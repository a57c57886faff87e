ct_fuzz(vex LINKS vex)
