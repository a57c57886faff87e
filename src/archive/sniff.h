/* Inside of the walk: telling formats apart by bytes. */
#ifndef CT_ARCHIVE_SNIFF_H
#define CT_ARCHIVE_SNIFF_H

#include "archive/nest.h"

bool ct_tar_sum_fits(const unsigned char *header); /* 512 bytes */
bool ct_sniff_runs(ct_str head);                   /* a script or program, which may carry a zip at its end */
/* The literals that a deflate stream starts with, up to n; fewer where a match comes first, or the stream is odd. */
size_t ct_sniff_deflate(ct_str packed, unsigned char *to, size_t n);

#endif
