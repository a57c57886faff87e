#include "fingerprint/evidence.h"

struct ct_evidence {
    ct_arena *arena;
    const ct_fingerprints *f;
};

ct_err ct_evidence_begin(ct_arena *arena, const ct_fingerprints *f, ct_evidence **ret_evidence)
{
    ct_evidence *ev = ct_arena_alloc(arena, sizeof *ev);
    if (!ev) return CT_ERR_NOMEM;
    *ev = (ct_evidence){arena, f};
    *ret_evidence = ev;
    return CT_OK;
}

ct_err ct_evidence_class(ct_evidence *ev, ct_str path, unsigned wants, ct_str bytes)
{
    (void)ev, (void)path, (void)wants, (void)bytes;
    return CT_OK;
}

ct_err ct_evidence_unread(ct_evidence *ev, ct_str path, unsigned wants, ct_str why)
{
    (void)ev, (void)path, (void)wants, (void)why;
    return CT_OK;
}

void ct_evidence_incomplete(ct_evidence *ev) { (void)ev; }

ct_err ct_evidence_identity(ct_evidence *ev, ct_str path, ct_str group, ct_str artifact, ct_str version)
{
    (void)ev, (void)path, (void)group, (void)artifact, (void)version;
    return CT_OK;
}

bool ct_evidence_any(const ct_evidence *ev)
{
    (void)ev;
    return false;
}

ct_err ct_evidence_judge(ct_evidence *ev, ct_evidence_emit *emit, void *ctx)
{
    (void)ev, (void)emit, (void)ctx;
    return CT_OK;
}
