#include "event/attempt.h"
#include "event/sha256.h"

#include <string.h>

static void add_u64(struct ct_sha256 *s, uint64_t v)
{
    unsigned char b[8];
    for (unsigned i = 0; i < 8; i++) b[i] = (unsigned char)(v >> (56 - 8 * i));
    ct_sha256_add(s, (ct_str){b, sizeof b});
}

/* The first half of SHA-256 over: length and bytes of source, offset, length and bytes of content, numbers as eight bytes,
 * highest first. The lengths keep ("ab", "c") and ("a", "bc") apart. Never to change: stores merge by it. */
void ct_event_id(ct_str source, uint64_t offset, ct_str content, unsigned char ret_id[16])
{
    struct ct_sha256 s;
    unsigned char digest[32];
    ct_sha256_init(&s);
    add_u64(&s, source.n);
    ct_sha256_add(&s, source);
    add_u64(&s, offset);
    add_u64(&s, content.n);
    ct_sha256_add(&s, content);
    ct_sha256_done(&s, digest);
    memcpy(ret_id, digest, 16);
}
