#include "decoy/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

ct_err ct_wire_send(int fd, enum ct_wire kind, ct_str a, ct_str b, int fd_handed)
{
    uint32_t head = (uint32_t)kind;
    union {
        struct cmsghdr align;
        unsigned char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    /* sendmsg takes non-const pointers and only reads. */
    union { const unsigned char *in; void *out; } pa = {.in = a.p}, pb = {.in = b.p};
    struct iovec parts[3] = {{&head, sizeof head}, {pa.out, a.n}, {pb.out, b.n}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 3};
    if (a.n + b.n > CT_WIRE_MAX) return CT_ERR_CAP;
    if (fd_handed >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof control.room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd_handed, sizeof fd_handed);
    }
    for (;;) {
        if (sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return CT_OK;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS ? CT_ERR_AGAIN : CT_ERR_END;
    }
}

/* The first descriptor of a message; further ones, which nobody sends, are not kept open. */
static int take_fd(struct msghdr *m)
{
    int got = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (got < 0) got = fd;
            else (void)close(fd);
        }
    }
    return got;
}

ct_err ct_wire_receive(int fd, unsigned char *room, size_t n, struct ct_wire_message *ret_message)
{
    union {
        struct cmsghdr align;
        unsigned char room[CMSG_SPACE(4 * sizeof(int))];
    } control = {0};
    uint32_t head = 0;
    struct iovec parts[2] = {{&head, sizeof head}, {room, n}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control.room};
    ssize_t got;
    do got = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EAGAIN ? CT_ERR_AGAIN : CT_ERR_END;
    if (got == 0) return CT_ERR_END;
    int handed = take_fd(&m);
    if ((size_t)got < sizeof head || m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        if (handed >= 0) (void)close(handed);
        return CT_ERR_SYNTAX;
    }
    *ret_message = (struct ct_wire_message){.kind = (enum ct_wire)head, .fd = handed, .body = {room, (size_t)got - sizeof head}};
    return CT_OK;
}
