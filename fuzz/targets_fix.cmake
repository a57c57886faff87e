ct_fuzz(fix_journal LINKS fix)
