/* Which touches count: not what the ignore list names, what is expected, or what merely straggles in. */
#include "actor/actor_impl.h"

enum { STRAY_WINDOW_MS = 60000, POINTS_LOW_PORT = 4, WELL_KNOWN = 1024 };

/* DHCP and DHCPv6 go on between a host and its server whether anybody listens or not. */
static bool is_housekeeping(const struct ct_touch *t)
{
    if (t->transport != CT_TRANSPORT_UDP) return false;
    if (t->to_many) return true; /* mDNS, SSDP, NetBIOS, LLMNR: meant for everybody */
    bool dhcp4 = (t->source_port == 67 || t->source_port == 68) && (t->dest_port == 67 || t->dest_port == 68);
    bool dhcp6 = (t->source_port == 546 || t->source_port == 547) && (t->dest_port == 546 || t->dest_port == 547);
    return dhcp4 || dhcp6;
}

/* What may be late: packets of a connection that is closed, answers over UDP to a socket that is gone. */
static bool may_straggle(const ct_actors *a, const struct ct_touch *t)
{
    if (t->technique == CT_TECHNIQUE_ACK) return true;
    return t->technique == CT_TECHNIQUE_UDP && t->source_port && t->source_port < WELL_KNOWN && t->dest_port >= a->opts.ephemeral_first;
}

/* True while a source stays within its points: a scan is past them at once. Without memory for the count it is taken for a scan. */
static bool straggles(ct_actors *a, struct ct_actor *x, const struct ct_touch *t, struct ct_moment now)
{
    if (x->ack_scan) return false;
    if (t->transport == CT_TRANSPORT_TCP && ct_port_set_has(&x->tcp, t->dest_port)) return true; /* of what it came with before */
    if (!x->stray) x->stray = ct_actors_get(a, x, sizeof *x->stray);
    struct ct_actor_stray *s = x->stray;
    if (!s) return false;
    if (now.mono_ms - s->since_ms > STRAY_WINDOW_MS || s->n == 0) {
        s->since_ms = now.mono_ms;
        s->points = 0;
        s->n = 0;
    }
    for (size_t i = 0; i < s->n; i++)
        if (s->ports[i] == t->dest_port) return true;
    unsigned points = t->dest_port >= a->opts.ephemeral_first ? 1 : POINTS_LOW_PORT;
    if (s->n == CT_ACTOR_STRAY_PORTS || s->points + points > CT_ACTOR_STRAY_PORTS) return false;
    s->ports[s->n++] = t->dest_port;
    s->points += points;
    return true;
}

/* Nothing of it is expected any more. */
static void is_no_background(ct_actors *a, struct ct_actor *x, const struct ct_touch *t)
{
    if (!x->unlearnable) (void)ct_background_take_back(a->opts.background, t);
    x->unlearnable = true;
}

/* The ports of its late packets were probes. */
static void turns_out_to_scan(ct_actors *a, struct ct_actor *x, const struct ct_touch *t)
{
    struct ct_port_set *set = t->transport == CT_TRANSPORT_UDP ? &x->udp : &x->tcp;
    bool is_new;
    for (size_t i = 0; !x->ack_scan && x->stray && i < x->stray->n; i++)
        (void)!ct_port_set_add(set, &a->counted, x->stray->ports[i], &is_new);
    x->ack_scan = true;
    is_no_background(a, x, t);
}

static bool learns(ct_actors *a, struct ct_actor *x, const struct ct_touch *t, struct ct_moment now)
{
    const struct ct_port_set *set = t->transport == CT_TRANSPORT_UDP ? &x->udp : &x->tcp;
    bool known = t->transport == CT_TRANSPORT_ICMP || ct_port_set_has(set, t->dest_port);
    if (x->unlearnable || x->told || ct_actor_in_crowd(a, x)) return false;
    if (!known && x->tcp.n + x->udp.n >= CT_BACKGROUND_PORTS_MAX) return false;
    return ct_background_learn(a->opts.background, t, now);
}

const char *ct_actors_sort_out(ct_actors *a, const struct ct_touch *t, bool serious, bool counted, struct ct_moment now,
                               struct ct_actor **ret_actor)
{
    struct ct_actor *x = ct_actors_find(a, t->source, t->scope);
    *ret_actor = NULL;
    if (ct_ignore_match(a->opts.ignore, t, serious, counted, now.real_us)) {
        a->stats.ignored += counted;
        return "ignored";
    }
    if (!serious) {
        if (is_housekeeping(t)) {
            a->stats.multicast += counted;
            return "multicast";
        }
        if (ct_background_has(a->opts.background, t, counted, now.real_us)) {
            a->stats.learned += counted;
            return "learned";
        }
    }
    if (!x) x = ct_actors_make(a, t, now);
    *ret_actor = x;
    if (serious) {
        is_no_background(a, x, t);
        return NULL;
    }
    if (may_straggle(a, t)) {
        if (straggles(a, x, t, now)) {
            a->stats.stragglers += counted;
            x->last_ms = now.mono_ms;
            return "straggler";
        }
        turns_out_to_scan(a, x, t);
    } else if (ct_background_learning(a->opts.background, now.mono_ms)) {
        if (learns(a, x, t, now)) {
            a->stats.learned += counted;
            return "learned";
        }
        is_no_background(a, x, t);
    }
    return NULL;
}
