#include "respond/coverage.h"

#include "fingerprint/fingerprint.h"

const char *ct_cover_name(enum ct_cover c)
{
    static const char *const names[CT_COVERS] = {"fresh", "stale", "in part", "never"};
    return (unsigned)c < CT_COVERS ? names[c] : "never";
}

enum ct_cover ct_cover_of(int64_t looked, int64_t assessed, int64_t now_us, int64_t fresh_us)
{
    if (assessed) return assessed >= now_us - fresh_us ? CT_COVER_FRESH : CT_COVER_STALE;
    return looked ? CT_COVER_PART : CT_COVER_NEVER;
}

static ct_err by_classes(ct_str name, bool *ret_knows)
{
    ct_fingerprints *f = NULL;
    CT_TRY(ct_fingerprints_new(&ct_alloc_libc, &f));
    ct_err e = ct_fingerprints_add_shipped(f, NULL);
    *ret_knows = e == CT_OK && ct_fingerprints_knows(f, name);
    ct_fingerprints_free(f);
    return e;
}

ct_err ct_vulnerability_answerable(ct_db *db, ct_arena *arena, ct_str name, struct ct_vulnerability *ret_vulnerability)
{
    struct ct_vulnerability v = {.id = 0};
    bool knows = false;
    ct_err e = ct_vulnerability_find(db, arena, name, &v);
    if (e == CT_OK) CT_TRY(ct_vulnerability_spoken_of(db, v.id, &knows));
    else if (e == CT_ERR_NOT_FOUND) v.name = name, v.severity = CT_STR("");
    else return e;
    if (!knows) CT_TRY(by_classes(v.name, &knows));
    if (!knows) return CT_ERR_NOT_FOUND;
    *ret_vulnerability = v;
    return CT_OK;
}
