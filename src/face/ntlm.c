#include "face/ntlm.h"

#include "face/ber.h"

#include <string.h>

enum { FLAG_UNICODE = 1, FLAG_TARGET = 4, FLAG_NTLM = 0x200, FLAG_TYPE_SERVER = 0x20000, FLAG_TARGET_INFO = 0x800000, FLAG_VERSION = 0x2000000 };
/* What is taken over from the client: signing, sealing, key exchange, key lengths, extended session security. */
enum { FLAGS_TAKEN = 0x10 | 0x20 | 0x8000 | 0x80000 };
#define FLAGS_TAKEN_HIGH 0xe0000000u

static const char signature[] = "NTLMSSP"; /* with its NUL */

unsigned ct_ntlm_find(ct_str token, ct_str *ret_message)
{
    size_t at = ct_str_find(token, (ct_str){(const unsigned char *)signature, sizeof signature});
    if (at == CT_STR_NONE || token.n - at < 12) return CT_NTLM_NONE;
    ct_str message = ct_str_slice(token, at, token.n);
    uint32_t type = ct_le32(message.p + 8);
    if (type != CT_NTLM_NEGOTIATE && type != CT_NTLM_AUTHENTICATE) return CT_NTLM_NONE;
    *ret_message = message;
    return type;
}

/* ASCII as UTF-16LE; upper: capitals, as NetBIOS has them. */
static void put_wide(struct ct_reply *r, ct_str text, bool upper)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i];
        ct_reply_le16(r, upper && c >= 'a' && c <= 'z' ? c - 32u : c);
    }
}

static void put_pair(struct ct_reply *r, unsigned id, const struct ct_reply *value)
{
    ct_reply_le16(r, id);
    ct_reply_le16(r, (unsigned)value->n);
    ct_reply_bytes(r, (ct_str){value->b, value->n});
}

static void put_wide_pair(struct ct_reply *r, unsigned id, ct_str first, ct_str second, bool upper)
{
    struct ct_reply v;
    v.n = 0;
    v.full = false;
    put_wide(&v, first, upper);
    if (second.n) put_wide(&v, CT_STR("."), false);
    put_wide(&v, second, upper);
    put_pair(r, id, &v);
}

void ct_ntlm_challenge(const struct ct_face_io *io, ct_str negotiate, const unsigned char challenge[CT_NTLM_CHALLENGE], struct ct_reply *to)
{
    enum { HEADER = 56 };
    const struct ct_face_host *host = io->host;
    struct ct_reply name = {0}, info = {0}, now = {0};
    uint32_t theirs = negotiate.n >= 16 ? ct_le32(negotiate.p + 12) : 0;
    uint32_t flags = FLAG_UNICODE | FLAG_TARGET | FLAG_NTLM | FLAG_TYPE_SERVER | FLAG_TARGET_INFO | FLAG_VERSION | (theirs & (FLAGS_TAKEN | FLAGS_TAKEN_HIGH));
    ct_str label = host->domain;
    label = ct_str_cut(&label, '.');
    put_wide(&name, host->name, true);
    put_wide_pair(&info, 2, label, (ct_str){0}, true);
    put_wide_pair(&info, 1, host->name, (ct_str){0}, true);
    put_wide_pair(&info, 4, host->domain, (ct_str){0}, false);
    put_wide_pair(&info, 3, host->name, host->domain, false);
    ct_reply_le64(&now, ((uint64_t)io->now_us + UINT64_C(11644473600000000)) * 10); /* FILETIME: tenths of microseconds since 1601 */
    put_pair(&info, 7, &now);
    ct_reply_zero(&info, 4);

    ct_reply_bytes(to, (ct_str){(const unsigned char *)signature, sizeof signature});
    ct_reply_le32(to, 2);
    ct_reply_le16(to, (unsigned)name.n);
    ct_reply_le16(to, (unsigned)name.n);
    ct_reply_le32(to, HEADER);
    ct_reply_le32(to, flags);
    ct_reply_bytes(to, (ct_str){challenge, CT_NTLM_CHALLENGE});
    ct_reply_zero(to, 8);
    ct_reply_le16(to, (unsigned)info.n);
    ct_reply_le16(to, (unsigned)info.n);
    ct_reply_le32(to, (uint32_t)(HEADER + name.n));
    ct_reply_bytes(to, CT_STR("\x06\x01\x00\x00\x00\x00\x00\x0f")); /* 6.1, as Samba says */
    ct_reply_bytes(to, (ct_str){name.b, name.n});
    ct_reply_bytes(to, (ct_str){info.b, info.n});
}

/* A field of the message's fixed part: length, room, offset. Empty when it points outside. */
static ct_str field(ct_str message, size_t at)
{
    if (message.n < at + 8) return (ct_str){0};
    size_t n = ct_le16(message.p + at), from = ct_le32(message.p + at + 4);
    if (from > message.n || n > message.n - from) return (ct_str){0};
    return ct_str_slice(message, from, from + n);
}

static void report_text(const struct ct_face_io *io, enum ct_fact kind, ct_str value, bool wide)
{
    unsigned char text[1024];
    ct_face_told(io, kind, wide ? ct_face_utf16(value, text, sizeof text) : ct_str_slice(value, 0, sizeof text));
}

void ct_ntlm_report(const struct ct_face_io *io, ct_str authenticate, const unsigned char challenge[CT_NTLM_CHALLENGE])
{
    bool wide = authenticate.n < 64 || ct_le32(authenticate.p + 60) & FLAG_UNICODE;
    report_text(io, CT_FACT_DOMAIN, field(authenticate, 28), wide);
    report_text(io, CT_FACT_WORKSTATION, field(authenticate, 44), wide);
    report_text(io, CT_FACT_USER, field(authenticate, 36), wide);
    ct_str parts[2] = {{challenge, CT_NTLM_CHALLENGE}, field(authenticate, 20)};
    if (parts[1].n > 1) ct_face_response(io, "ntlm", parts, 2);
}

#define OID_SPNEGO "\x2b\x06\x01\x05\x05\x02"
#define OID_NTLM   "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"

static ct_str view(const struct ct_reply *r) { return (ct_str){r->b, r->n}; }

/* Wraps what is in *r: tag, length, contents. */
static void wrap(struct ct_reply *r, unsigned tag)
{
    struct ct_reply outer;
    outer.n = 0;
    outer.full = r->full;
    ct_ber_put(&outer, tag, view(r));
    *r = outer;
}

void ct_spnego_hello(struct ct_reply *to)
{
    struct ct_reply types = {0}, hints = {0}, all = {0};
    ct_ber_put(&types, CT_BER_OID, CT_STR(OID_NTLM));
    wrap(&types, CT_BER_SEQUENCE);
    wrap(&types, 0xa0);
    ct_ber_text(&hints, 0x1b, "not_defined_in_RFC4178@please_ignore");
    wrap(&hints, 0xa0);
    wrap(&hints, CT_BER_SEQUENCE);
    wrap(&hints, 0xa3);
    ct_reply_bytes(&types, view(&hints));
    wrap(&types, CT_BER_SEQUENCE);
    wrap(&types, 0xa0);
    ct_ber_put(&all, CT_BER_OID, CT_STR(OID_SPNEGO));
    ct_reply_bytes(&all, view(&types));
    wrap(&all, 0x60);
    ct_reply_bytes(to, view(&all));
}

void ct_spnego_answer(ct_str token, struct ct_reply *to)
{
    struct ct_reply state = {0}, mechanism = {0}, inner = {0};
    ct_ber_put(&state, CT_BER_ENUM, CT_STR("\x01")); /* accept-incomplete */
    wrap(&state, 0xa0);
    ct_ber_put(&mechanism, CT_BER_OID, CT_STR(OID_NTLM));
    wrap(&mechanism, 0xa1);
    ct_reply_bytes(&state, view(&mechanism));
    if (token.n) {
        ct_ber_put(&inner, CT_BER_OCTETS, token);
        wrap(&inner, 0xa2);
        ct_reply_bytes(&state, view(&inner));
    }
    wrap(&state, CT_BER_SEQUENCE);
    wrap(&state, 0xa1);
    ct_reply_bytes(to, view(&state));
}
