#include "respond/against_facts.h"

#include "respond/json_list.h"

#include <stdlib.h>


struct loading {
    ct_arena *arena;
    struct ct_fact_asset *assets;
    size_t n_assets, cap_assets;
    struct ct_fact_presence *presences;
    size_t n_presences, cap_presences;
    int64_t *presence_assets;         /* beside presences */
    size_t cap_presence_assets;
    struct ct_fact_state *states;
    size_t n_states, cap_states, at_presence; /* at_presence: the one that the states at hand belong to */
    int64_t *looks;
    size_t n_looks, cap_looks;
    size_t at_asset;
};

/* Room for one more. */
static void *grow(ct_arena *arena, void *list, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return list;
    size_t more = *cap ? 2 * *cap : 256;
    void *grown = ct_arena_grow(arena, list, *cap * size, more * size);
    if (grown) *cap = more;
    return grown;
}

static int place_of(ct_str s, const char *const words[4])
{
    for (int i = 0; i < 4; i++)
        if (ct_str_eq(s, ct_str_from(words[i]))) return i;
    return 2;
}

/* Where the public reaches first, then what it feeds; production before the rest; what is not known before what is known to be less. */
static int danger_of(const struct ct_target_row *r)
{
    static const char *const exposures[4] = {"public", "receives-public-input", "unknown", "internal"}, *const environments[4] = {"production", "unknown", "staging", "development"};
    return 4 * place_of(r->exposure, exposures) + place_of(r->environment, environments);
}

static ct_err on_target(void *ctx, const struct ct_target_row *r)
{
    struct loading *l = ctx;
    struct ct_fact_asset a = {.id = r->id, .retired = r->retired, .looked = r->looked, .danger = danger_of(r)};
    struct ct_fact_asset *list = grow(l->arena, l->assets, l->n_assets, &l->cap_assets, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    l->assets = list;
    CT_TRY(ct_arena_dup(l->arena, r->name, &a.name));
    CT_TRY(ct_arena_dup(l->arena, r->environment, &a.environment));
    CT_TRY(ct_arena_dup(l->arena, r->exposure, &a.exposure));
    l->assets[l->n_assets++] = a;
    return CT_OK;
}

static bool is_release(ct_str s) { return s.n >= 3 && ct_ascii_digit(s.p[0]) && s.p[1] == '.' && ct_ascii_digit(s.p[2]); }

/* "2.0-beta9-2.14.1": the last release starts behind the last dash that a digit and a dot follow. */
static void split(ct_str range, ct_str *ret_first, ct_str *ret_last)
{
    *ret_first = *ret_last = range;
    for (size_t i = range.n; i-- > 1;) {
        if (range.p[i - 1] != '-' || !is_release(ct_str_slice(range, i, range.n))) continue;
        *ret_first = ct_str_slice(range, 0, i - 1);
        *ret_last = ct_str_slice(range, i, range.n);
        return;
    }
}

bool ct_version_profiles(ct_str version, const struct ct_profile **ret_first, const struct ct_profile **ret_last)
{
    const struct ct_profile *lowest = NULL, *highest = NULL;
    bool any = false;
    for (ct_str rest = version; rest.p;) {
        ct_str one = ct_str_trim(ct_str_cut(&rest, ',')), ends[2];
        split(one, &ends[0], &ends[1]);
        for (int i = 0; i < 2; i++) {
            if (!is_release(ends[i])) return false;
            const struct ct_profile *p = ct_profile_find(ends[i]);
            if (p && (!lowest || p < lowest)) lowest = p;
            if (p && (!highest || p > highest)) highest = p;
            any = true;
        }
    }
    *ret_first = lowest;
    *ret_last = highest;
    return any;
}

static ct_err on_presence(void *ctx, const struct ct_presence_row *r)
{
    struct loading *l = ctx;
    struct ct_fact_presence p = {.component = r->component, .first_seen = r->first_seen, .gone = r->gone};
    struct ct_fact_presence *list = grow(l->arena, l->presences, l->n_presences, &l->cap_presences, sizeof *list);
    int64_t *assets = grow(l->arena, l->presence_assets, l->n_presences, &l->cap_presence_assets, sizeof *assets);
    if (!list || !assets) return CT_ERR_NOMEM;
    l->presences = list;
    l->presence_assets = assets;
    CT_TRY(ct_arena_dup(l->arena, r->purl, &p.purl));
    CT_TRY(ct_arena_dup(l->arena, r->version, &p.version));
    CT_TRY(ct_arena_dup(l->arena, r->path, &p.path));
    p.release_known = ct_version_profiles(p.version, &p.first, &p.last);
    l->presence_assets[l->n_presences] = r->asset;
    l->presences[l->n_presences++] = p;
    return CT_OK;
}

/* Both lists go by asset and component. The states of one presence stand side by side; where they start is known once all are read. */
static ct_err on_was(void *ctx, const struct ct_was_row *r)
{
    struct loading *l = ctx;
    struct ct_fact_state s = {.at = r->at};
    while (l->at_presence < l->n_presences && (l->presence_assets[l->at_presence] < r->asset ||
           (l->presence_assets[l->at_presence] == r->asset && l->presences[l->at_presence].component < r->component)))
        l->at_presence++;
    if (l->at_presence == l->n_presences || l->presence_assets[l->at_presence] != r->asset || l->presences[l->at_presence].component != r->component) return CT_OK;
    s.cve = ct_str_ends(r->vulnerability, CT_STR("44228")) ? CT_FACT_MESSAGE : ct_str_ends(r->vulnerability, CT_STR("45046")) ? CT_FACT_CONTEXT : CT_FACT_RECURSION;
    if (!ct_state_named(r->state, &s.state)) s.state = CT_STATE_UNDER_INVESTIGATION;
    struct ct_fact_state *list = grow(l->arena, l->states, l->n_states, &l->cap_states, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    l->states = list;
    l->states[l->n_states++] = s;
    l->presences[l->at_presence].n_states++;
    return CT_OK;
}

static ct_err on_look(void *ctx, int64_t asset, int64_t ended, bool image, ct_str roots)
{
    struct loading *l = ctx;
    while (l->at_asset < l->n_assets && l->assets[l->at_asset].id < asset) l->at_asset++;
    if (l->at_asset == l->n_assets || l->assets[l->at_asset].id != asset) return CT_OK;
    if (!image && !ct_str_eq(roots, CT_STR("[\"/\"]"))) {
        const ct_str *list;
        size_t n;
        bool whole = false;
        struct ct_arena_mark mark = ct_arena_mark(l->arena);
        CT_TRY(ct_json_list_read(l->arena, roots, &list, &n));
        for (size_t i = 0; i < n; i++) whole |= ct_str_eq(list[i], CT_STR("/"));
        ct_arena_reset(l->arena, mark);
        if (!whole) return CT_OK;
    }
    int64_t *looks = grow(l->arena, l->looks, l->n_looks, &l->cap_looks, sizeof *looks);
    if (!looks) return CT_ERR_NOMEM;
    l->looks = looks;
    l->looks[l->n_looks++] = ended;
    l->assets[l->at_asset].n_looks++;
    return CT_OK;
}

static int by_danger(const void *a, const void *b)
{
    const struct ct_fact_asset *x = *(struct ct_fact_asset *const *)a, *y = *(struct ct_fact_asset *const *)b;
    if (x->danger != y->danger) return x->danger < y->danger ? -1 : 1;
    int c = ct_str_cmp(x->name, y->name);
    return c ? c : (x->id > y->id) - (x->id < y->id);
}

/* Once, since every campaign is shown in this order. */
static ct_err rank(ct_arena *arena, struct ct_fact_asset *assets, size_t n)
{
    struct ct_arena_mark mark = ct_arena_mark(arena);
    struct ct_fact_asset **order = ct_arena_array(arena, n + 1, sizeof *order);
    if (!order) return CT_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) order[i] = &assets[i];
    if (n) qsort(order, n, sizeof *order, by_danger);
    for (size_t i = 0; i < n; i++) order[i]->rank = i;
    ct_arena_reset(arena, mark);
    return CT_OK;
}

ct_err ct_facts_load(ct_db *db, ct_arena *arena, struct ct_facts *ret_facts)
{
    struct loading l = {.arena = arena};
    CT_TRY(ct_targets_each(db, on_target, &l));
    CT_TRY(ct_presences_each(db, on_presence, &l));
    CT_TRY(ct_findings_were(db, on_was, &l));
    CT_TRY(ct_look_times(db, on_look, &l));
    size_t presence = 0, state = 0, look = 0;
    for (size_t i = 0; i < l.n_presences; i++) {
        l.presences[i].states = l.states ? l.states + state : NULL;
        state += l.presences[i].n_states;
    }
    for (size_t i = 0; i < l.n_assets; i++) {
        struct ct_fact_asset *a = &l.assets[i];
        while (presence < l.n_presences && l.presence_assets[presence] < a->id) presence++;
        a->presences = l.presences ? l.presences + presence : NULL;
        while (presence < l.n_presences && l.presence_assets[presence] == a->id) presence++, a->n_presences++;
        a->looks = l.looks ? l.looks + look : NULL;
        look += a->n_looks;
    }
    CT_TRY(rank(arena, l.assets, l.n_assets));
    *ret_facts = (struct ct_facts){l.assets, l.n_assets};
    return CT_OK;
}

const struct ct_fact_asset *ct_facts_asset(const struct ct_facts *f, int64_t id)
{
    size_t low = 0, high = f->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->assets[mid].id == id) return &f->assets[mid];
        if (f->assets[mid].id < id) low = mid + 1;
        else high = mid;
    }
    return NULL;
}
