#include "respond/asset_import.h"
#include "base/buf.h"
#include "base/limits.h"
#include "text/csv_in.h"
#include "text/json_in.h"

#include <string.h>

enum { ROW_MAX = 8 << 20 };
enum field { NAME, ENVIRONMENT, EXPOSURE, OWNER, CRITICALITY, TAGS, FIELDS };

static const char *const names[FIELDS] = {"name", "environment", "exposure", "owner", "criticality", "tags"};

/* One row; a null p: the list has no such column. */
struct row {
    ct_str cells[FIELDS];
    ct_str tags[CT_ASSET_TAGS_MAX];
    size_t n_tags;
};

struct import {
    ct_db *db;
    ct_arena *arena;
    const struct ct_asset_map *map;
    const struct ct_who *who;
    struct ct_asset_counts counts;
    struct ct_fault *fault;
};

static enum field field_named(ct_str s)
{
    for (int f = 0; f < FIELDS; f++)
        if (ct_str_eq_fold(s, ct_str_from(names[f]))) return (enum field)f;
    return FIELDS;
}

ct_err ct_asset_map_parse(ct_str text, struct ct_asset_map *map, struct ct_fault *fault)
{
    while (text.p) {
        ct_str item = ct_str_trim(ct_str_cut(&text, ','));
        if (item.n == 0) continue;
        if (map->n == CT_ASSET_MAP_MAX) return ct_fault_set(fault, CT_ERR_CAP, 0, "over %d columns and words", CT_ASSET_MAP_MAX);
        size_t equals = ct_str_chr(item, '=');
        ct_str to = equals == CT_STR_NONE ? (ct_str){NULL, 0} : ct_str_slice(item, equals + 1, item.n), left = ct_str_slice(item, 0, equals);
        ct_str field = ct_str_cut(&left, '.');
        if (to.n == 0 || field_named(field) == FIELDS)
            return ct_fault_set(fault, CT_ERR_USAGE, 0, "is not FIELD=COLUMN or FIELD.THEIRS=OURS; fields are name, environment, exposure, owner, criticality, tags");
        map->items[map->n].field = field;
        map->items[map->n].value = left;
        map->items[map->n++].to = to;
    }
    return CT_OK;
}

/* Which of our fields a column is. A column that the map gives to a field takes it from the one of that name. */
static enum field field_of_column(const struct ct_asset_map *map, ct_str column)
{
    enum field own = field_named(column);
    for (size_t i = 0; i < map->n; i++) {
        if (map->items[i].value.p) continue;
        if (ct_str_eq_fold(map->items[i].to, column)) return field_named(map->items[i].field);
        if (own == field_named(map->items[i].field)) own = FIELDS;
    }
    return own;
}

static ct_str word_of(const struct ct_asset_map *map, enum field f, ct_str value)
{
    for (size_t i = 0; i < map->n; i++)
        if (map->items[i].value.p && field_named(map->items[i].field) == f && ct_str_eq_fold(map->items[i].value, value)) return map->items[i].to;
    return value;
}

static ct_err refuse(struct import *in, ct_err e, uint64_t line, const char *what)
{
    (void)ct_fault_set(in->fault, e, 0, "%s", what);
    if (in->fault) in->fault->line = line;
    return e;
}

/* The asset that a row speaks of: exactly it, one without an environment, or the only one of that name. */
static ct_err find(struct import *in, const struct row *r, uint64_t line, struct ct_asset *ret_asset)
{
    ct_str name = r->cells[NAME], environment = {NULL, 0};
    if (r->cells[ENVIRONMENT].n) environment = ct_environment_word(r->cells[ENVIRONMENT]);
    ct_err e = ct_asset_find(in->db, in->arena, name, environment, ret_asset);
    if (e == CT_ERR_NOT_FOUND && environment.n) e = ct_asset_find(in->db, in->arena, name, CT_STR("unknown"), ret_asset);
    if (e == CT_ERR_USAGE) return refuse(in, e, line, "several environments hold this name: give the row an environment");
    return e == CT_ERR_NOT_FOUND ? CT_OK : e;
}

static ct_err take(struct import *in, struct row *r, uint64_t line)
{
    struct ct_asset a = {.id = 0};
    struct ct_fault why = {0};
    enum ct_put put;
    for (int f = 0; f < FIELDS; f++) r->cells[f] = r->cells[f].p ? word_of(in->map, (enum field)f, ct_str_trim(r->cells[f])) : r->cells[f];
    if (r->cells[NAME].n == 0) return refuse(in, CT_ERR_USAGE, line, "the row has no name: say which column holds it by --map name=COLUMN");
    CT_TRY(find(in, r, line, &a));
    ct_str *const texts[] = {&a.name, &a.environment, &a.exposure, &a.owner, &a.criticality};
    for (size_t f = 0; f < sizeof texts / sizeof *texts; f++)
        if (r->cells[f].p) *texts[f] = r->cells[f];
    for (ct_str rest = r->cells[TAGS]; rest.p;) {
        size_t cut = 0;
        while (cut < rest.n && rest.p[cut] != ',' && rest.p[cut] != ';') cut++;
        ct_str tag = ct_str_trim(ct_str_slice(rest, 0, cut));
        rest = cut < rest.n ? ct_str_slice(rest, cut + 1, rest.n) : (ct_str){NULL, 0};
        if (tag.n && r->n_tags == CT_ASSET_TAGS_MAX) return refuse(in, CT_ERR_CAP, line, "too many tags");
        if (tag.n) r->tags[r->n_tags++] = tag;
    }
    if (r->cells[TAGS].p || r->n_tags) {
        a.tags = r->tags;
        a.n_tags = r->n_tags;
    }
    ct_err e = ct_asset_put(in->db, in->arena, &a, in->who, &put, &why);
    if (e != CT_OK) return refuse(in, e, line, *why.detail ? why.detail : ct_db_why(in->db));
    in->counts.rows++;
    in->counts.added += put == CT_PUT_ADDED;
    in->counts.changed += put == CT_PUT_CHANGED;
    in->counts.same += put == CT_PUT_SAME;
    return CT_OK;
}

static ct_err import_csv(struct import *in, ct_str text)
{
    struct ct_csv_in csv;
    ct_str cells[CT_CSV_CELLS_MAX];
    enum field fields[CT_CSV_CELLS_MAX];
    size_t n, columns;
    bool named = false;
    ct_err e;
    ct_csv_open(&csv, text);
    e = ct_csv_next(&csv, in->arena, cells, CT_CSV_CELLS_MAX, &columns, in->fault);
    if (e == CT_ERR_END) return refuse(in, CT_ERR_USAGE, 1, "the file is empty");
    CT_TRY(e);
    for (size_t i = 0; i < columns; i++) {
        fields[i] = field_of_column(in->map, ct_str_trim(cells[i]));
        named |= fields[i] == NAME;
    }
    if (!named) return refuse(in, CT_ERR_USAGE, csv.line, "no column is called name: say which one holds it by --map name=COLUMN");
    for (;;) {
        struct row r = {.n_tags = 0};
        ct_arena_clear(in->arena);
        e = ct_csv_next(&csv, in->arena, cells, CT_CSV_CELLS_MAX, &n, in->fault);
        if (e != CT_OK) return e == CT_ERR_END ? CT_OK : e;
        if (n > columns) return refuse(in, CT_ERR_SYNTAX, csv.line, "the row has more cells than the header");
        for (size_t i = 0; i < n; i++)
            if (fields[i] != FIELDS) r.cells[fields[i]] = cells[i].p ? cells[i] : CT_STR("");
        CT_TRY(take(in, &r, csv.line));
    }
}

static ct_err text_of(struct import *in, const struct ct_json_token *t, ct_str *ret_text)
{
    struct ct_buf b;
    if (!t->escaped) return *ret_text = t->text.p ? t->text : CT_STR(""), CT_OK;
    ct_buf_init(&b, in->arena, ROW_MAX / 4);
    ct_json_unescape(&b, t->text);
    CT_TRY(b.err);
    *ret_text = b.n ? ct_buf_view(&b) : CT_STR("");
    return CT_OK;
}

/* Behind the '{' of a row, up to its '}'. */
static ct_err json_row(struct import *in, struct ct_json_in *j, struct row *r)
{
    struct ct_json_token t;
    enum field f = FIELDS;
    unsigned depth = j->depth;
    bool tags = false;
    for (;;) {
        CT_TRY(ct_json_next(j, &t));
        if (t.kind == CT_JSON_OBJECT_END && t.depth == depth) return CT_OK;
        if (t.kind == CT_JSON_ARRAY_END) {
            tags = false;
        } else if (t.kind == CT_JSON_KEY) {
            ct_str key;
            CT_TRY(text_of(in, &t, &key));
            f = field_of_column(in->map, key);
        } else if (t.kind == CT_JSON_ARRAY && f == TAGS) {
            tags = true;
            if (!r->cells[TAGS].p) r->cells[TAGS] = CT_STR("");
        } else if (t.kind == CT_JSON_ARRAY || t.kind == CT_JSON_OBJECT) {
            CT_TRY(ct_json_skip(j));
        } else if (t.kind == CT_JSON_STRING && tags) {
            if (r->n_tags == CT_ASSET_TAGS_MAX) return CT_ERR_CAP;
            CT_TRY(text_of(in, &t, &r->tags[r->n_tags++]));
        } else if (f != FIELDS && !tags && t.kind != CT_JSON_NULL) {
            CT_TRY(text_of(in, &t, &r->cells[f]));
        }
    }
}

static uint64_t line_at(ct_str text, size_t at)
{
    uint64_t n = 1;
    for (size_t i = 0; i < at && i < text.n; i++) n += text.p[i] == '\n';
    return n;
}

static ct_err import_json(struct import *in, ct_str text)
{
    struct ct_json_in j;
    struct ct_json_token t;
    size_t from = 0;
    ct_err e;
    while (from < text.n) {
        ct_str rest = ct_str_slice(text, from, text.n);
        ct_json_open(&j, rest);
        while ((e = ct_json_next(&j, &t)) == CT_OK) {
            if (t.kind == CT_JSON_ARRAY && t.depth == 1) continue;
            if (t.kind == CT_JSON_ARRAY_END) continue;
            size_t at = from + t.offset;
            if (t.kind != CT_JSON_OBJECT) return refuse(in, CT_ERR_SYNTAX, line_at(text, at), "an object per asset is expected here");
            struct row r = {.n_tags = 0};
            ct_arena_clear(in->arena);
            e = json_row(in, &j, &r);
            if (e != CT_OK) break;
            CT_TRY(take(in, &r, line_at(text, at)));
        }
        if (e != CT_ERR_END) return refuse(in, e, line_at(text, from + ct_json_offset(&j)), e == CT_ERR_CAP ? "over a limit of size" : "no JSON");
        from += ct_json_offset(&j);
        while (from < text.n && ct_str_trim(ct_str_slice(text, from, from + 1)).n == 0) from++;
    }
    return CT_OK;
}

ct_err ct_assets_import(ct_db *db, ct_str text, const struct ct_asset_map *map, const struct ct_who *who, struct ct_asset_counts *ret_counts, struct ct_fault *fault)
{
    struct import in = {.db = db, .map = map, .who = who, .fault = fault};
    ct_str start = ct_str_trim(ct_str_slice(text, 0, 64));
    bool json = start.n && (start.p[0] == '[' || start.p[0] == '{');
    CT_TRY(ct_arena_new(&ct_alloc_libc, ROW_MAX, &in.arena));
    ct_err e = json ? import_json(&in, text) : import_csv(&in, text);
    ct_arena_free(in.arena);
    if (e == CT_OK) *ret_counts = in.counts;
    return e;
}
