ct_fuzz(bom LINKS sbom)
