/* https://...: one POST per event, application/json, with the event's id as Idempotency-Key so that a receiver can drop what
 * arrives twice. 2xx is delivered. 4xx speaks of the event, save 408 and 429 (later, please) and 401 and 407 (the token is
 * wrong: that must not throw events away). All else, redirects too, is a failure of the service and is tried again.
 *
 * slack+https://... and pagerduty+https://...: the same in the shapes of chat_shape.h. Only alerts are sent: records of contacts and
 * heartbeats count as delivered, save the first heartbeat after a decoy was deaf, which resolves that at PagerDuty. There 4xx speaks of the
 * event only as 400, 413 and 422: a channel that is gone (403, 404, 410) is the set-up's fault. */
#include "outlet/sink.h"

#include "net/http_client.h"
#include "os/file.h"
#include "outlet/chat_shape.h"

#include <stdio.h>
#include <string.h>

#define TOKEN_MAX 4096u             /* JSON web tokens reach 2 KiB */
#define RETRY_AFTER_MAX_MS 600000   /* a service that asks for a day gets ten minutes */

enum shape { SHAPE_EVENT, SHAPE_SLACK, SHAPE_PAGERDUTY };

struct webhook_sink {
    struct ct_sink base;
    ct_http_client *client;
    enum shape shape;
    ct_arena *arena;       /* for shapes */
    struct ct_gist_memory memory; /* PagerDuty's begins as deaf, since the run before may have said so */
    char token[TOKEN_MAX]; /* empty: none; PagerDuty: the routing key */
};

static void print_id(const unsigned char id[16], char out[33])
{
    for (int i = 0; i < 16; i++) (void)snprintf(out + (ptrdiff_t)i * 2, 3, "%02x", id[i]);
}

static bool speaks_of_the_event(enum shape shape, unsigned status)
{
    if (shape != SHAPE_EVENT) return status == 400 || status == 413 || status == 422;
    return status >= 400 && status < 500 && status != 401 && status != 407 && status != 408 && status != 429;
}

static enum ct_delivery judge(enum shape shape, const struct ct_http_answer *a, int64_t *ret_retry_after_ms, struct ct_fault *fault)
{
    if (a->status >= 200 && a->status < 300) return CT_DELIVERED;
    bool redirect = a->status >= 300 && a->status < 400;
    (void)ct_fault_set(fault, CT_ERR_NETWORK, 0, "HTTP status %u%s", a->status,
                       redirect ? " (redirects are not followed)" : "");
    if (a->retry_after_s >= 0)
        *ret_retry_after_ms = a->retry_after_s > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : a->retry_after_s * 1000;
    return speaks_of_the_event(shape, a->status) ? CT_DELIVERY_REFUSED : CT_DELIVERY_FAILED;
}

/* ret_body empty: nobody is to be told of this one. ret_gist lives in the sink's arena until the next event. */
static ct_err make_body(struct webhook_sink *w, const struct ct_spool_record *r, ct_str *ret_body, struct ct_gist **ret_gist)
{
    struct ct_buf body;
    ct_arena_clear(w->arena);
    struct ct_gist *g = ct_arena_alloc(w->arena, sizeof *g);
    if (!g) return CT_ERR_NOMEM;
    CT_TRY(ct_gist_read(w->arena, r->event, g));
    *ret_gist = g;
    *ret_body = (ct_str){NULL, 0};
    if (!ct_gist_is_news(&w->memory, g)) return CT_OK;
    ct_buf_init(&body, w->arena, CT_OUTLET_EVENT_MAX);
    if (w->shape == SHAPE_SLACK) ct_shape_slack(&body, g);
    else ct_shape_pagerduty(&body, g, w->token);
    return ct_buf_str(&body, ret_body);
}

static enum ct_delivery deliver(struct ct_sink *sink, const struct ct_spool_record *r, int64_t *ret_retry_after_ms,
                                struct ct_fault *fault)
{
    struct webhook_sink *w = (struct webhook_sink *)sink;
    char fields[TOKEN_MAX + 256], id[33];
    ct_str body = r->event;
    struct ct_gist *gist = NULL;
    bool bearer = w->token[0] && w->shape == SHAPE_EVENT;
    ct_err err = w->shape == SHAPE_EVENT ? CT_OK : make_body(w, r, &body, &gist);
    if (err != CT_OK) {
        (void)ct_fault_set(fault, err, 0, "no message can be made of the event: %s", ct_err_text(err));
        return err == CT_ERR_NOMEM ? CT_DELIVERY_FAILED : CT_DELIVERY_REFUSED;
    }
    if (body.n == 0) {
        if (gist) ct_gist_remember(&w->memory, gist);
        return CT_DELIVERED;
    }
    print_id(r->id, id);
    int n = snprintf(fields, sizeof fields, "Content-Type: application/json\r\nIdempotency-Key: %s\r\n%s%s%s", id,
                     bearer ? "Authorization: Bearer " : "", bearer ? w->token : "", bearer ? "\r\n" : "");
    struct ct_http_answer answer;
    err = ct_http_post(w->client, (ct_str){(unsigned char *)fields, (size_t)n}, body, sink->cancel_fd, &answer, fault);
    if (err != CT_OK) return CT_DELIVERY_FAILED;
    enum ct_delivery d = judge(w->shape, &answer, ret_retry_after_ms, fault);
    if (d == CT_DELIVERED && gist) ct_gist_remember(&w->memory, gist);
    return d;
}

static void sink_free(struct ct_sink *sink)
{
    struct webhook_sink *w = (struct webhook_sink *)sink;
    ct_http_client_free(w->client);
    ct_arena_free(w->arena);
    ct_alloc_put(sink->alloc, w, sizeof *w);
}

/* What may follow "Bearer " without ending the header line (RFC 6750's b64token and a little more). */
static ct_err set_token(struct webhook_sink *w, const char *token, struct ct_fault *fault)
{
    ct_str t = ct_str_trim(ct_str_from(token));
    if (t.n == 0 || t.n >= sizeof w->token) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the token is empty or too long");
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] <= ' ' || t.p[i] > '~')
            return ct_fault_set(fault, CT_ERR_USAGE, 0, "the token holds a blank or a control byte");
    memcpy(w->token, t.p, t.n);
    w->token[t.n] = '\0';
    return CT_OK;
}

/* ?routing-key-file=PATH is ours, and taken off the address: the key alone of several outlets' secrets. */
static ct_err take_key_file(struct webhook_sink *w, struct ct_url *url, struct ct_fault *fault)
{
    static const char name[] = "?routing-key-file=";
    char *at = strstr(url->target, name);
    if (!at) return w->token[0] ? CT_OK : ct_fault_set(fault, CT_ERR_USAGE, 0, "pagerduty+https: wants ?routing-key-file=PATH");
    unsigned char *text = NULL;
    size_t n = 0;
    CT_TRY(ct_file_read(w->base.alloc, at + sizeof name - 1, TOKEN_MAX, &text, &n, fault));
    ct_err err = set_token(w, (const char *)text, fault);
    ct_alloc_put(w->base.alloc, text, n + 1);
    *at = 0;
    return err;
}

static ct_err sink_new(const struct ct_sink_env *env, ct_str address, enum shape shape, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    struct ct_url url;
    CT_TRY(ct_url_parse(address, &url, fault));
    struct webhook_sink *w = ct_alloc_get(env->alloc, sizeof *w);
    if (!w) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    *w = (struct webhook_sink){.base = {deliver, sink_free, env->alloc, env->tuning.step_ms, env->cancel_fd}, .shape = shape, .memory.deaf = shape == SHAPE_PAGERDUTY};
    struct ct_http_timeouts timeouts = {env->tuning.step_ms, env->tuning.answer_ms};
    ct_err err = env->opts->token ? set_token(w, env->opts->token, fault) : CT_OK;
    if (err == CT_OK && shape == SHAPE_PAGERDUTY) err = take_key_file(w, &url, fault);
    if (err == CT_OK && shape != SHAPE_EVENT && ct_arena_new(env->alloc, CT_GIST_ARENA_MAX, &w->arena) != CT_OK)
        err = ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    if (err == CT_OK) err = ct_http_client_new(env->alloc, &url, env->opts->ca_file, &timeouts, &w->client, fault);
    if (err != CT_OK) {
        sink_free(&w->base);
        return err;
    }
    *ret_sink = &w->base;
    return CT_OK;
}

ct_err ct_sink_webhook_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    return sink_new(env, rest, SHAPE_EVENT, ret_sink, fault);
}

ct_err ct_sink_slack_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    return sink_new(env, rest, SHAPE_SLACK, ret_sink, fault);
}

ct_err ct_sink_pagerduty_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    return sink_new(env, rest, SHAPE_PAGERDUTY, ret_sink, fault);
}
