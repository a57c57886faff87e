/* ssh: an OpenSSH server that asks for a password and believes none.
 *
 * The key exchange is a real one, so that real clients get as far as their password: curve25519 or P-256, AES in counter mode, HMAC. Reports the
 * client's banner, HASSH, names, passwords, and the fingerprints of the keys it offers. No rekeying, no compression, no second method: a client that
 * insists on one sees the connection end. */
#include "face/face_list.h"
#include "face/ssh.h"

enum phase { PHASE_BANNER, PHASE_KEXINIT, PHASE_ECDH, PHASE_NEWKEYS, PHASE_SERVICE, PHASE_AUTH };
enum { BANNER_MAX = 255, TRIES_MAX = 6 };

_Static_assert(sizeof(struct ct_ssh) <= CT_FACE_STATE_MAX, "a session keeps more than faces may");

static void ssh_open(void *state, const struct ct_face_io *io)
{
    (void)state;
    io->send(io->ctx, CT_STR(CT_SSH_BANNER "\r\n"));
}

static void disconnect(struct ct_ssh *s, const struct ct_face_io *io, uint32_t reason, const char *text)
{
    struct ct_reply r = {0};
    ct_reply_u8(&r, SSH_DISCONNECT);
    ct_reply_be32(&r, reason);
    ct_ssh_put_string(&r, ct_str_from(text));
    ct_ssh_put_string(&r, CT_STR(""));
    ct_ssh_write(s, io, (ct_str){r.b, r.n});
    io->close(io->ctx);
}

static size_t take_banner(struct ct_ssh *s, const struct ct_face_io *io, ct_str in)
{
    ct_str line, known = CT_STR("SSH-");
    if (!ct_str_eq(ct_str_slice(in, 0, known.n), ct_str_slice(known, 0, in.n))) goto nonsense;
    size_t n = ct_face_line(in, &line);
    if (!n && in.n <= BANNER_MAX) return 0;
    if (!n || line.n > BANNER_MAX || !(ct_str_starts(line, CT_STR("SSH-2.0-")) || ct_str_starts(line, CT_STR("SSH-1.99-")))) goto nonsense;
    ct_face_told(io, CT_FACT_CLIENT_SOFTWARE, line);
    ct_sha256_init(&s->hash);
    ct_ssh_hash_string(&s->hash, line);
    ct_ssh_hash_string(&s->hash, CT_STR(CT_SSH_BANNER));
    ct_ssh_send_kexinit(s, io);
    s->phase = PHASE_KEXINIT;
    return n;
nonsense:
    ct_face_nonsense(io, in);
    io->send(io->ctx, CT_STR("Invalid SSH identification string.\r\n"));
    io->close(io->ctx);
    return in.n;
}

/* "ssh-ed25519 SHA256:..." as ssh-keygen -l shows it. The type is the key's own, which the method's may differ from (rsa-sha2-512). */
static void report_key(const struct ct_face_io *io, ct_str type, ct_str blob)
{
    ct_str inside = blob;
    (void)ct_ssh_string(&inside, &type);
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char digest[34] = {0};
    struct ct_reply r = {0};
    struct ct_sha h;
    ct_sha256_init(&h);
    ct_sha_add(&h, blob);
    ct_sha_done(&h, digest);
    ct_reply_bytes(&r, ct_str_slice(type, 0, 64));
    ct_reply_text(&r, " SHA256:");
    for (unsigned bit = 0; bit < 256; bit += 6) {
        unsigned two = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];
        ct_reply_u8(&r, (unsigned char)alphabet[two >> (10 - bit % 8) & 63]);
    }
    ct_face_told(io, CT_FACT_KEY, (ct_str){r.b, r.n});
}

/* One try (RFC 4252). False: not well formed. */
static bool auth_request(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload)
{
    ct_str rest = ct_str_slice(payload, 1, payload.n), user, service, method;
    if (!ct_ssh_string(&rest, &user) || !ct_ssh_string(&rest, &service) || !ct_ssh_string(&rest, &method)) return false;
    ct_face_told(io, CT_FACT_USER, user);
    if (ct_str_eq(method, CT_STR("password"))) {
        ct_str password;
        rest = ct_str_slice(rest, 1, rest.n);
        if (!ct_ssh_string(&rest, &password)) return false;
        ct_face_told(io, CT_FACT_PASSWORD, password);
        s->logins++;
    } else if (ct_str_eq(method, CT_STR("publickey"))) {
        ct_str type, blob;
        rest = ct_str_slice(rest, 1, rest.n);
        if (!ct_ssh_string(&rest, &type) || !ct_ssh_string(&rest, &blob)) return false;
        report_key(io, type, blob);
        s->logins++;
    } else {
        ct_face_told(io, CT_FACT_METHOD, method);
        if (!ct_str_eq(method, CT_STR("none"))) s->logins++;
    }
    if (s->logins >= TRIES_MAX) {
        disconnect(s, io, 2, "Too many authentication failures");
        return true;
    }
    struct ct_reply r = {0};
    ct_reply_u8(&r, SSH_AUTH_FAILURE);
    ct_ssh_put_string(&r, CT_STR("publickey,password"));
    ct_reply_u8(&r, 0);
    ct_ssh_write(s, io, (ct_str){r.b, r.n});
    return true;
}

static bool service_request(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload)
{
    ct_str rest = ct_str_slice(payload, 1, payload.n), name;
    if (!ct_ssh_string(&rest, &name)) return false;
    if (!ct_str_eq(name, CT_STR("ssh-userauth"))) {
        ct_face_told(io, CT_FACT_COMMAND, name);
        disconnect(s, io, 2, "bad service request");
        return true;
    }
    struct ct_reply r = {0};
    ct_reply_u8(&r, SSH_SERVICE_ACCEPT);
    ct_ssh_put_string(&r, CT_STR("ssh-userauth"));
    ct_ssh_write(s, io, (ct_str){r.b, r.n});
    s->phase = PHASE_AUTH;
    return true;
}

/* False: ends the connection. */
static bool packet(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload)
{
    unsigned type = payload.n ? payload.p[0] : 0;
    if (type == SSH_IGNORE || type == SSH_DEBUG || type == SSH_UNIMPLEMENTED) return !(s->strict && s->phase < PHASE_SERVICE);
    if (type == SSH_DISCONNECT) return false;
    switch (s->phase) {
    case PHASE_KEXINIT:
        if (type != SSH_KEXINIT || !ct_ssh_take_kexinit(s, io, payload)) return false;
        s->phase = PHASE_ECDH;
        return true;
    case PHASE_ECDH:
        if (s->skip_next) {
            s->skip_next = false;
            return true;
        }
        if (type != SSH_ECDH_INIT || !ct_ssh_take_ecdh(s, io, payload)) return false;
        s->phase = PHASE_NEWKEYS;
        return true;
    case PHASE_NEWKEYS:
        if (type != SSH_NEWKEYS) return false;
        s->in.on = true;
        if (s->strict) s->in.sequence = 0;
        s->phase = PHASE_SERVICE;
        return true;
    case PHASE_SERVICE:
        if (type == SSH_EXT_INFO) return true;
        return type == SSH_SERVICE_REQUEST && service_request(s, io, payload);
    default:
        if (type == SSH_AUTH_REQUEST) return auth_request(s, io, payload);
        if (type == SSH_EXT_INFO) return true;
        return type == SSH_SERVICE_REQUEST && service_request(s, io, payload);
    }
}

static size_t ssh_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct ct_ssh *s = state;
    if (s->phase == PHASE_BANNER) return take_banner(s, io, in);
    unsigned char plain[CT_FACE_BUFFER_MAX];
    ct_str payload = {0};
    size_t n = ct_ssh_read(s, io, in, plain, &payload);
    if (n == 0) return 0;
    if (n != SIZE_MAX && packet(s, io, payload)) return n;
    if (n == SIZE_MAX && s->phase == PHASE_KEXINIT) ct_face_nonsense(io, in);
    io->close(io->ctx);
    return n == SIZE_MAX ? in.n : n;
}

/* Behind the banner, what is left is a part of a packet. */
static void ssh_end(void *state, const struct ct_face_io *io, ct_str left)
{
    if (((struct ct_ssh *)state)->phase <= PHASE_KEXINIT) ct_face_nonsense(io, left);
}

static enum ct_claim ssh_claims(ct_str first)
{
    ct_str known = CT_STR("SSH-");
    if (ct_str_starts(first, known)) return CT_CLAIM_YES;
    return ct_str_starts(known, first) ? CT_CLAIM_MORE : CT_CLAIM_NO;
}

static const uint16_t ports[] = {22, 2222};

const struct ct_face ct_face_ssh = {.name = "ssh", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .speaks_first = true,
                                    .state_size = sizeof(struct ct_ssh), .claims = ssh_claims, .open = ssh_open, .bytes = ssh_bytes, .end = ssh_end};
