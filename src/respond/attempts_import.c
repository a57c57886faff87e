#include "respond/attempts_import.h"

#include "detect/verdict.h"
#include "respond/attempt_read.h"
#include "respond/json_list.h"
#include "store/timeline.h"

enum { ARENA_MAX = 64 << 20, KEEP_MAX = 1 << 20, TEXT_MAX = 64 << 10 };

ct_err ct_attempts_begin(struct ct_attempts_import *in, ct_db *db, const struct ct_who *who, const struct ct_asset *asset)
{
    *in = (struct ct_attempts_import){.db = db, .who = who, .asset = asset};
    CT_TRY(ct_arena_new(&ct_alloc_libc, ARENA_MAX, &in->arena));
    return ct_arena_new(&ct_alloc_libc, KEEP_MAX, &in->keep);
}

void ct_attempts_free(struct ct_attempts_import *in)
{
    ct_arena_free(in->arena);
    ct_arena_free(in->keep);
    in->arena = in->keep = NULL;
}

static void add(struct ct_blake2b *h, ct_str s)
{
    unsigned char n[8];
    for (size_t i = 0; i < 8; i++) n[i] = (unsigned char)((uint64_t)s.n >> 8 * i);
    ct_blake2b_add(h, (ct_str){n, sizeof n});
    ct_blake2b_add(h, s);
}

static ct_err shape_of(struct ct_attempts_import *in, const struct ct_attempt_read *a, int64_t *ret_id)
{
    struct ct_shape_row s = {.grade = a->grade, .certainty = a->certainty};
    struct ct_blake2b h;
    CT_TRY(ct_json_list_write(in->arena, a->conditions, a->n_conditions, &s.conditions));
    CT_TRY(ct_fires_write(in->arena, a->fires, a->n_fires, &s.fires));
    ct_blake2b_init(&h);
    add(&h, s.grade);
    add(&h, s.certainty);
    add(&h, s.conditions);
    add(&h, s.fires);
    ct_blake2b_done(&h, s.digest);
    CT_TRY(ct_shape_put(in->db, &s));
    *ret_id = s.id;
    return CT_OK;
}

/* Attempts of one campaign often follow each other. */
static ct_err campaign_of(struct ct_attempts_import *in, const struct ct_attempt_read *a, int64_t *ret_id)
{
    struct ct_campaign_row c = {.key = a->campaign, .scanner = a->scanner, .normal = a->normal};
    enum ct_grade grade = CT_GRADE_NONE;
    struct ct_buf b;
    if (ct_grade_parse(a->grade, &grade)) c.grade = (int64_t)grade;
    ct_buf_init(&b, in->arena, TEXT_MAX);
    if (c.key.n == 0) {
        ct_campaign_key(&b, a->scheme, a->host, a->port, a->path, a->normal);
        CT_TRY(ct_buf_str(&b, &c.key));
    }
    if (in->campaign && c.grade <= in->campaign_grade && ct_str_eq(c.key, in->campaign_key)) return *ret_id = in->campaign, CT_OK;
    ct_buf_init(&b, in->arena, TEXT_MAX);
    if (a->host.n) ct_campaign_callback(&b, a->host, a->port);
    CT_TRY(ct_buf_str(&b, &c.callback));
    CT_TRY(ct_campaign_put(in->db, &c));
    ct_arena_clear(in->keep);
    CT_TRY(ct_arena_dup(in->keep, c.key, &in->campaign_key));
    in->campaign = *ret_id = c.id;
    in->campaign_grade = c.grade;
    return CT_OK;
}

static ct_err take(struct ct_attempts_import *in, const struct ct_attempt_read *a)
{
    struct ct_attempt_row row = {.asset = in->asset ? in->asset->id : 0, .at = a->at, .has_time = a->at != INT64_MIN, .contacted = a->contacted, .stands_for = a->stands_for,
                                 .line = a->line, .source = a->source, .target = a->target, .client = a->client, .status = a->status, .waf = a->waf};
    bool known;
    CT_TRY(ct_attempt_known(in->db, a->event, &known));
    in->taken += !known;
    in->again += known;
    if (known) return CT_OK;
    if (!row.has_time || row.at > in->who->now_us) row.at = in->who->now_us;
    for (size_t i = 0; i < CT_ATTEMPT_ID; i++) row.event[i] = a->event[i];
    CT_TRY(campaign_of(in, a, &row.campaign));
    CT_TRY(shape_of(in, a, &row.shape));
    return ct_attempt_put(in->db, &row);
}

ct_err ct_attempts_add(struct ct_attempts_import *in, ct_str text)
{
    uint64_t number = 0;
    for (ct_str rest = text; rest.p;) {
        struct ct_attempt_read a;
        ct_str line = ct_str_trim(ct_str_cut(&rest, '\n'));
        number++;
        if (line.n == 0) continue;
        ct_arena_clear(in->arena);
        ct_err e = ct_attempt_read(in->arena, line, &a);
        if (e == CT_ERR_NOMEM) return e;
        if (e == CT_ERR_UNSUPPORTED) in->other++;
        else if (e != CT_OK && in->unread++ == 0) in->first_unread = number;
        if (e == CT_OK) CT_TRY(take(in, &a));
    }
    return CT_OK;
}

ct_err ct_attempts_done(struct ct_attempts_import *in)
{
    struct ct_timeline_entry e = {.at = in->who->now_us, .actor = in->who->actor, .kind = CT_STR("attempts.imported"), .why = in->who->why};
    struct ct_buf b;
    if (in->taken == 0) return CT_OK;
    ct_arena_clear(in->arena);
    ct_buf_init(&b, in->arena, TEXT_MAX);
    ct_buf_printf(&b, "%llu attempts", (unsigned long long)in->taken);
    if (in->asset) {
        ct_str title;
        e.asset = in->asset->id;
        CT_TRY(ct_asset_title(in->db, in->arena, in->asset->id, &title));
        ct_buf_text(&b, " in logs of ");
        ct_buf_add(&b, title);
    }
    CT_TRY(ct_buf_str(&b, &e.subject));
    return ct_timeline_append(in->db, &e);
}
