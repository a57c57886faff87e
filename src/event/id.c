#include "event/attempt.h"
#include "base/blake2b.h"

static void add_u64(struct ct_blake2b *s, uint64_t v)
{
    unsigned char b[8];
    for (unsigned i = 0; i < 8; i++) b[i] = (unsigned char)(v >> (56 - 8 * i));
    ct_blake2b_add(s, (ct_str){b, sizeof b});
}

/* BLAKE2b with 16 bytes over: length and bytes of source, offset, length and bytes of content, numbers as eight bytes,
 * highest first. The lengths keep ("ab", "c") and ("a", "bc") apart. Never to change: stores merge by it. */
void ct_event_id(ct_str source, uint64_t offset, ct_str content, unsigned char ret_id[16])
{
    struct ct_blake2b s;
    ct_blake2b_init(&s);
    add_u64(&s, source.n);
    ct_blake2b_add(&s, source);
    add_u64(&s, offset);
    add_u64(&s, content.n);
    ct_blake2b_add(&s, content);
    ct_blake2b_done(&s, ret_id);
}
