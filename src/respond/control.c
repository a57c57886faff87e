#include "respond/control.h"

#include "base/buf.h"
#include "store/timeline.h"
#include "store/vulnerability.h"

enum { TEXT_MAX = 64 << 10, EVIDENCE_MAX = 4096 };

bool ct_control_covers(const struct ct_control_row *c, ct_str vulnerability, ct_str version, bool fed, int64_t seen_affected, const char **ret_words)
{
    enum ct_control_kind kind;
    if (!ct_control_named(c->kind, &kind)) return *ret_words = "of a kind that this program does not know", false;
    if (c->named && !c->covers) return *ret_words = "it was put in for others alone", false;
    if (c->covers && c->claim == CT_CLAIM_AGAINST) {
        (void)ct_control_coverage(kind, vulnerability, version, fed, ret_words);
        return false;
    }
    if (kind == CT_CONTROL_CLASS_REMOVED && seen_affected > c->since) return *ret_words = "a later look saw the class there", false;
    enum ct_coverage known = ct_control_coverage(kind, vulnerability, version, fed, ret_words);
    if (c->covers && c->claim == CT_CLAIM_BEYOND) {
        if (known == CT_COVERAGE_NO) return false; /* it is known by now */
        *ret_words = "claimed, not known";
        return true;
    }
    return known == CT_COVERAGE_YES;
}

static ct_err note(ct_db *db, ct_arena *arena, const struct ct_control_row *c, ct_str kind, ct_str was, ct_str now, const struct ct_who *who)
{
    struct ct_buf b;
    struct ct_timeline_entry e = {.at = who->now_us, .actor = who->actor, .kind = kind, .asset = c->asset, .was = was, .now = now, .why = who->why};
    ct_str title;
    CT_TRY(ct_asset_title(db, arena, c->asset, &title));
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_printf(&b, "control %lld, %.*s on ", (long long)c->id, CT_STR_ARG(c->kind));
    ct_buf_add(&b, title);
    CT_TRY(ct_buf_str(&b, &e.subject));
    return ct_timeline_append(db, &e);
}

/* One name that a person gives: what is known of it, and whether it needs their word. */
static ct_err question(const struct ct_control_new *n, ct_str name, bool fed, enum ct_claim *ret_claim, struct ct_fault *fault)
{
    const char *words;
    enum ct_coverage known = ct_control_coverage(n->kind, name, (ct_str){NULL, 0}, fed, &words);
    *ret_claim = known == CT_COVERAGE_YES ? CT_CLAIM_NOT : known == CT_COVERAGE_NO ? CT_CLAIM_AGAINST : CT_CLAIM_BEYOND;
    if (known == CT_COVERAGE_YES || n->claim) return CT_OK;
    if (known == CT_COVERAGE_NO)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s does not cover %.*s: %s. --claim keeps your word with your name, and changes no state", ct_control_name(n->kind),
                            CT_STR_ARG(ct_str_slice(name, 0, 64)), words);
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s is not known to cover %.*s: --claim takes your word for it, and shows it as claimed by you", ct_control_name(n->kind),
                        CT_STR_ARG(ct_str_slice(name, 0, 64)));
}

static ct_err cover_all(ct_db *db, ct_arena *arena, const struct ct_control_new *n, int64_t id, struct ct_buf *told, struct ct_fault *fault)
{
    bool fed = ct_str_eq(n->asset->exposure, CT_STR("receives-public-input"));
    for (size_t i = 0; i < n->n_covers; i++) {
        struct ct_vulnerability v;
        enum ct_claim claim;
        ct_err e = ct_vulnerability_find(db, arena, n->covers[i], &v);
        if (e == CT_ERR_NOT_FOUND) {
            v.name = n->covers[i];
            e = ct_vulnerability_put(db, v.name, CT_STR(""), &v.id);
        }
        CT_TRY(e);
        CT_TRY(question(n, v.name, fed, &claim, fault));
        CT_TRY(ct_control_row_cover(db, id, v.id, claim));
        ct_buf_text(told, i ? ", " : " for ");
        ct_buf_add(told, v.name);
        if (claim) ct_buf_text(told, claim == CT_CLAIM_BEYOND ? " (claimed)" : " (claimed, against what is known)");
    }
    return CT_OK;
}

ct_err ct_control_add(ct_db *db, ct_arena *arena, const struct ct_control_new *n, const struct ct_who *who, int64_t *ret_id, struct ct_derived *derived, struct ct_fault *fault)
{
    struct ct_control_row c = {.asset = n->asset->id, .kind = ct_str_from(ct_control_name(n->kind)), .evidence = n->evidence, .who = who->actor, .since = who->now_us, .until = n->until};
    struct ct_buf told;
    ct_str now;
    if (n->asset->retired) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the asset is retired");
    if (ct_str_trim(n->evidence).n == 0) return ct_fault_set(fault, CT_ERR_USAGE, 0, "what shows that it is there? --evidence TEXT");
    if (n->evidence.n > EVIDENCE_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the evidence is over %d bytes long", EVIDENCE_MAX);
    if (n->until && n->until <= who->now_us) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--until is already over");
    if (n->purl.p) {
        ct_err e = ct_component_on(db, n->asset->id, n->purl, &c.component);
        if (e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, CT_ERR_USAGE, 0, "no such component is known on this asset: name it as 'caltrop why' shows it");
        CT_TRY(e);
    }
    CT_TRY(ct_control_row_add(db, &c));
    ct_buf_init(&told, arena, TEXT_MAX);
    ct_buf_add(&told, n->evidence);
    CT_TRY(cover_all(db, arena, n, c.id, &told, fault));
    CT_TRY(ct_buf_str(&told, &now));
    CT_TRY(note(db, arena, &c, CT_STR("control.added"), (ct_str){NULL, 0}, now, who));
    CT_TRY(ct_derive_asset(db, c.asset, who, derived));
    *ret_id = c.id;
    return CT_OK;
}

ct_err ct_control_end(ct_db *db, ct_arena *arena, int64_t id, const struct ct_who *who, struct ct_derived *derived, struct ct_fault *fault)
{
    struct ct_control_row c;
    ct_err e = ct_control_row_get(db, arena, id, &c);
    if (e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, CT_ERR_USAGE, 0, "there is no control %lld: 'caltrop control list' shows them", (long long)id);
    CT_TRY(e);
    if (c.ended) return ct_fault_set(fault, CT_ERR_USAGE, 0, "control %lld has ended already", (long long)id);
    CT_TRY(ct_control_row_end(db, id, who->now_us));
    CT_TRY(note(db, arena, &c, CT_STR("control.ended"), c.evidence, (ct_str){NULL, 0}, who));
    return ct_derive_asset(db, c.asset, who, derived);
}

ct_err ct_controls_expire(ct_db *db, ct_arena *arena, const struct ct_who *who, struct ct_derived *derived, uint64_t *ret_n)
{
    int64_t *ids;
    size_t n;
    const struct ct_who clock = {.actor = CT_STR_INIT("caltrop"), .why = CT_STR_INIT("a control's time is over"), .now_us = who->now_us};
    CT_TRY(ct_controls_past(db, arena, who->now_us, &ids, &n));
    for (size_t i = 0; i < n; i++) {
        struct ct_control_row c;
        struct ct_arena_mark mark = ct_arena_mark(arena);
        CT_TRY(ct_control_row_get(db, arena, ids[i], &c));
        CT_TRY(ct_control_row_end(db, c.id, c.until));
        CT_TRY(note(db, arena, &c, CT_STR("control.expired"), c.evidence, (ct_str){NULL, 0}, &clock));
        CT_TRY(ct_derive_asset(db, c.asset, &clock, derived));
        ct_arena_reset(arena, mark);
    }
    *ret_n = n;
    return CT_OK;
}
