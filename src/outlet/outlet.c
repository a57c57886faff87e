#include "outlet/outlet.h"

#include "net/deadline.h"
#include "os/clock.h"
#include "outlet/sink.h"
#include "outlet/spool.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define REFUSALS_MAX 3u /* a receiver that is being restarted may refuse what it takes a second later */

const struct ct_outlet_tuning ct_outlet_tuning_default = {
    .backoff_ms = 1000, .backoff_max_ms = 300000, .step_ms = 10000, .answer_ms = 30000};

struct ct_outlet {
    const struct ct_alloc *alloc;
    struct ct_sink *sink;       /* the thread's alone between start and join */
    struct ct_outlet_tuning tuning;
    int cancel_fd;              /* timerfd, armed by close */
    pthread_t thread;
    pthread_cond_t wake;
    pthread_mutex_t lock;       /* for everything below */
    ct_spool *spool;
    struct ct_outlet_stats stats; /* offered, delivered, failures, last_error */
    bool closing;
    bool hurry;                 /* close cuts the back-off short once */
    int64_t close_at;
};

static const struct {
    const char *scheme;
    size_t cut;                 /* so much of it the sink does not want */
    ct_sink_new_fn *make;
} SINKS[] = {
    {"file:", 5, ct_sink_file_new},           {"unix:", 5, ct_sink_unix_new},
    {"syslog+tcp:", 11, ct_sink_syslog_tcp_new}, {"syslog+udp:", 11, ct_sink_syslog_new},
    {"syslog:", 7, ct_sink_syslog_new},       {"journald:", 9, ct_sink_journald_new},
    {"smtp:", 5, ct_sink_smtp_new},           {"https://", 0, ct_sink_webhook_new},
    {"http://", 0, ct_sink_webhook_new},      {"slack+http", 6, ct_sink_slack_new},
    {"pagerduty+http", 10, ct_sink_pagerduty_new},
};

static ct_err make_sink(const struct ct_sink_env *env, ct_str url, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    for (size_t i = 0; i < sizeof SINKS / sizeof *SINKS; i++) {
        if (!ct_str_starts_fold(url, ct_str_from(SINKS[i].scheme))) continue;
        return SINKS[i].make(env, ct_str_slice(url, SINKS[i].cut, url.n), ret_sink, fault);
    }
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "an outlet is file:PATH, syslog:HOST[:PORT], syslog:///dev/log, syslog+tcp:HOST[:PORT], "
                                                "journald:, unix:PATH, smtp://HOST?..., https://..., slack+https://... or pagerduty+https://...");
}

/* Half of it certain, half by lot, so that many sensors do not come back in step. */
static int64_t with_jitter(int64_t ms)
{
    uint32_t lot = 0;
    if (getrandom(&lot, sizeof lot, GRND_NONBLOCK) != (ssize_t)sizeof lot) lot = (uint32_t)ct_clock_real_us();
    return ms / 2 + (int64_t)(lot % (uint64_t)(ms - ms / 2 + 1));
}

/* False: closing, and the time is up before the wait would be. */
static bool wait_for(ct_outlet *o, int64_t ms, bool may_hurry)
{
    int64_t until = ct_clock_mono_ms() + ms;
    for (;;) {
        int64_t now = ct_clock_mono_ms();
        if (o->closing && o->hurry && may_hurry) {
            o->hurry = false;
            return now < o->close_at;
        }
        if (o->closing && until >= o->close_at) return false;
        if (now >= until) return true;
        struct timespec t = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};
        (void)pthread_cond_timedwait(&o->wake, &o->lock, &t);
    }
}

static void note_failure(ct_outlet *o, const char *what)
{
    o->stats.failures++;
    (void)snprintf(o->stats.last_error, sizeof o->stats.last_error, "%s", what);
}

/* One try at r, without the lock while the network is at work. */
static enum ct_delivery attempt(ct_outlet *o, const struct ct_spool_record *r, int64_t *ret_retry_after_ms)
{
    struct ct_fault fault = {0};
    (void)pthread_mutex_unlock(&o->lock);
    enum ct_delivery d = o->sink->deliver(o->sink, r, ret_retry_after_ms, &fault);
    (void)pthread_mutex_lock(&o->lock);
    if (d != CT_DELIVERED && fault.err != CT_ERR_INTERRUPTED) note_failure(o, fault.detail);
    return d == CT_DELIVERED_IN_PART ? CT_DELIVERED : d;
}

static void *deliver_all(void *arg)
{
    ct_outlet *o = arg;
    int64_t backoff = o->tuning.backoff_ms;
    unsigned refusals = 0; /* in a row, of the event `refused` */
    unsigned char refused[16] = {0};
    (void)pthread_mutex_lock(&o->lock);
    for (;;) {
        struct ct_spool_record r;
        if (o->closing && ct_clock_mono_ms() >= o->close_at) break;
        ct_err err = ct_spool_peek(o->spool, &r);
        if (err == CT_ERR_END) {
            if (o->closing) break;
            (void)pthread_cond_wait(&o->wake, &o->lock);
            continue;
        }
        int64_t retry_after = -1;
        enum ct_delivery d = CT_DELIVERY_FAILED;
        if (err == CT_OK) d = attempt(o, &r, &retry_after);
        else note_failure(o, ct_err_text(err));
        if (d != CT_DELIVERY_REFUSED || memcmp(refused, r.id, sizeof refused) != 0) refusals = 0;
        if (d == CT_DELIVERY_REFUSED) {
            refusals++;
            memcpy(refused, r.id, sizeof refused);
        }
        if (d == CT_DELIVERED) {
            ct_spool_take(o->spool);
            o->stats.delivered++;
        } else if (refusals == REFUSALS_MAX) {
            ct_spool_refuse(o->spool);
        } else {
            int64_t wait = with_jitter(backoff);
            if (retry_after > wait) wait = retry_after;
            backoff = backoff > o->tuning.backoff_max_ms / 2 ? o->tuning.backoff_max_ms : backoff * 2;
            if (!wait_for(o, wait, retry_after < 0)) break;
            continue;
        }
        backoff = o->tuning.backoff_ms;
        refusals = 0;
    }
    (void)pthread_mutex_unlock(&o->lock);
    return NULL;
}

/* Signals are for the program's own threads. */
static ct_err start_thread(ct_outlet *o, struct ct_fault *fault)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&o->thread, NULL, deliver_all, o);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 ? CT_OK : ct_fault_set(fault, CT_ERR_NOMEM, 0, "cannot start the outlet's thread: %s", strerror(code));
}

/* "https-0123456789abcdef": readable for people, and the URL's secrets stay out of it. */
static void folder_name(const char *url, char out[32])
{
    size_t n = strcspn(url, ":+");
    uint64_t hash = ct_str_hash(ct_str_from(url));
    (void)snprintf(out, 32, "%.*s-%016" PRIx64, (int)(n < 10 ? n : 10), url, hash);
}

static ct_err set_up(ct_outlet *o, const char *url, const struct ct_outlet_opts *opts, struct ct_fault *fault)
{
    char name[32];
    struct ct_sink_env env = {o->alloc, opts, o->tuning, o->cancel_fd};
    CT_TRY(make_sink(&env, ct_str_from(url), &o->sink, fault));
    if (!opts->spool_dir || !opts->spool_dir[0]) return ct_fault_set(fault, CT_ERR_USAGE, 0, "an outlet needs a spool folder");
    folder_name(url, name);
    return ct_spool_open(o->alloc, opts->spool_dir, name, opts->spool_max, &o->spool, fault);
}

static void let_go(ct_outlet *o)
{
    ct_spool_close(o->spool);
    if (o->sink) o->sink->free(o->sink);
    if (o->cancel_fd >= 0) (void)close(o->cancel_fd);
    (void)pthread_cond_destroy(&o->wake);
    (void)pthread_mutex_destroy(&o->lock);
    ct_alloc_put(o->alloc, o, sizeof *o);
}

ct_err ct_outlet_open_tuned(const struct ct_alloc *alloc, const char *url, const struct ct_outlet_opts *opts,
                            const struct ct_outlet_tuning *tuning, ct_outlet **ret_outlet, struct ct_fault *fault)
{
    ct_outlet *o = ct_alloc_get(alloc, sizeof *o);
    if (!o) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    memset(o, 0, sizeof *o);
    o->alloc = alloc;
    o->tuning = *tuning;
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&o->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&o->lock, NULL);
    o->cancel_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    ct_err err = o->cancel_fd >= 0 ? set_up(o, url, opts, fault)
                                   : ct_fault_set(fault, CT_ERR_NOMEM, 0, "timerfd: %s", strerror(errno));
    if (err == CT_OK) err = start_thread(o, fault);
    if (err != CT_OK) {
        let_go(o);
        return err;
    }
    *ret_outlet = o;
    return CT_OK;
}

ct_err ct_outlet_open(const struct ct_alloc *alloc, const char *url, const struct ct_outlet_opts *opts, ct_outlet **ret_outlet,
                      struct ct_fault *fault)
{
    return ct_outlet_open_tuned(alloc, url, opts, &ct_outlet_tuning_default, ret_outlet, fault);
}

/* Every receiver here frames by lines or puts the event into a header-like format: no control byte may get through. */
static bool is_one_line_object(ct_str event)
{
    if (event.n < 2 || event.p[0] != '{' || event.p[event.n - 1] != '}') return false;
    for (size_t i = 0; i < event.n; i++)
        if (event.p[i] < ' ') return false;
    return true;
}

ct_err ct_outlet_offer(ct_outlet *o, const unsigned char id[16], ct_str event)
{
    event = ct_str_trim(event);
    if (!is_one_line_object(event)) return CT_ERR_SYNTAX;
    (void)pthread_mutex_lock(&o->lock);
    o->stats.offered++;
    ct_err err = ct_spool_add(o->spool, id, ct_clock_real_us(), event);
    (void)pthread_cond_signal(&o->wake);
    (void)pthread_mutex_unlock(&o->lock);
    return err;
}

void ct_outlet_stats(ct_outlet *o, struct ct_outlet_stats *ret_stats)
{
    struct ct_spool_counts counts;
    (void)pthread_mutex_lock(&o->lock);
    ct_spool_counts(o->spool, &counts);
    *ret_stats = o->stats;
    (void)pthread_mutex_unlock(&o->lock);
    ret_stats->waiting = counts.waiting;
    ret_stats->dropped = counts.dropped;
    ret_stats->refused = counts.refused;
    ret_stats->damaged = counts.damaged;
    ret_stats->in_memory = counts.in_memory;
    ret_stats->disk_error = counts.disk_error;
}

void ct_outlet_close(ct_outlet *o, int timeout_ms)
{
    struct ct_outlet_stats stats;
    if (o) ct_outlet_finish(o, timeout_ms, &stats);
}

void ct_outlet_finish(ct_outlet *o, int timeout_ms, struct ct_outlet_stats *ret_stats)
{
    if (timeout_ms < 0) timeout_ms = 0;
    /* Zero would disarm the timer. */
    struct itimerspec in = {.it_value = {timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000 + 1}};
    (void)timerfd_settime(o->cancel_fd, 0, &in, NULL);
    (void)pthread_mutex_lock(&o->lock);
    o->close_at = ct_clock_mono_ms() + timeout_ms;
    o->closing = o->hurry = true;
    (void)pthread_cond_signal(&o->wake);
    (void)pthread_mutex_unlock(&o->lock);
    (void)pthread_join(o->thread, NULL);
    ct_spool_flush(o->spool);
    ct_outlet_stats(o, ret_stats);
    let_go(o);
}
