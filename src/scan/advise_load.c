#include "scan/advise.h"

#include "archive/nest.h"
#include "base/limits.h"
#include "os/sys.h"
#include "scan/walk.h"
#include "text/json_value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STORE_MAX = 32 << 20 };

struct loader {
    const struct ct_advise_sink *sink;
    ct_nest *nest;
    ct_arena *arena;
    uint64_t n;
    int fd;
};

static ct_err read_fd(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    const struct loader *l = ctx;
    size_t done = 0;
    while (done < n) {
        ssize_t got = ct_sys->pread(l->fd, (unsigned char *)to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return ct_sys_err(errno, CT_ERR_READ);
        if (got == 0) break;
        done += (size_t)got;
    }
    *ret_n = done;
    return CT_OK;
}

static void note(const struct loader *l, ct_str path, const char *fmt, ...) CT_PRINTF(3, 4);
static void note(const struct loader *l, ct_str path, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    l->sink->note(l->sink->ctx, path, text);
}

static const char *what(const struct loader *l) { return l->sink->what ? l->sink->what : "advisory"; }

/* Ends the reading, whatever else is there. */
static bool fatal(ct_err e) { return e == CT_ERR_NOMEM || e == CT_ERR_WRITE || e == CT_ERR_AGAIN; }

/* The records of a list: [{..}, {..}], or {"vulns": [..]} as OSV's service answers. *ret_n: 0 when it is none. */
static ct_err take_list(struct loader *l, ct_str text, size_t *ret_good, size_t *ret_n)
{
    static const char *const names[] = {"vulns"};
    struct ct_json_value root, list, item;
    ct_err e;
    *ret_good = *ret_n = 0;
    if (ct_json_document(text, &root, NULL) != CT_OK || ct_json_fields(&root, names, 1, &list, NULL) != CT_OK) return CT_OK;
    struct ct_json_items it = ct_json_items(root.kind == CT_JSON_ARRAY ? &root : &list);
    while ((e = ct_json_item(&it, &item)) == CT_OK) {
        ct_err one = l->sink->take(l->sink->ctx, item.text, NULL);
        if (fatal(one)) return one;
        *ret_good += one == CT_OK;
        ++*ret_n;
    }
    return CT_OK;
}

/* One record, a list of them, or one a line (as exports of databases have it). */
static ct_err take(struct loader *l, ct_str path, ct_str text)
{
    struct ct_fault fault = {0};
    ct_str rest = ct_str_trim(text);
    ct_err e = l->sink->take(l->sink->ctx, rest, &fault);
    if (e == CT_OK) {
        l->n++;
        return CT_OK;
    }
    if (fatal(e)) return e;
    size_t good, bad, listed;
    CT_TRY(take_list(l, rest, &good, &listed));
    bad = listed - good;
    while (rest.p && rest.n && !listed) {
        ct_str line = ct_str_trim(ct_str_cut(&rest, '\n'));
        if (line.n == 0) continue;
        ct_err one = rest.p || good ? l->sink->take(l->sink->ctx, line, NULL) : CT_ERR_SYNTAX;
        if (fatal(one)) return one;
        if (one == CT_OK) good++;
        else bad++;
        if (bad && !good) break; /* no list of records either */
    }
    l->n += good;
    if (good == 0) note(l, path, "%s not read: %s at byte %llu", what(l), *fault.detail ? fault.detail : ct_err_text(e), (unsigned long long)fault.offset);
    else if (bad) note(l, path, "%zu of %zu records not read", bad, bad + good);
    return CT_OK;
}

static bool is_json(ct_str name) { return ct_str_ends(name, CT_STR(".json")) || ct_str_ends(name, CT_STR(".ndjson")) || ct_str_ends(name, CT_STR(".jsonl")); }

static ct_err load_archive(struct loader *l)
{
    struct ct_nest_event ev;
    ct_err e;
    while ((e = ct_nest_next(l->nest, &ev)) == CT_OK) {
        struct ct_buf path;
        ct_arena_clear(l->arena);
        ct_buf_init(&path, l->arena, 65536);
        ct_nest_path(l->nest, &path);
        if (ev.what == CT_NEST_ODDITY && ev.incomplete) note(l, ct_buf_view(&path), "advisories: %s", ct_oddity_text(ev.oddity));
        if (ev.what != CT_NEST_ENTRY || ev.kind != CT_NEST_FILE) continue;
        ct_err entered = ct_nest_enter(l->nest);
        if (entered == CT_OK) continue;
        if (entered == CT_ERR_NOMEM) return entered;
        if (ev.format < CT_CONTAINER_GZIP && !is_json(ev.name)) continue;
        ct_str bytes;
        ct_err loaded = ct_nest_load(l->nest, l->arena, STORE_MAX / 2, &bytes);
        if (loaded == CT_ERR_NOMEM) return loaded;
        if (loaded == CT_OK) CT_TRY(take(l, ct_buf_view(&path), bytes));
        else note(l, ct_buf_view(&path), "%s not read: %s", what(l), ct_err_text(loaded));
    }
    return e == CT_ERR_END ? CT_OK : e;
}

/* named: by the user himself; then it is read whatever it is called. */
static ct_err load_fd(struct loader *l, ct_str path, uint64_t size, bool named)
{
    struct ct_bytes_at bytes = {.read = read_fd, .ctx = l, .size = size};
    ct_err e = ct_nest_open(l->nest, bytes, path, CT_FAMILIES_ALL);
    if (e == CT_OK) return load_archive(l);
    if (e != CT_ERR_NOT_FOUND) return e;
    if (!named && !is_json(path)) return CT_OK;
    ct_arena_clear(l->arena);
    size_t got = 0;
    unsigned char *p = size > STORE_MAX / 2 ? NULL : ct_arena_alloc(l->arena, (size_t)size);
    if (!p && size <= STORE_MAX / 2) return CT_ERR_NOMEM;
    if (!p) {
        note(l, path, "%s not read: over %d bytes", what(l), STORE_MAX / 2);
        return CT_OK;
    }
    CT_TRY(read_fd(l, 0, p, (size_t)size, &got));
    return take(l, path, (ct_str){p, got});
}

static void on_say(void *ctx, enum ct_walk_say what, ct_str path, const char *text)
{
    const struct loader *l = ctx;
    if (what == CT_WALK_UNREADABLE) note(l, path, "advisories: %s", text);
}

static ct_err load_batch(struct loader *l, const struct ct_walk_batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const char *name = b->text + b->at_name[i];
        char path[CT_WALK_PATH_MAX + 512];
        struct stat st;
        size_t n = b->directory.n, more = strlen(name);
        if (n + more >= sizeof path) continue;
        memcpy(path, b->text, n);
        memcpy(path + n, name, more + 1);
        ct_str shown = {(unsigned char *)path, n + more};
        l->fd = ct_sys->openat(b->dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
        if (l->fd < 0 || fstat(l->fd, &st) != 0) {
            note(l, shown, "advisories: %s", strerror(errno));
            if (l->fd >= 0) (void)ct_sys->close(l->fd);
            continue;
        }
        ct_err e = S_ISREG(st.st_mode) ? load_fd(l, shown, (uint64_t)st.st_size, b->directory.n == 0) : CT_OK;
        (void)ct_sys->close(l->fd);
        if (fatal(e)) return e;
        if (e != CT_OK) note(l, shown, "advisories: %s", ct_err_text(e));
    }
    return CT_OK;
}

static ct_err walk_all(struct loader *l, const struct ct_alloc *alloc, const char *root)
{
    ct_mounts *mounts = NULL;
    ct_walk *walk = NULL;
    CT_TRY(ct_mounts_new(alloc, "/dev/null", &mounts));
    struct ct_walk_opts opts = {.roots = &root, .n_roots = 1, .include_network = true, .say = on_say, .ctx = l, .mounts = mounts};
    ct_err e = ct_walk_new(alloc, &opts, &walk);
    struct ct_walk_batch *batch = ct_alloc_get(alloc, sizeof *batch);
    if (batch) memset(batch, 0, sizeof *batch);
    else if (e == CT_OK) e = CT_ERR_NOMEM;
    while (e == CT_OK && (e = ct_walk_next(walk, batch)) == CT_OK) e = load_batch(l, batch);
    if (walk && batch) ct_walk_batch_done(walk, batch);
    ct_alloc_put(alloc, batch, sizeof *batch);
    ct_walk_free(walk);
    ct_mounts_free(mounts);
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_advise_read(const struct ct_alloc *alloc, const char *path, const struct ct_advise_sink *sink, uint64_t *ret_n, struct ct_fault *fault)
{
    struct loader l = {.sink = sink};
    char *real = realpath(path, NULL);
    if (!real) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "%s", strerror(errno));
    ct_err e = ct_nest_new(alloc, &ct_nest_limits_default, &l.nest);
    if (e == CT_OK) e = ct_arena_new(alloc, STORE_MAX, &l.arena);
    if (e == CT_OK) e = walk_all(&l, alloc, real);
    ct_arena_free(l.arena);
    ct_nest_free(l.nest);
    free(real);
    *ret_n = l.n;
    return e;
}

struct memory {
    ct_advisories *db;
    ct_scan_report *report;
};

static ct_err take_into_memory(void *ctx, ct_str json, struct ct_fault *fault)
{
    struct memory *m = ctx;
    return ct_advisories_add_osv(m->db, json, fault);
}

static void note_in_report(void *ctx, ct_str path, const char *text)
{
    struct memory *m = ctx;
    ct_scan_report_note(m->report, path, true, "%s", text);
}

ct_err ct_advise_load(const struct ct_alloc *alloc, ct_advisories *db, const char *path, ct_scan_report *r, uint64_t *ret_n, struct ct_fault *fault)
{
    struct memory m = {db, r};
    struct ct_advise_sink sink = {take_into_memory, note_in_report, &m, NULL};
    return ct_advise_read(alloc, path, &sink, ret_n, fault);
}
