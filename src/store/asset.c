#include "store/asset.h"
#include "base/buf.h"
#include "base/limits.h"
#include "store/timeline.h"
#include "text/json_out.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 256 << 10 };

struct word {
    const char *given, *word;
};

static ct_str find_word(const struct word *words, size_t n, ct_str s)
{
    for (size_t i = 0; i < n; i++)
        if (ct_str_eq_fold(s, ct_str_from(words[i].given))) return ct_str_from(words[i].word);
    return (ct_str){NULL, 0};
}

ct_str ct_environment_word(ct_str s)
{
    static const struct word words[] = {
        {"production", "production"}, {"prod", "production"}, {"live", "production"}, {"staging", "staging"}, {"stage", "staging"},
        {"development", "development"}, {"dev", "development"}, {"unknown", "unknown"}, {"", "unknown"},
    };
    return find_word(words, sizeof words / sizeof *words, s);
}

ct_str ct_exposure_word(ct_str s)
{
    static const struct word words[] = {
        {"public", "public"}, {"external", "public"}, {"internet", "public"}, {"internal", "internal"}, {"private", "internal"},
        {"receives-public-input", "receives-public-input"}, {"receives public input", "receives-public-input"}, {"unknown", "unknown"}, {"", "unknown"},
    };
    return find_word(words, sizeof words / sizeof *words, s);
}

ct_str ct_criticality_word(ct_str s)
{
    static const struct word words[] = {{"", ""}, {"low", "low"}, {"medium", "medium"}, {"high", "high"}, {"critical", "critical"}};
    return find_word(words, sizeof words / sizeof *words, s);
}

#define COLUMNS "id, name, environment, exposure, owner, criticality, machine_id, hardware_id, added, retired, looked, assessed, network_id"

static ct_err read_row(const ct_query *q, ct_arena *arena, struct ct_asset *ret_asset)
{
    struct ct_asset a = {.id = ct_query_get_i64(q, 0)};
    ct_str *texts[] = {&a.name, &a.environment, &a.exposure, &a.owner, &a.criticality, &a.machine_id, &a.hardware_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CT_TRY(ct_arena_dup(arena, ct_query_get_str(q, 1 + (int)i), texts[i]));
    a.added = ct_query_get_i64(q, 8);
    a.retired = ct_query_get_i64(q, 9);
    a.looked = ct_query_get_i64(q, 10);
    a.assessed = ct_query_get_i64(q, 11);
    CT_TRY(ct_arena_dup(arena, ct_query_get_str(q, 12), &a.network_id));
    *ret_asset = a;
    return CT_OK;
}

static ct_err read_tags(ct_db *db, ct_arena *arena, struct ct_asset *a)
{
    ct_str tags[CT_ASSET_TAGS_MAX];
    size_t n = 0;
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT tag FROM asset_tag WHERE asset = ? ORDER BY tag");
    ct_query_i64(q, 1, a->id);
    while ((e = ct_query_next(q)) == CT_OK && n < CT_ASSET_TAGS_MAX) {
        e = ct_arena_dup(arena, ct_query_get_str(q, 0), &tags[n++]);
        if (e != CT_OK) break;
    }
    ct_query_done(q);
    if (e != CT_OK && e != CT_ERR_END) return e;
    ct_str *kept = ct_arena_array(arena, n + 1, sizeof *kept);
    if (!kept) return CT_ERR_NOMEM;
    memcpy(kept, tags, n * sizeof *kept);
    a->tags = kept;
    a->n_tags = n;
    return CT_OK;
}

ct_err ct_asset_find(ct_db *db, ct_arena *arena, ct_str name, ct_str environment, struct ct_asset *ret_asset)
{
    struct ct_asset a = {.id = 0};
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS " FROM asset WHERE name = ?1 AND (?2 = '' OR environment = ?2)");
    ct_query_str(q, 1, name);
    ct_query_str(q, 2, environment.p ? environment : CT_STR(""));
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    e = read_row(q, arena, &a);
    ct_err more = e == CT_OK ? ct_query_next(q) : e;
    ct_query_done(q);
    CT_TRY(e);
    if (more != CT_ERR_END) return more == CT_OK ? CT_ERR_USAGE : more;
    CT_TRY(read_tags(db, arena, &a));
    *ret_asset = a;
    return CT_OK;
}

ct_err ct_asset_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_asset *ret_asset)
{
    struct ct_asset a = {.id = 0};
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS " FROM asset WHERE id = ?");
    ct_query_i64(q, 1, id);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    e = read_row(q, arena, &a);
    ct_query_done(q);
    CT_TRY(e);
    CT_TRY(read_tags(db, arena, &a));
    *ret_asset = a;
    return CT_OK;
}

ct_err ct_asset_subject(ct_arena *arena, ct_str name, ct_str environment, ct_str *ret_subject)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_add(&b, name);
    ct_buf_text(&b, " (");
    ct_buf_add(&b, environment);
    ct_buf_byte(&b, ')');
    return ct_buf_str(&b, ret_subject);
}

ct_err ct_asset_title(ct_db *db, ct_arena *arena, int64_t id, ct_str *ret_title)
{
    ct_query *q = ct_db_query(db, "SELECT name, environment FROM asset WHERE id = ?");
    ct_query_i64(q, 1, id);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    e = ct_asset_subject(arena, ct_query_get_str(q, 0), ct_query_get_str(q, 1), ret_title);
    ct_query_done(q);
    return e;
}

static ct_err check(struct ct_asset *a, struct ct_fault *fault)
{
    const struct {
        const char *what, *words;
        ct_str *value;
        ct_str (*word)(ct_str);
    } words[] = {
        {"environment", "development, staging, production, unknown", &a->environment, ct_environment_word},
        {"exposure", "public, internal, receives-public-input, unknown", &a->exposure, ct_exposure_word},
        {"criticality", "low, medium, high, critical", &a->criticality, ct_criticality_word},
    };
    if (a->name.n == 0) return ct_fault_set(fault, CT_ERR_USAGE, 0, "an asset needs a name");
    if (a->name.n > CT_ASSET_TEXT_MAX || a->owner.n > CT_ASSET_TEXT_MAX) return ct_fault_set(fault, CT_ERR_CAP, 0, "a name or owner over %u bytes", CT_ASSET_TEXT_MAX);
    if (a->n_tags > CT_ASSET_TAGS_MAX) return ct_fault_set(fault, CT_ERR_CAP, 0, "over %u tags", CT_ASSET_TAGS_MAX);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        ct_str word = words[i].word(*words[i].value), given = *words[i].value;
        if (!word.p)
            return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s '%.*s' is not one of %s", words[i].what, given.n < 60 ? (int)given.n : 60, (const char *)given.p, words[i].words);
        *words[i].value = word;
    }
    for (size_t i = 0; i < a->n_tags; i++)
        if (a->tags[i].n == 0 || a->tags[i].n > CT_ASSET_TEXT_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a tag is empty, or over %u bytes", CT_ASSET_TEXT_MAX);
    return CT_OK;
}

static int by_text(const void *x, const void *y) { return ct_str_cmp(*(const ct_str *)x, *(const ct_str *)y); }

static ct_err sort_tags(ct_arena *arena, struct ct_asset *a)
{
    size_t n = 0;
    ct_str *tags = ct_arena_array(arena, a->n_tags + 1, sizeof *tags);
    if (!tags) return CT_ERR_NOMEM;
    if (a->n_tags) {
        memcpy(tags, a->tags, a->n_tags * sizeof *tags);
        qsort(tags, a->n_tags, sizeof *tags, by_text);
    }
    for (size_t i = 0; i < a->n_tags; i++)
        if (n == 0 || !ct_str_eq(tags[i], tags[n - 1])) tags[n++] = tags[i];
    a->tags = tags;
    a->n_tags = n;
    return CT_OK;
}

static bool same_tags(const struct ct_asset *a, const struct ct_asset *b)
{
    if (a->n_tags != b->n_tags) return false;
    for (size_t i = 0; i < a->n_tags; i++)
        if (!ct_str_eq(a->tags[i], b->tags[i])) return false;
    return true;
}

/* The fields of a that differ from other (null: all that say something) as a JSON object; a null p: none. */
static ct_err differing(ct_arena *arena, const struct ct_asset *a, const struct ct_asset *other, ct_str *ret_json)
{
    struct ct_buf b;
    struct ct_json_out j;
    static const struct ct_asset nothing;
    const struct ct_asset *o = other ? other : &nothing;
    const struct {
        const char *key;
        ct_str value, before;
    } all[] = {
        {"name", a->name, o->name}, {"environment", a->environment, o->environment}, {"exposure", a->exposure, o->exposure}, {"owner", a->owner, o->owner},
        {"criticality", a->criticality, o->criticality}, {"machine_id", a->machine_id, o->machine_id}, {"hardware_id", a->hardware_id, o->hardware_id},
        {"network_id", a->network_id, o->network_id},
    };
    size_t n = 0;
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (ct_str_eq(all[i].value, all[i].before)) continue;
        ct_json_kv(&j, all[i].key, all[i].value);
        n++;
    }
    if (!same_tags(a, o)) {
        ct_json_key(&j, "tags");
        ct_json_array(&j);
        for (size_t i = 0; i < a->n_tags; i++) ct_json_str(&j, a->tags[i]);
        ct_json_array_end(&j);
        n++;
    }
    if ((a->retired != 0) != (o->retired != 0)) {
        ct_json_key(&j, "retired");
        ct_json_bool(&j, a->retired != 0);
        n++;
    }
    ct_json_object_end(&j);
    if (n == 0) return *ret_json = (ct_str){NULL, 0}, b.err;
    return ct_buf_str(&b, ret_json);
}

static ct_err note(ct_db *db, ct_arena *arena, const struct ct_asset *a, const struct ct_who *who, ct_str kind, ct_str was, ct_str now)
{
    struct ct_timeline_entry e = {.at = who->now_us, .actor = who->actor, .kind = kind, .asset = a->id, .was = was, .now = now, .why = who->why.p ? who->why : CT_STR("")};
    CT_TRY(ct_asset_subject(arena, a->name, a->environment, &e.subject));
    return ct_timeline_append(db, &e);
}

static ct_err write_tags(ct_db *db, const struct ct_asset *a)
{
    ct_query *q = ct_db_query(db, "DELETE FROM asset_tag WHERE asset = ?");
    ct_query_i64(q, 1, a->id);
    CT_TRY(ct_query_run(q));
    for (size_t i = 0; i < a->n_tags; i++) {
        q = ct_db_query(db, "INSERT INTO asset_tag (asset, tag) VALUES (?, ?)");
        ct_query_i64(q, 1, a->id);
        ct_query_str(q, 2, a->tags[i]);
        CT_TRY(ct_query_run(q));
    }
    return CT_OK;
}

static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

static void bind(ct_query *q, const struct ct_asset *a)
{
    const ct_str all[] = {a->name, a->environment, a->exposure, a->owner, a->criticality, a->machine_id, a->hardware_id, a->network_id};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) ct_query_str(q, 1 + (int)i, text(all[i]));
    if (a->retired) ct_query_i64(q, 9, a->retired);
    else ct_query_null(q, 9);
}

/* Another asset of this name and environment. */
static ct_err refuse_second(ct_db *db, const struct ct_asset *a, struct ct_fault *fault)
{
    ct_query *q = ct_db_query(db, "SELECT 1 FROM asset WHERE name = ? AND environment = ? AND id <> ?");
    ct_query_str(q, 1, a->name);
    ct_query_str(q, 2, a->environment);
    ct_query_i64(q, 3, a->id);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_OK : e;
    ct_query_done(q);
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "another asset has this name in this environment");
}

ct_err ct_asset_put(ct_db *db, ct_arena *arena, struct ct_asset *a, const struct ct_who *who, enum ct_put *ret_put, struct ct_fault *fault)
{
    struct ct_asset before = {.id = 0};
    ct_str was = {NULL, 0}, now;
    CT_TRY(check(a, fault));
    CT_TRY(sort_tags(arena, a));
    if (a->id) CT_TRY(ct_asset_get(db, arena, a->id, &before));
    CT_TRY(differing(arena, a, a->id ? &before : NULL, &now));
    if (a->id) CT_TRY(differing(arena, &before, a, &was));
    if (!now.p) return *ret_put = CT_PUT_SAME, CT_OK;
    CT_TRY(refuse_second(db, a, fault));
    if (a->id) {
        ct_query *q = ct_db_query(db, "UPDATE asset SET name = ?, environment = ?, exposure = ?, owner = ?, criticality = ?, machine_id = ?, hardware_id = ?, "
                                      "network_id = ?, retired = ? WHERE id = ?");
        bind(q, a);
        ct_query_i64(q, 10, a->id);
        CT_TRY(ct_query_run(q));
    } else {
        ct_query *q = ct_db_query(db, "INSERT INTO asset (name, environment, exposure, owner, criticality, machine_id, hardware_id, network_id, retired, added) "
                                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        bind(q, a);
        ct_query_i64(q, 10, who->now_us);
        CT_TRY(ct_query_run(q));
        a->id = ct_db_last_id(db);
        a->added = who->now_us;
    }
    if (!same_tags(a, &before)) CT_TRY(write_tags(db, a));
    *ret_put = before.id ? CT_PUT_CHANGED : CT_PUT_ADDED;
    return note(db, arena, a, who, before.id ? CT_STR("asset.changed") : CT_STR("asset.added"), was, now);
}

ct_err ct_asset_retire(ct_db *db, ct_arena *arena, const struct ct_asset *a, const struct ct_who *who)
{
    ct_query *q = ct_db_query(db, "UPDATE asset SET retired = ? WHERE id = ? AND retired IS NULL");
    ct_query_i64(q, 1, who->now_us);
    ct_query_i64(q, 2, a->id);
    CT_TRY(ct_query_run(q));
    return ct_db_changes(db) ? note(db, arena, a, who, CT_STR("asset.retired"), CT_STR("{\"retired\":false}"), CT_STR("{\"retired\":true}")) : CT_OK;
}

ct_err ct_assets_each(ct_db *db, const struct ct_asset_filter *f, ct_asset_tell *tell, void *ctx)
{
    ct_arena *arena;
    ct_err e;
    CT_TRY(ct_arena_new(&ct_alloc_libc, 4u << 20, &arena));
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS " FROM asset WHERE (?1 IS NULL OR environment = ?1) AND (?2 IS NULL OR exposure = ?2) AND (?3 IS NULL OR owner = ?3) "
                                  "AND (?4 IS NULL OR EXISTS (SELECT 1 FROM asset_tag t WHERE t.asset = asset.id AND t.tag = ?4)) AND (?5 = 1 OR retired IS NULL) "
                                  "ORDER BY name, environment");
    ct_query_str(q, 1, f->environment);
    ct_query_str(q, 2, f->exposure);
    ct_query_str(q, 3, f->owner);
    ct_query_str(q, 4, f->tag);
    ct_query_i64(q, 5, f->retired);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_asset a;
        ct_arena_clear(arena);
        e = read_row(q, arena, &a);
        if (e == CT_OK) e = read_tags(db, arena, &a);
        if (e == CT_OK) e = tell(ctx, &a);
        if (e != CT_OK) {
            ct_query_done(q);
            break;
        }
    }
    ct_arena_free(arena);
    return e == CT_ERR_END ? CT_OK : e;
}
