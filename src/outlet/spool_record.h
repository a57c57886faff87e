/* How one event lies in a spool segment: a header of 40 bytes, then the event's bytes.
 *
 *   0  magic ff 43 54 01    bytes that no JSON text holds, so a search for the next record never stops inside an event
 *   4  length of the event, u32
 *   8  id, 16 bytes
 *  24  time, microseconds since 1970, i64
 *  32  CRC-32 of the event
 *  36  CRC-32 of the 36 bytes before
 * Numbers are little-endian. The checksums find torn writes and rot, not malice: the folder belongs to us alone.
 */
#ifndef CT_OUTLET_SPOOL_RECORD_H
#define CT_OUTLET_SPOOL_RECORD_H

#include "base/limits.h"
#include "base/str.h"

#define CT_SPOOL_HEADER 40u

struct ct_spool_record {
    unsigned char id[16];
    int64_t time_us;
    ct_str event;       /* after decoding a header: p is null, n is set */
    uint32_t event_crc;
};

/* out: CT_SPOOL_HEADER + r->event.n bytes; event_crc is computed. */
void ct_spool_encode(const struct ct_spool_record *r, unsigned char *out);
/* False: no header, or a damaged one. */
bool ct_spool_decode_header(const unsigned char p[CT_SPOOL_HEADER], struct ct_spool_record *ret_record);
bool ct_spool_event_is_whole(const struct ct_spool_record *r, const unsigned char *event);
/* Offset of the next possible header (its magic, or a beginning of it at the very end) at or after from; s.n when none. */
size_t ct_spool_find_magic(ct_str s, size_t from);

uint32_t ct_spool_crc(ct_str s);
void ct_put_u32(unsigned char *p, uint32_t v);
void ct_put_u64(unsigned char *p, uint64_t v);
uint32_t ct_get_u32(const unsigned char *p);
uint64_t ct_get_u64(const unsigned char *p);

#endif
