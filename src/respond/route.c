#include "respond/route.h"

#include "base/buf.h"
#include "base/limits.h"
#include "store/timeline.h"
#include "text/csv_in.h"

enum { TEXT_MAX = 64 << 10, NAME_MAX_BYTES = 1024, ROW_MAX = 8 << 20 };
enum column { SERVICE, LOG, HOST, ASSET, ROLE, COLUMNS };

bool ct_route_matches(ct_str pattern, ct_str text, bool fold)
{
    size_t p = 0, t = 0, star = CT_STR_NONE, from = 0;
    if (pattern.n == 0) return true;
    while (t < text.n) {
        unsigned char want = p < pattern.n ? pattern.p[p] : 0, got = text.p[t];
        if (fold) want = ct_ascii_lower(want), got = ct_ascii_lower(got);
        if (p < pattern.n && want == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.n && (want == '?' || want == got)) {
            p++;
            t++;
        } else if (star != CT_STR_NONE) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*') p++;
    return p == pattern.n;
}

static ct_err find_asset(ct_db *db, ct_arena *arena, ct_str given, struct ct_asset *ret_asset, struct ct_fault *fault)
{
    size_t at = ct_str_rchr(given, '@');
    ct_str environment = {NULL, 0};
    ct_err e = ct_asset_find(db, arena, given, environment, ret_asset);
    if (e == CT_ERR_USAGE) return ct_fault_set(fault, e, 0, "several environments hold an asset of this name: NAME@ENVIRONMENT tells them apart");
    if (e != CT_ERR_NOT_FOUND) return e;
    if (at != CT_STR_NONE) environment = ct_environment_word(ct_str_slice(given, at + 1, given.n));
    if (environment.n) e = ct_asset_find(db, arena, ct_str_slice(given, 0, at), environment, ret_asset);
    if (e != CT_ERR_NOT_FOUND) return e;
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "no asset is called '%.*s': 'caltrop asset list' shows them", CT_STR_ARG(ct_str_slice(given, 0, 128)));
}

static ct_err note(ct_db *db, ct_arena *arena, ct_str kind, const struct ct_route_row *r, bool added, const struct ct_who *who)
{
    struct ct_timeline_entry e = {.at = who->now_us, .actor = who->actor, .kind = kind, .asset = r->asset, .why = who->why};
    struct ct_buf b;
    ct_str words, title;
    CT_TRY(ct_asset_title(db, arena, r->asset, &title));
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_text(&b, "service ");
    ct_buf_add(&b, r->service);
    CT_TRY(ct_buf_str(&b, &e.subject));
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_add(&b, title);
    ct_buf_text(&b, ct_str_eq(r->role, CT_STR("reads")) ? " reads what it writes" : " serves it");
    if (r->log.n) ct_buf_text(&b, ", log ");
    ct_buf_add(&b, r->log);
    if (r->host.n) ct_buf_text(&b, ", host ");
    ct_buf_add(&b, r->host);
    CT_TRY(ct_buf_str(&b, &words));
    if (added) e.now = words;
    else e.was = words;
    return ct_timeline_append(db, &e);
}

ct_err ct_route_add(ct_db *db, ct_arena *arena, const struct ct_route_new *n, const struct ct_who *who, bool *ret_new, struct ct_fault *fault)
{
    struct ct_route_row r = {.service = ct_str_trim(n->service), .log = ct_str_trim(n->log), .host = ct_str_trim(n->host), .added = who->now_us};
    struct ct_asset a;
    ct_str role = ct_str_trim(n->role);
    if (r.service.n == 0) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a route needs the name of its service");
    if (r.log.n == 0 && r.host.n == 0) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a route needs a log or a virtual host: --log PATTERN, --host NAME");
    if (r.service.n > NAME_MAX_BYTES || r.log.n > NAME_MAX_BYTES || r.host.n > NAME_MAX_BYTES) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a name is over %d bytes long", NAME_MAX_BYTES);
    if (role.n == 0 || ct_str_eq_fold(role, CT_STR("serves"))) r.role = CT_STR("serves");
    else if (ct_str_eq_fold(role, CT_STR("reads"))) r.role = CT_STR("reads");
    else return ct_fault_set(fault, CT_ERR_USAGE, 0, "'%.*s' is no role: serves or reads", CT_STR_ARG(ct_str_slice(role, 0, 128)));
    CT_TRY(find_asset(db, arena, ct_str_trim(n->asset), &a, fault));
    r.asset = a.id;
    CT_TRY(ct_route_put(db, &r, ret_new));
    return *ret_new ? note(db, arena, CT_STR("route.added"), &r, true, who) : CT_OK;
}

struct ending {
    ct_db *db;
    ct_arena *arena;
    const struct ct_who *who;
};

static ct_err on_ended(void *ctx, const struct ct_route_row *r)
{
    const struct ending *e = ctx;
    return note(e->db, e->arena, CT_STR("route.removed"), r, false, e->who);
}

ct_err ct_route_end(ct_db *db, ct_arena *arena, int64_t id, const struct ct_who *who, struct ct_fault *fault)
{
    struct ending c = {db, arena, who};
    ct_err e = ct_route_remove(db, id, on_ended, &c);
    return e == CT_ERR_NOT_FOUND ? ct_fault_set(fault, CT_ERR_USAGE, 0, "there is no route %lld: 'caltrop route list' shows them", (long long)id) : e;
}

static ct_err header(struct ct_csv_in *c, ct_arena *arena, size_t place[COLUMNS], struct ct_fault *fault)
{
    static const char *const names[COLUMNS] = {"service", "log", "host", "asset", "role"};
    ct_str cells[CT_CSV_CELLS_MAX];
    size_t n = 0;
    ct_err e = ct_csv_next(c, arena, cells, CT_CSV_CELLS_MAX, &n, fault);
    if (e == CT_ERR_END) return ct_fault_set(fault, CT_ERR_SYNTAX, 0, "the list is empty: it needs a header line");
    CT_TRY(e);
    for (int k = 0; k < COLUMNS; k++) {
        place[k] = CT_CSV_CELLS_MAX;
        for (size_t i = 0; i < n; i++)
            if (ct_str_eq_fold(ct_str_trim(cells[i]), ct_str_from(names[k]))) place[k] = i;
    }
    if (place[SERVICE] < n && place[ASSET] < n && (place[LOG] < n || place[HOST] < n)) return CT_OK;
    (void)ct_fault_set(fault, CT_ERR_SYNTAX, 0, "the header line needs service, asset, and log or host");
    if (fault) fault->line = 1;
    return CT_ERR_SYNTAX;
}

static ct_err import(ct_db *db, ct_arena *arena, ct_str csv, const struct ct_who *who, struct ct_route_counts *counts, struct ct_fault *fault)
{
    struct ct_csv_in c;
    size_t place[COLUMNS], n = 0;
    ct_str cells[CT_CSV_CELLS_MAX];
    ct_err e;
    ct_csv_open(&c, csv);
    CT_TRY(header(&c, arena, place, fault));
    for (;;) {
        struct ct_arena_mark mark = ct_arena_mark(arena);
        bool is_new;
        e = ct_csv_next(&c, arena, cells, CT_CSV_CELLS_MAX, &n, fault);
        if (e != CT_OK) return e == CT_ERR_END ? CT_OK : e;
        struct ct_route_new r = {.service = {NULL, 0}};
        ct_str *const to[COLUMNS] = {&r.service, &r.log, &r.host, &r.asset, &r.role};
        for (int k = 0; k < COLUMNS; k++)
            if (place[k] < n) *to[k] = cells[place[k]];
        e = ct_route_add(db, arena, &r, who, &is_new, fault);
        if (e == CT_ERR_USAGE && fault) fault->line = c.line;
        CT_TRY(e);
        counts->rows++;
        counts->added += is_new;
        counts->same += !is_new;
        ct_arena_reset(arena, mark);
    }
}

ct_err ct_routes_import(ct_db *db, ct_str csv, const struct ct_who *who, struct ct_route_counts *counts, struct ct_fault *fault)
{
    ct_arena *arena;
    CT_TRY(ct_arena_new(&ct_alloc_libc, ROW_MAX, &arena));
    ct_err e = import(db, arena, csv, who, counts, fault);
    ct_arena_free(arena);
    return e;
}
