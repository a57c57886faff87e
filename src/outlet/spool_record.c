#include "outlet/spool_record.h"

#include <string.h>
#include <zlib.h>

static const unsigned char MAGIC[4] = {0xff, 'C', 'T', 1};

void ct_put_u32(unsigned char *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++) p[i] = (unsigned char)(v >> (8 * i));
}

void ct_put_u64(unsigned char *p, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++) p[i] = (unsigned char)(v >> (8 * i));
}

uint32_t ct_get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t ct_get_u64(const unsigned char *p) { return ct_get_u32(p) | (uint64_t)ct_get_u32(p + 4) << 32; }

uint32_t ct_spool_crc(ct_str s) { return (uint32_t)crc32_z(0, s.p, s.n); }

void ct_spool_encode(const struct ct_spool_record *r, unsigned char *out)
{
    memcpy(out, MAGIC, sizeof MAGIC);
    ct_put_u32(out + 4, (uint32_t)r->event.n);
    memcpy(out + 8, r->id, sizeof r->id);
    ct_put_u64(out + 24, (uint64_t)r->time_us);
    ct_put_u32(out + 32, ct_spool_crc(r->event));
    ct_put_u32(out + 36, ct_spool_crc((ct_str){out, 36}));
    memcpy(out + CT_SPOOL_HEADER, r->event.p, r->event.n);
}

bool ct_spool_decode_header(const unsigned char p[CT_SPOOL_HEADER], struct ct_spool_record *ret_record)
{
    uint32_t n = ct_get_u32(p + 4);
    if (memcmp(p, MAGIC, sizeof MAGIC) != 0 || ct_get_u32(p + 36) != ct_spool_crc((ct_str){p, 36})) return false;
    if (n == 0 || n > CT_OUTLET_EVENT_MAX) return false;
    *ret_record =
        (struct ct_spool_record){.time_us = (int64_t)ct_get_u64(p + 24), .event = {NULL, n}, .event_crc = ct_get_u32(p + 32)};
    memcpy(ret_record->id, p + 8, sizeof ret_record->id);
    return true;
}

bool ct_spool_event_is_whole(const struct ct_spool_record *r, const unsigned char *event)
{
    return ct_spool_crc((ct_str){event, r->event.n}) == r->event_crc;
}

size_t ct_spool_find_magic(ct_str s, size_t from)
{
    for (size_t i = from; i < s.n; i++) {
        const unsigned char *hit = memchr(s.p + i, MAGIC[0], s.n - i);
        if (!hit) return s.n;
        i = (size_t)(hit - s.p);
        size_t n = s.n - i < sizeof MAGIC ? s.n - i : sizeof MAGIC;
        if (memcmp(hit, MAGIC, n) == 0) return i;
    }
    return s.n;
}
