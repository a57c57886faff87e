/* The systemd journal. An entry is known by its cursor: that is what its event's id is made of, and what --state keeps, in a
 * file beside it (FILE.journal; with a hash of the directory behind it for --journal-dir). */
#include "cli/detect.h"

#include "logs/journal.h"
#include "os/clock.h"
#include "os/file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { CURSOR_MAX = 4096, SAVE_MS = 1000 };

struct ct_journal_reader {
    struct ct_detect *d;
    ct_journal *journal;
    char cursor_path[PATH_MAX];
    char cursor[CURSOR_MAX];
    size_t cursor_n;
    bool moved;           /* since the cursor was saved */
    int64_t saved_ms;
};

static ct_err load_cursor(struct ct_journal_reader *r)
{
    const struct ct_detect_opts *o = r->d->opts;
    char full[PATH_MAX], hash[24] = "";
    unsigned char *text = NULL;
    size_t n = 0;
    struct ct_fault fault = {0};
    if (!o->state) return CT_OK;
    if (o->journal_dir)
        (void)snprintf(hash, sizeof hash, "-%016" PRIx64, ct_str_hash(ct_str_from(realpath(o->journal_dir, full) ? full : o->journal_dir)));
    int len = snprintf(r->cursor_path, sizeof r->cursor_path, "%s.journal%s", o->state, hash);
    ct_err e = len < 0 || (size_t)len >= sizeof r->cursor_path ? CT_ERR_CAP : ct_file_read(&ct_alloc_libc, r->cursor_path, sizeof r->cursor, &text, &n, &fault);
    if (e == CT_ERR_NOT_FOUND) return CT_OK;
    if (e != CT_OK) {
        ct_complain("caltrop", "--state %s: %s: %s", r->cursor_path, ct_err_text(e), fault.detail);
        return CT_ERR_WRITE;
    }
    memcpy(r->cursor, text, n);
    r->cursor_n = n;
    ct_alloc_put(&ct_alloc_libc, text, n + 1);
    return CT_OK;
}

static ct_err save_cursor(struct ct_journal_reader *r, bool now)
{
    struct ct_fault fault = {0};
    if (!r->moved || (!now && ct_clock_mono_ms() - r->saved_ms < SAVE_MS)) return CT_OK;
    CT_TRY(ct_detect_flush(r->d)); /* the cursor moves on only past what was delivered */
    r->saved_ms = ct_clock_mono_ms();
    r->moved = false;
    if (!*r->cursor_path) return CT_OK;
    ct_err e = ct_file_write_atomic(r->cursor_path, (ct_str){(const unsigned char *)r->cursor, r->cursor_n}, 0600, &fault);
    r->moved = e != CT_OK;
    if (r->moved) ct_detect_unsaved(r->d, &r->d->unsaved_cursor, r->cursor_path, e, fault.detail);
    else r->d->unsaved_cursor.since_ms = 0;
    return CT_OK;
}

ct_err ct_detect_journal_open(struct ct_detect *d, struct ct_journal_reader **ret_reader)
{
    struct ct_fault fault = {0};
    struct ct_journal_reader *r = calloc(1, sizeof *r);
    *ret_reader = NULL;
    if (!r) return CT_ERR_NOMEM;
    r->d = d;
    ct_err e = load_cursor(r);
    if (e == CT_OK) {
        ct_str cursor = {(const unsigned char *)r->cursor, r->cursor_n};
        e = ct_journal_open(&ct_alloc_libc, d->opts->journal_dir, cursor, &r->journal, &fault);
        if (e != CT_OK && e != CT_ERR_NOMEM) {
            ct_detect_problem(d, d->opts->journal_dir ? d->opts->journal_dir : "journal", "%s%s%s", ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
            free(r);
            return CT_OK;
        }
    }
    if (e != CT_OK) {
        free(r);
        return e;
    }
    d->n_sources++;
    *ret_reader = r;
    return CT_OK;
}

static ct_err read_entry(struct ct_journal_reader *r, const struct ct_journal_entry *entry)
{
    struct ct_detect *d = r->d;
    struct ct_run_handlers handlers = ct_detect_handlers(d);
    struct ct_entry known = {entry->cursor, entry->time_us};
    char source[256];
    int n = snprintf(source, sizeof source, "journal:%.*s", CT_STR_ARG(ct_str_slice(entry->unit, 0, 200)));
    struct ct_block block = {.source = {(const unsigned char *)source, (size_t)n}, .bytes = entry->message, .entry = &known};
    CT_TRY(ct_run_block(d->runner, &block, 0, NULL, NULL, &handlers, &d->tally));
    d->tally.lines++;
    r->cursor_n = entry->cursor.n < sizeof r->cursor ? entry->cursor.n : 0;
    memcpy(r->cursor, entry->cursor.p, r->cursor_n);
    r->moved = r->cursor_n > 0;
    return handlers.between(d, 0, 0) ? CT_ERR_INTERRUPTED : CT_OK;
}

ct_err ct_detect_journal_read(struct ct_journal_reader *r)
{
    struct ct_journal_entry entry;
    ct_err e;
    while ((e = ct_journal_next(r->journal, &entry)) != CT_ERR_END) {
        if (e == CT_ERR_NOMEM) return e;
        if (e != CT_OK) { /* one entry that cannot be read: the next call goes on behind it */
            ct_detect_problem(r->d, "journal", "an entry: %s", ct_err_text(e));
            continue;
        }
        e = read_entry(r, &entry);
        if (e == CT_OK) e = save_cursor(r, false);
        if (e != CT_OK) break;
    }
    if (e != CT_ERR_END && e != CT_ERR_INTERRUPTED) return e;
    CT_TRY(save_cursor(r, true));
    if (e == CT_ERR_INTERRUPTED) r->d->interrupted = true;
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_detect_journal_wait(struct ct_journal_reader *r, int timeout_ms) { return ct_journal_wait(r->journal, timeout_ms); }

void ct_detect_journal_close(struct ct_journal_reader *r)
{
    if (!r) return;
    ct_journal_close(r->journal);
    free(r);
}
