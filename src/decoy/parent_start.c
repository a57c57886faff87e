#include "decoy/hear.h"
#include "decoy/learned.h"
#include "decoy/netlink.h"
#include "decoy/parent.h"
#include "decoy/sandbox.h"
#include "decoy/teller.h"
#include "decoy/worker.h"
#include "event/fields.h"
#include "os/clock.h"
#include "os/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096, FDS = CT_DECOY_SESSIONS_MAX + 1024, SAVE_MS = 60000 };

/* --- looking ------------------------------------------------------------------------------------------------------ */

static unsigned first_bindable(void)
{
    char text[16] = {0};
    uint64_t n;
    if (geteuid() == 0) return 1;
    int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) (void)close(fd);
    return got > 0 && ct_str_u64(ct_str_trim((ct_str){(unsigned char *)text, (size_t)got}), &n) && n < 65536 ? (unsigned)n : 1024;
}

/* What may be done here is found by doing it: capabilities may be had without being root, and missing for root. */
static void probe_rights(struct ct_parent *p)
{
    struct ct_wire_ring ring;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    p->root = geteuid() == 0;
    p->can_divert = !p->opts->plain && fd >= 0 && setsockopt(fd, SOL_IP, IP_TRANSPARENT, &one, sizeof one) == 0;
    if (!p->opts->plain && !p->can_divert) p->no_divert = errno;
    if (fd >= 0) (void)close(fd);
    p->can_read_rules = p->can_divert;
    p->can_sniff = !p->opts->plain && ct_sniffer_open(NULL, 0, &fd, &ring) == CT_OK;
    if (!p->opts->plain && !p->can_sniff) p->no_sniff = errno;
    if (p->can_sniff) (void)close(fd);
}

static size_t own_inodes(const struct ct_parent *p, uint64_t inodes[CT_PARENT_LISTENERS + 1])
{
    for (size_t i = 0; i < p->n_listeners; i++) inodes[i] = p->listeners[i].inode;
    inodes[p->n_listeners] = p->metrics_inode;
    return p->n_listeners + 1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0) return 0;
    if (a.ss_family != AF_INET && a.ss_family != AF_INET6) return 0;
    return ntohs(a.ss_family == AF_INET ? ((struct sockaddr_in *)&a)->sin_port : ((struct sockaddr_in6 *)&a)->sin6_port);
}

static bool keep_listener(struct ct_parent *p, int fd, struct ct_wire_listener is)
{
    struct stat st;
    if (p->n_listeners == CT_PARENT_LISTENERS || fstat(fd, &st) != 0) {
        (void)close(fd);
        return false;
    }
    p->listeners[p->n_listeners++] = (struct ct_parent_listener){fd, st.st_ino, is};
    return true;
}

/* Ports that systemd (or who else speaks its protocol) opened for us: descriptors from 3 on. Those and no others are then answered. */
static void take_handed(struct ct_parent *p)
{
    enum { FIRST = 3 };
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    uint64_t for_whom, n;
    if (!pid || !fds || !ct_str_u64(ct_str_from(pid), &for_whom) || for_whom != (uint64_t)getpid() || !ct_str_u64(ct_str_from(fds), &n)) return;
    for (int fd = FIRST; (uint64_t)fd < FIRST + n && p->plan.n < CT_DECOY_PORTS_MAX; fd++) {
        uint16_t port = port_of(fd);
        int flags = fcntl(fd, F_GETFL);
        if (!port || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) continue;
        if (!keep_listener(p, fd, (struct ct_wire_listener){.port = port, .as = port})) continue;
        p->plan.rows[p->plan.n++] = (struct ct_plan_row){.port = port, .as = port, .how = CT_PLAN_PLAIN};
    }
    p->handed = p->n_listeners > 0;
    if (p->handed) p->can_divert = false;
}

static void say_unread(struct ct_parent *p)
{
    const char *what = ct_owned_unread(p->owned);
    if (strcmp(what, p->unread) == 0) return;
    (void)snprintf(p->unread, sizeof p->unread, "%s", what);
    if (!*what || p->opts->answer == CT_ANSWER_NONE) return;
    ct_parent_say(p, "rules that publish ports are not understood (%s): %s", what,
                  p->opts->n_spared ? "the ports of --spare are left alone" : "nothing is answered until --spare names those ports");
}

ct_err ct_parent_plan(struct ct_parent *p, struct ct_fault *fault)
{
    uint64_t inodes[CT_PARENT_LISTENERS + 1];
    const struct ct_decoy_opts *o = p->opts;
    int64_t now_s = ct_clock_real_us() / 1000000;
    probe_rights(p);
    take_handed(p);
    if (o->data_dir) (void)snprintf(p->owned_path, sizeof p->owned_path, "%s/owned-ports", o->data_dir);
    CT_TRY(ct_owned_new(&ct_alloc_libc, &p->owned));
    CT_TRY(ct_owned_load(p->owned, o->data_dir ? p->owned_path : NULL, now_s, fault));
    for (size_t i = 0; i < o->n_spared; i++) {
        ct_owned_add(p->owned, false, o->spared[i], o->spared[i], CT_OWNED_SPARED, now_s);
        ct_owned_add(p->owned, true, o->spared[i], o->spared[i], CT_OWNED_SPARED, now_s);
    }
    if (ct_owned_look(p->owned, now_s, p->can_read_rules, inodes, own_inodes(p, inodes)) != CT_OK)
        ct_parent_say(p, "cannot read /proc/net: which ports services have is known only from earlier, and while they are up");
    say_unread(p);
    p->plan.spared = p->diverted;
    if (!p->handed) ct_plan_make(&p->plan, o, p->owned, p->can_divert, first_bindable());
    p->wall_less_mono_s = now_s - ct_clock_mono_ms() / 1000;
    return CT_OK;
}

static void make_rules(struct ct_parent *p)
{
    p->rules.ports = p->diverted;
    p->rules.all_but = p->plan.all;
    p->rules.n = p->plan.n_spared;
    if (p->plan.all) return;
    p->rules.n = 0;
    for (size_t i = 0; i < p->plan.n; i++)
        if (p->plan.rows[i].how == CT_PLAN_DIVERTED) p->diverted[p->rules.n++] = p->plan.rows[i].port;
}

void ct_parent_print_plan(struct ct_parent *p)
{
    make_rules(p);
    static const char *const how[] = {"diverted", "plain socket", "spared"};
    size_t n;
    const struct ct_owned_port *owned = ct_owned_list(p->owned, &n);
    printf("%s\n", p->can_sniff ? "Hears every TCP and UDP port, half-open, NULL, FIN and XMAS scans, and pings, over IPv4 and IPv6, to this host."
                                : "Hears connections to its own ports alone: no half-open scans, no other ports, no UDP, no pings.");
    if (p->plan.all) printf("\nAnswers every TCP port but these:\n");
    else if (p->plan.n) printf("\nPORT   HOW           WHY\n");
    else printf("\nAnswers nothing.\n");
    for (size_t i = 0; i < p->plan.n; i++) printf("%-6u %-13s %s\n", p->plan.rows[i].port, how[p->plan.rows[i].how], p->plan.rows[i].why ? p->plan.rows[i].why : "");
    printf("\nPorts of services, which are never answered, also while they are down:\n");
    for (size_t i = 0; i < n; i++) {
        if (!owned[i].port) {
            printf("  some, by rules that are not understood\n");
            continue;
        }
        struct ct_civil c = ct_civil_of(owned[i].last_s * 1000000);
        char day[16];
        (void)snprintf(day, sizeof day, "%04lld-%02u-%02u", (long long)c.year, c.month, c.day);
        printf("  %u/%s %s%s%s\n", owned[i].port, owned[i].udp ? "udp" : "tcp", ct_owned_how_name(owned[i].how), owned[i].now ? "" : ", last seen ", owned[i].now ? "" : day);
    }
    if (!n) printf("  none\n");
    if (!p->can_divert || (!p->rules.n && !p->plan.all)) return;
    ct_arena *arena;
    struct ct_buf b;
    if (ct_arena_new(&ct_alloc_libc, 4 << 20, &arena) != CT_OK) return;
    ct_buf_init(&b, arena, 2 << 20);
    ct_nft_print(&b, &p->rules);
    if (b.err == CT_OK) printf("\n%.*s", CT_STR_ARG(ct_buf_view(&b)));
    ct_arena_free(arena);
}

/* --- listening ---------------------------------------------------------------------------------------------------- */

static int listen_on(const struct ct_parent *p, bool v6, uint16_t port, bool diverted)
{
    struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(diverted ? INADDR_LOOPBACK : INADDR_ANY)};
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int one = 1;
    a6.sin6_addr = diverted ? in6addr_loopback : in6addr_any;
    if (!diverted && p->opts->bind) {
        if (v6 ? inet_pton(AF_INET6, p->opts->bind, &a6.sin6_addr) != 1 : inet_pton(AF_INET, p->opts->bind, &a4.sin_addr) != 1) {
            errno = EAFNOSUPPORT;
            return -1;
        }
    }
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    bool ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0;
    if (v6) ok = ok && setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0;
    if (diverted) ok = ok && (v6 ? setsockopt(fd, SOL_IPV6, IPV6_TRANSPARENT, &one, sizeof one) : setsockopt(fd, SOL_IP, IP_TRANSPARENT, &one, sizeof one)) == 0;
    ok = ok && (v6 ? bind(fd, (struct sockaddr *)&a6, sizeof a6) : bind(fd, (struct sockaddr *)&a4, sizeof a4)) == 0 && listen(fd, BACKLOG) == 0;
    if (ok) return fd;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

/* The kernel may send what arrives on a bridge through IP's rules before it leaves the bridge; which socket it is for is then forgotten. */
static void warn_of_bridges(const struct ct_parent *p)
{
    struct ifaddrs *list;
    char text[2] = "", path[64 + IFNAMSIZ];
    int fd = open("/proc/sys/net/bridge/bridge-nf-call-iptables", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    bool set = read(fd, text, 1) == 1 && *text != '0';
    (void)close(fd);
    if (!set || getifaddrs(&list) != 0) return;
    for (struct ifaddrs *a = list; a; a = a->ifa_next) {
        (void)snprintf(path, sizeof path, "/sys/class/net/%s/bridge", a->ifa_name);
        if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET || access(path, F_OK) != 0) continue;
        ct_parent_say(p, "what comes in over the bridge %s is heard and not answered while net.bridge.bridge-nf-call-iptables is 1", a->ifa_name);
    }
    freeifaddrs(list);
}

static void listen_diverted(struct ct_parent *p)
{
    for (int v6 = 0; v6 < 2; v6++) {
        int fd = listen_on(p, v6, 0, true);
        if (fd < 0) continue;
        uint16_t port = port_of(fd);
        if (keep_listener(p, fd, (struct ct_wire_listener){.port = port, .diverted = true, .v6 = v6})) *(v6 ? &p->rules.to_v6 : &p->rules.to_v4) = port;
    }
}

static void listen_plain(struct ct_parent *p, struct ct_plan_row *r)
{
    bool some = false;
    int why = 0;
    for (int v6 = 0; v6 < 2; v6++) {
        int fd = listen_on(p, v6, r->port, false);
        if (fd >= 0) some |= keep_listener(p, fd, (struct ct_wire_listener){.port = r->port, .as = r->as, .v6 = v6});
        else if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) why = errno;
    }
    if (some) return;
    r->how = CT_PLAN_SPARED;
    r->why = why == EADDRINUSE ? "in use" : why == EACCES ? "needs privileges" : "cannot be listened on";
}

ct_err ct_parent_listen(struct ct_parent *p, struct ct_fault *fault)
{
    size_t answered = 0;
    if (p->opts->answer == CT_ANSWER_NONE || p->handed) return CT_OK;
    if (p->can_divert) {
        warn_of_bridges(p);
        listen_diverted(p);
        if (p->rules.to_v4 || p->rules.to_v6) return CT_OK;
        return ct_fault_set(fault, CT_ERR_NETWORK, 0, "cannot listen on loopback: %s", strerror(errno));
    }
    for (size_t i = 0; i < p->plan.n; i++) {
        if (p->plan.rows[i].how == CT_PLAN_PLAIN) listen_plain(p, &p->plan.rows[i]);
        answered += p->plan.rows[i].how == CT_PLAN_PLAIN;
    }
    if (!answered && !p->can_sniff) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "no port could be listened on");
    return CT_OK;
}

ct_err ct_parent_rules(struct ct_parent *p, struct ct_fault *fault)
{
    int refused = 0;
    make_rules(p);
    if (!p->can_divert || (!p->rules.n && !p->rules.all_but)) return CT_OK;
    ct_err e = p->nft.fd < 0 ? ct_nft_open(&p->nft) : CT_OK;
    if (e != CT_OK) return ct_fault_set(fault, e, 0, e == CT_ERR_UNSUPPORTED ? "this kernel has no nftables" : "nftables: %s", strerror(errno));
    e = ct_nft_apply(&p->nft, &p->rules, &refused);
    if (e == CT_OK) return CT_OK;
    return ct_fault_set(fault, e, 0, refused == EPERM ? "the table caltrop_decoy belongs to another decoy that runs" :
                                     refused ? "the kernel refuses the rules: %s" : "no answer from the kernel about the rules", strerror(refused));
}

void ct_parent_undivert(struct ct_parent *p)
{
    for (size_t i = 0; i < p->n_listeners; i++) (void)close(p->listeners[i].fd);
    p->n_listeners = 0;
    p->can_divert = false;
    p->rules = (struct ct_nft_rules){0};
    ct_plan_make(&p->plan, p->opts, p->owned, false, first_bindable());
}

/* --- the other processes ------------------------------------------------------------------------------------------ */

/* Of the parent's descriptors a child keeps two. */
static void close_others(int a, int b)
{
    for (int fd = 3; fd < 4096; fd++)
        if (fd != a && fd != b) (void)close(fd);
}

static bool pair(int fds[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0; }

ct_err ct_parent_start_teller(struct ct_parent *p)
{
    int fds[2];
    if (!pair(fds)) return CT_ERR_NOMEM;
    (void)fflush(NULL);
    p->teller = fork();
    if (p->teller < 0) return CT_ERR_NOMEM;
    if (p->teller == 0) {
        close_others(fds[1], -1);
        ct_sandbox_drop(0);
        _exit(ct_teller_main(p->opts, -1, fds[1]));
    }
    (void)close(fds[1]);
    p->to_teller = fds[0];
    return CT_OK;
}

static void hand_over(struct ct_parent *p, enum ct_wire kind, const void *body, size_t n, int fd)
{
    if (ct_wire_send(p->to_worker, kind, (ct_str){body, n}, (ct_str){NULL, 0}, fd) != CT_OK) ct_parent_say(p, "cannot hand something to the worker");
}

void ct_parent_record(struct ct_parent *p, bool first)
{
    struct stat st;
    const char *path = p->opts->record;
    if (path && strcmp(path, "-") == 0) {
        if (first) hand_over(p, CT_WIRE_RECORD, NULL, 0, STDOUT_FILENO);
        return;
    }
    if (!path && !p->opts->data_dir) return;
    if (!*p->record_path) (void)snprintf(p->record_path, sizeof p->record_path, path ? "%s" : "%s/contacts.ndjson", path ? path : p->opts->data_dir);
    if (!first && stat(p->record_path, &st) == 0 && st.st_ino == p->record_inode && st.st_dev == p->record_device) return;
    int fd = open(p->record_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (first) ct_parent_say(p, "%s: %s: contacts wait in memory", p->record_path, strerror(errno));
        if (fd >= 0) (void)close(fd);
        return;
    }
    p->record_inode = st.st_ino;
    p->record_device = st.st_dev;
    hand_over(p, CT_WIRE_RECORD, NULL, 0, fd);
    (void)close(fd);
}

struct lower {
    int32_t interfaces[CT_DECOY_ADDRESSES_MAX];
    size_t n;
};

static void on_link(void *ctx, const struct ct_nl_message *m)
{
    struct lower *l = ctx;
    struct ifinfomsg i;
    if (m->type != RTM_NEWLINK || m->body.n < sizeof i || l->n == CT_DECOY_ADDRESSES_MAX) return;
    memcpy(&i, m->body.p, sizeof i);
    if (!ct_nl_find(ct_str_slice(m->body, NLMSG_ALIGN(sizeof i), m->body.n), IFLA_MASTER).p) return;
    size_t at = l->n++;
    for (; at && l->interfaces[at - 1] > i.ifi_index; at--) l->interfaces[at] = l->interfaces[at - 1];
    l->interfaces[at] = i.ifi_index;
}

static void hand_lower(struct ct_parent *p)
{
    static struct lower l;
    unsigned char room[64];
    struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
    struct ct_nl b = {.p = room, .cap = sizeof room};
    int fd = ct_nl_open(NETLINK_ROUTE, 0);
    if (fd < 0) return;
    l.n = 0;
    ct_nl_begin(&b, RTM_GETLINK, NLM_F_DUMP, &any, sizeof any);
    ct_nl_end(&b);
    ct_err e = ct_nl_dump(fd, &b, on_link, &l);
    if (e == CT_OK || e == CT_ERR_INTERRUPTED) hand_over(p, CT_WIRE_LOWER, l.interfaces, l.n * sizeof *l.interfaces, -1);
    (void)close(fd);
}

void ct_parent_addresses(struct ct_parent *p)
{
    struct ifaddrs *list;
    if (getifaddrs(&list) != 0) return;
    p->n_addresses = 0;
    for (struct ifaddrs *a = list; a && p->n_addresses < CT_DECOY_ADDRESSES_MAX; a = a->ifa_next) {
        unsigned char *to = p->addresses[p->n_addresses];
        if (!a->ifa_addr || (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6)) continue;
        memset(to, 0, 16);
        if (a->ifa_addr->sa_family == AF_INET) {
            to[10] = to[11] = 0xff;
            memcpy(to + 12, &((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr, 4);
        } else {
            memcpy(to, &((struct sockaddr_in6 *)(void *)a->ifa_addr)->sin6_addr, 16);
        }
        p->n_addresses++;
    }
    freeifaddrs(list);
    if (p->to_worker < 0) return;
    hand_over(p, CT_WIRE_ADDRESSES, p->addresses, p->n_addresses * 16, -1);
    if (p->can_sniff) hand_lower(p);
}

static size_t udp_skips(const struct ct_parent *p, uint16_t skips[CT_PARENT_SKIPS])
{
    size_t n, skip = 0;
    const struct ct_owned_port *owned = ct_owned_list(p->owned, &n);
    for (size_t i = 0; i < n && skip < CT_PARENT_SKIPS; i++)
        if (owned[i].udp && owned[i].now) skips[skip++] = owned[i].port;
    return skip;
}

static void hand_sniffer(struct ct_parent *p)
{
    struct ct_wire_ring ring;
    if (!p->can_sniff) return;
    if (p->sniffer >= 0) (void)close(p->sniffer);
    p->sniffer = -1;
    p->n_skips = udp_skips(p, p->skips);
    if (ct_sniffer_open(p->skips, p->n_skips, &p->sniffer, &ring) != CT_OK) {
        ct_parent_say(p, "the sniffer cannot be opened: %s", strerror(errno));
        return;
    }
    hand_over(p, CT_WIRE_SNIFFER, &ring, sizeof ring, p->sniffer);
}

static void hand_owned(struct ct_parent *p, bool first)
{
    struct ct_wire_owned bits;
    ct_owned_bits(p->owned, &bits);
    if (!first && memcmp(&bits, &p->bits, sizeof bits) == 0) return;
    p->bits = bits;
    hand_over(p, CT_WIRE_OWNED, &bits, sizeof bits, -1);
}

/* Datagrams to services are not even copied. */
static void skip_services(struct ct_parent *p)
{
    uint16_t skips[CT_PARENT_SKIPS];
    size_t n = udp_skips(p, skips);
    if (p->sniffer < 0 || (n == p->n_skips && memcmp(skips, p->skips, n * sizeof *skips) == 0)) return;
    memcpy(p->skips, skips, n * sizeof *skips);
    p->n_skips = n;
    (void)!ct_sniffer_filter(p->sniffer, skips, n);
}

/* What is new is written down at once, the rest, which has only grown older, now and then. */
static void save_owned(struct ct_parent *p)
{
    struct ct_fault fault = {0};
    int64_t now_ms = ct_clock_mono_ms();
    if (!p->opts->data_dir || (p->saved_ms && ct_owned_news(p->owned) == p->saved_news && now_ms - p->saved_ms < SAVE_MS)) return;
    p->saved_news = ct_owned_news(p->owned);
    p->saved_ms = now_ms;
    if (ct_owned_save(p->owned, p->owned_path, &fault) != CT_OK) ct_parent_say(p, "%s: %s", p->owned_path, fault.detail);
}

static void hand_metrics(struct ct_parent *p)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(p->opts->metrics_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct stat st;
    int one = 1, fd = p->opts->metrics_port ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0) return;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fstat(fd, &st) == 0) p->metrics_inode = st.st_ino;
    if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 16) == 0) hand_over(p, CT_WIRE_METRICS, NULL, 0, fd);
    else ct_parent_say(p, "metrics on 127.0.0.1:%u: %s", p->opts->metrics_port, strerror(errno));
    (void)close(fd);
}

ct_err ct_parent_start_worker(struct ct_parent *p)
{
    int mine[2], tells[2];
    struct rlimit fds = {FDS, FDS}, had;
    if (getrlimit(RLIMIT_NOFILE, &had) == 0 && had.rlim_max < FDS && setrlimit(RLIMIT_NOFILE, &fds) != 0) fds.rlim_cur = fds.rlim_max = had.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &fds) != 0) ct_parent_say(p, "at most %llu descriptors", (unsigned long long)had.rlim_cur);
    if (!pair(mine)) return CT_ERR_NOMEM;
    if (!pair(tells)) {
        (void)close(mine[0]), (void)close(mine[1]);
        return CT_ERR_NOMEM;
    }
    (void)fflush(NULL);
    p->worker = fork();
    if (p->worker < 0) return CT_ERR_NOMEM;
    if (p->worker == 0) {
        close_others(mine[1], tells[1]);
        _exit(ct_worker_main(p->opts, mine[1], tells[1], p->restarts ? ct_learned_text(p->opts) : (ct_str){NULL, 0}));
    }
    (void)close(mine[1]), (void)close(tells[1]);
    if (p->to_worker >= 0) (void)close(p->to_worker);
    p->to_worker = mine[0];
    p->worker_started_ms = ct_clock_mono_ms();
    ct_err e = ct_wire_send(p->to_teller, CT_WIRE_WORKER, (ct_str){NULL, 0}, (ct_str){NULL, 0}, tells[0]);
    (void)close(tells[0]);
    if (e != CT_OK) return e;
    ct_parent_record(p, true);
    hand_owned(p, true);
    ct_parent_addresses(p);
    for (size_t i = 0; i < p->n_listeners; i++) hand_over(p, CT_WIRE_LISTENER, &p->listeners[i].is, sizeof p->listeners[i].is, p->listeners[i].fd);
    hand_sniffer(p);
    hand_metrics(p);
    return CT_OK;
}

void ct_parent_look(struct ct_parent *p)
{
    uint64_t inodes[CT_PARENT_LISTENERS + 1];
    struct ct_fault fault = {0};
    int64_t now_s = ct_clock_real_us() / 1000000, wall = now_s - ct_clock_mono_ms() / 1000;
    if (wall - p->wall_less_mono_s > 60 || p->wall_less_mono_s - wall > 60) ct_owned_shift(p->owned, wall - p->wall_less_mono_s);
    p->wall_less_mono_s = wall;
    (void)!ct_owned_look(p->owned, now_s, p->can_read_rules, inodes, own_inodes(p, inodes));
    say_unread(p);
    save_owned(p);
    hand_owned(p, false);
    skip_services(p);
    if (!p->can_divert || p->opts->answer == CT_ANSWER_NONE) return;
    size_t n = p->rules.n;
    bool all_but = p->rules.all_but;
    uint64_t before = ct_str_hash((ct_str){(unsigned char *)p->diverted, n * sizeof *p->diverted});
    ct_plan_make(&p->plan, p->opts, p->owned, true, 1);
    make_rules(p);
    if (n == p->rules.n && all_but == p->rules.all_but && before == ct_str_hash((ct_str){(unsigned char *)p->diverted, n * sizeof *p->diverted})) return;
    if (!p->rules.n && !p->rules.all_but) ct_nft_remove(&p->nft);
    else if (ct_parent_rules(p, &fault) != CT_OK) ct_parent_say(p, "%s", fault.detail);
}
