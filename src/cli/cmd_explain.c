/* explain: how one string is decoded, what each Log4j version makes of it, and why it has its grade. */
#include "cli/command.h"
#include "cli/flow.h"
#include "cli/out.h"

#include "base/limits.h"
#include "detect/forms.h"
#include "detect/weigh.h"
#include "text/json_out.h"
#include "text/printable.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 2000, STEPS_SHOWN = 200 };

struct settings {
    struct ct_judge_opts judge;
    bool json;
};

struct explanation {
    ct_arena *arena;
    struct ct_buf out;
    struct ct_json_out json;
    ct_str input;
    bool typed;                       /* an argument: a shell had it first */
    struct ct_verdict verdict;
    enum ct_values values;            /* the policy under which it does what the verdict says */
    const struct ct_profile *profile; /* shown step by step */
    unsigned steps;
    unsigned passes_shown;            /* a pass that changes nothing is not run again, only counted */
    size_t columns;                   /* of the terminal; 0: none */
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct settings *s = ctx;
    if (id == CT_OPT_JSON_OBJECT) s->json = true;
    if (id == CT_OPT_DECODE) {
        if (strcmp(value, "auto") != 0 && strcmp(value, "none") != 0) return "is not one of auto, none";
        s->judge.no_decode = strcmp(value, "none") == 0;
    }
    if (id == CT_OPT_PROFILE && !(s->judge.only = ct_profile_find(ct_str_from(value))))
        return "is not a log4j-core release with lookups, like 2.14.1";
    return NULL;
}

static void quoted(struct ct_buf *out, ct_str s)
{
    ct_print_defanged(out, ct_str_slice(s, 0, SHOWN));
    if (s.n > SHOWN) ct_buf_printf(out, " ... (%zu bytes more)", s.n - SHOWN);
}

static void say(struct explanation *x, unsigned depth, const char *fmt, ...) CT_PRINTF(3, 4);
static void say(struct explanation *x, unsigned depth, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    ct_buf_printf(&x->out, "%*s%s", 2 + 2 * (int)(depth > 12 ? 12 : depth), "", text);
}

static void tell_target(struct ct_buf *out, struct ct_jndi_target t)
{
    switch (t.connects) {
    case CT_CONNECTS_HOST:
        ct_buf_text(out, ", which connects to ");
        ct_print_defanged(out, t.host);
        if (t.port) ct_buf_printf(out, " port %u", t.port);
        return;
    case CT_CONNECTS_LOCAL:
        ct_jndi_name_meant(&t);
        if (ct_str_eq(t.scheme, CT_STR("dns"))) {
            ct_buf_text(out, ", for which the host asks its own resolver");
            return;
        }
        ct_buf_text(out, ", which connects to the host itself");
        if (t.host.n) {
            ct_buf_text(out, "; meant for ");
            ct_print_defanged(out, t.host);
        }
        return;
    default: ct_buf_text(out, ", which makes no connection");
    }
}

/* What a lookup does, for somebody who has never seen Log4j. */
static void tell_lookup(struct explanation *x, const struct ct_eval_step *s)
{
    struct ct_buf *out = &x->out;
    bool jndi = ct_str_starts_fold(s->name, CT_STR("jndi:"));
    say(x, s->depth, "looks up ");
    quoted(out, s->text);
    if (jndi) {
        ct_str key = ct_str_slice(s->name, 5, s->name.n);
        ct_buf_text(out, "\n");
        say(x, s->depth + 1, "=> asks JNDI for ");
        ct_print_defanged(out, ct_str_slice(key, 0, SHOWN));
        tell_target(out, ct_jndi_target(key));
    } else if (s->has_value) {
        ct_buf_text(out, s->from_default ? ": no value, so the default after ':-' is taken: " : " = ");
        quoted(out, s->value);
        if (!s->from_default && ct_str_find(s->value, CT_STR(CT_EVAL_VALUE)) != CT_STR_NONE) ct_buf_text(out, ", which stands for a value of the host");
    } else {
        ct_buf_text(out, ": no value: stays as it is");
    }
    ct_buf_byte(out, '\n');
}

static void on_step(void *ctx, const struct ct_eval_step *s)
{
    struct explanation *x = ctx;
    if (s->kind == CT_STEP_PASS) x->passes_shown = s->pass;
    if (x->steps++ >= STEPS_SHOWN) return;
    switch (s->kind) {
    case CT_STEP_PASS:
        say(x, 0, s->pass == 1 ? "the message: " : "pass %u, since a \"$\" \"{\" is still there: ", s->pass);
        quoted(&x->out, s->text);
        ct_buf_byte(&x->out, '\n');
        break;
    case CT_STEP_LOOKUP: tell_lookup(x, s); break;
    case CT_STEP_UNCLOSED: say(x, s->depth, "a lookup is not closed by '}': nothing after it is evaluated\n"); break;
    case CT_STEP_ESCAPE: say(x, s->depth, "\"$$\" before '{' is an escape: one '$' goes, the lookup is not evaluated in this pass\n"); break;
    case CT_STEP_THROW:
        say(x, s->depth, "throws: ");
        quoted(&x->out, s->text);
        ct_buf_text(&x->out, "; what follows is not evaluated\n");
        break;
    }
}

static void json_step(void *ctx, const struct ct_eval_step *s)
{
    static const char *const kinds[] = {[CT_STEP_PASS] = "pass", [CT_STEP_LOOKUP] = "lookup", [CT_STEP_UNCLOSED] = "unclosed",
                                        [CT_STEP_ESCAPE] = "escape", [CT_STEP_THROW] = "throw"};
    struct explanation *x = ctx;
    struct ct_json_out *j = &x->json;
    if (x->steps++ >= STEPS_SHOWN) return;
    ct_json_object(j);
    ct_json_kz(j, "kind", kinds[s->kind]);
    ct_json_ku(j, "pass", s->pass);
    ct_json_ku(j, "depth", s->depth);
    ct_json_kv(j, "text", s->text);
    if (s->kind == CT_STEP_LOOKUP) {
        ct_json_kv(j, "name", s->name);
        ct_json_key(j, "value");
        if (s->has_value) ct_json_str(j, s->value);
        else ct_json_null(j);
        ct_json_key(j, "from_default");
        ct_json_bool(j, s->from_default);
    }
    ct_json_object_end(j);
}

/* Redoes the chain one layer at a time. */
static ct_str decode_step(struct explanation *x, ct_str text, enum ct_layer layer)
{
    struct ct_buf b;
    bool changed;
    /* Base64 takes one value out of the text: only the search knew which, and its result is the next form. */
    if (layer == CT_LAYER_BASE64) return (ct_str){NULL, 0};
    ct_buf_init(&b, x->arena, CT_DECODE_MAX);
    return ct_forms_decoder(layer)(text, &b, &changed) == CT_OK ? ct_buf_view(&b) : (ct_str){NULL, 0};
}

static void choose(struct explanation *x, const struct ct_profile *only)
{
    const struct ct_verdict *v = &x->verdict;
    x->profile = only ? only : v->n_fires ? v->fires[0].last : ct_profile_find(CT_STR("2.14.1"));
    x->values = CT_VALUES_UNSET;
    while (v->certainty == CT_CONDITIONAL && x->values < CT_VALUES_SET) {
        struct ct_weighed w;
        struct ct_arena_mark mark = ct_arena_mark(x->arena);
        x->values++;
        bool fires = ct_weigh_profile(x->arena, x->profile, x->values, v->decoded, NULL, NULL, &w) && w.does[CT_SINK_MESSAGE] == CT_DOES_CONNECT;
        ct_arena_reset(x->arena, mark);
        if (fires) break;
    }
}

static void print_reason(struct explanation *x)
{
    const struct ct_verdict *v = &x->verdict;
    struct ct_buf *out = &x->out;
    static const char *const reasons[] = {
        [CT_GRADE_NONE] = "No Log4j version does anything with it.",
        [CT_GRADE_RULE] = "A rule matches; Log4j does nothing with it.",
        [CT_GRADE_LEAK] = "It asks for values of the host, which end up in the log.",
        [CT_GRADE_DOS] = "It makes the evaluation recurse or run without end.",
        [CT_GRADE_ATTEMPT] = "It is plainly a try at JNDI; as written no Log4j version gets there, for it is broken, cut or meant for other software.",
        [CT_GRADE_REACH] = "Log4j hands a name to JNDI, but as written the name makes no connection.",
        [CT_GRADE_EXPLOIT] = "Log4j hands a name to JNDI that makes the JVM connect out.",
    };
    ct_buf_printf(out, "\nVerdict: %s, %s\n  %s\n", ct_grade_name(v->grade), ct_certainty_name(v->certainty), reasons[v->grade]);
    if (x->typed && !v->has_lookup) ct_buf_text(out, "  There is no lookup in it. If you typed one, the shell took it: put single quotes around it.\n");
    if (v->traits & CT_TRAIT_LEAK) ct_buf_text(out, "  The name carries a value of the host to the attacker.\n");
    if (v->grade > CT_GRADE_DOS && (v->traits & CT_TRAIT_DOS)) ct_buf_text(out, "  It also makes the evaluation recurse.\n");
    if (v->traits & CT_TRAIT_BUDGET) ct_buf_text(out, "  The budget for one line was spent: what lies behind was not judged.\n");
    for (unsigned i = 0; i < v->n_conditions; i++) {
        ct_buf_text(out, i ? ", " : "  Only if these are set on the host: ");
        ct_print_text(out, v->conditions[i]);
        if (i + 1 == v->n_conditions) ct_buf_text(out, "\n");
    }
    if (v->n_calls > 1) ct_buf_printf(out, "  One log event asks JNDI %llu times.\n", (unsigned long long)v->n_calls);
}

/* What a version does, which may still leak or recurse (the verdict says so): at full width and on a narrow terminal. */
static const struct table {
    int widths[3];
    const char *heads[3], *does[4], *setting, *notes, *setting_note;
} TABLES[] = {
    {{20, 18, 18}, {"message", "single pass (1)", "context (2)"}, {"no JNDI", "reaches JNDI", "would fire", "-"}, " (3)",
     "(1) messages formatted by Logger.printf and the like\n(2) a thread-context value that the layout looks up\n\"-\": this version evaluates nothing there\n",
     "(3) only with a setting: %m{lookups} in 2.15.0, log4j2.enableJndi=true in 2.16.0\n"},
    {{17, 7, 6}, {"message", "single", "context"}, {"no", "JNDI", "fires", "-"}, "*",
     "fires: would fire; JNDI: reaches JNDI; no: does not\nsingle: a single pass, messages formatted by Logger.printf and the like\n"
     "context: a thread-context value that the layout looks up\n\"-\": this version evaluates nothing there\n",
     "*: only with a setting: %m{lookups} in 2.15.0, log4j2.enableJndi=true in 2.16.0\n"},
};
enum { FULL_TABLE = 72 };

static void print_versions(struct explanation *x, const struct ct_profile *only)
{
    size_t n;
    const struct ct_profile *list = ct_profiles(&n);
    struct ct_buf *out = &x->out;
    const struct table *t = &TABLES[x->columns && x->columns < FULL_TABLE];
    ct_buf_printf(out, "\n%-*s %-*s %-*s %s\n", t->widths[0], "Log4j", t->widths[1], t->heads[0], t->widths[2], t->heads[1], t->heads[2]);
    bool setting = false;
    for (size_t i = 0; i < n; i++) {
        struct ct_weighed w;
        struct ct_arena_mark mark = ct_arena_mark(x->arena);
        if ((only && only != &list[i]) || !ct_weigh_profile(x->arena, &list[i], x->values, x->verdict.decoded, NULL, NULL, &w)) continue;
        char cells[3][32];
        for (int s = 0; s < 3; s++) {
            bool needs = w.does[s] != CT_DOES_NOT_APPLY && (w.setting[s] == CT_SETTING_MSG_LOOKUPS || w.setting[s] == CT_SETTING_LAYOUT_CONTEXT_ENABLE_JNDI);
            setting |= needs;
            (void)snprintf(cells[s], sizeof cells[s], "%s%s", t->does[w.does[s]], needs ? t->setting : "");
        }
        ct_arena_reset(x->arena, mark);
        ct_buf_printf(out, "%-*.*s %-*s %-*s %s\n", t->widths[0], CT_STR_ARG(list[i].name), t->widths[1], cells[0], t->widths[2], cells[1], cells[2]);
    }
    ct_buf_text(out, t->notes);
    if (setting) ct_buf_text(out, t->setting_note);
}

static void print_text(struct explanation *x, const struct ct_profile *only)
{
    const struct ct_verdict *v = &x->verdict;
    struct ct_buf *out = &x->out;
    ct_buf_text(out, "Input\n  ");
    quoted(out, x->input);
    ct_buf_byte(out, '\n');
    if (v->n_chain) ct_buf_text(out, "\nDecoding: what an application may undo before it logs\n");
    ct_str text = x->input;
    for (unsigned i = 0; i < v->n_chain; i++) {
        if (text.p) text = decode_step(x, text, v->chain[i]);
        ct_buf_printf(out, "  %u. %-12s ", i + 1, ct_layer_name(v->chain[i]));
        if (i + 1 == v->n_chain) quoted(out, v->decoded);
        else if (text.p) quoted(out, text);
        else ct_buf_text(out, "(a value inside)");
        ct_buf_byte(out, '\n');
    }
    if (v->has_lookup) {
        struct ct_weighed w;
        ct_buf_printf(out, "\nWhat Log4j %.*s does with it\n", CT_STR_ARG(x->profile->name));
        if (!ct_weigh_profile(x->arena, x->profile, x->values, v->decoded, on_step, x, &w)) ct_buf_text(out, "  (out of memory)\n");
        else if (w.result.passes > x->passes_shown)
            ct_buf_printf(out, "  and again for every \"$\" \"{\" still there, with the same result: %u passes in all\n", w.result.passes);
        if (x->steps > STEPS_SHOWN) ct_buf_printf(out, "  ... and %u more steps\n", x->steps - STEPS_SHOWN);
        print_versions(x, only);
    }
    print_reason(x);
}

static void json_verdict(struct explanation *x)
{
    const struct ct_verdict *v = &x->verdict;
    struct ct_json_out *j = &x->json;
    ct_json_kz(j, "grade", ct_grade_name(v->grade));
    ct_json_kz(j, "certainty", ct_certainty_name(v->certainty));
    ct_json_key(j, "conditions");
    ct_json_array(j);
    for (unsigned i = 0; i < v->n_conditions; i++) ct_json_str(j, v->conditions[i]);
    ct_json_array_end(j);
    ct_json_key(j, "chain");
    ct_json_array(j);
    for (unsigned i = 0; i < v->n_chain; i++) ct_json_str(j, ct_str_from(ct_layer_name(v->chain[i])));
    ct_json_array_end(j);
    ct_json_kv(j, "decoded", v->decoded);
    ct_json_kv(j, "normal", v->normal);
    ct_json_ku(j, "calls", v->n_calls);
    ct_json_key(j, "indicators");
    ct_json_array(j);
    for (unsigned i = 0; i < v->n_indicators; i++) {
        ct_json_object(j);
        ct_json_kv(j, "scheme", v->indicators[i].scheme);
        ct_json_kv(j, "host", v->indicators[i].host);
        ct_json_ku(j, "port", v->indicators[i].port);
        ct_json_kv(j, "path", v->indicators[i].path);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
}

static void print_json(struct explanation *x, const struct ct_profile *only)
{
    static const char *const does[] = {"nothing", "reach", "connect", "not_applicable"};
    struct ct_json_out *j = &x->json;
    size_t n;
    const struct ct_profile *list = ct_profiles(&n);
    struct ct_weighed w;
    ct_json_begin(j, &x->out);
    ct_json_object(j);
    ct_json_kv(j, "input", x->input);
    json_verdict(x);
    ct_json_key(j, "versions");
    ct_json_array(j);
    for (size_t i = 0; i < n; i++) {
        if ((only && only != &list[i]) || !ct_weigh_profile(x->arena, &list[i], x->values, x->verdict.decoded, NULL, NULL, &w)) continue;
        ct_json_object(j);
        ct_json_kv(j, "versions", list[i].name);
        ct_json_kz(j, "message", does[w.does[CT_SINK_MESSAGE]]);
        ct_json_kz(j, "single_pass", does[w.does[CT_SINK_SINGLE]]);
        ct_json_kz(j, "context", does[w.does[CT_SINK_CONTEXT]]);
        ct_json_ku(j, "calls", w.result.n_reached);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
    ct_json_kv(j, "steps_of", x->profile->name);
    ct_json_key(j, "steps");
    ct_json_array(j);
    (void)ct_weigh_profile(x->arena, x->profile, x->values, x->verdict.decoded, json_step, x, &w);
    ct_json_array_end(j);
    ct_json_object_end(j);
    ct_buf_byte(&x->out, '\n');
}

/* All of standard input, up to one window. False: it cannot be read. */
static bool read_stdin(ct_str *ret_text)
{
    static unsigned char bytes[CT_WINDOW + 1];
    size_t n = fread(bytes, 1, sizeof bytes, stdin);
    if (ferror(stdin)) {
        ct_complain("caltrop explain", "standard input: %s", strerror(errno));
        return false;
    }
    while (n && (bytes[n - 1] == '\n' || bytes[n - 1] == '\r')) n--;
    *ret_text = (ct_str){bytes, n};
    return true;
}

int ct_cmd_explain(const struct ct_command *c, int argc, char **argv)
{
    struct settings s = {0};
    int first;
    ct_err e = ct_command_parse(c, argc, argv, set_option, &s, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (argc - first != 1) {
        ct_complain("caltrop explain", "give one string, in single quotes so that the shell leaves it alone, or '-'");
        return 2;
    }
    struct explanation x = {.input = ct_str_from(argv[first]), .typed = strcmp(argv[first], "-") != 0};
    if (!x.typed && !read_stdin(&x.input)) return 3;
    if (x.input.n == 0) { /* to call it harmless would be wrong: between double quotes a shell makes nothing of a lookup */
        ct_complain("caltrop explain", x.typed ? "the string is empty: if you typed a lookup, the shell took it; put single quotes around it"
                                               : "standard input is empty");
        return 2;
    }
    if (x.input.n > CT_WINDOW) {
        ct_complain("caltrop explain", "the string is longer than %u bytes: 'caltrop detect -' reads longer lines", CT_WINDOW);
        return 2;
    }
    if (ct_arena_new(&ct_alloc_libc, 8 * CT_LINE_ARENA_MAX, &x.arena) != CT_OK) return 4;
    ct_buf_init(&x.out, x.arena, 32u << 20);
    struct ct_field field = {CT_STR_INIT("string"), x.input};
    x.columns = !s.json && isatty(STDOUT_FILENO) ? ct_terminal_columns(STDOUT_FILENO) : 0;
    s.judge.mail = true; /* whoever asks about "=24" has it from a letter */
    e = ct_judge(x.arena, &s.judge, &field, 1, &x.verdict);
    if (!x.verdict.has_lookup) x.verdict.decoded = x.input;
    choose(&x, s.judge.only);
    if (s.json) print_json(&x, s.judge.only);
    else print_text(&x, s.judge.only);
    ct_str text = ct_buf_view(&x.out);
    struct ct_buf flown;
    ct_buf_init(&flown, x.arena, 64u << 20);
    if (x.columns && !x.out.err) {
        ct_flow_indented(&flown, text, x.columns);
        text = ct_buf_view(&flown);
    }
    static struct ct_out out;
    ct_out_init(&out, STDOUT_FILENO);
    if (e == CT_OK) e = x.out.err ? x.out.err : flown.err;
    if (e == CT_OK) e = ct_out_write(&out, text);
    if (e == CT_OK) e = ct_out_flush(&out);
    if (e != CT_OK) ct_complain("caltrop explain", "%s%s%s", ct_err_text(e), out.err ? ": " : "", out.err ? strerror(out.sys) : "");
    ct_arena_free(x.arena);
    return e == CT_OK ? x.verdict.grade != CT_GRADE_NONE : 4;
}
