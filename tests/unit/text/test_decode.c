/* The decoders and UTF-8. */
#include "text_test.h"

enum { BYTES = 256 };

static ct_str decode(ct_decode_fn *fn, ct_str in, bool *ret_changed)
{
    struct ct_buf b;
    bool changed = false;
    ct_str out = in;
    ct_buf_init(&b, arena, CT_DECODE_MAX);
    assert_int_equal(fn(in, &b, &changed), CT_OK);
    if (changed) assert_int_equal(ct_buf_str(&b, &out), CT_OK);
    else assert_int_equal(b.n, 0);
    if (ret_changed) *ret_changed = changed;
    return out;
}

struct row {
    int line;
    ct_decode_fn *fn;
    ct_str in, want; /* a want with a null p: unchanged */
};
#define R(fn, in, want) {__LINE__, ct_decode_##fn, CT_STR_INIT(in), CT_STR_INIT(want)}
#define SAME(fn, in) {__LINE__, ct_decode_##fn, CT_STR_INIT(in), {NULL, 0}}

static const struct row rows[] = {
    SAME(percent, ""), SAME(percent, "plain"), SAME(percent, "a+b"), SAME(percent, "%"), SAME(percent, "%2"),
    SAME(percent, "%zz"), SAME(percent, "%u12"), SAME(percent, "%u12g4"), SAME(percent, "100% %"),
    R(percent, "%24%7Bjndi:", "${jndi:"), R(percent, "%24%7bx%7d", "${x}"), R(percent, "a%00b", "a\0b"),
    R(percent, "%%24", "%$"), R(percent, "%2%24", "%2$"), R(percent, "%2524", "%24"), R(percent, "%ff", "\xff"),
    R(percent, "%u0024%u007B", "${"), R(percent, "%U0024", "$"), R(percent, "%u0131", "\xc4\xb1"),
    R(percent, "%uD83D%uDE00", "\xf0\x9f\x98\x80"), R(percent, "%uD83Dx", "\xef\xbf\xbdx"),
    R(percent, "%uDE00%u0041", "\xef\xbf\xbd" "A"), R(percent, "%uD83D%u0041", "\xef\xbf\xbd" "A"),
    R(percent, "%uD83D%uDE0", "\xef\xbf\xbd%uDE0"), R(percent, "%uD83D%uD83D%uDE00", "\xef\xbf\xbd\xf0\x9f\x98\x80"),
    R(percent, "x%41", "xA"), R(percent, "%41x", "Ax"), R(percent, "%41%4", "A%4"), R(percent, "%4%41", "%4A"),

    SAME(form, ""), SAME(form, "plain"), SAME(form, "%2"), R(form, "a+b", "a b"), R(form, "+%2B+", " + "),
    R(form, "%24", "$"), R(form, "%2+41", "%2 41"), R(form, "%+41", "% 41"), R(form, "+%u0024", " $"), R(form, "+%", " %"),

    SAME(backslash, ""), SAME(backslash, "\\"), SAME(backslash, "\\q"), SAME(backslash, "\\x2"), SAME(backslash, "\\u12"),
    SAME(backslash, "\\xzz"), SAME(backslash, "\\u{}"), SAME(backslash, "\\u{24"), SAME(backslash, "\\u{110000}"),
    SAME(backslash, "\\u{2g}"), SAME(backslash, "\\8"), SAME(backslash, "\\u{ffffffffffffffff0000000000000024}"),
    R(backslash, "\\x24\\x7bjndi", "${jndi"), R(backslash, "\\xC4\\xB1", "\xc4\xb1"), R(backslash, "\\u0024\\u007B", "${"),
    R(backslash, "\\ud83d\\ude00", "\xf0\x9f\x98\x80"), R(backslash, "\\ude00", "\xef\xbf\xbd"),
    R(backslash, "\\ud83d\\x41", "\xef\xbf\xbd" "A"), R(backslash, "\\u{24}\\u{7B}", "${"), R(backslash, "\\u{000024}", "$"),
    R(backslash, "\\U00000024\\U0001F600", "$\xf0\x9f\x98\x80"), SAME(backslash, "\\U0000002"),
    SAME(backslash, "\\U00110000"), SAME(backslash, "C:\\Users"), R(backslash, "\\u{1F600}", "\xf0\x9f\x98\x80"), R(backslash, "\\u{d800}", "\xef\xbf\xbd"),
    R(backslash, "\\0", "\0"), R(backslash, "\\44\\173", "${"), R(backslash, "\\044{", "${"), R(backslash, "\\377", "\xff"),
    R(backslash, "\\400", " 0"), R(backslash, "\\1234", "S4"), R(backslash, "\\n\\t\\r\\b\\f", "\n\t\r\b\f"),
    R(backslash, "\\\"\\'\\\\\\/", "\"'\\/"), R(backslash, "h\\.example\\", "h.example\\"), R(backslash, "\\\\x24", "\\x24"), R(backslash, "\\\\\\x24", "\\$"),
    R(backslash, "\\q\\x24", "\\q$"), R(backslash, "\\x24\\", "$\\"),

    SAME(html, ""), SAME(html, "&"), SAME(html, "a=1&b=2"), SAME(html, "&#"), SAME(html, "&#x"), SAME(html, "&#x;"),
    SAME(html, "&#;"), SAME(html, "&nosuch;"), SAME(html, "&DOLLAR;"), SAME(html, "&l"), SAME(html, "&eacute;"),
    R(html, "&#36;&#123;", "${"), R(html, "&#36&#123", "${"), R(html, "&#x24;&#X7B;", "${"), R(html, "&#0000000000036;", "$"),
    R(html, "&#x00000000000024{", "${"), R(html, "&dollar;&lcub;", "${"), R(html, "&dollar&lbrace", "${"),
    R(quotes, "${date:''j''}", "${date:'j'}"), R(quotes, "''''", "''"), R(quotes, "'''", "''"), SAME(quotes, "'"), SAME(quotes, "' '"),
    R(hash, "$#7Bx#7d#4", "${x}#4"), SAME(hash, "#"), SAME(hash, "a#7"), SAME(hash, "#xy#"), R(hash, "#2323", "#23"), R(hash, "##41", "#A"),
    R(html, "&LBRACE;&RCUB;&LCUB&RBRACE", "{}{}"),
    R(html, "&amp;#36;", "&#36;"), R(html, "&&lt;", "&<"), R(html, "&colon;&sol;&sol;", "://"), R(html, "&fjlig;", "fj"),
    R(html, "&imath;&inodot", "\xc4\xb1\xc4\xb1"), R(html, "&verbar;&vert;", "||"), R(html, "&period;", "."),
    R(html, "&#0;", "\xef\xbf\xbd"), R(html, "&#x110000;", "\xef\xbf\xbd"), R(html, "&#99999999999999999999;", "\xef\xbf\xbd"),
    R(html, "&#xD800;", "\xef\xbf\xbd"), R(html, "&#128512;", "\xf0\x9f\x98\x80"), R(html, "&#128;", "\xc2\x80"),
    R(html, "&lt", "<"), R(html, "&Tab;&NewLine;", "\t\n"), R(html, "&#3\x36", "$"),

    SAME(base64, ""), SAME(base64, "JHtqbmRpOmRuczovL2gvfQ") /* under CT_BASE64_MIN */, SAME(base64, "JHtqbmRpOmxkYXA6Ly9oL2F9==="),
    SAME(base64, "JHtqbmRpOmxkYXA6Ly9oL2F9A") /* 25 sextets */, SAME(base64, "JHtqbmRp=OmxkYXA6Ly9oL2F9"), SAME(base64, "JHtqbmRpOmxkYXA6Ly9oL2F9!"),
    SAME(base64, "AAAAAAAAAAAAAAAAAAAAAAAA") /* NULs */, SAME(base64, "////////////////////////"), SAME(base64, "ordinarywordsofplainprose"),
    R(base64, "JHtqbmRpOnJtaTovL2gvYX0", "${jndi:rmi://h/a}"), R(base64, "JHtqbmRpOmxkYXA6Ly9oL2F9", "${jndi:ldap://h/a}"), R(base64, "JHtqbmRpOmxkYXA6Ly9oL2FifQ==", "${jndi:ldap://h/ab}"),
    R(base64, "JHtqbmRpOmxkYXA6Ly9oL2FifQ", "${jndi:ldap://h/ab}"), R(base64, "JHtqbmRp\r\nOmxkYXA6Ly9oL2F9\r\n", "${jndi:ldap://h/a}"),
    R(base64, "YT9iPmN-ZD9lPmY_Pz5nfmg_Pn4=", "a?b>c~d?e>f?" "?>g~h?>~"), R(base64, "YT9iPmN+ZD9lPmY/Pz5nfmg/Pn4=", "a?b>c~d?e>f?" "?>g~h?>~"),
    R(base64, "YT9iPmN ZD9lPmY/Pz5nfmg/Pn4=", "a?b>c~d?e>f?" "?>g~h?>~"),

    SAME(words, ""), SAME(words, "=?"), SAME(words, "a=?b"), SAME(words, "=?utf-8?x?y?="), SAME(words, "=?" "?q?a?="), SAME(words, "=?a b?q?c?="),
    SAME(words, "=?utf-8?q"), R(words, "=?utf-8?q?" "?=", ""), R(words, "=?utf-8?q?=24=7Bjndi?=", "${jndi"), R(words, "=?UTF-8?Q?a_b=5F=zz=2?=", "a b_=zz=2"),
    R(words, "=?utf-8*en?b?JHtqbmRp?=", "${jndi"), R(words, "x =?a?b?JHs=?= y", "x ${ y"), R(words, "=?a?b?JHs?=\r\n =?a?q?x?= =?a?q?y?= z", "${xy z"),
    R(words, "=?a?b?JHs?=? =?a?b?eA==?=", "${x"), R(words, "=?a?q?x?=? y", "x? y"), R(words, "=?a?q?=24=7Bcu", "${cu"), R(words, "=?a?b?J.H.s", "${"),
    R(words, "=?a?q?==3F=3D?=", "=?="), R(words, "=?a?q?=?a?q?x?=", "=?a?q?x"),

    SAME(quoted, ""), SAME(quoted, "a=b"), SAME(quoted, "=2"), SAME(quoted, "=zz"), R(quoted, "=24=7Bjndi=7d", "${jndi}"), R(quoted, "=3D24", "=24"),
    R(quoted, "$=\r\n{=\nj=\rn", "${jn"), R(quoted, "a=", "a"), R(quoted, "==24", "=$"), R(quoted, "=", ""),
};

static void rows_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        bool changed;
        struct edge e = edge_new(row->in);
        ct_str out = decode(row->fn, e.input, &changed);
        if (changed != (row->want.p != NULL)) print_error("row at line %d: changed is %d\n", row->line, changed);
        assert_int_equal(changed, row->want.p != NULL);
        if (changed) assert_str_equal(out, row->want, row->line);
        edge_free(&e);
    }
}

/* Every prefix of every row, flush against an unreadable page. */
static void no_decoder_reads_past_its_input(void **state)
{
    (void)state;
    static ct_decode_fn *const fns[] = {ct_decode_percent, ct_decode_form, ct_decode_backslash, ct_decode_html,
                                        ct_decode_base64, ct_decode_words, ct_decode_quoted, ct_decode_hash, ct_decode_quotes};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t n = 0; n <= rows[i].in.n; n++) {
            struct edge e = edge_new((ct_str){rows[i].in.p, n});
            for (size_t k = 0; k < sizeof fns / sizeof *fns; k++) {
                struct ct_arena_mark m = ct_arena_mark(arena);
                (void)decode(fns[k], e.input, NULL);
                ct_arena_reset(arena, m);
            }
            edge_free(&e);
        }
    }
}

/* Writes one byte in a random spelling that `fn` must read back. */
static void spell(struct rng *r, ct_decode_fn *fn, unsigned char c, struct ct_buf *b)
{
    bool upper = rng_below(r, 2);
    if (fn == ct_decode_percent) {
        if (c < 0x80 && rng_below(r, 3) == 0) ct_buf_printf(b, "%%u%04x", c);
        else if (upper) ct_buf_printf(b, "%%%02X", c);
        else ct_buf_printf(b, "%%%02x", c);
    } else if (fn == ct_decode_form) {
        if (c == ' ' && upper) ct_buf_byte(b, '+');
        else ct_buf_printf(b, "%%%02x", c);
    } else if (fn == ct_decode_html) { /* below 0x80 only */
        if (rng_below(r, 2)) ct_buf_printf(b, "&#%u;", c);
        else if (upper) ct_buf_printf(b, "&#x%x;", c);
        else ct_buf_printf(b, "&#X00%X;", c);
    } else {
        switch (rng_below(r, c < 0x80 ? 4 : 2)) {
        case 0: ct_buf_printf(b, "\\x%02X", c); break;
        case 1: ct_buf_printf(b, "\\%03o", c); break;
        case 2: ct_buf_printf(b, "\\u%04x", c); break;
        default: ct_buf_printf(b, "\\u{%x}", c); break;
        }
    }
}

static void decoding_undoes_encoding(void **state)
{
    (void)state;
    static ct_decode_fn *const fns[] = {ct_decode_percent, ct_decode_form, ct_decode_backslash, ct_decode_html};
    static const char *const leads[] = {"%", "%+", "\\", "&"};
    struct rng r = rng_new("decoding_undoes_encoding");
    for (int round = 0; round < 4000; round++) {
        size_t k = rng_below(&r, 4);
        struct ct_arena_mark m = ct_arena_mark(arena);
        unsigned char plain[BYTES];
        size_t n = rng_below(&r, sizeof plain);
        struct ct_buf b;
        ct_buf_init(&b, arena, CT_DECODE_MAX);
        for (size_t i = 0; i < n; i++) {
            plain[i] = (unsigned char)(fns[k] == ct_decode_html ? 1 + rng_below(&r, 127) : rng_below(&r, 256));
            if (strchr(leads[k], plain[i]) || rng_below(&r, 3) == 0) spell(&r, fns[k], plain[i], &b);
            else ct_buf_byte(&b, plain[i]);
        }
        ct_str encoded = {NULL, 0};
        assert_int_equal(ct_buf_str(&b, &encoded), CT_OK);
        assert_str_equal(decode(fns[k], encoded, NULL), ((ct_str){plain, n}), __LINE__);
        ct_arena_reset(arena, m);
    }
}

/* detect may skip a form that did not change, so the flag must be exact; and no form may outgrow its input. */
static void changed_is_exact_and_nothing_grows(void **state)
{
    (void)state;
    static ct_decode_fn *const fns[] = {ct_decode_percent, ct_decode_form, ct_decode_backslash, ct_decode_html,
                                        ct_decode_base64, ct_decode_words, ct_decode_quoted, ct_decode_hash, ct_decode_quotes};
    struct rng r = rng_new("changed_is_exact");
    for (int round = 0; round < 20000; round++) {
        struct ct_arena_mark m = ct_arena_mark(arena);
        ct_str in = random_text(&r, 120);
        for (size_t k = 0; k < sizeof fns / sizeof *fns; k++) {
            bool changed;
            ct_str out = decode(fns[k], in, &changed);
            assert_int_equal(changed, !ct_str_eq(in, out));
            assert_true(out.n <= in.n);
        }
        ct_arena_reset(arena, m);
    }
}

static void failures_leave_the_flag_alone(void **state)
{
    (void)state;
    static const struct row some[] = {R(percent, "%24", ""), R(form, "a+b", ""), R(backslash, "\\x24", ""),
                                      R(html, "&lt;", ""), R(base64, "JHtqbmRpOmxkYXA6Ly9oL2F9", "")};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct ct_buf b;
        bool changed = true;
        ct_buf_init(&b, arena, 2);
        assert_int_equal(some[i].fn(some[i].in, &b, &changed), CT_ERR_CAP);
        assert_int_equal(some[i].fn(CT_STR("x"), &b, &changed), CT_ERR_CAP); /* sticky, even where nothing changes */
        assert_true(changed);
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            ct_arena *a = NULL;
            fault_alloc_init(&f, n, false);
            ct_err err = ct_arena_new(&f.alloc, 1u << 20, &a);
            if (!err) {
                ct_buf_init(&b, a, CT_DECODE_MAX);
                err = some[i].fn(some[i].in, &b, &changed);
            }
            ct_arena_free(a);
            assert_int_equal(f.live, 0);
            if (!f.failed) break;
            assert_int_equal(err, CT_ERR_NOMEM);
        }
    }
}

/* Appends behind what the buffer already holds. */
static void output_is_appended(void **state)
{
    (void)state;
    struct ct_buf b;
    bool changed;
    ct_buf_init(&b, arena, 64);
    ct_buf_text(&b, "kept:");
    assert_int_equal(ct_decode_percent(CT_STR("a%24b"), &b, &changed), CT_OK);
    assert_int_equal(ct_decode_base64(CT_STR("AAAAAAAAAAAAAAAA"), &b, &changed), CT_OK);
    assert_false(changed);
    assert_str_equal(ct_buf_view(&b), CT_STR("kept:a$b"), __LINE__);
}

static void every_code_point_survives_utf8(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code++) {
        unsigned char bytes[4];
        uint32_t back = 1;
        unsigned n = ct_utf8_write(bytes, code);
        assert_int_equal(ct_utf8_get((ct_str){bytes, n}, &back), n);
        assert_int_equal(back, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
        for (unsigned cut = 0; cut < n; cut++) assert_int_equal(ct_utf8_get((ct_str){bytes, cut}, &back), 0);
    }
    unsigned char bytes[4];
    assert_int_equal(ct_utf8_write(bytes, 0x110000), 3);
    assert_memory_equal(bytes, "\xef\xbf\xbd", 3);
}

static void malformed_utf8_is_refused(void **state)
{
    (void)state;
    static const ct_str bad[] = {
        CT_STR_INIT("\x80"), CT_STR_INIT("\xc0\x80"), CT_STR_INIT("\xc1\xbf"), CT_STR_INIT("\xe0\x80\x80"),
        CT_STR_INIT("\xe0\x9f\xbf"), CT_STR_INIT("\xed\xa0\x80"), CT_STR_INIT("\xf0\x8f\xbf\xbf"),
        CT_STR_INIT("\xf4\x90\x80\x80"), CT_STR_INIT("\xf5\x80\x80\x80"), CT_STR_INIT("\xff"), CT_STR_INIT("\xc3("),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t code = 7;
        assert_int_equal(ct_utf8_get(bad[i], &code), 0);
        assert_int_equal(code, 7);
        assert_false(ct_utf8_valid(bad[i]));
    }
    assert_true(ct_utf8_valid(CT_STR("")));
    assert_true(ct_utf8_valid((ct_str){NULL, 0}));
    assert_true(ct_utf8_valid(CT_STR("caf\xc3\xa9 \xf0\x9f\x98\x80")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_decode),
        cmocka_unit_test(no_decoder_reads_past_its_input),
        cmocka_unit_test(decoding_undoes_encoding),
        cmocka_unit_test(changed_is_exact_and_nothing_grows),
        cmocka_unit_test(failures_leave_the_flag_alone),
        cmocka_unit_test(output_is_appended),
        cmocka_unit_test(every_code_point_survives_utf8),
        cmocka_unit_test(malformed_utf8_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
