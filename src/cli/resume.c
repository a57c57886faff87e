/* --state: every log from where the last run left it, through rotation. */
#include "cli/detect.h"

#include "logs/rotation.h"
#include "os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MISSED_MAX = 64, TRIES = 8, SAVE_MS = 1000, SAY_MS = 60000, ROTATED_FINAL_S = 60, FINAL_S = 86400 };

ct_err ct_detect_state_open(struct ct_detect *d)
{
    struct ct_fault fault = {0};
    if (!d->opts->state) return CT_OK;
    ct_err e = ct_state_open(&ct_alloc_libc, d->opts->state, &d->state, &fault);
    if (e == CT_OK) return e;
    bool enough = *fault.detail && (e == CT_ERR_NOT_FOUND || e == CT_ERR_PERMISSION || e == CT_ERR_WRITE); /* "permission denied: in use" */
    ct_complain("caltrop", "--state %s: %s%s%s", d->opts->state, enough ? "" : ct_err_text(e), enough || !*fault.detail ? "" : ": ", fault.detail);
    return CT_ERR_WRITE;
}

void ct_detect_state_save(struct ct_detect *d, bool now)
{
    struct ct_fault fault = {0};
    if (!d->state || (!now && ct_clock_mono_ms() - d->saved_ms < SAVE_MS)) return;
    ct_err e = ct_state_save(d->state, &fault);
    d->saved_ms = ct_clock_mono_ms();
    if (e == CT_OK) d->unsaved.since_ms = 0;
    else ct_detect_unsaved(d, &d->unsaved, d->opts->state, e, fault.detail);
}

void ct_detect_unsaved(struct ct_detect *d, struct ct_unsaved *u, const char *path, ct_err why, const char *detail)
{
    int64_t now = ct_clock_mono_ms();
    bool told = u->since_ms && now - u->told_ms < SAY_MS;
    if (!u->since_ms) u->since_ms = now;
    if (told) return;
    u->told_ms = now;
    ct_complain("caltrop", "--state %s: %s%s%s; %s", path, ct_err_text(why), *detail ? ": " : "", detail,
                d->opts->follow ? "following goes on, and after a restart attempts may come again" : "reading goes on");
}

static int open_log(const char *path) { return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }

/* The state's absolute name as the user would have given it. */
static const char *as_given(const char *path, const char *origin)
{
    char folder[PATH_MAX];
    if (*path == '/' || !getcwd(folder, sizeof folder)) return origin;
    size_t n = strlen(folder);
    return strncmp(origin, folder, n) == 0 && origin[n] == '/' ? origin + n + 1 : origin;
}

/* Looked for backwards: what was rotated stands before. */
static bool is_listed(const struct ct_path_list *list, size_t from, const char *absolute)
{
    for (size_t k = 0; k < list->n; k++) {
        const char *path = list->paths[(from + list->n - k) % list->n];
        if (strcmp(path, as_given(path, absolute)) == 0) return true;
    }
    return false;
}

/* What lies under other names than last time is read under them, being listed too: nothing of it needs this path's entry. */
static bool all_listed(const struct ct_path_list *list, size_t i, const char *rotated, const struct ct_resumed *r)
{
    bool all = !rotated || is_listed(list, i, rotated);
    for (size_t k = 0; all && k < r->n_missed; k++) all = is_listed(list, i, r->missed[k]);
    return all;
}

struct noting {
    const struct ct_path_list *list;
    bool noted;
    bool lost; /* of some file seen last time it is to be said, when it is read, that it is gone */
};

static ct_err note_file(struct ct_detect *d, struct noting *n, size_t i, bool moved)
{
    const struct ct_path_list *list = n->list;
    struct ct_position at, old_at;
    const char *path = list->paths[i], *rotated = NULL;
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return CT_OK;
    ct_err e = ct_state_resume(d->state, path, &at, &rotated, &old_at);
    struct ct_resumed r = *ct_state_resumed(d->state);
    if (moved && (e != CT_OK || !r.moved_here)) return e == CT_ERR_NOMEM ? e : CT_OK;
    if (e == CT_ERR_NOT_FOUND) {
        int fd = open_log(path);
        bool read = fd >= 0 && ct_position_of(fd, &at) == CT_OK;
        if (fd >= 0) (void)close(fd);
        if (!read) return CT_OK;
    } else if (e != CT_OK) {
        return e == CT_ERR_NOMEM ? e : CT_OK;
    } else if (!r.moved_here) {
        n->lost |= r.lost;
        bool was_empty = !rotated && !r.lost && at.offset == 0 && at.tail_n == 0 && st.st_size > 0; /* now it has a head to be known by */
        if (!was_empty && (!r.renewed || r.lost || (rotated && n->lost) || !all_listed(list, i, rotated, &r))) return CT_OK;
    }
    n->noted = true;
    char origin[PATH_MAX] = ""; /* the state's own name goes with what is noted first */
    if (r.origin) (void)snprintf(origin, sizeof origin, "%s", r.origin);
    if (rotated) CT_TRY(ct_state_note(d->state, rotated, &old_at, r.rotated_origin));
    return ct_state_note(d->state, path, &at, *origin ? origin : NULL);
}

ct_err ct_detect_state_begin(struct ct_detect *d, const struct ct_path_list *list)
{
    struct noting n = {.list = list};
    /* First what moved to names that no rotation gives: of it nothing is to be missed under its old name. */
    for (unsigned pass = 0; d->state && pass < 2; pass++)
        for (size_t i = 0; i < list->n && !ct_interrupted(); i++) CT_TRY(note_file(d, &n, i, pass == 0));
    if (n.noted) ct_detect_state_save(d, true);
    return CT_OK;
}

/* What is to be read for one path, held open: names may change meanwhile. */
struct unread {
    int now, tail;                            /* -1: none */
    int missed[MISSED_MAX];                   /* rotated since the last run and never seen, oldest first */
    size_t n_missed, more_missed;
    bool lost;                                /* what was read last time is gone */
    struct ct_position at, tail_at;
    char origin[PATH_MAX], tail_name[PATH_MAX]; /* empty: the path's own; a rotation's is told as the path's */
};

static void close_all(struct unread *u)
{
    if (u->now >= 0) (void)close(u->now);
    if (u->tail >= 0) (void)close(u->tail);
    for (size_t i = 0; i < u->n_missed; i++) (void)close(u->missed[i]);
}

static bool is_file(int fd, const struct ct_position *p)
{
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == p->device && st.st_ino == p->inode;
}

/* Opens what the state speaks of. *ret_steady: the names still meant the same files when all were open. */
static ct_err open_unread(struct ct_detect *d, const char *path, struct unread *u, bool *ret_steady)
{
    const char *rotated = NULL;
    struct stat st;
    *u = (struct unread){.now = -1, .tail = -1};
    ct_err e = ct_state_resume(d->state, path, &u->at, &rotated, &u->tail_at);
    if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    bool seen = e == CT_OK;
    struct ct_resumed r = *ct_state_resumed(d->state);
    if (r.origin) (void)snprintf(u->origin, sizeof u->origin, "%s", r.origin);
    if (r.rotated_origin) (void)snprintf(u->tail_name, sizeof u->tail_name, "%s", as_given(path, r.rotated_origin));
    u->now = open_log(path);
    if (u->now < 0) {
        *ret_steady = true; /* who reads it says why */
        return CT_OK;
    }
    *ret_steady = !seen || is_file(u->now, &u->at);
    u->lost = seen && r.lost;
    if (!rotated) return CT_OK;
    u->tail = open_log(rotated);
    *ret_steady &= is_file(u->tail, &u->tail_at);
    for (size_t i = 0; i < r.n_missed; i++) {
        int fd = u->n_missed < MISSED_MAX ? open_log(r.missed[i]) : -1;
        if (fd >= 0) u->missed[u->n_missed++] = fd;
        else u->more_missed++;
    }
    /* A rotation begins with the newest name: while that stands, the others do. */
    *ret_steady &= stat(path, &st) == 0 && st.st_dev == u->at.device && st.st_ino == u->at.inode;
    return CT_OK;
}

static ct_err read_fd(struct ct_detect *d, int fd, const char *name, const char *source, const struct ct_run_from *from,
                      struct ct_run_report *ret_report)
{
    char path[40];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return ct_detect_file(d, path, name, source, from, ret_report);
}

/* Its last line, when it has no newline, will not be finished any more. Who writes a log that was renamed opens the new one within a
 * minute; a buffer that a quiet program holds may be older. */
static bool is_final(const char *path, const struct unread *u)
{
    struct stat st;
    if (fstat(u->now, &st) != 0) return false;
    bool rotated = *u->origin || ct_rotation_is_away(path);
    int64_t age = ct_clock_real_us() / 1000000 - (int64_t)st.st_mtim.tv_sec;
    return age > (rotated ? ROTATED_FINAL_S : FINAL_S);
}

/* A packed file that was read to its end, and has not changed since its position was looked up. */
static bool is_whole(int fd, const struct ct_position *at)
{
    struct stat st;
    return at->whole && fstat(fd, &st) == 0 && (uint64_t)st.st_size == at->tail_hash;
}

static ct_err read_unread(struct ct_detect *d, const char *path, const struct unread *u)
{
    struct ct_run_report report;
    if (u->lost)
        ct_detect_problem(d, path, "the file read last time is gone or was cut: what was written to it since, and files rotated since, were not read");
    struct ct_run_from from = {u->tail_at.offset, u->tail_at.line, false, is_whole(u->tail, &u->tail_at)}, start = {0};
    if (u->tail >= 0) CT_TRY(read_fd(d, u->tail, path, u->tail_name, &from, &report));
    for (size_t i = 0; i < u->n_missed; i++) CT_TRY(read_fd(d, u->missed[i], path, path, &start, &report));
    if (u->more_missed) ct_detect_problem(d, path, "%zu rotated files were not read", u->more_missed);
    struct stat before;
    bool known = fstat(u->now, &before) == 0;
    from = (struct ct_run_from){u->at.offset, u->at.line, !is_final(path, u), is_whole(u->now, &u->at)};
    ct_err e = read_fd(d, u->now, path, *u->origin ? as_given(path, u->origin) : path, &from, &report);
    if (e != CT_OK && e != CT_ERR_INTERRUPTED) return e;
    if (report.cut && e == CT_OK && d->opts->output == CT_OUTPUT_TABLE && !d->opts->quiet)
        ct_detect_left_out(d, path, "its last line has no end yet: it is left for the next run");
    CT_TRY(ct_detect_flush(d)); /* a position moves on only past what was delivered */
    struct ct_position at;
    if (ct_position_of(u->now, &at) == CT_OK) {
        at.offset = report.next.offset;
        at.line = report.next.line;
        ct_position_learn_tail(u->now, &at);
        bool packed = at.tail_n == 0 && at.tail_hash;
        at.whole = packed && report.ended && known && (uint64_t)before.st_size == at.tail_hash; /* else it grew meanwhile */
        CT_TRY(ct_state_note(d->state, path, &at, *u->origin ? u->origin : NULL));
        ct_detect_state_save(d, e != CT_OK);
    }
    return e;
}

ct_err ct_detect_file_with_state(struct ct_detect *d, const char *path)
{
    struct stat st;
    struct ct_run_report report;
    struct ct_run_from start = {0};
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode)) /* pipes have no positions */
        return ct_detect_file(d, path, path, path, &start, &report);
    struct unread u;
    bool steady = false;
    ct_err e = CT_OK;
    for (unsigned i = 0; i < TRIES && !steady; i++) {
        if (i) close_all(&u);
        e = open_unread(d, path, &u, &steady);
        if (e != CT_OK) steady = true;
    }
    if (e == CT_ERR_NOMEM) {
        close_all(&u);
        return e;
    }
    if (e != CT_OK || u.now < 0) e = ct_detect_file(d, path, path, path, &start, &report); /* says what is wrong with it */
    else e = read_unread(d, path, &u);
    close_all(&u);
    return e;
}
