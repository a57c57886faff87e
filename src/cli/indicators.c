#include "cli/detect.h"

#include "base/limits.h"
#include "campaign/campaign.h"
#include "campaign/host.h"
#include "lookup/eval.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Entries are "scheme\thost\tport" in one arena; open addressing by hash. Capped: an attacker mints hosts for free. */
enum { INDICATORS_MAX = 200000 };

struct ct_indicator_set {
    ct_arena *arena;
    ct_str *slots;
    size_t cap, n;
    bool full;
    FILE *file; /* where they go; null: nowhere */
    bool at_once;
    int why;    /* errno of what could not be written at once, told at the end */
};

ct_err ct_indicators_new(struct ct_indicator_set **ret_set)
{
    struct ct_indicator_set *s = calloc(1, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    if (ct_arena_new(&ct_alloc_libc, 48u << 20, &s->arena) != CT_OK) {
        free(s);
        return CT_ERR_NOMEM;
    }
    *ret_set = s;
    return CT_OK;
}

void ct_indicators_free(struct ct_indicator_set *s)
{
    if (!s) return;
    if (s->file) (void)fclose(s->file);
    ct_arena_free(s->arena);
    free(s->slots);
    free(s);
}

static size_t slot_of(const struct ct_indicator_set *s, ct_str entry)
{
    size_t i = (size_t)ct_str_hash(entry) & (s->cap - 1);
    while (s->slots[i].p && !ct_str_eq(s->slots[i], entry)) i = (i + 1) & (s->cap - 1);
    return i;
}

static ct_err insert(struct ct_indicator_set *s, ct_str entry)
{
    if (s->n * 2 >= s->cap) {
        struct ct_indicator_set old = *s;
        size_t cap = old.cap ? old.cap * 2 : 1024;
        ct_str *slots = calloc(cap, sizeof *slots);
        if (!slots) return CT_ERR_NOMEM;
        s->slots = slots;
        s->cap = cap;
        for (size_t i = 0; i < old.cap; i++)
            if (old.slots[i].p) s->slots[slot_of(s, old.slots[i])] = old.slots[i];
        free(old.slots);
    }
    size_t at = slot_of(s, entry);
    if (s->slots[at].p) return CT_OK;
    if (s->n == INDICATORS_MAX) {
        s->full = true;
        return CT_OK;
    }
    CT_TRY(ct_arena_dup(s->arena, entry, &s->slots[at]));
    s->n++;
    return CT_OK;
}

static bool is_plain_host(ct_str host)
{
    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] <= ' ' || host.p[i] >= 0x7f || memchr("${}\"'<>\\", host.p[i], 8)) return false;
    return host.n > 0 && host.n < 254;
}

/* A host that carries a looked-up value is different on every victim: its domain is what a search can find. */
static ct_str searchable(ct_str host)
{
    bool varies = ct_str_find(host, CT_STR(CT_EVAL_VALUE)) != CT_STR_NONE || ct_str_find(host, CT_STR("${")) != CT_STR_NONE;
    return varies ? ct_registrable(host) : host;
}

ct_err ct_indicators_add(struct ct_indicator_set *s, ct_str scheme, ct_str host, uint16_t port)
{
    char line[400];
    host = searchable(ct_host_core(host));
    if (!is_plain_host(host) || scheme.n > 16) return CT_OK;
    int n = snprintf(line, sizeof line, "%.*s\t%.*s\t%u", CT_STR_ARG(scheme), CT_STR_ARG(host), port);
    size_t before = s->n;
    CT_TRY(insert(s, (ct_str){(const unsigned char *)line, (size_t)n}));
    if (s->at_once && s->n > before && (fprintf(s->file, "%s\n", line) < 0 || fflush(s->file) != 0)) s->why = errno;
    return CT_OK;
}

ct_err ct_indicators_read(struct ct_indicator_set *s, const char *path, struct ct_fault *fault)
{
    char line[1024];
    FILE *f = fopen(path, "re");
    if (!f) return ct_fault_set(fault, errno == EACCES ? CT_ERR_PERMISSION : CT_ERR_NOT_FOUND, 0, "%s", strerror(errno));
    ct_err e = CT_OK;
    errno = 0;
    while (e == CT_OK && fgets(line, sizeof line, f)) {
        for (char *p = line; *p; p++) *p = (char)ct_ascii_lower((unsigned char)*p);
        ct_str host = ct_str_from(line);
        host = ct_str_trim(ct_str_cut(&host, '#'));
        while (host.n && (host.p[0] == '.' || host.p[0] == '*')) host = ct_str_slice(host, 1, host.n);
        if (host.n) e = insert(s, host);
    }
    if (e == CT_OK && ferror(f)) e = ct_fault_set(fault, CT_ERR_READ, 0, "%s", strerror(errno));
    (void)fclose(f);
    return e;
}

bool ct_indicators_cover(const struct ct_indicator_set *s, ct_str host)
{
    unsigned char lower[256];
    if (!s || s->n == 0) return false;
    host = ct_host_core(host);
    if (host.n > sizeof lower) return false;
    for (size_t i = 0; i < host.n; i++) lower[i] = ct_ascii_lower(host.p[i]);
    host.p = lower;
    for (;;) {
        if (s->slots[slot_of(s, host)].p) return true;
        size_t dot = ct_str_chr(host, '.');
        if (dot == CT_STR_NONE) return false;
        host = ct_str_slice(host, dot + 1, host.n);
    }
}

static int by_bytes(const void *a, const void *b) { return ct_str_cmp(*(const ct_str *)a, *(const ct_str *)b); }

#define HEAD "# callback targets of exploitation attempts: scheme, host or address, port\n"

/* A file that was given by mistake, a log say, is not written over: one that holds something begins as ours do. */
static bool is_ours(const char *path)
{
    char begin[sizeof HEAD];
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) return true;
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(begin, 1, sizeof HEAD - 1, f) : 0;
    if (f) (void)fclose(f);
    return n && memcmp(begin, HEAD, n) == 0; /* a full disk may have cut it */
}

static bool write_head(FILE *f)
{
    struct stat st;
    bool ok = fstat(fileno(f), &st) == 0 && (!S_ISREG(st.st_mode) || ftruncate(fileno(f), 0) == 0); /* a pipe has no length */
    return ok && fputs(HEAD, f) >= 0;
}

ct_err ct_indicators_open(struct ct_indicator_set *s, const char *path, bool at_once, struct ct_fault *fault)
{
    if (!is_ours(path)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "holds something else than indicators: remove it, or name another file");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666); /* what stands there stays until there is something better */
    s->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    s->at_once = at_once;
    if (s->file && (!at_once || (write_head(s->file) && fflush(s->file) == 0))) return CT_OK;
    ct_err e = ct_fault_set(fault, CT_ERR_WRITE, 0, "%s", strerror(errno));
    if (fd >= 0 && !s->file) (void)close(fd);
    return e;
}

static bool write_all(const struct ct_indicator_set *s)
{
    ct_str *sorted = calloc(s->n + 1, sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; sorted && i < s->cap; i++)
        if (s->slots[i].p) sorted[n++] = s->slots[i];
    if (n) qsort(sorted, n, sizeof *sorted, by_bytes);
    bool ok = sorted && write_head(s->file);
    for (size_t i = 0; i < n && ok; i++) ok = fwrite(sorted[i].p, 1, sorted[i].n, s->file) == sorted[i].n && fputc('\n', s->file) != EOF;
    free(sorted);
    return ok;
}

ct_err ct_indicators_write(struct ct_indicator_set *s, struct ct_fault *fault)
{
    bool ok = s->at_once ? !s->why : write_all(s);
    if (s->full) ok = ok && fprintf(s->file, "# more than %d: the rest is left out\n", INDICATORS_MAX) > 0;
    int why = s->why ? s->why : errno;
    bool closed = fclose(s->file) == 0;
    s->file = NULL;
    if (!ok) errno = why;
    return ok && closed ? CT_OK : ct_fault_set(fault, CT_ERR_WRITE, 0, "%s", strerror(errno));
}
