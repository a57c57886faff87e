ct_fuzz(version LINKS version)
