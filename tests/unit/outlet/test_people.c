/* Outlets for people: replies of a relay at a page's edge and in pieces, addresses, an event's gist when memory ends, and what was cut. */
#include "base/limits.h"
#include "outlet/chat_shape.h"
#include "outlet/mail_format.h"
#include "outlet/smtp_reply.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void replies(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ct_err err;
        bool done;
        unsigned code;
        bool starttls;
        const char *first;
        size_t left; /* bytes that are not of this reply */
    } rows[] = {
        {"220 relay ready\r\n", CT_OK, true, 220, false, "relay ready", 0},
        {"250-relay\r\n250-starttls\r\n250 SIZE 1\r\n", CT_OK, true, 250, true, "relay", 0},
        {"250 STARTTLS\r\n", CT_OK, true, 250, true, "STARTTLS", 0},
        {"250-STARTTLSX\r\n250 X STARTTLS\r\n", CT_OK, true, 250, false, "STARTTLSX", 0},
        {"550\r\n", CT_OK, true, 550, false, "", 0},
        {"354 go\nrest", CT_OK, true, 354, false, "go", 4},
        {"250 a\r\n250 b\r\n", CT_OK, true, 250, false, "a", 7},
        {"421 bye \xff\x80\r\n", CT_OK, true, 421, false, "bye ??", 0},
        {"250-a\r\n", CT_OK, false, 0, false, "a", 0},
        {"250", CT_OK, false, 0, false, "", 0},
        {"25\r\n", CT_ERR_SYNTAX, false, 0, false, "", 0},
        {"250x\r\n", CT_ERR_SYNTAX, false, 0, false, "", 0},
        {"199 x\r\n", CT_ERR_SYNTAX, false, 0, false, "", 0},
        {"600 x\r\n", CT_ERR_SYNTAX, false, 0, false, "", 0},
        {"250-a\r\n251 b\r\n", CT_ERR_SYNTAX, false, 0, false, "a", 0},
        {"250 \x1b[2J\r\n", CT_ERR_SYNTAX, false, 0, false, "", 0},
        {"\r\n", CT_ERR_SYNTAX, false, 0, false, "", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step < 40; step++) {
            struct ct_smtp_reply r;
            struct edge e = edge_new(ct_str_from(rows[i].text));
            size_t at = 0;
            ct_smtp_reply_init(&r);
            while (at < e.input.n && !r.done && r.err == CT_OK) {
                size_t used = 0;
                (void)!ct_smtp_reply_feed(&r, ct_str_slice(e.input, at, at + step), &used);
                at += used;
            }
            if (r.err != rows[i].err || r.done != rows[i].done) fail_msg("row %zu by %zu: %d %d", i, step, (int)r.err, r.done);
            if (r.done) assert_int_equal(r.code, rows[i].code);
            if (r.done) assert_int_equal(e.input.n - at, rows[i].left);
            assert_int_equal(r.starttls, rows[i].starttls);
            assert_string_equal(r.text, rows[i].first);
            edge_free(&e);
        }
}

static void replies_without_end(void **state)
{
    (void)state;
    struct ct_smtp_reply r;
    size_t used;
    ct_smtp_reply_init(&r);
    for (unsigned i = 0; i < CT_SMTP_LINES_MAX; i++) assert_int_equal(ct_smtp_reply_feed(&r, CT_STR("250-x\r\n"), &used), CT_OK);
    assert_int_equal(ct_smtp_reply_feed(&r, CT_STR("250 x\r\n"), &used), CT_ERR_CAP);
    ct_smtp_reply_init(&r);
    for (unsigned i = 0; i < CT_SMTP_LINE_MAX; i++) assert_int_equal(ct_smtp_reply_feed(&r, CT_STR("2"), &used), CT_OK);
    assert_int_equal(ct_smtp_reply_feed(&r, CT_STR("2"), &used), CT_ERR_CAP);
}

static const char event[] =
    "{\"@timestamp\":\"2026-11-25T20:00:00Z\",\"ecs\":{\"version\":\"8.11.0\"},\"message\":\"a \\u0024{title}\",\"event\":{\"kind\":\"alert\",\"id\":\"0a\","
    "\"severity\":73,\"category\":[\"x\"]},\"source\":{\"ip\":\"10.0.0.7\"},\"none\":null,\"caltrop\":{\"actor\":\"0b\",\"evicted\":true,\"list\":[\"a\",[\"b\",2],"
    "{\"host\":\"c.example\"},{\"host\":\"d.example\"}],\"empty\":[],\"normal\":\"\\u0024{jndi:ldap://c.example/a}\"}}";

static ct_err all_shapes(const struct ct_alloc *alloc, ct_str text)
{
    static const struct ct_mail_addresses addresses = {"a@b.example", {"c@d.example", "e@f.example"}, 2};
    static const unsigned char id[16] = {1};
    ct_arena *arena = NULL;
    ct_err err = ct_arena_new(alloc, CT_GIST_ARENA_MAX, &arena);
    struct ct_gist *g = err == CT_OK ? ct_arena_alloc(arena, sizeof *g) : NULL;
    if (!g) err = CT_ERR_NOMEM;
    if (err == CT_OK) err = ct_gist_read(arena, text, g);
    for (unsigned shape = 0; shape < 3 && err == CT_OK; shape++) {
        struct ct_buf out;
        ct_buf_init(&out, arena, 1u << 20);
        if (shape == 0) ct_shape_slack(&out, g);
        else if (shape == 1) ct_shape_pagerduty(&out, g, "key");
        else ct_mail_print(&out, &addresses, g, id, 0, "host.example");
        err = out.err;
    }
    ct_arena_free(arena);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        fault_alloc_init(&f, n, false);
        ct_err err = all_shapes(&f.alloc, ct_str_from(event));
        assert_int_equal(f.live, 0);
        assert_int_equal(err, f.failed ? CT_ERR_NOMEM : CT_OK);
        if (!f.failed) break;
    }
}

static void the_gist(void **state)
{
    (void)state;
    ct_arena *arena = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, CT_GIST_ARENA_MAX, &arena), CT_OK);
    struct ct_gist g;
    struct ct_buf out;
    assert_int_equal(ct_gist_read(arena, ct_str_from(event), &g), CT_OK);
    assert_int_equal(g.severity, 73);
    assert_true(g.evicted && ct_gist_is_alert(&g));
    ct_buf_init(&out, arena, 1u << 16);
    ct_gist_print_details(&out, &g, 200, 4000);
    static const char want[] = "@timestamp: 2026-11-25T20:00:00Z\nevent id: 0a\nsource ip: 10.0.0.7\nactor: 0b\nevicted: yes\nlist: a, b, 2\n"
                               "list host: c[.]example, d[.]example\nnormal: \\x24{jndi:ldap[:]//c[.]example/a}\n";
    assert_int_equal(out.n, sizeof want - 1);
    assert_memory_equal(out.p, want, out.n);
    /* Little room: what is left out is counted. */
    out.n = 0;
    ct_gist_print_details(&out, &g, 200, 60);
    assert_true(ct_str_ends(ct_buf_view(&out), CT_STR(" more)\n")) && out.n < 80);
    ct_arena_free(arena);
}

/* No object, and an object that is cut: refused, and nothing is read past its end. */
static void cut_anywhere(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof event - 1; n++) {
        struct edge e = edge_new((ct_str){(const unsigned char *)event, n});
        assert_int_equal(all_shapes(&ct_alloc_libc, e.input), CT_ERR_SYNTAX);
        edge_free(&e);
    }
    static const char *const others[] = {"[]", "1", "\"x\"", "{} x", "{\"a\":}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (i != 3) assert_int_equal(all_shapes(&ct_alloc_libc, ct_str_from(others[i])), CT_ERR_SYNTAX);
}

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {{"a@b", true}, {"first.last+tag@sub.corp.example", true}, {"a@b@c", false}, {"@b", false}, {"a@", false}, {"a b@c", false}, {"a@c\r\nx", false},
                {"<a@b>", false}, {"\"a\"@b", false}, {"a,b@c", false}, {"\xc3\xa9@b", false}, {"", false}};
    char to[255];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ct_mail_address(ct_str_from(rows[i].text), to) != rows[i].ok) fail_msg("%s", rows[i].text);
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[100] = '@';
    assert_true(ct_mail_address((ct_str){(unsigned char *)longest, 254}, to));
    assert_int_equal(strlen(to), 254);
    assert_false(ct_mail_address((ct_str){(unsigned char *)longest, 255}, to));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies),
        cmocka_unit_test(replies_without_end),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(the_gist),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
