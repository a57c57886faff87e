/* journald:[SOCKET]: the journal's native protocol over its datagram socket (/run/systemd/journal/socket), one entry per event: MESSAGE
 * for people, PRIORITY by severity, and CALTROP_EVENT with the whole event, so that "journalctl CALTROP_ACTOR=..." finds what
 * belongs together.
 * What is too large for a datagram goes as a sealed memory file. Delivered means: in the socket's queue; the journal does not
 * acknowledge, and drops what exceeds its own rate limit. */
#include "outlet/sink.h"

#include "net/socket.h"
#include "outlet/gist.h"
#include "text/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TITLE_MAX = 500, DATAGRAM_TRY = 160 * 1024 }; /* below the usual limit of 208 KiB; larger ones are not tried */

struct journald_sink {
    struct ct_sink base;
    ct_arena *arena;
    int fd;
    char path[108];
};

static unsigned priority_of(const struct ct_gist *g)
{
    if (g->severity >= 99) return 2;
    if (g->severity >= 73) return 3;
    if (g->severity >= 47) return 4;
    return g->severity > 1 ? 5 : 6;
}

/* A value of one line: the printer lets no line end through. */
static void field(struct ct_buf *out, const char *name, ct_str value)
{
    if (value.n == 0) return;
    ct_buf_text(out, name);
    ct_buf_byte(out, '=');
    ct_print_clipped(out, value, TITLE_MAX);
    ct_buf_byte(out, '\n');
}

static void print_entry(struct ct_buf *out, const struct ct_gist *g, ct_str event)
{
    ct_buf_text(out, "MESSAGE=");
    ct_gist_print_title(out, g, TITLE_MAX);
    ct_buf_printf(out, "\nPRIORITY=%u\nSYSLOG_IDENTIFIER=caltrop\nCALTROP_SEVERITY=%u\n", priority_of(g), g->severity);
    field(out, "CALTROP_ID", g->id);
    field(out, "CALTROP_DATASET", g->dataset);
    field(out, "CALTROP_ACTION", g->action);
    field(out, "CALTROP_ACTOR", g->actor);
    field(out, "CALTROP_NEWS", g->news);
    field(out, "CALTROP_SOURCE", g->source);
    field(out, "CALTROP_GRADE", g->grade);
    ct_buf_text(out, "CALTROP_EVENT="); /* one line by the outlet's own rule */
    ct_buf_add(out, event);
    ct_buf_byte(out, '\n');
}

static ct_err system_fault(struct ct_fault *fault, const char *what)
{
    return ct_fault_set(fault, CT_ERR_NETWORK, 0, "%s: %s", what, strerror(errno));
}

static ct_err send_file(int fd, ct_str entry, const struct ct_deadline *d, struct ct_fault *fault)
{
    union {
        struct cmsghdr header;
        unsigned char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr m = {.msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    int file = memfd_create("caltrop-event", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return system_fault(fault, "memfd");
    ct_err err = CT_OK;
    for (size_t at = 0; at < entry.n && err == CT_OK;) {
        ssize_t n = write(file, entry.p + at, entry.n - at);
        if (n > 0) at += (size_t)n;
        else if (n == 0 || errno != EINTR) err = system_fault(fault, "memfd");
    }
    if (err == CT_OK && fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        err = system_fault(fault, "sealing");
    struct cmsghdr *c = &control.header; /* CMSG_FIRSTHDR, which cannot be null here */
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof file);
    memcpy(CMSG_DATA(c), &file, sizeof file);
    while (err == CT_OK && sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) err = system_fault(fault, "sendmsg");
        else err = ct_wait_fd(fd, POLLOUT, d, fault);
    }
    (void)close(file);
    return err;
}

static enum ct_delivery deliver(struct ct_sink *sink, const struct ct_spool_record *r, int64_t *ret_retry_after_ms,
                                struct ct_fault *fault)
{
    struct journald_sink *s = (struct journald_sink *)sink;
    struct ct_deadline d = ct_deadline_in(sink->step_ms, sink->cancel_fd);
    struct ct_buf entry;
    (void)ret_retry_after_ms;
    ct_arena_clear(s->arena);
    struct ct_gist *g = ct_arena_alloc(s->arena, sizeof *g);
    ct_err err = g ? ct_gist_read(s->arena, r->event, g) : CT_ERR_NOMEM;
    ct_buf_init(&entry, s->arena, 2 * CT_OUTLET_EVENT_MAX);
    if (err == CT_OK) print_entry(&entry, g, r->event);
    if (err == CT_OK) err = entry.err;
    if (err != CT_OK) {
        (void)ct_fault_set(fault, err, 0, "no entry can be made of the event: %s", ct_err_text(err));
        return err == CT_ERR_NOMEM ? CT_DELIVERY_FAILED : CT_DELIVERY_REFUSED;
    }
    if (s->fd < 0) err = ct_socket_connect_unix(s->path, SOCK_DGRAM, &d, &s->fd, fault);
    if (err == CT_OK)
        err = entry.n <= DATAGRAM_TRY ? ct_socket_send_one(s->fd, ct_buf_view(&entry), &d, fault) : send_file(s->fd, ct_buf_view(&entry), &d, fault);
    if (err == CT_OK) return CT_DELIVERED;
    ct_socket_close(&s->fd);
    return CT_DELIVERY_FAILED;
}

static void sink_free(struct ct_sink *sink)
{
    struct journald_sink *s = (struct journald_sink *)sink;
    ct_socket_close(&s->fd);
    ct_arena_free(s->arena);
    ct_alloc_put(sink->alloc, s, sizeof *s);
}

ct_err ct_sink_journald_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    struct journald_sink *s = ct_alloc_get(env->alloc, sizeof *s);
    if (!s) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    *s = (struct journald_sink){.base = {deliver, sink_free, env->alloc, env->tuning.step_ms, env->cancel_fd}, .fd = -1};
    ct_err err = ct_sink_path(rest.n ? rest : CT_STR("/run/systemd/journal/socket"), s->path, sizeof s->path, fault);
    if (err == CT_OK && ct_arena_new(env->alloc, CT_GIST_ARENA_MAX, &s->arena) != CT_OK)
        err = ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    if (err != CT_OK) {
        sink_free(&s->base);
        return err;
    }
    *ret_sink = &s->base;
    return CT_OK;
}
