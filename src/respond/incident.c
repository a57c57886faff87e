#include "respond/incident.h"

#include "base/limits.h"
#include "event/attempt.h"
#include "store/timeline.h"
#include "store/vulnerability.h"

#include <string.h>

enum { TEXT_MAX = 64 << 10, CLOCKS_MAX = 64, COVERED_MAX = 256 };

static const int64_t week_us = 7 * 86400 * (int64_t)1000000;

static ct_err note(ct_db *db, const struct ct_who *who, ct_str kind, ct_str subject, int64_t vulnerability, ct_str was, ct_str now)
{
    const struct ct_timeline_entry e = {.at = who->now_us, .actor = who->actor, .kind = kind, .subject = subject, .vulnerability = vulnerability, .was = was, .now = now,
                                        .why = who->why.p ? who->why : CT_STR("")};
    return ct_timeline_append(db, &e);
}

static const ct_str none = {NULL, 0};

struct covered {
    ct_arena *arena;
    struct {
        int64_t id, published, notified;
    } list[COVERED_MAX];
    size_t n;
};

static ct_err on_covered(void *ctx, int64_t vulnerability, ct_str name, int64_t published, int64_t notified)
{
    struct covered *c = ctx;
    (void)name;
    if (c->n == COVERED_MAX) return CT_ERR_CAP;
    c->list[c->n].id = vulnerability;
    c->list[c->n].published = published;
    c->list[c->n++].notified = notified;
    return CT_OK;
}

/* The clocks that its policy has for a whole incident, from the earliest that anybody was told of any of its vulnerabilities. */
static ct_err start_clocks(ct_db *db, ct_arena *arena, const struct ct_incident *i, const struct ct_who *who, struct ct_fault *fault)
{
    struct ct_policy p;
    ct_str yaml;
    struct ct_buf b;
    struct covered *c = ct_arena_zalloc(arena, sizeof *c);
    if (!c) return CT_ERR_NOMEM;
    if (!i->policy.n) return CT_OK;
    CT_TRY(ct_policy_named(db, arena, i->policy, &p, &yaml, fault));
    CT_TRY(ct_incident_vulnerabilities(db, i->id, on_covered, c));
    for (size_t k = 0; k < p.n_clocks; k++) {
        int64_t from = 0;
        for (size_t v = 0; v < c->n; v++) {
            const struct ct_policy_times t = {c->list[v].published, c->list[v].notified, 0, i->opened};
            int64_t at = ct_policy_anchor_of(p.clocks[k].from, &t);
            if (!from || at < from) from = at;
        }
        int64_t due = ct_policy_after(&p, p.clocks[k].length, p.clocks[k].us, from ? from : i->opened);
        CT_TRY(ct_incident_clock_start(db, i->id, p.clocks[k].name, due));
        ct_buf_init(&b, arena, TEXT_MAX);
        ct_buf_add(&b, p.clocks[k].name);
        ct_buf_text(&b, " by ");
        ct_print_time(&b, due);
        CT_TRY(b.err);
        CT_TRY(note(db, who, CT_STR("incident.clock"), i->name, 0, none, ct_buf_view(&b)));
    }
    return CT_OK;
}

static ct_err cover(ct_db *db, ct_arena *arena, const struct ct_incident *i, ct_str name, int64_t notified, const struct ct_who *who, struct ct_fault *fault)
{
    struct ct_vulnerability v;
    int64_t id;
    if (!name.n || name.n > CT_ASSET_TEXT_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "an incident is about vulnerabilities: CVE-2021-44228");
    CT_TRY(ct_vulnerability_put(db, name, CT_STR(""), &id));
    CT_TRY(ct_vulnerability_get(db, arena, id, &v));
    if (!v.notified) CT_TRY(ct_vulnerability_facts(db, id, none, none, notified ? notified : who->now_us));
    CT_TRY(ct_incident_covers(db, i->id, id));
    return note(db, who, CT_STR("incident.covers"), i->name, id, none, v.name);
}

ct_err ct_incident_open(ct_db *db, ct_arena *arena, const struct ct_incident_asked *asked, const struct ct_who *who, struct ct_incident *ret_incident, struct ct_clocks_count *count,
                        struct ct_fault *fault)
{
    struct ct_incident i = {.name = asked->name, .title = asked->title, .mode = asked->own_mode ? CT_STR("incident") : CT_STR("normal"),
                            .policy = asked->own_mode ? asked->policy : CT_STR(""), .opened = who->now_us}, there;
    struct ct_policy p;
    ct_str yaml;
    if (asked->name.n && ct_incident_get(db, arena, asked->name, &there) == CT_OK) return ct_fault_set(fault, CT_ERR_USAGE, 0, "there is an incident of this name");
    if (i.policy.n) {
        ct_err e = ct_policy_named(db, arena, i.policy, &p, &yaml, fault);
        if (e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, CT_ERR_USAGE, 0, "no policy is called '%.*s': 'caltrop policy list' shows them", CT_STR_ARG(ct_str_slice(i.policy, 0, 60)));
        CT_TRY(e);
    }
    CT_TRY(ct_incident_put(db, arena, &i));
    CT_TRY(note(db, who, CT_STR("incident.opened"), i.name, 0, none, i.policy.n ? i.policy : i.mode));
    for (size_t k = 0; k < asked->n; k++) CT_TRY(cover(db, arena, &i, asked->names[k], asked->notified, who, fault));
    CT_TRY(start_clocks(db, arena, &i, who, fault));
    CT_TRY(ct_clocks(db, 0, 0, who, false, count));
    *ret_incident = i;
    return CT_OK;
}

ct_err ct_incident_join(ct_db *db, ct_arena *arena, const struct ct_incident *i, ct_str name, int64_t notified, const struct ct_who *who, struct ct_clocks_count *count,
                        struct ct_fault *fault)
{
    CT_TRY(cover(db, arena, i, name, notified, who, fault));
    return ct_clocks(db, 0, 0, who, false, count);
}

ct_err ct_incident_mode(ct_db *db, ct_arena *arena, struct ct_incident *i, ct_str policy, const struct ct_who *who, struct ct_clocks_count *count, struct ct_fault *fault)
{
    struct ct_policy p;
    ct_str yaml, was = i->policy.n ? i->policy : i->mode;
    if (policy.n) {
        ct_err e = ct_policy_named(db, arena, policy, &p, &yaml, fault);
        if (e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, CT_ERR_USAGE, 0, "no policy is called '%.*s': 'caltrop policy list' shows them", CT_STR_ARG(ct_str_slice(policy, 0, 60)));
        CT_TRY(e);
    }
    i->policy = policy.n ? policy : CT_STR("");
    i->mode = policy.n ? CT_STR("incident") : CT_STR("normal");
    CT_TRY(ct_incident_put(db, arena, i));
    CT_TRY(note(db, who, CT_STR("incident.mode"), i->name, 0, was, policy.n ? policy : i->mode));
    CT_TRY(start_clocks(db, arena, i, who, fault));
    return ct_clocks(db, 0, 0, who, false, count);
}

ct_err ct_incident_close(ct_db *db, ct_arena *arena, struct ct_incident *i, const struct ct_who *who, struct ct_fault *fault)
{
    if (i->closed) return ct_fault_set(fault, CT_ERR_USAGE, 0, "it is closed already");
    if (!who->why.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "closing an incident needs a reason: --why");
    i->closed = who->now_us;
    CT_TRY(ct_incident_put(db, arena, i));
    return note(db, who, CT_STR("incident.closed"), i->name, 0, CT_STR("open"), CT_STR("closed"));
}

ct_err ct_incident_role(ct_db *db, const struct ct_incident *i, ct_str role, ct_str person, const struct ct_who *who)
{
    int64_t n;
    struct ct_incident_item item = {.incident = i->id, .kind = CT_STR("role"), .text = role, .who = person, .at = who->now_us};
    CT_TRY(ct_incident_item_end(db, i->id, CT_STR("role"), role, 0, who->now_us, &n));
    CT_TRY(ct_incident_item_put(db, &item));
    return note(db, who, CT_STR("incident.role"), i->name, 0, role, person);
}

ct_err ct_incident_note(ct_db *db, const struct ct_incident *i, ct_str text, const struct ct_who *who)
{
    struct ct_incident_item item = {.incident = i->id, .kind = CT_STR("note"), .text = text, .who = who->actor, .at = who->now_us};
    CT_TRY(ct_incident_item_put(db, &item));
    return note(db, who, CT_STR("incident.note"), i->name, 0, none, text);
}

ct_err ct_incident_task(ct_db *db, const struct ct_incident *i, ct_str text, ct_str owner, int64_t due, const struct ct_who *who, int64_t *ret_number)
{
    struct ct_incident_item item = {.incident = i->id, .kind = CT_STR("task"), .text = text, .who = owner, .at = who->now_us, .due = due};
    CT_TRY(ct_incident_item_put(db, &item));
    *ret_number = item.number;
    return note(db, who, CT_STR("incident.task"), i->name, 0, none, text);
}

struct clocks {
    ct_db *db;
    ct_arena *arena;
    int64_t now;
    struct ct_incident_clock list[CLOCKS_MAX];
    size_t n;
    bool any;
};

static ct_err keep_clock(void *ctx, const struct ct_incident_clock *clock)
{
    struct clocks *c = ctx;
    if (c->n == CLOCKS_MAX) return CT_OK;
    struct ct_incident_clock *k = &c->list[c->n++];
    *k = *clock;
    CT_TRY(ct_arena_dup(c->arena, clock->name, &k->name));
    CT_TRY(ct_arena_dup(c->arena, clock->how, &k->how));
    return ct_arena_dup(c->arena, clock->incident_name, &k->incident_name);
}

ct_err ct_incident_done(ct_db *db, ct_arena *arena, const struct ct_incident *i, ct_str what, const struct ct_who *who, struct ct_fault *fault)
{
    uint64_t number;
    int64_t n = 0;
    struct clocks *c = ct_arena_zalloc(arena, sizeof *c);
    if (!c) return CT_ERR_NOMEM;
    c->arena = arena;
    if (ct_str_u64(what, &number) && number < INT64_MAX) {
        CT_TRY(ct_incident_item_end(db, i->id, CT_STR("task"), none, (int64_t)number, who->now_us, &n));
        if (!n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "it has no open task of this number: 'caltrop incident show' lists them");
        return note(db, who, CT_STR("incident.task_done"), i->name, 0, what, CT_STR("done"));
    }
    CT_TRY(ct_incident_clocks(db, i->id, keep_clock, c));
    for (size_t k = 0; k < c->n; k++) {
        struct ct_incident_clock *clock = &c->list[k];
        if (!ct_str_eq(clock->name, what)) continue;
        if (clock->met) return ct_fault_set(fault, CT_ERR_USAGE, 0, "this clock is met already");
        if (!who->why.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a person who meets a clock says why: --why");
        clock->met = who->now_us;
        if (!clock->breached && clock->met > clock->due) clock->breached = clock->due;
        struct ct_buf b;
        ct_buf_init(&b, arena, TEXT_MAX);
        ct_buf_add(&b, who->actor);
        ct_buf_text(&b, ": ");
        ct_buf_add(&b, who->why);
        CT_TRY(ct_buf_str(&b, &clock->how));
        CT_TRY(ct_incident_clock_put(db, clock));
        return note(db, who, CT_STR("incident.clock_met"), i->name, 0, what, CT_STR("by a person"));
    }
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "it has neither a task of this number nor a clock of this name");
}

/* Met, or late: whether there is something to write. */
static ct_err look(struct clocks *c, struct ct_incident_clock *k, bool *ret_news)
{
    int64_t at = 0;
    if (ct_str_eq(k->name, CT_STR("identification"))) {
        CT_TRY(ct_assets_all_assessed(c->db, k->opened - week_us, &at));
        if (at) k->how = CT_STR("every asset in use has a complete look");
        if (at && at < k->opened) at = k->opened;
    } else if (ct_str_eq(k->name, CT_STR("first-patch"))) {
        CT_TRY(ct_incident_first_fix(c->db, k->incident, &at));
        if (at) k->how = CT_STR("the first finding is fixed");
    }
    bool late = !k->breached && k->due < (at ? at : c->now);
    if (late) k->breached = k->due;
    k->met = at;
    *ret_news = at || late;
    return CT_OK;
}

static ct_err collect(ct_db *db, ct_arena *arena, int64_t now_us, struct clocks **ret_clocks)
{
    struct clocks *c = ct_arena_zalloc(arena, sizeof *c);
    if (!c) return CT_ERR_NOMEM;
    c->db = db;
    c->arena = arena;
    c->now = now_us;
    *ret_clocks = c;
    return ct_incident_clocks(db, 0, keep_clock, c);
}

ct_err ct_incidents_due(ct_db *db, int64_t now_us, bool *ret_any)
{
    ct_arena *arena;
    struct clocks *c = NULL;
    bool any = false;
    CT_TRY(ct_arena_new(&ct_alloc_libc, 4u << 20, &arena));
    ct_err e = collect(db, arena, now_us, &c);
    for (size_t i = 0; e == CT_OK && i < c->n; i++) {
        bool news;
        e = look(c, &c->list[i], &news);
        any |= news;
    }
    ct_arena_free(arena);
    if (e == CT_OK) *ret_any = any;
    return e;
}

ct_err ct_incidents_mark(ct_db *db, ct_arena *arena, const struct ct_who *who)
{
    struct clocks *c;
    CT_TRY(collect(db, arena, who->now_us, &c));
    for (size_t i = 0; i < c->n; i++) {
        struct ct_incident_clock *k = &c->list[i];
        bool news, was = k->breached != 0;
        CT_TRY(look(c, k, &news));
        if (!news) continue;
        CT_TRY(ct_incident_clock_put(db, k));
        if (k->breached && !was) CT_TRY(note(db, who, CT_STR("incident.clock_breached"), k->incident_name, 0, k->name, CT_STR("late")));
        if (k->met) CT_TRY(note(db, who, CT_STR("incident.clock_met"), k->incident_name, 0, k->name, k->how));
    }
    return CT_OK;
}
