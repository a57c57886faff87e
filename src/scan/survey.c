#include "scan/survey.h"

#include "base/limits.h"
#include "os/sys.h"
#include "scan/rate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { JOBS_MAX = 64, LOOK_MS = 100, LINKS_NAMED = 5 };

struct survey {
    const struct ct_alloc *alloc;
    const struct ct_survey_opts *opts;
    struct ct_inspect_opts inspect;
    ct_scan_report *report;
    struct ct_loose loose;
    struct ct_rate rate;
    ct_walk *walk;
    struct ct_seen *links;
    int flags;
    atomic_bool stop;
    atomic_ullong files, bytes;
    pthread_mutex_t lock;    /* of links and what follows */
    pthread_cond_t ended;
    unsigned running;
    ct_err err;              /* the first of any worker */
};

struct worker {
    struct survey *s;
    ct_inspector *inspector;
    struct ct_walk_batch batch;
    int fd;                  /* of the file at hand */
    char path[CT_WALK_PATH_MAX + 512];
};

static void on_say(void *ctx, enum ct_walk_say what, ct_str path, const char *text)
{
    struct survey *s = ctx;
    switch (what) {
    case CT_WALK_UNREADABLE:
        ct_scan_report_note(s->report, path, true, "%s", text);
        (void)pthread_mutex_lock(&s->report->lock);
        s->report->host.unreadable++;
        (void)pthread_mutex_unlock(&s->report->lock);
        break;
    case CT_WALK_LEFT_OUT: ct_scan_report_skipped(s->report, path, "%s", text); break;
    case CT_WALK_LINK_OUT:
        (void)pthread_mutex_lock(&s->report->lock);
        uint64_t n = ++s->report->links_out;
        (void)pthread_mutex_unlock(&s->report->lock);
        if (n <= LINKS_NAMED) ct_scan_report_skipped(s->report, path, "link out of the roots, to %s", text);
        break;
    }
}

struct source {
    struct worker *w;
    int fd;
};

static ct_err read_file(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    const struct source *from = ctx;
    struct worker *w = from->w;
    size_t done = 0;
    ct_rate_take(&w->s->rate, CT_RATE_BYTES, n, &w->s->stop);
    while (done < n) {
        if (atomic_load_explicit(&w->s->stop, memory_order_relaxed)) return CT_ERR_INTERRUPTED;
        ssize_t got = ct_sys->pread(from->fd, (unsigned char *)to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return ct_sys_err(errno, CT_ERR_READ);
        if (got == 0) break;
        done += (size_t)got;
    }
    atomic_fetch_add_explicit(&w->s->bytes, done, memory_order_relaxed);
    *ret_n = done;
    return CT_OK;
}

/* Another name of a file that an earlier visit looks at? */
static ct_err is_known(struct survey *s, const struct stat *st, uint64_t visit, struct ct_scan_origin *origin, bool *ret_known)
{
    uint64_t first = visit;
    *ret_known = false;
    if (st->st_nlink < 2) return CT_OK;
    (void)pthread_mutex_lock(&s->lock);
    ct_err e = ct_seen_add(s->links, st->st_dev, st->st_ino, visit, &first);
    (void)pthread_mutex_unlock(&s->lock);
    *origin = (struct ct_scan_origin){st->st_dev, st->st_ino, visit};
    *ret_known = first != visit;
    return e;
}

/* rpm leaves the newest changes in a log beside its database until it folds them in. */
static ct_err look_at_database(struct worker *w, int dir, const char *name, struct ct_bytes_at bytes, ct_str path, const struct ct_scan_origin *origin)
{
    char log_name[NAME_MAX + 1];
    struct stat st;
    int n = snprintf(log_name, sizeof log_name, "%s-wal", name);
    int fd = n > 0 && (size_t)n < sizeof log_name ? ct_sys->openat(dir, log_name, w->s->flags & ~O_NOATIME, 0) : -1;
    if (fd < 0 && errno != ENOENT) ct_scan_report_note(w->s->report, path, true, "its log could not be opened: %s", strerror(errno));
    bool log = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    struct source from = {w, fd};
    struct ct_bytes_at wal = {.read = read_file, .ctx = &from, .size = log ? (uint64_t)st.st_size : 0};
    ct_err e = ct_inspector_database(w->inspector, bytes, log ? &wal : NULL, path, origin);
    if (fd >= 0) (void)ct_sys->close(fd);
    return e;
}

static ct_err look_at(struct worker *w, int dir, const char *name, ct_str path, uint64_t visit)
{
    struct survey *s = w->s;
    struct stat st;
    struct ct_scan_origin origin = {0};
    bool known = false;
    w->fd = ct_sys->openat(dir, name, s->flags, 0);
    if (w->fd < 0 && errno == EPERM && (s->flags & O_NOATIME)) w->fd = ct_sys->openat(dir, name, s->flags & ~O_NOATIME, 0);
    if (w->fd < 0) {
        /* Gone, or no file any more: there is nothing to read. */
        if (errno != ENOENT && errno != ELOOP && errno != ENXIO) on_say(s, CT_WALK_UNREADABLE, path, strerror(errno));
        return CT_OK;
    }
    ct_err e = CT_OK;
    if (fstat(w->fd, &st) != 0) on_say(s, CT_WALK_UNREADABLE, path, strerror(errno));
    else if (S_ISREG(st.st_mode) && (e = is_known(s, &st, visit, &origin, &known)) == CT_OK && !known) {
        struct source from = {w, w->fd};
        struct ct_bytes_at bytes = {.read = read_file, .ctx = &from, .size = (uint64_t)st.st_size};
        const struct ct_scan_origin *of = origin.visit ? &origin : NULL;
        if (ct_packages_wants(path) == CT_PACKAGES_RPM_SQLITE) e = look_at_database(w, dir, name, bytes, path, of);
        else e = ct_inspector_file(w->inspector, bytes, path, of);
    }
    (void)ct_sys->close(w->fd);
    return e;
}

static ct_err look_at_batch(struct worker *w)
{
    struct ct_walk_batch *b = &w->batch;
    size_t prefix = b->directory.n;
    memcpy(w->path, b->text, prefix);
    for (size_t i = 0; i < b->n; i++) {
        const char *name = b->text + b->at_name[i];
        size_t n = strlen(name);
        if (atomic_load_explicit(&w->s->stop, memory_order_relaxed)) return CT_ERR_INTERRUPTED;
        if (prefix + n >= sizeof w->path) continue;
        memcpy(w->path + prefix, name, n + 1);
        ct_rate_take(&w->s->rate, CT_RATE_FILES, 1, &w->s->stop);
        CT_TRY(look_at(w, b->dir->fd, name, (ct_str){(unsigned char *)w->path, prefix + n}, b->visit[i]));
        atomic_fetch_add_explicit(&w->s->files, 1, memory_order_relaxed);
    }
    return CT_OK;
}

static ct_err work(struct worker *w)
{
    ct_err e = ct_inspector_new(w->s->alloc, &w->s->inspect, w->s->report, &w->s->loose, &w->inspector);
    while (e == CT_OK) {
        e = ct_walk_next(w->s->walk, &w->batch);
        if (e == CT_OK) e = look_at_batch(w);
    }
    ct_walk_batch_done(w->s->walk, &w->batch);
    ct_inspector_free(w->inspector);
    return e == CT_ERR_END || e == CT_ERR_INTERRUPTED ? CT_OK : e;
}

static void *run_worker(void *ctx)
{
    struct survey *s = ctx;
    struct worker *w = ct_alloc_get(s->alloc, sizeof *w);
    ct_err e = w ? CT_OK : CT_ERR_NOMEM;
    if (w) {
        memset(w, 0, sizeof *w);
        w->s = s;
        e = work(w);
        ct_alloc_put(s->alloc, w, sizeof *w);
    }
    if (e != CT_OK) s->stop = true;
    (void)pthread_mutex_lock(&s->lock);
    if (e != CT_OK && s->err == CT_OK) s->err = e;
    s->running--;
    (void)pthread_cond_signal(&s->ended);
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void look_between(struct survey *s)
{
    struct ct_walk_counts counts;
    ct_walk_counts(s->walk, &counts);
    struct ct_survey_progress p = {s->files, s->bytes, ct_scan_report_found(s->report), counts.done};
    if (s->opts->between && s->opts->between(s->opts->ctx, &p)) {
        s->stop = true;
        s->report->interrupted = true;
    }
}

static ct_err run_threads(struct survey *s)
{
    pthread_t threads[JOBS_MAX];
    unsigned n = 0;
    while (n < s->opts->jobs && n < JOBS_MAX) {
        (void)pthread_mutex_lock(&s->lock);
        s->running++;
        (void)pthread_mutex_unlock(&s->lock);
        if (pthread_create(&threads[n], NULL, run_worker, s) == 0) {
            n++;
            continue;
        }
        (void)pthread_mutex_lock(&s->lock);
        s->running--;
        (void)pthread_mutex_unlock(&s->lock);
        break;
    }
    (void)pthread_mutex_lock(&s->lock);
    while (s->running) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&s->ended, &s->lock, &until);
        (void)pthread_mutex_unlock(&s->lock);
        look_between(s);
        (void)pthread_mutex_lock(&s->lock);
    }
    (void)pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < n; i++) (void)pthread_join(threads[i], NULL);
    return n ? s->err : CT_ERR_NOMEM;
}

/* Roots as absolute paths without links; what is not there is said. */
static ct_err resolve(struct survey *s, const char **roots, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < s->opts->n_roots; i++) {
        char *real = realpath(s->opts->roots[i], NULL);
        if (!real) {
            if (errno == ENOMEM) return CT_ERR_NOMEM;
            on_say(s, CT_WALK_UNREADABLE, ct_str_from(s->opts->roots[i]), strerror(errno));
            continue;
        }
        ct_str copy;
        ct_arena *arena = s->report->arena;
        unsigned char *z = ct_arena_alloc(arena, strlen(real) + 1);
        if (z) memcpy(z, real, strlen(real) + 1);
        copy = (ct_str){z, strlen(real)};
        free(real);
        if (!z) return CT_ERR_NOMEM;
        roots[n++] = (const char *)copy.p;
    }
    *ret_n = n;
    return CT_OK;
}

static ct_err note_scope(struct survey *s, const char *const *roots, size_t n)
{
    struct ct_scan_host *h = &s->report->host;
    ct_arena *arena = s->report->arena;
    ct_str *list = ct_arena_array(arena, n + 1, sizeof *list), *out = ct_arena_array(arena, s->opts->n_exclude + 1, sizeof *out);
    if (!list || !out) return CT_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) list[i] = ct_str_from(roots[i]);
    for (size_t i = 0; i < s->opts->n_exclude; i++) CT_TRY(ct_arena_dup(arena, ct_str_from(s->opts->exclude[i]), &out[i]));
    h->roots = list;
    h->n_roots = n;
    h->exclusions = out;
    h->n_exclusions = s->opts->n_exclude;
    return CT_OK;
}

static ct_err walk_all(struct survey *s, const ct_mounts *mounts)
{
    const char **roots = ct_arena_array(s->report->arena, s->opts->n_roots + 1, sizeof *roots);
    size_t n;
    if (!roots) return CT_ERR_NOMEM;
    CT_TRY(resolve(s, roots, &n));
    CT_TRY(note_scope(s, roots, n));
    struct ct_walk_opts opts = {
        .roots = roots, .n_roots = n, .exclude = s->opts->exclude, .n_exclude = s->opts->n_exclude,
        .include_network = s->opts->include_network, .skip_overlays = s->opts->whole_host, .note_links = true,
        .say = on_say, .ctx = s, .mounts = mounts,
    };
    CT_TRY(ct_walk_new(s->alloc, &opts, &s->walk));
    ct_err e = run_threads(s);
    struct ct_walk_counts counts;
    ct_walk_counts(s->walk, &counts);
    s->report->host.directories += counts.directories;
    s->report->host.links += counts.links;
    ct_walk_free(s->walk);
    if (s->report->links_out > LINKS_NAMED)
        ct_scan_report_skipped(s->report, CT_STR(""), "and %llu more links that lead out of the roots", (unsigned long long)(s->report->links_out - LINKS_NAMED));
    if (s->links->full) ct_scan_report_note(s->report, CT_STR(""), false, "too many files with several names: some may be listed twice");
    return e;
}

ct_err ct_survey_run(const struct ct_alloc *alloc, const struct ct_survey_opts *opts, ct_scan_report *report, struct ct_seen *ret_links)
{
    struct survey *s = ct_alloc_get(alloc, sizeof *s);
    ct_mounts *mounts = NULL;
    if (!s) return CT_ERR_NOMEM;
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    s->opts = opts;
    s->inspect = opts->inspect;
    s->inspect.stop = &s->stop;
    s->report = report;
    s->links = ret_links;
    s->flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (geteuid() == 0 ? O_NOATIME : 0);
    ct_seen_init(ret_links, alloc);
    ct_err e = ct_rate_init(&s->rate, opts->files_per_second, opts->bytes_per_second);
    if (e == CT_OK && (pthread_mutex_init(&s->lock, NULL) != 0 || pthread_cond_init(&s->ended, NULL) != 0)) e = CT_ERR_NOMEM;
    if (e == CT_OK) e = ct_loose_init(&s->loose, alloc, opts->inspect.fingerprints);
    if (e == CT_OK) e = ct_mounts_new(alloc, "/proc/self/mountinfo", &mounts);
    if (e == CT_OK) e = walk_all(s, mounts);
    if (e == CT_OK) e = ct_loose_judge(&s->loose, report, opts->inspect.components);
    ct_mounts_free(mounts);
    ct_loose_done(&s->loose);
    ct_alloc_put(alloc, s, sizeof *s);
    return e;
}
