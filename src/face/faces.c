/* The table of faces, and who answers what. */
#include "face/face_list.h"

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
