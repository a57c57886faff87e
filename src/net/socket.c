#include "net/socket.h"

#include "os/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static ct_err system_fault(struct ct_fault *fault, const char *what, int code)
{
    return ct_fault_set(fault, code == EPROTOTYPE ? CT_ERR_UNSUPPORTED : CT_ERR_NETWORK, 0, "%s: %s", what, strerror(code));
}

static ct_err finish_connect(int fd, const struct ct_deadline *d, struct ct_fault *fault)
{
    ct_err err = ct_wait_fd(fd, POLLOUT, d, fault);
    if (err != CT_OK) return err;
    int code = 0;
    socklen_t n = sizeof code;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &n) != 0) code = errno;
    return code ? system_fault(fault, "connect", code) : CT_OK;
}

ct_err ct_socket_connect(const struct sockaddr *to, socklen_t len, int type, const struct ct_deadline *d, int *ret_fd,
                         struct ct_fault *fault)
{
    int fd = socket(to->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return system_fault(fault, "socket", errno);
    ct_err err = CT_OK;
    if (connect(fd, to, len) != 0)
        err = errno == EINPROGRESS || errno == EINTR ? finish_connect(fd, d, fault) : system_fault(fault, "connect", errno);
    if (err != CT_OK) {
        (void)close(fd);
        return err;
    }
    if (type == SOCK_STREAM && to->sa_family != AF_UNIX) {
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    *ret_fd = fd;
    return CT_OK;
}

ct_err ct_socket_connect_any(const struct ct_addrs *addrs, int type, const struct ct_deadline *d, int *ret_fd,
                             struct ct_fault *fault)
{
    ct_err err = ct_fault_set(fault, CT_ERR_NETWORK, 0, "no address");
    for (size_t i = 0; i < addrs->n; i++) {
        int64_t left = d->at_ms - ct_clock_mono_ms();
        struct ct_deadline share = ct_deadline_within(d, left > 0 ? left / (int64_t)(addrs->n - i) : 0);
        err = ct_socket_connect((const struct sockaddr *)&addrs->at[i], addrs->len[i], type, &share, ret_fd, fault);
        if (err == CT_OK || err == CT_ERR_INTERRUPTED) return err;
    }
    return err;
}

ct_err ct_socket_connect_unix(const char *path, int type, const struct ct_deadline *d, int *ret_fd, struct ct_fault *fault)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n >= sizeof to.sun_path) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the socket's path is too long");
    memcpy(to.sun_path, path, n + 1);
    return ct_socket_connect((const struct sockaddr *)&to, sizeof to, type, d, ret_fd, fault);
}

/* A full queue of a UNIX datagram socket's reader shows as EAGAIN, a full kernel as ENOBUFS. */
static bool is_again(int code) { return code == EAGAIN || code == EINTR; }

ct_err ct_socket_send_all(int fd, ct_str bytes, const struct ct_deadline *d, struct ct_fault *fault)
{
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n >= 0) bytes = ct_str_slice(bytes, (size_t)n, bytes.n);
        else if (!is_again(errno)) return system_fault(fault, "send", errno);
        else CT_TRY(ct_wait_fd(fd, POLLOUT, d, fault));
    }
    return CT_OK;
}

ct_err ct_socket_send_one(int fd, ct_str bytes, const struct ct_deadline *d, struct ct_fault *fault)
{
    while (send(fd, bytes.p, bytes.n, MSG_NOSIGNAL) < 0) {
        if (!is_again(errno)) return system_fault(fault, "send", errno);
        CT_TRY(ct_wait_fd(fd, POLLOUT, d, fault));
    }
    return CT_OK;
}

ct_err ct_socket_recv(int fd, unsigned char *to, size_t n, const struct ct_deadline *d, size_t *ret_n, struct ct_fault *fault)
{
    for (;;) {
        ssize_t got = recv(fd, to, n, 0);
        if (got >= 0) {
            *ret_n = (size_t)got;
            return CT_OK;
        }
        if (!is_again(errno)) return system_fault(fault, "receive", errno);
        CT_TRY(ct_wait_fd(fd, POLLIN, d, fault));
    }
}

bool ct_socket_is_stale(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) != 0;
}

void ct_socket_close(int *fd)
{
    if (*fd >= 0) (void)close(*fd);
    *fd = -1;
}
