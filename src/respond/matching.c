#include "respond/matching.h"

#include "respond/component_id.h"
#include "respond/json_list.h"
#include "scan/json_paths.h"
#include "version/version.h"

#include <string.h>

enum { REASON_MAX = 4096, SUSPECTS_MAX = 64 };

struct local {
    ct_arena *arena;
    struct ct_local_advisory a;
    ct_str suspects[SUSPECTS_MAX];
};

static ct_err on_local(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct local *l = ctx;
    ct_str text;
    if (t->kind != CT_JSON_STRING) return CT_OK;
    CT_TRY(ct_json_token_text(l->arena, t, &text));
    if (strcmp(path, "id") == 0) l->a.id = text;
    if (strcmp(path, "summary") == 0) l->a.summary = text;
    if (strcmp(path, "modified") == 0) l->a.modified = text;
    if (strcmp(path, "suspects") == 0 && l->a.suspects_n < SUSPECTS_MAX) l->suspects[l->a.suspects_n++] = text;
    for (int s = 0; s <= CT_SEVERITY_CRITICAL && strcmp(path, "severity") == 0; s++)
        if (ct_str_eq(text, ct_str_from(ct_severity_name((enum ct_severity)s)))) l->a.severity = (enum ct_severity)s;
    return CT_OK;
}

ct_err ct_record_load(ct_advisories *db, ct_str source, ct_str record, struct ct_fault *fault)
{
    if (!ct_str_eq(source, CT_STR("local"))) return ct_advisories_add_osv(db, record, fault);
    struct local l = {.a = {.suspects_n = 0}};
    CT_TRY(ct_arena_new(&ct_alloc_libc, 1u << 20, &l.arena));
    l.a.suspects = l.suspects;
    ct_err e = ct_json_paths(record, on_local, &l);
    if (e == CT_OK) e = ct_advisories_add_local(db, &l.a, fault);
    ct_arena_free(l.arena);
    return e;
}

/* Releases of a distribution have records of their own: silence of one means nothing. */
static bool of_distribution(enum ct_ecosystem e)
{
    enum ct_order order = ct_version_order(e);
    return order == CT_ORDER_DEB || order == CT_ORDER_RPM || order == CT_ORDER_APK;
}

struct asking {
    ct_db *db;
    ct_arena *arena;
    const struct ct_component_row *component;
    const struct ct_advisory_row *row;
    const ct_advisories *known;
    struct ct_match match;
    ct_err err;
};

static bool on_match(void *ctx, const struct ct_advisory_match *m)
{
    struct asking *a = ctx;
    struct ct_buf b;
    ct_buf_init(&b, a->arena, REASON_MAX);
    ct_buf_add(&b, ct_str_slice(a->component->name, 0, 300));
    ct_buf_byte(&b, ' ');
    ct_buf_add(&b, ct_str_slice(a->component->version, 0, 300));
    ct_buf_printf(&b, ": %s (", m->why);
    ct_buf_add(&b, ct_str_slice(m->advisory->id, 0, 200));
    ct_buf_byte(&b, ')');
    if (m->advisory->summary.n) ct_buf_text(&b, ": ");
    ct_buf_add(&b, ct_str_slice(m->advisory->summary, 0, 300));
    a->err = ct_buf_str(&b, &a->match.reason);
    a->match.state = m->verdict == CT_AFFECTED ? CT_STR("affected") : CT_STR("under_investigation");
    a->match.fixed = m->fixed;
    return false; /* one record */
}

static ct_err ask(struct asking *a)
{
    struct ct_advisory_query q;
    ct_err e = ct_component_question(a->arena, a->component, &q);
    if (e != CT_OK) return e == CT_ERR_NOT_FOUND ? CT_OK : e;
    a->match = (struct ct_match){.component = a->component->id, .advisory = a->row->id, .vulnerability = a->row->vulnerability};
    ct_advisories_match(a->known, &q, on_match, a);
    CT_TRY(a->err);
    if (!a->match.state.p && of_distribution(q.ecosystem)) return CT_OK;
    if (!a->match.state.p) a->match.state = CT_STR("not_affected"), a->match.reason = CT_STR("this version is in none of the ranges");
    return ct_match_put(a->db, &a->match);
}

/* A record that does not parse any more (an older program took it) matches nothing. */
static ct_err on_row(void *ctx, const struct ct_advisory_row *row)
{
    struct asking *a = ctx;
    ct_advisories *one = NULL;
    struct ct_arena_mark mark = ct_arena_mark(a->arena);
    ct_err e = ct_advisories_new(&ct_alloc_libc, CT_ADVISORIES_MAX, &one);
    if (e == CT_OK) {
        ct_err loaded = ct_record_load(one, row->source, row->record, NULL);
        a->row = row;
        a->known = one;
        if (loaded == CT_OK) e = ask(a);
        else if (loaded == CT_ERR_NOMEM) e = loaded;
    }
    ct_advisories_free(one);
    ct_arena_reset(a->arena, mark);
    return e;
}

ct_err ct_match_component(ct_db *db, ct_arena *arena, const struct ct_component_row *c)
{
    struct asking a = {.db = db, .arena = arena, .component = c};
    if (c->ecosystem.n == 0 || c->name.n == 0) return CT_OK;
    return ct_advisory_rows_of_package(db, c->ecosystem, c->name, on_row, &a);
}

static ct_err on_component(void *ctx, const struct ct_component_row *c)
{
    struct asking *a = ctx;
    struct ct_arena_mark mark = ct_arena_mark(a->arena);
    a->component = c;
    ct_err e = ask(a);
    ct_arena_reset(a->arena, mark);
    return e;
}

ct_err ct_match_advisory(ct_db *db, ct_arena *arena, const struct ct_advisory_row *row, const ct_advisories *known)
{
    struct asking a = {.db = db, .arena = arena, .row = row, .known = known};
    return row->withdrawn ? CT_OK : ct_components_of_advisory(db, row->id, on_component, &a);
}
