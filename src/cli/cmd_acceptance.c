/* acceptance add|end|list: risks that somebody takes for a time. */
#include "cli/verbs.h"
#include "cli/when.h"
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/due.h"
#include "store/vulnerability.h"
#include "text/printable.h"

#include <string.h>

struct cmd {
    struct ct_stored s;
    const char *approver, *until;
    bool json;
    struct ct_asset asset;
    struct ct_vulnerability v;
    uint64_t n;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_APPROVER: c->approver = value; return NULL;
    case CT_OPT_ENDS: c->until = value; return NULL;
    case CT_OPT_JSON_LINES: c->json = true; return NULL;
    default: return "is not an option here";
    }
}

static ct_err which(struct cmd *c, struct ct_fault *fault)
{
    if (c->s.n_args > 0) CT_TRY(ct_stored_asset(&c->s, c->s.args[0], &c->asset, fault));
    if (c->s.n_args < 2) return CT_OK;
    ct_err e = ct_vulnerability_find(c->s.db, c->s.arena, ct_str_from(c->s.args[1]), &c->v);
    return e == CT_ERR_NOT_FOUND ? ct_fault_set(fault, CT_ERR_USAGE, 0, "nothing is known about %.100s: load its advisory first", c->s.args[1]) : e;
}

static ct_err add(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    uint64_t moved;
    CT_TRY(which(c, fault));
    struct ct_acceptance a = {.asset = c->asset.id, .vulnerability = c->v.id, .approver = ct_str_from(c->approver ? c->approver : ""), .reason = s->who.why};
    if (!c->until || !ct_when_ahead(c->until, s->who.now_us, &a.until)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "an acceptance needs its end: --until 7d, or --until 2021-12-20T17:00Z");
    CT_TRY(ct_accept(s->db, s->arena, &a, &s->who, &moved, fault));
    ct_buf_text(&c->s.text, "Accepted until ");
    ct_print_second(&c->s.text, a.until);
    ct_buf_printf(&c->s.text, "; %llu due times moved. What was late stays marked.\n", (unsigned long long)moved);
    return CT_OK;
}

static ct_err end(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    uint64_t moved;
    CT_TRY(which(c, fault));
    ct_err e = ct_accept_end(s->db, s->arena, c->asset.id, c->v.id, &s->who, &moved);
    if (e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, CT_ERR_USAGE, 0, "no acceptance of it is in force");
    if (e == CT_OK) ct_buf_printf(&c->s.text, "Ended; %llu due times moved.\n", (unsigned long long)moved);
    return e;
}

static ct_err on_acceptance(void *ctx, const struct ct_acceptance *a)
{
    struct cmd *c = ctx;
    int64_t now = c->s.who.now_us;
    const char *state = a->ended ? "ended" : a->until <= now ? "expired" : "in force";
    struct ct_json_out j;
    c->n++;
    if (c->json) {
        ct_json_begin(&j, &c->s.text);
        ct_json_object(&j);
        ct_json_kv(&j, "asset", a->asset_name);
        ct_json_kv(&j, "environment", a->environment);
        ct_json_kv(&j, "vulnerability", a->vulnerability_name);
        ct_json_kz(&j, "state", state);
        ct_json_kv(&j, "approver", a->approver);
        ct_json_kv(&j, "reason", a->reason);
        ct_json_time(&j, "since", a->since);
        ct_json_time(&j, "until", a->until);
        if (a->ended) ct_json_time(&j, "ended", a->ended);
        ct_json_object_end(&j);
        ct_buf_byte(&c->s.text, '\n');
    } else {
        ct_buf_printf(&c->s.text, "%-8s  ", state);
        ct_print_text(&c->s.text, a->asset_name);
        ct_buf_text(&c->s.text, " (");
        ct_print_text(&c->s.text, a->environment);
        ct_buf_text(&c->s.text, ")  ");
        ct_print_text(&c->s.text, a->vulnerability_name);
        ct_buf_text(&c->s.text, "  until ");
        ct_print_second(&c->s.text, a->until);
        ct_buf_text(&c->s.text, ", approved by ");
        ct_print_text(&c->s.text, a->approver);
        ct_buf_text(&c->s.text, ": ");
        ct_print_text(&c->s.text, a->reason);
        ct_buf_byte(&c->s.text, '\n');
    }
    ct_err e = ct_stored_write(&c->s, &c->s.text);
    c->s.text.n = 0;
    return e;
}

static ct_err list(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    CT_TRY(which(c, fault));
    CT_TRY(ct_acceptances_each(s->db, c->asset.id, c->v.id, on_acceptance, c));
    if (c->n == 0 && !c->json) ct_buf_text(&s->text, "No risk is accepted here. 'caltrop acceptance add' takes one for a time, with who approves it and why.\n");
    return CT_OK;
}

int ct_cmd_acceptance(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {
        {"caltrop acceptance add", "ASSET CVE --approver WHO --until TIME --why TEXT", 2, 2, add, NULL}, {"caltrop acceptance end", "ASSET CVE", 2, 2, end, NULL},
        {"caltrop acceptance list", "[ASSET [CVE]]", 0, 2, NULL, list},
    };
    struct cmd c = {.n = 0};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
