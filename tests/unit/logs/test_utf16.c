/* Logs in UTF-16: iconv says what they hold. */
#include "logs/source.h"
#include "scratch.h"
#include "support/fault_alloc.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 19 };

struct result {
    unsigned char *p;
    size_t n;
    ct_err err;
    enum ct_codec codec;
};

static struct result read_all(const struct ct_alloc *alloc, const char *path, size_t piece)
{
    struct result r = {.p = malloc(ROOM)};
    ct_source *s = NULL;
    if (!r.p) abort();
    r.err = ct_source_open(alloc, path, &s, NULL);
    while (r.err == CT_OK) {
        size_t got = 0;
        assert_true(piece <= ROOM - r.n);
        r.err = ct_source_read(s, r.p + r.n, piece, &got, NULL);
        r.n += got;
    }
    if (s) r.codec = ct_source_codec(s);
    ct_source_close(s);
    return r;
}

static void expect(const char *path, size_t piece, ct_err err, enum ct_codec codec, ct_str text)
{
    struct result r = read_all(&ct_alloc_libc, path, piece);
    assert_int_equal(r.err, err);
    assert_int_equal(r.codec, codec);
    assert_int_equal(r.n, text.n);
    if (text.n) assert_memory_equal(r.p, text.p, text.n);
    free(r.p);
}

static void both_orders_with_and_without_a_mark(void **state)
{
    (void)state;
    static const struct {
        const char *name, *mark;
    } orders[] = {{"UTF-16LE", "\\377\\376"}, {"UTF-16BE", "\\376\\377"}, {"UTF-16LE", ""}, {"UTF-16BE", ""}};
    must_sh("(head -c 200000 log; printf '\\303\\251 \\342\\202\\254 \\360\\237\\230\\200\\n') > text");
    ct_str text = get_file("text");
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        must_sh("(printf '%s'; iconv -f UTF-8 -t %s < text) > wide", orders[i].mark, orders[i].name);
        expect("wide", 7, CT_ERR_END, CT_CODEC_UTF16, text);
        expect("wide", 60000, CT_ERR_END, CT_CODEC_UTF16, text);
        must_sh("printf x >> wide");
        expect("wide", 4096, CT_ERR_TRUNCATED, CT_CODEC_UTF16, text); /* half a character */
    }
    drop_str(&text);
}

static void what_is_no_text_is_not_lost(void **state)
{
    (void)state;
    must_sh("printf '\\377\\376a\\0\\0\\330b\\0\\0\\334' > wide"); /* halves of pairs that have no other */
    expect("wide", 100, CT_ERR_END, CT_CODEC_UTF16, CT_STR("a\xef\xbf\xbd" "b\xef\xbf\xbd"));
    must_sh("printf '\\377\\376' > wide");
    expect("wide", 100, CT_ERR_END, CT_CODEC_UTF16, CT_STR(""));
    must_sh("printf 'a\\0b\\0c\\0' > wide");
    expect("wide", 100, CT_ERR_END, CT_CODEC_PLAIN, CT_STR("a\0b\0c\0")); /* too short to tell */
    must_sh("printf '\\377\\376a\\0' | cat > fifo & true");
    expect("fifo", 100, CT_ERR_END, CT_CODEC_UTF16, CT_STR("a"));
}

static void memory_may_be_short(void **state)
{
    (void)state;
    must_sh("printf 'some text' | iconv -t UTF-16 > wide");
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        fault_alloc_init(&f, n, false);
        struct result r = read_all(&f.alloc, "wide", 100);
        free(r.p);
        assert_int_equal(f.live, 0);
        assert_int_equal(r.err, f.failed ? CT_ERR_NOMEM : CT_ERR_END);
        if (!f.failed) break;
    }
}

int main(void)
{
    static const char *const tools[] = {"iconv"};
    need_tools(tools, 1);
    scratch_enter();
    ct_str lines = log_lines(300000, 1);
    put_file("log", lines);
    drop_str(&lines);
    must_sh("LC_ALL=C tr -cd '\\11\\12\\40-\\176' < log > ascii; mv ascii log; mkfifo fifo");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_orders_with_and_without_a_mark),
        cmocka_unit_test(what_is_no_text_is_not_lost),
        cmocka_unit_test(memory_may_be_short),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
