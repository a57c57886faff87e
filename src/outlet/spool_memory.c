#include "outlet/spool_impl.h"

#include <string.h>

ct_str ct_spool_memory_front(const ct_spool *s)
{
    struct ct_spool_record r;
    if (s->memory.n == 0 || !ct_spool_decode_header(s->memory.p + s->memory.head, &r)) return (ct_str){NULL, 0};
    return (ct_str){s->memory.p + s->memory.head, CT_SPOOL_HEADER + r.event.n};
}

void ct_spool_memory_pop(ct_spool *s)
{
    s->memory.head += ct_spool_memory_front(s).n;
    if (--s->memory.n == 0) s->memory.head = s->memory.end = 0;
}

static void drop_front(ct_spool *s)
{
    if (s->current == CT_SPOOL_IN_MEMORY) s->current = CT_SPOOL_LOST;
    ct_spool_memory_pop(s);
    s->counts.dropped++;
}

void ct_spool_memory_push(ct_spool *s, ct_str record)
{
    if (!s->memory.p) s->memory.p = ct_alloc_get(s->alloc, CT_OUTLET_MEMORY_MAX);
    if (!s->memory.p || record.n > CT_OUTLET_MEMORY_MAX) {
        s->counts.dropped++;
        ct_spool_save_position(s);
        return;
    }
    uint64_t before = s->counts.dropped;
    while (s->memory.end - s->memory.head + record.n > CT_OUTLET_MEMORY_MAX) drop_front(s);
    if (s->memory.end + record.n > CT_OUTLET_MEMORY_MAX) {
        memmove(s->memory.p, s->memory.p + s->memory.head, s->memory.end - s->memory.head);
        s->memory.end -= s->memory.head;
        s->memory.head = 0;
    }
    memcpy(s->memory.p + s->memory.end, record.p, record.n);
    s->memory.end += record.n;
    s->memory.n++;
    if (s->counts.dropped != before) ct_spool_save_position(s);
}

void ct_spool_memory_flush(ct_spool *s)
{
    while (s->memory.n) {
        /* The record being delivered is the front only if the disk held nothing, so it becomes the disk's first. */
        bool current = s->current == CT_SPOOL_IN_MEMORY;
        if (ct_spool_append(s, ct_spool_memory_front(s)) != CT_OK) return;
        ct_spool_memory_pop(s);
        if (!current) continue;
        while (s->n_segments > 1) ct_spool_remove_oldest(s); /* delivered to the end, or the record would not be the front */
        s->current = CT_SPOOL_ON_DISK;
    }
}
