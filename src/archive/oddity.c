#include "archive/level.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EACH_KIND = 8 }; /* told one by one per container; the rest as a number */

static bool leaves_incomplete(enum ct_oddity o)
{
    static const bool incomplete[] = {
#define X(name, text, incomplete_) incomplete_,
        CT_ODDITY_LIST(X)
#undef X
    };
    return incomplete[o];
}

static ct_err usual_err(enum ct_oddity o)
{
    switch (o) {
    case CT_ODDITY_BOMB:
    case CT_ODDITY_DEPTH:
    case CT_ODDITY_ENTRIES: return CT_ERR_CAP;
    case CT_ODDITY_TRUNCATED: return CT_ERR_TRUNCATED;
    case CT_ODDITY_CHECKSUM: return CT_ERR_CHECKSUM;
    case CT_ODDITY_METHOD:
    case CT_ODDITY_ENCRYPTED:
    case CT_ODDITY_UNSUPPORTED: return CT_ERR_UNSUPPORTED;
    case CT_ODDITY_MEMORY: return CT_ERR_NOMEM;
    case CT_ODDITY_READ: return CT_ERR_READ;
    default: return CT_ERR_SYNTAX;
    }
}

void ct_nest_odd(ct_nest *nest, struct ct_level *l, bool about_entry, enum ct_oddity o, ct_err e, uint64_t offset, const char *fmt, ...)
{
    bool incomplete = leaves_incomplete(o);
    nest->incomplete = nest->incomplete || incomplete;
    if (l->odd[o]++ >= EACH_KIND || nest->queue_n == CT_QUEUE_MAX) {
        l->odd_more++;
        return;
    }
    struct ct_odd *q = &nest->queue[(nest->queue_at + nest->queue_n++) % CT_QUEUE_MAX];
    *q = (struct ct_odd){.level = l->index, .about_entry = about_entry, .incomplete = incomplete, .oddity = o,
                         .err = e == CT_OK ? usual_err(o) : e, .offset = offset, .count = 1};
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(q->detail, sizeof q->detail, fmt, args);
    va_end(args);
}

bool ct_nest_odd_next(ct_nest *nest, struct ct_nest_event *ret_event)
{
    if (nest->queue_n == 0) return false;
    const struct ct_odd *q = &nest->queue[nest->queue_at];
    nest->queue_at = (nest->queue_at + 1) % CT_QUEUE_MAX;
    nest->queue_n--;
    const struct ct_level *l = nest->levels[q->level];
    struct ct_nest_event ev = {.depth = l->index + 1, .size = CT_NEST_SIZE_UNKNOWN, .packed = CT_NEST_SIZE_UNKNOWN};
    if (q->about_entry) {
        ev = l->entry;
        ev.name = (ct_str){l->name.p, l->name.n};
        ev.link = (ct_str){l->link.p, l->link.n};
    }
    ev.what = CT_NEST_ODDITY;
    ev.container = l->id;
    ev.format = l->container;
    ev.oddity = q->oddity;
    ev.err = q->err;
    ev.incomplete = q->incomplete;
    ev.offset = q->offset;
    ev.count = q->count;
    memcpy(ev.detail, q->detail, sizeof ev.detail);
    nest->shown = l->index;
    nest->shown_entry = q->about_entry;
    *ret_event = ev;
    return true;
}

/* Both kinds of slash part a name, since readers on both kinds of systems are fooled. */
static bool climbs(ct_str name)
{
    size_t dots = 0;
    bool only = true; /* dots since the last slash */
    for (size_t i = 0; i <= name.n; i++) {
        unsigned char c = i < name.n ? name.p[i] : '/';
        if (c == '/' || c == '\\') {
            if (only && dots == 2) return true;
            dots = 0;
            only = true;
        } else if (c == '.') {
            dots++;
        } else {
            only = false;
        }
    }
    return false;
}

void ct_nest_odd_name(ct_nest *nest, struct ct_level *l)
{
    ct_str name = {l->name.p, l->name.n};
    uint64_t at = l->entry.offset;
    if (name.n == 0) {
        ct_nest_odd(nest, l, true, CT_ODDITY_NAME_EMPTY, CT_OK, at, "%s", "");
        return;
    }
    if (memchr(name.p, 0, name.n)) ct_nest_odd(nest, l, true, CT_ODDITY_NAME_NUL, CT_OK, at, "%s", "");
    bool drive = name.n > 1 && name.p[1] == ':' && ct_ascii_alpha(name.p[0]);
    /* A tar of a whole system has "/" and "./" in front: tar's own habit is no oddity there, an absolute zip name is. */
    if (name.p[0] == '/' || name.p[0] == '\\' || drive) ct_nest_odd(nest, l, true, CT_ODDITY_NAME_ABSOLUTE, CT_OK, at, "%s", "");
    if (memchr(name.p, '.', name.n) && climbs(name)) ct_nest_odd(nest, l, true, CT_ODDITY_NAME_DOTDOT, CT_OK, at, "%s", "");
}

bool ct_nest_charge(ct_nest *nest, struct ct_level *l, uint64_t n)
{
    for (unsigned i = l->index + 1; i-- > 0;) {
        struct ct_level *at = nest->levels[i];
        at->spent += n;
        uint64_t own = at->in.random ? at->in.size : at->in.pos + at->in.n, allowed;
        /* Each level may do half of what the one around it may: a bomb inside does not use up what is beside it. */
        uint64_t floor = nest->limits.inflated_floor >> (i < 5 ? i : 5);
        if (__builtin_mul_overflow(own, nest->limits.inflated_ratio, &allowed) || __builtin_add_overflow(allowed, floor, &allowed)) {
            allowed = UINT64_MAX;
        }
        if (at->spent <= allowed) continue;
        if (!at->stop) {
            /* The entry is the one that made it; for an outer container the one that holds it. */
            ct_nest_odd(nest, at, at->has_entry, CT_ODDITY_BOMB, CT_ERR_CAP, at->entry.offset, "%llu bytes of work for %llu bytes",
                        (unsigned long long)at->spent, (unsigned long long)own);
            at->stop = true;
        }
        return false;
    }
    return true;
}
