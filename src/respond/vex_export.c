#include "respond/vex_export.h"

#include "event/attempt.h"
#include "fingerprint/state.h"
#include "sbom/purl.h"
#include "store/answer.h"
#include "store/vex_row.h"

enum { TEXT_MAX = 64 << 10, ALIASES_MAX = 64 };

struct listing {
    ct_db *db;
    ct_arena *arena;
    struct ct_vex_known *list;
    size_t n, cap;
    int64_t vulnerability;     /* whose aliases are at hand */
    ct_str *aliases;
    size_t n_aliases;
};

static ct_err on_alias(void *ctx, ct_str alias)
{
    struct listing *l = ctx;
    if (l->n_aliases == ALIASES_MAX) return CT_OK;
    return ct_arena_dup(l->arena, alias, &l->aliases[l->n_aliases++]);
}

/* Its other names; its own is left out. */
static ct_err aliases_of(struct listing *l, const struct ct_known_row *r)
{
    size_t n = 0;
    if (l->vulnerability == r->vulnerability) return CT_OK;
    l->vulnerability = r->vulnerability;
    l->n_aliases = 0;
    l->aliases = ct_arena_array(l->arena, ALIASES_MAX, sizeof *l->aliases);
    if (!l->aliases) return CT_ERR_NOMEM;
    CT_TRY(ct_aliases_of(l->db, r->vulnerability, on_alias, l));
    for (size_t i = 0; i < l->n_aliases; i++)
        if (!ct_str_eq(l->aliases[i], r->vulnerability_name)) l->aliases[n++] = l->aliases[i];
    l->n_aliases = n;
    return CT_OK;
}

static ct_err on_fixed(void *ctx, ct_str version)
{
    struct ct_buf *b = ctx;
    ct_buf_text(b, b->n ? " or " : "update to ");
    ct_buf_add(b, ct_str_slice(version, 0, 100));
    return CT_OK;
}

static ct_err action_of(struct listing *l, const struct ct_known_row *r, enum ct_state state, ct_str *ret_action)
{
    struct ct_buf b;
    ct_buf_init(&b, l->arena, TEXT_MAX);
    if (state == CT_STATE_FIXED_ON_DISK) {
        ct_buf_text(&b, "restart what still runs the old code");
        return ct_buf_str(&b, ret_action);
    }
    CT_TRY(ct_fixed_versions(l->db, r->component, r->vulnerability, on_fixed, &b));
    if (b.n == 0) ct_buf_text(&b, "no version is known that mends it: mitigate, isolate or replace it");
    if (state == CT_STATE_MITIGATED) ct_buf_text(&b, "; until then a mitigation is in place");
    return ct_buf_str(&b, ret_action);
}

/* By what the reason rests on: nobody's word is taken for more than it says. */
static ct_str justification_of(ct_str reason)
{
    static const ct_str known[] = {CT_STR_INIT("component_not_present"), CT_STR_INIT("vulnerable_code_not_in_execute_path"),
                                   CT_STR_INIT("vulnerable_code_cannot_be_controlled_by_adversary"), CT_STR_INIT("inline_mitigations_already_exist")};
    ct_str said = ct_str_slice(reason, 0, ct_str_find(reason, CT_STR("; without it: ")));
    for (size_t i = 0; i < sizeof known / sizeof *known && said.n < reason.n; i++)
        if (ct_str_find(said, known[i]) != CT_STR_NONE) return known[i];
    return CT_STR("vulnerable_code_not_present");
}

static ct_err asset_of(struct listing *l, const struct ct_known_row *r, ct_str *ret_name)
{
    struct ct_buf b;
    ct_buf_init(&b, l->arena, TEXT_MAX);
    ct_buf_add(&b, r->asset_name);
    ct_buf_byte(&b, '@');
    ct_buf_add(&b, r->environment);
    return ct_buf_str(&b, ret_name);
}

/* A purl without a version, and the version beside it: class evidence left a range. */
static ct_err part_of(struct listing *l, const struct ct_known_row *r, struct ct_vex_known *k)
{
    struct ct_purl p;
    CT_TRY(ct_arena_dup(l->arena, r->purl, &k->purl));
    CT_TRY(ct_arena_dup(l->arena, r->version, &k->version));
    ct_err e = ct_purl_parse(l->arena, k->purl, &p, NULL);
    if (e == CT_OK) return k->name = p.name, CT_OK;
    k->name = k->purl;
    k->purl = CT_STR("");
    return e == CT_ERR_NOMEM ? e : CT_OK;
}

static ct_err on_row(void *ctx, const struct ct_known_row *r)
{
    struct listing *l = ctx;
    struct ct_vex_known k = {.n_aliases = 0};
    enum ct_state state;
    struct ct_buf since;
    if (!ct_state_named(r->state, &state)) state = CT_STATE_UNDER_INVESTIGATION;
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 256;
        struct ct_vex_known *grown = ct_arena_grow(l->arena, l->list, l->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        l->list = grown;
        l->cap = cap;
    }
    k.status = state == CT_STATE_NOT_AFFECTED ? CT_VEX_NOT_AFFECTED : state == CT_STATE_FIXED ? CT_VEX_FIXED : state == CT_STATE_UNDER_INVESTIGATION ? CT_VEX_UNDER_INVESTIGATION
                                                                                                                                                : CT_VEX_AFFECTED;
    k.state = ct_str_from(ct_state_name(state));
    CT_TRY(aliases_of(l, r));
    k.aliases = l->aliases;
    k.n_aliases = l->n_aliases;
    CT_TRY(ct_arena_dup(l->arena, r->vulnerability_name, &k.vulnerability));
    CT_TRY(ct_arena_dup(l->arena, ct_str_slice(r->reason, 0, 4096), &k.text));
    CT_TRY(asset_of(l, r, &k.asset));
    CT_TRY(part_of(l, r, &k));
    if (k.status == CT_VEX_NOT_AFFECTED) k.justification = justification_of(k.text);
    if (k.status == CT_VEX_AFFECTED) CT_TRY(action_of(l, r, state, &k.action));
    ct_buf_init(&since, l->arena, 64);
    ct_print_time(&since, (r->closed ? r->closed : r->opened) / 1000000 * 1000000);
    CT_TRY(ct_buf_str(&since, &k.since));
    l->list[l->n++] = k;
    return CT_OK;
}

ct_err ct_vex_known_list(ct_db *db, ct_arena *arena, int64_t asset, int64_t vulnerability, struct ct_vex_known **ret_list, size_t *ret_n)
{
    struct listing l = {.db = db, .arena = arena};
    CT_TRY(ct_known_each(db, asset, vulnerability, on_row, &l));
    *ret_list = l.list;
    *ret_n = l.n;
    return CT_OK;
}
