/* Containers of any bytes: records of a length, a kind and a path index, then the bytes of a class or of a version. */
#include "fingerprint/evidence.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ct_str paths[] = {
    CT_STR_INIT("org/apache/logging/log4j/core/lookup/JndiLookup.class"), CT_STR_INIT("lookup/JndiLookup.class"),
    CT_STR_INIT("META-INF/versions/9/core/net/JndiManager.class"), CT_STR_INIT("a\\core\\lookup\\StrSubstitutor.esclazz"),
    CT_STR_INIT("org/apache/log4j/net/SocketServer.class"), CT_STR_INIT("ch/qos/logback/core/util/JNDIUtil.class"),
    CT_STR_INIT("JndiLookup.java"), CT_STR_INIT("x/Interpolator"),
    CT_STR_INIT("a/b/c.class"),
};
enum { PATHS = sizeof paths / sizeof *paths };

static ct_err look(void *ctx, const struct ct_evidence_copy *copy)
{
    (void)ctx;
    if (copy->n_cves == 0 || (copy->classes && copy->n_items == 0) || (copy->disagree && !copy->said.n && !copy->classes)) abort();
    for (size_t i = 0; i < copy->n_cves; i++)
        if ((unsigned)copy->cves[i].state >= CT_STATE_COUNT || !copy->cves[i].reason.n) abort();
    return CT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ct_fingerprints *f;
    ct_arena *arena;
    ct_evidence *ev;
    if (!f && (ct_fingerprints_new(&ct_alloc_libc, &f) || ct_fingerprints_add_shipped(f, NULL))) abort();
    if (ct_arena_new(&ct_alloc_libc, 32u << 20, &arena)) return 0;
    ct_err err = ct_evidence_begin(arena, f, &ev);
    for (ct_str rest = {data, size}; !err && rest.n >= 3;) {
        ct_str path = paths[rest.p[0] % PATHS];
        unsigned kind = rest.p[0] / PATHS % 8, wants = ct_fingerprints_wants(f, path);
        size_t n = (size_t)rest.p[1] << 8 | rest.p[2];
        ct_str bytes = ct_str_slice(rest, 3, 3 + n < rest.n ? 3 + n : rest.n);
        rest = ct_str_slice(rest, 3 + bytes.n, rest.n);
        if (kind < 5) err = ct_evidence_class(ev, path, wants, bytes);
        else if (kind == 5) err = ct_evidence_unread(ev, path, wants, bytes);
        else if (kind == 6) err = ct_evidence_identity(ev, path, CT_STR(""), CT_STR("log4j-core"), bytes);
        else ct_evidence_incomplete(ev);
    }
    if (!err) err = ct_evidence_judge(ev, look, NULL);
    if (err && err != CT_ERR_NOMEM && err != CT_ERR_CAP) abort();
    ct_arena_free(arena);
    return 0;
}
