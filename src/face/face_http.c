/* http and https: a Java application behind Tomcat 9 that asks for a login, and Tomcat's manager that asks for another. elasticsearch: an open node of a
 * release that logs by a vulnerable Log4j.
 *
 * Requests are taken apart here, the pages are in http_pages.c. Bodies are looked at up to BODY_MAX, Tomcat's own limit for forms; pieces of long ones
 * overlap, so that a payload is whole in one of them. */
#include "face/face_list.h"
#include "face/http_login.h"
#include "face/http_pages.h"

#include <string.h>

enum { BODY_MAX = 2 * 1024 * 1024, BODY_OVERLAP = 1024, HEADERS_MAX = 100, REQUESTS_MAX = 1000 };
enum phase { PHASE_HEAD, PHASE_BODY, PHASE_CHUNKS };

struct http {
    unsigned char phase, route, flavour;
    bool head_only, keep, old, tried, later_piece;
    uint16_t requests;
    uint64_t body_left;
};

static struct ct_http_frame frame_of(const struct http *s)
{
    return (struct ct_http_frame){.flavour = s->flavour, .head_only = s->head_only, .keep = s->keep, .old = s->old};
}

static void refuse(struct http *s, const struct ct_face_io *io, unsigned status)
{
    s->keep = false;
    struct ct_http_frame frame = frame_of(s);
    ct_http_refusal(io, &frame, status);
    io->close(io->ctx);
}

static void answer(struct http *s, const struct ct_face_io *io)
{
    if (++s->requests >= REQUESTS_MAX) s->keep = false;
    struct ct_http_frame frame = frame_of(s);
    ct_http_page(io, &frame, s->route, s->tried);
    s->phase = PHASE_HEAD;
    if (!s->keep) io->close(io->ctx);
}

struct head {
    ct_str method, target;
    uint64_t length;
    bool chunked, expects, close, keep, bad;
    bool host, agent, login; /* were reported: each once, whatever is repeated */
};

static void header(struct head *h, const struct ct_face_io *io, ct_str line)
{
    ct_face_fact(io, CT_FACT_PAYLOAD, line);
    ct_str value = line;
    ct_str name = ct_str_cut(&value, ':');
    value = ct_str_trim(value);
    if (ct_str_eq_fold(name, CT_STR("content-length"))) {
        if (!ct_str_u64(value, &h->length)) h->bad = true;
    } else if (ct_str_eq_fold(name, CT_STR("transfer-encoding"))) {
        h->chunked = ct_str_find_fold(value, CT_STR("chunked")) != CT_STR_NONE;
    } else if (ct_str_eq_fold(name, CT_STR("expect"))) {
        h->expects = ct_str_starts_fold(value, CT_STR("100-continue"));
    } else if (ct_str_eq_fold(name, CT_STR("connection"))) {
        h->close = ct_str_find_fold(value, CT_STR("close")) != CT_STR_NONE;
        h->keep = ct_str_find_fold(value, CT_STR("keep-alive")) != CT_STR_NONE;
    } else if (!h->host && ct_str_eq_fold(name, CT_STR("host"))) {
        h->host = true;
        ct_face_fact(io, CT_FACT_HOST, value);
    } else if (!h->agent && ct_str_eq_fold(name, CT_STR("user-agent"))) {
        h->agent = true;
        ct_face_fact(io, CT_FACT_CLIENT_SOFTWARE, value);
    } else if (!h->login && ct_str_eq_fold(name, CT_STR("authorization"))) {
        h->login = true;
        ct_http_login_header(io, value);
    }
}

/* A request line, the three parts; false for anything else. */
static bool request_line(ct_str line, struct head *h, ct_str *ret_version)
{
    size_t first = ct_str_chr(line, ' '), last = ct_str_rchr(line, ' ');
    if (first == CT_STR_NONE || first == 0 || last <= first) return false;
    h->method = ct_str_slice(line, 0, first);
    h->target = ct_str_trim(ct_str_slice(line, first, last));
    *ret_version = ct_str_slice(line, last + 1, line.n);
    for (size_t i = 0; i < h->method.n; i++)
        if (!ct_ascii_alpha(h->method.p[i]) && h->method.p[i] != '-' && h->method.p[i] != '_') return false;
    return h->method.n <= 32 && ct_str_starts(*ret_version, CT_STR("HTTP/"));
}

/* Where the head ends (behind its empty line), or 0. */
static size_t head_end(ct_str in)
{
    size_t at = 0;
    ct_str line;
    for (;;) {
        size_t n = ct_face_line(ct_str_slice(in, at, in.n), &line);
        if (!n) return 0;
        at += n;
        if (!line.n) return at;
    }
}

static size_t take_head(struct http *s, const struct ct_face_io *io, ct_str in)
{
    struct head h = {0};
    ct_str line, version;
    s->head_only = s->tried = s->later_piece = s->keep = s->old = false;
    size_t at = ct_face_line(in, &line);
    bool hopeless = in.n && !ct_ascii_alpha(in.p[0]) && in.p[0] != '\r' && in.p[0] != '\n'; /* TLS, and other protocols: no line end may come */
    if (!at && !hopeless) return 0;
    if (at && !line.n) return at; /* empty lines between requests are borne */
    if (hopeless || !request_line(line, &h, &version)) {
        ct_face_nonsense(io, in);
        refuse(s, io, 400);
        return in.n;
    }
    size_t end = head_end(in);
    if (!end && in.n < CT_FACE_BUFFER_MAX) return 0;
    ct_face_fact(io, CT_FACT_METHOD, h.method);
    ct_face_told(io, CT_FACT_PATH, h.target);
    unsigned lines = 0;
    ct_str rest = ct_str_slice(in, at, end ? end : in.n);
    for (; lines <= HEADERS_MAX && rest.n; lines++) {
        ct_str one = ct_str_cut(&rest, '\n');
        if (one.n && one.p[one.n - 1] == '\r') one.n--;
        if (one.n) header(&h, io, one);
    }
    if (rest.n) ct_face_fact(io, CT_FACT_PAYLOAD, rest); /* over the cap: in one piece */
    ct_str query = h.target;
    ct_str_cut(&query, '?');
    if (query.n) s->tried = ct_http_login_form(io, query);
    s->head_only = ct_str_eq(h.method, CT_STR("HEAD"));
    s->route = (unsigned char)ct_http_route(s->flavour, h.method, h.target);
    s->old = ct_str_eq(version, CT_STR("HTTP/1.0"));
    s->keep = ct_str_eq(version, CT_STR("HTTP/1.1")) ? !h.close : h.keep;
    s->body_left = h.length;
    unsigned refused = !ct_str_starts(version, CT_STR("HTTP/1.")) ? 505 : !end || h.bad || rest.n || (h.chunked && h.length) ? 400 : 0;
    if (h.length > BODY_MAX) refused = 413;
    if (refused) {
        ct_face_fact(io, CT_FACT_PAYLOAD, ct_str_slice(in, end ? end : in.n, in.n)); /* what of the body came along */
        refuse(s, io, refused);
        return in.n;
    }
    if (h.chunked || h.length) {
        if (h.expects) io->send(io->ctx, CT_STR("HTTP/1.1 100 \r\n\r\n"));
        s->phase = h.chunked ? PHASE_CHUNKS : PHASE_BODY;
    } else {
        answer(s, io);
    }
    return end;
}

static void take_form(struct http *s, const struct ct_face_io *io, ct_str body)
{
    ct_face_fact(io, CT_FACT_PAYLOAD, body);
    if (!s->later_piece && ct_http_login_form(io, body)) s->tried = true;
}

static size_t take_body(struct http *s, const struct ct_face_io *io, ct_str in)
{
    if (in.n >= s->body_left) {
        size_t n = (size_t)s->body_left;
        take_form(s, io, ct_str_slice(in, 0, n));
        answer(s, io);
        return n;
    }
    if (in.n < CT_FACE_BUFFER_MAX) return 0;
    take_form(s, io, in);
    s->later_piece = true;
    s->body_left -= in.n - BODY_OVERLAP;
    return in.n - BODY_OVERLAP;
}

/* Chunks put together into to (room for in.n). 0: not whole; SIZE_MAX: no chunks. */
static size_t join_chunks(ct_str in, unsigned char *to, size_t *ret_n)
{
    size_t at = 0, n = 0;
    for (;;) {
        ct_str line;
        size_t used = ct_face_line(ct_str_slice(in, at, in.n), &line), size = 0;
        if (!used) return 0;
        size_t digits = 0;
        for (; digits < line.n && digits < 7 && ct_hex_value(line.p[digits]) >= 0; digits++)
            size = size << 4 | (size_t)ct_hex_value(line.p[digits]);
        if (!digits) return SIZE_MAX;
        at += used;
        if (size == 0) {
            used = head_end(ct_str_slice(in, at, in.n)); /* trailers and the empty line */
            *ret_n = n;
            return used ? at + used : 0;
        }
        if (in.n - at < size) return 0;
        memcpy(to + n, in.p + at, size);
        n += size;
        at += size;
        used = ct_face_line(ct_str_slice(in, at, in.n), &line);
        if (!used) return 0;
        if (line.n) return SIZE_MAX;
        at += used;
    }
}

static size_t take_chunks(struct http *s, const struct ct_face_io *io, ct_str in)
{
    unsigned char joined[CT_FACE_BUFFER_MAX];
    size_t n = 0, used = in.n <= sizeof joined ? join_chunks(in, joined, &n) : SIZE_MAX;
    if (used == 0 && in.n < CT_FACE_BUFFER_MAX) return 0;
    if (used == 0 || used == SIZE_MAX) {
        ct_face_fact(io, CT_FACT_PAYLOAD, in);
        refuse(s, io, used ? 400 : 413);
        return in.n;
    }
    take_form(s, io, (ct_str){joined, n});
    answer(s, io);
    return used;
}

static size_t http_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct http *s = state;
    switch (s->phase) {
    case PHASE_BODY: return take_body(s, io, in);
    case PHASE_CHUNKS: return take_chunks(s, io, in);
    default: return take_head(s, io, in);
    }
}

/* A request without its end is a request. */
static void http_end(void *state, const struct ct_face_io *io, ct_str left)
{
    struct http *s = state;
    struct head h = {0};
    ct_str line = {0}, version = {0}, rest = left;
    if (s->phase != PHASE_HEAD) {
        take_form(s, io, left);
        return;
    }
    line = ct_str_trim(ct_str_cut(&rest, '\n'));
    if (!request_line(line, &h, &version)) {
        ct_face_nonsense(io, left);
        return;
    }
    ct_face_fact(io, CT_FACT_METHOD, h.method);
    ct_face_told(io, CT_FACT_PATH, h.target);
    for (unsigned lines = 0; lines <= HEADERS_MAX && rest.n; lines++) header(&h, io, ct_str_trim(ct_str_cut(&rest, '\n')));
}

/* A word in capitals, a blank, and a target. */
static enum ct_claim http_claims(ct_str first)
{
    size_t n = 0;
    while (n < first.n && n < 17 && first.p[n] >= 'A' && first.p[n] <= 'Z') n++;
    if (n == first.n) return n < 17 ? CT_CLAIM_MORE : CT_CLAIM_NO;
    if (n < 3 || first.p[n] != ' ') return CT_CLAIM_NO;
    if (n + 1 == first.n) return CT_CLAIM_MORE;
    unsigned char c = first.p[n + 1];
    if (c == '/' || c == '*') return CT_CLAIM_YES;
    ct_str target = ct_str_slice(first, n + 1, first.n), absolute = CT_STR("http");
    if (ct_str_starts_fold(target, absolute)) return CT_CLAIM_YES;
    if (ct_str_starts_fold(absolute, target)) return CT_CLAIM_MORE;
    return ct_str_starts(first, CT_STR("CONNECT ")) ? CT_CLAIM_YES : CT_CLAIM_NO;
}

static void elastic_open(void *state, const struct ct_face_io *io)
{
    (void)io;
    ((struct http *)state)->flavour = CT_HTTP_ELASTIC;
}

static const uint16_t ports[] = {8080, 80, 8000, 8888, 9090, 8081, 8161, 7001, 8983}, tls_ports[] = {8443, 443, 9443}, elastic_ports[] = {9200};

const struct ct_face ct_face_http = {.name = "http", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .state_size = sizeof(struct http),
                                     .claims = http_claims, .open = ct_face_open_quiet, .bytes = http_bytes, .end = http_end};
const struct ct_face ct_face_https = {.name = "https", .ports = tls_ports, .n_ports = sizeof tls_ports / sizeof *tls_ports, .tls = true,
                                      .state_size = sizeof(struct http), .claims = http_claims, .open = ct_face_open_quiet, .bytes = http_bytes,
                                      .end = http_end};
const struct ct_face ct_face_elastic = {.name = "elasticsearch", .ports = elastic_ports, .n_ports = 1, .state_size = sizeof(struct http),
                                        .open = elastic_open, .bytes = http_bytes, .end = http_end};
