/* --to: where campaigns are told besides the summary. */
#include "cli/data_dir.h"
#include "cli/detect.h"

#include "os/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = CT_DATA_DIR_SIZE, PARTING_MS = 5000, TELL_MS = 60000 };

/* Messages name an outlet without the path and query of a web address, which are secrets of many services. */
static const char *label(const char *url, char out[128])
{
    const char *host = strstr(url, "://");
    bool web = host && (strncmp(url, "http", 4) == 0 || strncmp(url, "slack", 5) == 0 || strncmp(url, "pagerduty", 9) == 0);
    size_t n = web ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : strlen(url);
    (void)snprintf(out, 128, "%.*s", (int)(n < 127 ? n : 127), url);
    return out;
}

/* An outlet that cannot take an event counts it as dropped: that is no reason to stop looking. */
static ct_err send_event(void *ctx, const unsigned char id[16], ct_str event)
{
    struct ct_detect *d = ctx;
    for (size_t i = 0; i < d->n_outlets; i++) (void)!ct_outlet_offer(d->outlets[i], id, event);
    return CT_OK;
}

ct_err ct_detect_outlets_open(struct ct_detect *d)
{
    const struct ct_detect_opts *o = d->opts;
    static char token[CT_TOKEN_SIZE];
    char dir[PATH_SIZE], spool[PATH_SIZE + 16], name[128];
    if (!o->n_outlets) return CT_OK;
    if (!ct_data_dir(o->data_dir, dir)) {
        ct_complain("caltrop", "--to: no place for what cannot be delivered at once: say --data-dir DIR");
        return CT_ERR_USAGE;
    }
    if (!ct_make_dirs(dir)) {
        ct_complain("caltrop", "--data-dir %s: %s", dir, strerror(errno));
        return CT_ERR_WRITE;
    }
    (void)snprintf(spool, sizeof spool, "%s/spool", dir);
    struct ct_outlet_opts opts = {.spool_dir = spool, .ca_file = o->ca_file};
    if (o->token_file && !ct_token_read("caltrop", o->token_file, token)) return CT_ERR_USAGE;
    if (o->token_file) opts.token = token;
    for (size_t i = 0; i < o->n_outlets; i++) {
        struct ct_fault fault = {0};
        ct_err e = ct_outlet_open(&ct_alloc_libc, o->outlets[i], &opts, &d->outlets[d->n_outlets], &fault);
        if (e != CT_OK) {
            ct_complain("caltrop", "--to %s: %s%s%s", label(o->outlets[i], name), ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
            return e == CT_ERR_USAGE ? e : CT_ERR_WRITE;
        }
        ct_outlet_stats(d->outlets[d->n_outlets], &d->told[d->n_outlets]);
        d->n_outlets++;
    }
    return ct_herald_new(&ct_alloc_libc, 1024, send_event, d, &d->herald);
}

void ct_detect_outlets_watch(struct ct_detect *d)
{
    int64_t now = ct_clock_mono_ms();
    char name[128];
    if (!d->n_outlets || (d->told_ms && now - d->told_ms < TELL_MS)) return;
    for (size_t i = 0; i < d->n_outlets; i++) {
        struct ct_outlet_stats s, *was = &d->told[i];
        ct_outlet_stats(d->outlets[i], &s);
        if (s.waiting && s.failures > was->failures) {
            ct_complain("caltrop", "--to %s: %llu events wait: %s", label(d->opts->outlets[i], name), (unsigned long long)s.waiting, s.last_error);
            d->told_ms = now;
        }
        if (s.in_memory && !was->in_memory) {
            ct_complain("caltrop", "--to %s: events wait in memory alone, its spool below the data directory takes none: %s",
                        label(d->opts->outlets[i], name), strerror(s.disk_error));
            d->told_ms = now;
        }
        if (s.dropped > was->dropped) {
            ct_complain("caltrop", "--to %s: %llu events dropped, the oldest first", label(d->opts->outlets[i], name),
                        (unsigned long long)(s.dropped - was->dropped));
            d->told_ms = now;
        }
        *was = s;
    }
}

void ct_detect_outlets_finish(struct ct_detect *d)
{
    int64_t end = ct_clock_mono_ms() + PARTING_MS;
    char name[128];
    for (size_t i = 0; i < d->n_outlets; i++) {
        struct ct_outlet_stats s;
        int64_t left = end - ct_clock_mono_ms();
        const char *to = label(d->opts->outlets[i], name);
        ct_outlet_finish(d->outlets[i], left > 0 ? (int)left : 0, &s);
        d->outlets[i] = NULL;
        if (s.waiting > s.in_memory)
            ct_complain("caltrop", "--to %s: %llu events could not be delivered yet and wait for the next run%s%s", to,
                        (unsigned long long)(s.waiting - s.in_memory), *s.last_error ? ": " : "", s.last_error);
        if (s.in_memory) {
            ct_complain("caltrop", "--to %s: %llu events LOST: not delivered (%s), and its spool below the data directory took none: %s", to,
                        (unsigned long long)s.in_memory, *s.last_error ? s.last_error : "no time was left", strerror(s.disk_error));
            d->lost = true;
        }
        if (s.dropped) ct_complain("caltrop", "--to %s: %llu events dropped so far, since more waited than may", to, (unsigned long long)s.dropped);
        if (s.refused) ct_complain("caltrop", "--to %s: %llu events refused so far: see refused.ndjson in its spool", to, (unsigned long long)s.refused);
        if (s.damaged) ct_complain("caltrop", "--to %s: %llu damaged places in its spool so far", to, (unsigned long long)s.damaged);
    }
    d->n_outlets = 0;
}
