/* A sink hands one event to its receiver, once; the outlet's thread decides what happens next. Internal to this folder. */
#ifndef CT_OUTLET_SINK_H
#define CT_OUTLET_SINK_H

#include "base/alloc.h"
#include "base/fault.h"
#include "outlet/outlet.h"
#include "outlet/spool_record.h"

enum ct_delivery {
    CT_DELIVERED,
    CT_DELIVERED_IN_PART, /* to some of several: done with, but complained of */
    CT_DELIVERY_FAILED,  /* the receiver is away or busy: try again */
    CT_DELIVERY_REFUSED, /* the receiver does not take this event */
};

struct ct_outlet_tuning {
    int64_t backoff_ms, backoff_max_ms; /* first wait after a failure, doubled up to the second */
    int64_t step_ms;                    /* connect, TLS handshake, send */
    int64_t answer_ms;                  /* a web service's answer */
};

struct ct_sink_env {
    const struct ct_alloc *alloc;
    const struct ct_outlet_opts *opts;
    struct ct_outlet_tuning tuning;
    int cancel_fd; /* readable: stop waiting */
};

struct ct_sink {
    enum ct_delivery (*deliver)(struct ct_sink *sink, const struct ct_spool_record *record, int64_t *ret_retry_after_ms,
                                struct ct_fault *fault);
    void (*free)(struct ct_sink *sink);
    const struct ct_alloc *alloc;
    int64_t step_ms;
    int cancel_fd;
};

typedef ct_err ct_sink_new_fn(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault);

/* rest: the URL behind "scheme:"; for the webhooks from "http" on. */
ct_sink_new_fn ct_sink_file_new, ct_sink_unix_new, ct_sink_syslog_new, ct_sink_syslog_tcp_new, ct_sink_webhook_new, ct_sink_slack_new,
    ct_sink_pagerduty_new, ct_sink_smtp_new, ct_sink_journald_new;

/* As ct_outlet_open, with other timings: for tests. */
CT_MUST_USE ct_err ct_outlet_open_tuned(const struct ct_alloc *alloc, const char *url, const struct ct_outlet_opts *opts,
                                        const struct ct_outlet_tuning *tuning, ct_outlet **ret_outlet, struct ct_fault *fault);
extern const struct ct_outlet_tuning ct_outlet_tuning_default;

/* PATH, //PATH-with-leading-slash; CT_ERR_USAGE when empty or with control bytes. NUL-terminated into out. */
CT_MUST_USE ct_err ct_sink_path(ct_str rest, char *out, size_t n, struct ct_fault *fault);

#endif
