/* The systemd journal as a source of lines: one entry is one line, syslog-like, its newlines as blanks.
 * Built without libsystemd (the static sensor), opening fails with CT_ERR_UNSUPPORTED and says so. */
#ifndef CT_LOGS_JOURNAL_H
#define CT_LOGS_JOURNAL_H

#include "base/arena.h"
#include "base/fault.h"

struct ct_journal_entry {
    ct_str message;      /* attacker bytes; valid until the next call */
    ct_str unit;         /* _SYSTEMD_UNIT, or SYSLOG_IDENTIFIER */
    ct_str cursor;       /* to go on from */
    int64_t time_us;
};
typedef struct ct_journal ct_journal;
/* dir null: this host's journal; else a directory or a .journal file. cursor empty: from the start. */
CT_MUST_USE ct_err ct_journal_open(const struct ct_alloc *alloc, const char *dir, ct_str cursor, ct_journal **ret_journal,
                                   struct ct_fault *fault);
void ct_journal_close(ct_journal *j);
/* CT_ERR_END at the end (call again later, or wait). */
CT_MUST_USE ct_err ct_journal_next(ct_journal *j, struct ct_journal_entry *ret_entry);
CT_MUST_USE ct_err ct_journal_wait(ct_journal *j, int timeout_ms);

#endif
