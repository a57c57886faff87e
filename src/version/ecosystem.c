#include "version/ecosystem.h"

static const struct {
    ct_str name, purl;
} known[CT_ECOSYSTEM_COUNT] = {
#define X(code, name, purl, order) [CT_ECOSYSTEM_##code] = {CT_STR_INIT(name), CT_STR_INIT(purl)},
    CT_ECOSYSTEM_LIST(X)
#undef X
};

enum ct_ecosystem ct_ecosystem_named(ct_str name, ct_str *ret_release)
{
    ct_str release = name, base = ct_str_cut(&release, ':');
    for (unsigned e = CT_ECOSYSTEM_UNKNOWN + 1; e < CT_ECOSYSTEM_COUNT; e++) {
        if (!ct_str_eq_fold(known[e].name, base)) continue;
        *ret_release = release;
        return (enum ct_ecosystem)e;
    }
    return CT_ECOSYSTEM_UNKNOWN;
}

/* Where the namespace of a distribution's purl is not the ecosystem's own name. */
static const struct {
    ct_str type, name_space;
    enum ct_ecosystem ecosystem;
} distributions[] = {
#define D(type, name_space, code) {CT_STR_INIT(type), CT_STR_INIT(name_space), CT_ECOSYSTEM_##code}
    D("deb", "ubuntu", UBUNTU),
    D("rpm", "rocky", ROCKY),       D("rpm", "rocky-linux", ROCKY), D("rpm", "almalinux", ALMALINUX),
    D("rpm", "azurelinux", AZURE),  D("rpm", "suse", SUSE),         D("rpm", "opensuse", OPENSUSE),
    D("rpm", "mageia", MAGEIA),     D("rpm", "openeuler", OPENEULER), D("rpm", "photon", PHOTON),
    D("apk", "alpaquita", ALPAQUITA), D("apk", "chainguard", CHAINGUARD), D("apk", "minimos", MINIMOS),
    D("apk", "wolfi", WOLFI),       D("rpm", "redhat", REDHAT),     D("rpm", "rhel", REDHAT),
    D("apk", "bellsoft-hardened-containers", BELLSOFT), D("rpm", "mariner", AZURE),
    D("rpm", "fedora", OTHER_RPM),  D("rpm", "amzn", OTHER_RPM),    D("rpm", "amazon", OTHER_RPM), D("rpm", "ol", OTHER_RPM), D("rpm", "oracle", OTHER_RPM),
#undef D
};

enum ct_ecosystem ct_ecosystem_of_purl(ct_str type, ct_str name_space)
{
    for (size_t i = 0; i < sizeof distributions / sizeof *distributions; i++)
        if (ct_str_eq_fold(distributions[i].type, type) && ct_str_eq_fold(distributions[i].name_space, name_space))
            return distributions[i].ecosystem;
    for (unsigned e = CT_ECOSYSTEM_UNKNOWN + 1; e < CT_ECOSYSTEM_COUNT; e++)
        if (ct_str_eq_fold(known[e].purl, type)) return (enum ct_ecosystem)e;
    return CT_ECOSYSTEM_UNKNOWN;
}

ct_str ct_ecosystem_name(enum ct_ecosystem e) { return known[e].name; }
ct_str ct_ecosystem_purl_type(enum ct_ecosystem e) { return known[e].purl; }
