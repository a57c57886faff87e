/* Hostile lines: nothing hides, nothing is read past the line, memory errors are clean. */
#include "dump.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static int open_arena(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena) != CT_OK;
}

static int close_arena(void **state)
{
    (void)state;
    ct_arena_free(arena);
    arena = NULL;
    return 0;
}

static bool some_field_holds(const struct ct_record *r, ct_str needle)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (ct_str_find(r->fields[i].value, needle) != CT_STR_NONE) return true;
    return false;
}

static const char *const PAYLOADS[] = {
    "${jndi:ldap://h/a}",
    "${jndi:ldap://h/a b}",
    "${jndi:ldap://h/\"a\"}",
    "${jndi:ldap://h/\" \"a}",
    "%24%7Bjndi:ldap://h/a b%7D",
    "%24%7bjndi:ldap://h/\" \"a%7d",
    "\\x24\\x7Bjndi:ldap://h/a\\x7D",
    "${${lower:j}ndi:ldap://h/a|b}",
    "${jndi:ldap://h/[10/Dec/2021:14:02:07 +0000] \"GET / HTTP/1.1\" 200 1}",
    "${jndi:ldap://h/a\tb}",
    "${jndi:ldap://h/','\":\"}",
};
static const char *const NASTY[] = {"", "\"", " ", "}", "{", "\\", "\" \"", "|", "] ", "\t", ",", "<", "[", "\",\"k\":\"", ": ", "\r"};

/* Puts the payload, with nasty bytes around it, at each position of the line. */
static void try_everywhere(ct_str line, const struct ct_format_state *before, enum ct_format want, uint64_t *tried)
{
    unsigned char made[4096];
    enum { N_PAYLOADS = sizeof PAYLOADS / sizeof PAYLOADS[0], N_NASTY = sizeof NASTY / sizeof NASTY[0] };
    for (size_t at = 0; at <= line.n; at++) {
        /* Every payload at every position; the bytes around take turns, so that all pairs are seen over the samples. */
        for (size_t p = 0; p < N_PAYLOADS; p++) {
            const char *pre = NASTY[(at + p) % N_NASTY], *post = NASTY[(at * 7 + p * 3 + *tried) % N_NASTY];
            struct ct_buf b;
            ct_arena_clear(arena);
            ct_buf_init(&b, arena, sizeof made);
            ct_buf_add(&b, ct_str_slice(line, 0, at));
            ct_buf_text(&b, pre);
            ct_buf_text(&b, PAYLOADS[p]);
            ct_buf_text(&b, post);
            ct_buf_add(&b, ct_str_slice(line, at, line.n));
            ct_str attack;
            assert_int_equal(ct_buf_str(&b, &attack), CT_OK);
            struct ct_format_state state = *before;
            struct ct_record r;
            assert_int_equal(ct_format_parse(arena, &state, want, attack, &r), CT_OK);
            ++*tried;
            if (r.more_fields || some_field_holds(&r, ct_str_from(PAYLOADS[p]))) continue;
            fprintf(stderr, "hidden: payload %zu at %zu as %s in\n%.*s\n", p, at, ct_format_name(r.format), CT_STR_ARG(attack));
            struct ct_buf d;
            ct_buf_init(&d, arena, 1u << 20);
            dump_record(&d, &r);
            fail_msg("%.*s", CT_STR_ARG(ct_buf_view(&d)));
        }
    }
}

static void nothing_hides(void **unused)
{
    (void)unused;
    uint64_t tried = 0;
    for (size_t i = 0; dump_samples[i]; i++) {
        size_t n;
        char *text = dump_read(dump_samples[i], "log", &n);
        ct_str log = {(const unsigned char *)text, n};
        struct ct_format_state state = {0};
        while (log.n) {
            ct_str line = ct_str_cut(&log, '\n');
            struct ct_format_state before = state;
            (void)ct_format_note(&state, line);
            if (line.n > 1500) continue;
            try_everywhere(line, &before, CT_FORMAT_AUTO, &tried);
            if (line.n < 200)
                for (int f = 0; f < CT_FORMAT_COUNT; f++) try_everywhere(ct_str_slice(line, 0, 60), &state, (enum ct_format)f, &tried);
        }
        free(text);
    }
    assert_true(tried > 100000);
}

static void no_byte_past_the_line_is_read(void **unused)
{
    (void)unused;
    for (size_t i = 0; dump_samples[i]; i++) {
        size_t n;
        char *text = dump_read(dump_samples[i], "log", &n);
        ct_str log = {(const unsigned char *)text, n};
        struct ct_format_state state = {0};
        while (log.n) {
            ct_str line = ct_str_cut(&log, '\n');
            struct ct_format_state before = state;
            for (size_t cut = 0; cut <= line.n; cut++) {
                struct edge e = edge_new(ct_str_slice(line, 0, cut));
                state = before;
                struct ct_record r;
                (void)ct_format_note(&state, e.input);
                assert_int_equal(ct_format_parse(arena, &state, CT_FORMAT_AUTO, e.input, &r), CT_OK);
                for (int f = 0; f < CT_FORMAT_COUNT && cut % 5 == 0; f++)
                    assert_int_equal(ct_format_parse(arena, &state, (enum ct_format)f, e.input, &r), CT_OK);
                ct_arena_clear(arena);
                edge_free(&e);
            }
            state = before;
            (void)ct_format_note(&state, line);
        }
        free(text);
    }
}

static void failed_allocations_leave_the_record_alone(void **unused)
{
    (void)unused;
    for (size_t i = 0; dump_samples[i]; i++) {
        size_t n;
        char *text = dump_read(dump_samples[i], "log", &n);
        ct_str log = {(const unsigned char *)text, n};
        struct ct_format_state state = {0};
        while (log.n) {
            ct_str line = ct_str_cut(&log, '\n');
            (void)ct_format_note(&state, line);
            for (unsigned at = 0;; at++) {
                struct fault_alloc f;
                struct ct_record r, untouched;
                struct ct_format_state copy = state;
                ct_arena *a = NULL;
                ct_err e;
                memset(&r, 0x5a, sizeof r);
                memset(&untouched, 0x5a, sizeof untouched);
                fault_alloc_init(&f, at, true);
                if (ct_arena_new(&f.alloc, 4096, &a) == CT_OK) { /* a small limit: the arena's own refusals count too */
                    e = ct_format_parse(a, &copy, CT_FORMAT_AUTO, line, &r);
                    if (e != CT_OK) {
                        assert_int_equal(e, CT_ERR_NOMEM);
                        assert_memory_equal(&r, &untouched, sizeof r);
                    } else {
                        assert_in_range(r.format, 0, CT_FORMAT_COUNT - 1);
                    }
                    ct_arena_free(a);
                }
                assert_int_equal(f.live, 0);
                if (!f.failed) break;
            }
        }
        free(text);
    }
}

static void full_records_say_so(void **unused)
{
    (void)unused;
    struct ct_format_state state = {0};
    struct ct_record r;
    struct ct_buf b;
    ct_buf_init(&b, arena, 1u << 20);
    ct_buf_text(&b, "{\"a\":\"x\"");
    for (unsigned i = 0; i < CT_FIELDS_MAX; i++) ct_buf_text(&b, ",\"k\":\"v\"");
    ct_buf_byte(&b, '}');
    assert_int_equal(ct_format_parse(arena, &state, CT_FORMAT_AUTO, ct_buf_view(&b), &r), CT_OK);
    assert_int_equal(r.n_fields, CT_FIELDS_MAX);
    assert_true(r.more_fields);

    ct_buf_init(&b, arena, 1u << 20);
    ct_buf_text(&b, "192.0.2.7 - - [10/Dec/2021:14:02:07 +0000] \"GET / HTTP/1.1\" 200 2 \"-\" \"m\"");
    for (unsigned i = 0; i < 2 * CT_FIELDS_MAX; i++) ct_buf_text(&b, " v");
    assert_int_equal(ct_format_parse(arena, &state, CT_FORMAT_AUTO, ct_buf_view(&b), &r), CT_OK);
    assert_int_equal(r.format, CT_FORMAT_COMBINED);
    assert_true(r.more_fields);
}

/* Nesting to the cap, a key and a value of a whole window each: time and memory stay bounded. */
static void deep_and_long_json_ends(void **unused)
{
    (void)unused;
    struct ct_format_state state = {0};
    struct ct_record r;
    struct ct_buf b;
    ct_buf_init(&b, arena, 1u << 20);
    for (unsigned i = 0; i < 2 * CT_JSON_DEPTH_MAX; i++) ct_buf_text(&b, "{\"a long key that repeats on each level\":");
    ct_buf_text(&b, "\"${x}\"");
    assert_int_equal(ct_format_parse(arena, &state, CT_FORMAT_AUTO, ct_buf_view(&b), &r), CT_OK);
    assert_true(some_field_holds(&r, CT_STR("${x}")));

    ct_buf_init(&b, arena, 1u << 20);
    ct_buf_text(&b, "{\"");
    for (unsigned i = 0; i < CT_WINDOW; i++) ct_buf_text(&b, "\\u0061");
    ct_buf_text(&b, "${x}\":\"");
    for (unsigned i = 0; i < CT_WINDOW; i++) ct_buf_byte(&b, 'v');
    ct_buf_text(&b, "${y}\"}");
    assert_int_equal(ct_format_parse(arena, &state, CT_FORMAT_AUTO, ct_buf_view(&b), &r), CT_OK);
    assert_true(some_field_holds(&r, CT_STR("a${x}")));
    assert_true(some_field_holds(&r, CT_STR("v${y}")));
    for (size_t i = 0; i < r.n_fields; i++) assert_true(r.fields[i].name.n < 256);
}

static void names_of_formats_are_found_again(void **unused)
{
    (void)unused;
    enum ct_format f;
    for (int i = 0; i <= CT_FORMAT_COUNT; i++) {
        assert_true(ct_format_by_name(ct_str_from(ct_format_name((enum ct_format)i)), &f));
        assert_int_equal(f, i);
        assert_true(strlen(ct_format_hides((enum ct_format)i)) > 10);
    }
    assert_false(ct_format_by_name(CT_STR("combine"), &f));
    assert_false(ct_format_by_name(CT_STR(""), &f));
}

static void field_names_hold_no_attack(void **unused)
{
    (void)unused;
    struct ct_format_state state = {0};
    struct ct_record r;
    ct_str line = CT_STR("{\"a\\u0000\\n${x}\":{\"headers\":{\"X-${y}<b>\":\"v\"}}}");
    assert_int_equal(ct_format_parse(arena, &state, CT_FORMAT_AUTO, line, &r), CT_OK);
    assert_int_equal(r.n_fields, 3);
    for (size_t i = 0; i < r.n_fields; i++)
        for (size_t k = 0; k < r.fields[i].name.n; k++) {
            unsigned char c = r.fields[i].name.p[k];
            assert_true(ct_ascii_alpha(c) || ct_ascii_digit(c) || strchr("._-@:", c));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_hides, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(no_byte_past_the_line_is_read, open_arena, close_arena),
        cmocka_unit_test(failed_allocations_leave_the_record_alone),
        cmocka_unit_test_setup_teardown(full_records_say_so, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(deep_and_long_json_ends, open_arena, close_arena),
        cmocka_unit_test(names_of_formats_are_found_again),
        cmocka_unit_test_setup_teardown(field_names_hold_no_attack, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
