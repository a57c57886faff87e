ct_fuzz(zip_without LINKS archive)
