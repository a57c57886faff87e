/* Input that lies flush against an unreadable page: a parser that reads one byte too far dies at once, in every build. */
#ifndef CT_TESTS_EDGE_H
#define CT_TESTS_EDGE_H

#include "base/str.h"

struct edge {
    unsigned char *map;
    size_t map_n;
    ct_str input; /* a copy of what was given, its last byte just before the guard page */
};

struct edge edge_new(ct_str input);
void edge_free(struct edge *e);

#endif
