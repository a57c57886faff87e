#include "version/order.h"

static const unsigned char orders[CT_ECOSYSTEM_COUNT] = {
#define X(code, name, purl, order) [CT_ECOSYSTEM_##code] = CT_ORDER_##order,
    CT_ECOSYSTEM_LIST(X)
#undef X
};

enum ct_order ct_version_order(enum ct_ecosystem e) { return (enum ct_order)orders[e]; }

static ct_err write_key(enum ct_order order, struct ct_key *k, ct_str v)
{
    switch (order) {
    case CT_ORDER_MAVEN: return ct_key_maven(k, v);
    case CT_ORDER_SEMVER: return ct_key_semver(k, v);
    case CT_ORDER_PEP440: return ct_key_pep440(k, v);
    case CT_ORDER_DEB: return ct_key_deb(k, v);
    case CT_ORDER_RPM: return ct_key_rpm(k, v);
    case CT_ORDER_APK: return ct_key_apk(k, v);
    case CT_ORDER_GEM: return ct_key_gem(k, v);
    case CT_ORDER_NUGET: return ct_key_nuget(k, v);
    case CT_ORDER_COMPOSER: return ct_key_composer(k, v);
    case CT_ORDER_NONE: break;
    }
    return CT_ERR_UNSUPPORTED;
}

ct_err ct_version_key(enum ct_order order, ct_str v, unsigned char *key, size_t room, size_t *ret_n)
{
    struct ct_key k = {.p = key, .room = room};
    if (v.n > CT_VERSION_MAX) return CT_ERR_CAP;
    CT_TRY(write_key(order, &k, v));
    if (k.full) return CT_ERR_CAP;
    *ret_n = k.n;
    return CT_OK;
}

int ct_version_key_cmp(enum ct_order order, ct_str a, ct_str b)
{
    return order == CT_ORDER_MAVEN ? ct_key_cmp_maven(a, b) : ct_str_cmp(a, b);
}

ct_err ct_version_compare(enum ct_ecosystem e, ct_str a, ct_str b, int *ret)
{
    unsigned char ka[CT_VERSION_KEY_MAX], kb[CT_VERSION_KEY_MAX];
    size_t na, nb;
    enum ct_order order = ct_version_order(e);
    CT_TRY(ct_version_key(order, a, ka, sizeof ka, &na));
    CT_TRY(ct_version_key(order, b, kb, sizeof kb, &nb));
    *ret = ct_version_key_cmp(order, (ct_str){ka, na}, (ct_str){kb, nb});
    return CT_OK;
}
