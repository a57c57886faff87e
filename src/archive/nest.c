#include "archive/nest.h"

#include "base/limits.h"

#include <string.h>

const struct ct_nest_limits ct_nest_limits_default = {
    .depth_max = CT_NEST_DEPTH_MAX,
    .entries_max = CT_NEST_ENTRIES_MAX,
    .inflated_floor = CT_NEST_INFLATED_FLOOR,
    .inflated_ratio = CT_NEST_INFLATED_RATIO,
    .hold_max = CT_NEST_HOLD_MAX,
    .check_local = true,
};

struct ct_nest {
    const struct ct_alloc *alloc;
    struct ct_nest_limits limits;
};

ct_err ct_nest_new(const struct ct_alloc *alloc, const struct ct_nest_limits *limits, ct_nest **ret_nest)
{
    ct_nest *nest = ct_alloc_get(alloc, sizeof *nest);
    if (!nest) return CT_ERR_NOMEM;
    *nest = (ct_nest){alloc, *limits};
    *ret_nest = nest;
    return CT_OK;
}

void ct_nest_free(ct_nest *nest)
{
    if (nest) ct_alloc_put(nest->alloc, nest, sizeof *nest);
}

enum ct_container ct_container_sniff(ct_str head, ct_str tail)
{
    (void)head;
    (void)tail;
    return CT_CONTAINER_NONE;
}

ct_err ct_nest_open(ct_nest *nest, struct ct_bytes_at bytes, ct_str name, unsigned families)
{
    (void)nest;
    (void)bytes;
    (void)name;
    (void)families;
    return CT_ERR_NOT_FOUND;
}

ct_err ct_nest_next(ct_nest *nest, struct ct_nest_event *ret_event)
{
    (void)nest;
    (void)ret_event;
    return CT_ERR_USAGE;
}

ct_err ct_nest_peek(ct_nest *nest, size_t n, ct_str *ret_head)
{
    (void)nest;
    (void)n;
    (void)ret_head;
    return CT_ERR_USAGE;
}

ct_err ct_nest_sniff(ct_nest *nest, enum ct_container *ret_container)
{
    (void)nest;
    (void)ret_container;
    return CT_ERR_USAGE;
}

ct_err ct_nest_enter(ct_nest *nest)
{
    (void)nest;
    return CT_ERR_USAGE;
}

ct_err ct_nest_read(ct_nest *nest, void *to, size_t n, size_t *ret_n)
{
    (void)nest;
    (void)to;
    (void)n;
    (void)ret_n;
    return CT_ERR_USAGE;
}

ct_err ct_nest_load(ct_nest *nest, ct_arena *arena, size_t max, ct_str *ret_bytes)
{
    (void)nest;
    (void)arena;
    (void)max;
    (void)ret_bytes;
    return CT_ERR_USAGE;
}

void ct_nest_leave(ct_nest *nest) { (void)nest; }

void ct_nest_path(const ct_nest *nest, struct ct_buf *out)
{
    (void)nest;
    (void)out;
}

void ct_nest_container_path(const ct_nest *nest, struct ct_buf *out)
{
    (void)nest;
    (void)out;
}

bool ct_nest_incomplete(const ct_nest *nest)
{
    (void)nest;
    return false;
}

uint64_t ct_nest_inflated(const ct_nest *nest)
{
    (void)nest;
    return 0;
}
