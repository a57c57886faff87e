/* Which logs are followed. A name without wildcards is, even before it exists. Of a folder or a pattern the present logs are, not what
 * was rotated away; what appears there later is read from its start, unless it is a followed log under another name. */
#include "cli/watch_logs.h"

#include "logs/codec.h"
#include "logs/rotated.h"
#include "logs/rotation.h"
#include "os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_MS = 2000,         /* between two looks for new names */
    LOOK_SHARE = 50,        /* a look may take this part of the time: large trees are looked at less often */
    GONE_MS = 60000,        /* a log removed is waited for so long: some are made anew */
    SUCCEEDED_MS = 3600000, /* a silent log with a successor of a later date is let go */
};

/* Hashes of paths; open addressing. Forgotten ones stay as tombstones. */
struct ct_known_names {
    struct {
        uint64_t hash; /* 0: free */
        bool known;
    } *slots;
    size_t n, cap;
};

static size_t slot_of(const struct ct_known_names *k, uint64_t hash)
{
    size_t i = (size_t)hash & (k->cap - 1);
    while (k->slots[i].hash && k->slots[i].hash != hash) i = (i + 1) & (k->cap - 1);
    return i;
}

static uint64_t hash_of(const char *path)
{
    uint64_t hash = ct_str_hash(ct_str_from(path));
    return hash ? hash : 1;
}

static bool is_known(const struct ct_known_names *k, const char *path)
{
    return k->cap && k->slots[slot_of(k, hash_of(path))].known;
}

static ct_err know(struct ct_known_names *k, const char *path, bool known)
{
    if (k->n * 2 >= k->cap) {
        struct ct_known_names old = *k;
        size_t cap = old.cap ? old.cap * 2 : 256;
        k->slots = calloc(cap, sizeof *k->slots);
        if (!k->slots) {
            *k = old;
            return CT_ERR_NOMEM;
        }
        k->cap = cap;
        for (size_t i = 0; i < old.cap; i++)
            if (old.slots[i].hash) k->slots[slot_of(k, old.slots[i].hash)] = old.slots[i];
        free(old.slots);
    }
    size_t at = slot_of(k, hash_of(path));
    k->n += k->slots[at].hash == 0;
    k->slots[at].hash = hash_of(path);
    k->slots[at].known = known;
    return CT_OK;
}

struct ct_watched *ct_following_find(struct ct_following *w, const char *path)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->logs[i].path, path) == 0) return &w->logs[i];
    return NULL;
}

static int year_now(void)
{
    time_t now = (time_t)(ct_clock_real_us() / 1000000);
    struct tm utc;
    return gmtime_r(&now, &utc) ? utc.tm_year + 1900 : 1970;
}

/* What the lines before `offset` say: columns that a directive named. A log that cannot be read now says nothing. */
static void learn(struct ct_following *w, struct ct_watched *l, const char *path, uint64_t offset)
{
    ct_source *source = NULL;
    struct ct_tally ignored = {0};
    bool stateful;
    if (offset && ct_source_open(&ct_alloc_libc, path, &source, NULL) == CT_OK &&
        ct_run_learn(w->d->runner, source, offset, &l->format, &stateful, &ignored, NULL) == CT_OK)
        for (int f = 0; f < CT_FORMAT_COUNT; f++) w->d->tally.by_format[f] += ignored.by_format[f];
    ct_source_close(source);
}

/* Why lines that are appended to a file are no text as they stand; null: they are. */
static const char *not_followed(int fd)
{
    unsigned char head[CT_CODEC_SNIFF];
    enum ct_codec codec = CT_CODEC_PLAIN;
    const char *what;
    ssize_t n = pread(fd, head, sizeof head, 0);
    enum ct_sniff s = n > 0 ? ct_codec_sniff((ct_str){head, (size_t)n}, true, &codec, &what) : CT_SNIFF_PLAIN;
    if (s == CT_SNIFF_FRAME && codec == CT_CODEC_UTF16) return "is UTF-16, which is not followed: read it without --follow";
    return s == CT_SNIFF_FRAME || s == CT_SNIFF_REFUSED ? "is compressed and does not grow line by line: read it without --follow" : NULL;
}

/* Which file a name stands for. False: none that can be read. */
static bool identify(const char *path, struct ct_position *ret_at, const char **ret_why_not)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ct_position_of(fd, ret_at) == CT_OK;
    *ret_why_not = ok ? not_followed(fd) : NULL;
    if (fd >= 0) (void)close(fd);
    return ok;
}

static ct_err append(struct ct_following *w, const char *path, bool many, struct ct_watched **ret_log)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 16;
        struct ct_watched *logs = realloc(w->logs, cap * sizeof *logs);
        if (!logs) return CT_ERR_NOMEM;
        w->logs = logs;
        w->cap = cap;
    }
    char *copy = strdup(path);
    if (!copy) return CT_ERR_NOMEM;
    w->logs[w->n] = (struct ct_watched){.path = copy, .format.year = year_now(), .many = many, .last_ms = ct_clock_mono_ms()};
    *ret_log = &w->logs[w->n++];
    return CT_OK;
}

static void take_off(struct ct_following *w, struct ct_watched *l)
{
    w->gone += l->there;
    free(l->long_line);
    free(l->path);
    size_t i = (size_t)(l - w->logs);
    memmove(l, l + 1, (w->n - i - 1) * sizeof *l);
    w->n--;
}

/* fresh: from its start, unless the state knows better. */
static ct_err add(struct ct_following *w, const char *path, bool many, bool fresh)
{
    struct ct_position at, old_at, now = {0};
    const char *rotated = NULL;
    struct stat st;
    const char *why_not;
    bool there = identify(path, &now, &why_not);
    if (many) CT_TRY(know(w->known, path, true));
    if (why_not) { /* among others, what was rotated and compressed is no news */
        if (!many || ct_str_starts(ct_str_from(why_not), CT_STR("is UTF"))) ct_detect_problem(w->d, path, "%s", why_not);
        return CT_OK;
    }
    bool known = w->d->state && ct_state_resume(w->d->state, path, &at, &rotated, &old_at) == CT_OK;
    struct ct_watched *l;
    CT_TRY(append(w, path, many, &l));
    if (rotated) learn(w, l, rotated, old_at.offset);
    else if (known) learn(w, l, path, at.offset);
    else if (!fresh && stat(path, &st) == 0) learn(w, l, path, (uint64_t)st.st_size);
    errno = 0;
    ct_err e = ct_follow_add(w->follow, path, rotated ? &old_at : known ? &at : fresh && there ? &now : NULL);
    int failed = errno; /* a full table of descriptors or watches is for people to widen */
    if (e != CT_OK) {
        bool full = failed == EMFILE || failed == ENFILE || failed == ENOSPC;
        take_off(w, l);
        if (e == CT_ERR_NOMEM) return e;
        ct_detect_problem(w->d, path, "cannot be followed: %s",
                          e == CT_ERR_UNSUPPORTED ? "only regular files can" : full ? strerror(failed) : ct_err_text(e));
        return CT_OK;
    }
    l->at = now;
    l->there = there;
    /* Where it begins is remembered too: what a log says between two runs must not depend on whether it spoke in the first. */
    if (w->d->state && !known && ct_follow_position(w->follow, path, &at)) CT_TRY(ct_state_note(w->d->state, path, &at, NULL));
    if (many && fresh && !w->d->opts->quiet) ct_complain("caltrop", "%s: appeared", path);
    if (!there && !w->d->opts->quiet) ct_complain("caltrop", "%s: is not there yet: it is followed when it appears", path);
    return CT_OK;
}

/* A followed log under another name: renamed, or copied before it was cut ("access.log.old"). */
static bool is_followed_already(const struct ct_following *w, const char *path)
{
    struct ct_position now;
    const char *why_not;
    bool same = false;
    if (!identify(path, &now, &why_not)) return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    for (size_t i = 0; fd >= 0 && i < w->n && !same; i++) {
        const struct ct_watched *l = &w->logs[i];
        const struct ct_position *ids[] = {&l->at, &l->was};
        bool longer = strncmp(path, l->path, strlen(l->path)) == 0;
        for (size_t k = 0; k < 2 && !same; k++) {
            bool inode = ids[k]->inode && ids[k]->inode == now.inode && ids[k]->device == now.device;
            same = (inode || (longer && ids[k]->head_n)) && ct_head_matches(fd, ids[k]);
        }
    }
    if (fd >= 0) (void)close(fd);
    return same;
}

/* "access-20211210.log" beside "access.log" was rotated away, also while the latter is being made anew. */
static bool is_rotation_of_followed(const struct ct_following *w, const char *path)
{
    for (size_t i = 0; i < w->n; i++)
        if (ct_rotation_succeeds(w->logs[i].path, path) && !ct_rotation_is_dated(w->logs[i].path)) return true;
    return false;
}

/* Of logs whose names hold a date: does the state know this one, or an earlier one? Then it is read on, or has come since. */
static bool is_since_last_run(const struct ct_following *w, const struct ct_path_list *list, size_t i)
{
    struct ct_position at, old_at;
    const char *rotated;
    bool known = false;
    for (bool same = w->d->state != NULL; same && !known; i--) {
        known = ct_state_resume(w->d->state, list->paths[i], &at, &rotated, &old_at) == CT_OK;
        same = i && ct_rotation_succeeds(list->paths[i], list->paths[i - 1]);
    }
    return known;
}

static ct_err consider(struct ct_following *w, const struct ct_path_list *list, size_t i, bool first)
{
    const char *path = list->paths[i];
    if (is_known(w->known, path) || ct_following_find(w, path)) return CT_OK;
    enum ct_rotation_place place = ct_rotation_place(list->paths, list->n, i);
    bool since = first && ct_rotation_is_dated(path) && is_since_last_run(w, list, i);
    bool wanted = place == CT_ROTATION_NEWEST || (place == CT_ROTATION_EARLIER && (!first || since));
    if (wanted && ct_rotation_is_dated(path)) wanted = !is_rotation_of_followed(w, path);
    if (wanted && !first) wanted = !is_followed_already(w, path);
    return wanted ? add(w, path, true, !first || since) : know(w->known, path, true);
}

/* A folder, or a pattern; what is neither now is a name that may come. */
static bool is_many(const char *arg)
{
    struct stat st;
    return stat(arg, &st) == 0 ? S_ISDIR(st.st_mode) : strpbrk(arg, "*?[") != NULL;
}

static ct_err look_at(struct ct_following *w, const char *arg, bool first)
{
    struct ct_path_list list = {0};
    CT_TRY(ct_paths_expand(&ct_alloc_libc, &arg, 1, &list));
    bool empty = list.n == 0 && list.n_problems == 1 && list.problems[0].err == CT_ERR_NOT_FOUND;
    if (first && !empty) ct_detect_list_problems(w->d, &list);
    if (first && empty && !w->d->opts->quiet) ct_complain("caltrop", "%s: %s yet: what appears is followed", arg, list.problems[0].detail);
    ct_err e = CT_OK;
    for (size_t i = 0; i < list.n && e == CT_OK; i++) e = consider(w, &list, i, first);
    ct_paths_free(&ct_alloc_libc, &list);
    return e;
}

static bool is_succeeded(const struct ct_following *w, const struct ct_watched *l)
{
    for (size_t i = 0; ct_rotation_is_dated(l->path) && i < w->n; i++)
        if (&w->logs[i] != l && ct_rotation_succeeds(w->logs[i].path, l->path)) return true;
    return false;
}

static ct_err let_go(struct ct_following *w)
{
    int64_t now = ct_clock_mono_ms();
    for (size_t i = w->n; i-- > 0;) {
        struct ct_watched *l = &w->logs[i];
        bool gone = l->vanished_ms && now - l->vanished_ms >= GONE_MS;
        if (!l->many || l->long_n || (!gone && (now - l->last_ms < SUCCEEDED_MS || !is_succeeded(w, l)))) continue;
        if (gone) CT_TRY(know(w->known, l->path, false)); /* it may come again */
        ct_follow_drop(w->follow, l->path);
        take_off(w, l);
    }
    return CT_OK;
}

static ct_err look(struct ct_following *w, bool first)
{
    int64_t start = ct_clock_mono_ms();
    ct_err e = CT_OK;
    if (!first) e = let_go(w);
    for (size_t i = 0; i < w->n_args && e == CT_OK; i++) {
        if (is_many(w->args[i])) e = look_at(w, w->args[i], first);
        else if (first && !ct_following_find(w, w->args[i])) e = add(w, w->args[i], false, false);
    }
    int64_t end = ct_clock_mono_ms(), pause = (end - start) * LOOK_SHARE;
    w->look_ms = end + (pause > LOOK_MS ? pause : LOOK_MS);
    return e;
}

ct_err ct_following_begin(struct ct_following *w, struct ct_detect *d, const char *const *args, size_t n_args)
{
    *w = (struct ct_following){.d = d, .args = args, .n_args = n_args, .known = calloc(1, sizeof *w->known)};
    if (!w->known) return CT_ERR_NOMEM;
    CT_TRY(ct_follow_new(&ct_alloc_libc, &w->follow));
    CT_TRY(look(w, true));
    ct_detect_state_save(d, true);
    return CT_OK;
}

ct_err ct_following_look(struct ct_following *w) { return ct_clock_mono_ms() < w->look_ms ? CT_OK : look(w, false); }

bool ct_following_waits(const struct ct_following *w)
{
    bool may = w->n > 0;
    for (size_t i = 0; i < w->n_args && !may; i++) may = is_many(w->args[i]);
    return may;
}

void ct_following_end(struct ct_following *w)
{
    for (size_t i = 0; i < w->n; i++) {
        w->gone += w->logs[i].there;
        free(w->logs[i].long_line);
        free(w->logs[i].path);
    }
    if (w->d) w->d->n_sources += w->gone;
    free(w->logs);
    if (w->known) free(w->known->slots);
    free(w->known);
    ct_follow_free(w->follow);
}
