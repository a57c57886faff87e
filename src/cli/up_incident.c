#include "cli/up_incident.h"

#include "cli/flow.h"
#include "respond/incident.h"
#include "store/answer.h"
#include "store/vulnerability.h"
#include "text/printable.h"

#include <unistd.h>

enum { NAMES_MAX = 32, INCIDENTS_MAX = 64 };

struct opening {
    struct ct_stored *s;
    const struct ct_asset *host;
    ct_str title;
    ct_str names[NAMES_MAX];     /* grave ones that are open here */
    int64_t ids[NAMES_MAX];
    bool known[NAMES_MAX];       /* in an open incident */
    size_t n;
    int64_t incidents[INCIDENTS_MAX];
    size_t n_incidents;
    struct ct_incident ours;     /* id 0: there is none */
    struct ct_incident last;     /* the one that was opened or joined */
    bool joined;
};

static ct_err on_finding(void *ctx, const struct ct_affected_row *r)
{
    struct opening *o = ctx;
    struct ct_vulnerability v;
    if (ct_str_eq(r->state, CT_STR("mitigated")) || o->n == NAMES_MAX) return CT_OK;
    for (size_t i = 0; i < o->n; i++)
        if (ct_str_eq(o->names[i], r->name)) return CT_OK;
    CT_TRY(ct_vulnerability_find(o->s->db, o->s->arena, r->name, &v));
    if (!ct_str_eq(v.severity, CT_STR("critical")) && !ct_str_eq(v.severity, CT_STR("high")) && !v.kev_added) return CT_OK;
    o->names[o->n] = v.name;
    o->ids[o->n++] = v.id;
    return CT_OK;
}

static ct_err on_incident(void *ctx, const struct ct_incident *i)
{
    struct opening *o = ctx;
    if (o->n_incidents < INCIDENTS_MAX) o->incidents[o->n_incidents++] = i->id;
    if (o->ours.id || !ct_str_eq(i->title, o->title)) return CT_OK;
    o->ours = *i;
    ct_str *texts[] = {&o->ours.name, &o->ours.title, &o->ours.mode, &o->ours.policy};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) CT_TRY(ct_arena_dup(o->s->arena, *texts[k], texts[k]));
    return CT_OK;
}

static ct_err on_covered(void *ctx, int64_t vulnerability, ct_str name, int64_t published, int64_t notified)
{
    struct opening *o = ctx;
    (void)name, (void)published, (void)notified;
    for (size_t i = 0; i < o->n; i++) o->known[i] |= o->ids[i] == vulnerability;
    return CT_OK;
}

static ct_err work(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct opening *o = ctx;
    struct ct_clocks_count count = {0};
    ct_str wanted[NAMES_MAX];
    size_t n = 0;
    CT_TRY(ct_findings_open_on(s->db, o->host->id, on_finding, o));
    CT_TRY(ct_incidents_each(s->db, true, on_incident, o));
    for (size_t i = 0; i < o->n_incidents; i++) CT_TRY(ct_incident_vulnerabilities(s->db, o->incidents[i], on_covered, o));
    for (size_t i = 0; i < o->n; i++)
        if (!o->known[i]) wanted[n++] = o->names[i];
    o->n = n; /* from here on: what is new */
    for (size_t i = 0; i < n; i++) o->names[i] = wanted[i];
    if (n == 0) return CT_OK;
    o->joined = o->ours.id != 0;
    if (o->joined) {
        o->last = o->ours;
        for (size_t i = 0; i < n; i++) CT_TRY(ct_incident_join(s->db, s->arena, &o->ours, wanted[i], 0, &s->who, &count, fault));
        return CT_OK;
    }
    const struct ct_incident_asked asked = {.title = o->title, .names = wanted, .n = n};
    return ct_incident_open(s->db, s->arena, &asked, &s->who, &o->last, &count, fault);
}

ct_err ct_up_incident(struct ct_stored *s, const struct ct_asset *host)
{
    struct opening *o = ct_arena_zalloc(s->arena, sizeof *o);
    struct ct_buf b, line;
    if (!o) return CT_ERR_NOMEM;
    o->s = s;
    o->host = host;
    ct_buf_init(&b, s->arena, 65536);
    ct_buf_text(&b, "found by caltrop up on ");
    ct_buf_add(&b, ct_str_slice(host->name, 0, 200));
    CT_TRY(ct_buf_str(&b, &o->title));
    CT_TRY(ct_stored_change(s, work, o));
    if (o->n == 0) return CT_OK;
    ct_buf_init(&line, s->arena, 65536);
    ct_buf_printf(&line, "%s incident ", o->joined ? "Joined to" : "Opened");
    ct_print_text(&line, o->last.name);
    for (size_t i = 0; i < o->n; i++) {
        ct_buf_text(&line, i ? ", " : ": ");
        ct_print_text(&line, o->names[i]);
    }
    ct_buf_text(&line, ". 'caltrop incident show ");
    ct_print_text(&line, o->last.name);
    ct_buf_text(&line, "' has its clocks, roles and tasks.");
    CT_TRY(line.err);
    ct_buf_init(&b, s->arena, 65536);
    ct_buf_byte(&b, '\n');
    ct_flow(&b, ct_buf_view(&line), ct_terminal_columns(STDOUT_FILENO), 2);
    return ct_stored_write(s, &b);
}
