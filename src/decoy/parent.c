#include "decoy/parent.h"

#include "decoy/netlink.h"
#include "decoy/notify.h"
#include "os/clock.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 5000, LOSSES_MS = 60000, PARTING_MS = 5000, RESTARTS_MAX = 10, STEADY_MS = 60000 };

void ct_parent_say(const struct ct_parent *p, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    p->opts->say(p->opts->ctx, text);
}

/* Somebody may not, rather than a kernel that cannot. 0: nobody asked. */
static bool is_refusal(int why) { return why == 0 || why == EPERM || why == EACCES; }

static const char plain[] = "answers on plain sockets instead, and a service that starts later finds its port taken";

static void say_plain(const struct ct_parent *p)
{
    if (p->opts->plain || p->can_divert || p->handed || p->opts->answer == CT_ANSWER_NONE) return;
    if (!is_refusal(p->no_divert)) ct_parent_say(p, "this kernel has no TPROXY (%s): %s", strerror(p->no_divert), plain);
    else if (p->can_sniff) ct_parent_say(p, "without CAP_NET_ADMIN: %s", plain);
}

static void say_ready(struct ct_parent *p)
{
    size_t answered = 0, spared = 0;
    for (size_t i = 0; i < p->plan.n; i++) {
        answered += p->plan.rows[i].how != CT_PLAN_SPARED;
        spared += p->plan.rows[i].how == CT_PLAN_SPARED;
    }
    if (!p->can_sniff)
        ct_parent_say(p, "%s it hears connections to its %zu ports alone: no half-open scans, no other ports, no UDP, no pings",
                      is_refusal(p->no_sniff) ? p->can_divert ? "without CAP_NET_RAW" : "without privileges" : "this kernel has no packet sockets, so", answered);
    else if (p->plan.all) ct_parent_say(p, "hears everything to this host; answers every TCP port but %zu of services", p->plan.n_spared);
    else if (answered) ct_parent_say(p, "hears everything to this host; answers %zu ports, spares %zu (--dry-run lists them)", answered, spared);
    else ct_parent_say(p, "hears everything to this host; answers nothing");
    const struct ct_wire_ready *r = &p->ready;
    if (!r->seccomp || !r->landlock)
        ct_parent_say(p, "the worker runs without %s", !r->seccomp && !r->landlock ? "seccomp and Landlock, which this kernel or build does not have" :
                                                        !r->seccomp ? "seccomp, which this kernel or build does not have" : "Landlock, which this kernel does not have");
    if (!r->uid || !r->no_capability || !r->no_new_privs) ct_parent_say(p, "the worker could not give up all of its privileges");
}

static void from_worker(struct ct_parent *p)
{
    struct ct_wire_message m;
    struct ct_wire_probe probe;
    while (ct_wire_receive(p->to_worker, p->room, sizeof p->room, &m) == CT_OK) {
        if (m.fd >= 0) (void)close(m.fd);
        if (m.kind == CT_WIRE_READY && CT_WIRE_IS(m, struct ct_wire_ready)) {
            memcpy(&p->ready, m.body.p, sizeof p->ready);
            if (!p->restarts) say_ready(p);
            ct_notify("READY=1");
            p->next_beat_ms = 0;
        } else if (m.kind == CT_WIRE_COUNTS && CT_WIRE_IS(m, struct ct_counts)) {
            memcpy(&p->counts, m.body.p, sizeof p->counts);
        } else if (m.kind == CT_WIRE_HEARD && CT_WIRE_IS(m, struct ct_wire_probe)) {
            memcpy(&probe, m.body.p, sizeof probe);
            ct_beat_heard(p, &probe, false);
        }
    }
}

static void from_teller(struct ct_parent *p)
{
    struct ct_wire_message m;
    struct ct_wire_probe probe;
    while (ct_wire_receive(p->to_teller, p->room, sizeof p->room, &m) == CT_OK) {
        if (m.fd >= 0) (void)close(m.fd);
        if (m.kind != CT_WIRE_TOLD || !CT_WIRE_IS(m, struct ct_wire_probe)) continue;
        memcpy(&probe, m.body.p, sizeof probe);
        ct_beat_heard(p, &probe, true);
    }
}

static const char *how_it_died(int status, char text[64])
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) return "it made a system call that it may not make";
    if (WIFSIGNALED(status)) (void)snprintf(text, 64, "signal %d", WTERMSIG(status));
    else (void)snprintf(text, 64, "exit status %d", WEXITSTATUS(status));
    return text;
}

/* A worker that died is an alarm of its own: something may have been tried on it. Another takes its place, unless that goes on and on. */
static ct_err worker_died(struct ct_parent *p, int status)
{
    char text[64], reason[128];
    (void)snprintf(reason, sizeof reason, "the worker died: %s", how_it_died(status, text));
    ct_parent_say(p, "%s", reason);
    ct_beat_event(p, "deaf", reason);
    p->deaf = true;
    if (ct_clock_mono_ms() - p->worker_started_ms > STEADY_MS) p->restarts = 0;
    if (++p->restarts > RESTARTS_MAX) return CT_ERR_INTERRUPTED;
    return ct_parent_start_worker(p);
}

static ct_err signals(struct ct_parent *p)
{
    struct signalfd_siginfo s;
    int status;
    pid_t pid;
    while (read(p->signals, &s, sizeof s) == sizeof s)
        if (s.ssi_signo == SIGTERM || s.ssi_signo == SIGINT) p->ending = true;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == p->worker) {
            p->worker = 0;
            if (!p->ending) CT_TRY(worker_died(p, status));
        }
        if (pid == p->teller) {
            p->teller = 0;
            if (!p->ending) {
                ct_parent_say(p, "the teller died");
                return CT_ERR_INTERRUPTED;
            }
        }
    }
    return CT_OK;
}

/* What was lost since it was last said, at most once a minute. */
static void say_losses(struct ct_parent *p)
{
    const struct {
        uint64_t now, told;
        const char *what;
    } rows[] = {
        {p->counts.kernel_drops, p->counts_told.kernel_drops, "packets were dropped by the kernel, since the sniffer's queue was full"},
        {p->counts.record_lost, p->counts_told.record_lost, "contacts found no place in the file or in memory"},
        {p->counts.events_lost, p->counts_told.events_lost, "events found no place, since the teller does not take them"},
        {p->counts.refused, p->counts_told.refused, "connections or handshakes were turned away, for want of descriptors, memory or time"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].now > rows[i].told) ct_parent_say(p, "%llu %s", (unsigned long long)(rows[i].now - rows[i].told), rows[i].what);
    p->counts_told = p->counts;
}

static void drain(int fd)
{
    unsigned char room[8192];
    while (recv(fd, room, sizeof room, MSG_DONTWAIT) > 0) {}
}

static ct_err loop(struct ct_parent *p)
{
    int64_t next_second = 0, next_losses = 0;
    while (!p->ending) {
        struct pollfd fds[5] = {{p->signals, POLLIN, 0}, {p->to_worker, POLLIN, 0}, {p->to_teller, POLLIN, 0}, {p->probe.tun, POLLIN, 0}, {p->route, POLLIN, 0}};
        int n = poll(fds, 5, p->probe.waiting ? 200 : 1000);
        int64_t now = ct_clock_mono_ms();
        if (n > 0) {
            if (fds[0].revents) CT_TRY(signals(p));
            if (fds[1].revents & POLLIN) from_worker(p);
            if (fds[1].revents & POLLHUP && !(fds[1].revents & POLLIN)) (void)poll(NULL, 0, 20); /* its end is told by a signal */
            if (fds[2].revents) from_teller(p);
            if (fds[3].revents) ct_probe_read(&p->probe);
            if (fds[4].revents) {
                drain(p->route);
                ct_parent_addresses(p);
            }
        }
        if (p->opts->seconds && now - p->started_ms >= (int64_t)p->opts->seconds * 1000) break;
        if (now >= next_second) {
            next_second = now + 1000;
            ct_parent_record(p, false);
        }
        if (now >= p->next_look_ms) {
            p->next_look_ms = now + LOOK_MS;
            ct_parent_look(p);
        }
        if (now >= next_losses) {
            next_losses = now + LOSSES_MS;
            say_losses(p);
        }
        if (p->ready.uid && now >= p->next_beat_ms) ct_beat_begin(p, now);
        ct_beat_check(p, now);
    }
    return CT_OK;
}

/* Waits for a child for a while; then it has no choice. */
static void end_child(pid_t *pid, int64_t until_ms)
{
    int status;
    while (*pid > 0 && waitpid(*pid, &status, WNOHANG) == 0) {
        if (ct_clock_mono_ms() >= until_ms) {
            (void)kill(*pid, SIGKILL);
            (void)waitpid(*pid, &status, 0);
            break;
        }
        (void)poll(NULL, 0, 10);
    }
    *pid = 0;
}

static void stop(struct ct_parent *p)
{
    int64_t until = ct_clock_mono_ms() + PARTING_MS;
    ct_notify("STOPPING=1");
    ct_nft_close(&p->nft);
    if (p->to_worker >= 0) {
        (void)!ct_wire_send(p->to_worker, CT_WIRE_STOP, (ct_str){NULL, 0}, (ct_str){NULL, 0}, -1);
        end_child(&p->worker, until);
        from_worker(p); /* its last counts */
        say_losses(p);
    }
    if (p->to_teller >= 0) {
        ct_beat_event(p, "stopping", "");
        (void)close(p->to_teller);
        end_child(&p->teller, until + PARTING_MS);
    }
    ct_probe_close(&p->probe);
}

static ct_err start(struct ct_parent *p, struct ct_fault *fault)
{
    sigset_t mask;
    (void)sigemptyset(&mask);
    (void)sigaddset(&mask, SIGTERM), (void)sigaddset(&mask, SIGINT), (void)sigaddset(&mask, SIGCHLD), (void)sigaddset(&mask, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &mask, NULL);
    p->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    if (p->signals < 0) return CT_ERR_NOMEM;
    say_plain(p);
    CT_TRY(ct_parent_listen(p, fault));
    CT_TRY(ct_parent_start_teller(p));
    ct_err e = ct_parent_rules(p, fault);
    if (e == CT_ERR_UNSUPPORTED) { /* an older kernel, or one without these parts */
        ct_parent_say(p, "%s: %s%s", fault->detail, plain, p->opts->answer == CT_ANSWER_ALL ? "; the list alone is answered" : "");
        ct_parent_undivert(p);
        e = ct_parent_listen(p, fault);
    }
    if (e != CT_OK) return e;
    p->can_probe = !p->opts->plain && !p->opts->no_probe && ct_probe_open(&p->probe) == CT_OK;
    if (!p->can_probe && p->can_divert && !p->opts->no_probe) ct_parent_say(p, "no interface of its own for the heartbeat's probe (/dev/net/tun): whether a firewall keeps peers out is not known");
    p->route = ct_nl_open(NETLINK_ROUTE, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_LINK);
    CT_TRY(ct_parent_start_worker(p));
    ct_beat_event(p, "starting", "");
    p->started_ms = ct_clock_mono_ms();
    p->next_look_ms = p->started_ms; /* what stands there now is kept at once */
    p->next_beat_ms = p->started_ms + 1000;
    return CT_OK;
}

ct_err ct_decoy_run(const struct ct_decoy_opts *opts, int *ret_status, struct ct_fault *fault)
{
    struct ct_parent *p = calloc(1, sizeof *p);
    if (!p) return CT_ERR_NOMEM;
    p->opts = opts;
    p->to_worker = p->to_teller = p->signals = p->sniffer = p->route = p->nft.fd = p->probe.tun = p->probe.loopback = -1;
    ct_err e = ct_parent_plan(p, fault);
    if (e == CT_OK && opts->dry_run) {
        if (p->can_divert) e = ct_parent_listen(p, fault);
        if (e == CT_OK) ct_parent_print_plan(p);
    } else if (e == CT_OK) {
        e = start(p, fault);
        if (e == CT_OK) e = loop(p);
        p->ending = true;
        stop(p);
    }
    for (size_t i = 0; i < p->n_listeners; i++) (void)close(p->listeners[i].fd);
    if (p->sniffer >= 0) (void)close(p->sniffer);
    if (p->route >= 0) (void)close(p->route);
    if (p->signals >= 0) (void)close(p->signals);
    ct_owned_free(p->owned);
    free(p);
    *ret_status = 0;
    return e;
}
