#include "face/ja4.h"

#include "base/sha.h"
#include "face/face_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 1024, RECORD_HEADER = 5, RECORD_MAX = 16384 + 2048 };
enum { EXT_SNI = 0, EXT_SIGNATURES = 13, EXT_ALPN = 16, EXT_VERSIONS = 43 };

struct list {
    size_t n;
    uint16_t v[LIST_MAX];
};

enum ct_claim ct_tls_claims(ct_str first)
{
    /* handshake record, version 3.x, and in it a ClientHello */
    if ((first.n > 0 && first.p[0] != 0x16) || (first.n > 1 && first.p[1] != 3) || (first.n > 2 && first.p[2] > 4) || (first.n > 5 && first.p[5] != 1))
        return CT_CLAIM_NO;
    return first.n > 5 ? CT_CLAIM_YES : CT_CLAIM_MORE;
}

/* The handshake message out of its records. */
static enum ct_claim gather(ct_str in, unsigned char *to, ct_str *ret_message)
{
    size_t n = 0, at = 0;
    for (;;) {
        if (n >= 4) {
            size_t size = 4 + ((size_t)to[1] << 16 | (size_t)to[2] << 8 | to[3]);
            if (to[0] != 1 || size > CT_FACE_BUFFER_MAX) return CT_CLAIM_NO;
            if (n >= size) {
                *ret_message = (ct_str){to + 4, size - 4};
                return CT_CLAIM_YES;
            }
        }
        if (ct_tls_claims(ct_str_slice(in, at, at ? at + RECORD_HEADER : in.n)) == CT_CLAIM_NO) return CT_CLAIM_NO;
        if (in.n - at < RECORD_HEADER) return CT_CLAIM_MORE;
        size_t length = ct_be16(in.p + at + 3), there = in.n - at - RECORD_HEADER;
        if (length == 0 || length > RECORD_MAX) return CT_CLAIM_NO;
        size_t take = length < there ? length : there;
        if (take > CT_FACE_BUFFER_MAX - n) return CT_CLAIM_NO;
        memcpy(to + n, in.p + at + RECORD_HEADER, take);
        n += take;
        if (take < length) return n >= 4 && to[0] != 1 ? CT_CLAIM_NO : CT_CLAIM_MORE; /* a record is waited for to its end */
        at += RECORD_HEADER + length;
    }
}

/* A part with its length of one or two bytes ahead. */
static bool cut(ct_str *rest, unsigned bytes, ct_str *ret_part)
{
    if (rest->n < bytes) return false;
    size_t n = bytes == 1 ? rest->p[0] : ct_be16(rest->p);
    if (n > rest->n - bytes) return false;
    *ret_part = ct_str_slice(*rest, bytes, bytes + n);
    *rest = ct_str_slice(*rest, bytes + n, rest->n);
    return true;
}

/* 0x0a0a, 0x1a1a ... 0xfafa (RFC 8701) say nothing. */
static bool is_grease(unsigned v) { return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff); }

static void add(struct list *l, unsigned v)
{
    if (!is_grease(v) && l->n < LIST_MAX) l->v[l->n++] = (uint16_t)v;
}

static void add_all(struct list *l, ct_str numbers)
{
    for (size_t i = 0; i + 1 < numbers.n; i += 2) add(l, ct_be16(numbers.p + i));
}

static int by_value(const void *a, const void *b) { return *(const uint16_t *)a - *(const uint16_t *)b; }

static void hash_list(struct ct_sha *h, const struct list *l)
{
    char text[8];
    for (size_t i = 0; i < l->n; i++) {
        int n = snprintf(text, sizeof text, "%s%04x", i ? "," : "", l->v[i]);
        ct_sha_add(h, (ct_str){(const unsigned char *)text, (size_t)n});
    }
}

/* 12 digits of SHA-256 over the list, and behind '_' over the second, if it has anything; zeros for nothing. */
static void put_hash(char *to, const struct list *first, const struct list *second)
{
    unsigned char digest[CT_SHA256_DIGEST] = {0};
    if (first->n) {
        struct ct_sha h;
        ct_sha256_init(&h);
        hash_list(&h, first);
        if (second && second->n) {
            ct_sha_add(&h, CT_STR("_"));
            hash_list(&h, second);
        }
        ct_sha_done(&h, digest);
    }
    for (unsigned i = 0; i < 6; i++) (void)snprintf(to + 2 * i, 3, "%02x", digest[i]);
}

static const char *version_text(unsigned version)
{
    switch (version) {
    case 0x0304: return "13";
    case 0x0303: return "12";
    case 0x0302: return "11";
    case 0x0301: return "10";
    case 0x0300: return "s3";
    case 0x0002: return "s2";
    default: return "00";
    }
}

static bool alphanumeric(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c); }

/* First and last character of the first protocol; of bytes that are neither letters nor digits, the first and the last hexadecimal digit. */
static void put_alpn(char to[2], ct_str alpn)
{
    static const char digits[] = "0123456789abcdef";
    to[0] = to[1] = '0';
    if (!alpn.n) return;
    unsigned char first = alpn.p[0], last = alpn.p[alpn.n - 1];
    bool text = alphanumeric(first) && alphanumeric(last);
    to[0] = text ? (char)first : digits[first >> 4];
    to[1] = text ? (char)last : digits[last & 15];
}

struct found {
    unsigned version;
    bool sni_sent;
    unsigned n_extensions;
    ct_str sni, alpn;
    struct list ciphers, extensions, signatures;
};

static void take_extension(struct found *f, unsigned type, ct_str body)
{
    ct_str list, part;
    if (is_grease(type)) return;
    f->n_extensions++;
    if (type == EXT_SNI) {
        f->sni_sent = true;
        if (cut(&body, 2, &list) && list.n && list.p[0] == 0) {
            list = ct_str_slice(list, 1, list.n);
            if (cut(&list, 2, &part)) f->sni = part;
        }
        return;
    }
    if (type == EXT_ALPN) {
        if (cut(&body, 2, &list) && cut(&list, 1, &part)) f->alpn = part;
        return;
    }
    add(&f->extensions, type);
    if (type == EXT_SIGNATURES && cut(&body, 2, &list)) add_all(&f->signatures, list);
    if (type == EXT_VERSIONS && cut(&body, 1, &list)) {
        unsigned best = 0;
        for (size_t i = 0; i + 1 < list.n; i += 2) {
            unsigned v = ct_be16(list.p + i);
            if (!is_grease(v) && v > best) best = v;
        }
        if (best) f->version = best;
    }
}

static bool parse(ct_str message, struct found *f)
{
    ct_str rest = ct_str_slice(message, 34, message.n), part, extensions = {0};
    if (message.n < 34) return false;
    f->version = ct_be16(message.p);
    if (!cut(&rest, 1, &part)) return false; /* session id */
    if (!cut(&rest, 2, &part)) return false;
    add_all(&f->ciphers, part);
    if (!cut(&rest, 1, &part)) return false; /* compression */
    if (rest.n && !cut(&rest, 2, &extensions)) return false;
    while (extensions.n) {
        if (extensions.n < 4) return false;
        unsigned type = ct_be16(extensions.p);
        extensions = ct_str_slice(extensions, 2, extensions.n);
        if (!cut(&extensions, 2, &part)) return false;
        take_extension(f, type, part);
    }
    return true;
}

static unsigned char keep(unsigned char *to, ct_str s)
{
    size_t n = s.n < CT_TLS_NAME_MAX ? s.n : CT_TLS_NAME_MAX;
    if (n) memcpy(to, s.p, n);
    return (unsigned char)n;
}

enum ct_claim ct_tls_hello(ct_str first, struct ct_tls_hello *ret_hello)
{
    unsigned char joined[CT_FACE_BUFFER_MAX];
    struct found f = {0};
    ct_str message;
    enum ct_claim claim = gather(first, joined, &message);
    if (claim == CT_CLAIM_MORE && first.n >= CT_FACE_BUFFER_MAX) return CT_CLAIM_NO;
    if (claim != CT_CLAIM_YES) return claim;
    if (!parse(message, &f)) return CT_CLAIM_NO;

    struct ct_tls_hello h = {.sni_n = 0};
    h.sni_n = keep(h.sni, f.sni);
    h.alpn_n = keep(h.alpn, f.alpn);
    unsigned n_ciphers = f.ciphers.n < 99 ? (unsigned)f.ciphers.n : 99, n_extensions = f.n_extensions < 99 ? f.n_extensions : 99;
    (void)snprintf(h.ja4, sizeof h.ja4, "t%s%c%02u%02u", version_text(f.version), f.sni_sent ? 'd' : 'i', n_ciphers, n_extensions);
    put_alpn(h.ja4 + 8, f.alpn);
    qsort(f.ciphers.v, f.ciphers.n, sizeof *f.ciphers.v, by_value);
    qsort(f.extensions.v, f.extensions.n, sizeof *f.extensions.v, by_value);
    h.ja4[10] = h.ja4[23] = '_';
    put_hash(h.ja4 + 11, &f.ciphers, NULL);
    h.ja4[23] = '_';
    put_hash(h.ja4 + 24, &f.extensions, &f.signatures);
    *ret_hello = h;
    return CT_CLAIM_YES;
}

void ct_tls_report(const struct ct_tls_hello *hello, const struct ct_face_io *io)
{
    ct_face_told(io, CT_FACT_SNI, (ct_str){hello->sni, hello->sni_n});
    ct_face_told(io, CT_FACT_ALPN, (ct_str){hello->alpn, hello->alpn_n});
    ct_face_fact(io, CT_FACT_JA4, ct_str_from(hello->ja4));
}
