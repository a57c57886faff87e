/* policy list|show|use|check: how long a finding may stay open. */
#include "base/limits.h"
#include "cli/verbs.h"
#include "respond/due.h"
#include "store/timeline.h"
#include "text/printable.h"

#include <string.h>

struct cmd {
    struct ct_stored s;
    bool loosen;
    ct_str in_use;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    if (id != CT_OPT_LOOSEN) return "is not an option here";
    c->loosen = true;
    return NULL;
}

static void row(struct cmd *c, const struct ct_policy *p, bool own)
{
    ct_buf_text(&c->s.text, ct_str_eq(p->name, c->in_use) ? "* " : "  ");
    ct_print_text(&c->s.text, p->name);
    ct_buf_text(&c->s.text, own ? " (your own)" : "");
    if (p->about.n) ct_buf_text(&c->s.text, ": ");
    ct_print_text(&c->s.text, p->about);
    ct_buf_byte(&c->s.text, '\n');
}

static ct_err on_own(void *ctx, ct_str name, ct_str yaml, int64_t taken)
{
    struct cmd *c = ctx;
    struct ct_policy p;
    (void)name, (void)taken;
    CT_TRY(ct_policy_read(c->s.arena, yaml, &p, NULL));
    row(c, &p, true);
    return CT_OK;
}

static ct_err list(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    CT_TRY(ct_policy_in_use(s->db, s->arena, &c->in_use));
    for (size_t i = 0; i < ct_policy_presets_n; i++) {
        struct ct_policy p;
        CT_TRY(ct_policy_read(s->arena, ct_policy_presets[i].yaml, &p, fault));
        row(c, &p, false);
    }
    return ct_policy_rows(s->db, on_own, c);
}

/* A name that is known, or a file. */
static ct_err named(struct cmd *c, struct ct_policy *p, ct_str *yaml, bool *ret_file, struct ct_fault *fault)
{
    ct_err e = ct_policy_named(c->s.db, c->s.arena, ct_str_from(c->s.args[0]), p, yaml, fault);
    *ret_file = e == CT_ERR_NOT_FOUND;
    if (e != CT_ERR_NOT_FOUND) return e;
    if (!strchr(c->s.args[0], '/') && !strchr(c->s.args[0], '.') && strcmp(c->s.args[0], "-") != 0)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "no policy is called '%s': 'caltrop policy list' shows them; a file needs a '.' or '/' in its name", c->s.args[0]);
    CT_TRY(ct_stored_read(&c->s, c->s.arena, c->s.args[0], yaml));
    return ct_policy_read(c->s.arena, *yaml, p, fault);
}

static ct_err show(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_policy p;
    ct_str yaml;
    bool file;
    if (!s->n_args) {
        CT_TRY(ct_policy_in_use(s->db, s->arena, &c->in_use));
        CT_TRY(ct_policy_named(s->db, s->arena, c->in_use, &p, &yaml, fault));
    } else {
        CT_TRY(named(c, &p, &yaml, &file, fault));
    }
    ct_policy_print(&c->s.text, &p);
    return CT_OK;
}

static ct_err check(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_policy p;
    ct_str yaml;
    size_t all;
    CT_TRY(ct_stored_read(s, s->arena, s->args[0], &yaml));
    CT_TRY(ct_policy_read(s->arena, yaml, &p, fault));
    ct_policy_print(&c->s.text, &p);
    size_t open = ct_policy_uncovered(&p, &all);
    if (open) ct_buf_printf(&c->s.text, "No rule fits %zu of %zu combinations of facts: such findings have no time.\n", open, all);
    else ct_buf_printf(&c->s.text, "Some rule fits each of %zu combinations of facts.\n", all);
    return CT_OK;
}

/* A policy that asks what nobody has told. */
static ct_err hint(struct cmd *c, const struct ct_policy *p)
{
    bool asks = false, known;
    for (size_t i = 0; i < p->n_rules; i++) asks |= p->rules[i].fits[CT_POLICY_EXPLOITED] != 0;
    if (!asks) return CT_OK;
    CT_TRY(ct_catalogue_known(c->s.db, &known));
    if (!known) ct_buf_text(&c->s.text, "It asks what is known to be exploited, and nothing says so yet: load the catalogue (caltrop advisory kev FILE).\n");
    return CT_OK;
}

static ct_err use(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_policy p;
    struct ct_clocks_count n = {0};
    ct_str yaml;
    bool file;
    if (c->loosen && !s->who.why.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--loosen needs a reason: --why");
    CT_TRY(named(c, &p, &yaml, &file, fault));
    for (size_t i = 0; i < ct_policy_presets_n && file; i++)
        if (ct_str_eq(ct_policy_presets[i].name, p.name)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a shipped policy has this name: give yours another one");
    CT_TRY(ct_policy_in_use(s->db, s->arena, &c->in_use));
    if (file) CT_TRY(ct_policy_row_put(s->db, p.name, yaml, s->who.now_us));
    CT_TRY(ct_setting_put(s->db, CT_STR("policy"), p.name));
    const struct ct_timeline_entry e = {.at = s->who.now_us, .actor = s->who.actor, .kind = c->loosen ? CT_STR("policy.loosened") : CT_STR("policy.used"), .subject = p.name,
                                        .was = c->in_use, .now = p.name, .why = s->who.why};
    CT_TRY(ct_timeline_append(s->db, &e));
    CT_TRY(ct_clocks(s->db, 0, 0, &s->who, c->loosen, &n));
    ct_policy_print(&c->s.text, &p);
    ct_buf_printf(&c->s.text, "Clocks: %llu started, %llu moved earlier, %llu moved later.\n", (unsigned long long)n.started, (unsigned long long)n.earlier, (unsigned long long)n.later);
    return hint(c, &p);
}

int ct_cmd_policy(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {
        {"caltrop policy list", "", 0, 0, NULL, list}, {"caltrop policy show", "[NAME|FILE]", 0, 1, NULL, show}, {"caltrop policy use", "NAME|FILE", 1, 1, use, NULL},
        {"caltrop policy check", "FILE", 1, 1, NULL, check},
    };
    struct cmd c = {.loosen = false};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
