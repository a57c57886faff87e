/* The worker's half of the sniffer: reads the ring. */
#include "decoy/hear.h"

#include "actor/actor.h"
#include "decoy/worker.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCKS_A_TURN = 8, READS_A_TURN = 512, DATAGRAMS_A_SECOND = 2000 };

struct ct_sniffer {
    struct ct_watch_item item;
    struct ct_worker *w;
    struct ct_wire_ring ring;
    unsigned char *map;
    uint32_t next;
    int64_t second;
    unsigned datagrams; /* recorded in this second */
};

ct_err ct_sniffer_new(struct ct_worker *w, int fd, const struct ct_wire_ring *ring, struct ct_sniffer **ret_sniffer)
{
    struct ct_sniffer *s = ct_alloc_get(w->alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    *s = (struct ct_sniffer){.item = {CT_WATCH_SNIFFER, fd}, .w = w, .ring = *ring};
    if (ring->blocks) {
        s->map = mmap(NULL, (size_t)ring->block_size * ring->blocks, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (s->map == MAP_FAILED) {
            ct_alloc_put(w->alloc, s, sizeof *s);
            return CT_ERR_NOMEM;
        }
    }
    if (ct_worker_watch(w, &s->item, EPOLLIN) != CT_OK) return CT_ERR_NOMEM; /* both go with the process */
    *ret_sniffer = s;
    return CT_OK;
}

static bool bit(const unsigned char bits[8192], uint16_t port) { return bits[port / 8] >> port % 8 & 1; }

static bool is_ours(const struct ct_worker *w, const unsigned char dest[16])
{
    if (!w->n_addresses) return true; /* not known */
    for (size_t i = 0; i < w->n_addresses; i++)
        if (memcmp(w->addresses[i], dest, 16) == 0) return true;
    return false;
}

/* Its packets come again on the bridge or bond above. */
static bool is_lower(const struct ct_worker *w, int interface)
{
    size_t low = 0, high = w->n_lower;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (w->lower[mid] == interface) return true;
        if (w->lower[mid] < interface) low = mid + 1;
        else high = mid;
    }
    return false;
}

/* A datagram that says something is a contact of its own, as far as there is time for that. */
static void datagram(struct ct_sniffer *s, const struct ct_touch *t, ct_str payload)
{
    struct ct_worker *w = s->w;
    int64_t second = w->now.mono_ms / 1000;
    if (second != s->second) {
        s->second = second;
        s->datagrams = 0;
    }
    if (!payload.n || s->datagrams >= DATAGRAMS_A_SECOND) {
        (void)!ct_actors_touch(w->actors, t, w->now);
        return;
    }
    s->datagrams++;
    const struct ct_contact_fact facts[] = {{CT_FACT_FIRST_BYTES, ct_str_slice(payload, 0, CT_DECOY_FIRST_BYTES)}, {CT_FACT_PAYLOAD, payload}};
    struct ct_contact c = {.touch = *t, .bytes_in = payload.n, .opened_us = w->now.real_us, .facts = facts, .n_facts = 2};
    ct_worker_contact(w, &c, false);
}

static void packet(struct ct_sniffer *s, ct_str bytes, int interface)
{
    struct ct_worker *w = s->w;
    struct ct_touch t;
    ct_str payload;
    if (is_lower(w, interface)) return;
    w->counts.packets++;
    if (!ct_sniff_parse(bytes, &t, &payload)) return;
    if (t.source[0] == 0xfe && (t.source[1] & 0xc0) == 0x80) t.scope = (uint32_t)interface;
    if (ct_worker_is_probe(w, &t)) {
        ct_worker_heard(w, CT_PROBE_SNIFFED);
        return;
    }
    if (!is_ours(w, t.dest)) {
        w->counts.foreign++;
        return;
    }
    if (t.transport != CT_TRANSPORT_ICMP && bit(t.transport == CT_TRANSPORT_UDP ? w->owned.udp : w->owned.tcp, t.dest_port)) {
        w->counts.owned_touches++; /* somebody's service: its clients are nobody's business */
        return;
    }
    w->counts.touches++;
    if (t.transport == CT_TRANSPORT_UDP) datagram(s, &t, payload);
    else (void)!ct_actors_touch(w->actors, &t, w->now);
}

/* The kernel fills the ring, and nobody else writes to it; lengths are held to the block anyway. */
static void block(struct ct_sniffer *s, const struct tpacket_block_desc *b)
{
    const unsigned char *base = (const unsigned char *)b;
    const size_t head = (sizeof(struct tpacket3_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * TPACKET_ALIGNMENT;
    size_t at = b->hdr.bh1.offset_to_first_pkt, size = s->ring.block_size;
    for (uint32_t i = 0; i < b->hdr.bh1.num_pkts; i++) {
        struct tpacket3_hdr h;
        struct sockaddr_ll from;
        if (at > size || head + sizeof from > size - at) return;
        memcpy(&h, base + at, sizeof h);
        memcpy(&from, base + at + head, sizeof from);
        /* With a VLAN's tag it comes again on that VLAN's interface, if there is one. */
        if (!(h.tp_status & TP_STATUS_VLAN_VALID) && h.tp_net <= size - at && h.tp_snaplen <= size - at - h.tp_net)
            packet(s, (ct_str){base + at + h.tp_net, h.tp_snaplen}, from.sll_ifindex);
        if (!h.tp_next_offset) return;
        at += h.tp_next_offset;
    }
}

static void read_ring(struct ct_sniffer *s)
{
    for (unsigned i = 0; i < BLOCKS_A_TURN; i++) {
        struct tpacket_block_desc *b = (void *)(s->map + (size_t)s->next * s->ring.block_size);
        if (!(__atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return;
        block(s, b);
        __atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        s->next = (s->next + 1) % s->ring.blocks;
    }
}

void ct_sniffer_read(struct ct_sniffer *s)
{
    if (s->map) {
        read_ring(s);
        return;
    }
    for (unsigned i = 0; i < READS_A_TURN; i++) {
        unsigned char room[2048];
        struct sockaddr_ll from = {0};
        socklen_t n_from = sizeof from;
        ssize_t n = recvfrom(s->item.fd, room, sizeof room, MSG_DONTWAIT, (struct sockaddr *)&from, &n_from);
        if (n < 0) return;
        packet(s, (ct_str){room, (size_t)n}, from.sll_ifindex);
    }
}

void ct_sniffer_stats(struct ct_sniffer *s)
{
    struct tpacket_stats_v3 v3 = {0}; /* begins as the older form does */
    socklen_t n = sizeof v3;
    if (getsockopt(s->item.fd, SOL_PACKET, PACKET_STATISTICS, &v3, &n) == 0) s->w->counts.kernel_drops += v3.tp_drops;
}
