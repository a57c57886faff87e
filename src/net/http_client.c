#include "net/http_client.h"

#include "net/http1.h"
#include "net/socket.h"
#include "net/tls.h"
#include "os/clock.h"

#include <stdio.h>
#include <string.h>

struct ct_http_client {
    const struct ct_alloc *alloc;
    struct ct_url url;
    struct ct_http_timeouts timeouts;
    ct_tls *tls; /* null: plain */
    int fd;      /* -1: not connected */
    struct ct_http1 response;
    unsigned char head[CT_HTTP1_REQUEST_HEAD_MAX];
};

ct_err ct_http_client_new(const struct ct_alloc *alloc, const struct ct_url *url, const char *ca_file,
                          const struct ct_http_timeouts *timeouts, ct_http_client **ret_client, struct ct_fault *fault)
{
    if (!url->tls && !ct_host_is_loopback(url->host))
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "http:// is for loopback only, everything else wants https://");
    ct_http_client *c = ct_alloc_get(alloc, sizeof *c);
    if (!c) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    *c = (struct ct_http_client){.alloc = alloc, .url = *url, .timeouts = *timeouts, .fd = -1};
    if (url->tls) {
        ct_err err = ct_tls_new(alloc, c->url.host, c->url.literal, ca_file, &c->tls, fault);
        if (err != CT_OK) {
            ct_http_client_free(c);
            return err;
        }
    }
    *ret_client = c;
    return CT_OK;
}

static void hang_up(ct_http_client *c)
{
    if (c->tls && c->fd >= 0) ct_tls_goodbye(c->tls);
    ct_socket_close(&c->fd);
}

void ct_http_client_free(ct_http_client *c)
{
    if (!c) return;
    hang_up(c);
    ct_tls_free(c->tls);
    ct_alloc_put(c->alloc, c, sizeof *c);
}

static ct_err dial(ct_http_client *c, int cancel_fd, struct ct_fault *fault)
{
    struct ct_addrs addrs;
    struct ct_deadline d = ct_deadline_in(c->timeouts.connect_ms, cancel_fd);
    CT_TRY(ct_resolve(c->url.host, c->url.port, &d, &addrs, fault));
    for (size_t i = 0; i < addrs.n; i++)
        if (!c->tls && !ct_addr_is_loopback(&addrs.at[i]))
            return ct_fault_set(fault, CT_ERR_NETWORK, 0, "%.100s does not lead to loopback: https:// is needed", c->url.host);
    d = ct_deadline_in(c->timeouts.connect_ms, cancel_fd);
    CT_TRY(ct_socket_connect_any(&addrs, SOCK_STREAM, &d, &c->fd, fault));
    if (!c->tls) return CT_OK;
    d = ct_deadline_in(c->timeouts.connect_ms, cancel_fd);
    ct_err err = ct_tls_handshake(c->tls, c->fd, &d, fault);
    if (err != CT_OK) ct_socket_close(&c->fd);
    return err;
}

static ct_err send_bytes(ct_http_client *c, ct_str bytes, const struct ct_deadline *d, struct ct_fault *fault)
{
    return c->tls ? ct_tls_send_all(c->tls, bytes, d, fault) : ct_socket_send_all(c->fd, bytes, d, fault);
}

/* Until the response is done; what was read of it stays in c->response. */
static ct_err read_response(ct_http_client *c, const struct ct_deadline *d, struct ct_fault *fault)
{
    unsigned char piece[4096];
    struct ct_http1 *h = &c->response;
    while (h->state != CT_HTTP1_DONE) {
        size_t n = 0, used = 0;
        CT_TRY(c->tls ? ct_tls_recv(c->tls, piece, sizeof piece, d, &n, fault)
                      : ct_socket_recv(c->fd, piece, sizeof piece, d, &n, fault));
        ct_err err = n ? ct_http1_feed(h, (ct_str){piece, n}, &used) : ct_http1_eof(h);
        if (err != CT_OK) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the answer is no HTTP/1.1: %s", ct_err_text(err));
        if (n == 0) h->keep_alive = false;
        if (used < n) h->keep_alive = false; /* more than one response to one request */
    }
    return CT_OK;
}

static ct_err exchange(ct_http_client *c, ct_str head, ct_str body, int cancel_fd, struct ct_fault *fault)
{
    struct ct_deadline d = ct_deadline_in(c->timeouts.answer_ms, cancel_fd);
    ct_http1_init(&c->response, false);
    ct_err sent = send_bytes(c, head, &d, fault);
    if (sent == CT_OK) sent = send_bytes(c, body, &d, fault);
    if (sent == CT_ERR_INTERRUPTED) return sent;
    /* A server that refuses a large body answers and closes while it is still being sent: the answer counts. */
    struct ct_fault unread;
    ct_err got = read_response(c, &d, sent == CT_OK ? fault : &unread);
    if (c->response.head_done) {
        if (sent != CT_OK || got != CT_OK) c->response.keep_alive = false;
        return CT_OK;
    }
    return sent != CT_OK ? sent : got;
}

static bool is_stale(ct_http_client *c) { return ct_socket_is_stale(c->fd) || (c->tls && ct_tls_has_pending(c->tls)); }

static ct_err post_once(ct_http_client *c, ct_str head, ct_str body, int cancel_fd, bool *ret_again, struct ct_fault *fault)
{
    if (c->fd >= 0 && is_stale(c)) hang_up(c);
    bool kept = c->fd >= 0;
    if (!kept) CT_TRY(dial(c, cancel_fd, fault));
    ct_err err = exchange(c, head, body, cancel_fd, fault);
    *ret_again = kept && err == CT_ERR_NETWORK && c->response.head_n == 0 && c->response.interim == 0;
    if (err != CT_OK || !c->response.keep_alive) hang_up(c);
    return err;
}

ct_err ct_http_post(ct_http_client *c, ct_str fields, ct_str body, int cancel_fd, struct ct_http_answer *ret_answer,
                    struct ct_fault *fault)
{
    int n = snprintf((char *)c->head, sizeof c->head,
                     "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: caltrop/" CT_VERSION "\r\n%.*sContent-Length: %zu\r\n\r\n",
                     c->url.target, c->url.authority, CT_STR_ARG(fields), body.n);
    if (n < 0 || (size_t)n >= sizeof c->head) return ct_fault_set(fault, CT_ERR_CAP, 0, "the request's head is too long");
    ct_str head = {c->head, (size_t)n};
    bool again = false;
    ct_err err = post_once(c, head, body, cancel_fd, &again, fault);
    if (again) err = post_once(c, head, body, cancel_fd, &again, fault);
    if (err != CT_OK) return err;
    uint64_t seconds = 0;
    ret_answer->status = c->response.status;
    ret_answer->retry_after_s = -1;
    if (ct_http1_retry_after(ct_str_from(c->response.retry_after), ct_clock_real_us() / 1000000, &seconds))
        ret_answer->retry_after_s = seconds > INT32_MAX ? INT32_MAX : (int64_t)seconds;
    return CT_OK;
}
