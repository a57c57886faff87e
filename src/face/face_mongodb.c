/* mongodb: MongoDB 5.0 (wire protocol of OP_QUERY and OP_MSG) that greets, asks for a login by SCRAM, and refuses it.
 *
 * The name in SCRAM's first message, the database, and what the client says of itself are reported; the proof of the password is not asked for: the
 * exchange ends before it, as it does for a name that does not exist. */
#include "face/bson.h"
#include "face/face_list.h"

enum { HEADER = 16, OP_REPLY = 1, OP_QUERY = 2004, OP_MSG = 2013, COMMANDS_MAX = 1000 };
enum { CODE_UNAUTHORIZED = 13, CODE_AUTHENTICATION = 18 };
#define VERSION "5.0.24"

struct mongodb {
    unsigned char logins;
    uint16_t commands;
};

/* --- answers: documents put together element by element, their length known at the end --- */

static void put_name(struct ct_reply *r, unsigned type, const char *name)
{
    ct_reply_u8(r, type);
    ct_reply_bytes(r, (ct_str){(const unsigned char *)name, ct_str_from(name).n + 1});
}

static void put_string(struct ct_reply *r, const char *name, ct_str value)
{
    put_name(r, CT_BSON_STRING, name);
    ct_reply_le32(r, (uint32_t)value.n + 1);
    ct_reply_bytes(r, value);
    ct_reply_u8(r, 0);
}

static void put_int(struct ct_reply *r, const char *name, uint32_t v)
{
    put_name(r, 0x10, name);
    ct_reply_le32(r, v);
}

static void put_bool(struct ct_reply *r, const char *name, bool v)
{
    put_name(r, 0x08, name);
    ct_reply_u8(r, v);
}

static void put_ok(struct ct_reply *r, bool ok)
{
    put_name(r, 0x01, "ok");
    ct_reply_le64(r, ok ? UINT64_C(0x3ff0000000000000) : 0); /* 1.0 */
}

struct request {
    uint32_t id;
    bool query; /* came as OP_QUERY, and is answered by OP_REPLY */
    ct_str document, database;
};

static void send_document(const struct ct_face_io *io, const struct request *q, const struct ct_reply *elements)
{
    struct ct_reply r = {0};
    size_t document = 4 + elements->n + 1, between = q->query ? 20 : 5;
    ct_reply_le32(&r, (uint32_t)(HEADER + between + document));
    ct_reply_le32(&r, (uint32_t)ct_face_seeded(io->host, "mongodb") + q->id);
    ct_reply_le32(&r, q->id);
    ct_reply_le32(&r, q->query ? OP_REPLY : OP_MSG);
    if (q->query) {
        ct_reply_le32(&r, 8);
        ct_reply_zero(&r, 12);
        ct_reply_le32(&r, 1);
    } else {
        ct_reply_zero(&r, 5);
    }
    ct_reply_le32(&r, (uint32_t)document);
    ct_reply_bytes(&r, (ct_str){elements->b, elements->n});
    ct_reply_u8(&r, 0);
    ct_reply_send(&r, io);
}

static void send_hello(const struct ct_face_io *io, const struct request *q, bool old)
{
    struct ct_reply e = {0};
    put_bool(&e, old ? "ismaster" : "isWritablePrimary", true);
    put_int(&e, "maxBsonObjectSize", 16777216);
    put_int(&e, "maxMessageSizeBytes", 48000000);
    put_int(&e, "maxWriteBatchSize", 100000);
    put_name(&e, 0x09, "localTime");
    ct_reply_le64(&e, (uint64_t)io->now_us / 1000);
    put_int(&e, "logicalSessionTimeoutMinutes", 30);
    put_int(&e, "connectionId", (uint32_t)(ct_face_seeded(io->host, "mongodb") % 4000) + io->peer_port % 64u);
    put_int(&e, "minWireVersion", 0);
    put_int(&e, "maxWireVersion", 13);
    put_bool(&e, "readOnly", false);
    put_ok(&e, true);
    send_document(io, q, &e);
}

static void send_version(const struct ct_face_io *io, const struct request *q, bool status)
{
    struct ct_reply e = {0};
    if (status) put_string(&e, "host", io->host->name);
    put_string(&e, "version", CT_STR(VERSION));
    if (status) put_string(&e, "process", CT_STR("mongod"));
    if (!status) put_int(&e, "bits", 64);
    if (!status) put_int(&e, "maxBsonObjectSize", 16777216);
    put_ok(&e, true);
    send_document(io, q, &e);
}

static void send_error(const struct ct_face_io *io, const struct request *q, uint32_t code, const char *name, const char *text)
{
    struct ct_reply e = {0};
    put_ok(&e, false);
    put_string(&e, "errmsg", ct_str_from(text));
    put_int(&e, "code", code);
    put_string(&e, "codeName", ct_str_from(name));
    send_document(io, q, &e);
}

/* --- what is asked --- */

/* "n,,n=NAME,r=nonce" (RFC 5802), or PLAIN's "\0name\0password". */
static void take_sasl(const struct ct_face_io *io, ct_str document)
{
    ct_str payload = ct_bson_get(document, "payload", CT_BSON_BINARY), mechanism = ct_bson_get(document, "mechanism", CT_BSON_STRING);
    ct_face_told(io, CT_FACT_METHOD, mechanism);
    if (ct_str_eq(mechanism, CT_STR("PLAIN"))) {
        ct_str_cut(&payload, 0);
        ct_face_told(io, CT_FACT_USER, ct_str_cut(&payload, 0));
        ct_face_told(io, CT_FACT_PASSWORD, payload);
        return;
    }
    ct_face_fact(io, CT_FACT_PAYLOAD, payload);
    while (payload.p) {
        ct_str part = ct_str_cut(&payload, ',');
        if (ct_str_starts(part, CT_STR("n="))) ct_face_fact(io, CT_FACT_USER, ct_str_slice(part, 2, part.n));
    }
}

static void take_client(const struct ct_face_io *io, ct_str client)
{
    struct ct_reply r = {0};
    ct_str driver = ct_bson_get(client, "driver", CT_BSON_DOCUMENT);
    ct_reply_bytes(&r, ct_str_slice(ct_bson_get(driver, "name", CT_BSON_STRING), 0, 200));
    ct_reply_text(&r, " ");
    ct_reply_bytes(&r, ct_str_slice(ct_bson_get(driver, "version", CT_BSON_STRING), 0, 200));
    if (r.n > 1) ct_face_fact(io, CT_FACT_CLIENT_SOFTWARE, (ct_str){r.b, r.n});
}

static void command(struct mongodb *s, const struct ct_face_io *io, const struct request *q)
{
    struct ct_bson_element first = {0};
    ct_str rest = q->document, client = ct_bson_get(q->document, "client", CT_BSON_DOCUMENT);
    bool begun = false, has = ct_bson_next(&rest, &begun, &first);
    bool old = ct_str_eq_fold(first.name, CT_STR("ismaster"));
    ct_face_fact(io, CT_FACT_COMMAND, first.name);
    ct_face_fact(io, CT_FACT_DATABASE, q->database);
    ct_face_fact(io, CT_FACT_PAYLOAD, q->document);
    if (client.n) take_client(io, client);
    if (old || ct_str_eq(first.name, CT_STR("hello"))) {
        send_hello(io, q, old);
    } else if (ct_str_eq_fold(first.name, CT_STR("buildInfo")) || ct_str_eq(first.name, CT_STR("serverStatus"))) {
        send_version(io, q, ct_str_eq(first.name, CT_STR("serverStatus")));
    } else if (ct_str_eq(first.name, CT_STR("saslStart"))) {
        take_sasl(io, q->document);
        send_error(io, q, CODE_AUTHENTICATION, "AuthenticationFailed", "Authentication failed.");
        if (++s->logins >= CT_FACE_LOGINS_MAX) io->close(io->ctx);
    } else if (ct_str_eq(first.name, CT_STR("ping")) || ct_str_eq(first.name, CT_STR("endSessions"))) {
        struct ct_reply e = {0};
        put_ok(&e, true);
        send_document(io, q, &e);
    } else {
        struct ct_reply text = {0};
        ct_str plain = ct_face_plain(first.name);
        ct_reply_printf(&text, "command %.*s requires authentication", CT_STR_ARG(plain));
        ct_reply_u8(&text, 0);
        send_error(io, q, CODE_UNAUTHORIZED, "Unauthorized", (const char *)text.b);
    }
    if (!has || ++s->commands == COMMANDS_MAX) io->close(io->ctx);
}

/* OP_MSG: flags, then sections; the command is in the first of kind 0. */
static bool parse_message(ct_str body, struct request *q)
{
    if (body.n < 5 || body.p[4] != 0) return false;
    q->query = false;
    if (!ct_bson_document(ct_str_slice(body, 5, body.n), &q->document)) return false;
    q->database = ct_bson_get(q->document, "$db", CT_BSON_STRING);
    return true;
}

/* OP_QUERY: flags, "database.$cmd", skip, count, document. */
static bool parse_query(ct_str body, struct request *q)
{
    ct_str rest = ct_str_slice(body, 4, body.n);
    if (ct_str_chr(rest, 0) == CT_STR_NONE) return false;
    ct_str name = ct_str_cut(&rest, 0);
    q->query = true;
    q->database = ct_str_cut(&name, '.');
    return ct_bson_document(ct_str_slice(rest, 8, rest.n), &q->document);
}

static size_t mongodb_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct mongodb *s = state;
    struct request q = {0};
    if (in.n < HEADER) return 0;
    size_t n = ct_le32(in.p);
    uint32_t op = ct_le32(in.p + 12);
    q.id = ct_le32(in.p + 4);
    bool known = n >= HEADER && n <= CT_FACE_BUFFER_MAX && (op == OP_MSG || op == OP_QUERY);
    if (known && in.n < n) return 0;
    ct_str body = ct_str_slice(in, HEADER, known ? n : 0);
    if (!known || !(op == OP_MSG ? parse_message(body, &q) : parse_query(body, &q))) {
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    command(s, io, &q);
    return n;
}

/* No claim on other ports: sixteen bytes of anything would have to be waited for. */
static const uint16_t ports[] = {27017};

const struct ct_face ct_face_mongodb = {.name = "mongodb", .ports = ports, .n_ports = 1, .state_size = sizeof(struct mongodb),
                                        .open = ct_face_open_quiet, .bytes = mongodb_bytes, .end = ct_face_end_left};
