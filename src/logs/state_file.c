#include "base/limits.h"
#include "logs/state_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEAD_MAX 256u
static const char first_line[] = "caltrop-state 3\n";
#define NAME_N (sizeof "caltrop-state " - 1)

void ct_state_table_init(struct ct_state_table *t, const struct ct_alloc *alloc)
{
    *t = (struct ct_state_table){.alloc = alloc};
}

static void drop(const struct ct_alloc *alloc, char *z)
{
    if (z) ct_alloc_put(alloc, z, strlen(z) + 1);
}

static char *copy(const struct ct_alloc *alloc, ct_str s)
{
    char *p = ct_alloc_get(alloc, s.n + 1);
    if (!p) return NULL;
    memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

void ct_state_table_done(struct ct_state_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        drop(t->alloc, t->v[i].path);
        drop(t->alloc, t->v[i].origin);
    }
    if (t->v) ct_alloc_put(t->alloc, t->v, t->cap * sizeof *t->v);
    if (t->index) ct_alloc_put(t->alloc, t->index, t->index_cap * sizeof *t->index);
    *t = (struct ct_state_table){.alloc = t->alloc};
}

static size_t slot_of(const struct ct_state_table *t, ct_str path)
{
    size_t i = (size_t)ct_str_hash(path) & (t->index_cap - 1);
    while (t->index[i] && !ct_str_eq(ct_str_from(t->v[t->index[i] - 1].path), path)) i = (i + 1) & (t->index_cap - 1);
    return i;
}

static void reindex(struct ct_state_table *t)
{
    memset(t->index, 0, t->index_cap * sizeof *t->index);
    for (size_t i = 0; i < t->n; i++) t->index[slot_of(t, ct_str_from(t->v[i].path))] = i + 1;
}

struct ct_state_entry *ct_state_table_find(const struct ct_state_table *t, ct_str path)
{
    size_t at = t->index_cap ? t->index[slot_of(t, path)] : 0;
    return at ? &t->v[at - 1] : NULL;
}

static ct_err grow(struct ct_state_table *t)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        struct ct_state_entry *v = t->alloc->resize(t->alloc->ctx, t->v, t->cap * sizeof *v, cap * sizeof *v);
        if (!v) return CT_ERR_NOMEM;
        t->v = v;
        t->cap = cap;
    }
    if (t->index_cap < t->cap * 2) {
        size_t *index = ct_alloc_get(t->alloc, t->cap * 2 * sizeof *index);
        if (!index) return CT_ERR_NOMEM;
        if (t->index) ct_alloc_put(t->alloc, t->index, t->index_cap * sizeof *index);
        t->index = index;
        t->index_cap = t->cap * 2;
        reindex(t);
    }
    return CT_OK;
}

ct_err ct_state_table_put(struct ct_state_table *t, ct_str path, const struct ct_position *at, const char *origin, uint64_t noted)
{
    struct ct_state_entry *known = ct_state_table_find(t, path);
    char *from = NULL;
    if (origin && !ct_str_eq(ct_str_from(origin), path)) {
        from = copy(t->alloc, ct_str_from(origin));
        if (!from) return CT_ERR_NOMEM;
    }
    if (known) {
        drop(t->alloc, known->origin);
        known->origin = from;
        known->at = *at;
        known->noted = noted;
        return CT_OK;
    }
    ct_err e = grow(t);
    char *name = e == CT_OK ? copy(t->alloc, path) : NULL;
    if (!name) {
        drop(t->alloc, from);
        return CT_ERR_NOMEM;
    }
    t->v[t->n] = (struct ct_state_entry){name, from, *at, noted};
    t->n++;
    t->index[slot_of(t, path)] = t->n;
    return CT_OK;
}

void ct_state_table_drop(struct ct_state_table *t, size_t i)
{
    drop(t->alloc, t->v[i].path);
    drop(t->alloc, t->v[i].origin);
    t->v[i] = t->v[--t->n];
    reindex(t);
}

static bool escaped(unsigned char c) { return c <= 0x20 || c == '%' || c >= 0x7f; }

/* The bytes of an escaped path into to (as long as the text); CT_STR_NONE when it was not
 * written by print. */
static size_t unescape(ct_str s, unsigned char *to)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == '%') {
            if (s.n - i < 3) return CT_STR_NONE;
            int high = ct_hex_value(s.p[i + 1]), low = ct_hex_value(s.p[i + 2]);
            if (high < 0 || low < 0) return CT_STR_NONE;
            c = (unsigned char)(high << 4 | low);
            if (!escaped(c) || c == 0) return CT_STR_NONE;
            i += 2;
        } else if (escaped(c)) {
            return CT_STR_NONE;
        }
        to[n++] = c;
    }
    return n;
}

static ct_err parse_file(struct ct_state_table *t, ct_str rest, unsigned version, bool whole, uint64_t offset, unsigned char *scratch,
                         struct ct_fault *fault)
{
    bool tails = version >= 2;
    uint64_t field[9] = {0};
    for (size_t i = 0; i < 9; i++) {
        if (!tails && (i == 6 || i == 7)) continue;
        if (!ct_str_u64(ct_str_cut(&rest, ' '), &field[i])) return ct_fault_set(fault, CT_ERR_SYNTAX, offset, "field %zu is no number", i + 1);
    }
    bool named = tails && ct_str_chr(rest, ' ') != CT_STR_NONE;
    ct_str first = named ? ct_str_cut(&rest, ' ') : rest;
    size_t n = unescape(first, scratch);
    if (n == CT_STR_NONE || n == 0) return ct_fault_set(fault, CT_ERR_SYNTAX, offset, "bad path");
    if (field[4] > HEAD_MAX || field[6] > HEAD_MAX) return ct_fault_set(fault, CT_ERR_SYNTAX, offset, "head or tail over %u bytes", HEAD_MAX);
    ct_str path = {scratch, n};
    if (ct_state_table_find(t, path)) return ct_fault_set(fault, CT_ERR_SYNTAX, offset, "the same path twice");
    char *origin = NULL;
    if (named) {
        size_t m = unescape(rest, scratch + n); /* its text lay behind the path's */
        origin = (char *)scratch + n;
        if (m == CT_STR_NONE || m == 0 || ct_str_eq((ct_str){scratch + n, m}, path)) return ct_fault_set(fault, CT_ERR_SYNTAX, offset, "bad origin");
        origin[m] = 0;
    }
    struct ct_position at = {.device = field[0],
                             .inode = field[1],
                             .offset = field[2],
                             .line = field[3],
                             .head_n = (uint32_t)field[4],
                             .head_hash = field[5],
                             .tail_n = (uint32_t)field[6],
                             .tail_hash = field[7],
                             .whole = whole};
    return ct_state_table_put(t, path, &at, origin, field[8]);
}

/* Of a text that begins as ours do; 0: another one. */
static unsigned version_of(ct_str text)
{
    static const ct_str versions[] = {CT_STR_INIT("1\n"), CT_STR_INIT("2\n"), CT_STR_INIT("3\n")};
    for (unsigned i = 0; i < sizeof versions / sizeof *versions; i++)
        if (ct_str_starts(ct_str_slice(text, NAME_N, text.n), versions[i])) return i + 1;
    return 0;
}

static ct_err parse_lines(ct_str text, struct ct_state_table *t, unsigned char *scratch, struct ct_fault *fault)
{
    size_t at = sizeof first_line - 1;
    unsigned version = version_of(text);
    for (;;) {
        ct_str rest = ct_str_slice(text, at, text.n);
        size_t n = ct_str_chr(rest, '\n');
        if (n == CT_STR_NONE) return ct_fault_set(fault, CT_ERR_TRUNCATED, text.n, "no end line");
        ct_str line = ct_str_slice(rest, 0, n);
        ct_str word = ct_str_cut(&line, ' ');
        bool whole = version >= 3 && ct_str_eq(word, CT_STR("whole"));
        if (whole || ct_str_eq(word, CT_STR("file"))) {
            CT_TRY(parse_file(t, line, version, whole, at, scratch, fault));
            at += n + 1;
            continue;
        }
        uint64_t count, sum;
        if (!ct_str_eq(word, CT_STR("end")) || !ct_str_u64(ct_str_cut(&line, ' '), &count) || !ct_str_u64(line, &sum))
            return ct_fault_set(fault, CT_ERR_SYNTAX, at, "neither a file nor the end line");
        if (at + n + 1 != text.n) return ct_fault_set(fault, CT_ERR_SYNTAX, at + n + 1, "text behind the end line");
        if (count != t->n || sum != ct_str_hash(ct_str_slice(text, 0, at)))
            return ct_fault_set(fault, CT_ERR_CHECKSUM, at, "count or checksum differs");
        return CT_OK;
    }
}

ct_err ct_state_parse(ct_str text, struct ct_state_table *t, struct ct_fault *fault)
{
    if (text.n > CT_STATE_MAX) return ct_fault_set(fault, CT_ERR_CAP, 0, "over %u bytes", CT_STATE_MAX);
    if (!ct_str_starts(text, ct_str_slice(ct_str_from(first_line), 0, NAME_N))) return ct_fault_set(fault, CT_ERR_SYNTAX, 0, "not a state file");
    if (version_of(text) == 0) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "state file of another version");
    unsigned char *scratch = ct_alloc_get(t->alloc, text.n);
    if (!scratch) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "state file");
    ct_err e = parse_lines(text, t, scratch, fault);
    if (e == CT_ERR_NOMEM) e = ct_fault_set(fault, e, 0, "state file");
    ct_alloc_put(t->alloc, scratch, text.n);
    return e;
}

#define LINE_MAX_FIXED (9u + 9u * 21u) /* "whole ", nine numbers with a blank each, a blank, newline */

/* Returns the bytes written. */
static size_t print_name(char *to, const char *name)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    for (const char *z = name; *z; z++) {
        unsigned char c = (unsigned char)*z;
        if (!escaped(c)) {
            to[n++] = *z;
            continue;
        }
        to[n++] = '%';
        to[n++] = hex[c >> 4];
        to[n++] = hex[c & 15];
    }
    return n;
}

ct_err ct_state_print(const struct ct_state_table *t, unsigned char **ret_p, size_t *ret_n, size_t *ret_cap)
{
    size_t cap = sizeof first_line + 64;
    for (size_t i = 0; i < t->n; i++) cap += LINE_MAX_FIXED + 3 * (strlen(t->v[i].path) + (t->v[i].origin ? strlen(t->v[i].origin) : 0));
    char *p = ct_alloc_get(t->alloc, cap);
    if (!p) return CT_ERR_NOMEM;
    memcpy(p, first_line, sizeof first_line);
    size_t n = sizeof first_line - 1;
    for (size_t i = 0; i < t->n; i++) {
        const struct ct_position *at = &t->v[i].at;
        n += (size_t)snprintf(p + n, cap - n,
                              "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu64 " %" PRIu32 " %" PRIu64 " %" PRIu64 " ",
                              at->whole ? "whole" : "file", at->device, at->inode, at->offset, at->line, at->head_n, at->head_hash, at->tail_n, at->tail_hash, t->v[i].noted);
        n += print_name(p + n, t->v[i].path);
        if (t->v[i].origin) {
            p[n++] = ' ';
            n += print_name(p + n, t->v[i].origin);
        }
        p[n++] = '\n';
    }
    uint64_t sum = ct_str_hash((ct_str){(unsigned char *)p, n});
    n += (size_t)snprintf(p + n, cap - n, "end %zu %" PRIu64 "\n", t->n, sum);
    if (n > CT_STATE_MAX) {
        ct_alloc_put(t->alloc, p, cap);
        return CT_ERR_CAP;
    }
    *ret_p = (unsigned char *)p;
    *ret_n = n;
    *ret_cap = cap;
    return CT_OK;
}
