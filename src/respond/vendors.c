#include "respond/vendors.h"

#include "base/blake2b.h"
#include "base/limits.h"
#include "store/timeline.h"
#include "store/vulnerability.h"
#include "text/csv_in.h"
#include "text/json_out.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 64 << 10, VERSIONS_MAX = 4096, PRODUCTS_NAMED = 40 };

static const ct_str none = {NULL, 0};

static ct_err note(ct_db *db, const struct ct_who *who, ct_str kind, ct_str subject, int64_t vulnerability, ct_str was, ct_str now, ct_str why)
{
    const struct ct_timeline_entry e = {.at = who->now_us, .actor = who->actor, .kind = kind, .subject = subject, .vulnerability = vulnerability, .was = was, .now = now,
                                        .why = why.p ? why : CT_STR("")};
    return ct_timeline_append(db, &e);
}

const char *ct_vendor_state(const struct ct_vendor_standing *s)
{
    if (ct_vendor_answers(s)) return "answered";
    if (s->spoke_of_others || s->status.p) return "silent";
    return s->reminded ? "reminded" : s->asked ? "asked" : "not asked";
}

ct_err ct_vendor_know(ct_db *db, ct_arena *arena, struct ct_vendor *v, const ct_str *products, size_t n, const struct ct_who *who, bool *ret_new, struct ct_fault *fault)
{
    struct ct_vendor there;
    int64_t id;
    v->name = ct_str_trim(v->name);
    if (!v->name.n || v->name.n > CT_ASSET_TEXT_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a vendor needs a name of at most %u bytes", CT_ASSET_TEXT_MAX);
    if (v->contact.n && !ct_letter_address(v->contact)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the contact is no address for mail like security@vendor.example");
    ct_err e = ct_vendor_get(db, arena, v->name, &there);
    if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    *ret_new = e == CT_ERR_NOT_FOUND;
    if (e == CT_ERR_NOT_FOUND) {
        v->added = who->now_us;
    } else {
        v->id = there.id;
        v->name = there.name;
        v->added = there.added;
        v->ours |= there.ours;
        if (!v->contact.p) v->contact = there.contact;
        if (!v->data.p) v->data = there.data;
    }
    bool changed = *ret_new || v->ours != there.ours || !ct_str_eq(v->contact, there.contact) || !ct_str_eq(v->data, there.data);
    if (changed) CT_TRY(ct_vendor_put(db, arena, v));
    for (size_t i = 0; i < n; i++) CT_TRY(ct_vendor_product_put(db, v->id, ct_str_trim(products[i]), true, &id));
    if (!changed || !v->ours) return CT_OK;
    return note(db, who, *ret_new ? CT_STR("vendor.added") : CT_STR("vendor.changed"), v->name, 0, *ret_new ? none : there.contact, v->contact, who->why);
}

/* A statement that is on its way into the store. */
struct said {
    ct_str vendor, product, vulnerability, date;
    struct ct_vendor_statement s;
    enum ct_vex_status status;
};

struct taking {
    ct_db *db;
    ct_arena *arena;
    const struct ct_who *who;
    struct ct_vendor_counts *counts;
    ct_str source;
    struct said **list;  /* in their order */
    size_t n, cap;
    struct said **slots; /* by key; a power of two, at most half full */
    size_t n_slots;
};

/* The least safe first. */
static int grave(enum ct_vex_status s)
{
    static const int order[] = {[CT_VEX_AFFECTED] = 0, [CT_VEX_UNDER_INVESTIGATION] = 1, [CT_VEX_UNKNOWN] = 2, [CT_VEX_FIXED] = 3, [CT_VEX_NOT_AFFECTED] = 4};
    return order[s];
}

/* Of what `same` calls one: vendors whatever their case. */
static uint64_t hash_of(const struct said *s)
{
    uint64_t vendor = 0;
    for (size_t i = 0; i < s->vendor.n; i++) vendor = vendor * 31 + ct_ascii_lower(s->vendor.p[i]);
    return ((vendor * 31 + ct_str_hash(s->product)) * 31 + ct_str_hash(s->vulnerability)) * 31 + ct_str_hash(s->date);
}

static bool same(const struct said *a, const struct said *b)
{
    return ct_str_eq_fold(a->vendor, b->vendor) && ct_str_eq(a->product, b->product) && ct_str_eq(a->vulnerability, b->vulnerability) && ct_str_eq(a->date, b->date);
}

static struct said **slot_of(struct taking *t, const struct said *s)
{
    size_t at = (size_t)(hash_of(s) * 0x9e3779b97f4a7c15u >> 20) & (t->n_slots - 1);
    while (t->slots[at] && !same(t->slots[at], s)) at = (at + 1) & (t->n_slots - 1);
    return &t->slots[at];
}

static ct_err room(struct taking *t)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 256;
        struct said **grown = ct_arena_grow(t->arena, t->list, t->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        t->list = grown;
        t->cap = cap;
    }
    if (2 * (t->n + 1) <= t->n_slots) return CT_OK;
    t->n_slots = t->n_slots ? 2 * t->n_slots : 1024;
    t->slots = ct_arena_zalloc(t->arena, t->n_slots * sizeof *t->slots);
    if (!t->slots) return CT_ERR_NOMEM;
    for (size_t i = 0; i < t->n; i++) *slot_of(t, t->list[i]) = t->list[i];
    return CT_OK;
}

static ct_err join_versions(struct taking *t, struct said *to, ct_str versions)
{
    struct ct_buf b;
    if (!versions.n || to->s.versions.n + versions.n + 2 > VERSIONS_MAX || ct_str_find(to->s.versions, versions) != CT_STR_NONE) return CT_OK;
    ct_buf_init(&b, t->arena, VERSIONS_MAX + 16);
    ct_buf_add(&b, to->s.versions);
    if (b.n) ct_buf_text(&b, "; ");
    ct_buf_add(&b, versions);
    return ct_buf_str(&b, &to->s.versions);
}

static ct_err on_statement(void *ctx, const struct ct_vex_statement *v)
{
    struct taking *t = ctx;
    struct said *s = ct_arena_zalloc(t->arena, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    t->counts->statements++;
    s->vendor = ct_str_trim(v->vendor.n ? v->vendor : v->author);
    s->product = v->product.n ? v->product : v->component;
    s->vulnerability = v->vulnerability;
    if (!s->vendor.n || s->vendor.n > CT_ASSET_TEXT_MAX || !s->vulnerability.n || s->vulnerability.n > CT_ASSET_TEXT_MAX) return t->counts->left++, CT_OK;
    s->date = v->date;
    s->status = v->status;
    s->s = (struct ct_vendor_statement){.source = t->source, .status = ct_str_from(ct_vex_status_name(v->status)), .said = v->said, .versions = v->versions, .text = v->text, .action = v->action,
                                        .link = v->link, .date = v->date, .taken = t->who->now_us, .who = t->who->actor};
    if (v->justification.n && !v->text.n) s->s.text = v->justification;
    CT_TRY(room(t));
    struct said **slot = slot_of(t, s);
    ct_str *const texts[] = {&s->vendor, &s->product, &s->vulnerability, &s->date, &s->s.said, &s->s.versions, &s->s.text, &s->s.action, &s->s.link, &s->s.date};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CT_TRY(ct_arena_dup(t->arena, ct_str_slice(*texts[i], 0, TEXT_MAX), texts[i]));
    if (!*slot) {
        *slot = s;
        t->list[t->n++] = s;
        return CT_OK;
    }
    struct said *old = *slot;
    ct_str versions = grave(s->status) < grave(old->status) ? old->s.versions : s->s.versions;
    if (grave(s->status) < grave(old->status)) {
        old->s = s->s;
        old->status = s->status;
    }
    return join_versions(t, old, versions);
}

static ct_err answered(ct_db *db, ct_arena *arena, int64_t vendor, int64_t vulnerability, const struct ct_who *who)
{
    struct ct_vendor_request r;
    ct_err e = ct_vendor_request_get(db, arena, vendor, vulnerability, &r);
    if (e == CT_ERR_NOT_FOUND) return CT_OK;
    CT_TRY(e);
    if (r.answered) return CT_OK;
    r.answered = who->now_us;
    return ct_vendor_request_put(db, &r);
}

static ct_err put_down(struct taking *t, struct said *s)
{
    struct ct_vendor v = {.name = s->vendor};
    bool fresh;
    struct ct_arena_mark mark = ct_arena_mark(t->arena);
    CT_TRY(ct_vendor_know(t->db, t->arena, &v, NULL, 0, t->who, &fresh, NULL));
    t->counts->vendors += fresh;
    CT_TRY(ct_vendor_product_put(t->db, v.id, s->product, false, &s->s.product));
    CT_TRY(ct_vulnerability_put(t->db, s->vulnerability, CT_STR(""), &s->s.vulnerability));
    CT_TRY(ct_vendor_say(t->db, &s->s, &fresh));
    t->counts->fresh += fresh;
    if (fresh && s->status != CT_VEX_UNKNOWN) CT_TRY(answered(t->db, t->arena, v.id, s->s.vulnerability, t->who));
    if (fresh && v.ours) {
        struct ct_buf b;
        ct_buf_init(&b, t->arena, 2 * TEXT_MAX);
        ct_buf_add(&b, s->vulnerability);
        ct_buf_text(&b, " in ");
        ct_buf_add(&b, s->product);
        ct_buf_text(&b, ": ");
        ct_buf_add(&b, s->s.status);
        CT_TRY(b.err);
        CT_TRY(note(t->db, t->who, CT_STR("vendor.said"), v.name, s->s.vulnerability, none, ct_buf_view(&b), t->source));
    }
    ct_arena_reset(t->arena, mark);
    return CT_OK;
}

struct counting {
    uint64_t n;
};

static ct_err on_reversal(void *ctx, const struct ct_vendor_statement *s)
{
    struct counting *c = ctx;
    (void)s;
    c->n++;
    return CT_OK;
}

/* One entry for all that came. */
static ct_err sum_up(struct taking *t, const char *what)
{
    struct ct_buf b;
    struct ct_json_out j;
    const struct ct_vendor_counts *n = t->counts;
    ct_buf_init(&b, t->arena, 4096);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_ku(&j, "vendors_new", n->vendors);
    ct_json_ku(&j, "statements", n->statements);
    ct_json_ku(&j, "new", n->fresh);
    ct_json_object_end(&j);
    CT_TRY(b.err);
    return note(t->db, t->who, CT_STR("vendors.taken"), ct_str_from(what), 0, none, ct_buf_view(&b), t->who->why);
}

ct_err ct_vendor_take(ct_db *db, ct_arena *arena, enum ct_vex_format format, ct_str text, const struct ct_who *who, struct ct_vendor_counts *counts, struct ct_fault *fault)
{
    struct taking t = {.db = db, .arena = arena, .who = who, .counts = counts, .source = ct_str_from(ct_vex_format_name(format))};
    const struct ct_vex_sink sink = {.statement = on_statement, .ctx = &t};
    struct counting before = {0}, after = {0};
    ct_arena *scratch;
    CT_TRY(ct_vendor_statements(db, 0, 0, true, on_reversal, &before));
    CT_TRY(ct_arena_new(&ct_alloc_libc, CT_RESPOND_FILE_MAX, &scratch));
    ct_err e = ct_vex_read(scratch, format, text, &sink, fault);
    ct_arena_free(scratch);
    uint64_t fresh = counts->fresh;
    for (size_t i = 0; i < t.n && e == CT_OK; i++) e = put_down(&t, t.list[i]);
    CT_TRY(e);
    CT_TRY(ct_vendor_statements(db, 0, 0, true, on_reversal, &after));
    counts->reversals += after.n - before.n;
    return counts->fresh > fresh ? sum_up(&t, ct_vex_format_name(format)) : CT_OK;
}

enum column { NAME, CONTACT, DATA, PRODUCT, COLUMNS };

static bool header(const ct_str *cells, size_t n, int at[COLUMNS])
{
    static const struct {
        const char *word;
        enum column column;
    } words[] = {{"vendor", NAME}, {"name", NAME}, {"supplier", NAME}, {"contact", CONTACT}, {"email", CONTACT}, {"mail", CONTACT}, {"data", DATA}, {"product", PRODUCT}};
    bool foreign = false;
    for (int i = 0; i < COLUMNS; i++) at[i] = -1;
    for (size_t i = 0; i < n; i++) {
        ct_str cell = ct_str_trim(cells[i]);
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (ct_str_eq_fold(cell, ct_str_from(words[w].word)) && at[words[w].column] < 0) at[words[w].column] = (int)i;
        foreign |= ct_str_eq_fold(cell, CT_STR("status")) || ct_str_starts_fold(cell, CT_STR("cve"));
    }
    return !foreign && at[NAME] >= 0 && (at[CONTACT] >= 0 || at[DATA] >= 0);
}

bool ct_vendor_list_is(ct_str text)
{
    struct ct_csv_in csv;
    ct_arena *arena;
    ct_str cells[CT_CSV_CELLS_MAX];
    size_t n;
    int at[COLUMNS];
    bool is = false;
    if (ct_arena_new(&ct_alloc_libc, 4u << 20, &arena) != CT_OK) return false;
    ct_csv_open(&csv, text);
    if (ct_csv_next(&csv, arena, cells, CT_CSV_CELLS_MAX, &n, NULL) == CT_OK) is = header(cells, n, at);
    ct_arena_free(arena);
    return is;
}

ct_err ct_vendor_list_take(ct_db *db, ct_arena *arena, ct_str text, const struct ct_who *who, struct ct_vendor_counts *counts, struct ct_fault *fault)
{
    struct ct_csv_in csv;
    ct_str cells[CT_CSV_CELLS_MAX];
    size_t n;
    int at[COLUMNS];
    ct_err e;
    ct_csv_open(&csv, text);
    CT_TRY(ct_csv_next(&csv, arena, cells, CT_CSV_CELLS_MAX, &n, fault));
    if (!header(cells, n, at)) return ct_fault_set(fault, CT_ERR_SYNTAX, 0, "a list of vendors has columns vendor, contact, data, product");
    for (;;) {
        struct ct_arena_mark mark = ct_arena_mark(arena);
        ct_str got[COLUMNS];
        bool fresh;
        e = ct_csv_next(&csv, arena, cells, CT_CSV_CELLS_MAX, &n, fault);
        if (e != CT_OK) break;
        for (int c = 0; c < COLUMNS; c++) got[c] = at[c] >= 0 && (size_t)at[c] < n ? ct_str_trim(cells[at[c]]) : none;
        struct ct_vendor v = {.name = got[NAME], .contact = got[CONTACT].n ? got[CONTACT] : none, .data = got[DATA].n ? got[DATA] : none, .ours = true};
        e = ct_vendor_know(db, arena, &v, &got[PRODUCT], got[PRODUCT].n > 0, who, &fresh, fault);
        if (e != CT_OK) {
            if (fault) fault->line = csv.line;
            return e;
        }
        counts->ours += fresh;
        ct_arena_reset(arena, mark);
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_vendor_answer(ct_db *db, ct_arena *arena, const struct ct_vendor *v, ct_str vulnerability, ct_str status, ct_str product, ct_str text, const struct ct_who *who,
                        struct ct_fault *fault)
{
    struct ct_vendor_statement s = {.source = CT_STR("answer"), .text = text, .taken = who->now_us, .who = who->actor, .said = status};
    struct ct_vulnerability u;
    bool workaround, fresh;
    struct ct_buf b;
    enum ct_vex_status word = ct_vex_status_of(status, &workaround);
    if (word == CT_VEX_UNKNOWN && !ct_str_eq_fold(status, CT_STR("unknown")))
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "'%.*s' is not one of affected, not_affected, fixed, under_investigation, unknown", CT_STR_ARG(ct_str_slice(status, 0, 40)));
    ct_err e = ct_vulnerability_find(db, arena, vulnerability, &u);
    if (e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, CT_ERR_USAGE, 0, "nothing is known about %.*s, and no vendor was asked about it: load its advisory first (caltrop advisory add)", CT_STR_ARG(ct_str_slice(vulnerability, 0, 60)));
    CT_TRY(e);
    s.status = ct_str_from(ct_vex_status_name(word));
    s.vulnerability = u.id;
    CT_TRY(ct_vendor_product_put(db, v->id, product, product.n > 0 && v->ours, &s.product));
    CT_TRY(ct_vendor_say(db, &s, &fresh));
    if (word != CT_VEX_UNKNOWN) CT_TRY(answered(db, arena, v->id, u.id, who));
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_add(&b, u.name);
    if (product.n) ct_buf_text(&b, " in "), ct_buf_add(&b, product);
    ct_buf_text(&b, ": ");
    ct_buf_add(&b, s.status);
    if (text.n) ct_buf_text(&b, ", "), ct_buf_add(&b, text);
    CT_TRY(b.err);
    return note(db, who, CT_STR("vendor.answered"), v->name, u.id, none, ct_buf_view(&b), who->why);
}

struct products {
    ct_arena *arena;
    ct_str list[PRODUCTS_NAMED];
    size_t n;
};

static ct_err on_product(void *ctx, int64_t product, ct_str name, bool ours)
{
    struct products *p = ctx;
    (void)product;
    if (!ours || !name.n || p->n == PRODUCTS_NAMED) return CT_OK;
    return ct_arena_dup(p->arena, name, &p->list[p->n++]);
}

/* The same letter of the same moment has the same id. */
static ct_err message_id(ct_arena *arena, const struct ct_vendor *v, const struct ct_letter *l, ct_str *ret_id)
{
    struct ct_blake2b h;
    unsigned char digest[CT_BLAKE2B_DIGEST];
    struct ct_buf b;
    size_t at = ct_str_chr(l->from, '@');
    ct_blake2b_init(&h);
    ct_blake2b_add(&h, v->name);
    for (size_t i = 0; i < l->n_vulnerabilities; i++) ct_blake2b_add(&h, l->vulnerabilities[i]);
    ct_blake2b_add(&h, (ct_str){(const unsigned char *)&l->now_us, sizeof l->now_us});
    ct_blake2b_done(&h, digest);
    ct_buf_init(&b, arena, 512);
    for (size_t i = 0; i < 12; i++) ct_buf_printf(&b, "%02x", digest[i]);
    ct_buf_add(&b, ct_str_slice(l->from, at == CT_STR_NONE ? 0 : at, l->from.n));
    return ct_buf_str(&b, ret_id);
}

ct_err ct_vendor_ask(ct_db *db, ct_arena *arena, const struct ct_vendor *v, const ct_str *vulnerabilities, size_t n, const struct ct_who *who, struct ct_letter *l, struct ct_fault *fault)
{
    struct products *p = ct_arena_zalloc(arena, sizeof *p);
    if (!p) return CT_ERR_NOMEM;
    if (!ct_letter_address(l->from)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a letter needs your address: --from security@us.example");
    p->arena = arena;
    CT_TRY(ct_vendor_products(db, v->id, on_product, p));
    l->vendor = v->name;
    l->to = v->contact;
    l->data = v->data;
    l->vulnerabilities = vulnerabilities;
    l->n_vulnerabilities = n;
    l->products = p->list;
    l->n_products = p->n;
    l->now_us = who->now_us;
    l->due -= l->due % 1000000; /* people read it */
    CT_TRY(message_id(arena, v, l, &l->message));
    for (size_t i = 0; i < n; i++) {
        struct ct_vendor_request r;
        int64_t id;
        CT_TRY(ct_vulnerability_put(db, vulnerabilities[i], CT_STR(""), &id));
        ct_err e = ct_vendor_request_get(db, arena, v->id, id, &r);
        if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
        bool again = e == CT_OK;
        if (again) {
            r.reminded = who->now_us;
            r.reminders++;
            if (!l->asked || r.asked < l->asked) l->asked = r.asked - r.asked % 1000000;
            l->refers_to = r.message;
        } else {
            r = (struct ct_vendor_request){.vendor = v->id, .vulnerability = id, .message = l->message, .asked = who->now_us};
        }
        CT_TRY(ct_vendor_request_put(db, &r));
        CT_TRY(note(db, who, again ? CT_STR("vendor.reminded") : CT_STR("vendor.asked"), v->name, id, none, vulnerabilities[i], who->why));
    }
    return CT_OK;
}

ct_err ct_vendor_limit(ct_db *db, const struct ct_vendor *v, struct ct_vendor_limit *l, const struct ct_who *who, struct ct_fault *fault)
{
    if (!l->what.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a limit says what is limited: 'no access to the mail gateway'");
    if (l->until && l->until <= who->now_us) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--until is already over: the end of a limit is ahead");
    l->vendor = v->id;
    l->who = who->actor;
    l->why = who->why;
    l->since = who->now_us;
    CT_TRY(ct_vendor_limit_add(db, l));
    return note(db, who, CT_STR("vendor.limited"), v->name, 0, none, l->what, who->why);
}

ct_err ct_vendor_lift(ct_db *db, const struct ct_vendor *v, int64_t number, const struct ct_who *who, struct ct_fault *fault)
{
    int64_t n;
    char text[32];
    if (!who->why.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "lifting a limit needs a reason: --why");
    CT_TRY(ct_vendor_limit_lift(db, v->id, number, who->actor, who->now_us, &n));
    if (!n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "it has no limit of this number in force: 'caltrop vendor show' lists them");
    (void)snprintf(text, sizeof text, "limit %lld", (long long)number);
    return note(db, who, CT_STR("vendor.lifted"), v->name, 0, ct_str_from(text), CT_STR("lifted"), who->why);
}
