#include "sbom/suspicion.h"

/* Where the version starts in the text as written. Encoded bytes before the fault make the place a little early; people write
 * ranges plainly. */
static size_t version_at(ct_str text)
{
    size_t at = ct_str_rchr(text, '@');
    return at == CT_STR_NONE ? 0 : at + 1;
}

ct_err ct_suspicion_parse(ct_arena *arena, ct_str text, struct ct_suspicion *ret_suspicion, struct ct_fault *fault)
{
    struct ct_suspicion s = {0};
    CT_TRY(ct_purl_parse(arena, text, &s.purl, fault));
    s.ecosystem = ct_purl_ecosystem(&s.purl);
    ct_str version = s.purl.version;
    if (version.n == 0) version = CT_STR("*");
    if (ct_version_order(s.ecosystem) == CT_ORDER_NONE) {
        if (!ct_str_eq(version, CT_STR("*"))) s.exact = version;
    } else {
        struct ct_fault inner = {0};
        ct_err err = ct_range_parse(arena, s.ecosystem, version, &s.range, &inner);
        if (err) return ct_fault_set(fault, err, version_at(text) + inner.offset, "%s", inner.detail);
    }
    *ret_suspicion = s;
    return CT_OK;
}

bool ct_suspicion_names(const struct ct_suspicion *suspicion, const struct ct_purl *purl)
{
    return ct_str_eq(suspicion->purl.type, purl->type) && ct_str_eq(suspicion->purl.name_space, purl->name_space) && ct_str_eq(suspicion->purl.name, purl->name);
}

bool ct_suspicion_holds(const struct ct_suspicion *suspicion, ct_str version, bool *ret_sure)
{
    bool in = true;
    *ret_sure = true;
    if (suspicion->range.n == 0) {
        *ret_sure = version.n > 0 || !suspicion->exact.p;
        return version.n == 0 || !suspicion->exact.p || ct_str_eq(version, suspicion->exact);
    }
    /* Every version, whether it can be ordered or not. */
    for (size_t i = 0; i < suspicion->range.n; i++) {
        const struct ct_interval *all = &suspicion->range.intervals[i];
        if (!all->low.p && !all->high.p && all->except_n == 0) return true;
    }
    if (version.n == 0 || ct_range_contains(&suspicion->range, version, &in)) *ret_sure = false;
    return in;
}
