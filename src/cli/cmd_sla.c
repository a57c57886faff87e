/* sla due|overdue|move|facts: what is due, what is late, and what people decided about it. */
#include "cli/verbs.h"
#include "cli/flow.h"
#include "cli/when.h"
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/due.h"
#include "store/timeline.h"
#include "store/vulnerability.h"
#include "text/printable.h"

#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 16 << 20 };
enum format { TEXT, CSV, JSONL };

struct cmd {
    struct ct_stored s;
    struct ct_answer_filter filter;
    enum format format;
    bool no_header, all, overdue;
    int64_t within_us;
    const char *due, *notified, *automatable, *impact;
    size_t columns;
    uint64_t shown;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_ENVIRONMENT:
        c->filter.environment = ct_environment_word(ct_str_from(value));
        return *value && c->filter.environment.p ? NULL : "is not one of development, staging, production, unknown";
    case CT_OPT_EXPOSURE:
        c->filter.exposure = ct_exposure_word(ct_str_from(value));
        return *value && c->filter.exposure.p ? NULL : "is not one of public, internal, receives-public-input, unknown";
    case CT_OPT_OWNER: c->filter.owner = ct_str_from(value); return NULL;
    case CT_OPT_WITHIN: return ct_how_long(value, &c->within_us) ? NULL : "is not a length of time like 4h or 2d";
    case CT_OPT_ALL: c->all = true; return NULL;
    case CT_OPT_DUE: c->due = value; return NULL;
    case CT_OPT_NOTIFIED: c->notified = value; return NULL;
    case CT_OPT_AUTOMATABLE: c->automatable = value; return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0 ? NULL : "is not yes or no";
    case CT_OPT_IMPACT: c->impact = value; return strcmp(value, "partial") == 0 || strcmp(value, "total") == 0 ? NULL : "is not partial or total";
    case CT_OPT_JSON_LINES: c->format = JSONL; return NULL;
    case CT_OPT_LIST_OUTPUT:
        c->format = strcmp(value, "jsonl") == 0 ? JSONL : strcmp(value, "csv") == 0 ? CSV : TEXT;
        return c->format != TEXT || strcmp(value, "table") == 0 ? NULL : "is not one of table, csv, jsonl";
    case CT_OPT_NO_HEADER: c->no_header = true; return NULL;
    default: return "is not an option here";
    }
}

static bool late(const struct cmd *c, const struct ct_due_row *r) { return !r->closed && !r->stopped && r->due && r->due < c->s.who.now_us; }

static void json(struct cmd *c, const struct ct_due_row *r)
{
    struct ct_json_out j;
    ct_json_begin(&j, &c->s.text);
    ct_json_object(&j);
    ct_json_kv(&j, "asset", r->name);
    ct_json_kv(&j, "environment", r->environment);
    ct_json_kv(&j, "exposure", r->exposure);
    ct_json_some(&j, "owner", r->owner);
    ct_json_kv(&j, "vulnerability", r->vulnerability);
    ct_json_some(&j, "severity", r->severity);
    ct_json_kv(&j, "purl", r->purl);
    ct_json_some(&j, "version", r->version);
    ct_json_kv(&j, "state", r->state);
    ct_json_key(&j, "overdue");
    ct_json_bool(&j, late(c, r));
    if (r->due) ct_json_time(&j, "due", r->due);
    if (r->due_policy) ct_json_time(&j, "policy_due", r->due_policy);
    if (r->breached) ct_json_time(&j, "breached", r->breached);
    if (r->accepted_until) ct_json_time(&j, "accepted_until", r->accepted_until);
    ct_json_time(&j, "opened", r->opened);
    if (r->closed) ct_json_time(&j, "closed", r->closed);
    ct_json_some(&j, "rule", r->rule);
    ct_json_key(&j, "forensics");
    ct_json_bool(&j, r->forensics);
    ct_json_object_end(&j);
    ct_buf_byte(&c->s.text, '\n');
}

static void csv(struct cmd *c, const struct ct_due_row *r)
{
    const ct_str cells[] = {r->name, r->environment, r->exposure, r->owner, r->vulnerability, r->severity, r->purl, r->version, r->state, r->rule};
    const int64_t times[] = {r->due, r->due_policy, r->breached, r->accepted_until, r->opened, r->closed};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        if (i) ct_buf_byte(&c->s.text, ',');
        ct_print_csv(&c->s.text, cells[i]);
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        ct_buf_byte(&c->s.text, ',');
        if (times[i]) ct_print_time(&c->s.text, times[i]);
    }
    ct_buf_text(&c->s.text, r->forensics ? ",yes\n" : ",no\n");
}

static ct_err line(struct cmd *c, const struct ct_due_row *r)
{
    int64_t now = c->s.who.now_us;
    struct ct_arena_mark mark = ct_arena_mark(c->s.arena);
    struct ct_buf b;
    ct_buf_init(&b, c->s.arena, 1u << 20);
    ct_buf_text(&b, r->closed ? "closed, " : r->stopped ? "stopped, due " : late(c, r) ? "overdue by " : "due in ");
    if (r->closed) ct_buf_text(&b, "was late");
    else if (r->stopped) ct_print_second(&b, r->due);
    else ct_print_span(&b, late(c, r) ? now - r->due : r->due - now);
    ct_buf_text(&b, " (");
    ct_print_second(&b, r->closed ? r->breached : r->due);
    ct_buf_text(&b, "): ");
    ct_print_text(&b, r->vulnerability);
    ct_buf_text(&b, " on ");
    ct_print_text(&b, r->name);
    ct_buf_text(&b, " (");
    ct_print_text(&b, r->environment);
    ct_buf_text(&b, ", ");
    ct_print_text(&b, r->exposure);
    ct_buf_text(&b, ") ");
    ct_print_text(&b, r->purl);
    ct_buf_text(&b, "; ");
    ct_print_text(&b, r->state);
    ct_buf_text(&b, r->owner.n ? "; owner " : "; no owner");
    ct_print_text(&b, r->owner);
    if (r->rule.n) ct_buf_text(&b, "; rule ");
    ct_print_text(&b, r->rule);
    if (r->forensics) ct_buf_text(&b, "; needs a forensic investigation");
    if (r->accepted_until) ct_buf_text(&b, "; accepted until "), ct_print_second(&b, r->accepted_until);
    if (r->due_policy && r->due_policy != r->due) ct_buf_text(&b, "; the policy's own time is "), ct_print_second(&b, r->due_policy);
    if (r->breached && !r->closed) ct_buf_text(&b, "; late since "), ct_print_second(&b, r->breached);
    CT_TRY(b.err);
    ct_flow(&c->s.text, ct_buf_view(&b), c->columns, 4);
    CT_TRY(ct_stored_write(&c->s, &c->s.text));
    c->s.text.n = 0;
    ct_arena_reset(c->s.arena, mark);
    return CT_OK;
}

static ct_err on_due(void *ctx, const struct ct_due_row *r)
{
    struct cmd *c = ctx;
    if (c->overdue && r->stopped && !c->all) return CT_OK;
    if (c->shown++ == 0 && c->format == CSV && !c->no_header)
        ct_buf_text(&c->s.text, "asset,environment,exposure,owner,vulnerability,severity,purl,version,state,rule,due,policy_due,breached,accepted_until,opened,closed,forensics\n");
    if (c->format == TEXT) return line(c, r);
    if (c->format == CSV) csv(c, r);
    else json(c, r);
    CT_TRY(ct_stored_write(&c->s, &c->s.text));
    c->s.text.n = 0;
    return CT_OK;
}

static ct_err due(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    (void)fault;
    int64_t until = c->overdue || c->within_us ? s->who.now_us + c->within_us + (c->within_us > 0) : INT64_MAX; /* at the end of it counts */
    CT_TRY(ct_due_each(s->db, &c->filter, until, s->who.now_us, c->all, on_due, c));
    if (c->shown == 0 && c->format == TEXT) ct_buf_text(&c->s.text, c->overdue ? "Nothing is overdue.\n" : "Nothing is due.\n");
    s->found = c->shown > 0;
    return CT_OK;
}

static ct_err overdue(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    c->overdue = true;
    return due(ctx, s, fault);
}

static ct_err vulnerability(struct cmd *c, const char *name, struct ct_vulnerability *ret_v, struct ct_fault *fault)
{
    ct_err e = ct_vulnerability_find(c->s.db, c->s.arena, ct_str_from(name), ret_v);
    return e == CT_ERR_NOT_FOUND ? ct_fault_set(fault, CT_ERR_USAGE, 0, "nothing is known about %.100s: load its advisory first", name) : e;
}

static ct_err move(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_asset a;
    struct ct_vulnerability v;
    int64_t to;
    uint64_t moved;
    if (!c->due || !ct_when_ahead(c->due, s->who.now_us, &to)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "needs the new time: --due 2021-12-20T17:00Z, or --due 7d from now");
    CT_TRY(ct_stored_asset(s, c->s.args[0], &a, fault));
    CT_TRY(vulnerability(c, c->s.args[1], &v, fault));
    CT_TRY(ct_clock_move(s->db, a.id, v.id, to, &s->who, &moved, fault));
    ct_buf_printf(&c->s.text, "%llu due times moved.\n", (unsigned long long)moved);
    return CT_OK;
}

/* "notified 2021-12-10T08:00:00Z, automatable yes, impact total" */
static ct_err facts_text(ct_arena *arena, const struct cmd *c, int64_t notified, ct_str *ret_text)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 4096);
    if (notified) ct_buf_text(&b, "notified "), ct_print_second(&b, notified);
    if (c->automatable) ct_buf_printf(&b, "%sautomatable %s", b.n ? ", " : "", c->automatable);
    if (c->impact) ct_buf_printf(&b, "%simpact %s", b.n ? ", " : "", c->impact);
    return ct_buf_str(&b, ret_text);
}

static ct_err facts(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_vulnerability v;
    struct ct_clocks_count n = {0};
    int64_t notified = 0;
    ct_str text;
    if (!c->notified && !c->automatable && !c->impact) return ct_fault_set(fault, CT_ERR_USAGE, 0, "needs --notified TIME, --automatable yes|no or --impact partial|total");
    if (c->notified && !ct_when(c->notified, s->who.now_us, &notified)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--notified takes a time like 2021-12-10T08:00Z, or 2h");
    CT_TRY(vulnerability(c, c->s.args[0], &v, fault));
    CT_TRY(ct_vulnerability_facts(s->db, v.id, c->automatable ? ct_str_from(c->automatable) : (ct_str){NULL, 0}, c->impact ? ct_str_from(c->impact) : (ct_str){NULL, 0}, notified));
    CT_TRY(facts_text(s->arena, c, notified, &text));
    const struct ct_timeline_entry e = {.at = s->who.now_us, .actor = s->who.actor, .kind = CT_STR("vulnerability.facts"), .subject = v.name, .vulnerability = v.id, .now = text,
                                        .why = s->who.why};
    CT_TRY(ct_timeline_append(s->db, &e));
    CT_TRY(ct_clocks(s->db, v.id, 0, &s->who, false, &n));
    ct_buf_printf(&c->s.text, "Clocks: %llu started, %llu moved earlier.\n", (unsigned long long)n.started, (unsigned long long)n.earlier);
    return CT_OK;
}

int ct_cmd_sla(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {
        {"caltrop sla due", "", 0, 0, NULL, due}, {"caltrop sla overdue", "", 0, 0, NULL, overdue}, {"caltrop sla move", "ASSET CVE --due TIME", 2, 2, move, NULL},
        {"caltrop sla facts", "CVE", 1, 1, facts, NULL},
    };
    struct cmd c = {.format = TEXT};
    c.columns = ct_terminal_columns(STDOUT_FILENO);
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
