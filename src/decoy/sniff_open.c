/* The parent's half of the sniffer: the socket, its filter in the kernel, its ring. */
#include "decoy/hear.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum {
    BLOCK = 64 * 1024, BLOCKS = 32, /* 2 MiB: a fifth of a second of the fastest scan there is */
    FRAME = 2048,
    RETIRE_MS = 20,                 /* a packet is seen after so long at the latest */
    HEADERS = 128, DATAGRAM = 640,  /* bytes kept of a packet, of one with a payload */
    CODE_MAX = 256, SKIPS_MAX = 96,
    DROP = -1, KEEP = -2, KEEP_DATAGRAM = -3, /* where a jump goes: to the ends */
};

/* A program under construction: jumps to the three ends are put right when their places are known. Jumps are forward and at most 255 far, so
 * the ends are repeated where they would be too far: it is short enough not to need that (asserted by the test of its size). */
struct program {
    struct sock_filter code[CODE_MAX];
    signed char to[CODE_MAX][2]; /* of a jump: which end, or 0: as it stands */
    unsigned short n;
};

static void op(struct program *p, unsigned code, uint32_t k)
{
    if (p->n < CODE_MAX) p->code[p->n++] = (struct sock_filter)BPF_STMT((unsigned short)code, k);
}

/* yes and no: instructions to skip, or one of the ends. */
static void jump(struct program *p, unsigned code, uint32_t k, int yes, int no)
{
    if (p->n == CODE_MAX) return;
    p->to[p->n][0] = (signed char)(yes < 0 ? yes : 0);
    p->to[p->n][1] = (signed char)(no < 0 ? no : 0);
    p->code[p->n++] = (struct sock_filter)BPF_JUMP((unsigned short)(BPF_JMP | code), k, (unsigned char)(yes < 0 ? 0 : yes), (unsigned char)(no < 0 ? 0 : no));
}

static void finish(struct program *p)
{
    unsigned short ends[4] = {0};
    static const uint32_t keeps[4] = {0, 0, HEADERS, DATAGRAM};
    for (int end = 1; end <= 3; end++) {
        ends[end] = p->n;
        op(p, BPF_RET | BPF_K, keeps[end]);
    }
    for (unsigned short i = 0; i < p->n; i++) {
        if (p->to[i][0]) p->code[i].jt = (unsigned char)(ends[-p->to[i][0]] - i - 1);
        if (p->to[i][1]) p->code[i].jf = (unsigned char)(ends[-p->to[i][1]] - i - 1);
    }
}

/* X holds where the transport header begins (IPv4), or code is with fixed offsets (IPv6). */
static void transport(struct program *p, bool v6, const uint16_t *skip, size_t n_skip)
{
    uint32_t at = v6 ? 40 : 0;
    unsigned mode = v6 ? BPF_ABS : BPF_IND;
    /* A holds the protocol. TCP: no ACK, no RST; or the first of several fragments, which may be too short to say so. */
    jump(p, BPF_JEQ | BPF_K, 6, 0, v6 ? 2 : 4);
    if (!v6) {
        op(p, BPF_LD | BPF_H | BPF_ABS, 6);
        jump(p, BPF_JSET | BPF_K, 0x2000, KEEP, 0);
    }
    op(p, BPF_LD | BPF_B | mode, at + 13);
    jump(p, BPF_JSET | BPF_K, 0x14, DROP, KEEP);
    jump(p, BPF_JEQ | BPF_K, 17, 0, (int)n_skip + 2);
    op(p, BPF_LD | BPF_H | mode, at + 2);
    for (size_t i = 0; i < n_skip; i++) jump(p, BPF_JEQ | BPF_K, skip[i], DROP, 0);
    jump(p, BPF_JGE | BPF_K, 0, KEEP_DATAGRAM, KEEP_DATAGRAM); /* any port */
    jump(p, BPF_JEQ | BPF_K, v6 ? 58 : 1, 0, v6 ? 2 : DROP);
    op(p, BPF_LD | BPF_B | mode, at);
    jump(p, BPF_JEQ | BPF_K, v6 ? 128 : 8, KEEP, v6 ? DROP : 0); /* echo; of the old kind also timestamp and address mask */
    if (!v6) {
        jump(p, BPF_JEQ | BPF_K, 13, KEEP, 0);
        jump(p, BPF_JEQ | BPF_K, 17, KEEP, DROP);
        return;
    }
    jump(p, BPF_JEQ | BPF_K, 0, KEEP_DATAGRAM, 0); /* extension headers: looked at by the worker */
    jump(p, BPF_JEQ | BPF_K, 60, KEEP_DATAGRAM, 0);
    jump(p, BPF_JEQ | BPF_K, 44, KEEP_DATAGRAM, 0);
    jump(p, BPF_JEQ | BPF_K, 43, KEEP_DATAGRAM, DROP);
}

static void build(struct program *p, const uint16_t *skip, size_t n_skip)
{
    struct program v6 = {0};
    transport(&v6, true, skip, n_skip);
    *p = (struct program){0};
    op(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
    jump(p, BPF_JEQ | BPF_K, PACKET_HOST, 0, DROP);
    op(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX));
    jump(p, BPF_JEQ | BPF_K, 1, DROP, 0); /* loopback */
    op(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
    jump(p, BPF_JEQ | BPF_K, ETH_P_IPV6, 0, v6.n + 1);
    op(p, BPF_LD | BPF_B | BPF_ABS, 6);
    for (unsigned short i = 0; i < v6.n && p->n < CODE_MAX; i++) {
        memcpy(p->to[p->n], v6.to[i], sizeof v6.to[i]);
        p->code[p->n++] = v6.code[i];
    }
    jump(p, BPF_JEQ | BPF_K, ETH_P_IP, 0, DROP);
    op(p, BPF_LD | BPF_H | BPF_ABS, 6);
    jump(p, BPF_JSET | BPF_K, 0x1fff, DROP, 0); /* a later fragment */
    op(p, BPF_LDX | BPF_B | BPF_MSH, 0);
    op(p, BPF_LD | BPF_B | BPF_ABS, 9);
    transport(p, false, skip, n_skip);
    finish(p);
}

ct_err ct_sniffer_filter(int fd, const uint16_t *skip_udp, size_t n)
{
    struct program p;
    build(&p, skip_udp, n < SKIPS_MAX ? n : SKIPS_MAX);
    struct sock_fprog program = {.len = p.n, .filter = p.code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? CT_OK : CT_ERR_UNSUPPORTED;
}

static void ephemeral_range(struct ct_wire_ring *r)
{
    char text[64] = {0};
    r->ephemeral_first = 32768, r->ephemeral_last = 60999; /* the kernel's defaults */
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (!f) return;
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    uint64_t first, last;
    ct_str rest = ct_str_trim((ct_str){(unsigned char *)text, n});
    ct_str a = ct_str_cut(&rest, '\t');
    if (!ct_str_u64(ct_str_trim(a), &first) || !ct_str_u64(ct_str_trim(rest), &last) || first > last || last > 65535) return;
    r->ephemeral_first = (int32_t)first, r->ephemeral_last = (int32_t)last;
}

ct_err ct_sniffer_open(const uint16_t *skip_udp, size_t n, int *ret_fd, struct ct_wire_ring *ret_ring)
{
    int one = 1, version = TPACKET_V3, buffer = 4 << 20;
    struct ct_wire_ring ring = {0};
    /* Protocol 0: nothing comes before the filter stands. */
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return errno == EPERM || errno == EACCES ? CT_ERR_PERMISSION : CT_ERR_UNSUPPORTED;
    (void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one); /* 4.20; the filter says it too */
    if (ct_sniffer_filter(fd, skip_udp, n) != CT_OK) goto fail;
    struct tpacket_req3 request = {.tp_block_size = BLOCK, .tp_block_nr = BLOCKS, .tp_frame_size = FRAME, .tp_frame_nr = BLOCK / FRAME * BLOCKS,
                                   .tp_retire_blk_tov = RETIRE_MS};
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) == 0 &&
        setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0) {
        ring.block_size = BLOCK;
        ring.blocks = BLOCKS;
    } else { /* before 3.2: packet by packet */
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    }
    struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    if (bind(fd, (struct sockaddr *)&all, sizeof all) != 0) goto fail;
    ephemeral_range(&ring);
    *ret_fd = fd;
    *ret_ring = ring;
    return CT_OK;
fail:
    (void)close(fd);
    return CT_ERR_UNSUPPORTED;
}
