/* ldap and ldaps: an OpenLDAP server (RFC 4511) that lets anybody in as nobody, shows its root entry, and knows no one and nothing else.
 *
 * Binds give DN and password. A search of one entry whose name is no DN is what a vulnerable Log4j sends after "${jndi:ldap://here/NAME}": the NAME
 * is reported as a callback. Its answer is "no such object": nothing is ever handed out. */
#include "face/ber.h"
#include "face/face_list.h"

enum { OP_BIND = 0x60, OP_UNBIND = 0x42, OP_SEARCH = 0x63, OP_MODIFY = 0x66, OP_ADD = 0x68, OP_DELETE = 0x4a, OP_MODIFY_DN = 0x6c,
       OP_COMPARE = 0x6e, OP_ABANDON = 0x50, OP_EXTENDED = 0x77 };
enum { RESULT_OK = 0, RESULT_PROTOCOL = 2, RESULT_MECHANISM = 7, RESULT_NO_OBJECT = 32, RESULT_CREDENTIALS = 49, RESULT_RIGHTS = 50,
       RESULT_UNWILLING = 53 };

struct ldap {
    unsigned char logins;
};

static void send_message(const struct ct_face_io *io, ct_str id, unsigned op, ct_str body)
{
    struct ct_reply inner = {0}, outer = {0};
    ct_ber_put(&inner, CT_BER_INTEGER, id);
    ct_ber_put(&inner, op, body);
    ct_ber_put(&outer, CT_BER_SEQUENCE, (ct_str){inner.b, inner.n});
    ct_reply_send(&outer, io);
}

static void send_result(const struct ct_face_io *io, ct_str id, unsigned op, unsigned char code, const char *text)
{
    struct ct_reply r = {0};
    ct_ber_put(&r, CT_BER_ENUM, (ct_str){&code, 1});
    ct_ber_text(&r, CT_BER_OCTETS, "");
    ct_ber_text(&r, CT_BER_OCTETS, text);
    send_message(io, id, op, (ct_str){r.b, r.n});
}

/* "PLAIN": authzid NUL authcid NUL password (RFC 4616). */
static void sasl_plain(const struct ct_face_io *io, ct_str credentials)
{
    ct_str rest = credentials;
    ct_str_cut(&rest, 0);
    ct_str user = ct_str_cut(&rest, 0);
    ct_face_told(io, CT_FACT_USER, user);
    ct_face_told(io, CT_FACT_PASSWORD, rest);
}

static void bind(struct ldap *s, const struct ct_face_io *io, ct_str id, ct_str op)
{
    enum { RESPONSE = 0x61, SIMPLE = 0x80, SASL = 0xa3 };
    ct_str version, name, auth;
    unsigned tag;
    if (!ct_ber_want(&op, CT_BER_INTEGER, &version) || !ct_ber_want(&op, CT_BER_OCTETS, &name) || !ct_ber_next(&op, &tag, &auth)) {
        send_result(io, id, RESPONSE, RESULT_PROTOCOL, "decoding error");
        io->close(io->ctx);
        return;
    }
    ct_face_fact(io, CT_FACT_METHOD, CT_STR("bind"));
    ct_face_told(io, CT_FACT_USER, name);
    unsigned char code = RESULT_CREDENTIALS;
    const char *text = "";
    if (tag == SASL) {
        ct_str mechanism = {0}, credentials = {0};
        if (ct_ber_want(&auth, CT_BER_OCTETS, &mechanism)) (void)ct_ber_want(&auth, CT_BER_OCTETS, &credentials);
        ct_face_told(io, CT_FACT_COMMAND, mechanism);
        if (ct_str_eq(mechanism, CT_STR("PLAIN"))) sasl_plain(io, credentials);
        else ct_face_fact(io, CT_FACT_PAYLOAD, credentials);
        code = RESULT_MECHANISM;
        text = "SASL(-4): no mechanism available: ";
    } else if (tag == SIMPLE) {
        ct_face_told(io, CT_FACT_PASSWORD, auth);
    }
    if (ct_ber_number(version) != 3) {
        code = RESULT_PROTOCOL;
        text = "historical protocol version requested, use LDAPv3 instead";
    } else if (tag == SIMPLE && !auth.n) {
        code = name.n ? RESULT_UNWILLING : RESULT_OK;
        text = name.n ? "unauthenticated bind (DN with no password) disallowed" : "";
    }
    send_result(io, id, RESPONSE, code, text);
    if (code != RESULT_OK && ++s->logins >= CT_FACE_LOGINS_MAX) io->close(io->ctx);
}

static void put_attribute(struct ct_reply *r, const char *name, const char *const *values, size_t n)
{
    struct ct_reply set = {0}, attribute = {0};
    for (size_t i = 0; i < n; i++) ct_ber_text(&set, CT_BER_OCTETS, values[i]);
    ct_ber_text(&attribute, CT_BER_OCTETS, name);
    ct_ber_put(&attribute, 0x31, (ct_str){set.b, set.n});
    ct_ber_put(r, CT_BER_SEQUENCE, (ct_str){attribute.b, attribute.n});
}

/* The domain as a suffix: "corp.internal" -> "dc=corp,dc=internal". */
static const char *suffix_of(const struct ct_face_host *host, char *to, size_t room)
{
    struct ct_reply r = {0};
    ct_str rest = host->domain;
    while (rest.p) {
        ct_str label = ct_str_cut(&rest, '.');
        ct_reply_text(&r, r.n ? ",dc=" : "dc=");
        ct_reply_bytes(&r, label);
    }
    size_t n = r.n < room - 1 ? r.n : room - 1;
    for (size_t i = 0; i < n; i++) to[i] = (char)r.b[i];
    to[n] = 0;
    return to;
}

static void send_root(const struct ct_face_io *io, ct_str id)
{
    static const char *const classes[] = {"top", "OpenLDAProotDSE"}, *const version[] = {"3"}, *const config[] = {"cn=config"};
    static const char *const controls[] = {"2.16.840.1.113730.3.4.18", "2.16.840.1.113730.3.4.2", "1.3.6.1.4.1.4203.1.10.1", "1.3.6.1.1.22",
                                           "1.2.840.113556.1.4.319", "1.2.826.0.1.3344810.2.3", "1.3.6.1.1.13.2", "1.3.6.1.1.13.1", "1.3.6.1.1.12"};
    static const char *const extensions[] = {"1.3.6.1.4.1.4203.1.11.1", "1.3.6.1.4.1.4203.1.11.3", "1.3.6.1.1.8"};
    static const char *const schema[] = {"cn=Subschema"};
    char text[2 * CT_FACE_NAME_MAX + 64];
    const char *suffix = suffix_of(io->host, text, sizeof text);
    struct ct_reply list = {0}, entry = {0};
    put_attribute(&list, "objectClass", classes, 2);
    put_attribute(&list, "structuralObjectClass", classes + 1, 1);
    put_attribute(&list, "configContext", config, 1);
    put_attribute(&list, "namingContexts", &suffix, 1);
    put_attribute(&list, "supportedControl", controls, sizeof controls / sizeof *controls);
    put_attribute(&list, "supportedExtension", extensions, sizeof extensions / sizeof *extensions);
    put_attribute(&list, "supportedLDAPVersion", version, 1);
    put_attribute(&list, "subschemaSubentry", schema, 1);
    ct_ber_text(&entry, CT_BER_OCTETS, "");
    ct_ber_put(&entry, CT_BER_SEQUENCE, (ct_str){list.b, list.n});
    send_message(io, id, 0x64, (ct_str){entry.b, entry.n});
}

/* ManageReferral, which Java's JNDI sends with each of its searches. */
static bool from_java(ct_str controls) { return ct_str_find(controls, CT_STR("2.16.840.1.113730.3.4.2")) != CT_STR_NONE; }

static void search(const struct ct_face_io *io, ct_str id, ct_str op, ct_str controls)
{
    enum { DONE = 0x65 };
    ct_str all = op, base, scope;
    if (!ct_ber_want(&op, CT_BER_OCTETS, &base) || !ct_ber_want(&op, CT_BER_ENUM, &scope)) {
        send_result(io, id, DONE, RESULT_PROTOCOL, "decoding error");
        io->close(io->ctx);
        return;
    }
    ct_face_fact(io, CT_FACT_METHOD, CT_STR("search"));
    ct_face_fact(io, CT_FACT_PATH, base);
    ct_face_fact(io, CT_FACT_PAYLOAD, all); /* the filter and the attributes are text too */
    bool one = ct_ber_number(scope) == 0;
    if (one && base.n && (from_java(controls) || ct_str_chr(base, '=') == CT_STR_NONE)) ct_face_fact(io, CT_FACT_CALLBACK, base);
    if (one && !base.n) send_root(io, id);
    send_result(io, id, DONE, one && !base.n ? RESULT_OK : RESULT_NO_OBJECT, "");
}

static void extended(const struct ct_face_io *io, ct_str id, ct_str op)
{
    enum { RESPONSE = 0x78 };
    ct_str name = {0};
    (void)ct_ber_want(&op, 0x80, &name);
    ct_face_told(io, CT_FACT_COMMAND, name);
    if (ct_str_eq(name, CT_STR("1.3.6.1.4.1.4203.1.11.3"))) send_result(io, id, RESPONSE, RESULT_OK, ""); /* who am I: nobody */
    else if (ct_str_eq(name, CT_STR("1.3.6.1.4.1.1466.20037")) && io->start_tls) {
        send_result(io, id, RESPONSE, RESULT_OK, "");
        io->start_tls(io->ctx);
    } else {
        send_result(io, id, RESPONSE, RESULT_PROTOCOL, "unsupported extended operation");
    }
}

static size_t ldap_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct ldap *s = state;
    size_t n = in.n && in.p[0] != CT_BER_SEQUENCE ? SIZE_MAX : ct_ber_size(in, CT_FACE_BUFFER_MAX);
    if (n == 0 || (n != SIZE_MAX && in.n < n)) return 0;
    ct_str rest = ct_str_slice(in, 0, n == SIZE_MAX ? 0 : n), message, id, op;
    unsigned tag;
    if (!ct_ber_want(&rest, CT_BER_SEQUENCE, &message) || !ct_ber_want(&message, CT_BER_INTEGER, &id) || id.n > 5 ||
        !ct_ber_next(&message, &tag, &op)) {
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    switch (tag) {
    case OP_BIND: bind(s, io, id, op); break;
    case OP_SEARCH: search(io, id, op, message); break;
    case OP_EXTENDED: extended(io, id, op); break;
    case OP_ABANDON: break;
    case OP_UNBIND: io->close(io->ctx); break;
    case OP_MODIFY: case OP_ADD: case OP_DELETE: case OP_MODIFY_DN: case OP_COMPARE:
        ct_face_fact(io, CT_FACT_METHOD, tag == OP_ADD ? CT_STR("add") : tag == OP_DELETE ? CT_STR("delete") : tag == OP_COMPARE ? CT_STR("compare")
                                                                                                                   : CT_STR("modify"));
        ct_face_fact(io, CT_FACT_PAYLOAD, op);
        send_result(io, id, tag == OP_DELETE ? 0x6b : tag + 1, RESULT_RIGHTS, "no write access to parent");
        break;
    default:
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    return n;
}

/* A SEQUENCE that opens with an INTEGER and holds an operation; "0" alone may be many things. */
static enum ct_claim ldap_claims(ct_str first)
{
    size_t size = ct_ber_size(first, CT_FACE_BUFFER_MAX);
    if (first.n && first.p[0] != CT_BER_SEQUENCE) return CT_CLAIM_NO;
    if (size == SIZE_MAX) return CT_CLAIM_NO;
    if (size == 0) return CT_CLAIM_MORE;
    size_t at = first.p[1] < 0x80 ? 2 : 2u + (first.p[1] & 0x7f);
    if (first.n <= at + 1) return first.n == at || first.p[at] == CT_BER_INTEGER ? CT_CLAIM_MORE : CT_CLAIM_NO;
    size_t op = at + 2 + first.p[at + 1];
    if (first.p[at] != CT_BER_INTEGER || first.p[at + 1] > 5) return CT_CLAIM_NO;
    if (first.n <= op) return CT_CLAIM_MORE;
    return (first.p[op] & 0xc0) == 0x40 ? CT_CLAIM_YES : CT_CLAIM_NO;
}

static const uint16_t ports[] = {389, 1389}, tls_ports[] = {636};

const struct ct_face ct_face_ldap = {.name = "ldap", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .state_size = sizeof(struct ldap),
                                     .claims = ldap_claims, .open = ct_face_open_quiet, .bytes = ldap_bytes, .end = ct_face_end_left};
const struct ct_face ct_face_ldaps = {.name = "ldaps", .ports = tls_ports, .n_ports = sizeof tls_ports / sizeof *tls_ports, .tls = true,
                                      .state_size = sizeof(struct ldap), .claims = ldap_claims, .open = ct_face_open_quiet, .bytes = ldap_bytes,
                                      .end = ct_face_end_left};
