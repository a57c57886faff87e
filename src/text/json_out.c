#include "text/json_out.h"
#include "text/unicode.h"

#include <stdio.h>
#include <stdlib.h>

static const char hex[16] = "0123456789abcdef";

static void unit16(struct ct_buf *out, uint32_t u)
{
    unsigned char e[6] = {'\\', 'u', (unsigned char)hex[u >> 12 & 15], (unsigned char)hex[u >> 8 & 15],
                          (unsigned char)hex[u >> 4 & 15], (unsigned char)hex[u & 15]};
    ct_buf_add(out, (ct_str){e, sizeof e});
}

/* Bytes of the character at s, which is not empty, when it may stand in a string as it is; else 0. */
static inline unsigned plain(ct_str s)
{
    unsigned char c = s.p[0];
    if (c == '"' || c == '\\' || c == '$') return 0;
    if (c >= 0x20 && c < 0x7f) return 1;
    uint32_t code;
    unsigned n = ct_utf8_get(s, &code);
    return n && ct_unicode_shows(code) ? n : 0;
}

static size_t escape(struct ct_buf *out, ct_str s)
{
    uint32_t code;
    unsigned char c = s.p[0];
    unsigned n = ct_utf8_get(s, &code);
    if (n == 0) {
        unsigned char e[5] = {'\\', '\\', 'x', (unsigned char)hex[c >> 4], (unsigned char)hex[c & 15]};
        ct_buf_add(out, (ct_str){e, sizeof e});
        return 1;
    }
    if (c == '"' || c == '\\') {
        unsigned char e[2] = {'\\', c};
        ct_buf_add(out, (ct_str){e, sizeof e});
    } else if (code < 0x10000) {
        unit16(out, code);
    } else {
        unit16(out, 0xd800 + ((code - 0x10000) >> 10));
        unit16(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    return n;
}

static void quote(struct ct_buf *out, ct_str s)
{
    size_t run = 0;
    ct_buf_byte(out, '"');
    for (size_t i = 0; i < s.n && !out->err;) {
        ct_str rest = {s.p + i, s.n - i};
        unsigned n = plain(rest);
        if (n) {
            i += n;
            continue;
        }
        ct_buf_add(out, ct_str_slice(s, run, i));
        run = i += escape(out, rest);
    }
    ct_buf_add(out, ct_str_slice(s, run, s.n));
    ct_buf_byte(out, '"');
}

/* The comma before a key or a value; none behind a key, and none between the values of a stream. */
static void separate(struct ct_json_out *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (j->depth && j->comma[j->depth]) ct_buf_byte(j->out, ',');
    j->comma[j->depth] = true;
}

static void open_container(struct ct_json_out *j, unsigned char bracket)
{
    separate(j);
    if (j->depth == CT_JSON_DEPTH_MAX) {
        if (!j->out->err) j->out->err = CT_ERR_CAP;
        return;
    }
    j->comma[++j->depth] = false;
    ct_buf_byte(j->out, bracket);
}

static void close_container(struct ct_json_out *j, unsigned char bracket)
{
    if (j->depth) j->depth--;
    ct_buf_byte(j->out, bracket);
}

void ct_json_begin(struct ct_json_out *j, struct ct_buf *out) { *j = (struct ct_json_out){.out = out}; }
void ct_json_object(struct ct_json_out *j) { open_container(j, '{'); }
void ct_json_object_end(struct ct_json_out *j) { close_container(j, '}'); }
void ct_json_array(struct ct_json_out *j) { open_container(j, '['); }
void ct_json_array_end(struct ct_json_out *j) { close_container(j, ']'); }

void ct_json_key(struct ct_json_out *j, const char *key)
{
    separate(j);
    quote(j->out, ct_str_from(key));
    ct_buf_byte(j->out, ':');
    j->after_key = true;
}

void ct_json_str(struct ct_json_out *j, ct_str v)
{
    separate(j);
    quote(j->out, v);
}

void ct_json_u64(struct ct_json_out *j, uint64_t v)
{
    separate(j);
    ct_buf_u64(j->out, v);
}

void ct_json_i64(struct ct_json_out *j, int64_t v)
{
    separate(j);
    if (v < 0) ct_buf_byte(j->out, '-');
    ct_buf_u64(j->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void ct_json_f64(struct ct_json_out *j, double v)
{
    char text[32] = "null"; /* what is not finite has no form in JSON */
    separate(j);
    if (v - v == 0.0) { /* false for infinities and NaN */
        for (int digits = 15; digits <= 17; digits++) {
            (void)snprintf(text, sizeof text, "%.*g", digits, v);
            if (strtod(text, NULL) == v) break;
        }
        /* A locale may have put another decimal point. */
        for (char *c = text; *c; c++)
            if (*c == ',') *c = '.';
    }
    ct_buf_text(j->out, text);
}

void ct_json_bool(struct ct_json_out *j, bool v)
{
    separate(j);
    ct_buf_text(j->out, v ? "true" : "false");
}

void ct_json_null(struct ct_json_out *j)
{
    separate(j);
    ct_buf_text(j->out, "null");
}

void ct_json_kv(struct ct_json_out *j, const char *key, ct_str v)
{
    ct_json_key(j, key);
    ct_json_str(j, v);
}

void ct_json_kz(struct ct_json_out *j, const char *key, const char *v)
{
    ct_json_key(j, key);
    ct_json_str(j, ct_str_from(v));
}

void ct_json_ku(struct ct_json_out *j, const char *key, uint64_t v)
{
    ct_json_key(j, key);
    ct_json_u64(j, v);
}

void ct_json_ko(struct ct_json_out *j, const char *key)
{
    ct_json_key(j, key);
    ct_json_object(j);
}

void ct_json_ka(struct ct_json_out *j, const char *key)
{
    ct_json_key(j, key);
    ct_json_array(j);
}
