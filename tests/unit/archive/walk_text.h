/* A walk as one line of text, for tables:
 *
 *   a:5        entry a, five bytes could be read      a!TRUNCATED   entry a, and reading it ends so
 *   j{ ... }   entry j, entered and left              d/            a directory
 *   l>target   a link                                 ?HIDDEN(a)    an oddity about entry a; ?X() about the container
 */
#ifndef CT_TESTS_WALK_TEXT_H
#define CT_TESTS_WALK_TEXT_H

#include "archive/nest.h"

enum walk_way {
    WALK_MAPPED,   /* base pointer */
    WALK_PIECES,   /* read, at most 1000 bytes wide reads at a time are asked for by nobody: the walk decides */
    WALK_STREAMED, /* pieces, and nothing is held whole */
    WALK_WAYS
};

/* CT_OK with the text (in arena), CT_ERR_NOT_FOUND: no container. */
ct_err walk_text(const struct ct_alloc *alloc, ct_arena *arena, ct_str bytes, enum walk_way way, const struct ct_nest_limits *limits, ct_str *ret_text);
const char *walk_oddity_name(enum ct_oddity o);
/* Reads from memory as from a file. ctx: a ct_str. */
ct_err walk_read(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n);

#endif
