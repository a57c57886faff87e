#include "decoy/owned.h"

#include "base/buf.h"
#include "decoy/nft.h"
#include "decoy/procnet.h"
#include "decoy/publish.h"
#include "os/file.h"
#include "text/printable.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEEP_S = 30 * 86400, FILE_MAX = 8 << 20, LINE = 512, LISTENING = 10, BOUND = 7, RULES_S = 60 };

struct ct_owned {
    const struct ct_alloc *alloc;
    struct ct_owned_port *ports; /* sorted by port, TCP first */
    size_t n, cap;
    uint64_t news;
    /* The rules, as they were read last. */
    uint32_t generation, readings;
    int64_t rules_s;
    char unread[160];
};

static const char *const names[CT_OWNED_COUNT] = {"listens", "published", "spared", "unread"};
const char *ct_owned_how_name(enum ct_owned_how how) { return names[how]; }

ct_err ct_owned_new(const struct ct_alloc *alloc, struct ct_owned **ret_owned)
{
    struct ct_owned *o = ct_alloc_get(alloc, sizeof *o);
    if (!o) return CT_ERR_NOMEM;
    *o = (struct ct_owned){.alloc = alloc};
    *ret_owned = o;
    return CT_OK;
}

void ct_owned_free(struct ct_owned *o)
{
    if (!o) return;
    ct_alloc_put(o->alloc, o->ports, o->cap * sizeof *o->ports);
    ct_alloc_put(o->alloc, o, sizeof *o);
}

static uint32_t key(bool udp, uint16_t port) { return (uint32_t)port << 1 | udp; }

/* Where it is, or where it would be. */
static size_t place(const struct ct_owned *o, bool udp, uint16_t port)
{
    size_t low = 0, high = o->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (key(o->ports[mid].udp, o->ports[mid].port) < key(udp, port)) low = mid + 1;
        else high = mid;
    }
    return low;
}

static bool is_at(const struct ct_owned *o, size_t i, bool udp, uint16_t port) { return i < o->n && o->ports[i].port == port && o->ports[i].udp == udp; }

static void add_one(struct ct_owned *o, bool udp, uint16_t port, enum ct_owned_how how, int64_t last_s, bool now)
{
    size_t i = place(o, udp, port);
    if (!is_at(o, i, udp, port)) {
        if (o->n == o->cap) {
            size_t cap = o->cap ? o->cap * 2 : 64;
            void *p = o->alloc->resize(o->alloc->ctx, o->ports, o->cap * sizeof *o->ports, cap * sizeof *o->ports);
            if (!p) return;
            o->ports = p;
            o->cap = cap;
        }
        memmove(o->ports + i + 1, o->ports + i, (o->n - i) * sizeof *o->ports);
        o->ports[i] = (struct ct_owned_port){.port = port, .udp = udp, .how = how, .last_s = last_s};
        o->n++;
        o->news++;
    }
    struct ct_owned_port *p = &o->ports[i];
    if (last_s > p->last_s) p->last_s = last_s;
    p->now = p->now || now;
    if (now) p->how = how;
}

void ct_owned_add(struct ct_owned *o, bool udp, uint16_t first, uint16_t last, enum ct_owned_how how, int64_t now_s)
{
    for (uint32_t port = first; port <= last; port++) add_one(o, udp, (uint16_t)port, how, now_s, true);
}

/* From which port on does the kernel give out ports to who asks for none, and up to which? */
static void given_out(unsigned ret_range[2])
{
    char line[64] = "";
    uint64_t first, last;
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    bool some = f && fgets(line, sizeof line, f);
    ct_str rest = ct_str_trim(ct_str_from(line)), low = ct_str_cut(&rest, '\t');
    if (f) (void)fclose(f);
    ret_range[0] = 32768, ret_range[1] = 60999;
    if (some && ct_str_u64(low, &first) && ct_str_u64(ct_str_trim(rest), &last) && last < 65536) ret_range[0] = (unsigned)first, ret_range[1] = (unsigned)last;
}

static void expire(struct ct_owned *o, int64_t now_s)
{
    size_t kept = 0;
    unsigned range[2];
    given_out(range);
    for (size_t i = 0; i < o->n; i++) {
        const struct ct_owned_port *p = &o->ports[i];
        bool clients = p->udp && p->how == CT_OWNED_LISTENS && p->port >= range[0] && p->port <= range[1];
        if (p->now || (!clients && now_s - p->last_s <= KEEP_S)) o->ports[kept++] = *p;
    }
    o->n = kept;
}

void ct_owned_parse(struct ct_owned *o, ct_str text, int64_t now_s)
{
    while (text.p) {
        ct_str line = ct_str_cut(&text, '\n'), transport = ct_str_cut(&line, ' '), number = ct_str_cut(&line, ' '), how = ct_str_cut(&line, ' ');
        uint64_t port, last;
        bool udp = ct_str_eq(transport, CT_STR("udp"));
        if ((!udp && !ct_str_eq(transport, CT_STR("tcp"))) || !ct_str_u64(number, &port) || port > 65535 || !ct_str_u64(line, &last)) continue;
        int64_t when = last > (uint64_t)now_s ? now_s : (int64_t)last; /* from the future: the clock was set back */
        if (now_s - when > KEEP_S) continue;
        bool unread = ct_str_eq(how, CT_STR("unread"));
        if (unread == (port != 0)) continue;
        add_one(o, udp, (uint16_t)port, unread ? CT_OWNED_UNREAD : ct_str_eq(how, CT_STR("published")) ? CT_OWNED_PUBLISHED : CT_OWNED_LISTENS, when, false);
    }
}

ct_err ct_owned_load(struct ct_owned *o, const char *path, int64_t now_s, struct ct_fault *fault)
{
    unsigned char *p;
    size_t n;
    if (!path) return CT_OK;
    ct_err e = ct_file_read(o->alloc, path, FILE_MAX, &p, &n, fault);
    if (e == CT_ERR_NOT_FOUND) return CT_OK;
    if (e != CT_OK) return e;
    ct_owned_parse(o, (ct_str){p, n}, now_s);
    ct_alloc_put(o->alloc, p, n + 1);
    return CT_OK;
}

ct_err ct_owned_save(const struct ct_owned *o, const char *path, struct ct_fault *fault)
{
    ct_arena *arena;
    struct ct_buf b;
    if (!path) return CT_OK;
    CT_TRY(ct_arena_new(o->alloc, 2u * FILE_MAX, &arena));
    ct_buf_init(&b, arena, FILE_MAX);
    for (size_t i = 0; i < o->n; i++) {
        const struct ct_owned_port *p = &o->ports[i];
        if (p->how != CT_OWNED_SPARED) /* that is said anew at each start */
            ct_buf_printf(&b, "%s %u %s %lld\n", p->udp ? "udp" : "tcp", p->port, names[p->how], (long long)p->last_s);
    }
    ct_err e = b.err == CT_OK ? ct_file_write_atomic(path, ct_buf_view(&b), 0600, fault) : b.err;
    ct_arena_free(arena);
    return e;
}

static bool is_own(const uint64_t *inodes, size_t n, uint64_t inode)
{
    for (size_t i = 0; i < n; i++)
        if (inodes[i] == inode) return true;
    return false;
}

/* Listeners stand first in tcp: what comes behind them, connections by the hundred thousand, is not read. */
static bool look_file(struct ct_owned *o, const char *path, bool udp, int64_t now_s, const uint64_t *own, size_t n_own)
{
    char line[LINE];
    bool head = true;
    FILE *f = fopen(path, "re");
    if (!f) return false;
    while (fgets(line, sizeof line, f)) {
        struct ct_procnet_row r;
        if (!ct_procnet_row(ct_str_from(line), &r)) {
            if (!head) break;
            head = false;
            continue;
        }
        if (r.state != (udp ? BOUND : LISTENING)) {
            if (!udp) break;
            continue;
        }
        if (r.port && !(udp && r.peer_port) && !is_own(own, n_own, r.inode)) add_one(o, udp, r.port, CT_OWNED_LISTENS, now_s, true);
    }
    (void)fclose(f);
    return true;
}

/* Virtual services of IPVS have no socket either. */
static void look_ipvs(struct ct_owned *o, int64_t now_s)
{
    char line[LINE];
    FILE *f = fopen("/proc/net/ip_vs", "re");
    if (!f) return;
    while (fgets(line, sizeof line, f)) {
        bool udp;
        uint16_t port;
        if (!ct_procnet_ipvs(ct_str_from(line), &udp, &port)) continue;
        add_one(o, udp, port, port ? CT_OWNED_PUBLISHED : CT_OWNED_UNREAD, now_s, true);
        if (!port && !*o->unread) (void)snprintf(o->unread, sizeof o->unread, "a service of IPVS by a firewall's mark");
    }
    (void)fclose(f);
}

struct telling {
    struct ct_owned *o;
    int64_t now_s;
};

static void on_published(void *ctx, bool udp, uint16_t first, uint16_t last)
{
    struct telling *t = ctx;
    for (uint32_t port = first; port <= last; port++) {
        add_one(t->o, udp, (uint16_t)port, CT_OWNED_PUBLISHED, t->now_s, true);
        size_t i = place(t->o, udp, (uint16_t)port);
        if (is_at(t->o, i, udp, (uint16_t)port)) t->o->ports[i].reading = t->o->readings;
    }
}

static void on_unread(void *ctx, ct_str chain)
{
    struct telling *t = ctx;
    ct_arena *arena;
    struct ct_buf b;
    if (*t->o->unread || ct_arena_new(t->o->alloc, 4096, &arena) != CT_OK) return;
    ct_buf_init(&b, arena, sizeof t->o->unread - 1);
    ct_print_clipped(&b, chain, sizeof t->o->unread / 4 - 8);
    (void)snprintf(t->o->unread, sizeof t->o->unread, "the chain %.*s", b.err == CT_OK ? (int)b.n : 1, b.err == CT_OK ? (const char *)ct_buf_view(&b).p : "?");
    ct_arena_free(arena);
}

/* Read anew when they changed; iptables-legacy does not say that it did. What could not be read is as it was. */
static void look_rules(struct ct_owned *o, int64_t now_s)
{
    uint32_t generation = ct_nft_generation();
    int64_t age = now_s - o->rules_s;
    if (!o->readings || generation != o->generation || age < 0 || age >= RULES_S) {
        struct telling t = {o, now_s};
        const struct ct_publish_tell tell = {on_published, on_unread, &t};
        bool first = !o->readings++;
        char before[sizeof o->unread];
        memcpy(before, o->unread, sizeof before);
        *o->unread = 0;
        ct_err e = ct_nft_published(&tell);
        bool whole = e == CT_OK || e == CT_ERR_NOMEM;
        if (e == CT_ERR_NOMEM) (void)snprintf(o->unread, sizeof o->unread, "all of them: there are too many");
        else if (!whole && first) (void)snprintf(o->unread, sizeof o->unread, "all of them: %s", ct_err_text(e));
        else if (!whole) memcpy(o->unread, before, sizeof before);
        for (size_t i = 0; i < o->n; i++) o->ports[i].published = o->ports[i].reading == o->readings || (!whole && o->ports[i].published);
        o->generation = whole ? generation : 0;
        o->rules_s = now_s;
    }
    for (size_t i = 0; i < o->n; i++)
        if (o->ports[i].published) add_one(o, o->ports[i].udp, o->ports[i].port, CT_OWNED_PUBLISHED, now_s, true);
    if (*o->unread) add_one(o, false, 0, CT_OWNED_UNREAD, now_s, true);
}

ct_err ct_owned_look(struct ct_owned *o, int64_t now_s, bool rules, const uint64_t *own_inodes, size_t n_own)
{
    static const struct {
        const char *path;
        bool udp;
    } files[] = {{"/proc/net/tcp", false}, {"/proc/net/tcp6", false}, {"/proc/net/udp", true}, {"/proc/net/udp6", true}};
    bool some = false;
    for (size_t i = 0; i < o->n; i++) o->ports[i].now = o->ports[i].how == CT_OWNED_SPARED;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) some |= look_file(o, files[i].path, files[i].udp, now_s, own_inodes, n_own);
    if (rules) look_rules(o, now_s);
    look_ipvs(o, now_s);
    expire(o, now_s);
    return some ? CT_OK : CT_ERR_READ;
}

const char *ct_owned_unread(const struct ct_owned *o) { return o->unread; }
uint64_t ct_owned_news(const struct ct_owned *o) { return o->news; }

void ct_owned_shift(struct ct_owned *o, int64_t by_s)
{
    o->rules_s += by_s;
    o->news++; /* to be written down */
    for (size_t i = 0; i < o->n; i++) o->ports[i].last_s += by_s;
}

bool ct_owned_has(const struct ct_owned *o, bool udp, uint16_t port) { return is_at(o, place(o, udp, port), udp, port); }

const struct ct_owned_port *ct_owned_list(const struct ct_owned *o, size_t *ret_n)
{
    *ret_n = o->n;
    return o->ports;
}

void ct_owned_bits(const struct ct_owned *o, struct ct_wire_owned *ret_bits)
{
    memset(ret_bits, 0, sizeof *ret_bits);
    for (size_t i = 0; i < o->n; i++) {
        if (!o->ports[i].port) continue;
        unsigned char *bits = o->ports[i].udp ? ret_bits->udp : ret_bits->tcp;
        bits[o->ports[i].port / 8] |= (unsigned char)(1u << o->ports[i].port % 8);
    }
}
