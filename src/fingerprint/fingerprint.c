#include "fingerprint/fingerprint.h"

struct ct_fingerprints {
    const struct ct_alloc *alloc;
};

ct_err ct_fingerprints_new(const struct ct_alloc *alloc, ct_fingerprints **ret_fingerprints)
{
    ct_fingerprints *f = ct_alloc_get(alloc, sizeof *f);
    if (!f) return CT_ERR_NOMEM;
    *f = (ct_fingerprints){.alloc = alloc};
    *ret_fingerprints = f;
    return CT_OK;
}

void ct_fingerprints_free(ct_fingerprints *f)
{
    if (f) ct_alloc_put(f->alloc, f, sizeof *f);
}

ct_err ct_fingerprints_add(ct_fingerprints *f, ct_str text, struct ct_fault *fault)
{
    (void)f;
    (void)text;
    return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "not built yet");
}

ct_err ct_fingerprints_add_shipped(ct_fingerprints *f, struct ct_fault *fault)
{
    (void)f;
    (void)fault;
    return CT_OK;
}

ct_err ct_fingerprints_add_suspect(ct_fingerprints *f, ct_str class_name, struct ct_fault *fault) { return ct_fingerprints_add(f, class_name, fault); }

unsigned ct_fingerprints_wants(const ct_fingerprints *f, ct_str entry_name)
{
    (void)f;
    (void)entry_name;
    return 0;
}

bool ct_fingerprints_covers(const ct_fingerprints *f, ct_str purl)
{
    (void)f;
    (void)purl;
    return false;
}
