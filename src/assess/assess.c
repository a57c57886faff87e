#include "assess/assess.h"
#include "assess/controls.h"
#include "base/buf.h"

static const char *const names[CT_ASSESS_SOURCES] = {
#define X(code, name) [CT_ASSESS_##code] = name,
    CT_ASSESS_SOURCE_LIST(X)
#undef X
};

const char *ct_assess_source_name(enum ct_assess_source s) { return (unsigned)s < CT_ASSESS_SOURCES ? names[s] : "unknown"; }

/* Affected as it stands, as opposed to: not, or no longer, or not known. */
static bool claims_affected(enum ct_state s) { return s == CT_STATE_AFFECTED || s == CT_STATE_FIXED_ON_DISK; }
static bool claims_safe(enum ct_state s) { return s == CT_STATE_FIXED || s == CT_STATE_NOT_AFFECTED; }

struct sources {
    struct ct_assess_verdict v[CT_ASSESS_SOURCES];
    size_t n;
};

static void add(struct sources *all, enum ct_assess_source source, const enum ct_state *state, ct_str reason)
{
    if (state) all->v[all->n++] = (struct ct_assess_verdict){source, *state, reason};
}

/* The file's own state. Classes settle it where they say anything definite; metadata and advisories speak where classes do not, the
 * less safe of the two first. */
static enum ct_state of_file(const struct ct_assess_input *in, ct_str *ret_reason, bool *ret_conflict, bool *ret_settled)
{
    enum ct_state told = CT_STATE_UNDER_INVESTIGATION;
    ct_str why = CT_STR("nothing tells which release this is");
    bool any = false;
    if (in->metadata) {
        told = *in->metadata;
        why = in->metadata_reason;
        any = true;
    }
    if (in->advisory && (!any || *in->advisory < told)) {
        told = *in->advisory;
        why = in->advisory_reason;
        any = true;
    }
    if (in->metadata && in->advisory)
        *ret_conflict |= (claims_affected(*in->metadata) && claims_safe(*in->advisory)) || (claims_safe(*in->metadata) && claims_affected(*in->advisory));
    if (in->classes && (*in->classes != CT_STATE_UNDER_INVESTIGATION || !any || !claims_affected(told))) {
        /* Classes contradict what the metadata would mean: they win, and it is shown. */
        *ret_conflict |= any && claims_affected(*in->classes) && claims_safe(told);
        *ret_settled = any && claims_safe(*in->classes) && claims_affected(told);
        *ret_reason = in->classes_reason;
        return *in->classes;
    }
    *ret_reason = why;
    return told;
}

static void join(struct ct_buf *b, const char *between, ct_str text)
{
    if (!text.n) return;
    if (b->n) ct_buf_text(b, between);
    ct_buf_add(b, text);
}

/* A process that still runs what the file was before. */
static enum ct_state with_old_code(const struct ct_process_evidence *p, enum ct_state file, struct ct_buf *why)
{
    enum ct_state old = p->old_state_known ? p->old_state : CT_STATE_AFFECTED;
    if (!claims_safe(file) && file != CT_STATE_MITIGATED) return file;
    if (p->old_state_known && claims_safe(old)) return file;
    ct_buf_text(why, "the file is ");
    ct_buf_text(why, file == CT_STATE_MITIGATED ? "changed" : "fixed");
    ct_buf_text(why, ", and a process still runs the old code");
    if (p->old_code_how.n) {
        ct_buf_text(why, ": ");
        ct_buf_add(why, ct_str_slice(p->old_code_how, 0, 256));
    }
    if (!p->old_state_known) ct_buf_text(why, "; what the old code was is not known, and is taken for affected");
    return CT_STATE_FIXED_ON_DISK;
}

ct_err ct_assess(ct_arena *arena, const struct ct_assess_input *in, struct ct_assessment *ret_assessment)
{
    struct ct_assessment out = {.conflict = false};
    struct ct_buf reason, controls;
    struct sources all = {.n = 0};
    ct_str why;
    bool settled = false;
    ct_buf_init(&reason, arena, 64 * 1024);
    ct_buf_init(&controls, arena, 16 * 1024);
    out.state = of_file(in, &why, &out.conflict, &settled);
    add(&all, CT_ASSESS_CLASSES, in->classes, in->classes_reason);
    add(&all, CT_ASSESS_METADATA, in->metadata, in->metadata_reason);
    add(&all, CT_ASSESS_ADVISORY, in->advisory, in->advisory_reason);
    if (in->process) {
        bool covered = assess_controls(in->process, in->cve, in->version, &controls);
        enum ct_state with = in->process->old_code ? with_old_code(in->process, out.state, &reason) : out.state;
        /* A control covers the code that runs, old or new, and whatever it turns out to be. */
        if (covered && with < CT_STATE_MITIGATED) with = CT_STATE_MITIGATED;
        if (with != out.state || in->process->old_code) {
            ct_str told = covered && with == CT_STATE_MITIGATED ? CT_STR("a control of the process covers it") : ct_buf_view(&reason);
            if (with != out.state) all.v[all.n++] = (struct ct_assess_verdict){CT_ASSESS_PROCESS, with, told};
            out.state = with;
        }
    }
    join(&reason, "; ", why);
    if (settled) join(&reason, "; ", CT_STR("metadata alone would say affected, and the classes settle it"));
    if (out.conflict) join(&reason, "; ", CT_STR("the sources contradict each other, and the less safe one counts"));
    join(&reason, "; ", ct_buf_view(&controls));
    CT_TRY(ct_buf_str(&reason, &out.reason));
    CT_TRY(ct_buf_str(&controls, &out.controls));
    struct ct_assess_verdict *kept = ct_arena_array(arena, all.n + 1, sizeof *kept);
    if (!kept) return CT_ERR_NOMEM;
    for (size_t i = 0; i < all.n; i++) kept[i] = all.v[i];
    out.verdicts = kept;
    out.n_verdicts = all.n;
    *ret_assessment = out;
    return CT_OK;
}
