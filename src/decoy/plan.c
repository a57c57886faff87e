#include "decoy/plan.h"

#include "face/face.h"

#include <string.h>

/* Tempting ports beyond those that a face has; what comes first there is recorded. */
static const uint16_t more_ports[] = {
    110,   /* POP3 */
    135,   /* RPC endpoint mapper */
    143,   /* IMAP */
    1433,  /* SQL Server */
    1521,  /* Oracle */
    2375,  /* Docker without TLS */
    5601,  /* Kibana */
    5900,  /* VNC */
    5985,  /* WinRM */
    7001,  /* WebLogic */
    8009,  /* AJP */
    9200,  /* Elasticsearch */
    11211, /* memcached */
    27017, /* MongoDB */
};

/* Where faces of low ports stand without privileges. */
static const struct {
    uint16_t low, high;
} high_ports[] = {{21, 2121}, {22, 2222}, {23, 2323}, {25, 2525}, {80, 8080}, {389, 1389}, {443, 8443}, {445, 4455}, {636, 1636}};

static bool has(const uint16_t *ports, size_t n, uint16_t port)
{
    for (size_t i = 0; i < n; i++)
        if (ports[i] == port) return true;
    return false;
}

static void add(uint16_t ports[CT_DECOY_PORTS_MAX], size_t *n, uint16_t port)
{
    if (*n < CT_DECOY_PORTS_MAX && port && !has(ports, *n, port)) ports[(*n)++] = port;
}

size_t ct_plan_default_ports(uint16_t ports[CT_DECOY_PORTS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < ct_n_faces; i++)
        for (size_t k = 0; k < ct_faces[i]->n_ports; k++) add(ports, &n, ct_faces[i]->ports[k]);
    for (size_t i = 0; i < sizeof more_ports / sizeof *more_ports; i++) add(ports, &n, more_ports[i]);
    return n;
}

static void drop(uint16_t *ports, size_t *n, uint16_t port)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (ports[i] != port) ports[kept++] = ports[i];
    *n = kept;
}

const char *ct_plan_parse_ports(const char *text, uint16_t ports[CT_DECOY_PORTS_MAX], size_t *n)
{
    bool replaced = false;
    ct_str rest = ct_str_from(text);
    while (rest.p) {
        ct_str word = ct_str_cut(&rest, ',');
        bool plus = ct_str_starts(word, CT_STR("+")), minus = ct_str_starts(word, CT_STR("-"));
        uint64_t port;
        if (!ct_str_u64(ct_str_slice(word, plus || minus, word.n), &port) || port < 1 || port > 65535) return "is no list of ports: 80,443 or +9000,-22";
        if (minus) {
            drop(ports, n, (uint16_t)port);
            continue;
        }
        if (!plus && !replaced) *n = 0;
        replaced |= !plus;
        if (*n == CT_DECOY_PORTS_MAX) return "has too many ports: --answer all is for that";
        add(ports, n, (uint16_t)port);
    }
    return NULL;
}

static void row(struct ct_plan *p, uint16_t port, uint16_t as, const struct ct_owned *owned, enum ct_plan_how how)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->rows[i].port == port) return;
    if (p->n == CT_DECOY_PORTS_MAX) return;
    struct ct_plan_row r = {.port = port, .as = as, .how = how};
    if (ct_owned_has(owned, false, port)) {
        size_t n;
        const struct ct_owned_port *list = ct_owned_list(owned, &n);
        for (size_t i = 0; i < n; i++) {
            if (list[i].udp || list[i].port != port) continue;
            r.why = list[i].how == CT_OWNED_SPARED ? "you said so" :
                    list[i].how == CT_OWNED_PUBLISHED ? (list[i].now ? "published for a container" : "was published for a container in the last 30 days") :
                    list[i].now ? "a service listens there" : "a service listened there in the last 30 days";
        }
        r.how = CT_PLAN_SPARED;
    } else if (p->unread) {
        r.how = CT_PLAN_SPARED;
        r.why = "rules of others publish ports in a way that is not understood: say --spare";
    }
    p->rows[p->n++] = r;
}

void ct_plan_make(struct ct_plan *p, const struct ct_decoy_opts *opts, const struct ct_owned *owned, bool divert, unsigned first_port)
{
    uint16_t ports[CT_DECOY_PORTS_MAX];
    size_t n = opts->n_ports;
    p->n = 0;
    p->n_spared = 0;
    p->unread = ct_owned_has(owned, false, 0) && !opts->n_spared; /* who names ports has had a look */
    p->all = opts->answer == CT_ANSWER_ALL && divert && !p->unread;
    if (opts->answer == CT_ANSWER_NONE) return;
    if (p->all) {
        size_t n_list;
        const struct ct_owned_port *list = ct_owned_list(owned, &n_list);
        for (size_t i = 0; i < n_list; i++)
            if (!list[i].udp && list[i].port) p->spared[p->n_spared++] = list[i].port;
        return;
    }
    if (n) memcpy(ports, opts->ports, n * sizeof *ports);
    else n = ct_plan_default_ports(ports);
    for (size_t i = 0; i < n; i++)
        if (divert || ports[i] >= first_port) row(p, ports[i], ports[i], owned, divert ? CT_PLAN_DIVERTED : CT_PLAN_PLAIN);
    if (divert || opts->n_ports) {
        for (size_t i = 0; i < n && !divert; i++)
            if (ports[i] < first_port) row(p, ports[i], ports[i], owned, CT_PLAN_SPARED), p->rows[p->n - 1].why = "needs privileges";
        return;
    }
    for (size_t i = 0; i < sizeof high_ports / sizeof *high_ports; i++)
        if (has(ports, n, high_ports[i].low) && high_ports[i].low < first_port) row(p, high_ports[i].high, high_ports[i].low, owned, CT_PLAN_PLAIN);
}
