/* Fingerprint files of any bytes: refused with a line, or taken; then names and classes can be asked about. */
#include "base/limits.h"
#include "fingerprint/evidence.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ct_err look(void *ctx, const struct ct_evidence_copy *copy)
{
    (void)ctx;
    for (size_t i = 0; i < copy->n_cves; i++)
        if ((unsigned)copy->cves[i].state >= CT_STATE_COUNT || !copy->cves[i].severity) abort();
    return CT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char bytes[] = {0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0x34, 0, 3, 1, 0, 3, 'a', '/', 'A', 7, 0, 1, 0, 0x21, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    ct_fingerprints *f;
    ct_arena *arena;
    ct_evidence *ev;
    struct ct_fault fault = {0};
    if (ct_fingerprints_new(&ct_alloc_libc, &f)) return 0;
    ct_err err = ct_fingerprints_add(f, (ct_str){data, size}, &fault);
    if (err && (fault.err != err || !fault.detail[0])) abort();
    if (!err && !ct_arena_new(&ct_alloc_libc, 8u << 20, &arena)) {
        unsigned wants = ct_fingerprints_wants(f, CT_STR("x/A.class"));
        if (!ct_evidence_begin(arena, f, &ev)) {
            err = ct_evidence_class(ev, CT_STR("x/A.class"), wants, (ct_str){bytes, sizeof bytes});
            if (!err) err = ct_evidence_unread(ev, CT_STR("a/A.class"), wants, CT_STR("cut"));
            if (!err) err = ct_evidence_identity(ev, CT_STR("p"), CT_STR(""), CT_STR("a"), CT_STR("1.0"));
            if (!err) err = ct_evidence_judge(ev, look, NULL);
        }
        ct_arena_free(arena);
        /* The same file once more replaces what it brought. */
        if (ct_fingerprints_add(f, (ct_str){data, size}, &fault) || !ct_fingerprints_wants(f, CT_STR("x/A.class")) != !wants) abort();
    }
    ct_fingerprints_free(f);
    return 0;
}
