ct_fuzz(http1 LINKS net)
ct_fuzz(spool LINKS outlet)
ct_fuzz(gist LINKS outlet)
ct_fuzz(smtp_reply LINKS outlet)
