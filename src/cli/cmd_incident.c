/* incident open|join|mode|role|note|task|done|show|close: what is answered to together. */
#include "cli/verbs.h"
#include "cli/when.h"
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/coverage.h"
#include "respond/incident.h"
#include "text/printable.h"

#include <string.h>

enum { NAMES_MAX = 64 };

struct cmd {
    struct ct_stored s;
    const char *name, *mode, *policy, *notified, *owner, *due, *summary;
    bool json;
    struct ct_json_out j;
    const char *section;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_INCIDENT_NAME: c->name = value; return NULL;
    case CT_OPT_MODE: c->mode = value; return strcmp(value, "normal") == 0 || strcmp(value, "incident") == 0 ? NULL : "is not normal or incident";
    case CT_OPT_POLICY: c->policy = value; return NULL;
    case CT_OPT_NOTIFIED: c->notified = value; return NULL;
    case CT_OPT_OWNER: c->owner = value; return NULL;
    case CT_OPT_DUE: c->due = value; return NULL;
    case CT_OPT_SUMMARY: c->summary = value; return NULL;
    case CT_OPT_JSON_LINES: c->json = true; return NULL;
    default: return "is not an option here";
    }
}

static ct_str policy_of(const struct cmd *c) { return ct_str_from(c->policy ? c->policy : "mailgun-incident"); }

static ct_err notified(struct cmd *c, int64_t *ret_at, struct ct_fault *fault)
{
    *ret_at = 0;
    if (!c->notified || ct_when(c->notified, c->s.who.now_us, ret_at)) return CT_OK;
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "--notified takes a time like 2021-12-10T08:00Z, or 2h");
}

static ct_err find(struct cmd *c, struct ct_incident *i, struct ct_fault *fault)
{
    ct_err e = ct_incident_get(c->s.db, c->s.arena, ct_str_from(c->s.args[0]), i);
    return e == CT_ERR_NOT_FOUND ? ct_fault_set(fault, CT_ERR_USAGE, 0, "no incident is called '%.100s': 'caltrop incident show' lists them", c->s.args[0]) : e;
}

/* What changes needs an open one. */
static ct_err find_open(struct cmd *c, struct ct_incident *i, struct ct_fault *fault)
{
    CT_TRY(find(c, i, fault));
    return i->closed ? ct_fault_set(fault, CT_ERR_USAGE, 0, "it is closed: what comes now is another incident") : CT_OK;
}

static void say_clocks(struct cmd *c, const struct ct_clocks_count *n)
{
    ct_buf_printf(&c->s.text, "Clocks of findings: %llu started, %llu moved earlier.\n", (unsigned long long)n->started, (unsigned long long)n->earlier);
}

static ct_err said(struct cmd *c, const struct ct_incident *i, const char *what)
{
    ct_print_text(&c->s.text, i->name);
    ct_buf_printf(&c->s.text, " %s.\n", what);
    return CT_OK;
}

/* An incident may come before its advisory, and so may a slip of the pen. */
static ct_err hint(struct cmd *c, ct_str name)
{
    struct ct_vulnerability v;
    struct ct_arena_mark mark = ct_arena_mark(c->s.arena);
    ct_err e = ct_vulnerability_answerable(c->s.db, c->s.arena, name, &v);
    ct_arena_reset(c->s.arena, mark);
    if (e != CT_ERR_NOT_FOUND) return e;
    ct_buf_text(&c->s.text, "Nothing is known about ");
    ct_print_text(&c->s.text, name);
    ct_buf_text(&c->s.text, " yet: 'caltrop advisory add' loads its advisory.\n");
    return CT_OK;
}

static ct_err open(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    ct_str names[NAMES_MAX];
    struct ct_incident i;
    struct ct_clocks_count n = {0};
    if (c->s.n_args > NAMES_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "these are too many vulnerabilities at once");
    for (size_t k = 0; k < c->s.n_args; k++) names[k] = ct_str_from(c->s.args[k]);
    struct ct_incident_asked a = {.name = ct_str_from(c->name ? c->name : ""), .title = ct_str_from(c->summary ? c->summary : ""), .names = names, .n = c->s.n_args,
                                  .own_mode = c->mode && strcmp(c->mode, "incident") == 0, .policy = policy_of(c)};
    CT_TRY(notified(c, &a.notified, fault));
    CT_TRY(ct_incident_open(s->db, s->arena, &a, &s->who, &i, &n, fault));
    ct_print_text(&c->s.text, i.name);
    ct_buf_text(&c->s.text, " is open");
    if (i.policy.n) ct_buf_text(&c->s.text, ", under policy "), ct_print_text(&c->s.text, i.policy);
    ct_buf_text(&c->s.text, ".\n");
    say_clocks(c, &n);
    for (size_t k = 0; k < c->s.n_args; k++) CT_TRY(hint(c, names[k]));
    return CT_OK;
}

static ct_err join(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_incident i;
    struct ct_clocks_count n = {0};
    int64_t at;
    CT_TRY(find_open(c, &i, fault));
    CT_TRY(notified(c, &at, fault));
    for (size_t k = 1; k < c->s.n_args; k++) CT_TRY(ct_incident_join(s->db, s->arena, &i, ct_str_from(c->s.args[k]), at, &s->who, &n, fault));
    say_clocks(c, &n);
    for (size_t k = 1; k < c->s.n_args; k++) CT_TRY(hint(c, ct_str_from(c->s.args[k])));
    return CT_OK;
}

static ct_err mode(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_incident i;
    struct ct_clocks_count n = {0};
    bool own = strcmp(c->s.args[1], "incident") == 0;
    if (!own && strcmp(c->s.args[1], "normal") != 0) return ct_fault_set(fault, CT_ERR_USAGE, 0, "'%.60s' is not normal or incident", c->s.args[1]);
    CT_TRY(find_open(c, &i, fault));
    CT_TRY(ct_incident_mode(s->db, s->arena, &i, own ? policy_of(c) : CT_STR(""), &s->who, &n, fault));
    say_clocks(c, &n);
    return CT_OK;
}

static ct_err role(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_incident i;
    CT_TRY(find_open(c, &i, fault));
    CT_TRY(ct_incident_role(s->db, &i, ct_str_from(c->s.args[1]), ct_str_from(c->s.args[2]), &s->who));
    return said(c, &i, "has its role filled");
}

static ct_err note(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_incident i;
    CT_TRY(find(c, &i, fault)); /* a closed one too: what was learned later */
    CT_TRY(ct_incident_note(s->db, &i, ct_str_from(c->s.args[1]), &s->who));
    return said(c, &i, "has the note");
}

static ct_err task(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_incident i;
    int64_t due = 0, number;
    if (c->due && !ct_when_ahead(c->due, s->who.now_us, &due)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--due takes a time like 2021-12-10T17:00Z, or 2h from now");
    CT_TRY(find_open(c, &i, fault));
    CT_TRY(ct_incident_task(s->db, &i, ct_str_from(c->s.args[1]), ct_str_from(c->owner ? c->owner : ""), due, &s->who, &number));
    ct_buf_printf(&c->s.text, "Task %lld.\n", (long long)number);
    return CT_OK;
}

static ct_err done(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_incident i;
    CT_TRY(find_open(c, &i, fault));
    CT_TRY(ct_incident_done(s->db, s->arena, &i, ct_str_from(c->s.args[1]), &s->who, fault));
    return said(c, &i, "has one task less to do");
}

static ct_err shut(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_incident i;
    CT_TRY(find_open(c, &i, fault));
    CT_TRY(ct_incident_close(s->db, s->arena, &i, &s->who, fault));
    return said(c, &i, "is closed");
}

static ct_err on_covered(void *ctx, int64_t vulnerability, ct_str name, int64_t published, int64_t at)
{
    struct cmd *c = ctx;
    (void)vulnerability, (void)published;
    if (c->json) {
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "vulnerability", name);
        if (at) ct_json_time(&c->j, "notified", at);
        ct_json_object_end(&c->j);
        return c->s.text.err;
    }
    ct_buf_text(&c->s.text, "  ");
    ct_print_text(&c->s.text, name);
    if (at) ct_buf_text(&c->s.text, ", told of at "), ct_print_second(&c->s.text, at);
    ct_buf_byte(&c->s.text, '\n');
    return CT_OK;
}

static ct_err on_clock(void *ctx, const struct ct_incident_clock *k)
{
    struct cmd *c = ctx;
    if (c->json) {
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "clock", k->name);
        ct_json_time(&c->j, "due", k->due);
        if (k->met) ct_json_time(&c->j, "met", k->met);
        ct_json_some(&c->j, "how", k->how);
        if (k->breached) ct_json_time(&c->j, "breached", k->breached);
        ct_json_object_end(&c->j);
        return c->s.text.err;
    }
    ct_buf_text(&c->s.text, "  clock ");
    ct_print_text(&c->s.text, k->name);
    ct_buf_text(&c->s.text, ": due ");
    ct_print_second(&c->s.text, k->due);
    if (k->met) ct_buf_text(&c->s.text, ", met "), ct_print_second(&c->s.text, k->met);
    if (k->met) ct_buf_text(&c->s.text, " ("), ct_print_text(&c->s.text, k->how), ct_buf_text(&c->s.text, ")");
    if (!k->met && k->due >= c->s.who.now_us) ct_buf_text(&c->s.text, ", "), ct_print_span(&c->s.text, k->due - c->s.who.now_us), ct_buf_text(&c->s.text, " left");
    if (k->breached) ct_buf_text(&c->s.text, "; LATE");
    ct_buf_byte(&c->s.text, '\n');
    return CT_OK;
}

static ct_err on_item(void *ctx, const struct ct_incident_item *i)
{
    struct cmd *c = ctx;
    if (c->json) {
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "kind", i->kind);
        ct_json_ku(&c->j, "number", (uint64_t)i->number);
        ct_json_kv(&c->j, "text", i->text);
        ct_json_some(&c->j, "who", i->who);
        ct_json_time(&c->j, "at", i->at);
        if (i->due) ct_json_time(&c->j, "due", i->due);
        if (i->ended) ct_json_time(&c->j, "ended", i->ended);
        ct_json_object_end(&c->j);
        return c->s.text.err;
    }
    bool is_role = ct_str_eq(i->kind, CT_STR("role")), is_task = ct_str_eq(i->kind, CT_STR("task"));
    ct_buf_text(&c->s.text, "  ");
    ct_print_text(&c->s.text, i->kind);
    if (is_task) ct_buf_printf(&c->s.text, " %lld", (long long)i->number);
    ct_buf_text(&c->s.text, ": ");
    ct_print_text(&c->s.text, i->text);
    if (i->who.n) ct_buf_text(&c->s.text, is_role ? " is " : ", "), ct_print_text(&c->s.text, i->who);
    if (i->due) ct_buf_text(&c->s.text, ", due "), ct_print_second(&c->s.text, i->due);
    if (i->due && !i->ended && i->due < c->s.who.now_us) ct_buf_text(&c->s.text, " (LATE)");
    if (!is_role && !is_task) ct_buf_text(&c->s.text, ", "), ct_print_second(&c->s.text, i->at);
    if (i->ended) ct_buf_text(&c->s.text, is_role ? ", until " : ", done "), ct_print_second(&c->s.text, i->ended);
    ct_buf_byte(&c->s.text, '\n');
    return CT_OK;
}

static void list_json(struct cmd *c, const char *key)
{
    if (c->section) ct_json_array_end(&c->j);
    c->section = key;
    if (!key) return;
    ct_json_key(&c->j, key);
    ct_json_array(&c->j);
}

static ct_err on_incident(void *ctx, const struct ct_incident *i)
{
    struct cmd *c = ctx;
    if (c->json) {
        ct_json_begin(&c->j, &c->s.text);
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "incident", i->name);
        ct_json_some(&c->j, "title", i->title);
        ct_json_kv(&c->j, "mode", i->mode);
        ct_json_some(&c->j, "policy", i->policy);
        ct_json_time(&c->j, "opened", i->opened);
        if (i->closed) ct_json_time(&c->j, "closed", i->closed);
        list_json(c, "vulnerabilities");
    } else {
        ct_print_text(&c->s.text, i->name);
        if (i->title.n) ct_buf_text(&c->s.text, ": ");
        ct_print_text(&c->s.text, i->title);
        ct_buf_text(&c->s.text, "\n  opened ");
        ct_print_second(&c->s.text, i->opened);
        if (i->closed) ct_buf_text(&c->s.text, ", closed "), ct_print_second(&c->s.text, i->closed);
        ct_buf_text(&c->s.text, ", mode ");
        ct_print_text(&c->s.text, i->mode);
        if (i->policy.n) ct_buf_text(&c->s.text, ", policy "), ct_print_text(&c->s.text, i->policy);
        ct_buf_byte(&c->s.text, '\n');
    }
    CT_TRY(ct_incident_vulnerabilities(c->s.db, i->id, on_covered, c));
    if (c->json) list_json(c, "clocks");
    CT_TRY(ct_incident_clocks(c->s.db, i->id, on_clock, c));
    if (c->json) list_json(c, "items");
    CT_TRY(ct_incident_items(c->s.db, i->id, on_item, c));
    if (c->json) list_json(c, NULL), ct_json_object_end(&c->j), ct_buf_byte(&c->s.text, '\n');
    ct_err e = ct_stored_write(&c->s, &c->s.text);
    c->s.text.n = 0;
    return e;
}

static ct_err show(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_incident i;
    if (c->s.n_args == 0) return ct_incidents_each(s->db, false, on_incident, c);
    CT_TRY(find(c, &i, fault));
    return on_incident(c, &i);
}

int ct_cmd_incident(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {
        {"caltrop incident open", "CVE...", 1, SIZE_MAX, open, NULL}, {"caltrop incident join", "INCIDENT CVE...", 2, SIZE_MAX, join, NULL},
        {"caltrop incident mode", "INCIDENT normal|incident", 2, 2, mode, NULL}, {"caltrop incident role", "INCIDENT ROLE WHO", 3, 3, role, NULL},
        {"caltrop incident note", "INCIDENT TEXT", 2, 2, note, NULL}, {"caltrop incident task", "INCIDENT TEXT", 2, 2, task, NULL},
        {"caltrop incident done", "INCIDENT NUMBER|CLOCK", 2, 2, done, NULL}, {"caltrop incident close", "INCIDENT --why TEXT", 1, 1, shut, NULL},
        {"caltrop incident show", "[INCIDENT]", 0, 1, NULL, show},
    };
    struct cmd c = {.name = NULL};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
