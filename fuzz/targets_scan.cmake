ct_fuzz(scan_reports LINKS scan)
ct_fuzz(image_list LINKS scan)
