/* JA4 against its published example, and against hellos that are cut, split and damaged. */
#include "face/face_out.h"
#include "face/ja4.h"
#include "support/edge.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct hello {
    const uint16_t *ciphers;
    size_t n_ciphers;
    const uint16_t *extensions;
    size_t n_extensions;
    const char *sni, *alpn;
    const uint16_t *signatures;
    size_t n_signatures;
    bool tls13;
};

static void put_list16(struct ct_reply *r, const uint16_t *v, size_t n)
{
    ct_reply_be16(r, (unsigned)n * 2);
    for (size_t i = 0; i < n; i++) ct_reply_be16(r, v[i]);
}

static void put_extension(struct ct_reply *r, const struct hello *h, unsigned type)
{
    struct ct_reply body = {0};
    if (type == 0) {
        size_t n = ct_str_from(h->sni).n;
        ct_reply_be16(&body, (unsigned)n + 3);
        ct_reply_u8(&body, 0);
        ct_reply_be16(&body, (unsigned)n);
        ct_reply_text(&body, h->sni);
    } else if (type == 16) {
        size_t n = ct_str_from(h->alpn).n;
        ct_reply_be16(&body, (unsigned)n + 10);
        ct_reply_u8(&body, (unsigned)n);
        ct_reply_text(&body, h->alpn);
        ct_reply_text(&body, "\x08http/1.1");
    } else if (type == 13) {
        put_list16(&body, h->signatures, h->n_signatures);
    } else if (type == 43 && h->tls13) {
        ct_reply_bytes(&body, CT_STR("\x06\xaa\xaa\x03\x03\x03\x04"));
    }
    ct_reply_be16(r, type);
    ct_reply_be16(r, (unsigned)body.n);
    ct_reply_bytes(r, (ct_str){body.b, body.n});
}

/* In records of at most `record` bytes. */
static ct_str build(struct ct_reply *to, const struct hello *h, size_t record)
{
    struct ct_reply ext = {0}, m = {0}, all = {0};
    for (size_t i = 0; i < h->n_extensions; i++) put_extension(&ext, h, h->extensions[i]);
    ct_reply_be16(&m, 0x0303);
    ct_reply_zero(&m, 32);
    ct_reply_u8(&m, 32);
    ct_reply_zero(&m, 32);
    put_list16(&m, h->ciphers, h->n_ciphers);
    ct_reply_be16(&m, 0x0100);
    ct_reply_be16(&m, (unsigned)ext.n);
    ct_reply_bytes(&m, (ct_str){ext.b, ext.n});
    ct_reply_u8(&all, 1);
    ct_reply_u8(&all, 0);
    ct_reply_be16(&all, (unsigned)m.n);
    ct_reply_bytes(&all, (ct_str){m.b, m.n});
    to->n = 0;
    to->full = false;
    for (size_t at = 0; at < all.n; at += record) {
        size_t n = all.n - at < record ? all.n - at : record;
        ct_reply_bytes(to, CT_STR("\x16\x03\x01"));
        ct_reply_be16(to, (unsigned)n);
        ct_reply_bytes(to, (ct_str){all.b + at, n});
    }
    assert_false(to->full || m.full || ext.full || all.full);
    return (ct_str){to->b, to->n};
}

/* The example that JA4 is explained with: Chrome, with GREASE among its values. */
static const uint16_t chrome_ciphers[] = {0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
static const uint16_t chrome_extensions[] = {0x5a5a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0xfafa};
static const uint16_t chrome_signatures[] = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601};
#define N(a) (sizeof(a) / sizeof *(a))
static const struct hello chrome = {chrome_ciphers, N(chrome_ciphers), chrome_extensions, N(chrome_extensions), "app.${jndi:x}", "h2", chrome_signatures,
                                    N(chrome_signatures), true};

static void published(void **unused)
{
    (void)unused;
    struct ct_reply r;
    struct ct_tls_hello got;
    static const size_t records[] = {16000, 100, 7, 1};
    for (size_t i = 0; i < N(records); i++) {
        assert_int_equal(ct_tls_hello(build(&r, &chrome, records[i]), &got), CT_CLAIM_YES);
        assert_string_equal(got.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_memory_equal(got.sni, "app.${jndi:x}", got.sni_n);
        assert_int_equal(got.sni_n, 13);
        assert_memory_equal(got.alpn, "h2", got.alpn_n);
    }
}

/* echo -n LIST | sha256sum | cut -c1-12 */
static void others(void **unused)
{
    (void)unused;
    struct ct_reply r;
    struct ct_tls_hello got;
    static const uint16_t one_cipher[] = {0x002f}, signatures_ext[] = {0x000d}, alpn_ext[] = {0x0010}, one_signature[] = {0x0401};
    const struct {
        struct hello h;
        const char *ja4;
    } rows[] = {
        {{one_cipher, 1, NULL, 0, NULL, NULL, NULL, 0, false}, "t12i010000_ba72b8082249_000000000000"},
        {{NULL, 0, signatures_ext, 1, NULL, NULL, one_signature, 1, false}, "t12i000100_000000000000_032c60bb0d32"},
        {{one_cipher, 1, alpn_ext, 1, NULL, "x", NULL, 0, false}, "t12i0101xx_ba72b8082249_000000000000"},
        {{one_cipher, 1, alpn_ext, 1, NULL, "\xab\xcd", NULL, 0, false}, "t12i0101ad_ba72b8082249_000000000000"},
        {{one_cipher, 1, alpn_ext, 1, NULL, "h\xcd", NULL, 0, false}, "t12i01016d_ba72b8082249_000000000000"},
    };
    for (size_t i = 0; i < N(rows); i++) {
        assert_int_equal(ct_tls_hello(build(&r, &rows[i].h, 9999), &got), CT_CLAIM_YES);
        assert_string_equal(got.ja4, rows[i].ja4);
    }
}

static void cut_anywhere(void **unused)
{
    (void)unused;
    struct ct_reply r;
    struct rng rng = rng_new("ja4");
    for (size_t record = 16000; record; record = record > 60 ? 60 : 0) {
        ct_str whole = build(&r, &chrome, record);
        for (size_t n = 0; n < whole.n; n++) {
            struct ct_tls_hello got = {.sni_n = 77};
            struct edge e = edge_new(ct_str_slice(whole, 0, n));
            assert_int_equal(ct_tls_hello(e.input, &got), CT_CLAIM_MORE);
            assert_int_equal(got.sni_n, 77);
            assert_int_not_equal(ct_tls_claims(e.input), CT_CLAIM_NO);
            edge_free(&e);
        }
        for (unsigned i = 0; i < 3000; i++) { /* any answer, no fault */
            struct ct_tls_hello got;
            struct edge e = edge_new(whole);
            for (unsigned k = 0; k < 3; k++) e.map[(size_t)(e.input.p - e.map) + rng_below(&rng, (uint32_t)whole.n)] = (unsigned char)rng_next(&rng);
            enum ct_claim claim = ct_tls_hello(e.input, &got);
            if (claim == CT_CLAIM_YES) assert_int_equal(strlen(got.ja4), CT_JA4_TEXT);
            edge_free(&e);
        }
    }
}

static void refuses(void **unused)
{
    (void)unused;
    static const ct_str bad[] = {CT_STR_INIT("GET / "), CT_STR_INIT("\x16\x02"), CT_STR_INIT("\x16\x03\x01\x00\x00\x01"), CT_STR_INIT("\x16\x03\x01\x00\x05\x02\x00\x00\x00\x00"),
                                 CT_STR_INIT("\x16\x03\x01\x00\x05\x01\xff\x00\x00\x00"), CT_STR_INIT("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"), CT_STR_INIT("\x16\x03\x01\xff\xff\x01")};
    struct ct_tls_hello got;
    for (size_t i = 0; i < N(bad); i++)
        if (ct_tls_hello(bad[i], &got) != CT_CLAIM_NO) fail_msg("row %zu", i);
    assert_int_equal(ct_tls_claims(CT_STR("\x16\x03\x01\x02\x00\x01")), CT_CLAIM_YES);
    assert_int_equal(ct_tls_claims(CT_STR("\x16\x03\x01\x02\x00\x02")), CT_CLAIM_NO);
    assert_int_equal(ct_tls_claims(CT_STR("")), CT_CLAIM_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(others), cmocka_unit_test(cut_anywhere), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
