/* Sessions: connections that a face speaks on. Bounded in number, bytes and time; the one longest idle goes first. */
#include "decoy/session.h"

#include "decoy/chance.h"
#include "face/ja4.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACCEPTS_A_TURN = 256,                 /* then others get a turn */
    DRAINED = 4096,                       /* a face speaks again when no more than this waits to be sent */
    OUT_SHORT = 512,                      /* first size of what waits to be sent: most banners */
};

static void list_out(struct ct_worker *w, struct ct_session *s)
{
    *(s->newer ? &s->newer->older : &w->newest) = s->older;
    *(s->older ? &s->older->newer : &w->oldest) = s->newer;
    s->newer = s->older = NULL;
}

static void list_in(struct ct_worker *w, struct ct_session *s)
{
    s->older = w->newest;
    *(w->newest ? &w->newest->newer : &w->oldest) = s;
    w->newest = s;
}

static void want_send(struct ct_worker *w, struct ct_session *s)
{
    if (s->in_to_send) return;
    s->in_to_send = true;
    s->next_to_send = w->to_send;
    w->to_send = s;
}

/* --- what a face may do ------------------------------------------------------------------------------------------- */

bool ct_session_queue(struct ct_worker *w, struct ct_session *s, ct_str bytes)
{
    size_t need = s->out_n + bytes.n;
    if (need > s->out_cap) {
        size_t cap = need < OUT_SHORT ? OUT_SHORT : need;
        void *p = need <= CT_DECOY_OUT_MAX ? w->alloc->resize(w->alloc->ctx, s->out, s->out_cap, cap) : NULL;
        if (!p) {
            s->broken = true;
            return false;
        }
        s->out = p;
        s->out_cap = (uint32_t)cap;
    }
    memcpy(s->out + s->out_n, bytes.p, bytes.n);
    s->out_n += (uint32_t)bytes.n;
    want_send(w, s);
    return true;
}

static void io_send(void *ctx, ct_str bytes)
{
    struct ct_session *s = ctx;
    if (!bytes.n || s->over || s->broken) return;
    if (!s->tls) (void)ct_session_queue(s->worker, s, bytes);
    else if (!ct_secure_send(s, bytes)) s->broken = true;
}

static void io_fact(void *ctx, enum ct_fact kind, ct_str value)
{
    struct ct_session *s = ctx;
    struct ct_worker *w = s->worker;
    ct_str copy;
    if (w->n_facts == CT_FACE_FACTS_MAX || ct_arena_dup(w->facts_arena, value, &copy) != CT_OK) {
        w->facts_lost = true;
        return;
    }
    w->facts[w->n_facts++] = (struct ct_contact_fact){kind, copy};
}

static void io_close(void *ctx)
{
    struct ct_session *s = ctx;
    if (s->tls && !s->closing) ct_secure_goodbye(s);
    s->closing = true;
    want_send(s->worker, s);
}

static void io_random(void *ctx, unsigned char *to, size_t n)
{
    (void)ctx;
    ct_chance(to, n);
}

static void io_start_tls(void *ctx)
{
    struct ct_session *s = ctx;
    s->wants_tls = true;
    want_send(s->worker, s);
}

static ct_str address_text(const unsigned char a[16], char *to, size_t n)
{
    static const unsigned char v4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    size_t at = 0;
    if (memcmp(a, v4, sizeof v4) != 0) {
        if (!inet_ntop(AF_INET6, a, to, (socklen_t)n)) *to = 0;
        return ct_str_from(to);
    }
    for (unsigned i = 12; i < 16; i++) { /* by hand: it is done some times per connection, and the library prints through a format */
        if (a[i] >= 100) to[at++] = (char)('0' + a[i] / 100);
        if (a[i] >= 10) to[at++] = (char)('0' + a[i] / 10 % 10);
        to[at++] = (char)('0' + a[i] % 10);
        if (i < 15) to[at++] = '.';
    }
    return (ct_str){(unsigned char *)to, at};
}

struct call {
    struct ct_face_io io;
    char peer[INET6_ADDRSTRLEN], own[INET6_ADDRSTRLEN];
};

static const struct ct_face_io *call_of(struct ct_worker *w, struct ct_session *s, struct call *c)
{
    c->io = (struct ct_face_io){
        .send = io_send, .fact = io_fact, .close = io_close, .random = io_random, .start_tls = w->secure && !s->tls ? io_start_tls : NULL,
        .now_us = w->now.real_us,
        .peer_address = address_text(s->touch.source, c->peer, sizeof c->peer),
        .own_address = address_text(s->touch.dest, c->own, sizeof c->own),
        .peer_port = s->touch.source_port, .own_port = s->touch.dest_port, .host = &w->host, .ctx = s,
    };
    ct_arena_clear(w->facts_arena);
    w->n_facts = 0;
    w->facts_lost = false;
    return &c->io;
}

/* --- what was learned --------------------------------------------------------------------------------------------- */

/* A piece of the session is written down and told; the last one also when nothing new was said. */
static void piece(struct ct_worker *w, struct ct_session *s, bool last)
{
    struct ct_contact c = {
        .touch = s->touch, .session = s->id, .face = s->face ? s->face->name : NULL, .answered = true, .more = !last,
        .bytes_in = s->bytes_in - s->told_in, .bytes_out = s->bytes_out - s->told_out, .opened_us = s->opened_us,
        .user = {s->user, s->user_n}, .facts = w->facts, .n_facts = w->n_facts,
    };
    bool new_in = c.bytes_in != 0;
    if (w->facts_lost) w->counts.facts_lost++;
    if (!w->n_facts && !(last && (new_in || c.bytes_out)) && s->told) return;
    s->told = true;
    s->told_in = s->bytes_in;
    s->told_out = s->bytes_out;
    ct_worker_contact(w, &c, s->probe);
    for (size_t i = 0; i < w->n_facts; i++) {
        if (w->facts[i].kind != CT_FACT_USER) continue;
        ct_str name = ct_str_slice(w->facts[i].value, 0, CT_SESSION_USER);
        s->user_n = (unsigned char)name.n;
        if (name.n) memcpy(s->user, name.p, name.n);
    }
    w->n_facts = 0;
}

void ct_session_hello(struct ct_worker *w, struct ct_session *s, const struct ct_tls_hello *hello)
{
    struct call c;
    ct_tls_report(hello, call_of(w, s, &c));
    piece(w, s, false);
}

static bool open_face(struct ct_worker *w, struct ct_session *s, const struct ct_face *face)
{
    struct call c;
    void *state = NULL;
    if (face->state_size) {
        state = ct_alloc_get(w->alloc, face->state_size);
        if (!state) return false;
        memset(state, 0, face->state_size);
    }
    s->state = state;
    s->face = face;
    if (face->open) face->open(s->state, call_of(w, s, &c));
    else (void)call_of(w, s, &c);
    piece(w, s, false);
    return true;
}

/* Whose bytes are these? False: more of them are needed, or TLS has begun and has them. */
static bool find_face(struct ct_worker *w, struct ct_session *s, ct_str *in, bool last)
{
    bool enough = last || in->n >= CT_FACE_BUFFER_MAX;
    enum ct_claim tls = s->tls || !w->secure ? CT_CLAIM_NO : ct_tls_claims(*in);
    if (tls == CT_CLAIM_MORE && !enough) return false;
    if (tls == CT_CLAIM_YES && ct_secure_begin(w->secure, s, *in)) {
        *in = (ct_str){NULL, 0};
        return false;
    }
    const struct ct_face *face = s->tls && s->inside ? s->inside : ct_face_guess(*in, enough);
    if (!face) return false;
    if (open_face(w, s, face)) return true;
    ct_session_over(w, s);
    return false;
}

/* Hands what came to the face, as long as it takes it and the peer takes the answers. Returns what is left at its end. */
static ct_str feed(struct ct_worker *w, struct ct_session *s, ct_str in, bool last)
{
    struct call c;
    while (in.n && !s->over && !s->closing && !s->wants_tls && s->out_n - s->out_at <= DRAINED) {
        if (!s->face && !find_face(w, s, &in, last)) break;
        size_t n = s->face->bytes(s->state, call_of(w, s, &c), in);
        piece(w, s, false);
        if (s->broken) ct_session_over(w, s);
        if (n == 0) {
            if (in.n >= CT_FACE_BUFFER_MAX) ct_session_over(w, s);
            break;
        }
        in = ct_str_slice(in, n, in.n);
    }
    return in;
}

/* What is left is kept in a buffer of its own size: ten thousand idle sessions have none. */
static void keep(struct ct_worker *w, struct ct_session *s, ct_str left)
{
    if (left.n != s->in_n) {
        unsigned char *p = left.n ? ct_alloc_get(w->alloc, left.n) : NULL;
        if (left.n && !p) {
            ct_session_over(w, s);
            return;
        }
        if (p) memcpy(p, left.p, left.n);
        ct_alloc_put(w->alloc, s->in, s->in_n);
        s->in = p;
        s->in_n = (uint32_t)left.n;
    } else if (left.n && left.p != s->in) {
        memcpy(s->in, left.p, left.n);
    }
}

void ct_session_over(struct ct_worker *w, struct ct_session *s)
{
    struct call c;
    if (s->over) return;
    s->over = true;
    const struct ct_face_io *io = call_of(w, s, &c);
    ct_str left = {s->in, s->in_n};
    if (s->face && s->face->end && !s->closing) s->face->end(s->state, io, left);
    if (!s->face && left.n) {
        io_fact(s, CT_FACT_FIRST_BYTES, ct_str_slice(left, 0, CT_DECOY_FIRST_BYTES));
        io_fact(s, CT_FACT_PAYLOAD, left);
    }
    piece(w, s, true);
    if (s->tls) ct_secure_end(w->secure, s);
    (void)close(s->item.fd);
    list_out(w, s);
    s->next_dead = w->dead;
    w->dead = s;
    w->counts.sessions--;
}

/* --- the connection ----------------------------------------------------------------------------------------------- */

static ssize_t link_receive(struct ct_worker *w, struct ct_session *s, unsigned char *to, size_t n)
{
    if (s->tls) return ct_secure_receive(w->secure, s, to, n);
    return recv(s->item.fd, to, n, MSG_DONTWAIT);
}

/* A face that begins inside TLS begins now, also when the peer waits for it to speak. */
static void open_inside(struct ct_worker *w, struct ct_session *s)
{
    if (!s->tls || s->face || !s->inside || s->over || !ct_secure_established(s)) return;
    if (!open_face(w, s, s->inside)) ct_session_over(w, s);
}

/* Reads once, and lets the face speak. True: there is more that epoll does not know of. */
static bool receive_once(struct ct_worker *w, struct ct_session *s)
{
    size_t held = s->in_n;
    bool plain = !s->tls;
    if (held) memcpy(w->window, s->in, held);
    ssize_t got = held < CT_FACE_BUFFER_MAX ? link_receive(w, s, w->window + held, CT_FACE_BUFFER_MAX - held) : -1;
    bool nothing = got < 0 && (held == CT_FACE_BUFFER_MAX || errno == EAGAIN || errno == EINTR), ended = got <= 0 && !nothing;
    if (ended && got < 0 && s->tls && !ct_secure_established(s) && s->out_n > s->out_at) {
        s->closing = true; /* the alert goes out first: by it a scanner knows TLS, and a client what it has to change */
        want_send(w, s);
        return false;
    }
    open_inside(w, s);
    if (s->over || (nothing && !held)) return false;
    if (got > 0) {
        s->bytes_in += (uint64_t)got;
        w->counts.bytes_in += (uint64_t)got;
        s->active_ms = w->now.mono_ms;
        list_out(w, s);
        list_in(w, s);
    }
    ct_str left = feed(w, s, (ct_str){w->window, held + (size_t)(got > 0 ? got : 0)}, ended);
    if (!s->over) keep(w, s, left);
    if (s->over || s->closing) return false;
    if (ended) {
        s->peer_done = true;
        if (got < 0 || s->out_n == s->out_at) ct_session_over(w, s); /* else it may still wait for the answer */
        return false;
    }
    if (s->bytes_in > CT_DECOY_SESSION_BYTES_MAX || w->now.mono_ms - s->opened_ms > CT_DECOY_SESSION_MS) {
        ct_session_over(w, s);
        return false;
    }
    return s->tls && (plain || ct_secure_pending(s));
}

/* Also called when answers have drained and bytes were held back for that. */
static void receive(struct ct_worker *w, struct ct_session *s)
{
    while (!s->over && !s->closing && !s->wants_tls && s->out_n - s->out_at <= DRAINED)
        if (!receive_once(w, s)) break;
}

static void rewatch(struct ct_worker *w, struct ct_session *s)
{
    size_t waits = s->out_n - s->out_at;
    uint32_t events = waits ? (uint32_t)EPOLLOUT : 0u;
    if (waits <= DRAINED && !s->closing && !s->peer_done && !s->wants_tls) events |= EPOLLIN | EPOLLRDHUP;
    if (events == s->watched) return;
    s->watched = events;
    ct_worker_rewatch(w, &s->item, events);
}

static void send_some(struct ct_worker *w, struct ct_session *s)
{
    while (s->out_at < s->out_n) {
        ssize_t n = send(s->item.fd, s->out + s->out_at, s->out_n - s->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            ct_session_over(w, s);
            return;
        }
        s->out_at += (uint32_t)n;
        s->bytes_out += (uint64_t)n;
        w->counts.bytes_out += (uint64_t)n;
    }
    if (s->out_at < s->out_n) {
        rewatch(w, s);
        return;
    }
    ct_alloc_put(w->alloc, s->out, s->out_cap);
    s->out = NULL;
    s->out_n = s->out_at = s->out_cap = 0;
    if (s->closing) {
        ct_session_over(w, s);
        return;
    }
    if (s->wants_tls) {
        s->wants_tls = false;
        keep(w, s, (ct_str){NULL, 0});
        if (!w->secure || !ct_secure_begin(w->secure, s, (ct_str){NULL, 0})) {
            ct_session_over(w, s);
            return;
        }
    }
    rewatch(w, s);
    if (s->in_n || s->peer_done || s->tls) receive(w, s); /* what that says is written down in the next round */
    if (!s->over) rewatch(w, s);
}

void ct_sessions_send(struct ct_worker *w)
{
    struct ct_session *next = w->to_send;
    w->to_send = NULL;
    while (next) {
        struct ct_session *s = next;
        next = s->next_to_send;
        s->in_to_send = false;
        if (!s->over) send_some(w, s);
    }
}

void ct_session_ready(struct ct_worker *w, struct ct_session *s, uint32_t events)
{
    if (s->over) return;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) receive(w, s);
    if (!s->over && events & EPOLLOUT) want_send(w, s);
    if (!s->over && events & (EPOLLHUP | EPOLLERR)) ct_session_over(w, s);
}

static void address_of(const struct sockaddr_storage *a, unsigned char to[16], uint16_t *port, uint32_t *scope)
{
    const struct sockaddr_in *v4 = (const void *)a;
    const struct sockaddr_in6 *v6 = (const void *)a;
    memset(to, 0, 16);
    if (a->ss_family == AF_INET) {
        to[10] = to[11] = 0xff;
        memcpy(to + 12, &v4->sin_addr, 4);
        *port = ntohs(v4->sin_port);
    } else {
        memcpy(to, &v6->sin6_addr, 16);
        *port = ntohs(v6->sin6_port);
        if (to[0] == 0xfe && (to[1] & 0xc0) == 0x80) *scope = v6->sin6_scope_id;
    }
}

static void begin(struct ct_worker *w, const struct ct_listener *l, int fd, const struct sockaddr_storage *peer)
{
    struct sockaddr_storage own = {0};
    socklen_t n = sizeof own;
    uint32_t scope = 0;
    struct ct_session *s = ct_alloc_get(w->alloc, sizeof *s);
    if (!s || getsockname(fd, (struct sockaddr *)&own, &n) != 0) {
        ct_alloc_put(w->alloc, s, sizeof *s);
        (void)close(fd);
        w->counts.refused++;
        return;
    }
    *s = (struct ct_session){.item = {CT_WATCH_SESSION, fd}, .worker = w, .id = ++w->next_session, .opened_us = w->now.real_us,
                             .opened_ms = w->now.mono_ms, .active_ms = w->now.mono_ms, .watched = EPOLLIN | EPOLLRDHUP,
                             .touch = {.transport = CT_TRANSPORT_TCP, .technique = CT_TECHNIQUE_CONNECT}};
    address_of(peer, s->touch.source, &s->touch.source_port, &s->touch.scope);
    address_of(&own, s->touch.dest, &s->touch.dest_port, &scope);
    list_in(w, s);
    w->counts.connections++;
    w->counts.sessions++;
    w->n_facts = 0;
    s->probe = ct_worker_is_probe(w, &s->touch);
    ct_worker_connected(w, &s->touch, s->probe);
    if (ct_worker_watch(w, &s->item, s->watched) != CT_OK) {
        ct_session_over(w, s);
        return;
    }
    const struct ct_face *face = ct_face_for_port(l->is.diverted ? s->touch.dest_port : l->is.as);
    if (face && face->tls) { /* what comes first says whether it is TLS; if not, it is still heard */
        s->inside = face;
        face = NULL;
    }
    if (face && !open_face(w, s, face)) ct_session_over(w, s);
    receive(w, s); /* it may have spoken already, and be gone */
    if (s->over || s->told) return;
    if (s->out_n) { /* it is greeted in this turn, so it is written down in this turn */
        w->n_facts = 0;
        piece(w, s, false);
        return;
    }
    s->fresh = true;
    s->next_fresh = w->fresh;
    w->fresh = s;
}

void ct_sessions_settle(struct ct_worker *w)
{
    while (w->fresh_before) {
        struct ct_session *s = w->fresh_before;
        w->fresh_before = s->next_fresh;
        s->fresh = false;
        w->n_facts = 0;
        if (!s->over && !s->told) piece(w, s, false);
    }
    w->fresh_before = w->fresh;
    w->fresh = NULL;
}

/* The one that has been silent longest makes room. */
static void evict(struct ct_worker *w)
{
    if (!w->oldest) return;
    w->counts.evicted++;
    ct_session_over(w, w->oldest);
}

void ct_sessions_accept(struct ct_worker *w, struct ct_listener *l)
{
    for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t n = sizeof peer;
        if (w->counts.sessions >= CT_DECOY_SESSIONS_MAX) evict(w);
        int fd = accept4(l->item.fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            begin(w, l, fd, &peer);
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
        w->counts.refused++;
        evict(w);
    }
}

void ct_sessions_expire(struct ct_worker *w)
{
    while (w->oldest && w->now.mono_ms - w->oldest->active_ms > CT_DECOY_IDLE_MS) ct_session_over(w, w->oldest);
}

void ct_sessions_bury(struct ct_worker *w)
{
    struct ct_session *dead = w->dead;
    w->dead = NULL;
    while (dead) {
        struct ct_session *s = dead;
        dead = s->next_dead;
        if (s->fresh || s->in_to_send) { /* still in a list of this turn: it goes with the next */
            s->next_dead = w->dead;
            w->dead = s;
            continue;
        }
        if (s->state) ct_alloc_put(w->alloc, s->state, s->face->state_size);
        ct_alloc_put(w->alloc, s->in, s->in_n);
        ct_alloc_put(w->alloc, s->out, s->out_cap);
        ct_alloc_put(w->alloc, s, sizeof *s);
    }
}

void ct_sessions_end(struct ct_worker *w)
{
    while (w->oldest) ct_session_over(w, w->oldest);
}
