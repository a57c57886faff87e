/* syslog:HOST[:PORT], syslog+tcp:HOST[:PORT], syslog:///dev/log, each with ?severity=NAME. See syslog_format.h for the message.
 * Datagrams are cut at CT_SYSLOG_DATAGRAM_MAX with a mark; streams carry the length first (RFC 6587, octet counting).
 * Weak side: syslog has no acknowledgement. On loopback a closed UDP port is noticed, elsewhere only by luck. */
#include "outlet/sink.h"

#include "net/socket.h"
#include "net/url.h"
#include "outlet/syslog_format.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct syslog_sink {
    struct ct_sink base;
    struct ct_syslog_origin origin;
    unsigned severity;
    int fd;
    bool stream;      /* of the connection as it is; a UNIX socket's type is found out when connecting */
    char path[108];   /* UNIX socket; empty: host and port */
    char host[256];
    uint16_t port;
};

static ct_err dial(struct syslog_sink *s, const struct ct_deadline *d, struct ct_fault *fault)
{
    if (s->path[0]) {
        s->stream = false;
        ct_err err = ct_socket_connect_unix(s->path, SOCK_DGRAM, d, &s->fd, fault);
        if (err != CT_ERR_UNSUPPORTED) return err;
        s->stream = true;
        return ct_socket_connect_unix(s->path, SOCK_STREAM, d, &s->fd, fault);
    }
    struct ct_addrs addrs;
    CT_TRY(ct_resolve(s->host, s->port, d, &addrs, fault));
    return ct_socket_connect_any(&addrs, s->stream ? SOCK_STREAM : SOCK_DGRAM, d, &s->fd, fault);
}

static ct_err send_stream(struct syslog_sink *s, ct_str head, ct_str event, const struct ct_deadline *d, struct ct_fault *fault)
{
    char frame[CT_SYSLOG_HEAD_MAX + 24];
    int n = snprintf(frame, sizeof frame, "%zu %.*s", head.n + event.n, CT_STR_ARG(head));
    CT_TRY(ct_socket_send_all(s->fd, (ct_str){(unsigned char *)frame, (size_t)n}, d, fault));
    return ct_socket_send_all(s->fd, event, d, fault);
}

static ct_err send_datagram(struct syslog_sink *s, ct_str head, ct_str event, const struct ct_deadline *d,
                            struct ct_fault *fault)
{
    unsigned char packet[CT_SYSLOG_DATAGRAM_MAX];
    bool cut = false;
    size_t n = head.n, fit = ct_syslog_fit(event, sizeof packet - head.n, &cut);
    memcpy(packet, head.p, head.n);
    memcpy(packet + n, event.p, fit);
    n += fit;
    if (cut) {
        memcpy(packet + n, CT_SYSLOG_CUT_MARK, sizeof CT_SYSLOG_CUT_MARK - 1);
        n += sizeof CT_SYSLOG_CUT_MARK - 1;
    }
    CT_TRY(ct_socket_send_one(s->fd, (ct_str){packet, n}, d, fault));
    int code = 0;
    socklen_t size = sizeof code;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code == 0) return CT_OK;
    return ct_fault_set(fault, CT_ERR_NETWORK, 0, "send: %s", strerror(code));
}

static enum ct_delivery deliver(struct ct_sink *sink, const struct ct_spool_record *r, int64_t *ret_retry_after_ms,
                                struct ct_fault *fault)
{
    struct syslog_sink *s = (struct syslog_sink *)sink;
    (void)ret_retry_after_ms;
    struct ct_deadline d = ct_deadline_in(sink->step_ms, sink->cancel_fd);
    char text[CT_SYSLOG_HEAD_MAX];
    ct_str head = {(unsigned char *)text, ct_syslog_head(&s->origin, s->severity, r->time_us, text)};
    if (s->fd >= 0 && s->stream && ct_socket_is_stale(s->fd)) ct_socket_close(&s->fd);
    ct_err err = CT_OK;
    if (s->fd < 0) err = dial(s, &d, fault);
    if (err == CT_OK) err = s->stream ? send_stream(s, head, r->event, &d, fault) : send_datagram(s, head, r->event, &d, fault);
    if (err == CT_OK) return CT_DELIVERED;
    /* A frame that went out in part ends with the connection. */
    ct_socket_close(&s->fd);
    return CT_DELIVERY_FAILED;
}

static void sink_free(struct ct_sink *sink)
{
    struct syslog_sink *s = (struct syslog_sink *)sink;
    ct_socket_close(&s->fd);
    ct_alloc_put(sink->alloc, s, sizeof *s);
}

static ct_err parse(struct syslog_sink *s, ct_str rest, bool tcp, struct ct_fault *fault)
{
    ct_str where = ct_str_cut(&rest, '?');
    if (rest.p) {
        if (!ct_str_starts(rest, CT_STR("severity=")) || !ct_syslog_severity(ct_str_slice(rest, 9, rest.n), &s->severity))
            return ct_fault_set(fault, CT_ERR_USAGE, 0,
                                "only ?severity=emerg|alert|crit|err|warning|notice|info|debug is known");
    }
    s->stream = tcp;
    if (ct_str_starts(where, CT_STR("//"))) where = ct_str_slice(where, 2, where.n);
    if (where.n && where.p[0] == '/') {
        if (tcp) return ct_fault_set(fault, CT_ERR_USAGE, 0, "syslog+tcp: wants a host, not a path");
        return ct_sink_path(where, s->path, sizeof s->path, fault);
    }
    bool literal;
    return ct_host_port_parse(where, tcp ? 601 : 514, s->host, &s->port, &literal, fault);
}

static ct_err sink_new(const struct ct_sink_env *env, ct_str rest, bool tcp, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    struct syslog_sink *s = ct_alloc_get(env->alloc, sizeof *s);
    if (!s) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    *s = (struct syslog_sink){
        .base = {deliver, sink_free, env->alloc, env->tuning.step_ms, env->cancel_fd}, .severity = 4, .fd = -1};
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) != 0) name[0] = '\0';
    ct_syslog_host(name, s->origin.host);
    s->origin.pid = (unsigned)getpid();
    ct_err err = parse(s, rest, tcp, fault);
    if (err != CT_OK) {
        sink_free(&s->base);
        return err;
    }
    *ret_sink = &s->base;
    return CT_OK;
}

ct_err ct_sink_syslog_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    return sink_new(env, rest, false, ret_sink, fault);
}

ct_err ct_sink_syslog_tcp_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    return sink_new(env, rest, true, ret_sink, fault);
}
