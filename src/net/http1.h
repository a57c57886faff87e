/* Reading one HTTP/1.x response from a stream of pieces of any size (RFC 9112), without allocating.
 *
 * Strict, since a lenient reader and the proxy before it may disagree on where a response ends: refuses bare LF and CR,
 * folded headers, blanks before the colon, control bytes, a second Content-Length, Content-Length beside
 * Transfer-Encoding, any coding but a single "chunked", protocol switches, and everything over the caps of base/limits.h.
 * Interim (1xx) responses are passed over. The body is counted and thrown away: the status is the answer.
 */
#ifndef CT_NET_HTTP1_H
#define CT_NET_HTTP1_H

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

enum ct_http1_state {
    CT_HTTP1_STATUS_LINE,
    CT_HTTP1_HEADER,
    CT_HTTP1_BODY,         /* body_left bytes more */
    CT_HTTP1_BODY_TO_EOF,
    CT_HTTP1_CHUNK_SIZE,
    CT_HTTP1_CHUNK_END,    /* the line end behind a chunk's data */
    CT_HTTP1_TRAILER,
    CT_HTTP1_DONE,
};

struct ct_http1 {
    enum ct_http1_state state;
    ct_err err;             /* sticky */
    unsigned status;        /* valid once head_done */
    bool head_done, keep_alive;
    char retry_after[64];   /* the field's value; empty: none */
    uint64_t body_n;        /* bytes of body so far */
    /* the rest is the reader's own */
    uint64_t body_left;
    bool no_body_expected, version_10, has_length, chunked, close, in_chunk, cr;
    unsigned interim, lines;
    size_t head_n, line_n;
    unsigned char line[CT_HTTP1_LINE_MAX];
};

/* to_head: the request was HEAD, whose response has no body whatever its fields say. */
void ct_http1_init(struct ct_http1 *h, bool to_head);
/* Reads on; ret_used < in.n only when the response is done (state CT_HTTP1_DONE) or refused. */
CT_MUST_USE ct_err ct_http1_feed(struct ct_http1 *h, ct_str in, size_t *ret_used);
/* The peer has closed: CT_OK when that is how this response ends, else CT_ERR_TRUNCATED. */
CT_MUST_USE ct_err ct_http1_eof(struct ct_http1 *h);

/* Retry-After: seconds, or a date (IMF-fixdate) that is compared with now_s (UNIX time). False: neither. */
bool ct_http1_retry_after(ct_str value, int64_t now_s, uint64_t *ret_seconds);

#endif
