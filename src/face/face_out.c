#include "face/face_out.h"

#include "base/sha.h"
#include "text/unicode.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ct_reply_bytes(struct ct_reply *r, ct_str bytes)
{
    if (bytes.n > sizeof r->b - r->n) {
        r->full = true;
        return;
    }
    if (bytes.n) memcpy(r->b + r->n, bytes.p, bytes.n);
    r->n += bytes.n;
}

void ct_reply_text(struct ct_reply *r, const char *text) { ct_reply_bytes(r, ct_str_from(text)); }

void ct_reply_printf(struct ct_reply *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf((char *)r->b + r->n, sizeof r->b - r->n, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof r->b - r->n) r->full = true;
    else r->n += (size_t)n;
}

void ct_reply_zero(struct ct_reply *r, size_t n)
{
    if (n > sizeof r->b - r->n) {
        r->full = true;
        return;
    }
    memset(r->b + r->n, 0, n);
    r->n += n;
}

static void put_be(struct ct_reply *r, uint64_t v, unsigned n)
{
    unsigned char b[8];
    for (unsigned i = 0; i < n; i++) b[i] = (unsigned char)(v >> (8 * (n - 1 - i)));
    ct_reply_bytes(r, (ct_str){b, n});
}

static void put_le(struct ct_reply *r, uint64_t v, unsigned n)
{
    unsigned char b[8];
    for (unsigned i = 0; i < n; i++) b[i] = (unsigned char)(v >> (8 * i));
    ct_reply_bytes(r, (ct_str){b, n});
}

void ct_reply_u8(struct ct_reply *r, unsigned v) { put_be(r, v, 1); }
void ct_reply_be16(struct ct_reply *r, unsigned v) { put_be(r, v, 2); }
void ct_reply_be32(struct ct_reply *r, uint32_t v) { put_be(r, v, 4); }
void ct_reply_le16(struct ct_reply *r, unsigned v) { put_le(r, v, 2); }
void ct_reply_le32(struct ct_reply *r, uint32_t v) { put_le(r, v, 4); }
void ct_reply_le64(struct ct_reply *r, uint64_t v) { put_le(r, v, 8); }

void ct_reply_send(const struct ct_reply *r, const struct ct_face_io *io)
{
    assert(!r->full);
    if (r->n) io->send(io->ctx, (ct_str){r->b, r->n});
}

void ct_face_fact(const struct ct_face_io *io, enum ct_fact kind, ct_str value)
{
    if (value.n) io->fact(io->ctx, kind, value);
}

void ct_face_told(const struct ct_face_io *io, enum ct_fact kind, ct_str value)
{
    ct_face_fact(io, kind, value);
    ct_face_fact(io, CT_FACT_PAYLOAD, value);
}

void ct_face_response(const struct ct_face_io *io, const char *scheme, const ct_str *parts, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char text[4096];
    size_t at = 0;
    for (; scheme[at]; at++) text[at] = (unsigned char)scheme[at];
    for (size_t i = 0; i < n; i++) {
        size_t bytes = parts[i].n < 512 ? parts[i].n : 512;
        if (sizeof text - at < 2 * bytes + 1) break;
        text[at++] = ':';
        for (size_t k = 0; k < bytes; k++) {
            text[at++] = (unsigned char)digits[parts[i].p[k] >> 4];
            text[at++] = (unsigned char)digits[parts[i].p[k] & 15];
        }
    }
    ct_face_fact(io, CT_FACT_RESPONSE, (ct_str){text, at});
}

size_t ct_face_line(ct_str in, ct_str *ret_line)
{
    size_t end = ct_str_chr(in, '\n');
    if (end == CT_STR_NONE) {
        if (in.n < CT_FACE_BUFFER_MAX) return 0;
        *ret_line = in;
        return in.n;
    }
    size_t n = end && in.p[end - 1] == '\r' ? end - 1 : end;
    *ret_line = ct_str_slice(in, 0, n);
    return end + 1;
}

ct_str ct_face_word(ct_str *rest)
{
    ct_str s = ct_str_trim(*rest);
    size_t n = 0;
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t') n++;
    *rest = ct_str_trim(ct_str_slice(s, n, s.n));
    return ct_str_slice(s, 0, n);
}

ct_str ct_face_plain(ct_str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = value.p[i];
        if (i >= 63 || !(ct_ascii_alpha(c) || ct_ascii_digit(c) || c == '_' || c == '.' || c == '-' || c == '@')) return (ct_str){0};
    }
    return value;
}

void ct_kept_set(struct ct_kept *k, ct_str value)
{
    k->n = (unsigned char)(value.n < sizeof k->b ? value.n : sizeof k->b);
    if (k->n) memcpy(k->b, value.p, k->n);
}

void ct_face_login(const struct ct_face_io *io, const struct ct_kept *user, ct_str password)
{
    if (user->n < sizeof user->b) ct_face_fact(io, CT_FACT_USER, ct_kept_str(user));
    ct_face_told(io, CT_FACT_PASSWORD, password);
}

static int base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (ct_ascii_digit(c)) return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

ct_str ct_face_base64(ct_str in, unsigned char *to, size_t room)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0;
    for (size_t i = 0; i < in.n && n < room; i++) {
        int v = base64_value(in.p[i]);
        if (v < 0) break;
        bits = (bits << 6 | (uint32_t)v) & 0xffffff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        to[n++] = (unsigned char)(bits >> held);
    }
    return (ct_str){to, n};
}

ct_str ct_face_form(ct_str in, unsigned char *to, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < in.n && n < room; i++) {
        unsigned char c = in.p[i];
        if (c == '+') c = ' ';
        if (c == '%' && i + 2 < in.n && ct_hex_value(in.p[i + 1]) >= 0 && ct_hex_value(in.p[i + 2]) >= 0) {
            c = (unsigned char)(ct_hex_value(in.p[i + 1]) << 4 | ct_hex_value(in.p[i + 2]));
            i += 2;
        }
        to[n++] = c;
    }
    return (ct_str){to, n};
}

ct_str ct_face_utf16(ct_str in, unsigned char *to, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i + 1 < in.n && n + 4 <= room; i += 2) {
        uint32_t c = ct_le16(in.p + i);
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < in.n) {
            uint32_t low = ct_le16(in.p + i + 2);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        n += ct_utf8_write(to + n, c);
    }
    return (ct_str){to, n};
}

const char ct_face_months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
const char ct_face_weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* Days to a civil date by counting from 1 March: the leap day is then a year's last. */
struct ct_face_date ct_face_date(int64_t us)
{
    struct ct_face_date d = {0};
    if (us < 0) us = 0;
    int64_t seconds = us / 1000000, days = seconds / 86400 % 3000000;
    int rest = (int)(seconds % 86400);
    d.us = (uint32_t)(us % 1000000);
    d.hour = rest / 3600;
    d.minute = rest / 60 % 60;
    d.second = rest % 60;
    d.weekday = (int)((days + 4) % 7);
    int64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t day = of_era - (365 * year + year / 4 - year / 100), month = (5 * day + 2) / 153;
    d.day = (int)(day - (153 * month + 2) / 5 + 1);
    d.month = (int)(month < 10 ? month + 3 : month - 9);
    d.year = (int)(year + era * 400 + (d.month <= 2));
    return d;
}

uint64_t ct_face_seeded(const struct ct_face_host *host, const char *what)
{
    unsigned char digest[CT_SHA256_DIGEST], seed[8];
    struct ct_sha s;
    for (unsigned i = 0; i < 8; i++) seed[i] = (unsigned char)(host->seed >> (8 * i));
    ct_sha256_init(&s);
    ct_sha_add(&s, (ct_str){seed, sizeof seed});
    ct_sha_add(&s, ct_str_from(what));
    ct_sha_done(&s, digest);
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++) v = v << 8 | digest[i];
    return v;
}

void ct_face_nonsense(const struct ct_face_io *io, ct_str in) { ct_face_told(io, CT_FACT_FIRST_BYTES, in); }

void ct_face_end_left(void *state, const struct ct_face_io *io, ct_str left)
{
    (void)state;
    ct_face_nonsense(io, left);
}

void ct_face_open_quiet(void *state, const struct ct_face_io *io)
{
    (void)state;
    (void)io;
}
