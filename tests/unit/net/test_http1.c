/* The response reader: what it takes, what it refuses, and that pieces of any size make no difference. */
#include "net/http1.h"
#include "support/edge.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OK   "HTTP/1.1 200 OK\r\n"

struct row {
    int line;
    const char *input;
    ct_err err;        /* of the bytes, or of the end when all bytes were taken */
    unsigned status;   /* 0: no head */
    bool keep_alive;
    unsigned body;     /* bytes, when done */
    const char *rest;  /* bytes not taken */
};

static const struct row ROWS[] = {
    {__LINE__, OK "Content-Length: 5\r\n\r\nhello", CT_OK, 200, true, 5, ""},
    {__LINE__, OK "Content-Length: 0\r\n\r\n", CT_OK, 200, true, 0, ""},
    {__LINE__, OK "Content-Length: 2\r\n\r\nhello", CT_OK, 200, true, 2, "llo"},
    {__LINE__, OK "content-LENGTH:5\r\nConnection: Close\r\n\r\nhello", CT_OK, 200, false, 5, ""},
    {__LINE__, OK "Content-Length: 5\r\nConnection: foo , close\r\n\r\nhello", CT_OK, 200, false, 5, ""},
    {__LINE__, OK "\r\nuntil the end", CT_OK, 200, false, 13, ""},
    {__LINE__, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", CT_OK, 200, false, 1, ""},
    {__LINE__, "HTTP/1.1 204\r\n\r\n", CT_OK, 204, true, 0, ""},
    {__LINE__, "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", CT_OK, 304, true, 0, ""},
    {__LINE__, "HTTP/1.1 503 \r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", CT_OK, 503, true, 0, ""},
    {__LINE__, "HTTP/1.1 500 \xc3\xa9\r\nContent-Length: 0\r\n\r\n", CT_OK, 500, true, 0, ""},
    {__LINE__, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", CT_OK, 200,
     true, 1, ""},
    {__LINE__, OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", CT_OK, 200, true, 5, ""},
    {__LINE__, OK "Transfer-Encoding: Chunked\r\n\r\n00A;x=\"y\"\r\n0123456789\r\n1\r\nz\r\n0\r\nA: b\r\n\r\nnext", CT_OK, 200, true,
     11, "next"},
    /* ends early */
    {__LINE__, "", CT_ERR_TRUNCATED, 0, false, 0, ""},
    {__LINE__, "HTTP/1.1 200 OK\r\n", CT_ERR_TRUNCATED, 0, false, 0, ""},
    {__LINE__, OK "Content-Length: 5\r\n\r\nhell", CT_ERR_TRUNCATED, 200, true, 0, ""},
    {__LINE__, OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", CT_ERR_TRUNCATED, 200, true, 0, ""},
    /* malformed */
    {__LINE__, "HTTP/1.1 200 OK\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/2 200 OK\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/1.2 200 OK\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "http/1.1 200 OK\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/1.1  200 OK\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/1.1 20 OK\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/1.1 2000 OK\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/1.1 600 OK\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/1.1 099 OK\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/1.1 200 O\x01K\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "A : b\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "A: b\r\n c\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK ": b\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "A\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "A: b\rc\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "A: b\x7f\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "Content-Length: +5\r\n\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "Content-Length: 5, 5\r\n\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "Content-Length: -1\r\n\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "Content-Length: 18446744073709551616\r\n\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CT_ERR_SYNTAX, 0, false, 0, NULL},
    {__LINE__, OK "Transfer-Encoding: chunked\r\n\r\n\r\n", CT_ERR_SYNTAX, 200, true, 0, NULL},
    {__LINE__, OK "Transfer-Encoding: chunked\r\n\r\n5 \r\n", CT_ERR_SYNTAX, 200, true, 0, NULL},
    {__LINE__, OK "Transfer-Encoding: chunked\r\n\r\n0x5\r\n", CT_ERR_SYNTAX, 200, true, 0, NULL},
    {__LINE__, OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n", CT_ERR_SYNTAX, 200, true, 0, NULL},
    /* not ours, over a cap */
    {__LINE__, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", CT_ERR_UNSUPPORTED, 0, false, 0, NULL},
    {__LINE__, OK "Transfer-Encoding: gzip, chunked\r\n\r\n", CT_ERR_UNSUPPORTED, 0, false, 0, NULL},
    {__LINE__, OK "Content-Length: 1048577\r\n\r\n", CT_ERR_CAP, 200, true, 0, NULL},
    {__LINE__, OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", CT_ERR_CAP, 200, true, 0, NULL},
};

struct outcome {
    ct_err err;
    struct ct_http1 h;
    size_t used;
};

/* cut: the size of each piece; 0: at random. */
static struct outcome run(ct_str in, size_t cut, struct rng *rng)
{
    struct outcome o = {0};
    ct_http1_init(&o.h, false);
    while (o.err == CT_OK && o.used < in.n && o.h.state != CT_HTTP1_DONE) {
        size_t n = cut ? cut : 1 + rng_below(rng, 20), used = 0;
        o.err = ct_http1_feed(&o.h, ct_str_slice(in, o.used, o.used + n), &used);
        o.used += used;
    }
    if (o.err == CT_OK) o.err = ct_http1_eof(&o.h);
    return o;
}

static void every_row_in_pieces_of_any_size(void **state)
{
    (void)state;
    struct rng rng = rng_new("http1");
    for (const struct row *r = ROWS; r < ROWS + sizeof ROWS / sizeof *ROWS; r++) {
        struct edge e = edge_new(ct_str_from(r->input));
        for (size_t cut = 0; cut < 40; cut++) {
            struct outcome o = run(e.input, cut == 39 ? e.input.n + 1 : cut, &rng);
            if (o.err != r->err || (o.h.head_done ? o.h.status : 0) != r->status)
                fail_msg("line %d, cut %zu: %s, %u", r->line, cut, ct_err_text(o.err), o.h.status);
            if (r->err != CT_OK) continue;
            if (o.h.keep_alive != r->keep_alive || o.h.body_n != r->body || strlen(r->rest) != e.input.n - o.used)
                fail_msg("line %d, cut %zu: keep %d, body %d, used %zu", r->line, cut, o.h.keep_alive, (int)o.h.body_n, o.used);
        }
        edge_free(&e);
    }
}

/* head, then `piece` until something gives. */
static ct_err endless(const char *head, const char *piece, size_t *ret_fed)
{
    struct ct_http1 h;
    size_t used = 0, fed = 0;
    ct_http1_init(&h, false);
    ct_err err = ct_http1_feed(&h, ct_str_from(head), &used);
    while (err == CT_OK && h.state != CT_HTTP1_DONE && fed < (64u << 20)) {
        err = ct_http1_feed(&h, ct_str_from(piece), &used);
        fed += strlen(piece);
    }
    *ret_fed = fed;
    return err;
}

static void nothing_is_endless(void **state)
{
    (void)state;
    static const struct {
        const char *head, *piece;
    } CASES[] = {
        {"", "HTTP/1.1 100 C\r\n\r\n"},
        {"HTTP/1.1 200 ", "x"},
        {OK, "A: b\r\n"},
        {OK "A: ", "x"},
        {OK "\r\n", "body"},
        {OK "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
        {OK "Transfer-Encoding: chunked\r\n\r\n", "00000000"},
        {OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        size_t fed = 0;
        assert_int_equal(endless(CASES[i].head, CASES[i].piece, &fed), CT_ERR_CAP);
        assert_true(fed <= CT_HTTP1_BODY_MAX + 8);
    }
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *value;
        int64_t now;
        bool ok;
        uint64_t want;
    } CASES[] = {
        {__LINE__, "0", 5, true, 0},
        {__LINE__, "120", 5, true, 120},
        /* RFC 9110's own example is second 784111777. */
        {__LINE__, "Sun, 06 Nov 1994 08:49:37 GMT", 784111700, true, 77},
        {__LINE__, "Sun, 06 Nov 1994 08:49:37 GMT", 784111800, true, 0},
        {__LINE__, "Fri, 31 Dec 1999 23:59:59 GMT", 0, true, 946684799},
        {__LINE__, "Sunday, 06-Nov-94 08:49:37 GMT", 0, false, 0},
        {__LINE__, "Sun Nov  6 08:49:37 1994", 0, false, 0},
        {__LINE__, "Sun, 06 Foo 1994 08:49:37 GMT", 0, false, 0},
        {__LINE__, "", 0, false, 0},
        {__LINE__, "-1", 0, false, 0},
        {__LINE__, "1.5", 0, false, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        uint64_t got = 0;
        struct edge e = edge_new(ct_str_from(CASES[i].value));
        if (ct_http1_retry_after(e.input, CASES[i].now, &got) != CASES[i].ok || got != CASES[i].want)
            fail_msg("line %d", CASES[i].line);
        edge_free(&e);
    }
    struct outcome o = run(CT_STR("HTTP/1.1 429 X\r\nRetry-After:  31 \r\nContent-Length: 0\r\n\r\n"), 1, NULL);
    assert_string_equal(o.h.retry_after, "31");
}

static void head_has_no_body(void **state)
{
    (void)state;
    struct ct_http1 h;
    size_t used = 0;
    ct_http1_init(&h, true);
    assert_int_equal(ct_http1_feed(&h, CT_STR("HTTP/1.1 100 C\r\n\r\n" OK "Content-Length: 5\r\n\r\n"), &used), CT_OK);
    assert_int_equal(h.state, CT_HTTP1_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_in_pieces_of_any_size),
        cmocka_unit_test(nothing_is_endless),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
        cmocka_unit_test(head_has_no_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
