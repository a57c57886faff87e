/* The JSON reader and writer. */
#include "text_test.h"
#include "text/json_in.h"
#include "text/json_out.h"

/* Reads everything: one letter per token ({}[] k s n t f 0), then '.' for the end, or ~ truncated, ! malformed, ^ too deep. */
static ct_str shape(ct_str in)
{
    static const char letters[] = {[CT_JSON_OBJECT] = '{', [CT_JSON_OBJECT_END] = '}', [CT_JSON_ARRAY] = '[',
                                   [CT_JSON_ARRAY_END] = ']', [CT_JSON_KEY] = 'k', [CT_JSON_STRING] = 's',
                                   [CT_JSON_NUMBER] = 'n', [CT_JSON_TRUE] = 't', [CT_JSON_FALSE] = 'f', [CT_JSON_NULL] = '0'};
    struct ct_json_in j;
    struct ct_json_token t = {0};
    struct ct_buf b;
    ct_buf_init(&b, arena, 1u << 20);
    ct_json_open(&j, in);
    ct_err err;
    unsigned depth = 0;
    while ((err = ct_json_next(&j, &t)) == CT_OK) {
        ct_buf_byte(&b, (unsigned char)letters[t.kind]);
        if (t.kind == CT_JSON_OBJECT || t.kind == CT_JSON_ARRAY) depth++;
        assert_int_equal(t.depth, depth);
        if (t.kind == CT_JSON_OBJECT_END || t.kind == CT_JSON_ARRAY_END) depth--;
        bool quoted = t.kind == CT_JSON_KEY || t.kind == CT_JSON_STRING;
        assert_ptr_equal(t.text.p, in.p + t.offset + quoted);
        assert_int_equal(t.escaped, quoted && ct_str_chr(t.text, '\\') != CT_STR_NONE);
        assert_true(ct_json_offset(&j) <= in.n);
    }
    assert_int_equal(ct_json_next(&j, &t), err); /* the answer stays */
    ct_buf_byte(&b, err == CT_ERR_END ? '.' : err == CT_ERR_TRUNCATED ? '~' : err == CT_ERR_SYNTAX ? '!' : '^');
    ct_str s = {NULL, 0};
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

static const struct {
    int line;
    ct_str in, want;
} shapes[] = {
#define S(in, want) {__LINE__, CT_STR_INIT(in), CT_STR_INIT(want)}
    S("{}", "{}."), S(" [ ] ", "[]."), S("\t\r\n\"a\"", "s."), S("12", "n."), S("-0.5e+10", "n."), S("true", "t."),
    S("{\"a\":1,\"b\":[true,false,null,\"x\",{}]}", "{knk[tf0s{}]}."), S("{\"a\" : { \"a\" : [] } , \"a\":2 }", "{k{k[]}kn}."),
    S("{} trailing", "{}."), S("\"a\\u0041\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s."), S("\"\\ud800\"", "s."), S("\"\xff\"", "s."),
    S("", "~"), S("  ", "~"), S("{", "{~"), S("[", "[~"), S("{\"a", "{~"), S("{\"a\"", "{k~"), S("{\"a\":", "{k~"),
    S("{\"a\":1", "{k~"), S("{\"a\":1,", "{kn~"), S("[1", "[~"), S("[1 ", "[n~"), S("[tru", "[~"), S("[true", "[t~"),
    S("tru", "~"), S("-", "~"), S("1.", "~"), S("1e", "~"), S("1e+", "~"), S("\"abc\\", "~"), S("\"\\u00", "~"), S("[[1],", "[[n]~"),
    S("x", "!"), S("truex", "!"), S("true1", "!"), S("nul ", "!"), S("01", "!"), S("-01", "!"), S("1.x", "!"), S(".5", "!"),
    S("+1", "!"), S("1e5.", "!"), S("-x", "!"), S("12x", "!"), S("NaN", "!"), S("Infinity", "!"), S("0x10", "!"),
    S("'a'", "!"), S("\"\\x24\"", "!"), S("\"\\u12g4\"", "!"), S("\"a\nb\"", "!"), S("\"a\0b\"", "!"), S("\"\\\0\"", "!"),
    S("]", "!"), S("}", "!"), S("[}", "[!"), S("{]", "{!"), S("[1,]", "[n!"), S("[,1]", "[!"), S("{,}", "{!"), S("{\"a\":1,}", "{kn!"),
    S("[1 2]", "[n!"), S("{1:2}", "{!"), S("{\"a\",1}", "{k!"), S("{\"a\" 1}", "{k!"), S("{\"a\":}", "{k!"), S("{\"a\"}", "{k!"),
    S("[1}", "[n!"), S("[1]]", "[n]."), S("[\"a\":1]", "[s!"), S("{\"a\":1:2}", "{k!"), S("\xef\xbb\xbf{}", "!"), S("/**/1", "!"),
#undef S
};

static void shapes_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct edge e = edge_new(shapes[i].in);
        assert_str_equal(shape(e.input), shapes[i].want, shapes[i].line);
        edge_free(&e);
    }
}

/* A line cut anywhere is "truncated", never "malformed", and every token before the cut arrives. */
static void a_cut_document_is_truncated(void **state)
{
    (void)state;
    ct_str whole = CT_STR("{\"ts\":-1.5e3,\"\\u0061\":[true,null,{\"b\":\"\xc3\xa9\\n\"}],\"z\":false}");
    ct_str all = shape(whole);
    for (size_t n = 0; n < whole.n; n++) {
        struct edge e = edge_new((ct_str){whole.p, n});
        ct_str cut = shape(e.input);
        assert_int_equal(cut.p[cut.n - 1], '~');
        assert_true(ct_str_starts(all, ct_str_slice(cut, 0, cut.n - 1)));
        edge_free(&e);
    }
}

static void depth_has_a_cap(void **state)
{
    (void)state;
    unsigned char deep[2 * (CT_JSON_DEPTH_MAX + 1)];
    memset(deep, '[', CT_JSON_DEPTH_MAX);
    memset(deep + CT_JSON_DEPTH_MAX, ']', CT_JSON_DEPTH_MAX);
    ct_str s = shape((ct_str){deep, 2 * CT_JSON_DEPTH_MAX});
    assert_int_equal(s.p[s.n - 1], '.');
    memset(deep, '[', CT_JSON_DEPTH_MAX + 1);
    s = shape((ct_str){deep, CT_JSON_DEPTH_MAX + 1});
    assert_int_equal(s.n, CT_JSON_DEPTH_MAX + 1);
    assert_int_equal(s.p[s.n - 1], '^');
}

static void skip_moves_past_the_container(void **state)
{
    (void)state;
    ct_str in = CT_STR("{\"a\":{\"x\":[1,{\"y\":[]}]},\"b\":2} next");
    struct ct_json_in j;
    struct ct_json_token t;
    ct_json_open(&j, in);
    for (int i = 0; i < 3; i++) assert_int_equal(ct_json_next(&j, &t), CT_OK);
    assert_int_equal(t.kind, CT_JSON_OBJECT);
    assert_int_equal(ct_json_skip(&j), CT_OK);
    assert_int_equal(ct_json_next(&j, &t), CT_OK);
    assert_str_equal(t.text, CT_STR("b"), __LINE__);
    for (int i = 0; i < 2; i++) assert_int_equal(ct_json_next(&j, &t), CT_OK);
    assert_int_equal(ct_json_next(&j, &t), CT_ERR_END);
    assert_str_equal(ct_str_slice(in, ct_json_offset(&j), in.n), CT_STR(" next"), __LINE__);

    ct_json_open(&j, in);
    assert_int_equal(ct_json_next(&j, &t), CT_OK);
    assert_int_equal(ct_json_skip(&j), CT_OK);
    assert_int_equal(ct_json_next(&j, &t), CT_ERR_END);

    ct_json_open(&j, CT_STR("[[1,2"));
    assert_int_equal(ct_json_next(&j, &t), CT_OK);
    assert_int_equal(ct_json_skip(&j), CT_ERR_TRUNCATED);
}

static void unescape_gives_the_bytes(void **state)
{
    (void)state;
    static const struct {
        int line;
        ct_str in, want;
    } rows[] = {
        {__LINE__, CT_STR_INIT(""), CT_STR_INIT("")},
        {__LINE__, CT_STR_INIT("plain"), CT_STR_INIT("plain")},
        {__LINE__, CT_STR_INIT("\\u0024{\\\"\\\\\\/\\b\\f\\n\\r\\t"), CT_STR_INIT("${\"\\/\b\f\n\r\t")},
        {__LINE__, CT_STR_INIT("\\ud83d\\ude00 \\ud83d \\ude00"), CT_STR_INIT("\xf0\x9f\x98\x80 \xef\xbf\xbd \xef\xbf\xbd")},
        {__LINE__, CT_STR_INIT("\\u0000"), CT_STR_INIT("\0")},
        {__LINE__, CT_STR_INIT("\\x24\\q\\u12\\"), CT_STR_INIT("\\x24\\q\\u12\\")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_buf b;
        struct edge e = edge_new(rows[i].in);
        ct_buf_init(&b, arena, 100);
        ct_json_unescape(&b, e.input);
        assert_int_equal(b.err, CT_OK);
        assert_str_equal(ct_buf_view(&b), rows[i].want, rows[i].line);
        edge_free(&e);
    }
}

static void writer_keeps_commas_and_nesting(void **state)
{
    (void)state;
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, arena, 1000);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_kz(&j, "a", "x");
    ct_json_key(&j, "b");
    ct_json_array(&j);
    ct_json_u64(&j, UINT64_MAX);
    ct_json_i64(&j, INT64_MIN);
    ct_json_f64(&j, 0.1);
    ct_json_f64(&j, -1e300);
    ct_json_f64(&j, 1.0 / 3);
    ct_json_f64(&j, 42);
    ct_json_bool(&j, true);
    ct_json_null(&j);
    ct_json_object(&j);
    ct_json_object_end(&j);
    ct_json_array_end(&j);
    ct_json_ku(&j, "c", 0);
    ct_json_kv(&j, "$k", CT_STR("${\"\\\n\x7f\xe2\x80\xae\xc3\xa9\xff\xf3\xa0\x80\xa1"));
    ct_json_object_end(&j);
    ct_str s = {NULL, 0};
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    assert_str_equal(s,
                     CT_STR("{\"a\":\"x\",\"b\":[18446744073709551615,-9223372036854775808,0.1,-1e+300,0.3333333333333333,42,"
                            "true,null,{}],\"c\":0,\"\\u0024k\":\"\\u0024{\\\"\\\\\\u000a\\u007f\\u202e\xc3\xa9\\\\xff"
                            "\\udb40\\udc21\"}"),
                     __LINE__);
}

static void writer_errors_stick(void **state)
{
    (void)state;
    struct ct_buf b;
    struct ct_json_out j;
    ct_str s;
    ct_buf_init(&b, arena, 10000);
    ct_json_begin(&j, &b);
    for (unsigned i = 0; i < CT_JSON_DEPTH_MAX; i++) ct_json_array(&j);
    assert_int_equal(b.err, CT_OK);
    ct_json_array(&j);
    assert_int_equal(ct_buf_str(&b, &s), CT_ERR_CAP);

    ct_buf_init(&b, arena, 8);
    ct_json_begin(&j, &b);
    ct_json_str(&j, CT_STR("\x01\x01"));
    assert_int_equal(ct_buf_str(&b, &s), CT_ERR_CAP);

    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        ct_arena *a = NULL;
        fault_alloc_init(&f, n, true);
        ct_err err = ct_arena_new(&f.alloc, 1u << 20, &a);
        if (!err) {
            ct_buf_init(&b, a, 1u << 20);
            ct_json_begin(&j, &b);
            ct_json_object(&j);
            for (int i = 0; i < 20000; i++) ct_json_kz(&j, "k", "v$");
            ct_json_object_end(&j);
            err = ct_buf_str(&b, &s);
        }
        ct_arena_free(a);
        assert_int_equal(f.live, 0);
        if (!f.failed) break;
        assert_int_equal(err, CT_ERR_NOMEM);
    }
}

/* Any bytes: what is written reads back; valid UTF-8 to the byte, and "${" is never there. */
static void reader_reads_what_the_writer_wrote(void **state)
{
    (void)state;
    struct rng r = rng_new("reader_reads_what_the_writer_wrote");
    for (int round = 0; round < 20000; round++) {
        struct ct_arena_mark m = ct_arena_mark(arena);
        ct_str in = random_text(&r, 100), s = {NULL, 0};
        struct ct_buf b, back;
        struct ct_json_out j;
        ct_buf_init(&b, arena, 1u << 16);
        ct_json_begin(&j, &b);
        ct_json_str(&j, in);
        assert_int_equal(ct_buf_str(&b, &s), CT_OK);
        assert_true(ct_utf8_valid(s));
        assert_true(ct_str_chr(s, '$') == CT_STR_NONE);

        struct ct_json_in jin;
        struct ct_json_token t;
        ct_json_open(&jin, s);
        assert_int_equal(ct_json_next(&jin, &t), CT_OK);
        assert_int_equal(t.kind, CT_JSON_STRING);
        struct ct_json_token end;
        assert_int_equal(ct_json_next(&jin, &end), CT_ERR_END);
        assert_int_equal(ct_json_offset(&jin), s.n);
        ct_buf_init(&back, arena, 1u << 16);
        ct_json_unescape(&back, t.text);
        if (ct_utf8_valid(in)) assert_str_equal(ct_buf_view(&back), in, __LINE__);
        ct_arena_reset(arena, m);
    }
}

static void random_input_never_breaks_the_reader(void **state)
{
    (void)state;
    static const char bits[] = "{}[]\":,\\u0019eE+-.truefalsn \n";
    struct rng r = rng_new("random_input_never_breaks_the_reader");
    for (int round = 0; round < 20000; round++) {
        unsigned char text[40];
        size_t n = rng_below(&r, sizeof text + 1);
        for (size_t i = 0; i < n; i++) text[i] = (unsigned char)bits[rng_below(&r, sizeof bits - 1)];
        struct ct_arena_mark m = ct_arena_mark(arena);
        (void)shape((ct_str){text, n});
        ct_arena_reset(arena, m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_read),
        cmocka_unit_test(a_cut_document_is_truncated),
        cmocka_unit_test(depth_has_a_cap),
        cmocka_unit_test(skip_moves_past_the_container),
        cmocka_unit_test(unescape_gives_the_bytes),
        cmocka_unit_test(writer_keeps_commas_and_nesting),
        cmocka_unit_test(writer_errors_stick),
        cmocka_unit_test(reader_reads_what_the_writer_wrote),
        cmocka_unit_test(random_input_never_breaks_the_reader),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
