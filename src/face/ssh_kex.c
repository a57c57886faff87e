#include "face/md5.h"
#include "face/ssh.h"

#include <stdio.h>
#include <string.h>

/* What we can do, in OpenSSH's spelling. A client's first choice that stands here is taken. Weak side: a stock OpenSSH offers more, so the list as a
 * whole looks like one that somebody hardened. */
static const char kex_methods[] = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,kex-strict-s-v00@openssh.com";
static const char host_keys[] = "ecdsa-sha2-nistp256";
static const char ciphers[] = "aes128-ctr,aes256-ctr";
static const char macs[] = "hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha1";
static const char compressions[] = "none,zlib@openssh.com";

static void build_kexinit(const struct ct_ssh *s, struct ct_reply *r)
{
    static const char *const lists[] = {kex_methods, host_keys, ciphers, ciphers, macs, macs, compressions, compressions, "", ""};
    ct_reply_u8(r, SSH_KEXINIT);
    ct_reply_bytes(r, (ct_str){s->cookie, sizeof s->cookie});
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) ct_ssh_put_string(r, ct_str_from(lists[i]));
    ct_reply_zero(r, 5);
}

void ct_ssh_send_kexinit(struct ct_ssh *s, const struct ct_face_io *io)
{
    struct ct_reply r = {0};
    io->random(io->ctx, s->cookie, sizeof s->cookie);
    build_kexinit(s, &r);
    ct_ssh_write(s, io, (ct_str){r.b, r.n});
}

void ct_ssh_hash_string(struct ct_sha *h, ct_str value)
{
    unsigned char n[4] = {(unsigned char)(value.n >> 24), (unsigned char)(value.n >> 16), (unsigned char)(value.n >> 8), (unsigned char)value.n};
    ct_sha_add(h, (ct_str){n, 4});
    ct_sha_add(h, value);
}

static bool listed(ct_str list, ct_str name)
{
    while (list.p)
        if (ct_str_eq(ct_str_cut(&list, ','), name)) return true;
    return false;
}

/* The client's first that is ours; empty: none. */
static ct_str choose(ct_str theirs, const char *ours)
{
    while (theirs.p) {
        ct_str one = ct_str_cut(&theirs, ',');
        if (one.n && listed(ct_str_from(ours), one)) return one;
    }
    return (ct_str){0};
}

/* HASSH: MD5 of what the client offers: key exchange; encryption; MAC; compression (towards the server). */
static void report_hassh(const struct ct_face_io *io, const ct_str *lists)
{
    static const unsigned char parts[4] = {0, 2, 4, 6};
    unsigned char text[CT_FACE_BUFFER_MAX], digest[16];
    char hex[33];
    size_t n = 0;
    for (unsigned i = 0; i < 4; i++) {
        ct_str list = lists[parts[i]];
        if (list.n + 1 > sizeof text - n) return; /* cannot be: they stand in one packet */
        if (i) text[n++] = ';';
        if (list.n) memcpy(text + n, list.p, list.n);
        n += list.n;
    }
    ct_md5((ct_str){text, n}, digest);
    for (unsigned i = 0; i < 16; i++) (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    ct_face_fact(io, CT_FACT_HASSH, (ct_str){(const unsigned char *)hex, 32});
}

static bool set_way(struct ct_ssh_way *way, ct_str cipher, ct_str code)
{
    way->key_n = ct_str_starts(cipher, CT_STR("aes256")) ? 32 : 16;
    way->mac_n = ct_str_starts(code, CT_STR("hmac-sha1")) ? 20 : 32;
    way->etm = ct_str_ends(code, CT_STR("-etm@openssh.com"));
    return cipher.n && code.n;
}

bool ct_ssh_take_kexinit(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload)
{
    ct_str rest = ct_str_slice(payload, 17, payload.n), lists[10];
    if (payload.n < 17) return false;
    for (unsigned i = 0; i < 10; i++)
        if (!ct_ssh_string(&rest, &lists[i])) return false;
    if (rest.n < 5) return false;
    report_hassh(io, lists);
    ct_str kex = choose(lists[0], kex_methods), key = choose(lists[1], host_keys);
    ct_str first = lists[0], first_key = lists[1];
    s->skip_next = rest.p[0] && !(ct_str_eq(kex, ct_str_cut(&first, ',')) && ct_str_eq(key, ct_str_cut(&first_key, ',')));
    s->x25519 = ct_str_starts(kex, CT_STR("curve25519"));
    s->ext_info = listed(lists[0], CT_STR("ext-info-c"));
    s->strict = listed(lists[0], CT_STR("kex-strict-c-v00@openssh.com"));
    bool ok = set_way(&s->in, choose(lists[2], ciphers), choose(lists[4], macs));
    ok = set_way(&s->out, choose(lists[3], ciphers), choose(lists[5], macs)) && ok;
    /* zlib@openssh.com would begin behind a login, so never. */
    ok = ok && choose(lists[6], compressions).n && choose(lists[7], compressions).n;
    struct ct_reply ours = {0};
    build_kexinit(s, &ours);
    ct_ssh_hash_string(&s->hash, payload);
    ct_ssh_hash_string(&s->hash, (ct_str){ours.b, ours.n});
    return ok && kex.n && key.n && io->host->crypto && !(s->strict && s->in.sequence != 1);
}

/* HASH(K || H || letter || session id): enough for any key here (RFC 4253, 7.2). */
static void derive(const struct ct_ssh *s, ct_str secret, char letter, unsigned char *to, size_t n)
{
    unsigned char key[32];
    struct ct_sha h;
    ct_sha256_init(&h);
    ct_sha_add(&h, secret);
    ct_sha_add(&h, (ct_str){s->session, 32});
    ct_sha_add(&h, (ct_str){(const unsigned char *)&letter, 1});
    ct_sha_add(&h, (ct_str){s->session, 32});
    ct_sha_done(&h, key);
    memcpy(to, key, n);
}

static bool put_signature(struct ct_reply *r, const struct ct_face_crypto *c, const unsigned char exchange_hash[32])
{
    unsigned char digest[32], a[32], b[32];
    struct ct_sha h;
    struct ct_reply numbers = {0}, signature = {0};
    ct_sha256_init(&h);
    ct_sha_add(&h, (ct_str){exchange_hash, 32});
    ct_sha_done(&h, digest);
    if (!c->sign(c->ctx, digest, a, b)) return false;
    ct_ssh_put_number(&numbers, a);
    ct_ssh_put_number(&numbers, b);
    ct_ssh_put_string(&signature, CT_STR("ecdsa-sha2-nistp256"));
    ct_ssh_put_string(&signature, (ct_str){numbers.b, numbers.n});
    ct_ssh_put_string(r, (ct_str){signature.b, signature.n});
    return true;
}

static void make_keys(struct ct_ssh *s, ct_str secret)
{
    derive(s, secret, 'A', s->in.counter, 16);
    derive(s, secret, 'B', s->out.counter, 16);
    derive(s, secret, 'C', s->in.key, s->in.key_n);
    derive(s, secret, 'D', s->out.key, s->out.key_n);
    derive(s, secret, 'E', s->in.mac_key, s->in.mac_n);
    derive(s, secret, 'F', s->out.mac_key, s->out.mac_n);
}

bool ct_ssh_take_ecdh(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload)
{
    const struct ct_face_crypto *c = io->host->crypto;
    ct_str rest = ct_str_slice(payload, 1, payload.n), theirs;
    unsigned char own[65], secret[32];
    size_t point = s->x25519 ? 32 : 65;
    if (!ct_ssh_string(&rest, &theirs) || theirs.n != point || !c->agree(c->ctx, s->x25519, theirs, own, secret)) return false;

    struct ct_reply key = {0}, number = {0}, answer = {0};
    ct_ssh_put_string(&key, CT_STR("ecdsa-sha2-nistp256"));
    ct_ssh_put_string(&key, CT_STR("nistp256"));
    ct_ssh_put_string(&key, (ct_str){c->host_key, sizeof c->host_key});
    ct_ssh_put_number(&number, secret);
    ct_ssh_hash_string(&s->hash, (ct_str){key.b, key.n});
    ct_ssh_hash_string(&s->hash, theirs);
    ct_ssh_hash_string(&s->hash, (ct_str){own, point});
    ct_sha_add(&s->hash, (ct_str){number.b, number.n});
    ct_sha_done(&s->hash, s->session);

    ct_reply_u8(&answer, SSH_ECDH_REPLY);
    ct_ssh_put_string(&answer, (ct_str){key.b, key.n});
    ct_ssh_put_string(&answer, (ct_str){own, point});
    if (!put_signature(&answer, c, s->session)) return false;
    ct_ssh_write(s, io, (ct_str){answer.b, answer.n});
    static const unsigned char new_keys = SSH_NEWKEYS;
    ct_ssh_write(s, io, (ct_str){&new_keys, 1});
    make_keys(s, (ct_str){number.b, number.n});
    s->out.on = true;
    if (s->strict) s->out.sequence = 0;
    if (s->ext_info) {
        struct ct_reply info = {0};
        ct_reply_u8(&info, SSH_EXT_INFO);
        ct_reply_be32(&info, 1);
        ct_ssh_put_string(&info, CT_STR("server-sig-algs"));
        ct_ssh_put_string(&info, CT_STR("ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
                                        "sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256"));
        ct_ssh_write(s, io, (ct_str){info.b, info.n});
    }
    return true;
}
