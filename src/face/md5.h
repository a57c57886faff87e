/* MD5 (RFC 1321) of bytes in memory: fingerprints of clients are defined by it. Never for trust. */
#ifndef CT_FACE_MD5_H
#define CT_FACE_MD5_H

#include "base/str.h"

void ct_md5(ct_str bytes, unsigned char ret_digest[16]);

#endif
