/* A small HTTP client for one service: POST, one connection kept alive, one request at a time.
 *
 * Never follows a redirect, never uses a proxy (the proxy environment variables are ignored), sends nothing over plain
 * http:// except to loopback addresses, and asks for no compression. Not thread-safe.
 */
#ifndef CT_NET_HTTP_CLIENT_H
#define CT_NET_HTTP_CLIENT_H

#include "base/alloc.h"
#include "net/deadline.h"
#include "net/url.h"

typedef struct ct_http_client ct_http_client;

struct ct_http_timeouts {
    int64_t connect_ms;  /* name, connection and TLS handshake, each */
    int64_t answer_ms;   /* request sent and response read */
};

struct ct_http_answer {
    unsigned status;
    int64_t retry_after_s; /* -1: none */
};

/* CT_ERR_USAGE for http:// to a host that is not loopback by name; ca_file as in net/tls.h. */
CT_MUST_USE ct_err ct_http_client_new(const struct ct_alloc *alloc, const struct ct_url *url, const char *ca_file,
                                      const struct ct_http_timeouts *timeouts, ct_http_client **ret_client,
                                      struct ct_fault *fault);
void ct_http_client_free(ct_http_client *c); /* null is fine */

/* fields: header lines, each with its CRLF; Host and Content-Length are added. CT_OK as soon as the head of a final response
 * was read, whatever its status: a body that is damaged or late behind it only costs the connection. A request that fails
 * on a kept connection before any answer is sent once more on a new one, so it must be idempotent. */
CT_MUST_USE ct_err ct_http_post(ct_http_client *c, ct_str fields, ct_str body, int cancel_fd, struct ct_http_answer *ret_answer,
                                struct ct_fault *fault);

#endif
