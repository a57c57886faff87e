#include "decoy/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 5000, ROOM = 64 * 1024 };

static void *take_room(struct ct_nl *b, size_t n)
{
    size_t padded = NLMSG_ALIGN(n);
    if (b->full || b->cap - b->n < padded) {
        b->full = true;
        return NULL;
    }
    unsigned char *at = b->p + b->n;
    memset(at, 0, padded);
    b->n += padded;
    return at;
}

void ct_nl_begin(struct ct_nl *b, uint16_t type, uint16_t flags, const void *head, size_t head_n)
{
    b->message = b->n;
    struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST), .nlmsg_seq = ++b->sequence};
    void *at = take_room(b, sizeof h), *body = take_room(b, head_n);
    if (at) memcpy(at, &h, sizeof h);
    if (body) memcpy(body, head, head_n);
}

void ct_nl_end(struct ct_nl *b)
{
    uint32_t n = (uint32_t)(b->n - b->message);
    if (!b->full) memcpy(b->p + b->message, &n, sizeof n);
}

void ct_nl_put(struct ct_nl *b, uint16_t type, const void *value, size_t n)
{
    struct nlattr a = {(uint16_t)(sizeof a + n), type};
    unsigned char *at = take_room(b, sizeof a + n);
    if (!at) return;
    memcpy(at, &a, sizeof a);
    if (n) memcpy(at + sizeof a, value, n);
}

void ct_nl_text(struct ct_nl *b, uint16_t type, const char *z) { ct_nl_put(b, type, z, strlen(z) + 1); }

void ct_nl_be32(struct ct_nl *b, uint16_t type, uint32_t v)
{
    v = htonl(v);
    ct_nl_put(b, type, &v, sizeof v);
}

size_t ct_nl_nest(struct ct_nl *b, uint16_t type)
{
    size_t at = b->n;
    ct_nl_put(b, type | NLA_F_NESTED, NULL, 0);
    return at;
}

void ct_nl_nest_end(struct ct_nl *b, size_t nest)
{
    size_t n = b->n - nest;
    uint16_t length = (uint16_t)n;
    if (n > UINT16_MAX) b->full = true;
    if (!b->full) memcpy(b->p + nest, &length, sizeof length);
}

bool ct_nl_message(ct_str *rest, struct ct_nl_message *ret_message)
{
    struct nlmsghdr h;
    if (rest->n < sizeof h) return false;
    memcpy(&h, rest->p, sizeof h);
    if (h.nlmsg_len < sizeof h || h.nlmsg_len > rest->n) return false;
    *ret_message = (struct ct_nl_message){h.nlmsg_type, h.nlmsg_flags, h.nlmsg_seq, ct_str_slice(*rest, sizeof h, h.nlmsg_len)};
    *rest = ct_str_slice(*rest, NLMSG_ALIGN(h.nlmsg_len), rest->n);
    return true;
}

bool ct_nl_attribute(ct_str *rest, struct ct_nl_attribute *ret_attribute)
{
    struct nlattr a;
    if (rest->n < sizeof a) return false;
    memcpy(&a, rest->p, sizeof a);
    if (a.nla_len < sizeof a || a.nla_len > rest->n) return false;
    *ret_attribute = (struct ct_nl_attribute){a.nla_type & 0x3fff, /* without NLA_F_NESTED and NLA_F_NET_BYTEORDER */ ct_str_slice(*rest, sizeof a, a.nla_len)};
    *rest = ct_str_slice(*rest, NLA_ALIGN(a.nla_len), rest->n);
    return true;
}

ct_str ct_nl_find(ct_str attributes, uint16_t type)
{
    struct ct_nl_attribute a;
    while (ct_nl_attribute(&attributes, &a))
        if (a.type == type) return a.value;
    return (ct_str){NULL, 0};
}

uint32_t ct_nl_value_be32(ct_str value)
{
    uint32_t v;
    if (value.n != sizeof v) return 0;
    memcpy(&v, value.p, sizeof v);
    return ntohl(v);
}

int ct_nl_open(int family, unsigned groups)
{
    struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&own, sizeof own) == 0) return fd;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

static bool send_all(int fd, const struct ct_nl *b)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    return !b->full && sendto(fd, b->p, b->n, 0, (struct sockaddr *)&kernel, sizeof kernel) == (ssize_t)b->n;
}

/* From the kernel alone: any process may send to a netlink socket. */
static ssize_t receive(int fd, unsigned char *room, size_t n)
{
    struct pollfd p = {fd, POLLIN, 0};
    for (;;) {
        struct sockaddr_nl from = {0};
        socklen_t from_n = sizeof from;
        if (poll(&p, 1, ANSWER_MS) <= 0) return -1;
        ssize_t got = recvfrom(fd, room, n, MSG_DONTWAIT, (struct sockaddr *)&from, &from_n);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) return -1;
        if (from.nl_pid == 0) return got;
    }
}

static int error_of(const struct ct_nl_message *m)
{
    int32_t e = -EINVAL;
    if (m->body.n >= sizeof e) memcpy(&e, m->body.p, sizeof e);
    return e == INT32_MIN ? EINVAL : -e;
}

ct_err ct_nl_ask(int fd, const struct ct_nl *b, uint32_t last, int *ret_errno)
{
    static unsigned char room[ROOM];
    int refused = 0;
    struct nlmsghdr first;
    if (b->n < sizeof first || !send_all(fd, b)) return CT_ERR_NETWORK;
    memcpy(&first, b->p, sizeof first);
    for (bool done = false; !done;) {
        ssize_t got = receive(fd, room, sizeof room);
        ct_str rest = {room, got > 0 ? (size_t)got : 0};
        struct ct_nl_message m;
        if (got <= 0) {
            if (refused) break; /* a batch that was refused is not acknowledged further */
            return CT_ERR_NETWORK;
        }
        while (ct_nl_message(&rest, &m)) {
            if (m.type != NLMSG_ERROR || m.sequence < first.nlmsg_seq) continue; /* of an earlier question */
            if (error_of(&m) && !refused) refused = error_of(&m);
            done = done || refused || m.sequence == last;
        }
    }
    *ret_errno = refused;
    return CT_OK;
}

ct_err ct_nl_dump(int fd, const struct ct_nl *b, ct_nl_take_fn *take, void *ctx)
{
    static unsigned char room[ROOM];
    bool interrupted = false;
    if (!send_all(fd, b)) return CT_ERR_NETWORK;
    for (;;) {
        ssize_t got = receive(fd, room, sizeof room);
        if (got <= 0) return CT_ERR_NETWORK;
        ct_str rest = {room, (size_t)got};
        struct ct_nl_message m;
        while (ct_nl_message(&rest, &m)) {
            if (m.sequence != b->sequence) continue;
            interrupted |= m.flags & NLM_F_DUMP_INTR;
            if (m.type == NLMSG_ERROR && error_of(&m)) return CT_ERR_NETWORK;
            if (m.type == NLMSG_DONE || m.type == NLMSG_ERROR) return interrupted ? CT_ERR_INTERRUPTED : CT_OK;
            take(ctx, &m);
        }
    }
}
