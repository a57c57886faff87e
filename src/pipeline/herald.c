#include "pipeline/herald.h"

#include <string.h>

#define SECOND INT64_C(1000000)
enum { FIRST_GAP_S = 60, LAST_GAP_S = 3600 };
enum { EVENT_MAX = 64 * 1024 };     /* times the campaigns followed: what all their newest attempts may take */
enum { SHORT = 256, FEW = 4 };      /* of an attempt that would be longer: its strings, and its callbacks */

struct entry {
    unsigned char key[16];   /* a strong hash of the campaign key: nobody can aim for another's entry */
    int64_t due_us, seen_us;
    int64_t gap_us;
    uint64_t total, pending;
    unsigned char id[16];    /* of the newest attempt not sent yet, with its text */
    unsigned char *text;
    size_t n, cap;
};

struct ct_herald {
    const struct ct_alloc *alloc;
    ct_arena *arena;
    ct_herald_fn *send;
    void *ctx;
    size_t max, n;
    struct entry entries[];
};

ct_err ct_herald_new(const struct ct_alloc *alloc, size_t max, ct_herald_fn *send, void *ctx, ct_herald **ret_herald)
{
    ct_herald *h = ct_alloc_get(alloc, sizeof *h + max * sizeof *h->entries);
    if (!h) return CT_ERR_NOMEM;
    *h = (ct_herald){.alloc = alloc, .send = send, .ctx = ctx, .max = max};
    ct_err e = ct_arena_new(alloc, 16 * EVENT_MAX, &h->arena); /* with what masking and growing leave behind */
    if (e != CT_OK) {
        ct_herald_free(h);
        return e;
    }
    *ret_herald = h;
    return CT_OK;
}

void ct_herald_free(ct_herald *h)
{
    if (!h) return;
    for (size_t i = 0; i < h->n; i++) ct_alloc_put(h->alloc, h->entries[i].text, h->entries[i].cap);
    ct_arena_free(h->arena);
    ct_alloc_put(h->alloc, h, sizeof *h + h->max * sizeof *h->entries);
}

static ct_err send_pending(ct_herald *h, struct entry *e, int64_t now_us)
{
    if (e->pending == 0) return CT_OK;
    ct_err err = h->send(h->ctx, e->id, (ct_str){e->text, e->n});
    if (err != CT_OK) return err;
    e->pending = 0;
    e->due_us = now_us + e->gap_us;
    e->gap_us = e->gap_us * 2 < LAST_GAP_S * SECOND ? e->gap_us * 2 : LAST_GAP_S * SECOND;
    return CT_OK;
}

/* The entry of a campaign; a full table gives up the one silent longest, after its last message. */
static ct_err entry_of(ct_herald *h, const unsigned char key[16], int64_t now_us, struct entry **ret_entry)
{
    struct entry *oldest = &h->entries[0];
    for (size_t i = 0; i < h->n; i++) {
        struct entry *e = &h->entries[i];
        if (memcmp(e->key, key, sizeof e->key) == 0) {
            *ret_entry = e;
            return CT_OK;
        }
        if (e->seen_us < oldest->seen_us) oldest = e;
    }
    struct entry *e = h->n < h->max ? &h->entries[h->n] : oldest;
    if (h->n < h->max) {
        h->n++;
        *e = (struct entry){0};
    } else {
        CT_TRY(send_pending(h, e, now_us));
        *e = (struct entry){.text = e->text, .cap = e->cap};
    }
    memcpy(e->key, key, sizeof e->key);
    e->due_us = now_us;
    e->gap_us = FIRST_GAP_S * SECOND;
    *ret_entry = e;
    return CT_OK;
}

static ct_err keep_text(ct_herald *h, struct entry *e, ct_str text)
{
    if (text.n > e->cap) {
        unsigned char *p = h->alloc->resize(h->alloc->ctx, e->text, e->cap, text.n);
        if (!p) return CT_ERR_NOMEM;
        e->text = p;
        e->cap = text.n;
    }
    memcpy(e->text, text.p, text.n);
    e->n = text.n;
    return CT_OK;
}

/* The attempt in a fraction of its size: an attacker chooses how long his strings are. */
static void shorten(struct ct_attempt *a, struct ct_attempt_indicator few[FEW])
{
    ct_str *all[] = {&a->source, &a->client, &a->forwarded, &a->target, &a->method, &a->path, &a->status, &a->waf,
                     &a->field,  &a->normal, &a->raw,       &a->campaign};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) *all[i] = ct_str_slice(*all[i], 0, SHORT);
    for (size_t i = 0; i < a->n_conditions; i++) a->conditions[i] = ct_str_slice(a->conditions[i], 0, SHORT);
    if (a->n_indicators > FEW) a->n_indicators = FEW;
    for (size_t i = 0; i < a->n_indicators; i++) {
        few[i] = a->indicators[i];
        few[i].scheme = ct_str_slice(few[i].scheme, 0, SHORT);
        few[i].host = ct_str_slice(few[i].host, 0, SHORT);
        few[i].path = ct_str_slice(few[i].path, 0, SHORT);
    }
    a->indicators = few;
}

static struct ct_buf print(ct_herald *h, const struct ct_attempt *a)
{
    struct ct_buf out;
    ct_arena_clear(h->arena);
    ct_buf_init(&out, h->arena, EVENT_MAX);
    ct_attempt_ecs(&out, a);
    return out;
}

ct_err ct_herald_attempt(ct_herald *h, const struct ct_attempt *a, int64_t now_us)
{
    unsigned char key[16];
    struct entry *e = NULL;
    ct_event_id(CT_STR("campaign"), 0, a->campaign, key);
    CT_TRY(entry_of(h, key, now_us, &e));
    e->seen_us = now_us;
    e->total++;
    struct ct_attempt copy = *a;
    copy.repeats = e->pending + 1;
    copy.repeats_total = e->total;
    struct ct_buf out = print(h, &copy);
    if (out.err) {
        struct ct_attempt_indicator few[FEW];
        shorten(&copy, few);
        out = print(h, &copy);
    }
    CT_TRY(out.err);
    CT_TRY(keep_text(h, e, ct_buf_view(&out)));
    memcpy(e->id, a->id, sizeof e->id);
    e->pending++;
    return now_us >= e->due_us ? send_pending(h, e, now_us) : CT_OK;
}

ct_err ct_herald_tick(ct_herald *h, int64_t now_us, bool all)
{
    for (size_t i = 0; i < h->n; i++)
        if (all || now_us >= h->entries[i].due_us) CT_TRY(send_pending(h, &h->entries[i], now_us));
    return CT_OK;
}
