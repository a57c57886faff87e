/* State files: whatever is taken prints to a text that parses to the same, and nothing outside the input is read. */
#include "logs/state_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ct_err parse(ct_str text, struct ct_state_table *t)
{
    ct_state_table_init(t, &ct_alloc_libc);
    return ct_state_parse(text, t, NULL);
}

/* Mutation does not find a checksum by itself: the input is taken as the lines, and its end line is made here. */
static void with_end(const uint8_t *data, size_t size, struct ct_state_table *t, ct_err *ret_err)
{
    static const char first[] = "caltrop-state 3\n";
    size_t n = sizeof first - 1, lines = 0;
    char *text = malloc(n + size + 100);
    if (!text) abort();
    memcpy(text, first, n);
    if (size) memcpy(text + n, data, size);
    n += size;
    for (size_t i = 0; i < size; i++) lines += data[i] == '\n';
    n += (size_t)snprintf(text + n, 100, "end %zu %llu\n", lines, (unsigned long long)ct_str_hash((ct_str){(unsigned char *)text, n}));
    *ret_err = parse((ct_str){(unsigned char *)text, n}, t);
    free(text);
}

static bool same(const struct ct_position *a, const struct ct_position *b)
{
    return a->device == b->device && a->inode == b->inode && a->offset == b->offset && a->line == b->line &&
           a->head_n == b->head_n && a->head_hash == b->head_hash && a->tail_n == b->tail_n && a->tail_hash == b->tail_hash && a->whole == b->whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ct_state_table t, again;
    if (parse((ct_str){data, size}, &t) == CT_OK && t.n > size) abort();
    ct_state_table_done(&t);

    ct_err e = CT_OK;
    with_end(data, size, &t, &e);
    if (e == CT_OK) {
        unsigned char *p = NULL;
        size_t n = 0, cap = 0;
        if (ct_state_print(&t, &p, &n, &cap) != CT_OK || parse((ct_str){p, n}, &again) != CT_OK || again.n != t.n) abort();
        for (size_t i = 0; i < t.n; i++)
            if (strcmp(t.v[i].path, again.v[i].path) != 0 || !t.v[i].origin != !again.v[i].origin ||
                (t.v[i].origin && strcmp(t.v[i].origin, again.v[i].origin) != 0) || !same(&t.v[i].at, &again.v[i].at)) abort();
        ct_state_table_done(&again);
        ct_alloc_put(&ct_alloc_libc, p, cap);
    }
    ct_state_table_done(&t);
    return 0;
}
