/* mysql: MariaDB 10.11 of Debian 12 (client/server protocol 10) that refuses every login.
 *
 * The password does not cross the wire: the answer to the challenge is reported, from which a weak one can be found. A client that would answer in another
 * way is asked for this one. Database, program and platform are reported as the client says them. */
#include "face/face_list.h"
#include "face/face_out.h"

#define VERSION "5.5.5-10.11.6-MariaDB-0+deb12u1"
#define PLUGIN "mysql_native_password"

enum { CAP_WITH_DB = 1 << 3, CAP_PROTOCOL_41 = 1 << 9, CAP_SSL = 1 << 11, CAP_SECURE = 1 << 15, CAP_PLUGIN = 1 << 19, CAP_ATTRIBUTES = 1 << 20,
       CAP_LENENC_AUTH = 1 << 21 };
enum { SCRAMBLE = 20 };
enum phase { PHASE_LOGIN, PHASE_SWITCHED };

struct mysql {
    unsigned char phase, sequence;
    unsigned char scramble[SCRAMBLE];
    struct ct_kept user;
};

static void send_packet(struct mysql *s, const struct ct_face_io *io, const struct ct_reply *body)
{
    struct ct_reply r = {0};
    ct_reply_u8(&r, (unsigned)body->n & 0xff);
    ct_reply_u8(&r, (unsigned)body->n >> 8 & 0xff);
    ct_reply_u8(&r, 0);
    ct_reply_u8(&r, s->sequence++);
    ct_reply_bytes(&r, (ct_str){body->b, body->n});
    ct_reply_send(&r, io);
}

static void mysql_open(void *state, const struct ct_face_io *io)
{
    struct mysql *s = state;
    struct ct_reply r = {0};
    unsigned char thread[2];
    io->random(io->ctx, s->scramble, SCRAMBLE);
    io->random(io->ctx, thread, sizeof thread);
    for (unsigned i = 0; i < SCRAMBLE; i++) s->scramble[i] = (unsigned char)(0x21 + s->scramble[i] % 0x5e); /* printable, never NUL, as the server's */
    ct_reply_u8(&r, 10);
    ct_reply_bytes(&r, (ct_str){(const unsigned char *)VERSION, sizeof VERSION});
    ct_reply_le32(&r, 30 + ct_le16(thread) % 4000);
    ct_reply_bytes(&r, (ct_str){s->scramble, 8});
    ct_reply_u8(&r, 0);
    ct_reply_le16(&r, io->start_tls ? 0xfffe : 0xf7fe);
    ct_reply_u8(&r, 45);    /* utf8mb4_general_ci */
    ct_reply_le16(&r, 2);   /* autocommit */
    ct_reply_le16(&r, 0x81ff);
    ct_reply_u8(&r, SCRAMBLE + 1);
    ct_reply_zero(&r, 6);
    ct_reply_le32(&r, 0x1d); /* MariaDB's own capabilities */
    ct_reply_bytes(&r, (ct_str){s->scramble + 8, SCRAMBLE - 8});
    ct_reply_u8(&r, 0);
    ct_reply_bytes(&r, (ct_str){(const unsigned char *)PLUGIN, sizeof PLUGIN});
    send_packet(s, io, &r);
}

static void fail(struct mysql *s, const struct ct_face_io *io, unsigned code, const char *state, const struct ct_reply *message)
{
    struct ct_reply r = {0};
    ct_reply_u8(&r, 0xff);
    ct_reply_le16(&r, code);
    ct_reply_text(&r, state);
    ct_reply_bytes(&r, (ct_str){message->b, message->n});
    send_packet(s, io, &r);
    io->close(io->ctx);
}

static void bad_handshake(struct mysql *s, const struct ct_face_io *io, ct_str in)
{
    struct ct_reply m = {0};
    ct_face_nonsense(io, in);
    ct_reply_text(&m, "Bad handshake");
    fail(s, io, 1043, "#08S01", &m);
}

static void deny(struct mysql *s, const struct ct_face_io *io, ct_str response)
{
    struct ct_reply m = {0};
    ct_str parts[2] = {{s->scramble, SCRAMBLE}, response};
    if (response.n) ct_face_response(io, "mysql_native_password", parts, 2);
    ct_reply_printf(&m, "Access denied for user '%.*s'@'%.*s' (using password: %s)", CT_STR_ARG(ct_face_plain(ct_kept_str(&s->user))),
                    CT_STR_ARG(io->peer_address), response.n ? "YES" : "NO");
    fail(s, io, 1045, "#28000", &m);
}

/* A length of one byte or 0xfc and two; longer ones do not fit a packet here. */
static bool lenenc(ct_str *rest, size_t *ret_n)
{
    if (!rest->n || rest->p[0] > 0xfc || (rest->p[0] == 0xfc && rest->n < 3) || rest->p[0] == 0xfb) return false;
    bool two = rest->p[0] == 0xfc;
    *ret_n = two ? ct_le16(rest->p + 1) : rest->p[0];
    *rest = ct_str_slice(*rest, two ? 3 : 1, rest->n);
    return true;
}

static bool lenenc_str(ct_str *rest, ct_str *ret_value)
{
    size_t n;
    if (!lenenc(rest, &n) || n > rest->n) return false;
    *ret_value = ct_str_slice(*rest, 0, n);
    *rest = ct_str_slice(*rest, n, rest->n);
    return true;
}

/* Connection attributes: pairs of names and values. "mariadb-client 10.11.6 on Linux" is what is made of them. */
static void report_attributes(const struct ct_face_io *io, ct_str list)
{
    ct_str name, value, program = {0}, version = {0}, os = {0};
    ct_face_fact(io, CT_FACT_PAYLOAD, list);
    while (list.n && lenenc_str(&list, &name) && lenenc_str(&list, &value)) {
        if (ct_str_eq(name, CT_STR("program_name")) || (ct_str_eq(name, CT_STR("_client_name")) && !program.n)) program = value;
        if (ct_str_eq(name, CT_STR("_client_version"))) version = value;
        if (ct_str_eq(name, CT_STR("_os"))) os = value;
    }
    struct ct_reply r = {0};
    ct_reply_bytes(&r, ct_str_slice(program, 0, 200));
    if (version.n) ct_reply_text(&r, " ");
    ct_reply_bytes(&r, ct_str_slice(version, 0, 200));
    if (os.n) ct_reply_text(&r, " on ");
    ct_reply_bytes(&r, ct_str_slice(os, 0, 200));
    ct_face_fact(io, CT_FACT_CLIENT_SOFTWARE, (ct_str){r.b, r.n});
}

/* HandshakeResponse41, behind its fixed part. */
static void login(struct mysql *s, const struct ct_face_io *io, ct_str whole, uint32_t caps)
{
    ct_str rest = ct_str_slice(whole, 32, whole.n), response = {0}, plugin = {0}, attributes;
    ct_str user = ct_str_cut(&rest, 0);
    ct_kept_set(&s->user, user);
    ct_face_told(io, CT_FACT_USER, user);
    size_t n = 0;
    bool ok = true;
    if (caps & CAP_LENENC_AUTH) ok = lenenc_str(&rest, &response);
    else if (caps & CAP_SECURE) {
        n = rest.n ? rest.p[0] : 0;
        ok = rest.n && n <= rest.n - 1;
        response = ct_str_slice(rest, 1, 1 + n);
        rest = ct_str_slice(rest, 1 + n, rest.n);
    } else {
        response = ct_str_cut(&rest, 0);
    }
    if (ok && caps & CAP_WITH_DB) ct_face_told(io, CT_FACT_DATABASE, ct_str_cut(&rest, 0));
    if (ok && caps & CAP_PLUGIN) plugin = ct_str_cut(&rest, 0);
    if (ok && caps & CAP_ATTRIBUTES && lenenc_str(&rest, &attributes)) report_attributes(io, attributes);
    if (ok && plugin.n && !ct_str_eq(plugin, CT_STR(PLUGIN))) {
        struct ct_reply r = {0};
        ct_reply_u8(&r, 0xfe);
        ct_reply_bytes(&r, (ct_str){(const unsigned char *)PLUGIN, sizeof PLUGIN});
        ct_reply_bytes(&r, (ct_str){s->scramble, SCRAMBLE});
        ct_reply_u8(&r, 0);
        s->phase = PHASE_SWITCHED;
        send_packet(s, io, &r);
        return;
    }
    deny(s, io, response);
}

static size_t mysql_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct mysql *s = state;
    if (in.n < 4) return 0;
    size_t n = 4u + ct_le16(in.p) + ((size_t)in.p[2] << 16);
    if (n > CT_FACE_BUFFER_MAX || (in.p[3] & 0xfc) != 0) { /* a login is a few packets */
        bad_handshake(s, io, in);
        return in.n;
    }
    if (in.n < n) return 0;
    ct_str body = ct_str_slice(in, 4, n);
    s->sequence = (unsigned char)(in.p[3] + 1);
    uint32_t caps = body.n >= 4 ? ct_le32(body.p) : 0;
    if (s->phase == PHASE_SWITCHED) deny(s, io, body);
    else if (body.n >= 32 && caps & CAP_PROTOCOL_41 && body.n == 32 && caps & CAP_SSL && io->start_tls) io->start_tls(io->ctx);
    else if (body.n > 32 && caps & CAP_PROTOCOL_41) login(s, io, body, caps);
    else bad_handshake(s, io, ct_str_slice(in, 0, n));
    return n;
}

static const uint16_t ports[] = {3306};

const struct ct_face ct_face_mysql = {.name = "mysql", .ports = ports, .n_ports = 1, .speaks_first = true, .state_size = sizeof(struct mysql),
                                      .open = mysql_open, .bytes = mysql_bytes, .end = ct_face_end_left};
