ct_fuzz(purl LINKS sbom)
