#include "talk.h"

#include "support/edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void on_send(void *ctx, ct_str bytes)
{
    struct talk *t = ctx;
    assert_false(t->closed);
    t->call_sent += bytes.n;
    assert_true(t->call_sent <= CT_FACE_SEND_MAX);
    assert_true(bytes.n < TALK_MAX - t->sent_n);
    memcpy(t->sent + t->sent_n, bytes.p, bytes.n);
    t->sent_n += bytes.n;
    t->sent[t->sent_n] = 0;
}

static void put(struct talk *t, const char *text)
{
    size_t n = strlen(text);
    assert_true(n < TALK_MAX - t->facts_n);
    memcpy(t->facts + t->facts_n, text, n + 1);
    t->facts_n += n;
}

static void on_fact(void *ctx, enum ct_fact kind, ct_str value)
{
    struct talk *t = ctx;
    assert_true((unsigned)kind < CT_FACT_COUNT);
    assert_true(value.n > 0 && value.n <= CT_FACE_BUFFER_MAX);
    assert_true(++t->call_facts <= CT_FACE_FACTS_MAX);
    put(t, ct_fact_name(kind));
    put(t, "=");
    for (size_t i = 0; i < value.n; i++) {
        char one[8];
        bool plain = value.p[i] >= ' ' && value.p[i] < 0x7f;
        (void)snprintf(one, sizeof one, plain ? "%c" : "\\x%02x", value.p[i]);
        put(t, one);
    }
    put(t, "\n");
}

static void on_close(void *ctx) { ((struct talk *)ctx)->closed = true; }
static void on_start_tls(void *ctx) { ((struct talk *)ctx)->tls = true; }

static void on_random(void *ctx, unsigned char *to, size_t n)
{
    struct talk *t = ctx;
    for (size_t i = 0; i < n; i++) to[i] = t->next_random++;
}

static struct ct_face_io io_of(struct talk *t)
{
    t->call_sent = t->call_facts = 0;
    return (struct ct_face_io){.send = on_send, .fact = on_fact, .close = on_close, .random = on_random, .ctx = t, .host = t->host,
                               .start_tls = t->offer_tls ? on_start_tls : NULL,
                               .now_us = INT64_C(1700000000123456), /* 14 November 2023, 22:13:20 UTC, a Tuesday */
                               .peer_address = CT_STR("192.0.2.7"), .own_address = CT_STR("192.0.2.1"), .peer_port = 40000, .own_port = 1};
}

struct talk *talk_open(const char *face, const struct ct_face_host *host, bool offer_tls)
{
    static struct ct_face_host usual;
    ct_face_host_default(&usual);
    struct talk *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->sent = calloc(1, TALK_MAX);
    t->facts = calloc(1, TALK_MAX);
    assert_true(t->sent && t->facts);
    t->face = ct_face_by_name(ct_str_from(face));
    assert_non_null(t->face);
    assert_true(t->face->state_size <= sizeof t->state);
    t->host = host ? host : &usual;
    t->offer_tls = offer_tls;
    struct ct_face_io io = io_of(t);
    t->face->open(t->state, &io);
    assert_int_equal(t->face->speaks_first, t->sent_n > 0);
    return t;
}

void talk_in(struct talk *t, ct_str bytes)
{
    while (bytes.n && !t->closed) {
        size_t room = sizeof t->held - t->held_n, n = bytes.n < room ? bytes.n : room;
        memcpy(t->held + t->held_n, bytes.p, n);
        t->held_n += n;
        bytes = ct_str_slice(bytes, n, bytes.n);
        while (t->held_n && !t->closed && !t->tls) {
            struct ct_face_io io = io_of(t);
            struct edge e = edge_new((ct_str){t->held, t->held_n});
            size_t used = t->face->bytes(t->state, &io, e.input);
            edge_free(&e);
            assert_true(used <= t->held_n);
            if (!used) {
                assert_true(t->closed || t->held_n < sizeof t->held);
                break;
            }
            memmove(t->held, t->held + used, t->held_n - used);
            t->held_n -= used;
        }
        if (t->tls) return;
    }
    for (size_t i = t->face->state_size; i < sizeof t->state; i++) assert_int_equal(t->state[i], 0);
}

void talk_end(struct talk *t)
{
    if (t->closed) return;
    struct ct_face_io io = io_of(t);
    size_t sent = t->sent_n;
    struct edge e = edge_new((ct_str){t->held, t->held_n});
    t->face->end(t->state, &io, e.input);
    edge_free(&e);
    assert_int_equal(t->sent_n, sent);
}

void talk_free(struct talk *t)
{
    if (!t) return;
    free(t->sent);
    free(t->facts);
    free(t);
}

bool talk_learnt(const struct talk *t, const char *line)
{
    size_t n = strlen(line);
    for (const char *at = t->facts; (at = strstr(at, line)); at++)
        if ((at == t->facts || at[-1] == '\n') && at[n] == '\n') return true;
    print_message("not learnt: %s; but:\n%s", line, t->facts);
    return false;
}

bool talk_said(const struct talk *t, ct_str bytes)
{
    if (ct_str_find((ct_str){(const unsigned char *)t->sent, t->sent_n}, bytes) != CT_STR_NONE) return true;
    print_message("not said: %.*s; but:\n%s\n", CT_STR_ARG(bytes), t->sent);
    return false;
}

static void same(const struct talk *a, const struct talk *b)
{
    assert_string_equal(a->facts, b->facts);
    assert_int_equal(a->sent_n, b->sent_n);
    assert_memory_equal(a->sent, b->sent, a->sent_n);
    assert_int_equal(a->closed, b->closed);
}

void talk_same_in_pieces(const char *face, const struct ct_face_host *host, ct_str input, struct rng *r)
{
    struct talk *whole = talk_open(face, host, false);
    talk_in(whole, input);
    talk_end(whole);
    for (unsigned round = 0; round < 6; round++) {
        struct talk *t = talk_open(face, host, false);
        for (size_t at = 0; at < input.n;) {
            size_t n = round == 0 ? 1 : 1 + rng_below(r, round < 3 ? 9 : 300);
            talk_in(t, ct_str_slice(input, at, at + n));
            at += n;
        }
        talk_end(t);
        same(whole, t);
        talk_free(t);
    }
    talk_free(whole);
}

void talk_nonsense(const char *face, const struct ct_face_host *host, ct_str input, struct rng *r)
{
    static unsigned char bytes[40000];
    for (unsigned round = 0; round < 60; round++) {
        size_t n = round % 3 ? 1 + rng_below(r, 600) : 1 + rng_below(r, sizeof bytes);
        bool changed = round % 2 && input.n;
        if (changed) n = input.n < sizeof bytes ? input.n : sizeof bytes;
        for (size_t i = 0; i < n; i++) bytes[i] = changed ? input.p[i] : (unsigned char)rng_next(r);
        for (unsigned i = 0; changed && i < 1 + round / 8; i++) bytes[rng_below(r, (uint32_t)n)] = (unsigned char)rng_next(r);
        struct talk *t = talk_open(face, host, round % 5 == 0);
        for (size_t at = 0; at < n;) {
            size_t part = 1 + rng_below(r, 5000);
            talk_in(t, ct_str_slice((ct_str){bytes, n}, at, at + part));
            at += part;
        }
        talk_end(t);
        talk_free(t);
    }
}
