ct_fuzz(decode LINKS text)
ct_fuzz(json_in LINKS text)
ct_fuzz(printable LINKS text)
ct_fuzz(xml_in LINKS text)
