ct_fuzz(formats LINKS formats)
