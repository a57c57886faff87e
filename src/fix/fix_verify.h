/* Is the new archive the old one without the cuts? Looked at by the reader that scans use, which shares no code with the writer.
 * Private to fix. */
#ifndef CT_FIX_FIX_VERIFY_H
#define CT_FIX_FIX_VERIFY_H

#include "archive/zip_without.h"

/* Both open for reading. CT_ERR_CHECKSUM: it is not; fault says where. Every entry of the new one is read to its end; entries that no
 * reader here can decompress are compared by what the directory says. */
CT_MUST_USE ct_err ct_fix_verify(int old, int new, const struct ct_zip_cut *cuts, size_t n_cuts, struct ct_fault *fault);

#endif
