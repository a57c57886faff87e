#include "respond/advisory_import.h"

#include "base/blake2b.h"
#include "event/attempt.h"
#include "formats/record.h"
#include "respond/due.h"
#include "respond/json_list.h"
#include "respond/matching.h"
#include "scan/json_paths.h"
#include "store/timeline.h"
#include "store/vulnerability.h"
#include "text/json_out.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 256, TEXT_MAX = 256 << 10 };

ct_err ct_advisory_import_begin(struct ct_advisory_import *in, ct_db *db, const struct ct_who *who, ct_str source)
{
    *in = (struct ct_advisory_import){.db = db, .who = who, .source = source};
    CT_TRY(ct_arena_new(&ct_alloc_libc, CT_OSV_SCRATCH_MAX, &in->arena));
    return ct_arena_new(&ct_alloc_libc, 64u << 20, &in->touched_arena);
}

void ct_advisory_import_free(struct ct_advisory_import *in)
{
    ct_arena_free(in->arena);
    ct_arena_free(in->touched_arena);
}

static ct_err touch(struct ct_advisory_import *in, int64_t vulnerability)
{
    for (size_t i = in->n_touched; i-- > 0 && i + 64 > in->n_touched;)
        if (in->touched[i] == vulnerability) return CT_OK;
    if (in->n_touched == in->cap_touched) {
        size_t cap = in->cap_touched ? 2 * in->cap_touched : 256;
        int64_t *grown = ct_arena_grow(in->touched_arena, in->touched, in->cap_touched * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        in->touched = grown;
        in->cap_touched = cap;
    }
    in->touched[in->n_touched++] = vulnerability;
    return CT_OK;
}

static bool is_cve(ct_str s) { return ct_str_starts(s, CT_STR("CVE-")); }

/* The better name: a CVE before anything else, then the lower one: by length first, so that CVE-2021-9999 comes before CVE-2021-10000. */
static bool better(ct_str a, ct_str b)
{
    if (is_cve(a) != is_cve(b)) return is_cve(a);
    if (ct_str_eq(ct_str_slice(a, 0, 9), ct_str_slice(b, 0, 9)) && a.n != b.n) return a.n < b.n;
    return ct_str_cmp(a, b) < 0;
}

static ct_err note(struct ct_advisory_import *in, ct_str kind, ct_str subject, int64_t vulnerability, ct_str was, ct_str now)
{
    struct ct_timeline_entry e = {.at = in->who->now_us, .actor = in->who->actor, .kind = kind, .subject = subject, .vulnerability = vulnerability, .was = was, .now = now,
                                  .why = in->who->why};
    return ct_timeline_append(in->db, &e);
}

/* One vulnerability for all of these names. */
static ct_err fold(struct ct_advisory_import *in, const ct_str *names, size_t n, int64_t *ret_id)
{
    struct ct_vulnerability v, other;
    ct_str best = names[0];
    int64_t id = 0;
    for (size_t i = 0; i < n; i++) {
        if (better(names[i], best)) best = names[i];
        ct_err e = ct_vulnerability_find(in->db, in->arena, names[i], &other);
        if (e == CT_ERR_NOT_FOUND) continue;
        CT_TRY(e);
        if (better(other.name, best)) best = other.name;
        if (!id) id = other.id, v = other;
        if (other.id == id) continue;
        CT_TRY(ct_vulnerability_merge(in->db, other.id, id));
        CT_TRY(ct_vulnerability_learn(in->db, id, other.severity, other.published));
        CT_TRY(note(in, CT_STR("vulnerability.merged"), v.name, id, other.name, v.name));
        in->counts.merged++;
        for (size_t k = 0; k < in->n_touched; k++)
            if (in->touched[k] == other.id) in->touched[k] = id;
    }
    if (!id) CT_TRY(ct_vulnerability_put(in->db, best, CT_STR(""), &id));
    else if (!ct_str_eq(best, v.name)) CT_TRY(ct_vulnerability_rename(in->db, id, best));
    for (size_t i = 0; i < n; i++) CT_TRY(ct_vulnerability_alias(in->db, id, names[i]));
    *ret_id = id;
    return CT_OK;
}

static int64_t time_of(ct_str s)
{
    int64_t t = s.n ? ct_time_iso(s) : CT_TIME_NONE;
    return t == CT_TIME_NONE ? 0 : t;
}

/* GHSA-..: ghsa; DEBIAN-CVE-..: debian */
static ct_err source_of(struct ct_advisory_import *in, ct_str id, ct_str *ret_source)
{
    struct ct_buf b;
    if (in->source.p) return *ret_source = in->source, CT_OK;
    ct_buf_init(&b, in->arena, 256);
    ct_str prefix = ct_str_slice(ct_str_cut(&id, '-'), 0, 40);
    for (size_t i = 0; i < prefix.n; i++) ct_buf_byte(&b, ct_ascii_lower(prefix.p[i]));
    if (b.n == 0) ct_buf_text(&b, "osv");
    return ct_buf_str(&b, ret_source);
}

struct taking {
    struct ct_advisory_import *in;
    struct ct_advisory_row *row;
    const struct ct_advisory *a;
    ct_err err;
};

static bool on_advisory(void *ctx, const struct ct_advisory *a)
{
    ((struct taking *)ctx)->a = a;
    return false;
}

static bool on_package(void *ctx, enum ct_ecosystem e, ct_str name)
{
    struct taking *t = ctx;
    t->err = ct_advisory_package_put(t->in->db, t->row->id, ct_ecosystem_name(e), name);
    return t->err == CT_OK;
}

/* One row of one vulnerability; written when it is new or differs. */
static ct_err put_row(struct ct_advisory_import *in, struct ct_advisory_row *row, const ct_advisories *known, const struct ct_advisory *a)
{
    struct ct_advisory_row before;
    struct taking t = {.in = in, .row = row};
    ct_err e = ct_advisory_row_find(in->db, in->arena, row->source, row->name, &before);
    if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    bool there = e == CT_OK;
    if (there && before.modified >= row->modified && before.vulnerability == row->vulnerability && before.withdrawn == row->withdrawn) {
        in->counts.same++;
        return CT_OK;
    }
    CT_TRY(ct_advisory_row_put(in->db, row));
    ct_advisories_packages(known, on_package, &t);
    CT_TRY(t.err);
    CT_TRY(ct_vulnerability_learn(in->db, row->vulnerability, row->severity, row->published));
    CT_TRY(ct_match_advisory(in->db, in->arena, row, known));
    in->counts.added += !there;
    in->counts.replaced += there;
    in->counts.withdrawn += row->withdrawn != 0;
    if (there && before.vulnerability != row->vulnerability) CT_TRY(touch(in, before.vulnerability));
    CT_TRY(touch(in, row->vulnerability));
    bool concerns;
    CT_TRY(ct_advisory_concerns(in->db, row->id, &concerns));
    if (!concerns && !there && !ct_str_eq(row->source, CT_STR("local"))) return CT_OK; /* of a whole ecosystem's thousands one entry speaks */
    struct ct_buf b;
    ct_buf_init(&b, in->arena, TEXT_MAX);
    ct_buf_add(&b, row->source);
    ct_buf_byte(&b, ' ');
    ct_buf_add(&b, row->name);
    ct_str subject;
    CT_TRY(ct_buf_str(&b, &subject));
    ct_str kind = row->withdrawn ? CT_STR("advisory.withdrawn") : there ? CT_STR("advisory.changed") : CT_STR("advisory.added");
    return note(in, kind, subject, row->vulnerability, (ct_str){NULL, 0}, ct_str_slice(a->summary, 0, 1024));
}

static ct_err take(struct ct_advisory_import *in, const ct_advisories *known, ct_str source, ct_str record)
{
    struct taking t = {.in = in};
    struct ct_blake2b h;
    ct_str names[NAMES_MAX];
    size_t n = 0;
    bool cve = false;
    ct_advisories_each(known, on_advisory, &t);
    const struct ct_advisory *a = t.a;
    if (!a) return CT_OK;
    struct ct_advisory_row row = {.source = source, .name = a->id, .severity = ct_str_from(ct_severity_name(a->severity)), .published = time_of(a->published),
                                  .modified = time_of(a->modified), .withdrawn = time_of(a->withdrawn), .taken = in->who->now_us, .record = record};
    if (a->withdrawn.n && !row.withdrawn) row.withdrawn = in->who->now_us;
    if (!source.p) CT_TRY(source_of(in, a->id, &row.source));
    ct_blake2b_init(&h);
    ct_blake2b_add(&h, record);
    ct_blake2b_done(&h, row.digest);
    names[n++] = a->id;
    for (size_t i = 0; i < a->aliases_n && n < NAMES_MAX; i++) names[n++] = a->aliases[i];
    for (size_t i = 0; i < n; i++) cve |= is_cve(names[i]);
    if (cve || a->upstream_n == 0) {
        CT_TRY(fold(in, names, n, &row.vulnerability));
        return put_row(in, &row, known, a);
    }
    for (size_t i = 0; i < a->upstream_n; i++) { /* each of them is a vulnerability of its own */
        struct ct_buf b;
        CT_TRY(fold(in, &a->upstream[i], 1, &row.vulnerability));
        ct_buf_init(&b, in->arena, TEXT_MAX);
        ct_buf_add(&b, a->id);
        ct_buf_text(&b, " on ");
        ct_buf_add(&b, a->upstream[i]);
        CT_TRY(ct_buf_str(&b, &row.name));
        CT_TRY(put_row(in, &row, known, a));
    }
    return CT_OK;
}

static ct_err load_and_take(struct ct_advisory_import *in, ct_str source, ct_str record, struct ct_fault *fault)
{
    ct_advisories *known = NULL;
    ct_arena_clear(in->arena);
    ct_err e = ct_advisories_new(&ct_alloc_libc, CT_ADVISORIES_MAX, &known);
    if (e == CT_OK) e = ct_record_load(known, source, record, fault);
    if (e == CT_OK) e = take(in, known, source, record);
    ct_advisories_free(known);
    return e;
}

ct_err ct_advisory_import_osv(struct ct_advisory_import *in, ct_str json, struct ct_fault *fault) { return load_and_take(in, in->source, json, fault); }

ct_err ct_advisory_import_local(struct ct_advisory_import *in, const struct ct_local_advisory *local, struct ct_fault *fault)
{
    ct_arena *arena;
    struct ct_buf b, when;
    struct ct_json_out j;
    ct_str record;
    CT_TRY(ct_arena_new(&ct_alloc_libc, 4u << 20, &arena));
    ct_buf_init(&when, arena, 64);
    ct_print_time(&when, in->who->now_us);
    ct_buf_init(&b, arena, 2u << 20);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_kv(&j, "id", local->id);
    ct_json_kv(&j, "summary", local->summary);
    ct_json_kv(&j, "modified", ct_buf_view(&when));
    ct_json_kz(&j, "severity", ct_severity_name(local->severity));
    ct_json_key(&j, "suspects");
    ct_json_array(&j);
    for (size_t i = 0; i < local->suspects_n; i++) ct_json_str(&j, local->suspects[i]);
    ct_json_array_end(&j);
    ct_json_object_end(&j);
    ct_err e = ct_buf_str(&b, &record);
    if (e == CT_OK) e = load_and_take(in, CT_STR("local"), record, fault);
    ct_arena_free(arena);
    return e;
}

struct kev {
    struct ct_advisory_import *in;
    ct_str cve, added, due;
};

static ct_err kev_entry(struct kev *k)
{
    char stamp[32];
    int64_t id, times[2] = {0, 0};
    const ct_str dates[2] = {k->added, k->due};
    if (!is_cve(k->cve)) return CT_OK;
    for (size_t i = 0; i < 2; i++) {
        if (dates[i].n != 10) continue;
        (void)snprintf(stamp, sizeof stamp, "%.10sT00:00:00Z", (const char *)dates[i].p);
        times[i] = time_of(ct_str_from(stamp));
    }
    CT_TRY(ct_vulnerability_put(k->in->db, k->cve, CT_STR(""), &id));
    bool news;
    CT_TRY(ct_vulnerability_kev(k->in->db, id, times[0], times[1], &news));
    k->in->counts.kev += news;
    bool concerns = false;
    if (news) CT_TRY(ct_finding_any(k->in->db, id, &concerns));
    return concerns ? note(k->in, CT_STR("vulnerability.exploited"), k->cve, id, (ct_str){NULL, 0}, k->due) : CT_OK;
}

static ct_err on_kev(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct kev *k = ctx;
    if (strcmp(path, "vulnerabilities") == 0 && t->kind == CT_JSON_OBJECT) {
        ct_arena_clear(k->in->arena);
        k->cve = k->added = k->due = (ct_str){NULL, 0};
    }
    if (strcmp(path, "vulnerabilities") == 0 && t->kind == CT_JSON_OBJECT_END) return kev_entry(k);
    if (t->kind != CT_JSON_STRING) return CT_OK;
    if (strcmp(path, "vulnerabilities.cveID") == 0) return ct_json_token_text(k->in->arena, t, &k->cve);
    if (strcmp(path, "vulnerabilities.dateAdded") == 0) return ct_json_token_text(k->in->arena, t, &k->added);
    if (strcmp(path, "vulnerabilities.dueDate") == 0) return ct_json_token_text(k->in->arena, t, &k->due);
    return CT_OK;
}

ct_err ct_advisory_import_kev(struct ct_advisory_import *in, ct_str json, struct ct_fault *fault)
{
    struct kev k = {.in = in};
    ct_err e = ct_json_paths(json, on_kev, &k);
    return e == CT_ERR_SYNTAX || e == CT_ERR_TRUNCATED || e == CT_ERR_CAP ? ct_fault_set(fault, e, 0, "it is not CISA's catalogue of known exploited vulnerabilities in JSON: %s", ct_err_text(e)) : e;
}

ct_err ct_advisory_same(struct ct_advisory_import *in, ct_str a, ct_str b, struct ct_fault *fault)
{
    const ct_str names[] = {a, b};
    struct ct_vulnerability v;
    int64_t id;
    for (size_t i = 0; i < 2; i++)
        if (ct_vulnerability_find(in->db, in->arena, names[i], &v) == CT_ERR_NOT_FOUND && !is_cve(names[i]))
            return ct_fault_set(fault, CT_ERR_USAGE, 0, "nothing is known by the name '%.*s': load its advisory first (caltrop advisory add)", names[i].n < 100 ? (int)names[i].n : 100, (const char *)names[i].p);
    CT_TRY(fold(in, names, 2, &id));
    CT_TRY(note(in, CT_STR("vulnerability.same"), a, id, (ct_str){NULL, 0}, b));
    return touch(in, id);
}

/* One entry for all that came. */
static ct_err sum_up(struct ct_advisory_import *in)
{
    const struct ct_advisory_counts *n = &in->counts;
    struct ct_buf b;
    struct ct_json_out j;
    ct_str now;
    if (n->added + n->replaced + n->merged + n->kev == 0) return CT_OK;
    ct_arena_clear(in->arena);
    ct_buf_init(&b, in->arena, 4096);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_ku(&j, "added", n->added);
    ct_json_ku(&j, "changed", n->replaced);
    ct_json_ku(&j, "withdrawn", n->withdrawn);
    ct_json_ku(&j, "merged", n->merged);
    ct_json_ku(&j, "exploited", n->kev);
    ct_json_object_end(&j);
    CT_TRY(ct_buf_str(&b, &now));
    return note(in, CT_STR("advisories.taken"), in->source.p ? in->source : CT_STR("advisories"), 0, (ct_str){NULL, 0}, now);
}

ct_err ct_advisory_import_done(struct ct_advisory_import *in)
{
    ct_err e = sum_up(in);
    for (size_t i = 0; i < in->n_touched && e == CT_OK; i++) {
        e = ct_derive_vulnerability(in->db, in->touched[i], in->who, &in->counts.derived);
        if (e == CT_ERR_NOT_FOUND) e = CT_OK; /* merged away in the meantime */
    }
    struct ct_clocks_count clocks = {0};
    if (e == CT_OK && in->counts.kev) e = ct_clocks(in->db, 0, 0, in->who, false, &clocks);
    return e;
}
