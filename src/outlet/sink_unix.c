/* unix:PATH. A stream socket, one event per line. Delivered means that the peer has read it: the kernel tells how many bytes
 * still lie unread, and whether the peer went away without reading them. */
#include "outlet/sink.h"

#include "net/socket.h"
#include "os/clock.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

struct unix_sink {
    struct ct_sink base;
    int fd;
    char path[108];
};

#define QUICK_LOOKS 64 /* a reader that waits on another core is there within microseconds */

/* No event tells "all was read", so this looks again: at once, then after 1, 2, 4 ... 32 milliseconds. The error is asked for
 * after the number of bytes, since the kernel notes it before it throws unread bytes away. */
static ct_err wait_until_read(int fd, const struct ct_deadline *d, struct ct_fault *fault)
{
    int64_t pause = 1;
    for (unsigned looks = 0;; looks++) {
        int unread = 0, code = 0;
        socklen_t n = sizeof code;
        struct pollfd p = {.fd = fd, .events = 0};
        if (ioctl(fd, SIOCOUTQ, &unread) != 0) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "cannot ask the socket");
        int gone = poll(&p, 1, 0);
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &n) != 0 || code != 0)
            return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the reader went away: %s", strerror(code));
        if (unread == 0) return CT_OK;
        if (gone) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the reader went away");
        if (looks < QUICK_LOOKS) {
            (void)sched_yield();
            continue;
        }
        struct ct_deadline look = ct_deadline_within(d, pause);
        ct_err err = ct_wait_fd(-1, 0, &look, fault);
        if (err == CT_ERR_INTERRUPTED) return err;
        if (pause < 32) pause *= 2;
        if (ct_clock_mono_ms() >= d->at_ms) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the reader does not read");
    }
}

static enum ct_delivery deliver(struct ct_sink *sink, const struct ct_spool_record *r, int64_t *ret_retry_after_ms,
                                struct ct_fault *fault)
{
    struct unix_sink *u = (struct unix_sink *)sink;
    (void)ret_retry_after_ms;
    struct ct_deadline d = ct_deadline_in(sink->step_ms, sink->cancel_fd);
    if (u->fd >= 0 && ct_socket_is_stale(u->fd)) ct_socket_close(&u->fd);
    ct_err err = CT_OK;
    if (u->fd < 0) err = ct_socket_connect_unix(u->path, SOCK_STREAM, &d, &u->fd, fault);
    if (err == CT_OK) err = ct_socket_send_all(u->fd, r->event, &d, fault);
    if (err == CT_OK) err = ct_socket_send_all(u->fd, CT_STR("\n"), &d, fault);
    if (err == CT_OK) err = wait_until_read(u->fd, &d, fault);
    if (err == CT_OK) return CT_DELIVERED;
    /* A line that went out in part ends with the connection. */
    ct_socket_close(&u->fd);
    return CT_DELIVERY_FAILED;
}

static void sink_free(struct ct_sink *sink)
{
    struct unix_sink *u = (struct unix_sink *)sink;
    ct_socket_close(&u->fd);
    ct_alloc_put(sink->alloc, u, sizeof *u);
}

ct_err ct_sink_unix_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    struct unix_sink *u = ct_alloc_get(env->alloc, sizeof *u);
    if (!u) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    *u = (struct unix_sink){.base = {deliver, sink_free, env->alloc, env->tuning.step_ms, env->cancel_fd}, .fd = -1};
    ct_err err = ct_sink_path(rest, u->path, sizeof u->path, fault);
    if (err != CT_OK) {
        sink_free(&u->base);
        return err;
    }
    *ret_sink = &u->base;
    return CT_OK;
}
