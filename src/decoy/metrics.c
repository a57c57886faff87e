#include "decoy/metrics.h"

#include "decoy/worker.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE_MAX = 16 * 1024, SCRAPES_MAX = 16 };

void ct_metrics_print(struct ct_buf *out, const struct ct_counts *c)
{
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } rows[] = {
        {"connections_total", "counter", "TCP connections accepted", c->connections},
        {"sessions", "gauge", "connections open now", c->sessions},
        {"tls_sessions", "gauge", "of them inside TLS", c->tls_sessions},
        {"sessions_evicted_total", "counter", "sessions ended early to make room", c->evicted},
        {"connections_refused_total", "counter", "connections lost for want of a descriptor or memory", c->refused},
        {"received_bytes_total", "counter", "bytes taken from peers", c->bytes_in},
        {"sent_bytes_total", "counter", "bytes answered", c->bytes_out},
        {"packets_total", "counter", "packets that the kernel's filter let through", c->packets},
        {"packets_dropped_total", "counter", "packets that the kernel dropped: the sniffer's queue was full", c->kernel_drops},
        {"touches_total", "counter", "packets that count as a touch", c->touches},
        {"contacts_total", "counter", "pieces of sessions, and datagrams", c->contacts},
        {"records_written_total", "counter", "lines in the file of contacts", c->recorded},
        {"records_waiting", "gauge", "lines in memory, since the file cannot be written", c->record_waiting},
        {"records_lost_total", "counter", "lines that found no place", c->record_lost},
        {"payloads_total", "counter", "contacts with a payload", c->graded},
        {"exploits_total", "counter", "of them such that would reach JNDI", c->exploits},
        {"canaries_total", "counter", "calls to a canary", c->canaries},
        {"events_total", "counter", "events handed to the outlets", c->events},
        {"events_waiting", "gauge", "events that the teller has not taken yet", c->events_waiting},
        {"events_lost_total", "counter", "events that found no place", c->events_lost},
        {"actors", "gauge", "sources that are told of or watched", c->actors},
        {"actors_evicted_total", "counter", "actors forgotten to make room", c->actors_evicted},
        {"background_total", "counter", "touches that nobody is told of: learned, multicast, stragglers", c->background},
        {"ignored_total", "counter", "touches that an ignore rule named", c->ignored},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ct_buf_printf(out, "# HELP caltrop_decoy_%s %s\n# TYPE caltrop_decoy_%s %s\ncaltrop_decoy_%s %llu\n", rows[i].name, rows[i].help, rows[i].name,
                      rows[i].type, rows[i].name, (unsigned long long)rows[i].value);
}

/* The page fits into an empty socket buffer, so that nothing has to be kept: what does not go at once is not sent. */
static void answer(struct ct_worker *w, int fd)
{
    struct ct_arena_mark mark = ct_arena_mark(w->arena);
    struct ct_buf page, all;
    ct_buf_init(&page, w->arena, PAGE_MAX);
    ct_buf_init(&all, w->arena, PAGE_MAX + 256);
    ct_worker_count(w);
    ct_metrics_print(&page, &w->counts);
    ct_buf_printf(&all, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", page.n);
    ct_buf_add(&all, ct_buf_view(&page));
    (void)!send(fd, all.p, all.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    ct_arena_reset(w->arena, mark);
}

static void drop(struct ct_worker *w, struct ct_watch_item *item)
{
    (void)close(item->fd);
    ct_alloc_put(w->alloc, item, sizeof *item);
    w->scrapes--;
}

void ct_metrics_ready(struct ct_worker *w, struct ct_watch_item *item, uint32_t events)
{
    unsigned char ignored[4096];
    if (item->kind == CT_WATCH_METRICS) {
        int fd = accept4(item->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct ct_watch_item *scrape = fd >= 0 && w->scrapes < SCRAPES_MAX ? ct_alloc_get(w->alloc, sizeof *scrape) : NULL;
        if (scrape) *scrape = (struct ct_watch_item){CT_WATCH_SCRAPE, fd};
        if (scrape && ct_worker_watch(w, scrape, EPOLLIN) == CT_OK) {
            w->scrapes++;
            return;
        }
        ct_alloc_put(w->alloc, scrape, sizeof *scrape);
        if (fd >= 0) (void)close(fd);
        return;
    }
    ssize_t n = recv(item->fd, ignored, sizeof ignored, MSG_DONTWAIT);
    if (n > 0) answer(w, item->fd);
    if (n >= 0 || events & (EPOLLHUP | EPOLLERR)) drop(w, item);
}
