ct_fuzz(vex LINKS vex)
ct_fuzz(vex_out LINKS vex)
