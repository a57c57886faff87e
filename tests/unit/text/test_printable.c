/* The escaping printers. */
#include "text_test.h"
#include "text/printable.h"

typedef void printer(struct ct_buf *out, ct_str s);

static ct_str print_with(printer *fn, ct_str in)
{
    struct ct_buf b;
    ct_str s = {NULL, 0};
    ct_buf_init(&b, arena, 1u << 16);
    fn(&b, in);
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

static void clipped_20(struct ct_buf *out, ct_str s) { ct_print_clipped(out, s, 20); }

static printer *const printers[] = {ct_print_text, ct_print_html, ct_print_csv, ct_print_defanged, clipped_20};

static const struct {
    int line;
    printer *fn;
    ct_str in, want;
} rows[] = {
#define R(fn, in, want) {__LINE__, ct_print_##fn, CT_STR_INIT(in), CT_STR_INIT(want)}
    R(text, "", ""), R(text, "plain \\ text", "plain \\ text"), R(text, "${jndi:x}", "\\x24{jndi:x}"), R(text, "$5", "$5"),
    R(text, "5$", "5\\x24"), R(text, "$${", "$\\x24{"), R(text, "\x1b[2J\r\n\t\0", "\\x1b[2J\\x0d\\x0a\\x09\\x00"),
    R(text, "\x7f\xc2\x9b", "\\x7f\\xc2\\x9b"), R(text, "caf\xc3\xa9", "caf\xc3\xa9"), R(text, "a\xffz", "a\\xffz"),
    R(text, "\xe2\x80\xae" "evil", "\\xe2\\x80\\xaeevil"), R(text, "a\xc3", "a\\xc3"), R(text, "\xed\xa0\x80", "\\xed\\xa0\\x80"),
    R(text, "$\xe2\x80\x8b{", "$\\xe2\\x80\\x8b{"),
    R(html, "<a b='c' d=\"e\">&${x}", "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;&#36;{x}"), R(html, "\x01", "\\x01"),
    R(csv, "", ""), R(csv, "a", "a"), R(csv, "a,b", "\"a,b\""), R(csv, "a\"b", "\"a\"\"b\""), R(csv, " a", "\" a\""),
    R(csv, "=1+1", "'=1+1"), R(csv, "+1", "'+1"), R(csv, "-1", "'-1"), R(csv, "@x", "'@x"), R(csv, "\tx", "'\\x09x"),
    R(csv, "\r=x", "'\\x0d=x"), R(csv, "=a,\"", "\"'=a,\"\"\""), R(csv, "\xef\xbc\x9d" "1", "'\xef\xbc\x9d" "1"),
    R(csv, "a\nb", "a\\x0ab"), R(csv, "${x}", "\\x24{x}"), R(csv, "a=1", "a=1"),
    R(defanged, "ldap://evil.example:1389/a.b", "ldap[:]//evil[.]example:1389/a.b"), R(defanged, "evil.example", "evil[.]example"),
    R(defanged, "10.0.0.1:53", "10[.]0[.]0[.]1:53"), R(defanged, "see http://a.b/c.d and e.f",
    "see http[:]//a[.]b/c.d and e[.]f"), R(defanged, "//a.b/c.d", "//a[.]b/c.d"), R(defanged, "http://a.b/?u=http://c.d/e.f",
    "http[:]//a[.]b/?u=http[:]//c[.]d/e.f"), R(defanged, "${jndi:ldap://a.b/c}", "\\x24{jndi:ldap[:]//a[.]b/c}"),
    R(defanged, "${jndi:ldap:/a.b/c.d}", "\\x24{jndi:ldap:/a[.]b/c.d}"), R(defanged, "${jndi:rmi:a.b/c.d}", "\\x24{jndi:rmi:a[.]b/c.d}"),
    R(defanged, "a\xe3\x80\x82" "b", "a[\xe3\x80\x82]b"), R(defanged, "u@a.b", "u@a[.]b"), R(defanged, "\\\\a.b\\c.d",
    "\\\\a[.]b\\c.d"), R(defanged, "http://a.b?x.y", "http[:]//a[.]b?x[.]y"),
    R(defanged, "ldap://127.0.0.1#evil.example:1389/a.b", "ldap[:]//127[.]0[.]0[.]1#evil[.]example:1389/a.b"),
    R(defanged, "http://a.b/c.d?e.f#g.h", "http[:]//a[.]b/c.d?e.f#g.h"), R(defanged, "\x1b" "a.b", "\\x1ba[.]b"),
#undef R
};

static void rows_print(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(rows[i].in);
        assert_str_equal(print_with(rows[i].fn, e.input), rows[i].want, rows[i].line);
        edge_free(&e);
    }
}

static void clipping_keeps_the_width(void **state)
{
    (void)state;
    static const struct {
        int line;
        size_t columns;
        ct_str in, want;
    } clips[] = {
        {__LINE__, 5, CT_STR_INIT("abcde"), CT_STR_INIT("abcde")},
        {__LINE__, 5, CT_STR_INIT("abcdef"), CT_STR_INIT("ab...")},
        {__LINE__, 5, CT_STR_INIT("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), CT_STR_INIT("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9")},
        {__LINE__, 4, CT_STR_INIT("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), CT_STR_INIT("\xc3\xa9...")},
        {__LINE__, 8, CT_STR_INIT("abc\x01" "de"), CT_STR_INIT("abc...")}, /* an escape is never cut in two */
        {__LINE__, 7, CT_STR_INIT("abc\x01"), CT_STR_INIT("abc\\x01")},
        {__LINE__, 3, CT_STR_INIT("abcd"), CT_STR_INIT("...")},
        {__LINE__, 2, CT_STR_INIT("abcd"), CT_STR_INIT("..")},
        {__LINE__, 2, CT_STR_INIT("ab"), CT_STR_INIT("ab")},
        {__LINE__, 0, CT_STR_INIT("a"), CT_STR_INIT("")},
        {__LINE__, 0, CT_STR_INIT(""), CT_STR_INIT("")},
        {__LINE__, 6, CT_STR_INIT("ab${jndi}"), CT_STR_INIT("ab...")},
    };
    for (size_t i = 0; i < sizeof clips / sizeof *clips; i++) {
        struct ct_buf b;
        ct_buf_init(&b, arena, 100);
        ct_buf_text(&b, "| ");
        ct_print_clipped(&b, clips[i].in, clips[i].columns);
        assert_int_equal(b.err, CT_OK);
        assert_str_equal(ct_str_slice(ct_buf_view(&b), 2, b.n), clips[i].want, clips[i].line);
    }
}

static void assert_safe(ct_str s)
{
    assert_true(ct_str_find(s, CT_STR("${")) == CT_STR_NONE);
    for (size_t i = 0; i < s.n;) {
        uint32_t code;
        unsigned n = ct_utf8_get(ct_str_slice(s, i, s.n), &code);
        assert_int_not_equal(n, 0);
        assert_true(ct_unicode_shows(code));
        i += n;
    }
}

/* The pieces of one text, each printed by itself one behind the other, are as safe as the whole. */
static void nothing_live_is_ever_printed(void **state)
{
    (void)state;
    struct rng r = rng_new("nothing_live_is_ever_printed");
    for (int round = 0; round < 20000; round++) {
        struct ct_arena_mark m = ct_arena_mark(arena);
        ct_str in = random_text(&r, 80);
        for (size_t k = 0; k < sizeof printers / sizeof *printers; k++) {
            struct ct_buf b;
            ct_buf_init(&b, arena, 1u << 16);
            assert_safe(print_with(printers[k], in));
            for (size_t at = 0; at < in.n;) {
                size_t to = at + 1 + rng_below(&r, 8);
                printers[k](&b, ct_str_slice(in, at, to));
                at = to;
            }
            assert_int_equal(b.err, CT_OK);
            assert_safe(ct_buf_view(&b));
        }
        struct ct_buf b;
        size_t columns = rng_below(&r, 30), width = 0;
        ct_buf_init(&b, arena, 1u << 16);
        ct_print_clipped(&b, in, columns);
        for (size_t i = 0; i < b.n; i++) width += (b.p[i] & 0xc0) != 0x80;
        assert_true(width <= columns);
        ct_str whole = print_with(ct_print_text, in);
        if (!ct_str_eq(whole, ct_buf_view(&b)))
            assert_true(columns < 3 || ct_str_starts(whole, ct_str_slice(ct_buf_view(&b), 0, b.n - 3)));
        ct_arena_reset(arena, m);
    }
}

/* In a word before its first slash every dot is defanged, so no tool finds a host to fetch. */
static void no_host_stays_whole(void **state)
{
    (void)state;
    static const char *const before[] = {"", "http://", "see ", "x=", "ldap://u:p@", "(", "\"", "//"};
    static const char *const after[] = {"", "/", ":80/x", "?q", "#f", " and so on", ")", "\"", "\n"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        for (size_t k = 0; k < sizeof after / sizeof *after; k++) {
            char text[64];
            (void)snprintf(text, sizeof text, "%sa.evil.example%s", before[i], after[k]);
            ct_str s = print_with(ct_print_defanged, ct_str_from(text));
            assert_true(ct_str_find(s, CT_STR("a[.]evil[.]example")) != CT_STR_NONE);
            assert_true(ct_str_find(s, CT_STR("://")) == CT_STR_NONE);
        }
    }
}

static void printers_report_a_full_buffer(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof printers / sizeof *printers; k++) {
        struct ct_buf b;
        ct_str s;
        ct_buf_init(&b, arena, 6);
        printers[k](&b, CT_STR("ab\x01\x01\x01"));
        assert_int_equal(ct_buf_str(&b, &s), CT_ERR_CAP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_print),
        cmocka_unit_test(clipping_keeps_the_width),
        cmocka_unit_test(nothing_live_is_ever_printed),
        cmocka_unit_test(no_host_stays_whole),
        cmocka_unit_test(printers_report_a_full_buffer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
