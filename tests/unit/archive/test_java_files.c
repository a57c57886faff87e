/* Class files, manifests and property files: rows, cuts, edges. */
#include "archive/class.h"
#include "archive/manifest.h"

#include "base/buf.h"
#include "support/edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static int set_up(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) == CT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static void assert_text(ct_str have, const char *want, int line)
{
    if (ct_str_eq(have, ct_str_from(want))) return;
    print_error("have: %.*s\nwant: %s\n", CT_STR_ARG(have), want);
    _fail(__FILE__, line);
}

/* name=value pairs, one after the other, '|' between them; ^ for a line over the cap. */
static ct_str pairs(ct_str in, bool properties)
{
    struct ct_buf b;
    struct ct_manifest m;
    struct ct_properties p;
    ct_str name, value;
    ct_err e;
    ct_buf_init(&b, arena, 1u << 20);
    ct_manifest_open(&m, in);
    ct_properties_open(&p, in);
    while ((e = properties ? ct_properties_next(&p, arena, &name, &value) : ct_manifest_next(&m, arena, &name, &value)) != CT_ERR_END) {
        if (b.n) ct_buf_byte(&b, '|');
        if (e == CT_OK) {
            ct_buf_add(&b, name);
            ct_buf_byte(&b, '=');
            ct_buf_add(&b, value);
        } else {
            assert_int_equal(e, CT_ERR_CAP);
            ct_buf_byte(&b, '^');
        }
    }
    return ct_buf_view(&b);
}

static const struct {
    int line;
    bool properties;
    ct_str in;
    const char *want;
} rows[] = {
#define M(in, want) {__LINE__, false, CT_STR_INIT(in), want}
#define P(in, want) {__LINE__, true, CT_STR_INIT(in), want}
    M("", ""), M("\r\n", ""), M("A: b", "A=b"), M("A: b\r\nC:d\n", "A=b|C=d"), M("A: b\rC: d\r", "A=b|C=d"),
    M("A: one\r\n  two\r\n three\r\nB: x\r\n", "A=one twothree|B=x"), M("A: b\r\n\r\nName: c\r\nD: e\r\n", "A=b"),
    M("\xef\xbb\xbf" "A: b\n", "A=b"), M("\n\nA: b\n", "A=b"), M("no colon\nA: b\n: c\n", "A=b"), M("A:  b c  \n", "A=b c"), M("A: b\n continued", "A=bcontinued"),
    P("", ""), P("a=b", "a=b"), P("a = b\nc:d\ne f\n", "a=b|c=d|e=f"), P("# a=b\n! c=d\n  e=f", "e=f"), P("key", "key="), P("a=\n", "a="),
    P("a=b\\\n   c\\\r\n d\ne=f", "a=bcd|e=f"), P("a\\=b=c", "a=b=c"), P("a\\ b : c", "a b=c"), P("a=\\t\\n\\q\\\\", "a=\t\nq\\"),
    P("a=\\u0041\\u00e9\\ud83d\\ude00", "a=A\xc3\xa9\xf0\x9f\x98\x80"), P("a=\\u12", "a=\\u12"), P("a=\\ud800x", "a=\xef\xbf\xbdx"), P("a=b\\\\\nc=d", "a=b\\|c=d"),
    P("a=b\\", "a=b"), P("#c\\\na=b", "a=b"), P("a==b", "a==b"), P("\r\n\r\na=b\r\n", "a=b"),
#undef M
#undef P
};

static void pairs_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(rows[i].in);
        assert_text(pairs(e.input, rows[i].properties), rows[i].want, rows[i].line);
        edge_free(&e);
        for (size_t n = 0; n < rows[i].in.n; n++) { /* cut anywhere: nothing but an early end */
            e = edge_new(ct_str_slice(rows[i].in, 0, n));
            (void)pairs(e.input, rows[i].properties);
            edge_free(&e);
        }
    }
}

/* A class with one of each: see JVMS 4.4. */
#define SAMPLE                                                                                                                 \
    "\xca\xfe\xba\xbe\0\1\0\x34\0\x0b"                                                                                         \
    "\1\0\3a/B"                                                                                                                \
    "\7\0\1"                                                                                                                   \
    "\1\0\4text"                                                                                                               \
    "\x8\0\3"                                                                                                                  \
    "\5\0\0\0\0\0\0\0\1" /* takes 5 and 6 */                                                                                   \
    "\3\0\0\0\7"                                                                                                               \
    "\xf\1\0\1"                                                                                                                \
    "\1\0\0"                                                                                                                   \
    "\7\0\3"                                                                                                                   \
    "\0\x21\0\2\0\x0a"

static void class_is_read(void **state)
{
    (void)state;
    struct edge e = edge_new(CT_STR(SAMPLE));
    struct ct_class c;
    struct ct_class_item item;
    assert_int_equal(ct_class_open(arena, e.input, &c), CT_OK);
    assert_int_equal(c.major, 52);
    assert_int_equal(c.minor, 1);
    assert_int_equal(c.access, 0x21);
    assert_text(c.this_class, "a/B", __LINE__);
    assert_text(c.super_class, "text", __LINE__);
    struct ct_buf b;
    ct_buf_init(&b, arena, 1000);
    for (unsigned cursor = 0; ct_class_next(&c, &cursor, &item);) ct_buf_printf(&b, "%u:%u:%.*s ", item.index, (unsigned)item.tag, CT_STR_ARG(item.text));
    assert_text(ct_buf_view(&b), "1:1:a/B 2:7:a/B 3:1:text 4:8:text 9:1: 10:7:text ", __LINE__);
    assert_true(ct_class_has(&c, CT_CLASS_STRING, CT_STR("text")));
    assert_false(ct_class_has(&c, CT_CLASS_STRING, CT_STR("a/B")));
    edge_free(&e);
}

static void class_is_refused(void **state)
{
    (void)state;
    ct_str whole = CT_STR(SAMPLE);
    struct ct_class c;
    for (size_t n = 0; n < whole.n; n++) {
        struct edge e = edge_new(ct_str_slice(whole, 0, n));
        ct_err err = ct_class_open(arena, e.input, &c);
        assert_int_equal(err, n == 0 ? CT_ERR_NOT_FOUND : CT_ERR_TRUNCATED);
        edge_free(&e);
    }
    static const struct {
        size_t at;
        unsigned char to;
        ct_err want;
    } changes[] = {{0, 'x', CT_ERR_NOT_FOUND}, {10, 2, CT_ERR_SYNTAX}, {10, 200, CT_ERR_SYNTAX}, {9, 0, CT_ERR_SYNTAX}, {8, 255, CT_ERR_TRUNCATED},
                   {sizeof SAMPLE - 4, 1, CT_ERR_SYNTAX}, {sizeof SAMPLE - 4, 99, CT_ERR_SYNTAX}, {sizeof SAMPLE - 2, 4, CT_ERR_SYNTAX}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        unsigned char copy[sizeof SAMPLE];
        memcpy(copy, SAMPLE, sizeof copy);
        copy[changes[i].at] = changes[i].to;
        assert_int_equal(ct_class_open(arena, (ct_str){copy, whole.n}, &c), changes[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_read),
        cmocka_unit_test(class_is_read),
        cmocka_unit_test(class_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
