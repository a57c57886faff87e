/* The table of faces, and who answers what. */
#include "face/face_list.h"
#include "face/face_out.h"

/* Order: of two that would claim the same first bytes the earlier wins; raw takes the rest. */
const struct ct_face *const ct_faces[] = {
    &ct_face_http, &ct_face_https, &ct_face_ldap, &ct_face_ldaps, &ct_face_rmi, &ct_face_ssh, &ct_face_telnet, &ct_face_ftp, &ct_face_smtp,
    &ct_face_redis, &ct_face_mysql, &ct_face_postgres, &ct_face_smb, &ct_face_rdp, &ct_face_vnc, &ct_face_elastic, &ct_face_mongodb, &ct_face_raw,
};
const size_t ct_n_faces = sizeof ct_faces / sizeof *ct_faces;

static const char *const fact_names[] = {
#define X(kind, name) name,
    CT_FACT_LIST(X)
#undef X
};

const char *ct_fact_name(enum ct_fact kind) { return (unsigned)kind < CT_FACT_COUNT ? fact_names[kind] : "unknown"; }

void ct_face_host_default(struct ct_face_host *ret_host)
{
    *ret_host = (struct ct_face_host){.name = CT_STR("app02"), .domain = CT_STR("corp.internal"), .realm = CT_STR("Operations Console"),
                                      .seed = 0x5eed};
}

static const char *chosen(const struct ct_face_host *host, const char *what, const char *const *from, size_t n)
{
    return from[ct_face_seeded(host, what) % n];
}

/* Copies a name in lower case, up to what is none of its characters. */
static ct_str keep_name(unsigned char *to, ct_str s)
{
    size_t n = 0;
    for (; n < s.n && n < CT_FACE_NAME_MAX - 1; n++) {
        unsigned char c = ct_ascii_lower(s.p[n]);
        if (!ct_ascii_alpha(c) && !ct_ascii_digit(c) && c != '-' && c != '.') break;
        to[n] = c;
    }
    return (ct_str){to, n};
}

void ct_face_host_be(struct ct_face_host *host, ct_str fqdn)
{
    static const char *const realms[] = {"Operations Console", "Inventory Service", "Asset Portal", "Reporting Server", "Service Desk", "Document Archive",
                                         "Integration Hub", "Release Manager"};
    static const char *const domains[] = {"corp.internal", "intra.local", "office.lan", "prod.internal", "ad.internal", "hq.local"};
    static const char *const names[] = {"app02", "srv11", "web03", "db04", "files01", "build2", "mgmt1", "erp01"};
    ct_str domain = fqdn, name = ct_str_cut(&domain, '.');
    bool given = name.n && !ct_str_eq_fold(name, CT_STR("localhost"));
    host->name = given ? keep_name(host->own, name) : (ct_str){0};
    host->domain = given ? keep_name(host->own + CT_FACE_NAME_MAX, domain) : (ct_str){0};
    if (!host->name.n) host->name = ct_str_from(chosen(host, "name", names, sizeof names / sizeof *names));
    if (!host->domain.n) host->domain = ct_str_from(chosen(host, "domain", domains, sizeof domains / sizeof *domains));
    host->realm = ct_str_from(chosen(host, "realm", realms, sizeof realms / sizeof *realms));
}

const struct ct_face *ct_face_by_name(ct_str name)
{
    for (size_t i = 0; i < ct_n_faces; i++)
        if (ct_str_eq(name, ct_str_from(ct_faces[i]->name))) return ct_faces[i];
    return NULL;
}

const struct ct_face *ct_face_for_port(uint16_t port)
{
    for (size_t i = 0; i < ct_n_faces; i++)
        for (size_t k = 0; k < ct_faces[i]->n_ports; k++)
            if (ct_faces[i]->ports[k] == port) return ct_faces[i];
    return NULL;
}

const struct ct_face *ct_face_guess(ct_str first, bool last)
{
    bool more = false;
    for (size_t i = 0; i + 1 < ct_n_faces; i++) {
        enum ct_claim claim = ct_faces[i]->claims && !ct_faces[i]->tls ? ct_faces[i]->claims(first) : CT_CLAIM_NO;
        if (claim == CT_CLAIM_YES && !more) return ct_faces[i];
        more = more || claim == CT_CLAIM_MORE;
    }
    return more && !last ? NULL : ct_faces[ct_n_faces - 1];
}
