ct_fuzz(policy LINKS policy)
