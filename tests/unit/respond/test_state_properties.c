/* Random histories of an estate: looks of every kind, bills, advisories, controls, what vendors say, policies, incidents, acceptances, people. Over all of them:
 *
 *   a due time never moves later, unless a person loosened it; a mark of having been late stays; what is late has its mark
 *   a look that is partial, or older than what is known, makes nothing safer and closes nothing; no look closes what lies outside of its roots
 *   the same history with one more affected component in its last report is never safer anywhere
 *   no finding goes away, and the timeline is whole
 *
 * A history is a seed: the last property plays it twice. Nothing is committed, so that thousands of events cost seconds.
 */
#include "event/attempt.h"
#include "respond/advisory_import.h"
#include "respond/control.h"
#include "respond/incident.h"
#include "respond/sbom_import.h"
#include "respond/scan_import.h"
#include "respond/vex_import.h"
#include "store/timeline.h"
#include "store/vulnerability.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { HISTORIES = 40, EVENTS = 40, HOSTS = 3, PLACES = 4, FINDINGS = 200, PLACES_MAX = 400 };
static const int64_t second = 1000000, hour = 3600 * 1000000ll, day = 24 * 3600 * 1000000ll;

static char folder[64], path[96];
static const char *const versions[] = {"2.9.1", "2.14.1", "2.15.0", "2.17.1"};
static const char *const cves[] = {"CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105"};
static const char *const places[PLACES] = {"/srv/a.jar", "/srv/b.jar", "/opt/c.jar", "/opt/d.jar"};
#define PICK(r, list) (list)[rng_below(r, (uint32_t)(sizeof(list) / sizeof *(list)))]

struct world {
    ct_db *db;
    ct_arena *arena;
    int64_t now;
    bool loosens, adds_only; /* of the event at hand */
    const char *roots;       /* of the look at hand; null: it was none */
    char what[80];
};

static struct ct_who who_of(const struct world *w) { return (struct ct_who){.actor = CT_STR("tester"), .why = CT_STR("a reason"), .now_us = w->now}; }

static void must(const struct world *w, ct_err e)
{
    if (e != CT_OK) fail_msg("%s: %s (%s)", w->what, ct_err_text(e), ct_db_why(w->db));
}

static bool chance(struct rng *r, uint32_t percent) { return rng_below(r, 100) < percent; }

static void time_text(int64_t t, char to[32])
{
    struct ct_buf b;
    ct_arena *a;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 4096, &a), CT_OK);
    ct_buf_init(&b, a, 64);
    ct_print_time(&b, t / second * second);
    (void)snprintf(to, 32, "%.*s", (int)b.n, (const char *)b.p);
    ct_arena_free(a);
}

static bool find_asset(struct world *w, unsigned host, struct ct_asset *a)
{
    char name[16];
    (void)snprintf(name, sizeof name, "web-%u", host);
    ct_err e = ct_asset_find(w->db, w->arena, ct_str_from(name), (ct_str){NULL, 0}, a);
    if (e != CT_ERR_NOT_FOUND) must(w, e);
    return e == CT_OK;
}

static int64_t newest_scan(struct world *w, int64_t asset)
{
    ct_query *q = ct_db_query(w->db, "SELECT coalesce(max(ended), 0) FROM look WHERE kind = 'scan' AND asset = ?");
    ct_query_i64(q, 1, asset);
    must(w, ct_query_next(q));
    int64_t at = ct_query_get_i64(q, 0);
    ct_query_done(q);
    return at;
}

static void ignore_words(void *ctx, ct_str words) { (void)ctx, (void)words; }

static void add_line(struct ct_buf *b, unsigned host, const char *place, const char *version, const char *cve, const char *state, const char *source)
{
    ct_buf_printf(b, "{\"host\":{\"id\":\"%032x\",\"name\":\"web-%u\"},\"event\":{\"dataset\":\"caltrop.scan.%s\",\"id\":\"00\"},", host + 1, host, cve ? "finding" : "component");
    if (cve) ct_buf_printf(b, "\"vulnerability\":{\"id\":[\"%s\"],\"severity\":\"critical\"},", cve);
    ct_buf_printf(b, "\"package\":{\"name\":\"log4j-core\",\"version\":\"%s\"},\"caltrop\":{%s%s%s\"source\":\"%s\",\"purl\":\"pkg:maven/org.apache.logging.log4j/log4j-core@%s\",\"path\":\"%s\","
                  "\"reason\":\"seen\",\"evidence\":[\"e\"]}}\n", version, cve ? "\"state\":\"" : "", cve ? state : "", cve ? "\"," : "", source, version, place);
}

/* extra: one more affected component than the same event without. */
static void scan(struct world *w, struct rng *r, bool extra)
{
    static const char *const roots[] = {"\"/\"", "\"/srv\"", "\"/opt\"", "\"/srv\",\"/opt\""}, *const states[] = {"affected", "fixed_on_disk", "under_investigation", "mitigated", "fixed",
                             "not_affected"}, *const sources[] = {"class", "package"}, *const processes[] = {"yes", "yes", "no"};
    struct ct_buf b;
    struct ct_old_reports reports;
    struct ct_scan_counts counts = {.reports = 0};
    struct ct_asset a;
    char at[32];
    unsigned host = rng_below(r, HOSTS);
    bool complete = chance(r, 60), known = find_asset(w, host, &a);
    int64_t ended = w->now / second * second - (chance(r, 15) ? (int64_t)rng_below(r, 200) * hour : (int64_t)rng_below(r, 50) * second);
    w->roots = PICK(r, roots);
    ct_buf_init(&b, w->arena, 1u << 20);
    for (size_t i = 0; i < PLACES; i++) {
        bool there = chance(r, 60), inside = strstr(w->roots, "\"/\"") || (strstr(w->roots, "/srv") && i < 2) || (strstr(w->roots, "/opt") && i >= 2);
        const char *version = PICK(r, versions), *cve = chance(r, 50) ? PICK(r, cves) : NULL, *state = PICK(r, states), *source = PICK(r, sources);
        if (there && inside) add_line(&b, host, places[i], version, cve, state, source);
    }
    const char *version = PICK(r, versions), *cve = PICK(r, cves), *place = chance(r, 50) ? "/srv/extra.jar" : places[0];
    if (extra) add_line(&b, host, place, version, cve, "affected", "class");
    time_text(ended, at);
    ct_buf_printf(&b, "{\"host\":{\"id\":\"%032x\",\"name\":\"web-%u\"},\"event\":{\"dataset\":\"caltrop.scan.host\",\"start\":\"%s\",\"end\":\"%s\"},\"caltrop\":{\"complete\":%s,"
                  "\"roots\":[%s],\"exclusions\":[],\"families\":\"all\",\"processes\":\"%s\",\"counts\":{}}}\n", host + 1, host, at, at, complete ? "true" : "false", w->roots, PICK(r, processes));
    assert_int_equal(b.err, CT_OK);
    (void)snprintf(w->what, sizeof w->what, "%s scan of web-%u, %s, ended %s", complete ? "complete" : "partial", host, w->roots, at);
    w->adds_only = !complete || (known && ended < newest_scan(w, a.id));
    ct_old_reports_init(&reports, w->arena);
    reports.with_components = true;
    const struct ct_who who = who_of(w);
    must(w, ct_old_reports_add(&reports, CT_STR("r"), ct_buf_view(&b)));
    must(w, ct_scan_import(w->db, &reports, &who, ignore_words, NULL, &counts, NULL));
}

static void ignore_unknown(void *ctx, const struct ct_bom_component *c, const char *why) { (void)ctx, (void)c, (void)why; }

static void bill(struct world *w, struct rng *r)
{
    struct ct_buf b;
    struct ct_asset a;
    struct ct_sbom_taken taken;
    char at[32];
    unsigned host = rng_below(r, HOSTS), name = rng_below(r, 2);
    bool incomplete = chance(r, 40), old = chance(r, 20);
    time_text(w->now - (old ? 60 * hour : 0), at);
    ct_buf_init(&b, w->arena, 65536);
    ct_buf_printf(&b, "{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"timestamp\":\"%s\",\"component\":{\"name\":\"app-%u\"}},\"compositions\":[{\"aggregate\":\"%s\"}],\"components\":[", at, name,
                  incomplete ? "incomplete" : "complete");
    for (size_t i = 0, n = rng_below(r, 3); i < n; i++)
        ct_buf_printf(&b, "%s{\"name\":\"log4j-core\",\"purl\":\"pkg:maven/org.apache.logging.log4j/log4j-core@%s\"}", i ? "," : "", PICK(r, versions));
    ct_buf_text(&b, "]}");
    (void)snprintf(w->what, sizeof w->what, "bill app-%u of web-%u%s%s", name, host, incomplete ? ", incomplete" : "", old ? ", old" : "");
    w->adds_only = incomplete;
    if (!find_asset(w, host, &a)) return;
    const struct ct_who who = who_of(w);
    must(w, ct_sbom_import(w->db, w->arena, &a, ct_buf_view(&b), false, &who, ignore_unknown, NULL, &taken, NULL));
}

static void advisory(struct world *w, struct rng *r)
{
    struct ct_advisory_import in;
    char text[128], at[32];
    const char *cve = PICK(r, cves);
    (void)snprintf(text, sizeof text, "pkg:maven/org.apache.logging.log4j/log4j-core@[2.0,2.%u)", 10 + rng_below(r, 9));
    (void)snprintf(w->what, sizeof w->what, "advisory %s %.50s", cve, text + 41);
    time_text(w->now, at);
    ct_str suspect = ct_str_from(text);
    const struct ct_local_advisory local = {.id = ct_str_from(cve), .modified = ct_str_from(at), .severity = (enum ct_severity)(1 + rng_below(r, CT_SEVERITY_CRITICAL)), .suspects = &suspect,
                                            .suspects_n = 1};
    const struct ct_who who = who_of(w);
    must(w, ct_advisory_import_begin(&in, w->db, &who, (ct_str){NULL, 0}));
    must(w, ct_advisory_import_local(&in, &local, NULL));
    must(w, ct_advisory_import_done(&in));
    ct_advisory_import_free(&in);
}

static void vex(struct world *w, struct rng *r)
{
    static const char *const says[] = {"\"affected\",\"action_statement\":\"x\"", "\"fixed\"", "\"under_investigation\"", "\"not_affected\",\"justification\":\"component_not_present\""};
    struct ct_vex_import in;
    struct ct_buf b;
    char at[32];
    time_text(w->now, at);
    ct_buf_init(&b, w->arena, 65536);
    ct_buf_printf(&b, "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\"V%u\",\"timestamp\":\"%s\",\"statements\":[{\"vulnerability\":{\"name\":\"%s\"},\"products\":[{\"@id\":"
                  "\"pkg:maven/org.apache.logging.log4j/log4j-core@%s\"}],\"status\":%s}]}", rng_below(r, 3), at, PICK(r, cves), PICK(r, versions), PICK(r, says));
    (void)snprintf(w->what, sizeof w->what, "vex");
    const struct ct_who who = who_of(w);
    must(w, ct_vex_import_begin(&in, w->db, &who));
    must(w, ct_vex_import_document(&in, CT_STR("v"), ct_buf_view(&b), NULL));
    must(w, ct_vex_import_done(&in));
    ct_vex_import_free(&in);
}

static ct_err take_last(void *ctx, const struct ct_control_row *c)
{
    *(int64_t *)ctx = c->id;
    return CT_OK;
}

static void control(struct world *w, struct rng *r)
{
    struct ct_asset a;
    struct ct_derived derived = {0};
    int64_t id = 0;
    bool ends = chance(r, 40);
    enum ct_control_kind kind = (enum ct_control_kind)rng_below(r, CT_CONTROL_KINDS);
    int64_t until = chance(r, 50) ? w->now + (1 + (int64_t)rng_below(r, 100)) * hour : 0;
    unsigned host = rng_below(r, HOSTS);
    (void)snprintf(w->what, sizeof w->what, "control %s", ends ? "ends" : "begins");
    const struct ct_who who = who_of(w);
    if (ends) {
        must(w, ct_controls_each(w->db, 0, false, take_last, &id));
        if (id) must(w, ct_control_end(w->db, w->arena, id, &who, &derived, NULL));
        return;
    }
    if (!find_asset(w, host, &a)) return;
    const struct ct_control_new n = {.asset = &a, .kind = kind, .evidence = CT_STR("e"), .until = until};
    must(w, ct_control_add(w->db, w->arena, &n, &who, &id, &derived, NULL));
}

static void asset_changes(struct world *w, struct rng *r)
{
    static const char *const exposures[] = {"public", "internal", "receives-public-input", "unknown"}, *const environments[] = {"production", "staging", "unknown"};
    struct ct_asset a;
    struct ct_derived derived = {0};
    struct ct_clocks_count count = {0};
    enum ct_put put;
    unsigned host = rng_below(r, HOSTS);
    const char *exposure = PICK(r, exposures), *environment = PICK(r, environments);
    (void)snprintf(w->what, sizeof w->what, "web-%u is %s, %s", host, exposure, environment);
    if (!find_asset(w, host, &a)) return;
    a.exposure = ct_str_from(exposure);
    a.environment = ct_str_from(environment);
    const struct ct_who who = who_of(w);
    must(w, ct_asset_put(w->db, w->arena, &a, &who, &put, NULL));
    must(w, ct_derive_asset(w->db, a.id, &who, &derived));
    must(w, ct_clocks(w->db, 0, a.id, &who, false, &count));
}

static void policy(struct world *w, struct rng *r)
{
    static const char *const names[] = {"mailgun", "mailgun-incident", "common", "fedramp-vdr", "cisa-ed-22-02", "cisa-bod-26-04"};
    struct ct_clocks_count count = {0};
    struct ct_incident i;
    const char *name = PICK(r, names), *cve = PICK(r, cves);
    ct_str covered = ct_str_from(cve);
    bool opens = chance(r, 30), closes = chance(r, 30);
    int64_t notified = w->now - (int64_t)rng_below(r, 100) * hour;
    const struct ct_who who = who_of(w);
    (void)snprintf(w->what, sizeof w->what, opens ? "incident for %s" : closes ? "incident closes" : "policy %s", opens ? cve : name);
    if (opens) {
        const struct ct_incident_asked asked = {.names = &covered, .n = 1, .own_mode = true, .policy = CT_STR("mailgun-incident"), .notified = notified};
        must(w, ct_incident_open(w->db, w->arena, &asked, &who, &i, &count, NULL));
    } else if (closes) {
        ct_err e = ct_incident_get(w->db, w->arena, CT_STR("INC-1"), &i);
        if (e == CT_ERR_NOT_FOUND || i.closed) return;
        must(w, e);
        must(w, ct_incident_close(w->db, w->arena, &i, &who, NULL));
    } else {
        must(w, ct_setting_put(w->db, CT_STR("policy"), ct_str_from(name)));
        must(w, ct_clocks(w->db, 0, 0, &who, false, &count));
    }
}

/* People: the only ones who may give more time. */
static void decide(struct world *w, struct rng *r)
{
    struct ct_asset a;
    struct ct_vulnerability v;
    uint64_t moved;
    unsigned host = rng_below(r, HOSTS), what = rng_below(r, 3);
    const char *cve = PICK(r, cves);
    int64_t until = w->now + (1 + (int64_t)rng_below(r, 200)) * hour;
    const struct ct_who who = who_of(w);
    (void)snprintf(w->what, sizeof w->what, "%s of web-%u", what == 0 ? "move" : what == 1 ? "acceptance" : "end of the acceptance", host);
    if (!find_asset(w, host, &a) || ct_vulnerability_find(w->db, w->arena, ct_str_from(cve), &v) != CT_OK) return;
    w->loosens = what < 2;
    if (what == 0) must(w, ct_clock_move(w->db, a.id, v.id, until, &who, &moved, NULL));
    struct ct_acceptance acceptance = {.asset = a.id, .vulnerability = v.id, .approver = CT_STR("jo"), .reason = CT_STR("r"), .until = until};
    if (what == 1) must(w, ct_accept(w->db, w->arena, &acceptance, &who, &moved, NULL));
    ct_err e = what == 2 ? ct_accept_end(w->db, w->arena, a.id, v.id, &who, &moved) : CT_OK;
    if (e != CT_ERR_NOT_FOUND) must(w, e);
}

static void event(struct world *w, struct rng *r, bool last, bool extra)
{
    uint32_t what = last ? 0 : rng_below(r, 20);
    w->loosens = w->adds_only = false;
    w->roots = NULL;
    if (what <= 6) scan(w, r, extra);
    else if (what <= 8) bill(w, r);
    else if (what <= 10) advisory(w, r);
    else if (what <= 12) control(w, r);
    else if (what <= 14) vex(w, r);
    else if (what == 15) asset_changes(w, r);
    else if (what <= 17) policy(w, r);
    else decide(w, r);
}

/* As every command does before its own work. */
static void by_the_clock(struct world *w, struct rng *r)
{
    struct ct_derived derived = {0};
    uint64_t n;
    w->now += rng_below(r, 4) ? (int64_t)rng_below(r, 10) * hour : (int64_t)rng_below(r, 4) * day;
    w->now += second;
    const struct ct_who who = who_of(w);
    (void)snprintf(w->what, sizeof w->what, "the clock");
    must(w, ct_controls_expire(w->db, w->arena, &who, &derived, &n));
    must(w, ct_clocks_mark(w->db, &who, &n));
    must(w, ct_incidents_mark(w->db, w->arena, &who));
}

/* Fixed and not affected are as safe as each other. */
static bool safer(enum ct_state a, enum ct_state than) { return a > than && than != CT_STATE_FIXED; }

struct snapshot {
    struct {
        int64_t asset, component, vulnerability, due, breached;
        enum ct_state state;
    } findings[FINDINGS];
    struct {
        int64_t id;
        char path[48];
    } open[PLACES_MAX];
    size_t n, n_open;
};

static void look_at(struct world *w, struct snapshot *s)
{
    s->n = s->n_open = 0;
    ct_query *q = ct_db_query(w->db, "SELECT asset, component, vulnerability, due, breached, state FROM finding ORDER BY asset, component, vulnerability");
    while (ct_query_next(q) == CT_OK) {
        assert_true(s->n < FINDINGS);
        s->findings[s->n].asset = ct_query_get_i64(q, 0);
        s->findings[s->n].component = ct_query_get_i64(q, 1);
        s->findings[s->n].vulnerability = ct_query_get_i64(q, 2);
        s->findings[s->n].due = ct_query_get_i64(q, 3);
        s->findings[s->n].breached = ct_query_get_i64(q, 4);
        assert_true(ct_state_named(ct_query_get_str(q, 5), &s->findings[s->n++].state));
    }
    q = ct_db_query(w->db, "SELECT id, path FROM instance WHERE gone IS NULL ORDER BY id");
    while (ct_query_next(q) == CT_OK) {
        assert_true(s->n_open < PLACES_MAX);
        ct_str p = ct_query_get_str(q, 1);
        s->open[s->n_open].id = ct_query_get_i64(q, 0);
        (void)snprintf(s->open[s->n_open++].path, sizeof s->open->path, "%.*s", (int)p.n, (const char *)p.p);
    }
}

/* The finding of b that is a's; there is one. */
static size_t same(const struct world *w, const struct snapshot *a, size_t i, const struct snapshot *b)
{
    for (size_t k = 0; k < b->n; k++)
        if (a->findings[i].asset == b->findings[k].asset && a->findings[i].component == b->findings[k].component && a->findings[i].vulnerability == b->findings[k].vulnerability) return k;
    fail_msg("%s: a finding went away", w->what);
    return 0;
}

static bool is_open(const struct snapshot *s, int64_t instance)
{
    for (size_t i = 0; i < s->n_open; i++)
        if (s->open[i].id == instance) return true;
    return false;
}

static void hold(const struct world *w, const struct snapshot *before, const struct snapshot *after)
{
    for (size_t i = 0; i < before->n; i++) {
        size_t k = same(w, before, i, after);
        int64_t due = before->findings[i].due, now = after->findings[k].due, mark = before->findings[i].breached;
        if (mark && after->findings[k].breached != mark) fail_msg("%s: a mark went away or moved", w->what);
        if (due && !w->loosens && (now == 0 || now > due)) fail_msg("%s: due %lld became %lld", w->what, (long long)due, (long long)now);
        if (w->adds_only && safer(after->findings[k].state, before->findings[i].state))
            fail_msg("%s: it made a finding safer: %s became %s", w->what, ct_state_name(before->findings[i].state), ct_state_name(after->findings[k].state));
    }
    for (size_t i = 0; i < before->n_open; i++) {
        const char *p = before->open[i].path;
        if (is_open(after, before->open[i].id)) continue;
        if (w->adds_only) fail_msg("%s: it closed %s", w->what, p);
        if (w->roots && strncmp(p, "sbom:", 5) == 0) fail_msg("%s: a scan closed %s", w->what, p);
        bool inside = !w->roots || strstr(w->roots, "\"/\"") || (strstr(w->roots, "/srv") && strncmp(p, "/srv", 4) == 0) || (strstr(w->roots, "/opt") && strncmp(p, "/opt", 4) == 0);
        if (!inside) fail_msg("%s: it closed %s, where it did not look", w->what, p);
    }
}

static void nobody_is_late_without_a_mark(struct world *w)
{
    ct_query *q = ct_db_query(w->db, "SELECT count(*) FROM finding WHERE closed IS NULL AND breached IS NULL AND stopped = 0 AND due < ?1 AND due_set <= ?1");
    ct_query_i64(q, 1, w->now);
    must(w, ct_query_next(q));
    int64_t late = ct_query_get_i64(q, 0);
    ct_query_done(q);
    if (late) fail_msg("%s: %lld are late and have no mark", w->what, (long long)late);
}

/* Plays n events of a seed; all: with what must hold after each of them. extra: in the last one. */
static void play(struct rng r, unsigned n, bool all, bool extra, struct snapshot *ret_end)
{
    static struct snapshot before;
    struct world w = {.now = 1639144800000000};
    struct ct_fault fault = {0};
    uint64_t entries;
    unsigned char head[CT_BLAKE2B_DIGEST];
    if (ct_db_open(&ct_alloc_libc, path, &w.db, &fault) != CT_OK) fail_msg("%s", fault.detail);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 256u << 20, &w.arena), CT_OK);
    assert_int_equal(ct_db_begin(w.db), CT_OK);
    look_at(&w, ret_end);
    for (unsigned i = 0; i < n; i++) {
        ct_arena_clear(w.arena);
        by_the_clock(&w, &r);
        if (all) nobody_is_late_without_a_mark(&w);
        look_at(&w, &before);
        event(&w, &r, i == n - 1, i == n - 1 && extra);
        look_at(&w, ret_end);
        if (all) hold(&w, &before, ret_end);
    }
    assert_int_equal(ct_timeline_verify(w.db, &entries, head, NULL), CT_OK);
    ct_db_rollback(w.db);
    ct_arena_free(w.arena);
    ct_db_close(w.db);
}

static void random_histories(void **state)
{
    (void)state;
    static struct snapshot end;
    struct rng r = rng_new("state properties");
    size_t findings = 0;
    for (int i = 0; i < HISTORIES; i++) {
        play((struct rng){rng_next(&r)}, EVENTS, true, false, &end);
        findings += end.n;
    }
    assert_true(findings > HISTORIES);
}

static void one_more_affected_component(void **state)
{
    (void)state;
    static struct snapshot less, more;
    const struct world w = {.what = "one more affected component"};
    struct rng r = rng_new("state properties, one more");
    size_t differ = 0;
    for (int i = 0; i < HISTORIES; i++) {
        struct rng seed = {rng_next(&r)};
        unsigned n = 1 + rng_below(&r, EVENTS);
        play(seed, n, false, false, &less);
        play(seed, n, false, true, &more);
        for (size_t k = 0; k < less.n; k++) {
            size_t m = same(&w, &less, k, &more);
            if (safer(more.findings[m].state, less.findings[k].state))
                fail_msg("history %d of %u events: %s became %s by more evidence", i, n, ct_state_name(less.findings[k].state), ct_state_name(more.findings[m].state));
            differ += more.findings[m].state < less.findings[k].state;
        }
        differ += more.n > less.n;
    }
    assert_true(differ > 0);
}

static int make(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.40s/caltrop-states-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/caltrop.db", folder);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_histories), cmocka_unit_test(one_more_affected_component)};
    return cmocka_run_group_tests(tests, make, clear);
}
