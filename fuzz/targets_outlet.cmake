ct_fuzz(http1 LINKS net)
ct_fuzz(spool LINKS outlet)
