#include "store/timeline.h"

#include <string.h>

static void add_u64(struct ct_blake2b *h, uint64_t v)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < 8; i++) bytes[i] = (unsigned char)(v >> 8 * i);
    ct_blake2b_add(h, (ct_str){bytes, 8});
}

/* Nothing and the empty text differ. */
static void add_text(struct ct_blake2b *h, ct_str s)
{
    add_u64(h, s.p ? s.n : UINT64_MAX);
    if (s.p) ct_blake2b_add(h, s);
}

static void hash_of(const struct ct_timeline_entry *e, const unsigned char before[CT_BLAKE2B_DIGEST], unsigned char ret_hash[CT_BLAKE2B_DIGEST])
{
    struct ct_blake2b h;
    ct_blake2b_init(&h);
    ct_blake2b_add(&h, (ct_str){before, CT_BLAKE2B_DIGEST});
    add_u64(&h, (uint64_t)e->at);
    add_text(&h, e->actor);
    add_text(&h, e->kind);
    add_text(&h, e->subject);
    add_u64(&h, (uint64_t)e->asset);
    add_u64(&h, (uint64_t)e->vulnerability);
    add_text(&h, e->was);
    add_text(&h, e->now);
    add_text(&h, e->why);
    ct_blake2b_done(&h, ret_hash);
}

static ct_err read_head(ct_db *db, struct ct_db_head *ret_head)
{
    struct ct_db_head *kept = ct_db_head(db);
    if (kept && kept->known) return *ret_head = *kept, CT_OK;
    ct_query *q = ct_db_query(db, "SELECT entries, hash FROM timeline_head WHERE id = 1");
    ct_err err = ct_query_next(q);
    *ret_head = (struct ct_db_head){.known = true};
    if (err == CT_ERR_END) return CT_OK;
    CT_TRY(err);
    ct_str hash = ct_query_get_str(q, 1);
    ret_head->entries = (uint64_t)ct_query_get_i64(q, 0);
    if (hash.n == CT_BLAKE2B_DIGEST) memcpy(ret_head->hash, hash.p, hash.n);
    ct_query_done(q);
    return CT_OK;
}

static void bind_id(ct_query *q, int at, int64_t id)
{
    if (id) ct_query_i64(q, at, id);
    else ct_query_null(q, at);
}

ct_err ct_timeline_append(ct_db *db, const struct ct_timeline_entry *e)
{
    struct ct_db_head head;
    unsigned char hash[CT_BLAKE2B_DIGEST];
    CT_TRY(read_head(db, &head));
    hash_of(e, head.hash, hash);
    ct_query *q = ct_db_query(db, "INSERT INTO timeline (id, at, actor, kind, subject, asset, vulnerability, was, now, why, hash) "
                                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    ct_query_i64(q, 1, (int64_t)head.entries + 1);
    ct_query_i64(q, 2, e->at);
    ct_query_str(q, 3, e->actor);
    ct_query_str(q, 4, e->kind);
    ct_query_str(q, 5, e->subject);
    bind_id(q, 6, e->asset);
    bind_id(q, 7, e->vulnerability);
    ct_query_str(q, 8, e->was);
    ct_query_str(q, 9, e->now);
    ct_query_str(q, 10, e->why);
    ct_query_blob(q, 11, (ct_str){hash, sizeof hash});
    CT_TRY(ct_query_run(q));
    head.entries++;
    memcpy(head.hash, hash, sizeof hash);
    head.changed = true;
    struct ct_db_head *kept = ct_db_head(db);
    if (!kept) return ct_timeline_keep_head(db, &head);
    *kept = head;
    return CT_OK;
}

ct_err ct_timeline_keep_head(ct_db *db, const struct ct_db_head *head)
{
    ct_query *q = ct_db_query(db, "INSERT INTO timeline_head (id, entries, hash) VALUES (1, ?, ?) "
                                  "ON CONFLICT (id) DO UPDATE SET entries = excluded.entries, hash = excluded.hash");
    ct_query_i64(q, 1, (int64_t)head->entries);
    ct_query_blob(q, 2, (ct_str){head->hash, sizeof head->hash});
    return ct_query_run(q);
}

static ct_str text_or_null(const ct_query *q, int column)
{
    ct_str s = ct_query_get_str(q, column);
    if (ct_query_is_null(q, column)) return (ct_str){NULL, 0};
    return s.p ? s : CT_STR("");
}

#define COLUMNS "id, at, actor, kind, subject, asset, vulnerability, was, now, why, hash"

static void read_row(const ct_query *q, struct ct_timeline_entry *e)
{
    *e = (struct ct_timeline_entry){
        .id = ct_query_get_i64(q, 0), .at = ct_query_get_i64(q, 1), .actor = text_or_null(q, 2), .kind = text_or_null(q, 3),
        .subject = text_or_null(q, 4), .asset = ct_query_get_i64(q, 5), .vulnerability = ct_query_get_i64(q, 6),
        .was = text_or_null(q, 7), .now = text_or_null(q, 8), .why = text_or_null(q, 9)};
    ct_str hash = ct_query_get_str(q, 10);
    if (hash.n == sizeof e->hash) memcpy(e->hash, hash.p, hash.n);
}

ct_err ct_timeline_last(ct_db *db, int64_t *ret_id)
{
    struct ct_db_head head;
    CT_TRY(read_head(db, &head));
    *ret_id = (int64_t)head.entries;
    return CT_OK;
}

ct_err ct_timeline_read(ct_db *db, const struct ct_timeline_filter *filter, ct_timeline_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS " FROM timeline WHERE at >= ?1 AND at < ?2 AND (?3 = 0 OR asset = ?3) "
                                  "AND (?4 = 0 OR vulnerability = ?4) AND id > ?5 ORDER BY id");
    ct_query_i64(q, 1, filter->since);
    ct_query_i64(q, 2, filter->until);
    ct_query_i64(q, 3, filter->asset);
    ct_query_i64(q, 4, filter->vulnerability);
    ct_query_i64(q, 5, filter->after);
    struct ct_timeline_entry e;
    ct_err err;
    while ((err = ct_query_next(q)) == CT_OK) {
        read_row(q, &e);
        if ((err = tell(ctx, &e)) == CT_OK) continue;
        ct_query_done(q);
        return err;
    }
    return err == CT_ERR_END ? CT_OK : err;
}

ct_err ct_timeline_verify(ct_db *db, uint64_t *ret_entries, unsigned char ret_head[CT_BLAKE2B_DIGEST], struct ct_fault *fault)
{
    struct ct_db_head head;
    unsigned char before[CT_BLAKE2B_DIGEST] = {0}, hash[CT_BLAKE2B_DIGEST];
    uint64_t n = 0;
    ct_err err;
    CT_TRY(read_head(db, &head));
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS " FROM timeline ORDER BY id");
    while ((err = ct_query_next(q)) == CT_OK) {
        struct ct_timeline_entry e;
        read_row(q, &e);
        n++;
        hash_of(&e, before, hash);
        bool missing = e.id != (int64_t)n;
        if (missing || memcmp(hash, e.hash, sizeof hash) != 0) {
            err = ct_fault_set(fault, CT_ERR_CHECKSUM, 0, missing ? "entry %llu is missing" : "entry %llu was altered, or the one before it",
                               (unsigned long long)n);
            ct_query_done(q);
            return err;
        }
        memcpy(before, hash, sizeof before);
    }
    if (err != CT_ERR_END) return err;
    if (n != head.entries || memcmp(before, head.hash, sizeof before) != 0)
        return ct_fault_set(fault, CT_ERR_CHECKSUM, 0, "the last entries are missing: %llu of %llu are there", (unsigned long long)n, (unsigned long long)head.entries);
    *ret_entries = n;
    memcpy(ret_head, before, sizeof before);
    return CT_OK;
}
