#include "sbom/suspect.h"

/* Where the version starts in the text as written. Encoded bytes before the fault make the place a little early; people write
 * ranges plainly. */
static size_t version_at(ct_str text)
{
    size_t at = ct_str_rchr(text, '@');
    return at == CT_STR_NONE ? 0 : at + 1;
}

ct_err ct_suspect_parse(ct_arena *arena, ct_str text, struct ct_suspect *ret_suspect, struct ct_fault *fault)
{
    struct ct_suspect s = {0};
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
    *ret_suspect = s;
    return CT_OK;
}

bool ct_suspect_names(const struct ct_suspect *suspect, const struct ct_purl *purl)
{
    return ct_str_eq(suspect->purl.type, purl->type) && ct_str_eq(suspect->purl.name_space, purl->name_space) && ct_str_eq(suspect->purl.name, purl->name);
}

bool ct_suspect_holds(const struct ct_suspect *suspect, ct_str version, bool *ret_sure)
{
    bool in = true;
    *ret_sure = true;
    if (suspect->range.n == 0) {
        *ret_sure = version.n > 0 || !suspect->exact.p;
        return version.n == 0 || !suspect->exact.p || ct_str_eq(version, suspect->exact);
    }
    /* Every version, whether it can be ordered or not. */
    for (size_t i = 0; i < suspect->range.n; i++) {
        const struct ct_interval *all = &suspect->range.intervals[i];
        if (!all->low.p && !all->high.p && all->except_n == 0) return true;
    }
    if (version.n == 0 || ct_range_contains(&suspect->range, version, &in)) *ret_sure = false;
    return in;
}
