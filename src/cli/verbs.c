#include "cli/verbs.h"
#include "event/attempt.h"
#include "text/printable.h"

#include <string.h>

/* The verb that argv[first] names, with the right number of operands behind it; null after a complaint. */
static const struct ct_verb *verb_of(const char *command, const struct ct_verb *list, size_t n, int argc, char **argv, int first)
{
    char names[256] = "";
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const char *verb = strrchr(list[i].full, ' ') + 1;
        if (first < argc && strcmp(argv[first], verb) == 0) {
            size_t given = (size_t)(argc - first - 1);
            if (given >= list[i].least && given <= list[i].most) return &list[i];
            ct_complain(list[i].full, *list[i].arguments ? "takes %s" : "takes no arguments besides its options%s", list[i].arguments);
            return NULL;
        }
        int wrote = snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", verb);
        if (wrote > 0 && (size_t)wrote < sizeof names - at) at += (size_t)wrote;
    }
    if (first < argc) ct_complain(command, "'%s' is unknown: it is one of %s. Try '%s --help'.", argv[first], names, command);
    else ct_complain(command, "what to do is one of %s. Try '%s --help'.", names, command);
    return NULL;
}

static ct_err run(const struct ct_verb *v, struct ct_stored *s, void *ctx)
{
    struct ct_fault fault = {0};
    if (v->change) return ct_stored_change(s, v->change, ctx);
    ct_err e = v->ask(ctx, s, &fault);
    if (e == CT_OK || !*fault.detail) return e;
    if (fault.line) ct_complain(s->command, "line %llu: %s", (unsigned long long)fault.line, fault.detail);
    else ct_complain(s->command, "%s", fault.detail);
    return e == CT_ERR_NOMEM ? e : CT_ERR_USAGE;
}

int ct_verbs_run(const struct ct_command *command, const struct ct_verb *list, size_t n, int argc, char **argv, ct_option_set_fn *set, void *ctx, struct ct_stored *s)
{
    enum { TEXT_MAX = 32 << 20 };
    char name[64];
    int first, status;
    ct_err e = ct_command_parse(command, argc, argv, set, ctx, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    (void)snprintf(name, sizeof name, "caltrop %s", command->name);
    const struct ct_verb *v = verb_of(name, list, n, argc, argv, first);
    if (!v) return 2;
    s->args = argv + first + 1;
    s->n_args = (size_t)(argc - first - 1);
    if (!ct_stored_begin(s, v->full, &status)) return status;
    ct_buf_init(&s->text, s->arena, TEXT_MAX);
    e = run(v, s, ctx);
    if (e == CT_OK) e = ct_stored_write(s, &s->text);
    return ct_stored_end(s, e, s->found);
}

void ct_print_span(struct ct_buf *out, int64_t us)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    int64_t s = us / 1000000;
    size_t i = 0;
    while (i < 3 && s < units[i].seconds) i++;
    ct_buf_printf(out, "%lld%s", (long long)(s / units[i].seconds), units[i].name);
    s %= units[i].seconds;
    if (i < 3 && s >= units[i + 1].seconds) ct_buf_printf(out, " %lld%s", (long long)(s / units[i + 1].seconds), units[i + 1].name);
}

void ct_print_clock(struct ct_buf *out, const struct ct_affected_row *r, int64_t now_us)
{
    bool late = ct_clock_late(r->due, r->stopped, now_us);
    ct_buf_text(out, late ? "overdue since " : r->stopped ? "the mitigation stops its clock, due " : r->due ? "due " : "no policy sets a time, open since ");
    ct_print_second(out, r->due ? r->due : r->opened);
    if (r->rule.n) ct_buf_text(out, " by rule ");
    ct_print_text(out, r->rule);
    if (r->due && r->due_policy && r->due != r->due_policy) ct_buf_text(out, "; the policy's own time was "), ct_print_second(out, r->due_policy);
    if (r->accepted_until) ct_buf_text(out, r->accepted_until > now_us ? "; accepted until " : "; the acceptance ran out at "), ct_print_second(out, r->accepted_until);
    if (r->breached && r->breached != r->due) ct_buf_text(out, "; marked late since "), ct_print_second(out, r->breached);
    if (r->forensics) ct_buf_text(out, "; needs a forensic investigation too");
}
