/* https://...: one POST per event, application/json, with the event's id as Idempotency-Key so that a receiver can drop what
 * arrives twice. 2xx is delivered. 4xx speaks of the event, save 408 and 429 (later, please) and 401 and 407 (the token is
 * wrong: that must not throw events away). All else, redirects too, is a failure of the service and is tried again. */
#include "outlet/sink.h"

#include "net/http_client.h"

#include <stdio.h>
#include <string.h>

#define TOKEN_MAX 4096u             /* JSON web tokens reach 2 KiB */
#define RETRY_AFTER_MAX_MS 600000   /* a service that asks for a day gets ten minutes */

struct webhook_sink {
    struct ct_sink base;
    ct_http_client *client;
    char token[TOKEN_MAX]; /* empty: none */
};

static void print_id(const unsigned char id[16], char out[33])
{
    for (int i = 0; i < 16; i++) (void)snprintf(out + (ptrdiff_t)i * 2, 3, "%02x", id[i]);
}

static enum ct_delivery judge(const struct ct_http_answer *a, int64_t *ret_retry_after_ms, struct ct_fault *fault)
{
    if (a->status >= 200 && a->status < 300) return CT_DELIVERED;
    bool redirect = a->status >= 300 && a->status < 400;
    (void)ct_fault_set(fault, CT_ERR_NETWORK, 0, "HTTP status %u%s", a->status,
                       redirect ? " (redirects are not followed)" : "");
    if (a->retry_after_s >= 0)
        *ret_retry_after_ms = a->retry_after_s > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : a->retry_after_s * 1000;
    bool of_the_event = a->status >= 400 && a->status < 500 && a->status != 401 && a->status != 407 && a->status != 408 &&
                        a->status != 429;
    return of_the_event ? CT_DELIVERY_REFUSED : CT_DELIVERY_FAILED;
}

static enum ct_delivery deliver(struct ct_sink *sink, const struct ct_spool_record *r, int64_t *ret_retry_after_ms,
                                struct ct_fault *fault)
{
    struct webhook_sink *w = (struct webhook_sink *)sink;
    char fields[TOKEN_MAX + 256], id[33];
    print_id(r->id, id);
    int n = snprintf(fields, sizeof fields, "Content-Type: application/json\r\nIdempotency-Key: %s\r\n%s%s%s", id,
                     w->token[0] ? "Authorization: Bearer " : "", w->token, w->token[0] ? "\r\n" : "");
    struct ct_http_answer answer;
    ct_err err =
        ct_http_post(w->client, (ct_str){(unsigned char *)fields, (size_t)n}, r->event, sink->cancel_fd, &answer, fault);
    return err == CT_OK ? judge(&answer, ret_retry_after_ms, fault) : CT_DELIVERY_FAILED;
}

static void sink_free(struct ct_sink *sink)
{
    struct webhook_sink *w = (struct webhook_sink *)sink;
    ct_http_client_free(w->client);
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

ct_err ct_sink_webhook_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    struct ct_url url;
    CT_TRY(ct_url_parse(rest, &url, fault));
    struct webhook_sink *w = ct_alloc_get(env->alloc, sizeof *w);
    if (!w) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    *w = (struct webhook_sink){.base = {deliver, sink_free, env->alloc, env->tuning.step_ms, env->cancel_fd}};
    struct ct_http_timeouts timeouts = {env->tuning.step_ms, env->tuning.answer_ms};
    ct_err err = env->opts->token ? set_token(w, env->opts->token, fault) : CT_OK;
    if (err == CT_OK) err = ct_http_client_new(env->alloc, &url, env->opts->ca_file, &timeouts, &w->client, fault);
    if (err != CT_OK) {
        sink_free(&w->base);
        return err;
    }
    *ret_sink = &w->base;
    return CT_OK;
}
