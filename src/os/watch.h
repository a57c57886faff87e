/* Being told that files and directories change (inotify).
 *
 * A hint, never the truth: events may be lost (queue overflow), watches refused (limits, network file systems), so who
 * waits here looks again after some time whatever happened. All of it keeps working without inotify: waiting then only
 * lasts until the time is up.
 */
#ifndef CT_OS_WATCH_H
#define CT_OS_WATCH_H

#include "base/alloc.h"
#include "base/err.h"

#include <stdbool.h>

typedef struct ct_watch ct_watch;

CT_MUST_USE ct_err ct_watch_new(const struct ct_alloc *alloc, ct_watch **ret_watch);
void ct_watch_free(ct_watch *w);

/* An id of the watch, or -1 when it cannot be had. The same directory or file gives the same id. */
int ct_watch_directory(ct_watch *w, const char *path); /* names created, moved, removed in it, and the directory itself */
int ct_watch_file(ct_watch *w, int fd);  /* bytes written, truncation; by descriptor, so that no rename misleads */
void ct_watch_drop(ct_watch *w, int id); /* -1 is fine */

/* Waits until something changes (timeout_ms -1: for ever). CT_OK: read what with ct_watch_event until it says no;
 * CT_ERR_AGAIN: time is up; CT_ERR_INTERRUPTED: a signal. */
CT_MUST_USE ct_err ct_watch_wait(ct_watch *w, int timeout_ms);

struct ct_watch_event {
    int id;    /* -1: events were lost, anything may have changed */
    bool gone; /* the kernel dropped this watch: what was watched is no more */
};
bool ct_watch_event(ct_watch *w, struct ct_watch_event *ret_event);

#endif
