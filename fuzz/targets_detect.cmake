ct_fuzz(verdict LINKS detect)
ct_fuzz(prefilter LINKS detect)
