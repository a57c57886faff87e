/* --callbacks FILE: a log of one's own, read for the hosts that stand in it. */
#include "cli/detect.h"

#include "base/limits.h"
#include "os/signals.h"

#include <stdlib.h>
#include <string.h>

/* A word may be cut by the end of what was read: what follows the last line end waits for more. */
static ct_err read_words(ct_contacts *c, ct_source *s, unsigned char *buffer, struct ct_fault *fault)
{
    size_t have = 0;
    ct_err e = CT_OK;
    while (e == CT_OK) {
        size_t got = 0;
        ct_ending_signals_arrive();
        if (ct_interrupted()) return CT_ERR_INTERRUPTED;
        e = ct_source_read(s, buffer + have, CT_BLOCK - have, &got, fault);
        have += got;
        const unsigned char *nl = have ? memrchr(buffer, '\n', have) : NULL;
        size_t whole = nl ? (size_t)(nl - buffer) + 1 : have == CT_BLOCK ? have : 0;
        if (e == CT_ERR_END) whole = have;
        CT_TRY(ct_contacts_add(c, (ct_str){buffer, whole}));
        memmove(buffer, buffer + whole, have - whole);
        have -= whole;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_detect_read_callbacks(struct ct_detect *d)
{
    ct_source *s = NULL;
    struct ct_fault fault = {0};
    const char *path = d->opts->callbacks;
    if (!path) return CT_OK;
    CT_TRY(ct_contacts_new(&ct_alloc_libc, &d->contacts));
    unsigned char *buffer = malloc(CT_BLOCK);
    if (!buffer) return CT_ERR_NOMEM;
    ct_err e = ct_source_open(&ct_alloc_libc, path, &s, &fault);
    sigset_t before;
    ct_ending_signals(SIG_BLOCK, &before);
    ct_err read = e == CT_OK ? read_words(d->contacts, s, buffer, &fault) : CT_OK;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    ct_source_close(s);
    free(buffer);
    if (e == CT_ERR_NOMEM || read == CT_ERR_NOMEM) return CT_ERR_NOMEM;
    if (e != CT_OK) {
        ct_complain("caltrop", "--callbacks %s: %s%s%s", path, ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
        return CT_ERR_USAGE; /* as for every file that an option names */
    }
    if (read == CT_ERR_INTERRUPTED) {
        ct_complain("caltrop", "interrupted before any log was read");
        return read;
    }
    if (read != CT_OK)
        ct_detect_problem(d, path, "%s at byte %llu: a callback not marked as contacted proves nothing", ct_err_text(read), (unsigned long long)fault.offset);
    if (ct_contacts_full(d->contacts))
        ct_detect_problem(d, path, "holds more hosts than can be kept: a callback not marked as contacted proves nothing");
    return CT_OK;
}
