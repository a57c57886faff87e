/* advisory add PATH... | add --name ID --package PURL --range R | same A B | kev FILE. */
#include "cli/flow.h"
#include "cli/verbs.h"
#include "respond/advisory_import.h"
#include "scan/advise.h"
#include "store/timeline.h"
#include "store/vulnerability.h"
#include "text/printable.h"

#include <string.h>
#include <unistd.h>

enum { PACKAGES_MAX = 32, LISTED = 20 };

struct cmd {
    struct ct_stored s;
    const char *name, *range, *summary, *source;
    enum ct_severity severity;
    ct_str packages[PACKAGES_MAX];
    size_t n_packages;
    struct ct_advisory_import in;
    uint64_t notes;
    int64_t before;           /* the last entry of the timeline before */
    ct_str kind;              /* of the entries that are listed at the moment */
    size_t listed, columns;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_NAME: c->name = value; return NULL;
    case CT_OPT_RANGE: c->range = value; return NULL;
    case CT_OPT_SUMMARY: c->summary = value; return NULL;
    case CT_OPT_SOURCE: c->source = value; return NULL;
    case CT_OPT_PACKAGE:
        if (c->n_packages == PACKAGES_MAX) return "is one too many";
        c->packages[c->n_packages++] = ct_str_from(value);
        return NULL;
    case CT_OPT_SEVERITY:
        for (int s = CT_SEVERITY_LOW; s <= CT_SEVERITY_CRITICAL; s++)
            if (strcmp(value, ct_severity_name((enum ct_severity)s)) == 0) {
                c->severity = (enum ct_severity)s;
                return NULL;
            }
        return "is not one of low, medium, high, critical";
    default: return "is not an option here";
    }
}

static ct_err on_record(void *ctx, ct_str json, struct ct_fault *fault) { return ct_advisory_import_osv(&((struct cmd *)ctx)->in, json, fault); }

static void on_note(void *ctx, ct_str path, const char *text)
{
    struct cmd *c = ctx;
    c->notes++;
    ct_complain(c->s.command, "%.*s: %s", path.n < 4096 ? (int)path.n : 4096, (const char *)path.p, text);
}

static ct_err add_paths(struct cmd *c, struct ct_fault *fault)
{
    const struct ct_advise_sink sink = {on_record, on_note, c, NULL};
    for (size_t i = 0; i < c->s.n_args; i++) {
        uint64_t n;
        struct ct_fault why = {0};
        ct_err e = ct_advise_read(&ct_alloc_libc, c->s.args[i], &sink, &n, &why);
        if (e != CT_OK && *why.detail) return ct_fault_set(fault, e, 0, "%s: %s; nothing was changed", c->s.args[i], why.detail);
        CT_TRY(e);
        if (n == 0) on_note(c, ct_str_from(c->s.args[i]), "holds no advisory");
    }
    return CT_OK;
}

/* "pkg:maven/a/b" and "[1,2)": the suspicion 'pkg:maven/a/b@[1,2)'. */
static ct_err add_local(struct cmd *c, struct ct_fault *fault)
{
    ct_str suspects[PACKAGES_MAX];
    for (size_t i = 0; i < c->n_packages; i++) {
        struct ct_buf b;
        ct_buf_init(&b, c->s.arena, 65536);
        ct_buf_add(&b, c->packages[i]);
        if (c->range) ct_buf_byte(&b, '@');
        if (c->range) ct_buf_text(&b, c->range);
        CT_TRY(ct_buf_str(&b, &suspects[i]));
    }
    const struct ct_local_advisory local = {.id = ct_str_from(c->name), .summary = ct_str_from(c->summary ? c->summary : ""), .severity = c->severity, .suspects = suspects,
                                            .suspects_n = c->n_packages};
    return ct_advisory_import_local(&c->in, &local, fault);
}

static ct_err kev(struct cmd *c, struct ct_fault *fault)
{
    ct_str text;
    CT_TRY(ct_stored_read(&c->s, c->s.arena, c->s.args[0], &text));
    struct ct_fault why = {0};
    ct_err e = ct_advisory_import_kev(&c->in, text, &why);
    return e != CT_OK && *why.detail ? ct_fault_set(fault, e, 0, "%s: %s; nothing was changed", c->s.args[0], why.detail) : e;
}

struct hint {
    struct ct_buf *b;
    ct_str vulnerability;
    size_t n;
};

static ct_err on_local(void *ctx, ct_str name)
{
    struct hint *h = ctx;
    if (h->n++ == 10) return CT_OK;
    ct_print_text(h->b, name);
    ct_buf_text(h->b, " is about the same package as ");
    ct_print_text(h->b, h->vulnerability);
    ct_buf_text(h->b, ". If they are one: caltrop advisory same ");
    ct_print_text(h->b, name);
    ct_buf_byte(h->b, ' ');
    ct_print_text(h->b, h->vulnerability);
    ct_buf_byte(h->b, '\n');
    return CT_OK;
}

static ct_err hints(struct cmd *c, struct ct_buf *b)
{
    struct hint h = {.b = b};
    for (size_t i = 0; i < c->in.n_touched; i++) {
        struct ct_vulnerability v;
        ct_err e = ct_vulnerability_get(c->s.db, c->s.arena, c->in.touched[i], &v);
        if (e == CT_ERR_NOT_FOUND) continue;
        CT_TRY(e);
        h.vulnerability = v.name;
        CT_TRY(ct_advisory_locals_beside(c->s.db, v.id, on_local, &h));
    }
    return CT_OK;
}

/* A line in the terminal's width, of at most LISTED. */
static void item(struct cmd *c, const struct ct_buf *line)
{
    if (line->err && !c->s.text.err) c->s.text.err = line->err;
    if (c->listed++ < LISTED) ct_flow(&c->s.text, ct_buf_view(line), c->columns, 4);
}

static void rest(struct cmd *c)
{
    if (c->listed > LISTED) ct_buf_printf(&c->s.text, "  and %zu more: 'caltrop changed', 'caltrop affected CVE'\n", c->listed - LISTED);
    c->listed = 0;
}

static ct_err on_entry(void *ctx, const struct ct_timeline_entry *e)
{
    struct cmd *c = ctx;
    struct ct_buf line;
    struct ct_arena_mark mark = ct_arena_mark(c->in.arena);
    if (!ct_str_eq(e->kind, c->kind)) return CT_OK;
    ct_buf_init(&line, c->in.arena, 65536);
    ct_buf_text(&line, "  ");
    ct_print_text(&line, e->subject);
    ct_buf_text(&line, ": ");
    ct_print_text(&line, e->now);
    ct_buf_text(&line, "; ");
    ct_print_clipped(&line, e->why, 300);
    item(c, &line);
    ct_arena_reset(c->in.arena, mark);
    return line.err;
}

static ct_err on_short(void *ctx, const struct ct_affected_row *r)
{
    struct cmd *c = ctx;
    struct ct_buf line;
    struct ct_arena_mark mark = ct_arena_mark(c->in.arena);
    if (c->listed == 0) ct_buf_text(&c->s.text, "Mitigations that do not cover it\n");
    ct_buf_init(&line, c->in.arena, 65536);
    ct_buf_text(&line, "  ");
    ct_print_text(&line, r->name);
    ct_buf_printf(&line, " (%.*s) is protected from ", CT_STR_ARG(r->environment));
    ct_print_text(&line, r->state);
    ct_buf_text(&line, " alone: ");
    ct_print_clipped(&line, r->reason, 300);
    item(c, &line);
    ct_arena_reset(c->in.arena, mark);
    return line.err;
}

/* What it opened, reopened and closed, by name; what was left open is counted. */
static ct_err list_changes(struct cmd *c)
{
    static const struct {
        const char *kind, *title;
    } kinds[] = {{"finding.opened", "Opened\n"}, {"finding.reopened", "Reopened\n"}, {"finding.changed", "Changed\n"}, {"finding.closed", "Closed\n"}};
    const struct ct_derived *d = &c->in.counts.derived;
    const uint64_t n[] = {d->opened, d->reopened, d->changed, d->closed};
    const struct ct_timeline_filter filter = {.since = INT64_MIN, .until = INT64_MAX, .after = c->before};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (n[i] == 0) continue;
        c->kind = ct_str_from(kinds[i].kind);
        ct_buf_text(&c->s.text, kinds[i].title);
        CT_TRY(ct_timeline_read(c->s.db, &filter, on_entry, c));
        rest(c);
    }
    for (size_t i = 0; i < c->in.n_touched; i++) CT_TRY(ct_mitigations_short(c->s.db, c->in.touched[i], on_short, c));
    rest(c);
    return CT_OK;
}

static ct_err say(struct cmd *c)
{
    const struct ct_advisory_counts *n = &c->in.counts;
#define N(v) (unsigned long long)(v)
    ct_buf_printf(&c->s.text, "Advisories: %llu added, %llu changed, %llu as they were, %llu withdrawn; %llu vulnerabilities merged, %llu newly known to be exploited.\n", N(n->added),
                  N(n->replaced), N(n->same), N(n->withdrawn), N(n->merged), N(n->kev));
    ct_buf_printf(&c->s.text, "Findings: %llu opened, %llu reopened, %llu changed, %llu closed, %llu left open as they were.\n", N(n->derived.opened), N(n->derived.reopened),
                  N(n->derived.changed), N(n->derived.closed), N(n->derived.left));
#undef N
    CT_TRY(list_changes(c));
    return hints(c, &c->s.text);
}

static const char *wrong(const struct cmd *c)
{
    if (c->name && c->source) return "--source goes with files; a local advisory is its own";
    if (!c->name) return c->n_packages || c->range ? "--package and --range need --name LOCAL-1" : c->s.n_args ? NULL : "takes PATH..., or --name LOCAL-1 --package PURL";
    return c->s.n_args ? "takes either paths or --name" : c->n_packages == 0 ? "--name needs --package PURL" : NULL;
}

static ct_err work(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    const char *verb = s->command + sizeof "caltrop advisory";
    const char *why = strcmp(verb, "add") == 0 ? wrong(c) : NULL;
    if (why) return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s", why);
    ct_err e = ct_advisory_import_begin(&c->in, s->db, &s->who, c->source ? ct_str_from(c->source) : (ct_str){NULL, 0});
    c->columns = ct_terminal_columns(STDOUT_FILENO);
    if (e == CT_OK) e = ct_timeline_last(s->db, &c->before);
    if (e == CT_OK && strcmp(verb, "kev") == 0) e = kev(c, fault);
    else if (e == CT_OK && strcmp(verb, "same") == 0) e = ct_advisory_same(&c->in, ct_str_from(c->s.args[0]), ct_str_from(c->s.args[1]), fault);
    else if (e == CT_OK) e = c->name ? add_local(c, fault) : add_paths(c, fault);
    if (e == CT_OK) e = ct_advisory_import_done(&c->in);
    if (e == CT_OK) e = say(c);
    ct_advisory_import_free(&c->in);
    s->found = c->notes ? 3 : 0;
    return e;
}

int ct_cmd_advisory(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {{"caltrop advisory add", "PATH..., or --name LOCAL-1 --package PURL", 0, SIZE_MAX, work, NULL},
                                           {"caltrop advisory same", "two names of one vulnerability", 2, 2, work, NULL},
                                           {"caltrop advisory kev", "FILE: known_exploited_vulnerabilities.json", 1, 1, work, NULL}};
    struct cmd c = {.severity = CT_SEVERITY_UNKNOWN};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
