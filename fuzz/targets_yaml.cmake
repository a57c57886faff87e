ct_fuzz(yaml_in LINKS yaml)
