#include "net/http1.h"

#include <string.h>
#include <time.h>

void ct_http1_init(struct ct_http1 *h, bool to_head)
{
    memset(h, 0, offsetof(struct ct_http1, line));
    h->no_body_expected = to_head;
}

static bool is_token_byte(unsigned char c)
{
    return ct_ascii_alpha(c) || ct_ascii_digit(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_text(ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f) return false;
    return true;
}

/* HTTP/1.1 200 OK: 9112 section 4; the blank behind the code may be missing, as many servers leave it out. */
static ct_err status_line(struct ct_http1 *h, ct_str line)
{
    if (!ct_str_starts(line, CT_STR("HTTP/1.")) || line.n < 12 || !is_text(line)) return CT_ERR_SYNTAX;
    const unsigned char *p = line.p + 7;
    if ((p[0] != '0' && p[0] != '1') || p[1] != ' ' || (line.n > 12 && p[5] != ' ')) return CT_ERR_SYNTAX;
    if (p[2] < '1' || p[2] > '5' || !ct_ascii_digit(p[3]) || !ct_ascii_digit(p[4])) return CT_ERR_SYNTAX;
    h->status = (unsigned)(p[2] - '0') * 100 + (unsigned)(p[3] - '0') * 10 + (unsigned)(p[4] - '0');
    h->version_10 = p[0] == '0';
    h->state = CT_HTTP1_HEADER;
    return CT_OK;
}

static void connection_field(struct ct_http1 *h, ct_str value)
{
    while (value.p)
        if (ct_str_eq_fold(ct_str_trim(ct_str_cut(&value, ',')), CT_STR("close"))) h->close = true;
}

static ct_err header_line(struct ct_http1 *h, ct_str line)
{
    if (++h->lines > CT_HTTP1_LINES_MAX) return CT_ERR_CAP;
    size_t colon = ct_str_chr(line, ':');
    if (colon == CT_STR_NONE || colon == 0) return CT_ERR_SYNTAX;
    for (size_t i = 0; i < colon; i++)
        if (!is_token_byte(line.p[i])) return CT_ERR_SYNTAX;
    ct_str name = ct_str_slice(line, 0, colon), value = ct_str_slice(line, colon + 1, line.n);
    if (!is_text(value)) return CT_ERR_SYNTAX;
    value = ct_str_trim(value);
    if (ct_str_eq_fold(name, CT_STR("content-length"))) {
        if (h->has_length || !ct_str_u64(value, &h->body_left)) return CT_ERR_SYNTAX;
        h->has_length = true;
    } else if (ct_str_eq_fold(name, CT_STR("transfer-encoding"))) {
        if (h->chunked || h->version_10) return CT_ERR_SYNTAX;
        if (!ct_str_eq_fold(value, CT_STR("chunked"))) return CT_ERR_UNSUPPORTED;
        h->chunked = true;
    } else if (ct_str_eq_fold(name, CT_STR("connection"))) {
        connection_field(h, value);
    } else if (ct_str_eq_fold(name, CT_STR("retry-after")) && value.n < sizeof h->retry_after) {
        memcpy(h->retry_after, value.p, value.n);
        h->retry_after[value.n] = '\0';
    }
    return CT_OK;
}

static ct_err end_interim(struct ct_http1 *h)
{
    unsigned interim = h->interim + 1;
    if (h->status == 101 || h->chunked || h->has_length) return CT_ERR_UNSUPPORTED;
    if (interim > CT_HTTP1_INTERIM_MAX) return CT_ERR_CAP;
    bool to_head = h->no_body_expected;
    ct_http1_init(h, to_head);
    h->interim = interim;
    return CT_OK;
}

/* How long the body is: 9112 section 6.3. */
static ct_err end_head(struct ct_http1 *h)
{
    if (h->chunked && h->has_length) return CT_ERR_SYNTAX;
    if (h->status < 200) return end_interim(h);
    h->head_done = true;
    h->keep_alive = !h->close && !h->version_10;
    if (h->no_body_expected || h->status == 204 || h->status == 304) {
        h->state = CT_HTTP1_DONE;
    } else if (h->chunked) {
        h->state = CT_HTTP1_CHUNK_SIZE;
    } else if (h->has_length) {
        if (h->body_left > CT_HTTP1_BODY_MAX) return CT_ERR_CAP;
        h->state = h->body_left ? CT_HTTP1_BODY : CT_HTTP1_DONE;
    } else {
        h->keep_alive = false;
        h->state = CT_HTTP1_BODY_TO_EOF;
    }
    return CT_OK;
}

/* Hexadecimal digits, then nothing or an extension behind ';' (9112 section 7.1). */
static ct_err chunk_size(struct ct_http1 *h, ct_str line)
{
    uint64_t size = 0;
    size_t i = 0;
    for (; i < line.n && ct_hex_value(line.p[i]) >= 0; i++) {
        size = size * 16 + (uint64_t)ct_hex_value(line.p[i]);
        if (size > CT_HTTP1_BODY_MAX) return CT_ERR_CAP;
    }
    ct_str rest = ct_str_slice(line, i, line.n);
    if (i == 0 || !is_text(rest) || (rest.n && rest.p[0] != ';')) return CT_ERR_SYNTAX;
    if (size > CT_HTTP1_BODY_MAX - h->body_n) return CT_ERR_CAP;
    h->body_left = size;
    h->in_chunk = true;
    h->lines = 0;
    h->state = size ? CT_HTTP1_BODY : CT_HTTP1_TRAILER;
    return CT_OK;
}

static ct_err trailer_line(struct ct_http1 *h, ct_str line)
{
    if (++h->lines > CT_HTTP1_LINES_MAX) return CT_ERR_CAP;
    return is_text(line) && ct_str_chr(line, ':') != CT_STR_NONE ? CT_OK : CT_ERR_SYNTAX;
}

static ct_err whole_line(struct ct_http1 *h, ct_str line)
{
    switch (h->state) {
    case CT_HTTP1_STATUS_LINE: return status_line(h, line);
    case CT_HTTP1_HEADER: return line.n ? header_line(h, line) : end_head(h);
    case CT_HTTP1_CHUNK_SIZE: return chunk_size(h, line);
    case CT_HTTP1_CHUNK_END: h->state = CT_HTTP1_CHUNK_SIZE; return line.n ? CT_ERR_SYNTAX : CT_OK;
    case CT_HTTP1_TRAILER:
        if (line.n) return trailer_line(h, line);
        h->state = CT_HTTP1_DONE;
        return CT_OK;
    case CT_HTTP1_BODY:
    case CT_HTTP1_BODY_TO_EOF:
    case CT_HTTP1_DONE: break;
    }
    return CT_ERR_SYNTAX;
}

static ct_err line_byte(struct ct_http1 *h, unsigned char c)
{
    /* Chunk lines count too: an endless run of tiny chunks with long extensions ends here. */
    if (++h->head_n > CT_HTTP1_HEAD_MAX) return CT_ERR_CAP;
    if (h->cr) {
        h->cr = false;
        if (c != '\n') return CT_ERR_SYNTAX;
        ct_str line = {h->line, h->line_n};
        h->line_n = 0;
        return whole_line(h, line);
    }
    if (c == '\n') return CT_ERR_SYNTAX;
    if (c == '\r') {
        h->cr = true;
        return CT_OK;
    }
    if (h->line_n == sizeof h->line) return CT_ERR_CAP;
    h->line[h->line_n++] = c;
    return CT_OK;
}

static ct_err body_bytes(struct ct_http1 *h, size_t n, size_t *ret_taken)
{
    if (h->state == CT_HTTP1_BODY && n > h->body_left) n = (size_t)h->body_left;
    if (n > CT_HTTP1_BODY_MAX - h->body_n) return CT_ERR_CAP;
    h->body_n += n;
    *ret_taken = n;
    if (h->state == CT_HTTP1_BODY_TO_EOF) return CT_OK;
    h->body_left -= n;
    if (h->body_left == 0) h->state = h->in_chunk ? CT_HTTP1_CHUNK_END : CT_HTTP1_DONE;
    return CT_OK;
}

ct_err ct_http1_feed(struct ct_http1 *h, ct_str in, size_t *ret_used)
{
    size_t used = 0;
    while (h->err == CT_OK && used < in.n && h->state != CT_HTTP1_DONE) {
        size_t taken = 1;
        if (h->state == CT_HTTP1_BODY || h->state == CT_HTTP1_BODY_TO_EOF) h->err = body_bytes(h, in.n - used, &taken);
        else h->err = line_byte(h, in.p[used]);
        if (h->err == CT_OK) used += taken;
    }
    if (h->err == CT_OK) *ret_used = used;
    return h->err;
}

ct_err ct_http1_eof(struct ct_http1 *h)
{
    if (h->err != CT_OK || h->state == CT_HTTP1_DONE) return h->err;
    if (h->state != CT_HTTP1_BODY_TO_EOF) return h->err = CT_ERR_TRUNCATED;
    h->state = CT_HTTP1_DONE;
    return CT_OK;
}

static bool two_digits(const unsigned char *p, int *ret_value)
{
    if (!ct_ascii_digit(p[0]) || !ct_ascii_digit(p[1])) return false;
    *ret_value = (p[0] - '0') * 10 + (p[1] - '0');
    return true;
}

/* Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, 5.6.7); the obsolete forms are not taken. */
static bool read_date(ct_str v, int64_t *ret_seconds)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int century = 0, year = 0;
    struct tm t = {0};
    if (v.n != 29 || memcmp(v.p + 25, " GMT", 4) != 0 || v.p[3] != ',' || v.p[19] != ':' || v.p[22] != ':') return false;
    if (!two_digits(v.p + 5, &t.tm_mday) || !two_digits(v.p + 12, &century) || !two_digits(v.p + 14, &year) ||
        !two_digits(v.p + 17, &t.tm_hour) || !two_digits(v.p + 20, &t.tm_min) || !two_digits(v.p + 23, &t.tm_sec))
        return false;
    int month = 0;
    while (month < 12 && memcmp(MONTHS + (ptrdiff_t)month * 3, v.p + 8, 3) != 0) month++;
    if (month == 12) return false;
    t.tm_mon = month;
    t.tm_year = century * 100 + year - 1900;
    *ret_seconds = timegm(&t);
    return true;
}

bool ct_http1_retry_after(ct_str value, int64_t now_s, uint64_t *ret_seconds)
{
    int64_t at = 0;
    if (ct_str_u64(value, ret_seconds)) return true;
    if (!read_date(value, &at)) return false;
    *ret_seconds = at > now_s ? (uint64_t)(at - now_s) : 0;
    return true;
}
