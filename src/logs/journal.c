#include "base/limits.h"
#include "logs/journal.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

/* A value of one field, in memory of our own: libsystemd's is gone with its next call. */
struct field {
    unsigned char *p;
    size_t n, cap;
};

struct ct_journal {
    const struct ct_alloc *alloc;
    sd_journal *journal;
    struct field message, unit;
    char *cursor; /* libc's, from libsystemd */
    bool here;    /* the entry stood on has not been delivered */
};

/* Loaded when a journal is opened, not with the program: it brings five libraries, and the other commands start without them. */
#define FUNCTIONS(X) \
    X(open) X(open_directory) X(open_files) X(close) X(get_usage) X(set_data_threshold) X(seek_head) X(seek_cursor) X(test_cursor) X(next) X(get_data) \
    X(get_cursor) X(get_realtime_usec) X(wait)
#define MEMBER(name) __typeof__(&sd_journal_##name) name;
static struct {
    FUNCTIONS(MEMBER)
} sd;
static pthread_once_t sd_once = PTHREAD_ONCE_INIT;
static char sd_missing[200]; /* why it cannot be used; empty: it can */

static bool found(void *library, const char *name, void *ret_function)
{
    void *p = library ? dlsym(library, name) : NULL;
    if (p) memcpy(ret_function, &p, sizeof p); /* what dlsym gives is no function pointer to ISO C */
    return p != NULL;
}

static void load(void)
{
    void *library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    bool all = true;
#define FIND(name) all = all && found(library, "sd_journal_" #name, &sd.name);
    FUNCTIONS(FIND)
    const char *why = all ? "" : dlerror();
    (void)snprintf(sd_missing, sizeof sd_missing, "%s", why ? why : "libsystemd.so.0 cannot be loaded");
}

static ct_err code_of(int r)
{
    switch (-r) {
    case ENOENT: return CT_ERR_NOT_FOUND;
    case EACCES:
    case EPERM: return CT_ERR_PERMISSION;
    case ENOMEM: return CT_ERR_NOMEM;
    case EINTR: return CT_ERR_INTERRUPTED;
    case EBADMSG:
    case ENODATA: return CT_ERR_SYNTAX;
    case EPROTONOSUPPORT:
    case EOPNOTSUPP: return CT_ERR_UNSUPPORTED;
    default: return CT_ERR_READ;
    }
}

static ct_err open_place(ct_journal *j, const char *dir, struct ct_fault *fault)
{
    struct stat st;
    int r;
    (void)pthread_once(&sd_once, load);
    if (*sd_missing) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "%s: install libsystemd (Debian: libsystemd0), or pipe journalctl -o cat into this program", sd_missing);
    if (!dir) {
        r = sd.open(&j->journal, SD_JOURNAL_LOCAL_ONLY);
    } else if (stat(dir, &st) != 0) {
        r = -errno;
    } else if (S_ISDIR(st.st_mode)) {
        r = sd.open_directory(&j->journal, dir, 0);
    } else {
        const char *files[] = {dir, NULL};
        r = sd.open_files(&j->journal, files, 0);
    }
    if (r < 0) return ct_fault_set(fault, code_of(r), 0, "journal: %s", strerror(-r));
    uint64_t bytes = 0;
    if (sd.get_usage(j->journal, &bytes) < 0 || bytes == 0)
        return ct_fault_set(fault, CT_ERR_NOT_FOUND, 0, "no journal here that this user may read");
    (void)sd.set_data_threshold(j->journal, CT_JOURNAL_FIELD_MAX);
    return CT_OK;
}

static ct_err seek(ct_journal *j, ct_str cursor, struct ct_fault *fault)
{
    int r;
    if (cursor.n == 0) {
        r = sd.seek_head(j->journal);
        return r < 0 ? ct_fault_set(fault, code_of(r), 0, "seek: %s", strerror(-r)) : CT_OK;
    }
    char *z = ct_alloc_get(j->alloc, cursor.n + 1);
    if (!z) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "cursor");
    memcpy(z, cursor.p, cursor.n);
    z[cursor.n] = 0;
    r = sd.seek_cursor(j->journal, z);
    ct_err e = CT_OK;
    if (r < 0) {
        e = ct_fault_set(fault, r == -EINVAL ? CT_ERR_USAGE : code_of(r), 0, "cursor: %s", strerror(-r));
    } else {
        j->here = sd.next(j->journal) > 0 && sd.test_cursor(j->journal, z) <= 0;
    }
    ct_alloc_put(j->alloc, z, cursor.n + 1);
    return e;
}

ct_err ct_journal_open(const struct ct_alloc *alloc, const char *dir, ct_str cursor, ct_journal **ret_journal,
                       struct ct_fault *fault)
{
    ct_journal *j = ct_alloc_get(alloc, sizeof *j);
    if (!j) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "journal");
    memset(j, 0, sizeof *j);
    j->alloc = alloc;
    ct_err e = open_place(j, dir, fault);
    if (e == CT_OK) e = seek(j, cursor, fault);
    if (e != CT_OK) {
        ct_journal_close(j);
        return e;
    }
    *ret_journal = j;
    return CT_OK;
}

void ct_journal_close(ct_journal *j)
{
    if (!j) return;
    if (j->journal) sd.close(j->journal);
    if (j->message.p) ct_alloc_put(j->alloc, j->message.p, j->message.cap);
    if (j->unit.p) ct_alloc_put(j->alloc, j->unit.p, j->unit.cap);
    free(j->cursor);
    ct_alloc_put(j->alloc, j, sizeof *j);
}

/* CT_ERR_NOT_FOUND: the entry has no such field, or none that can be read. */
static ct_err get(ct_journal *j, const char *name, struct field *f)
{
    const void *data = NULL;
    size_t n = 0, skip = strlen(name) + 1; /* "NAME=" */
    int r = sd.get_data(j->journal, name, &data, &n);
    if (r == -ENOMEM) return CT_ERR_NOMEM;
    if (r < 0 || n < skip) return CT_ERR_NOT_FOUND;
    n -= skip;
    if (n > f->cap) {
        size_t cap = n < 1024 ? 1024 : n + n / 2;
        unsigned char *p = j->alloc->resize(j->alloc->ctx, f->p, f->cap, cap);
        if (!p) return CT_ERR_NOMEM;
        f->p = p;
        f->cap = cap;
    }
    if (n) memcpy(f->p, (const unsigned char *)data + skip, n);
    f->n = n;
    return CT_OK;
}

ct_err ct_journal_next(ct_journal *j, struct ct_journal_entry *ret_entry)
{
    int r = j->here ? 1 : sd.next(j->journal);
    if (r < 0) return code_of(r);
    if (r == 0) return CT_ERR_END;
    j->here = false;

    struct ct_journal_entry entry = {0};
    ct_err e = get(j, "MESSAGE", &j->message);
    if (e == CT_ERR_NOMEM) goto undo;
    if (e != CT_OK) j->message.n = 0;
    for (size_t i = 0; i < j->message.n; i++)
        if (j->message.p[i] == '\n') j->message.p[i] = ' ';
    e = get(j, "_SYSTEMD_UNIT", &j->unit);
    if (e == CT_ERR_NOT_FOUND) e = get(j, "SYSLOG_IDENTIFIER", &j->unit);
    if (e == CT_ERR_NOMEM) goto undo;
    if (e != CT_OK) j->unit.n = 0;

    char *cursor = NULL;
    uint64_t time_us = 0;
    r = sd.get_cursor(j->journal, &cursor);
    if (r < 0) {
        e = code_of(r);
        goto undo;
    }
    (void)sd.get_realtime_usec(j->journal, &time_us); /* 0 when the entry lost it */
    free(j->cursor);
    j->cursor = cursor;
    entry.message = (ct_str){j->message.p, j->message.n};
    entry.unit = (ct_str){j->unit.p, j->unit.n};
    entry.cursor = ct_str_from(cursor);
    entry.time_us = (int64_t)time_us;
    *ret_entry = entry;
    return CT_OK;

undo: /* out of memory: the same entry comes again with the next call; one that cannot be read does not */
    j->here = e == CT_ERR_NOMEM;
    return e;
}

ct_err ct_journal_wait(ct_journal *j, int timeout_ms)
{
    int r = sd.wait(j->journal, timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000u);
    if (r < 0) return code_of(r);
    return r == SD_JOURNAL_NOP ? CT_ERR_AGAIN : CT_OK;
}
