/* why ASSET CVE: everything that one answer rests on, in words. */
#include "cli/flow.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "event/attempt.h"
#include "respond/control.h"
#include "respond/coverage.h"
#include "respond/json_list.h"
#include "scan/json_paths.h"
#include "store/finding_row.h"
#include "text/printable.h"

#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 16 << 20, PLACES_MAX = 200 };

struct cmd {
    struct ct_stored s;
    int64_t fresh_us;
    struct ct_vulnerability v;
    struct ct_asset a;
    struct ct_buf b;
    ct_arena *scratch;
    size_t columns;
    uint64_t findings, places, open;
    ct_str version;            /* of the finding at hand */
    int64_t seen_affected;     /* class evidence of it said so then */
    struct {
        struct ct_affected_row row;
    } list[64];
    size_t n;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    if (id == CT_OPT_FRESH) return ct_how_long(value, &c->fresh_us) ? NULL : "is not a length of time like 24h or 7d";
    return "is not an option here";
}

/* A line of a label and texts, in the terminal's width. */
static void line(struct cmd *c, size_t indent, const char *label, ct_str text, const char *after)
{
    struct ct_buf b;
    ct_arena_clear(c->scratch);
    ct_buf_init(&b, c->scratch, TEXT_MAX / 4);
    for (size_t i = 0; i < indent; i++) ct_buf_byte(&b, ' ');
    ct_buf_text(&b, label);
    ct_print_text(&b, text);
    ct_buf_text(&b, after);
    if (b.err && !c->b.err) c->b.err = b.err;
    ct_flow(&c->b, ct_buf_view(&b), c->columns, indent + 2);
}

static ct_err on_verdict(void *ctx, const struct ct_finding_verdict *v)
{
    struct cmd *c = ctx;
    struct ct_buf b;
    ct_buf_init(&b, c->s.arena, TEXT_MAX);
    ct_buf_add(&b, v->source);
    ct_buf_text(&b, " says ");
    ct_buf_add(&b, v->state);
    if (v->reason.n) ct_buf_text(&b, ": ");
    ct_buf_add(&b, v->reason);
    CT_TRY(b.err);
    line(c, 4, "", ct_buf_view(&b), "");
    return CT_OK;
}

struct process {
    struct cmd *c;
    ct_str pid, name, unit, container, how, controls, java;
};

static ct_err on_process(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct process *p = ctx;
    static const char *const keys[] = {"pid", "name", "unit", "container", "how", "controls", "java"};
    ct_str *const to[] = {&p->pid, &p->name, &p->unit, &p->container, &p->how, &p->controls, &p->java};
    if (t->kind == CT_JSON_OBJECT) *p = (struct process){.c = p->c};
    for (size_t i = 0; i < sizeof keys / sizeof *keys && (t->kind == CT_JSON_STRING || t->kind == CT_JSON_NUMBER); i++)
        if (strcmp(path, keys[i]) == 0) CT_TRY(ct_json_token_text(p->c->s.arena, t, to[i]));
    if (t->kind != CT_JSON_OBJECT_END) return CT_OK;
    struct ct_buf b;
    static const char *const labels[] = {"", " ", ", unit ", ", container ", ": ", "; controls: ", "; Java "};
    ct_buf_init(&b, p->c->s.arena, TEXT_MAX);
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        if (to[i]->n) ct_buf_text(&b, labels[i]);
        ct_buf_add(&b, *to[i]);
    }
    CT_TRY(b.err);
    line(p->c, 8, "process ", ct_buf_view(&b), "");
    return CT_OK;
}

static ct_err on_observed(void *ctx, const struct ct_observed_row *r)
{
    struct cmd *c = ctx;
    struct process p = {.c = c};
    const ct_str *evidence;
    size_t n;
    struct ct_buf b;
    ct_buf_init(&b, c->s.arena, TEXT_MAX);
    ct_buf_add(&b, ct_str_eq(r->source, CT_STR("class")) ? CT_STR("class evidence") : r->source);
    ct_buf_text(&b, ": ");
    ct_buf_add(&b, r->state);
    ct_buf_text(&b, ", ");
    ct_buf_add(&b, r->reason);
    ct_buf_text(&b, " (look of ");
    ct_print_second(&b, r->at);
    ct_buf_byte(&b, ')');
    CT_TRY(b.err);
    line(c, 6, "", ct_buf_view(&b), "");
    if (ct_str_eq(r->source, CT_STR("class")) && ct_str_eq(r->state, CT_STR("affected")) && r->at > c->seen_affected) c->seen_affected = r->at;
    CT_TRY(ct_json_list_read(c->s.arena, r->evidence, &evidence, &n));
    for (size_t i = 0; i < n; i++) line(c, 8, "", evidence[i], "");
    if (r->processes.n) {
        ct_err e = ct_json_paths(r->processes, on_process, &p);
        if (e == CT_ERR_NOMEM) return e;
    }
    if (r->fix.n) line(c, 8, "what to do: ", r->fix, "");
    return CT_OK;
}

static ct_err on_place(void *ctx, const struct ct_place_row *r)
{
    struct cmd *c = ctx;
    if (c->places++ >= PLACES_MAX) return CT_OK;
    char after[128];
    struct ct_buf t;
    ct_buf_init(&t, c->s.arena, 256);
    ct_buf_text(&t, r->gone ? "; gone since " : "; last seen ");
    ct_print_second(&t, r->gone ? r->gone : r->seen);
    (void)snprintf(after, sizeof after, "%.*s", CT_STR_ARG(ct_buf_view(&t)));
    line(c, 4, "at ", r->path, after);
    return r->gone ? CT_OK : ct_observed_of(c->s.db, r->instance, c->v.id, on_observed, c);
}

static ct_err on_control(void *ctx, const struct ct_control_row *r)
{
    struct cmd *c = ctx;
    struct ct_buf b;
    const char *words;
    bool covers = ct_control_covers(r, c->v.name, c->version, ct_str_eq(c->a.exposure, CT_STR("receives-public-input")), c->seen_affected, &words);
    ct_buf_init(&b, c->s.arena, TEXT_MAX);
    ct_buf_add(&b, r->kind);
    ct_buf_text(&b, ", by ");
    ct_buf_add(&b, r->who);
    ct_buf_text(&b, ": ");
    ct_buf_add(&b, r->evidence);
    if (r->until) ct_buf_text(&b, "; until ");
    if (r->until) ct_print_second(&b, r->until);
    ct_buf_printf(&b, "; %s: %s", covers ? "covers it" : "does not cover it", words);
    CT_TRY(b.err);
    line(c, 4, "control ", ct_buf_view(&b), "");
    return CT_OK;
}

static ct_err keep(void *ctx, const struct ct_affected_row *r)
{
    struct cmd *c = ctx;
    c->findings++;
    if (c->n == sizeof c->list / sizeof *c->list) return CT_OK;
    struct ct_affected_row *k = &c->list[c->n].row;
    *k = *r;
    ct_str *texts[] = {&k->purl, &k->version, &k->state, &k->reason, &k->rule};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CT_TRY(ct_arena_dup(c->s.arena, *texts[i], texts[i]));
    c->n++;
    return CT_OK;
}

static ct_err finding(struct cmd *c, const struct ct_affected_row *r)
{
    struct ct_buf b;
    ct_buf_init(&b, c->s.arena, TEXT_MAX);
    ct_buf_byte(&c->b, '\n');
    line(c, 0, "", r->purl, "");
    ct_buf_add(&b, r->state);
    ct_buf_text(&b, ": ");
    ct_buf_add(&b, r->reason);
    CT_TRY(b.err);
    line(c, 2, "", ct_buf_view(&b), "");
    c->open += r->closed == 0;
    c->version = r->version;
    c->seen_affected = 0;
    if (r->conflict) line(c, 2, "The sources contradict each other; the less safe one counts.", CT_STR(""), "");
    ct_buf_text(&c->b, r->closed ? "  closed " : "  open since ");
    ct_print_second(&c->b, r->closed ? r->closed : r->opened);
    if (r->closed && r->breached) ct_buf_text(&c->b, ", was late since "), ct_print_second(&c->b, r->breached);
    ct_buf_byte(&c->b, '\n');
    if (!r->closed) {
        ct_buf_init(&b, c->s.arena, TEXT_MAX);
        ct_print_clock(&b, r, c->s.who.now_us);
        CT_TRY(b.err);
        line(c, 2, "clock: ", ct_buf_view(&b), "");
    }
    ct_buf_text(&c->b, "  Sources\n");
    CT_TRY(ct_verdicts_of(c->s.db, r->finding, on_verdict, c));
    ct_buf_text(&c->b, "  Places\n");
    c->places = 0;
    CT_TRY(ct_places_of(c->s.db, c->a.id, r->component, on_place, c));
    if (c->places > PLACES_MAX) ct_buf_printf(&c->b, "    and %llu more\n", (unsigned long long)(c->places - PLACES_MAX));
    return ct_controls_in_force(c->s.db, c->a.id, r->component, c->v.id, c->s.who.now_us, on_control, c);
}

static ct_err on_alias(void *ctx, ct_str alias)
{
    struct cmd *c = ctx;
    ct_buf_text(&c->b, ", ");
    ct_print_text(&c->b, alias);
    return CT_OK;
}

static ct_err explain(struct cmd *c)
{
    static const char *const words[CT_COVERS] = {
        "a complete look reached all of it lately", "its last complete look is stale: what came since is not known", "only a part of it was looked at: the rest is not known",
        "nobody ever looked at it: nothing can be said"};
    enum ct_cover how = ct_cover_of(c->a.looked, c->a.assessed, c->s.who.now_us, c->fresh_us);
    ct_print_text(&c->b, c->v.name);
    CT_TRY(ct_aliases_of(c->s.db, c->v.id, on_alias, c));
    if (c->v.severity.n) ct_buf_text(&c->b, ": ");
    ct_print_text(&c->b, c->v.severity);
    ct_buf_byte(&c->b, '\n');
    struct ct_buf about;
    ct_buf_init(&about, c->s.arena, TEXT_MAX);
    ct_print_text(&about, c->a.name);
    ct_buf_printf(&about, " (%.*s, %.*s)", CT_STR_ARG(c->a.environment), CT_STR_ARG(c->a.exposure));
    if (c->a.owner.n) ct_buf_text(&about, ", owner ");
    ct_print_text(&about, c->a.owner);
    ct_buf_printf(&about, ": %s", words[how]);
    if (c->a.looked) ct_buf_text(&about, "; last looked at ");
    if (c->a.looked) ct_print_second(&about, c->a.looked);
    ct_buf_text(&about, ".\n");
    CT_TRY(about.err);
    ct_flow(&c->b, ct_buf_view(&about), c->columns, 2);
    if (c->v.id) CT_TRY(ct_findings_on(c->s.db, c->v.id, c->a.id, keep, c));
    for (size_t i = 0; i < c->n; i++) CT_TRY(finding(c, &c->list[i].row));
    if (c->findings == 0 && how == CT_COVER_FRESH) ct_buf_text(&c->b, "Not affected: none of what was found there is.\n");
    if (c->findings == 0 && how != CT_COVER_FRESH) ct_buf_text(&c->b, "Nothing is known against it, which is no answer: it cannot be ruled out.\n");
    return ct_stored_write(&c->s, &c->b);
}

int ct_cmd_why(const struct ct_command *command, int argc, char **argv)
{
    struct cmd c = {.fresh_us = 7 * 86400 * (int64_t)1000000};
    struct ct_fault fault = {0};
    int first, status;
    ct_err e = ct_command_parse(command, argc, argv, set_option, &c, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (argc - first != 2) return ct_complain("caltrop why", "takes an asset and a vulnerability: caltrop why web-1 CVE-2021-44228"), 2;
    if (!ct_stored_begin(&c.s, "caltrop why", &status)) return status;
    e = ct_stored_asset(&c.s, argv[first], &c.a, &fault);
    if (e == CT_OK) e = ct_vulnerability_answerable(c.s.db, c.s.arena, ct_str_from(argv[first + 1]), &c.v);
    if (e == CT_ERR_NOT_FOUND) e = ct_fault_set(&fault, CT_ERR_USAGE, 0, "nothing is known about %s, so nothing can be said: load its advisory (caltrop advisory add)", argv[first + 1]);
    if (e == CT_ERR_USAGE) {
        ct_complain(c.s.command, "%s", fault.detail);
        return ct_stored_end(&c.s, e, 0);
    }
    c.columns = ct_terminal_columns(STDOUT_FILENO);
    if (e == CT_OK) e = ct_arena_new(&ct_alloc_libc, 64u << 20, &c.scratch);
    if (e == CT_OK) {
        ct_buf_init(&c.b, c.s.arena, TEXT_MAX);
        e = explain(&c);
    }
    ct_arena_free(c.scratch);
    return ct_stored_end(&c.s, e, c.open > 0);
}
