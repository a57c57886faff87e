ct_fuzz(osv LINKS advisory)
