/* rdp: an xrdp server (MS-RDPBCGR) as far as the negotiation.
 *
 * The connection request's cookie names a user. Where TLS can be had, NLA (CredSSP with NTLM, MS-CSSP) asks for a name and an answer; else, or for clients
 * that ask for no more, what the MCS connect request says of the client is reported. Then it ends. */
#include "face/ber.h"
#include "face/face_list.h"
#include "face/ntlm.h"

enum phase { PHASE_REQUEST, PHASE_CONNECT, PHASE_NLA };
enum { PROTOCOL_TLS = 1, PROTOCOL_NLA = 2 };

struct rdp {
    unsigned char phase;
    bool asked;
    unsigned char version; /* of CredSSP, as the client says */
    unsigned char challenge[CT_NTLM_CHALLENGE];
};

static void nonsense(const struct ct_face_io *io, ct_str in)
{
    ct_face_nonsense(io, in);
    io->close(io->ctx);
}

/* X.224 connection request: cookie and negotiation request, both optional. */
static void take_request(struct rdp *s, const struct ct_face_io *io, ct_str packet)
{
    ct_str rest = ct_str_slice(packet, 11, packet.n), line;
    unsigned wanted = 0, chosen = 0;
    bool negotiates = false;
    while (ct_str_starts(rest, CT_STR("Cookie: "))) {
        size_t n = ct_str_find(rest, CT_STR("\r\n"));
        line = ct_str_slice(rest, 0, n == CT_STR_NONE ? rest.n : n);
        ct_face_fact(io, CT_FACT_PAYLOAD, line);
        if (ct_str_starts(line, CT_STR("Cookie: mstshash="))) ct_face_fact(io, CT_FACT_USER, ct_str_slice(line, 17, line.n));
        rest = ct_str_slice(rest, n == CT_STR_NONE ? rest.n : n + 2, rest.n);
    }
    if (rest.n >= 8 && rest.p[0] == 1 && ct_le16(rest.p + 2) == 8) {
        negotiates = true;
        wanted = rest.p[4];
    } else {
        ct_face_fact(io, CT_FACT_PAYLOAD, rest);
    }
    if (io->start_tls) chosen = wanted & PROTOCOL_NLA ? PROTOCOL_NLA : wanted & PROTOCOL_TLS;
    struct ct_reply r = {0};
    ct_reply_bytes(&r, negotiates ? CT_STR("\x03\x00\x00\x13\x0e\xd0\x00\x00\x00\x00\x00\x02\x00\x08\x00") : CT_STR("\x03\x00\x00\x0b\x06\xd0\x00\x00\x00\x00\x00"));
    if (negotiates) ct_reply_le32(&r, chosen);
    ct_reply_send(&r, io);
    s->phase = chosen == PROTOCOL_NLA ? PHASE_NLA : PHASE_CONNECT;
    if (chosen) io->start_tls(io->ctx);
}

/* MCS connect initial with the client's core data (0xc001): its build and its name stand at fixed places. */
static void take_connect(const struct ct_face_io *io, ct_str packet)
{
    unsigned char text[128];
    ct_face_fact(io, CT_FACT_PAYLOAD, packet);
    for (size_t at = 7; at + 56 <= packet.n; at++) {
        if (packet.p[at] != 0x01 || packet.p[at + 1] != 0xc0 || ct_le16(packet.p + at + 2) < 56) continue;
        ct_str name = ct_str_slice(packet, at + 24, at + 56);
        size_t n = 0;
        while (n + 1 < name.n && (name.p[n] || name.p[n + 1])) n += 2;
        ct_face_told(io, CT_FACT_WORKSTATION, ct_face_utf16(ct_str_slice(name, 0, n), text, sizeof text));
        struct ct_reply r = {0};
        ct_reply_printf(&r, "RDP build %u", (unsigned)ct_le32(packet.p + at + 20));
        ct_face_fact(io, CT_FACT_CLIENT_SOFTWARE, (ct_str){r.b, r.n});
        break;
    }
    io->send(io->ctx, CT_STR("\x03\x00\x00\x09\x02\xf0\x80\x21\x80"));
    io->close(io->ctx);
}

static size_t take_packet(struct rdp *s, const struct ct_face_io *io, ct_str in)
{
    if (in.p[0] != 3) {
        nonsense(io, in);
        return in.n;
    }
    if (in.n < 4) return 0;
    size_t n = ct_be16(in.p + 2);
    if (in.p[1] != 0 || n < 7 || n > CT_FACE_BUFFER_MAX) {
        nonsense(io, in);
        return in.n;
    }
    if (in.n < n) return 0;
    ct_str packet = ct_str_slice(in, 0, n);
    if (s->phase == PHASE_REQUEST && packet.n >= 11 && packet.p[5] == 0xe0) take_request(s, io, packet);
    else if (s->phase == PHASE_CONNECT && packet.p[5] == 0xf0) take_connect(io, packet);
    else nonsense(io, in);
    return n;
}

/* TSRequest around NTLM: the challenge goes the way the negotiate message came, raw or in SPNEGO. */
static void send_challenge(struct rdp *s, const struct ct_face_io *io, ct_str ntlm, bool spnego)
{
    struct ct_reply token = {0}, a = {0}, b = {0};
    io->random(io->ctx, s->challenge, sizeof s->challenge);
    s->asked = true;
    ct_ntlm_challenge(io, ntlm, s->challenge, &token);
    if (spnego) {
        ct_spnego_answer((ct_str){token.b, token.n}, &a);
        token = a;
        a.n = 0;
    }
    ct_ber_put(&a, CT_BER_OCTETS, (ct_str){token.b, token.n});
    static const unsigned char tags[] = {0xa0, CT_BER_SEQUENCE, CT_BER_SEQUENCE, 0xa1};
    for (size_t i = 0; i < sizeof tags; i++) {
        b.n = 0;
        ct_ber_put(&b, tags[i], (ct_str){a.b, a.n});
        a = b;
    }
    b.n = 0;
    ct_reply_bytes(&b, CT_STR("\xa0\x03\x02\x01"));
    ct_reply_u8(&b, s->version);
    ct_reply_bytes(&b, (ct_str){a.b, a.n});
    a.n = 0;
    ct_ber_put(&a, CT_BER_SEQUENCE, (ct_str){b.b, b.n});
    ct_reply_send(&a, io);
}

static size_t take_nla(struct rdp *s, const struct ct_face_io *io, ct_str in)
{
    size_t n = in.p[0] == CT_BER_SEQUENCE ? ct_ber_size(in, CT_FACE_BUFFER_MAX) : SIZE_MAX;
    if (n == 0 || (n != SIZE_MAX && in.n < n)) return 0;
    ct_str whole = ct_str_slice(in, 0, n == SIZE_MAX ? 0 : n), body, version, number, rest, ntlm;
    rest = whole;
    if (!ct_ber_want(&rest, CT_BER_SEQUENCE, &body) || !ct_ber_want(&body, 0xa0, &version) || !ct_ber_want(&version, CT_BER_INTEGER, &number)) {
        nonsense(io, in);
        return in.n;
    }
    s->version = (unsigned char)(ct_ber_number(number) < 6 ? ct_ber_number(number) : 6);
    unsigned type = ct_ntlm_find(body, &ntlm);
    if (type == CT_NTLM_NEGOTIATE && !s->asked) {
        send_challenge(s, io, ntlm, ct_str_find(body, CT_STR("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a")) != CT_STR_NONE);
        return n;
    }
    if (type == CT_NTLM_AUTHENTICATE && s->asked) {
        struct ct_reply r = {0};
        ct_ntlm_report(io, ntlm, s->challenge);
        ct_reply_bytes(&r, CT_STR("\x30\x0d\xa0\x03\x02\x01"));
        ct_reply_u8(&r, s->version);
        ct_reply_bytes(&r, CT_STR("\xa4\x06\x02\x04\xc0\x00\x00\x6d")); /* errorCode: logon failure */
        ct_reply_send(&r, io);
    } else {
        ct_face_nonsense(io, whole);
    }
    io->close(io->ctx);
    return n;
}

static size_t rdp_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct rdp *s = state;
    if (!in.n) return 0;
    return s->phase == PHASE_NLA ? take_nla(s, io, in) : take_packet(s, io, in);
}

/* TPKT with a connection request in it. */
static enum ct_claim rdp_claims(ct_str first)
{
    if ((first.n > 0 && first.p[0] != 3) || (first.n > 1 && first.p[1] != 0) || (first.n > 5 && first.p[5] != 0xe0)) return CT_CLAIM_NO;
    return first.n > 5 ? CT_CLAIM_YES : CT_CLAIM_MORE;
}

static const uint16_t ports[] = {3389};

const struct ct_face ct_face_rdp = {.name = "rdp", .ports = ports, .n_ports = 1, .state_size = sizeof(struct rdp), .claims = rdp_claims,
                                    .open = ct_face_open_quiet, .bytes = rdp_bytes, .end = ct_face_end_left};
