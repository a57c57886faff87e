/* Built without libsystemd. */
#include "logs/journal.h"

ct_err ct_journal_open(const struct ct_alloc *alloc, const char *dir, ct_str cursor, ct_journal **ret_journal,
                       struct ct_fault *fault)
{
    (void)alloc;
    (void)dir;
    (void)cursor;
    (void)ret_journal;
    return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "built without libsystemd: pipe journalctl -o cat into this program");
}

void ct_journal_close(ct_journal *j) { (void)j; }

ct_err ct_journal_next(ct_journal *j, struct ct_journal_entry *ret_entry)
{
    (void)j;
    (void)ret_entry;
    return CT_ERR_UNSUPPORTED;
}

ct_err ct_journal_wait(ct_journal *j, int timeout_ms)
{
    (void)j;
    (void)timeout_ms;
    return CT_ERR_UNSUPPORTED;
}
