/* Contacts and actors: every allocation may fail, widths are kept, addresses are printed as libc prints them, a keyed BLAKE2b. */
#include "base/blake2b.h"
#include "contact_samples.h"
#include "support/fault_alloc.h"
#include "support/random.h"
#include "text/ip.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void write_everything(struct ct_buf *out)
{
    for (size_t i = 0; i < N_CONTACT_SAMPLES; i++) {
        struct ct_contact_event c = contact_sample(i);
        ct_contact_ecs(out, &c);
        ct_contact_csv(out, &c);
        ct_contact_text(out, &c, 0, true);
    }
    for (size_t i = 0; i < N_ACTOR_SAMPLES; i++) {
        struct ct_actor_event a = actor_sample(i);
        ct_actor_ecs(out, &a);
        ct_actor_csv(out, &a);
        ct_actor_text(out, &a, 0, true);
    }
    struct ct_decoy_event d = decoy_sample(true);
    ct_decoy_ecs(out, &d);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        ct_arena *arena = NULL;
        struct ct_buf out;
        fault_alloc_init(&f, n, false);
        ct_err err = ct_arena_new(&f.alloc, 1u << 22, &arena);
        if (err == CT_OK) {
            ct_buf_init(&out, arena, 1u << 20);
            write_everything(&out);
            err = out.err;
        }
        ct_arena_free(arena);
        assert_int_equal(f.live, 0);
        assert_int_equal(err, f.failed ? CT_ERR_NOMEM : CT_OK);
        if (!f.failed) break;
    }
}

static void lines_keep_their_width(void **state)
{
    (void)state;
    ct_arena *arena = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 24, &arena), CT_OK);
    for (size_t columns = 1; columns < 200; columns += 7)
        for (size_t i = 0; i < N_ACTOR_SAMPLES; i++) {
            struct ct_buf out;
            struct ct_actor_event a = actor_sample(i);
            ct_buf_init(&out, arena, 1u << 16);
            ct_actor_text(&out, &a, columns, false);
            assert_int_equal(out.err, CT_OK);
            size_t width = 0;
            for (size_t k = 0; k + 1 < out.n; k++) width += (out.p[k] & 0xc0) != 0x80;
            assert_true(width <= columns);
            assert_int_equal(out.p[out.n - 1], '\n');
        }
    ct_arena_free(arena);
}

static void addresses_as_libc_prints_them(void **state)
{
    (void)state;
    struct rng r = rng_new("addresses");
    for (unsigned i = 0; i < 50000; i++) {
        unsigned char b[16] = {0}, again[16];
        char ours[CT_IP_TEXT_MAX], theirs[INET6_ADDRSTRLEN];
        /* Many zeros: what is short is what differs. */
        for (unsigned k = 0; k < 16; k += 2)
            if (rng_below(&r, 3) == 0) b[k] = (unsigned char)(rng_below(&r, 3) ? 0 : rng_next(&r)), b[k + 1] = (unsigned char)rng_next(&r);
        bool mapped = rng_below(&r, 8) == 0;
        if (mapped) memset(b, 0, 10), memset(b + 10, 0xff, 2);
        if (!mapped) b[0] = 0x20; /* libc writes ::a.b.c.d for what nobody has used since 2006 */
        ct_str text = ct_ip_text(b, 0, ours);
        assert_non_null(mapped ? inet_ntop(AF_INET, b + 12, theirs, sizeof theirs) : inet_ntop(AF_INET6, b, theirs, sizeof theirs));
        assert_int_equal(text.n, strlen(ours));
        assert_string_equal(ours, theirs);
        assert_true(ct_ip_parse(text, again));
        assert_memory_equal(b, again, 16);
    }
    unsigned char all[16] = {0};
    char text[CT_IP_TEXT_MAX];
    (void)ct_ip_text(all, 0, text);
    assert_string_equal(text, "::");
    memset(all, 0xff, 16);
    (void)ct_ip_text(all, UINT32_MAX, text);
    assert_string_equal(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295");
}

/* hashlib.blake2b(data, digest_size=16, key=key) */
static void a_keyed_hash_of_the_reference(void **state)
{
    (void)state;
    unsigned char key[80], data[300], d[CT_BLAKE2B_DIGEST];
    for (unsigned i = 0; i < sizeof key; i++) key[i] = (unsigned char)i;
    for (unsigned i = 0; i < sizeof data; i++) data[i] = (unsigned char)(i * 7);
    static const struct {
        size_t key_n, n;
        const char *digest;
    } rows[] = {
        {0, 0, "cae66941d9efbd404e4d88758ea67670"},
        {1, 0, "667428338d33e26cdee2fcbafffde7fe"},
        {32, 0, "3daf97bce7888fd59773c66bf647459c"},
        {32, 8, "eec656128d0d6ce8a9b264c80bf9007d"},
        {32, 127, "56c50fc8ab3ba8e49d9a5be7ae0dffdd"},
        {32, 128, "bd11151f0fa75b9ddb73aed7a8680701"},
        {32, 129, "481db86c5fab9fc21aced4004fe4b561"},
        {64, 300, "b429dca7eaa04f40853e15100a0f2632"},
        {80, 300, "b429dca7eaa04f40853e15100a0f2632"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_blake2b b;
        char hex[2 * CT_BLAKE2B_DIGEST + 1];
        ct_blake2b_init_keyed(&b, (ct_str){key, rows[i].key_n});
        ct_blake2b_add(&b, (ct_str){data, rows[i].n / 3});
        ct_blake2b_add(&b, (ct_str){data + rows[i].n / 3, rows[i].n - rows[i].n / 3});
        ct_blake2b_done(&b, d);
        for (size_t k = 0; k < sizeof d; k++) (void)snprintf(hex + 2 * k, 3, "%02x", d[k]);
        assert_string_equal(hex, rows[i].digest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(lines_keep_their_width),
        cmocka_unit_test(addresses_as_libc_prints_them),
        cmocka_unit_test(a_keyed_hash_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
