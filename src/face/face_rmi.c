/* rmi: an RMI registry (JRMP, "Java Remote Method Protocol" of the Java RMI specification, chapter 10) in which nothing is bound.
 *
 * What a vulnerable Log4j sends after "${jndi:rmi://here/NAME}" is a lookup of NAME: reported as a callback and answered by NotBoundException. What
 * else is called (bind with a serialised gadget, the garbage collector's dirty) is a payload. Java objects are never read, only looked at as bytes. */
#include "face/face_list.h"
#include "face/face_out.h"

enum { MSG_CALL = 0x50, MSG_RETURN = 0x51, MSG_PING = 0x52, MSG_PING_ACK = 0x53, MSG_DGC_ACK = 0x54 };
enum { PROTOCOL_STREAM = 0x4b, PROTOCOL_SINGLE = 0x4c };
enum { CALL_HEADER = 1 + 4 + 2 + 34, TC_STRING = 0x74 };

enum phase { PHASE_HEADER, PHASE_ENDPOINT, PHASE_MESSAGES };

struct rmi {
    unsigned char phase;
    uint16_t calls;
};

/* new java.rmi.NotBoundException() without a message and with an empty stack trace, as RMI marshals it: an
 * object stream with a null annotation behind each class. */
static const char not_bound[] =
    "sr\x00\x1ajava.rmi.NotBoundException\xe6" "7\xf9\xa7-|:\xfb\x02\x00\x00pxr\x00\x13java.lang.Exception\xd0\xfd\x1f>\x1a"
    ";\x1c\xc4\x02\x00\x00pxr\x00\x13java.lang.Throwable\xd5\xc6" "5'9w\xb8\xcb\x03\x00\x04L\x00\x05" "causet\x00\x15Ljav"
    "a/lang/Throwable;L\x00\x0d" "detailMessaget\x00\x12Ljava/lang/String;[\x00\x0astackTracet\x00\x1e[Ljava/lang/StackTr"
    "aceElement;L\x00\x14suppressedExceptionst\x00\x10Ljava/util/List;pxpq\x00~\x00\x07pur\x00\x1e[Ljava.lang.StackTraceE"
    "lement;\x02" "F*<<\xfd\x22" "9\x02\x00\x00pxp\x00\x00\x00\x00sr\x00\x1fjava.util.Collections$EmptyListz\xb8\x17\xb4<"
    "\xa7\x9e\xde\x02\x00\x00pxpx";
/* new String[0]. */
static const char no_names[] =
    "ur\x00\x13[Ljava.lang.String;\xad\xd2V\xe7\xe9\x1d{G\x02\x00\x00pxp\x00\x00\x00\x00";

static void acknowledge(const struct ct_face_io *io)
{
    struct ct_reply r = {0};
    ct_reply_u8(&r, 0x4e);
    ct_reply_be16(&r, (unsigned)io->peer_address.n & 0xff);
    ct_reply_bytes(&r, ct_str_slice(io->peer_address, 0, io->peer_address.n & 0xff));
    ct_reply_be32(&r, io->peer_port);
    ct_reply_send(&r, io);
}

static void give_back(const struct ct_face_io *io, bool exception, ct_str object)
{
    struct ct_reply r = {0};
    ct_reply_u8(&r, MSG_RETURN);
    ct_reply_bytes(&r, CT_STR("\xac\xed\x00\x05\x77\x0f"));
    ct_reply_u8(&r, exception ? 2 : 1);
    ct_reply_be32(&r, (uint32_t)ct_face_seeded(io->host, "rmi"));
    ct_reply_be32(&r, 0x18c); /* the rest of a java.rmi.server.UID: a time in milliseconds, and a count */
    ct_reply_be32(&r, (uint32_t)ct_face_seeded(io->host, "rmi start"));
    ct_reply_be16(&r, 0x8001);
    ct_reply_bytes(&r, object);
    ct_reply_send(&r, io);
}

/* Registry: object 0; operations by number, and since these have no names on the wire, by the interface's hash. */
static size_t call(struct rmi *s, const struct ct_face_io *io, ct_str in)
{
    static const char *const names[] = {"registry bind", "registry list", "registry lookup", "registry rebind", "registry unbind"};
    static const unsigned char head[] = {MSG_CALL, 0xac, 0xed, 0x00, 0x05, 0x77, 0x22};
    ct_str header = {head, sizeof head};
    if (!ct_str_eq(ct_str_slice(in, 0, sizeof head), ct_str_slice(header, 0, in.n))) {
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    if (in.n < CALL_HEADER) return 0;
    uint32_t object = ct_be32(in.p + 7) | ct_be32(in.p + 11), op = ct_be32(in.p + 29);
    size_t n = in.n;
    ct_str name = {0};
    if (object == 0 && (op == 2 || op == 4)) {
        if (in.n < CALL_HEADER + 3) return 0;
        if (in.p[CALL_HEADER] == TC_STRING) {
            n = CALL_HEADER + 3u + ct_be16(in.p + CALL_HEADER + 1);
            if (in.n < n && n <= CT_FACE_BUFFER_MAX) return 0;
            if (n > in.n) n = in.n;
            name = ct_str_slice(in, CALL_HEADER + 3, n);
        }
    } else if (object == 0 && op == 1) {
        n = CALL_HEADER;
    }
    ct_face_fact(io, CT_FACT_COMMAND, object == 0 && op <= 4 ? ct_str_from(names[op]) : object == 2 ? CT_STR("dgc") : CT_STR("call"));
    ct_face_told(io, op == 2 ? CT_FACT_CALLBACK : CT_FACT_PATH, name);
    if (!name.n) ct_face_fact(io, CT_FACT_PAYLOAD, ct_str_slice(in, 0, n));
    if (object == 0 && op == 1) give_back(io, false, (ct_str){(const unsigned char *)no_names, sizeof no_names - 1});
    else if (object == 0 && op <= 4) give_back(io, true, (ct_str){(const unsigned char *)not_bound, sizeof not_bound - 1});
    if (object != 0 || op > 4 || !(op == 1 || name.n) || ++s->calls > 1000) io->close(io->ctx); /* what comes behind an object of unknown length */
    return n;
}

static size_t message(struct rmi *s, const struct ct_face_io *io, ct_str in)
{
    switch (in.p[0]) {
    case MSG_CALL: return call(s, io, in);
    case MSG_PING: {
        static const unsigned char ack = MSG_PING_ACK;
        io->send(io->ctx, (ct_str){&ack, 1});
        return 1;
    }
    case MSG_DGC_ACK: return in.n < 15 ? 0 : 15;
    default:
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
}

static size_t rmi_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct rmi *s = state;
    static const unsigned char magic[] = {'J', 'R', 'M', 'I', 0, 2};
    if (!in.n) return 0;
    if (s->phase == PHASE_MESSAGES) return message(s, io, in);
    if (s->phase == PHASE_HEADER) {
        size_t known = in.n < sizeof magic ? in.n : sizeof magic;
        bool same = ct_str_eq(ct_str_slice(in, 0, known), (ct_str){magic, known});
        if (same && in.n < 7) return 0;
        if (!same || (in.p[6] != PROTOCOL_STREAM && in.p[6] != PROTOCOL_SINGLE)) {
            ct_face_nonsense(io, in);
            io->close(io->ctx);
            return in.n;
        }
        s->phase = in.p[6] == PROTOCOL_STREAM ? PHASE_ENDPOINT : PHASE_MESSAGES;
        if (s->phase == PHASE_ENDPOINT) acknowledge(io);
        return 7;
    }
    size_t n = in.n < 2 ? 0 : 2u + ct_be16(in.p) + 4u;
    if (!n || (in.n < n && n <= CT_FACE_BUFFER_MAX)) return 0;
    if (n > CT_FACE_BUFFER_MAX) {
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    ct_face_told(io, CT_FACT_WORKSTATION, ct_str_slice(in, 2, n - 4));
    s->phase = PHASE_MESSAGES;
    return n;
}

static enum ct_claim rmi_claims(ct_str first)
{
    ct_str magic = CT_STR("JRMI");
    if (ct_str_starts(first, magic)) return CT_CLAIM_YES;
    return ct_str_starts(magic, first) ? CT_CLAIM_MORE : CT_CLAIM_NO;
}

static const uint16_t ports[] = {1099, 1098};

const struct ct_face ct_face_rmi = {.name = "rmi", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .state_size = sizeof(struct rmi),
                                    .claims = rmi_claims, .open = ct_face_open_quiet, .bytes = rmi_bytes, .end = ct_face_end_left};
