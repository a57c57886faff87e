#include "decoy/teller.h"

#include "decoy/learned.h"
#include "decoy/wire.h"
#include "os/clock.h"
#include "os/file.h"
#include "outlet/outlet.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARTING_MS = 3000, OUTLETS_MAX = 16, WATCH_MS = 60000 };

struct teller {
    const struct ct_decoy_opts *opts;
    ct_outlet *outlets[OUTLETS_MAX];
    const char *urls[OUTLETS_MAX];
    struct ct_outlet_stats told[OUTLETS_MAX];
    size_t n_outlets;
    int from[2]; /* worker, parent; -1: gone */
    struct ct_learned learned;
    unsigned char room[CT_WIRE_MAX + 64];
};

CT_PRINTF(2, 3) static void say(const struct teller *t, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    t->opts->say(t->opts->ctx, text);
}

/* Web addresses hold secrets in their path and query. */
static const char *label(const char *url, char out[128])
{
    const char *host = strstr(url, "://");
    bool web = host && (strncmp(url, "http", 4) == 0 || strncmp(url, "slack", 5) == 0 || strncmp(url, "pagerduty", 9) == 0);
    size_t n = web ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : strcspn(url, "?");
    if (n > 127) n = 127;
    memcpy(out, url, n);
    out[n] = 0;
    return out;
}

static void open_outlets(struct teller *t)
{
    char spool[4096], name[128];
    if (!t->opts->n_outlets) return;
    struct ct_fault f = {0};
    int n = snprintf(spool, sizeof spool, "%s/spool", t->opts->data_dir);
    if (n < 0 || (size_t)n >= sizeof spool) return;
    struct ct_outlet_opts opts = {.spool_dir = spool, .token = t->opts->token, .ca_file = t->opts->ca_file};
    for (size_t i = 0; i < t->opts->n_outlets && t->n_outlets < OUTLETS_MAX; i++) {
        size_t at = t->n_outlets;
        if (ct_outlet_open(&ct_alloc_libc, t->opts->outlets[i], &opts, &t->outlets[at], &f) != CT_OK) {
            say(t, "--to %s: %s", label(t->opts->outlets[i], name), f.detail);
            continue;
        }
        t->urls[at] = t->opts->outlets[i];
        ct_outlet_stats(t->outlets[at], &t->told[at]); /* what was lost in earlier runs was told of then */
        t->n_outlets++;
    }
}

static void tell_of(struct teller *t, size_t i, const struct ct_outlet_stats *s)
{
    char name[128];
    const struct ct_outlet_stats *was = &t->told[i];
    const char *to = label(t->urls[i], name);
    if (s->waiting && s->failures > was->failures) say(t, "--to %s: %llu events wait: %s", to, (unsigned long long)s->waiting, s->last_error);
    if (s->dropped > was->dropped) say(t, "--to %s: %llu events dropped, the oldest first", to, (unsigned long long)(s->dropped - was->dropped));
    if (s->refused > was->refused)
        say(t, "--to %s: %llu events refused for good, set aside in refused.ndjson in its spool: %s", to, (unsigned long long)(s->refused - was->refused), s->last_error);
    t->told[i] = *s;
}

static void watch_outlets(struct teller *t)
{
    for (size_t i = 0; i < t->n_outlets; i++) {
        struct ct_outlet_stats s;
        ct_outlet_stats(t->outlets[i], &s);
        tell_of(t, i, &s);
    }
}

static void event(struct teller *t, ct_str body)
{
    uint32_t n;
    if (body.n < 20) return;
    memcpy(&n, body.p + 16, sizeof n);
    if (n > body.n - 20) return;
    ct_str text = {body.p + 20, n}, json = ct_str_slice(body, 20 + n, body.n);
    for (size_t i = 0; i < t->n_outlets; i++) (void)!ct_outlet_offer(t->outlets[i], body.p, json);
    if (t->opts->quiet && !t->opts->json) return;
    (void)!ct_file_write_all(STDOUT_FILENO, t->opts->json ? json : text);
}

static void read_one(struct teller *t, int *from)
{
    struct ct_wire_message m;
    ct_err e;
    while ((e = ct_wire_receive(*from, t->room, sizeof t->room, &m)) == CT_OK) {
        if (m.kind == CT_WIRE_WORKER && m.fd >= 0 && from == &t->from[1]) {
            if (t->from[0] >= 0) {
                read_one(t, &t->from[0]); /* what the one before had to say */
                if (t->from[0] >= 0) (void)close(t->from[0]);
            }
            t->from[0] = m.fd;
            continue;
        }
        if (m.fd >= 0) (void)close(m.fd);
        if (m.kind == CT_WIRE_EVENT) event(t, m.body);
        if (m.kind == CT_WIRE_BACKGROUND) ct_learned_piece(&t->learned, m.body);
        /* The probe's own event: it came as far as the outlets' door, and the parent is told so. */
        if (m.kind == CT_WIRE_BEAT && CT_WIRE_IS(m, struct ct_wire_probe) && t->from[1] >= 0)
            (void)!ct_wire_send(t->from[1], CT_WIRE_TOLD, m.body, (ct_str){NULL, 0}, -1);
    }
    if (e == CT_ERR_END) {
        (void)close(*from);
        *from = -1;
    }
}

int ct_teller_main(const struct ct_decoy_opts *opts, int worker_fd, int parent_fd)
{
    struct teller *t = calloc(1, sizeof *t);
    if (!t) return 4;
    *t = (struct teller){.opts = opts, .from = {worker_fd, parent_fd}};
    open_outlets(t);
    ct_learned_init(&t->learned, opts);
    int64_t next = ct_clock_mono_ms() + WATCH_MS;
    while (t->from[0] >= 0 || t->from[1] >= 0) {
        struct pollfd fds[2] = {{t->from[0], POLLIN, 0}, {t->from[1], POLLIN, 0}};
        int n = poll(fds, 2, t->n_outlets ? 1000 : -1);
        for (int i = 0; i < 2 && n > 0; i++)
            if (fds[i].revents && t->from[i] >= 0) read_one(t, &t->from[i]);
        if (t->n_outlets && ct_clock_mono_ms() >= next) {
            watch_outlets(t);
            next = ct_clock_mono_ms() + WATCH_MS;
        }
        if (t->from[1] < 0 && t->from[0] < 0) break;
    }
    int64_t end = ct_clock_mono_ms() + PARTING_MS;
    for (size_t i = 0; i < t->n_outlets; i++) {
        int64_t left = end - ct_clock_mono_ms();
        struct ct_outlet_stats s;
        ct_outlet_finish(t->outlets[i], left > 0 ? (int)left : 0, &s);
        tell_of(t, i, &s);
        char name[128];
        if (s.in_memory)
            say(t, "--to %s: %llu events lost to it: not delivered, and its spool took none: %s", label(t->urls[i], name), (unsigned long long)s.in_memory,
                strerror(s.disk_error));
    }
    ct_learned_done(&t->learned);
    free(t);
    return 0;
}
