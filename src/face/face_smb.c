/* smb: a Samba server (MS-SMB2, dialects 2.0.2 to 3.1.1) that lets nobody in.
 *
 * Negotiates, asks by NTLM for a name, and refuses: domain, user, workstation and the answer to the challenge are reported. SMB 1 is answered as
 * today's Samba answers it: no dialect. Weak side: Kerberos tokens are not looked into; their sender is asked for NTLM. */
#include "face/face_list.h"
#include "face/ntlm.h"

#include <string.h>

enum { HEADER1 = 32, HEADER2 = 64 };
enum { COMMAND_NEGOTIATE = 0, COMMAND_SESSION_SETUP = 1, COMMAND_TREE_CONNECT = 3, COMMAND_ECHO = 13 };
#define STATUS_MORE      0xc0000016u /* more processing required */
#define STATUS_LOGON     0xc000006du /* logon failure */
#define STATUS_PARAMETER 0xc000000du
#define STATUS_SESSION   0xc0000203u /* user session deleted */

struct smb {
    unsigned char challenge[CT_NTLM_CHALLENGE];
    bool asked, negotiated;
    unsigned char logins;
};

static void send_framed(const struct ct_face_io *io, const struct ct_reply *message)
{
    struct ct_reply r = {0};
    ct_reply_be32(&r, (uint32_t)message->n);
    ct_reply_bytes(&r, (ct_str){message->b, message->n});
    ct_reply_send(&r, io);
}

/* The header of an answer to the request (null: to none, of SMB 1). */
static void put_header2(struct ct_reply *r, const unsigned char *request, uint32_t status, uint64_t session)
{
    ct_reply_bytes(r, CT_STR("\xfeSMB\x40\x00\x00\x00"));
    ct_reply_le32(r, status);
    ct_reply_le16(r, request ? ct_le16(request + 12) : COMMAND_NEGOTIATE);
    ct_reply_le16(r, 1);
    ct_reply_le32(r, 1);
    ct_reply_le32(r, 0);
    if (request) ct_reply_bytes(r, (ct_str){request + 24, 16}); /* message, process, tree */
    else ct_reply_zero(r, 16);
    ct_reply_le64(r, session);
    ct_reply_zero(r, 16);
}

static void send_status(const struct ct_face_io *io, const unsigned char *request, uint32_t status)
{
    struct ct_reply r = {0};
    put_header2(&r, request, status, 0);
    ct_reply_bytes(&r, CT_STR("\x09\x00\x00\x00\x00\x00\x00\x00\x00"));
    send_framed(io, &r);
}

static void send_negotiate(const struct ct_face_io *io, const unsigned char *request, unsigned dialect)
{
    struct ct_reply r = {0}, hello = {0};
    unsigned char salt[32];
    bool contexts = dialect == 0x0311;
    uint64_t now = ((uint64_t)io->now_us + UINT64_C(11644473600000000)) * 10;
    uint32_t most = dialect == 0x0202 ? 65536 : 8388608;
    ct_spnego_hello(&hello);
    put_header2(&r, request, 0, 0);
    ct_reply_le16(&r, 65);
    ct_reply_le16(&r, 1); /* signing enabled */
    ct_reply_le16(&r, dialect);
    ct_reply_le16(&r, contexts);
    ct_reply_le64(&r, ct_face_seeded(io->host, "smb guid"));
    ct_reply_le64(&r, ct_face_seeded(io->host, "smb guid 2"));
    ct_reply_le32(&r, dialect == 0x0202 ? 1 : 7); /* DFS; leasing, large MTU */
    ct_reply_le32(&r, most);
    ct_reply_le32(&r, most);
    ct_reply_le32(&r, most);
    ct_reply_le64(&r, now);
    ct_reply_le64(&r, 0);
    ct_reply_le16(&r, 128);
    ct_reply_le16(&r, (unsigned)hello.n);
    size_t behind = (128 + hello.n + 7) / 8 * 8;
    ct_reply_le32(&r, contexts ? (uint32_t)behind : 0);
    ct_reply_bytes(&r, (ct_str){hello.b, hello.n});
    if (contexts) { /* integrity of what precedes a login: SHA-512 */
        ct_reply_zero(&r, behind - r.n);
        io->random(io->ctx, salt, sizeof salt);
        ct_reply_bytes(&r, CT_STR("\x01\x00\x26\x00\x00\x00\x00\x00\x01\x00\x20\x00\x01\x00"));
        ct_reply_bytes(&r, (ct_str){salt, sizeof salt});
    }
    send_framed(io, &r);
}

/* The best that is offered of what Samba speaks; 0: none. */
static unsigned choose_dialect(ct_str message)
{
    static const unsigned known[] = {0x0311, 0x0302, 0x0300, 0x0210, 0x0202};
    size_t count = message.n >= HEADER2 + 36 ? ct_le16(message.p + HEADER2 + 2) : 0;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        for (size_t i = 0; i < count && HEADER2 + 36 + 2 * i + 2 <= message.n; i++)
            if (ct_le16(message.p + HEADER2 + 36 + 2 * i) == known[k]) return known[k];
    return 0;
}

static void session_setup(struct smb *s, const struct ct_face_io *io, ct_str message)
{
    ct_str token = {0}, ntlm = {0};
    if (message.n >= HEADER2 + 24) {
        size_t from = ct_le16(message.p + HEADER2 + 12), n = ct_le16(message.p + HEADER2 + 14);
        token = ct_str_slice(message, from, from + n);
    }
    unsigned type = ct_ntlm_find(token, &ntlm);
    bool wrapped = ntlm.p != token.p;
    if (type == CT_NTLM_AUTHENTICATE) {
        ct_ntlm_report(io, ntlm, s->challenge);
        send_status(io, message.p, s->asked ? STATUS_LOGON : STATUS_PARAMETER);
        s->asked = false;
        if (++s->logins >= CT_FACE_LOGINS_MAX) io->close(io->ctx);
        return;
    }
    ct_face_fact(io, CT_FACT_PAYLOAD, token);
    struct ct_reply challenge = {0}, answer = {0}, r = {0};
    uint64_t session = ct_le32(message.p + 40); /* a second leg keeps the number of the first */
    if (type == CT_NTLM_NEGOTIATE) {
        io->random(io->ctx, s->challenge, sizeof s->challenge);
        s->asked = true;
        ct_ntlm_challenge(io, ntlm, s->challenge, &challenge);
    }
    if (wrapped || !challenge.n) ct_spnego_answer((ct_str){challenge.b, challenge.n}, &answer);
    else answer = challenge;
    if (!session) {
        unsigned char number[4];
        io->random(io->ctx, number, sizeof number);
        session = ct_le32(number) | 1;
    }
    put_header2(&r, message.p, STATUS_MORE, session);
    ct_reply_le16(&r, 9);
    ct_reply_le16(&r, 0);
    ct_reply_le16(&r, HEADER2 + 8);
    ct_reply_le16(&r, (unsigned)answer.n);
    ct_reply_bytes(&r, (ct_str){answer.b, answer.n});
    send_framed(io, &r);
}

/* \\server\share, which only who is logged in may ask for. */
static void tree_connect(const struct ct_face_io *io, ct_str message)
{
    unsigned char text[1024];
    if (message.n < HEADER2 + 8) return;
    size_t from = ct_le16(message.p + HEADER2 + 4), n = ct_le16(message.p + HEADER2 + 6);
    ct_face_told(io, CT_FACT_PATH, ct_face_utf16(ct_str_slice(message, from, from + n), text, sizeof text));
}

static void message2(struct smb *s, const struct ct_face_io *io, ct_str message)
{
    unsigned command = ct_le16(message.p + 12);
    if (command == COMMAND_NEGOTIATE) {
        unsigned dialect = choose_dialect(message);
        s->negotiated = true;
        if (dialect) send_negotiate(io, message.p, dialect);
        else send_status(io, message.p, 0xc00000bbu); /* not supported */
        return;
    }
    if (command == COMMAND_SESSION_SETUP && s->negotiated) {
        session_setup(s, io, message);
        return;
    }
    if (command == COMMAND_TREE_CONNECT) tree_connect(io, message);
    ct_face_fact(io, CT_FACT_PAYLOAD, ct_str_slice(message, HEADER2, message.n));
    send_status(io, message.p, STATUS_SESSION);
    if (++s->logins >= CT_FACE_LOGINS_MAX) io->close(io->ctx);
}

static void message1(struct smb *s, const struct ct_face_io *io, ct_str message)
{
    enum { NEGOTIATE = 0x72 };
    ct_str names = ct_str_slice(message, HEADER1 + 3, message.n);
    ct_face_fact(io, CT_FACT_PAYLOAD, names);
    if (message.p[4] != NEGOTIATE) {
        ct_face_nonsense(io, message);
        io->close(io->ctx);
    } else if (ct_str_find(names, CT_STR("\x02SMB 2.???")) != CT_STR_NONE) {
        send_negotiate(io, NULL, 0x02ff);
    } else if (ct_str_find(names, CT_STR("\x02SMB 2.002")) != CT_STR_NONE) {
        s->negotiated = true;
        send_negotiate(io, NULL, 0x0202);
    } else {
        struct ct_reply r = {0};
        ct_reply_bytes(&r, CT_STR("\xffSMB\x72\x00\x00\x00\x00\x88\x03\xc8"));
        ct_reply_zero(&r, 12);
        ct_reply_bytes(&r, ct_str_slice(message, 24, HEADER1)); /* tree, process, user, message */
        ct_reply_bytes(&r, CT_STR("\x01\xff\xff\x00\x00"));
        send_framed(io, &r);
        io->close(io->ctx);
    }
}

static size_t smb_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    enum { SESSION_MESSAGE = 0x00, SESSION_REQUEST = 0x81, SESSION_POSITIVE = 0x82, KEEP_ALIVE = 0x85 };
    struct smb *s = state;
    if (in.n < 4) return 0;
    size_t n = 4 + ((size_t)in.p[1] << 16 | (size_t)in.p[2] << 8 | in.p[3]);
    bool known = in.p[0] == SESSION_MESSAGE || in.p[0] == SESSION_REQUEST || in.p[0] == KEEP_ALIVE;
    if (!known || n > CT_FACE_BUFFER_MAX) {
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    if (in.n < n) return 0;
    ct_str message = ct_str_slice(in, 4, n);
    if (in.p[0] == SESSION_REQUEST) { /* NetBIOS names, on port 139 */
        ct_face_fact(io, CT_FACT_PAYLOAD, message);
        static const unsigned char yes[4] = {SESSION_POSITIVE};
        io->send(io->ctx, (ct_str){yes, 4});
    } else if (in.p[0] == KEEP_ALIVE) {
        return n;
    } else if (message.n >= HEADER2 && ct_str_starts(message, CT_STR("\xfeSMB"))) {
        message2(s, io, message);
    } else if (message.n >= HEADER1 && ct_str_starts(message, CT_STR("\xffSMB"))) {
        message1(s, io, message);
    } else {
        ct_face_nonsense(io, in);
        io->close(io->ctx);
    }
    return n;
}

static enum ct_claim smb_claims(ct_str first)
{
    if (first.n && first.p[0]) return CT_CLAIM_NO;
    if (first.n < 5) return CT_CLAIM_MORE;
    if (first.p[4] != 0xff && first.p[4] != 0xfe) return CT_CLAIM_NO;
    ct_str rest = ct_str_slice(first, 5, 8), word = CT_STR("SMB");
    if (ct_str_starts(word, rest)) return rest.n == 3 ? CT_CLAIM_YES : CT_CLAIM_MORE;
    return CT_CLAIM_NO;
}

static const uint16_t ports[] = {445, 139};

const struct ct_face ct_face_smb = {.name = "smb", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .state_size = sizeof(struct smb),
                                    .claims = smb_claims, .open = ct_face_open_quiet, .bytes = smb_bytes, .end = ct_face_end_left};
