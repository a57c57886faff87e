#include "os/watch.h"
#include "os/sys.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct ct_watch {
    const struct ct_alloc *alloc;
    int fd; /* -1 without inotify */
    size_t at, n;
    _Alignas(struct inotify_event) unsigned char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
};

ct_err ct_watch_new(const struct ct_alloc *alloc, ct_watch **ret_watch)
{
    ct_watch *w = ct_alloc_get(alloc, sizeof *w);
    if (!w) return CT_ERR_NOMEM;
    memset(w, 0, sizeof *w);
    w->alloc = alloc;
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    *ret_watch = w;
    return CT_OK;
}

void ct_watch_free(ct_watch *w)
{
    if (!w) return;
    if (w->fd >= 0) (void)ct_sys->close(w->fd);
    ct_alloc_put(w->alloc, w, sizeof *w);
}

int ct_watch_directory(ct_watch *w, const char *path)
{
    if (w->fd < 0) return -1;
    return inotify_add_watch(w->fd, path,
                             IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

int ct_watch_file(ct_watch *w, int fd)
{
    if (w->fd < 0) return -1;
    char path[40];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return inotify_add_watch(w->fd, path, IN_MODIFY | IN_ATTRIB);
}

void ct_watch_drop(ct_watch *w, int id)
{
    if (w->fd >= 0 && id >= 0) (void)inotify_rm_watch(w->fd, id);
}

ct_err ct_watch_wait(ct_watch *w, int timeout_ms)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN}; /* poll passes over a negative descriptor and only waits */
    int ready = poll(&p, 1, timeout_ms);
    if (ready < 0) return errno == EINTR ? CT_ERR_INTERRUPTED : CT_ERR_READ;
    return ready > 0 ? CT_OK : CT_ERR_AGAIN;
}

bool ct_watch_event(ct_watch *w, struct ct_watch_event *ret_event)
{
    if (w->fd < 0) return false;
    if (w->at >= w->n) {
        ssize_t got = ct_sys->read(w->fd, w->buffer, sizeof w->buffer);
        w->at = 0;
        w->n = got > 0 ? (size_t)got : 0;
        if (w->n == 0) return false;
    }
    struct inotify_event event;
    memcpy(&event, w->buffer + w->at, sizeof event);
    w->at += sizeof event + event.len;
    ret_event->id = event.mask & IN_Q_OVERFLOW ? -1 : event.wd;
    ret_event->gone = (event.mask & IN_IGNORED) != 0;
    return true;
}
