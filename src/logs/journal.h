/* The systemd journal as a source of lines: one entry is one line, syslog-like, its newlines as blanks.
 * Without libsystemd (not on this host, or not in this build: the static sensor), opening fails with CT_ERR_UNSUPPORTED and says so.
 *
 * Refuses: files that are no journals (CT_ERR_SYNTAX), cursors that are none (CT_ERR_USAGE), places without a journal this user
 * may read (CT_ERR_NOT_FOUND), rather than finding nothing there. Weak sides: libsystemd maps the files, so one that is cut
 * while it is read can end the program; a field over CT_JOURNAL_FIELD_MAX is cut there; fields libsystemd cannot decode are
 * empty. */
#ifndef CT_LOGS_JOURNAL_H
#define CT_LOGS_JOURNAL_H

#include "base/arena.h"
#include "base/fault.h"

struct ct_journal_entry {
    ct_str message; /* attacker bytes; valid until the next call */
    ct_str unit;    /* _SYSTEMD_UNIT, or SYSLOG_IDENTIFIER */
    ct_str cursor;  /* to go on from */
    int64_t time_us;
};
typedef struct ct_journal ct_journal;
/* dir null: this host's journal; else a directory or a .journal file. cursor empty: from the start; else behind the entry it
 * names, or at the next one when that entry is gone. */
CT_MUST_USE ct_err ct_journal_open(const struct ct_alloc *alloc, const char *dir, ct_str cursor, ct_journal **ret_journal,
                                   struct ct_fault *fault);
void ct_journal_close(ct_journal *j);
/* CT_ERR_END at the end (call again later, or wait). An entry without message has an empty one. */
CT_MUST_USE ct_err ct_journal_next(ct_journal *j, struct ct_journal_entry *ret_entry);
/* CT_OK: look again; CT_ERR_AGAIN: nothing new in that time (-1: for ever); CT_ERR_INTERRUPTED: a signal. */
CT_MUST_USE ct_err ct_journal_wait(ct_journal *j, int timeout_ms);

#endif
