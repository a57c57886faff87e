#include "respond/vex_import.h"

#include "base/limits.h"
#include "formats/record.h"
#include "respond/vex_match.h"
#include "store/timeline.h"
#include "store/vulnerability.h"
#include "text/json_out.h"

#include <stdio.h>

enum { TEXT_MAX = 64 << 10, PRODUCTS_NAMED = 12, NAME_MAX_BYTES = 512 };

ct_err ct_vex_import_begin(struct ct_vex_import *in, ct_db *db, const struct ct_who *who)
{
    *in = (struct ct_vex_import){.db = db, .who = who};
    CT_TRY(ct_arena_new(&ct_alloc_libc, CT_VEX_MEMORY_MAX, &in->arena));
    return ct_arena_new(&ct_alloc_libc, 64u << 20, &in->touched_arena);
}

void ct_vex_import_free(struct ct_vex_import *in)
{
    ct_arena_free(in->arena);
    ct_arena_free(in->touched_arena);
}

struct document {
    struct ct_vex_import *in;
    ct_str name;              /* of the file */
    struct ct_vex_document row;
    ct_str author, id;        /* of the first statement */
    uint64_t statements, counting;
    /* the products it names, while it is checked */
    ct_str products[PRODUCTS_NAMED];
    size_t n_products;
    bool named;               /* the one that was asked for is there */
};

static ct_err touch(struct ct_vex_import *in, int64_t vulnerability)
{
    for (size_t i = in->n_touched; i-- > 0;)
        if (in->touched[i] == vulnerability) return CT_OK;
    if (in->n_touched == in->cap_touched) {
        size_t cap = in->cap_touched ? 2 * in->cap_touched : 64;
        int64_t *grown = ct_arena_grow(in->touched_arena, in->touched, in->cap_touched * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        in->touched = grown;
        in->cap_touched = cap;
    }
    in->touched[in->n_touched++] = vulnerability;
    return CT_OK;
}

static ct_str product_of(const struct ct_vex_statement *s) { return s->id.n ? s->id : s->purl.n ? s->purl : s->product; }

static bool is_product(const struct ct_vex_statement *s, ct_str asked) { return ct_str_eq(s->id, asked) || ct_str_eq(s->purl, asked) || ct_str_eq(s->product, asked); }

/* First reading: nothing is written. */
static ct_err look_over(void *ctx, const struct ct_vex_statement *s)
{
    struct document *d = ctx;
    ct_str product = product_of(s);
    if (d->statements++ == 0) {
        CT_TRY(ct_arena_dup(d->in->touched_arena, s->author, &d->author));
        CT_TRY(ct_arena_dup(d->in->touched_arena, s->document, &d->id));
    }
    if (d->in->product.p) d->named |= is_product(s, d->in->product);
    if (!d->in->asset || product.n == 0) return CT_OK;
    for (size_t i = 0; i < d->n_products && i < PRODUCTS_NAMED; i++)
        if (ct_str_eq(d->products[i], product)) return CT_OK;
    if (d->n_products < PRODUCTS_NAMED) CT_TRY(ct_arena_dup(d->in->touched_arena, product, &d->products[d->n_products++]));
    return CT_OK;
}

static int64_t time_of(ct_str s, int64_t now_us)
{
    char stamp[40];
    (void)snprintf(stamp, sizeof stamp, "%.10sT00:00:00Z", s.n >= 10 ? (const char *)s.p : "");
    int64_t t = s.n == 0 ? CT_TIME_NONE : ct_time_iso(s.n == 10 ? ct_str_from(stamp) : s);
    return t == CT_TIME_NONE || t > now_us ? now_us : t;
}

static ct_err vulnerability_of(struct ct_vex_import *in, const struct ct_vex_statement *s, int64_t *ret_id)
{
    struct ct_vulnerability v;
    *ret_id = 0;
    if (s->vulnerability.n == 0 || s->vulnerability.n > NAME_MAX_BYTES) return CT_OK;
    /* By its own name, else by another one that is known here; nothing is merged on a vendor's word. */
    ct_err e = ct_vulnerability_find(in->db, in->arena, s->vulnerability, &v);
    for (size_t i = 0; i < s->n_aliases && e == CT_ERR_NOT_FOUND; i++) e = ct_vulnerability_find(in->db, in->arena, s->aliases[i], &v);
    if (e == CT_OK) return *ret_id = v.id, CT_OK;
    return e == CT_ERR_NOT_FOUND ? ct_vulnerability_put(in->db, s->vulnerability, CT_STR(""), ret_id) : e;
}

static const char *refusal(struct ct_vex_import *in, const struct ct_vex_statement *s, const struct ct_vex_row *r)
{
    if (!r->vulnerability) return in->counts.no_vulnerability++, "it names no vulnerability";
    if (s->status == CT_VEX_UNKNOWN) return in->counts.no_status++, "its status is none that is known";
    if (s->status == CT_VEX_NOT_AFFECTED && s->justification.n == 0 && s->text.n == 0) return in->counts.no_justification++, "not_affected without a justification";
    if (!r->asset && r->purl_key.n == 0 && r->component_key.n == 0)
        return in->counts.no_package++, "it names no package URL, and a product's name and version close nothing";
    return NULL;
}

static void tell(struct document *d, uint64_t line, const char *why, ct_str what)
{
    if (d->in->tell) d->in->tell(d->in->ctx, d->name, line, why, what);
}

static ct_err take(void *ctx, const struct ct_vex_statement *s)
{
    struct document *d = ctx;
    struct ct_vex_import *in = d->in;
    struct ct_arena_mark mark = ct_arena_mark(in->arena);
    struct ct_vex_row r = {.document = d->row.id, .line = s->line, .status = ct_str_from(ct_vex_status_name(s->status)), .said = s->said, .vendor = s->vendor, .product = s->product,
                           .versions = s->versions, .product_id = s->id, .purl = s->purl, .component = s->component, .justification = s->justification, .text = s->text,
                           .action = s->action, .at = time_of(s->date, in->who->now_us)};
    uint64_t about;
    CT_TRY(vulnerability_of(in, s, &r.vulnerability));
    if (in->asset && (!in->product.p || is_product(s, in->product))) r.asset = in->asset;
    CT_TRY(ct_vex_key(in->arena, s->purl, &r.purl_key));
    CT_TRY(ct_vex_key(in->arena, s->component, &r.component_key));
    const char *why = refusal(in, s, &r);
    if (why) r.refused = ct_str_from(why);
    ct_str what = s->vulnerability.n ? s->vulnerability : s->product;
    if (why) tell(d, s->line, why, s->status == CT_VEX_UNKNOWN && s->said.n ? s->said : what);
    if (!why && s->status == CT_VEX_AFFECTED && s->action.n == 0) {
        in->counts.no_action++;
        tell(d, s->line, "affected, and no remediation is given: it counts all the same", what);
    }
    if (!why && r.asset && r.purl_key.n == 0 && r.component_key.n == 0 && (s->status == CT_VEX_AFFECTED || s->status == CT_VEX_UNDER_INVESTIGATION))
        tell(d, s->line, "about the asset as a whole: it weighs on the findings that are there, and opens none", what);
    CT_TRY(ct_vex_row_put(in->db, &r));
    CT_TRY(ct_vex_match_statement(in->db, in->arena, &r, &about));
    in->counts.statements++;
    in->counts.counting += !why;
    in->counts.about += about;
    d->counting += !why;
    if (!why) CT_TRY(touch(in, r.vulnerability));
    ct_arena_reset(in->arena, mark);
    return CT_OK;
}

static void on_left(void *ctx, uint64_t line, const char *why, ct_str what)
{
    struct document *d = ctx;
    d->in->counts.left++;
    tell(d, line, why, what);
}

static ct_err check_products(struct document *d, struct ct_fault *fault)
{
    struct ct_vex_import *in = d->in;
    char list[120] = "";
    size_t n = 0;
    if (in->product.p && !d->named)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "it has no product '%.*s'", in->product.n < 100 ? (int)in->product.n : 100, (const char *)in->product.p);
    if (!in->asset || in->product.p || d->n_products < 2) return CT_OK;
    for (size_t i = 0; i < d->n_products && n + 4 < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%.*s", i ? ", " : "", d->products[i].n < 40 ? (int)d->products[i].n : 40, (const char *)d->products[i].p);
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "it names several products; say by --product which one it is: %s", list);
}

static ct_err note(struct document *d)
{
    struct ct_vex_import *in = d->in;
    struct ct_timeline_entry e = {.at = in->who->now_us, .actor = in->who->actor, .kind = CT_STR("vex.taken"), .asset = in->asset, .why = in->who->why};
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, in->arena, TEXT_MAX);
    ct_buf_add(&b, ct_str_slice(d->row.source, 0, 200));
    ct_buf_text(&b, ": ");
    ct_buf_add(&b, ct_str_slice(d->row.name.n ? d->row.name : d->name, 0, 500));
    CT_TRY(ct_buf_str(&b, &e.subject));
    ct_buf_init(&b, in->arena, TEXT_MAX);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_kv(&j, "format", d->row.format);
    ct_json_ku(&j, "statements", d->statements);
    ct_json_ku(&j, "counting", d->counting);
    ct_json_object_end(&j);
    CT_TRY(ct_buf_str(&b, &e.now));
    return ct_timeline_append(in->db, &e);
}

ct_err ct_vex_import_document(struct ct_vex_import *in, ct_str name, ct_str text, struct ct_fault *fault)
{
    struct document d = {.in = in, .name = name};
    const struct ct_vex_sink check = {look_over, NULL, &d}, sink = {take, on_left, &d};
    enum ct_vex_format format;
    struct ct_blake2b h;
    ct_arena_clear(in->arena);
    if (!ct_vex_format_of(name, text, &format)) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "neither CSAF, OpenVEX, CycloneDX, CISA's list (.yml) nor a table (.csv)");
    CT_TRY(ct_vex_read(in->arena, format, text, &check, fault));
    CT_TRY(check_products(&d, fault));
    ct_blake2b_init(&h);
    ct_blake2b_add(&h, text);
    ct_blake2b_add(&h, in->source.p ? in->source : CT_STR(""));
    if (in->asset) ct_blake2b_add(&h, (ct_str){(const unsigned char *)&in->asset, sizeof in->asset});
    ct_blake2b_done(&h, d.row.digest);
    ct_err known = ct_vex_document_find(in->db, d.row.digest);
    in->counts.again += known == CT_OK;
    if (known != CT_ERR_END) return known;
    d.row.source = in->source.p ? in->source : d.author.n ? d.author : CT_STR("unnamed");
    d.row.format = ct_str_from(ct_vex_format_name(format));
    d.row.name = d.id;
    if (d.name.n == 0) d.name = d.id.n ? d.id : CT_STR("document");
    d.row.taken = in->who->now_us;
    CT_TRY(ct_vex_document_put(in->db, &d.row));
    CT_TRY(ct_vex_read(in->arena, format, text, &sink, fault));
    in->counts.documents++;
    return note(&d);
}

ct_err ct_vex_import_done(struct ct_vex_import *in)
{
    ct_err e = CT_OK;
    for (size_t i = 0; i < in->n_touched && e == CT_OK; i++) e = ct_derive_vulnerability(in->db, in->touched[i], in->who, &in->counts.derived);
    return e;
}
