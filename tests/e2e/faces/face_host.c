/* Serves faces on loopback ports of its own, for real clients: face_host NAME[:PORT] ...
 *
 * Prints "port NAME NUMBER" for each, then what is learnt as "fact NAME CONNECTION KIND VALUE", the value as text/printable.h has it. Ends when its
 * standard input does. "any" is a port on which the first bytes decide. No TLS. */
#include "crypt/crypt.h"
#include "face/face.h"
#include "text/printable.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LISTENERS_MAX = 32, SESSIONS_MAX = 200, OUT_MAX = 256 * 1024 };

struct session {
    int fd;
    unsigned number;
    const struct ct_face *face;
    _Alignas(16) unsigned char state[CT_FACE_STATE_MAX];
    unsigned char in[CT_FACE_BUFFER_MAX], out[OUT_MAX];
    size_t in_n, out_n;
    bool closing, opened;
    uint16_t own_port, peer_port;
};

static struct session *sessions[SESSIONS_MAX];
static int listeners[LISTENERS_MAX];
static const struct ct_face *faces[LISTENERS_MAX];
static struct ct_face_host host;
static ct_arena *arena;

static void die(const char *what)
{
    perror(what);
    exit(4);
}

static void on_send(void *ctx, ct_str bytes)
{
    struct session *s = ctx;
    if (bytes.n > sizeof s->out - s->out_n) die("face_host: a client that does not read");
    memcpy(s->out + s->out_n, bytes.p, bytes.n);
    s->out_n += bytes.n;
}

static void on_fact(void *ctx, enum ct_fact kind, ct_str value)
{
    struct session *s = ctx;
    struct ct_buf text;
    ct_buf_init(&text, arena, CT_FACE_BUFFER_MAX * 8);
    ct_print_text(&text, value);
    printf("fact %s %u %s %.*s\n", s->face->name, s->number, ct_fact_name(kind), CT_STR_ARG(ct_buf_view(&text)));
    ct_arena_clear(arena);
}

static void on_close(void *ctx) { ((struct session *)ctx)->closing = true; }

static void on_random(void *ctx, unsigned char *to, size_t n)
{
    (void)ctx;
    if (getrandom(to, n, 0) != (ssize_t)n) die("getrandom");
}

static struct ct_face_io io_of(struct session *s)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (struct ct_face_io){.send = on_send, .fact = on_fact, .close = on_close, .random = on_random, .host = &host, .ctx = s,
                               .now_us = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000, .peer_address = CT_STR("127.0.0.1"),
                               .own_address = CT_STR("127.0.0.1"), .peer_port = s->peer_port, .own_port = s->own_port};
}

static void drop(size_t i)
{
    (void)close(sessions[i]->fd);
    free(sessions[i]);
    sessions[i] = NULL;
}

static void welcome(int listener, const struct ct_face *face)
{
    static unsigned number;
    struct sockaddr_in peer, own;
    socklen_t peer_n = sizeof peer, own_n = sizeof own;
    int fd = accept4(listener, (struct sockaddr *)&peer, &peer_n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    size_t i = 0;
    while (i < SESSIONS_MAX && sessions[i]) i++;
    struct session *s = i < SESSIONS_MAX ? calloc(1, sizeof *s) : NULL;
    if (!s || getsockname(fd, (struct sockaddr *)&own, &own_n) != 0) {
        free(s);
        (void)close(fd);
        return;
    }
    s->fd = fd;
    s->number = ++number;
    s->face = face;
    s->peer_port = ntohs(peer.sin_port);
    s->own_port = ntohs(own.sin_port);
    sessions[i] = s;
    if (face) {
        struct ct_face_io io = io_of(s);
        face->open(s->state, &io);
        s->opened = true;
    }
}

static void feed(struct session *s)
{
    struct ct_face_io io = io_of(s);
    if (!s->face) s->face = ct_face_guess((ct_str){s->in, s->in_n}, false);
    if (!s->face) return;
    if (!s->opened) {
        s->face->open(s->state, &io);
        s->opened = true;
    }
    while (s->in_n && !s->closing && s->out_n < 8192) {
        size_t n = s->face->bytes(s->state, &io, (ct_str){s->in, s->in_n});
        if (n == 0 && s->in_n < sizeof s->in) break;
        if (n == 0) s->closing = true;
        memmove(s->in, s->in + n, s->in_n - n);
        s->in_n -= n;
    }
}

/* False: it is over. */
static bool serve(struct session *s, short events)
{
    if (events & (POLLIN | POLLHUP | POLLERR) && s->in_n < sizeof s->in && !s->closing) {
        ssize_t n = recv(s->fd, s->in + s->in_n, sizeof s->in - s->in_n, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            struct ct_face_io io = io_of(s);
            if (!s->face) s->face = ct_face_guess((ct_str){s->in, s->in_n}, true);
            s->face->end(s->state, &io, (ct_str){s->in, s->in_n});
            return false;
        }
        if (n > 0) s->in_n += (size_t)n;
    }
    feed(s);
    (void)fflush(stdout); /* recorded before it is answered */
    if (s->out_n) {
        ssize_t n = send(s->fd, s->out, s->out_n, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (n > 0) {
            memmove(s->out, s->out + n, s->out_n - (size_t)n);
            s->out_n -= (size_t)n;
        }
    }
    return !(s->closing && s->out_n == 0);
}

static int listen_on(const char *name, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(port)};
    socklen_t n = sizeof a;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 64) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0) die("listen");
    printf("port %s %u\n", name, ntohs(a.sin_port));
    return fd;
}

int main(int argc, char **argv)
{
    int n_listeners = 0;
    static struct ct_crypt crypt_state;
    static struct ct_face_crypto crypto;
    ct_face_host_default(&host);
    if (ct_crypt_init(NULL, on_random, NULL, &crypt_state, &crypto) != CT_OK) return 4;
    host.crypto = &crypto;
    if (ct_arena_new(&ct_alloc_libc, 4u << 20, &arena) != CT_OK) return 4;
    for (int i = 1; i < argc && n_listeners < LISTENERS_MAX; i++) {
        char *colon = strchr(argv[i], ':');
        unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;
        if (colon) *colon = 0;
        faces[n_listeners] = ct_face_by_name(ct_str_from(argv[i]));
        if (!faces[n_listeners] && strcmp(argv[i], "any") != 0) {
            fprintf(stderr, "face_host: no face %s\n", argv[i]);
            return 2;
        }
        listeners[n_listeners++] = listen_on(argv[i], (uint16_t)port);
    }
    (void)fflush(stdout);
    for (;;) {
        struct pollfd fds[1 + LISTENERS_MAX + SESSIONS_MAX] = {{.fd = 0, .events = POLLIN}};
        for (int i = 0; i < n_listeners; i++) fds[1 + i] = (struct pollfd){.fd = listeners[i], .events = POLLIN};
        for (int i = 0; i < SESSIONS_MAX; i++) {
            struct session *s = sessions[i];
            short events = (short)(s && s->out_n ? POLLOUT : 0);
            if (s && s->in_n < sizeof s->in && !s->closing) events |= POLLIN;
            fds[1 + n_listeners + i] = (struct pollfd){.fd = s ? s->fd : -1, .events = events};
        }
        if (poll(fds, (nfds_t)(1 + n_listeners + SESSIONS_MAX), -1) < 0 && errno != EINTR) die("poll");
        if (fds[0].revents) {
            char c;
            if (read(0, &c, 1) <= 0) return 0;
        }
        for (int i = 0; i < SESSIONS_MAX; i++)
            if (sessions[i] && fds[1 + n_listeners + i].revents && !serve(sessions[i], fds[1 + n_listeners + i].revents)) drop((size_t)i);
        for (int i = 0; i < n_listeners; i++)
            if (fds[1 + i].revents) welcome(listeners[i], faces[i]);
        (void)fflush(stdout);
    }
}
