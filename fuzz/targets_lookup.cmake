ct_fuzz(eval LINKS lookup)
ct_fuzz(jndi LINKS lookup)
