/* The set of campaigns: open addressing over at most `max` of them.
 *
 * The hash is not keyed. Someone who makes keys collide makes each of his attempts walk at most `max` slots of 16 bytes
 * that lie side by side, some microseconds; and past `max` his campaigns fold into "(others)" like anyone's.
 */
#include "base/limits.h"
#include "campaign/campaign.h"
#include "campaign/sources.h"

#include <string.h>

enum { SET_MAX = 1 << 24, SLOTS_MIN = 64 }; /* 16 million rows serve nobody */

struct entry {
    struct ct_campaign c; /* first: what callers see */
    struct ct_sources sources;
    unsigned char *key, *callback, *sample, *fires; /* what the strings of c point to, exactly as long as they say */
};

struct slot {
    uint64_t hash;
    struct entry *entry; /* null: free */
};

struct ct_campaigns {
    const struct ct_alloc *alloc;
    struct ct_sources_pool pool;
    struct slot *slots;
    struct entry **entries; /* in order of arrival; room for max and "(others)" */
    const struct ct_campaign **sorted;
    struct entry *others;
    size_t n_slots, n, max; /* n_slots: a power of two, at least twice n; or none yet */
};

/* The slot of the key, or the free one where it belongs. */
static struct slot *find(const ct_campaigns *set, ct_str key, uint64_t hash)
{
    size_t i = (size_t)hash & (set->n_slots - 1);
    for (;; i = (i + 1) & (set->n_slots - 1)) {
        struct slot *s = &set->slots[i];
        if (!s->entry || (s->hash == hash && ct_str_eq(s->entry->c.key, key))) return s;
    }
}

static ct_err more_slots(ct_campaigns *set)
{
    ct_campaigns grown = *set;
    grown.n_slots = set->n_slots ? set->n_slots * 2 : SLOTS_MIN;
    grown.slots = ct_alloc_get(set->alloc, grown.n_slots * sizeof *grown.slots);
    if (!grown.slots) return CT_ERR_NOMEM;
    memset(grown.slots, 0, grown.n_slots * sizeof *grown.slots);
    for (size_t i = 0; i < set->n_slots; i++) {
        const struct slot *s = &set->slots[i];
        if (s->entry) *find(&grown, s->entry->c.key, s->hash) = *s;
    }
    ct_alloc_put(set->alloc, set->slots, set->n_slots * sizeof *set->slots);
    *set = grown;
    return CT_OK;
}

ct_err ct_campaigns_new(const struct ct_alloc *alloc, size_t max, ct_campaigns **ret_set)
{
    if (max > SET_MAX) return CT_ERR_CAP;
    ct_campaigns *set = ct_alloc_get(alloc, sizeof *set);
    if (!set) return CT_ERR_NOMEM;
    *set = (ct_campaigns){.alloc = alloc, .pool = {.alloc = alloc}, .max = max};
    set->entries = ct_alloc_get(alloc, (max + 1) * sizeof *set->entries);
    set->sorted = ct_alloc_get(alloc, (max + 1) * sizeof *set->sorted);
    if (!set->entries || !set->sorted || more_slots(set) != CT_OK) {
        ct_campaigns_free(set);
        return CT_ERR_NOMEM;
    }
    *ret_set = set;
    return CT_OK;
}

static void free_entry(ct_campaigns *set, struct entry *e)
{
    ct_sources_done(&set->pool, &e->sources);
    ct_alloc_put(set->alloc, e->key, e->c.key.n);
    ct_alloc_put(set->alloc, e->callback, e->c.callback.n);
    ct_alloc_put(set->alloc, e->sample, e->c.sample_normal.n);
    ct_alloc_put(set->alloc, e->fires, e->c.sample_fires.n);
    ct_alloc_put(set->alloc, e, sizeof *e);
}

void ct_campaigns_free(ct_campaigns *set)
{
    if (!set) return;
    for (size_t i = 0; i < set->n; i++) free_entry(set, set->entries[i]);
    ct_alloc_put(set->alloc, set->slots, set->n_slots * sizeof *set->slots);
    ct_alloc_put(set->alloc, set->entries, (set->max + 1) * sizeof *set->entries);
    ct_alloc_put(set->alloc, set->sorted, (set->max + 1) * sizeof *set->sorted);
    ct_alloc_put(set->alloc, set, sizeof *set);
}

/* An own copy of s; null with CT_OK for an empty one. */
static ct_err copy(ct_campaigns *set, ct_str s, unsigned char **ret_bytes, ct_str *ret_str)
{
    unsigned char *p = NULL;
    if (s.n) {
        p = ct_alloc_get(set->alloc, s.n);
        if (!p) return CT_ERR_NOMEM;
        memcpy(p, s.p, s.n);
    }
    *ret_bytes = p;
    *ret_str = (ct_str){p, s.n};
    return CT_OK;
}

static ct_err new_entry(ct_campaigns *set, ct_str key, ct_str callback, const char *scanner, struct entry **ret_entry)
{
    struct entry *e = ct_alloc_get(set->alloc, sizeof *e);
    if (!e) return CT_ERR_NOMEM;
    *e = (struct entry){.c = {.first_us = INT64_MIN, .last_us = INT64_MIN, .scanner = scanner}};
    ct_err err = copy(set, key, &e->key, &e->c.key);
    if (!err) err = copy(set, ct_str_slice(callback, 0, CT_CAMPAIGN_KEY_MAX), &e->callback, &e->c.callback);
    if (err) {
        free_entry(set, e);
        return err;
    }
    *ret_entry = e;
    return CT_OK;
}

bool ct_campaigns_samples(const ct_campaigns *set, ct_str key, unsigned grade)
{
    key = ct_str_slice(key, 0, CT_CAMPAIGN_KEY_MAX);
    const struct entry *e = find(set, key, ct_str_hash(key))->entry;
    return !e || grade > e->c.grade;
}

static void count(struct ct_campaign *c, const struct ct_campaign_hit *hit)
{
    c->n++;
    c->by_status[hit->status_class <= 5 ? hit->status_class : 0]++;
    c->contacted |= hit->contacted;
    c->ran |= hit->ran;
    if (!c->scanner) c->scanner = hit->scanner;
    if (hit->grade > c->grade) c->grade = hit->grade;
    if (hit->time_us == INT64_MIN) return;
    if (c->first_us == INT64_MIN || hit->time_us < c->first_us) c->first_us = hit->time_us;
    if (hit->time_us > c->last_us) c->last_us = hit->time_us;
}

/* Takes the hit as the campaign's sample, or leaves it as it was. */
static ct_err take_sample(ct_campaigns *set, struct entry *e, const struct ct_campaign_hit *hit)
{
    unsigned char *sample = NULL, *fires = NULL;
    ct_str normal = {NULL, 0}, versions = {NULL, 0};
    CT_TRY(copy(set, ct_str_slice(hit->normal, 0, CT_CAMPAIGN_SAMPLE_MAX), &sample, &normal));
    ct_err err = copy(set, ct_str_slice(hit->fires, 0, CT_CAMPAIGN_SAMPLE_MAX), &fires, &versions);
    if (err) {
        ct_alloc_put(set->alloc, sample, normal.n);
        return err;
    }
    ct_alloc_put(set->alloc, e->sample, e->c.sample_normal.n);
    ct_alloc_put(set->alloc, e->fires, e->c.sample_fires.n);
    e->sample = sample;
    e->fires = fires;
    e->c.sample_normal = normal;
    e->c.sample_fires = versions;
    return CT_OK;
}

/* All that can fail comes before anything is counted, so that a failed add leaves the campaign as it was. */
static ct_err add_to(ct_campaigns *set, struct entry *e, const struct ct_campaign_hit *hit)
{
    CT_TRY(ct_sources_reserve(&set->pool, &e->sources, hit->client));
    if (e->c.n == 0 || hit->grade > e->c.grade) CT_TRY(take_sample(set, e, hit));
    count(&e->c, hit);
    ct_sources_add(&e->sources, hit->client);
    e->c.n_sources = ct_sources_count(&e->sources);
    return CT_OK;
}

ct_err ct_campaigns_add(ct_campaigns *set, const struct ct_campaign_hit *hit, const struct ct_campaign **ret_campaign,
                        bool *ret_new)
{
    ct_str key = ct_str_slice(hit->key, 0, CT_CAMPAIGN_KEY_MAX);
    uint64_t hash = ct_str_hash(key);
    if (2 * (set->n + 1) > set->n_slots) CT_TRY(more_slots(set));
    struct slot *slot = find(set, key, hash);
    struct entry *e = slot->entry;
    bool full = set->n - (set->others ? 1 : 0) >= set->max;
    bool fold = !e && full;
    if (fold) e = set->others;
    bool fresh = !e;
    if (fresh && fold) CT_TRY(new_entry(set, CT_STR("(others)"), CT_STR(""), NULL, &e));
    else if (fresh) CT_TRY(new_entry(set, key, hit->callback, hit->scanner, &e));
    ct_err err = add_to(set, e, hit);
    if (err) {
        if (fresh) free_entry(set, e);
        return err;
    }
    if (fresh) {
        set->entries[set->n++] = e;
        if (fold) set->others = e;
        else *slot = (struct slot){hash, e};
    }
    if (fold) e->c.scanner = NULL; /* of many callbacks: no label is true */
    if (ret_campaign) *ret_campaign = &e->c;
    if (ret_new) *ret_new = fresh;
    return CT_OK;
}

/* Does a come before b? */
static bool before(const struct ct_campaign *a, const struct ct_campaign *b)
{
    if (a->grade != b->grade) return a->grade > b->grade;
    if (a->ran != b->ran) return a->ran;
    if (a->contacted != b->contacted) return a->contacted;
    if (a->n != b->n) return a->n > b->n;
    return ct_str_cmp(a->key, b->key) < 0;
}

/* Heap sort: in place, and no order of input makes it slow. */
static void sift(const struct ct_campaign **list, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && before(list[child], list[child + 1])) child++;
        if (!before(list[root], list[child])) return;
        const struct ct_campaign *t = list[root];
        list[root] = list[child];
        list[child] = t;
    }
}

ct_err ct_campaigns_sorted(ct_campaigns *set, const struct ct_campaign ***ret_list, size_t *ret_n)
{
    const struct ct_campaign **list = set->sorted;
    for (size_t i = 0; i < set->n; i++) list[i] = &set->entries[i]->c;
    for (size_t i = set->n / 2; i-- > 0;) sift(list, i, set->n);
    for (size_t end = set->n; end > 1; end--) {
        const struct ct_campaign *t = list[0];
        list[0] = list[end - 1];
        list[end - 1] = t;
        sift(list, 0, end - 1);
    }
    *ret_list = list;
    *ret_n = set->n;
    return CT_OK;
}
