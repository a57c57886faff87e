#include "decoy/probe.h"

#include "decoy/chance.h"
#include "decoy/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16, HEAD = 40, WINDOW = 8192 };

/* Of the range set aside for measurements (RFC 2544): no host on the other side has it. */
static const unsigned char source[4] = {198, 18, 77, 77};

static void put16(unsigned char *p, unsigned v) { p[0] = (unsigned char)(v >> 8), p[1] = (unsigned char)v; }
static void put32(unsigned char *p, uint32_t v) { put16(p, v >> 16), put16(p + 2, v & 0xffff); }
static unsigned get16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }
static uint32_t get32(const unsigned char *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }

static uint32_t sum(const unsigned char *p, size_t n, uint32_t s)
{
    for (size_t i = 0; i + 1 < n; i += 2) s += get16(p + i);
    return s;
}

static unsigned fold(uint32_t s)
{
    while (s >> 16) s = (s & 0xffff) + (s >> 16);
    return ~s & 0xffff;
}

static void send_segment(const struct ct_probe *p, unsigned flags, uint32_t sequence, uint32_t acknowledge)
{
    unsigned char b[HEAD] = {0x45};
    put16(b + 2, HEAD);
    b[8] = 64;
    b[9] = IPPROTO_TCP;
    memcpy(b + 12, source, 4);
    memcpy(b + 16, p->dest, 4);
    put16(b + 10, fold(sum(b, 20, 0)));
    put16(b + 20, p->is.source_port);
    put16(b + 22, p->dest_port);
    put32(b + 24, sequence);
    put32(b + 28, acknowledge);
    b[32] = 5 << 4;
    b[33] = (unsigned char)flags;
    put16(b + 34, WINDOW);
    put16(b + 36, fold(sum(b + 20, 20, sum(b + 12, 8, IPPROTO_TCP + 20))));
    (void)!write(p->tun, b, sizeof b);
}

static bool route(int index)
{
    unsigned char room[256];
    struct rtmsg r = {.rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_LINK,
                      .rtm_type = RTN_UNICAST};
    struct ct_nl b = {.p = room, .cap = sizeof room};
    int fd = ct_nl_open(NETLINK_ROUTE, 0), refused = 0;
    if (fd < 0) return false;
    ct_nl_begin(&b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_ACK, &r, sizeof r);
    ct_nl_put(&b, RTA_DST, source, sizeof source);
    ct_nl_put(&b, RTA_OIF, &index, sizeof index);
    ct_nl_end(&b);
    ct_err e = ct_nl_ask(fd, &b, b.sequence, &refused);
    (void)close(fd);
    return e == CT_OK && !refused;
}

ct_err ct_probe_open(struct ct_probe *p)
{
    struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    *p = (struct ct_probe){.tun = -1, .loopback = -1};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT || errno == ENODEV ? CT_ERR_NOT_FOUND : CT_ERR_PERMISSION;
    memcpy(r.ifr_name, "ctprobe%d", sizeof "ctprobe%d");
    if (ioctl(fd, TUNSETIFF, &r) != 0) {
        (void)close(fd);
        return errno == EPERM ? CT_ERR_PERMISSION : CT_ERR_UNSUPPORTED;
    }
    memcpy(p->interface, r.ifr_name, sizeof p->interface - 1);
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq up = r, index = r;
    bool ok = any >= 0 && ioctl(any, SIOCGIFFLAGS, &up) == 0;
    up.ifr_flags = (short)(up.ifr_flags | IFF_UP);
    ok = ok && ioctl(any, SIOCSIFFLAGS, &up) == 0 && ioctl(any, SIOCGIFINDEX, &index) == 0 && route(index.ifr_ifindex);
    if (any >= 0) (void)close(any);
    if (!ok) {
        (void)close(fd);
        return CT_ERR_UNSUPPORTED;
    }
    p->tun = fd;
    return CT_OK;
}

void ct_probe_close(struct ct_probe *p)
{
    if (p->tun >= 0) (void)close(p->tun);
    if (p->loopback >= 0) (void)close(p->loopback);
    p->tun = p->loopback = -1;
}

static ct_err begin_loopback(struct ct_probe *p)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof own;
    if (p->loopback >= 0) (void)close(p->loopback);
    p->loopback = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->loopback < 0 || bind(p->loopback, (struct sockaddr *)&own, n) != 0 || getsockname(p->loopback, (struct sockaddr *)&own, &n) != 0)
        return CT_ERR_NETWORK;
    memcpy(p->is.source + 12, &own.sin_addr, 4);
    p->is.source_port = ntohs(own.sin_port);
    return CT_OK;
}

ct_err ct_probe_begin(struct ct_probe *p, const unsigned char dest[4], uint16_t port, uint16_t wanted, int64_t now_ms)
{
    uint32_t random[2] = {0};
    ct_chance((unsigned char *)random, sizeof random);
    p->is = (struct ct_wire_probe){.number = p->is.number + 1, .source = {[10] = 0xff, [11] = 0xff}, .wanted = wanted};
    p->dest_port = port;
    p->sequence = random[0];
    p->answered = false;
    p->waiting = true;
    p->begun_ms = now_ms;
    p->sent_ms = 0;
    if (p->tun < 0 || !dest) return begin_loopback(p);
    memcpy(p->dest, dest, sizeof p->dest);
    memcpy(p->is.source + 12, source, 4);
    p->is.source_port = (uint16_t)(1024 + random[1] % 60000);
    return CT_OK;
}

void ct_probe_send(struct ct_probe *p, int64_t now_ms)
{
    if (p->loopback >= 0) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(p->dest_port)};
        if (!p->sent_ms) (void)!connect(p->loopback, (struct sockaddr *)&to, sizeof to);
        p->sent_ms = now_ms;
        return;
    }
    if (p->answered || (p->sent_ms && now_ms - p->sent_ms < 1000)) return;
    p->sent_ms = now_ms;
    send_segment(p, SYN, p->sequence, 0);
}

enum ct_probe_said ct_probe_packet(const struct ct_probe *p, ct_str packet, uint32_t *ret_sequence, uint32_t *ret_length)
{
    if (packet.n < HEAD || packet.p[0] >> 4 != 4 || packet.p[9] != IPPROTO_TCP) return CT_PROBE_NOTHING;
    size_t head = (size_t)(packet.p[0] & 15) * 4, total = get16(packet.p + 2);
    if (head < 20 || total > packet.n || total < head + 20 || memcmp(packet.p + 12, p->dest, 4) != 0 || memcmp(packet.p + 16, source, 4) != 0) return CT_PROBE_NOTHING;
    const unsigned char *t = packet.p + head;
    size_t offset = (size_t)(t[12] >> 4) * 4;
    if (get16(t) != p->dest_port || get16(t + 2) != p->is.source_port || offset < 20 || head + offset > total) return CT_PROBE_NOTHING;
    *ret_sequence = get32(t + 4);
    *ret_length = (uint32_t)(total - head - offset);
    if ((t[13] & (SYN | ACK | RST)) == (SYN | ACK) && get32(t + 8) == p->sequence + 1) return CT_PROBE_SYN_ACK;
    return t[13] & FIN ? CT_PROBE_FIN : CT_PROBE_NOTHING;
}

void ct_probe_read(struct ct_probe *p)
{
    unsigned char b[2048];
    ssize_t n;
    while ((n = read(p->tun, b, sizeof b)) > 0) {
        uint32_t sequence = 0, length = 0;
        switch (ct_probe_packet(p, (ct_str){b, (size_t)n}, &sequence, &length)) {
        case CT_PROBE_SYN_ACK: /* the connection stands, and ends */
            p->answered = true;
            send_segment(p, ACK, p->sequence + 1, sequence + 1);
            send_segment(p, ACK | FIN, p->sequence + 1, sequence + 1);
            break;
        case CT_PROBE_FIN: send_segment(p, ACK, p->sequence + 2, sequence + length + 1); break;
        case CT_PROBE_NOTHING: break;
        }
    }
}
