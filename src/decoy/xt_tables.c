#include "decoy/xt_tables.h"

#include "decoy/nft_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h> /* before the kernel's own headers, which then leave out what it defines */
#include <net/if.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TABLES_MAX = 4096, ENTRIES_MAX = 16 << 20, TRIES = 3, TCP = 6, UDP = 17 };

/* What the two families' entries have in common. */
struct entry {
    size_t matches, target, next; /* offsets into the entry */
    unsigned protocol;            /* 0: any */
    bool elsewhere;
};

static bool whole_mask(const unsigned char *mask, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (mask[i] != 0xff) return false;
    return true;
}

static bool entry_of(bool v6, ct_str at, bool (*is_local)(void *ctx, ct_str address), void *ctx, struct entry *ret_entry)
{
    struct entry e = {0};
    ct_str address, mask;
    bool inverted, but;
    struct ipt_entry e4;
    struct ip6t_entry e6;
    if (at.n < (v6 ? sizeof e6 : sizeof e4)) return false;
    if (v6) {
        memcpy(&e6, at.p, sizeof e6);
        e = (struct entry){.matches = sizeof e6, .target = e6.target_offset, .next = e6.next_offset, .protocol = e6.ipv6.proto};
        address = (ct_str){(const unsigned char *)&e6.ipv6.dst, 16}, mask = (ct_str){(const unsigned char *)&e6.ipv6.dmsk, 16};
        inverted = e6.ipv6.invflags & IP6T_INV_DSTIP, but = e6.ipv6.invflags & IP6T_INV_PROTO;
    } else {
        memcpy(&e4, at.p, sizeof e4);
        e = (struct entry){.matches = sizeof e4, .target = e4.target_offset, .next = e4.next_offset, .protocol = e4.ip.proto};
        address = (ct_str){(const unsigned char *)&e4.ip.dst, 4}, mask = (ct_str){(const unsigned char *)&e4.ip.dmsk, 4};
        inverted = e4.ip.invflags & IPT_INV_DSTIP, but = e4.ip.invflags & IPT_INV_PROTO;
    }
    if (but) e.protocol = 0;
    e.elsewhere = !inverted && is_local && whole_mask(mask.p, mask.n) && !is_local(ctx, address);
    if (e.next > at.n || e.target < e.matches || e.next < e.target + sizeof(struct xt_entry_target)) return false;
    *ret_entry = e;
    return true;
}

/* A match or a target: its size, its name, its bytes. */
static bool part_of(ct_str at, ct_str *ret_name, ct_str *ret_bytes, size_t *ret_n)
{
    struct xt_entry_match m;
    if (at.n < sizeof m) return false;
    memcpy(&m, at.p, sizeof m);
    if (m.u.user.match_size < sizeof m || m.u.user.match_size > at.n) return false;
    *ret_name = ct_str_slice(at, offsetof(struct xt_entry_match, u.user.name), offsetof(struct xt_entry_match, u.user.name) + sizeof m.u.user.name);
    *ret_bytes = ct_str_slice(at, sizeof m, m.u.user.match_size);
    *ret_n = m.u.user.match_size;
    return true;
}

static uint32_t chain_at(struct ct_publish *to, bool v6, ct_str table, size_t offset)
{
    char name[96];
    (void)snprintf(name, sizeof name, "legacy %.*s +%zu %c", (int)(table.n < 32 ? table.n : 32), (const char *)table.p, offset, v6 ? '6' : '4');
    return ct_publish_chain(to, ct_str_from(name));
}

static void tell(struct ct_publish *to, uint32_t from, uint32_t target, const struct ct_xt_ports *x, uint8_t transports)
{
    for (size_t i = 0; i < x->n; i++) ct_publish_edge(to, from, target, (struct ct_publish_ports){x->ports[i].first, x->ports[i].last, transports, false});
    if (!x->n) ct_publish_edge(to, from, target, (struct ct_publish_ports){.transports = transports, .unread = x->unread});
}

/* The chains that are built in follow one another without a mark between them: one chain, here. Each other begins with a mark. */
bool ct_xt_entries(struct ct_publish *to, bool v6, ct_str table, ct_str entries, bool (*is_local)(void *ctx, ct_str address), void *ctx)
{
    size_t at = 0, chain = 0;
    while (at < entries.n) {
        struct entry e;
        struct ct_xt_ports x = {0};
        ct_str name, bytes;
        size_t n;
        int32_t verdict = -1;
        ct_str rest = ct_str_slice(entries, at, entries.n);
        if (!entry_of(v6, rest, is_local, ctx, &e)) return false;
        for (size_t m = e.matches; m < e.target; m += n) {
            if (!part_of(ct_str_slice(rest, m, e.target), &name, &bytes, &n)) return false;
            ct_xt_match(&x, name, bytes);
        }
        if (!part_of(ct_str_slice(rest, e.target, e.next), &name, &bytes, &n)) return false;
        if (!name.p[0] && bytes.n >= sizeof verdict) memcpy(&verdict, bytes.p, sizeof verdict);
        bool mark = memcmp(name.p, XT_ERROR_TARGET, sizeof XT_ERROR_TARGET) == 0;
        at += e.next;
        if (mark) chain = at; /* jumps lead behind the mark */
        uint8_t transports = e.protocol == TCP ? CT_PUBLISH_TCP : e.protocol == UDP ? CT_PUBLISH_UDP : e.protocol ? 0 : CT_PUBLISH_BOTH;
        if (mark || e.elsewhere) continue;
        if (ct_xt_translates(name)) tell(to, chain_at(to, v6, table, chain), CT_PUBLISH_TRANSLATED, &x, transports);
        if (verdict >= 0 && (size_t)verdict != at) tell(to, chain_at(to, v6, table, chain), chain_at(to, v6, table, (size_t)verdict), &x, transports);
    }
    return true;
}

/* --- the kernel ---------------------------------------------------------------------------------------------------- */

/* The same numbers and structures for both families. */
_Static_assert((int)IPT_SO_GET_INFO == (int)IP6T_SO_GET_INFO && (int)IPT_SO_GET_ENTRIES == (int)IP6T_SO_GET_ENTRIES, "one way to ask");
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) && sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries), "one way to ask");

static ct_err read_table(ct_arena *arena, int fd, bool v6, ct_str table, ct_str *ret_entries)
{
    int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    for (unsigned i = 0; i < TRIES; i++) { /* it may grow between the two questions */
        struct ipt_getinfo info;
        socklen_t n = sizeof info;
        memset(&info, 0, sizeof info);
        memcpy(info.name, table.p, table.n);
        if (getsockopt(fd, level, IPT_SO_GET_INFO, &info, &n) != 0) return CT_ERR_READ;
        if (info.size > ENTRIES_MAX) return CT_ERR_NOMEM;
        struct ipt_get_entries *got = ct_arena_zalloc(arena, sizeof *got + info.size);
        if (!got) return CT_ERR_NOMEM;
        memcpy(got->name, table.p, table.n);
        got->size = info.size;
        n = (socklen_t)(sizeof *got + info.size);
        if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, got, &n) == 0) {
            *ret_entries = (ct_str){(const unsigned char *)got->entrytable, info.size};
            return CT_OK;
        }
        if (errno != EAGAIN && errno != EINVAL) return CT_ERR_READ;
    }
    return CT_ERR_READ;
}

/* Without root the list of tables cannot be read. Then a module that is there stands for its table. */
static ssize_t tables_of_modules(bool v6, char names[TABLES_MAX])
{
    char line[512];
    size_t n = 0;
    FILE *f = fopen("/proc/modules", "re");
    while (f && fgets(line, sizeof line, f)) {
        ct_str rest = ct_str_from(line), module = ct_str_cut(&rest, ' ');
        if (ct_str_eq(module, v6 ? CT_STR("ip6table_nat") : CT_STR("iptable_nat"))) n += (size_t)snprintf(names + n, 16, "nat\n");
        if (ct_str_eq(module, v6 ? CT_STR("ip6table_mangle") : CT_STR("iptable_mangle"))) n += (size_t)snprintf(names + n, 16, "mangle\n");
    }
    if (f) (void)fclose(f);
    return (ssize_t)n;
}

static ct_err read_family(ct_arena *arena, struct ct_publish *to, bool v6, bool (*is_local)(void *ctx, ct_str address), void *ctx)
{
    char names[TABLES_MAX];
    int list = open(v6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", O_RDONLY | O_CLOEXEC);
    ssize_t n = list >= 0 ? read(list, names, sizeof names) : 0;
    if (list >= 0) (void)close(list);
    else if (errno == EACCES) n = tables_of_modules(v6, names);
    if (n <= 0) return CT_OK; /* the file is there when there were such tables at all */
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ct_err e = fd >= 0 ? CT_OK : CT_ERR_READ;
    ct_str rest = {(unsigned char *)names, (size_t)n};
    while (rest.p && e == CT_OK) {
        ct_str table = ct_str_cut(&rest, '\n'), entries;
        if (!ct_str_eq(table, CT_STR("nat")) && !ct_str_eq(table, CT_STR("mangle"))) continue;
        e = read_table(arena, fd, v6, table, &entries);
        if (e == CT_OK && !ct_xt_entries(to, v6, table, entries, is_local, ctx)) e = CT_ERR_READ;
    }
    if (fd >= 0) (void)close(fd);
    return e;
}

ct_err ct_xt_read(ct_arena *arena, struct ct_publish *to, bool (*is_local)(void *ctx, ct_str address), void *ctx)
{
    ct_err e4 = read_family(arena, to, false, is_local, ctx), e6 = read_family(arena, to, true, is_local, ctx);
    return e4 != CT_OK ? e4 : e6;
}
