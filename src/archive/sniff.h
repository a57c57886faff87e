/* Inside of the walk: telling formats apart by bytes. */
#ifndef CT_ARCHIVE_SNIFF_H
#define CT_ARCHIVE_SNIFF_H

#include "archive/nest.h"

bool ct_tar_sum_fits(const unsigned char *header); /* 512 bytes */
bool ct_sniff_runs(ct_str head);                   /* a script or program, which may carry a zip at its end */
/* A deflate stream starts with exactly these literals. False also where it does, but by a match. */
bool ct_sniff_deflate(ct_str packed, const unsigned char *want, size_t n);

#endif
