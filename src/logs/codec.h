/* Which decoder a log file wants, by its first bytes. A file is a row of frames (gzip members, zstd and lz4 frames, xz and
 * bzip2 streams); what lies between and behind frames is the source's business.
 */
#ifndef CT_LOGS_CODEC_H
#define CT_LOGS_CODEC_H

#include "archive/decoder.h"
#include "logs/source.h"

#define CT_CODEC_SNIFF 10u /* bytes that always suffice to tell */

enum ct_sniff {
    CT_SNIFF_PLAIN,
    CT_SNIFF_FRAME,   /* a frame of *ret_codec starts here */
    CT_SNIFF_REFUSED, /* a known format that is no log stream: *ret_what says which */
    CT_SNIFF_MORE,    /* could still become one of these: look again with more bytes */
};
/* at_end: no more bytes will come. Outputs are written only where the answer says so. */
enum ct_sniff ct_codec_sniff(ct_str head, bool at_end, enum ct_codec *ret_codec, const char **ret_what);

const struct ct_codec_ops *ct_codec_ops_of(enum ct_codec c); /* null for plain */

#endif
