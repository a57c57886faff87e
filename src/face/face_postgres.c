/* postgresql: PostgreSQL 15 (frontend/backend protocol 3.0) that asks for a password in clear, and refuses it. */
#include "face/face_list.h"
#include "face/face_out.h"

enum { STARTUP_3 = 196608, CANCEL = 80877102, SSL = 80877103, GSS = 80877104, STARTUP_MAX = 10000 };

struct postgres {
    bool started;
    unsigned char asked; /* requests for encryption */
    struct ct_kept user;
};

struct problem {
    const char *code, *file, *line, *routine;
};

static void put_field(struct ct_reply *r, char kind, const char *text)
{
    ct_reply_u8(r, (unsigned char)kind);
    ct_reply_bytes(r, (ct_str){(const unsigned char *)text, ct_str_from(text).n + 1});
}

static void fail(const struct ct_face_io *io, const struct problem *p, const struct ct_reply *message)
{
    struct ct_reply body = {0}, r = {0};
    put_field(&body, 'S', "FATAL");
    put_field(&body, 'V', "FATAL");
    put_field(&body, 'C', p->code);
    ct_reply_u8(&body, 'M');
    ct_reply_bytes(&body, (ct_str){message->b, message->n});
    ct_reply_u8(&body, 0);
    put_field(&body, 'F', p->file);
    put_field(&body, 'L', p->line);
    put_field(&body, 'R', p->routine);
    ct_reply_u8(&body, 0);
    ct_reply_u8(&r, 'E');
    ct_reply_be32(&r, (uint32_t)body.n + 4);
    ct_reply_bytes(&r, (ct_str){body.b, body.n});
    ct_reply_send(&r, io);
    io->close(io->ctx);
}

static void take_startup(struct postgres *s, const struct ct_face_io *io, ct_str list)
{
    ct_face_fact(io, CT_FACT_PAYLOAD, list);
    while (list.n) {
        ct_str name = ct_str_cut(&list, 0), value = ct_str_cut(&list, 0);
        if (!name.n) break;
        if (ct_str_eq(name, CT_STR("user"))) {
            ct_face_fact(io, CT_FACT_USER, value);
            ct_kept_set(&s->user, value);
        }
        if (ct_str_eq(name, CT_STR("database"))) ct_face_fact(io, CT_FACT_DATABASE, value);
        if (ct_str_eq(name, CT_STR("application_name"))) ct_face_fact(io, CT_FACT_CLIENT_SOFTWARE, value);
    }
    if (!s->user.n) {
        struct ct_reply m = {0};
        ct_reply_text(&m, "no PostgreSQL user name specified in startup packet");
        fail(io, &(struct problem){"28000", "postmaster.c", "2323", "ProcessStartupPacket"}, &m);
        return;
    }
    s->started = true;
    io->send(io->ctx, CT_STR("R\0\0\0\x08\0\0\0\x03"));
}

static size_t startup(struct postgres *s, const struct ct_face_io *io, ct_str in)
{
    if (in.n < 8) return 0;
    uint32_t n = ct_be32(in.p), code = ct_be32(in.p + 4);
    if (code >> 16 != 3 && code >> 16 != 1234) {
        struct ct_reply m = {0};
        ct_face_nonsense(io, in);
        ct_reply_printf(&m, "unsupported frontend protocol %u.%u: server supports 3.0 to 3.0", (unsigned)(code >> 16), (unsigned)(code & 0xffff));
        fail(io, &(struct problem){"0A000", "postmaster.c", "2194", "ProcessStartupPacket"}, &m);
        return in.n;
    }
    if (n < 8 || n > STARTUP_MAX) { /* closed without a word, as the real one does */
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    if (in.n < n) return 0;
    if (code == SSL || code == GSS) {
        bool tls = code == SSL && io->start_tls;
        io->send(io->ctx, tls ? CT_STR("S") : CT_STR("N"));
        if (tls) io->start_tls(io->ctx);
        if (++s->asked > 2) io->close(io->ctx);
    } else if (code == CANCEL) {
        io->close(io->ctx);
    } else {
        take_startup(s, io, ct_str_slice(in, 8, n));
    }
    return n;
}

static size_t postgres_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct postgres *s = state;
    if (!s->started) return startup(s, io, in);
    if (in.n < 5) return 0;
    uint32_t n = ct_be32(in.p + 1);
    if (in.p[0] == 'X' || n < 4 || n > STARTUP_MAX) {
        if (in.p[0] != 'X') ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    if (in.n < n + 1) return 0;
    ct_str body = ct_str_slice(in, 5, n + 1), rest = body;
    struct ct_reply m = {0};
    if (in.p[0] == 'p') {
        ct_face_login(io, &s->user, ct_str_cut(&rest, 0));
        ct_reply_text(&m, "password authentication failed for user \"");
        ct_reply_bytes(&m, ct_face_plain(ct_kept_str(&s->user)));
        ct_reply_text(&m, "\"");
        fail(io, &(struct problem){"28P01", "auth.c", "330", "auth_failed"}, &m);
    } else {
        ct_face_told(io, CT_FACT_COMMAND, body);
        ct_reply_printf(&m, "expected password response, got message type %u", in.p[0]);
        fail(io, &(struct problem){"08P01", "auth.c", "703", "recv_password_packet"}, &m);
    }
    return n + 1;
}

/* The length, then a known code. */
static enum ct_claim postgres_claims(ct_str first)
{
    ct_str codes[] = {CT_STR("\0\x03\0\0"), CT_STR("\x04\xd2\x16\x2f"), CT_STR("\x04\xd2\x16\x30")};
    if (first.n && (first.p[0] || (first.n > 1 && first.p[1]))) return CT_CLAIM_NO;
    if (first.n < 5) return CT_CLAIM_MORE;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        ct_str code = ct_str_slice(first, 4, 8);
        if (ct_str_starts(codes[i], code)) return code.n == 4 ? CT_CLAIM_YES : CT_CLAIM_MORE;
    }
    return CT_CLAIM_NO;
}

static const uint16_t ports[] = {5432};

const struct ct_face ct_face_postgres = {.name = "postgresql", .ports = ports, .n_ports = 1, .state_size = sizeof(struct postgres),
                                         .claims = postgres_claims, .open = ct_face_open_quiet, .bytes = postgres_bytes, .end = ct_face_end_left};
