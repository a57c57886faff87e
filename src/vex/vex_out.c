#include "vex/vex_out.h"

#include "base/blake2b.h"
#include "text/json_out.h"

#include <stdio.h>
#include <stdlib.h>

enum { PIECE = 64 << 10, PIECE_MAX = 8 << 20, ID = 36 };

struct out {
    ct_arena *arena;
    struct ct_buf buf, product, part; /* no marks: they grow in one arena */
    size_t *first;            /* where the same component of the same asset stands first */
    struct ct_json_out json;
    struct ct_sbom_sink sink;
    const struct ct_vex_known *list;
    size_t n;
    char id[ID + 1];          /* a UUID of the content */
};

bool ct_vex_out_named(ct_str name, enum ct_vex_out *ret_format)
{
    bool open = ct_str_eq_fold(name, CT_STR("openvex")), cyclone = ct_str_eq_fold(name, CT_STR("cyclonedx"));
    if (open || cyclone) *ret_format = open ? CT_VEX_OUT_OPENVEX : CT_VEX_OUT_CYCLONEDX;
    return open || cyclone;
}

static ct_err flush(struct out *o, bool all)
{
    CT_TRY(o->buf.err);
    if (!all && o->buf.n < PIECE) return CT_OK;
    ct_err e = o->sink.write(o->sink.ctx, ct_buf_view(&o->buf));
    o->buf.n = 0;
    return e;
}

static void add(struct ct_blake2b *h, ct_str s)
{
    unsigned char n[8];
    for (size_t i = 0; i < 8; i++) n[i] = (unsigned char)((uint64_t)s.n >> 8 * i);
    ct_blake2b_add(h, (ct_str){n, 8});
    ct_blake2b_add(h, s);
}

static void make_id(struct out *o, ct_str author)
{
    static const unsigned char parts[] = {4, 2, 2, 2, 6};
    struct ct_blake2b h;
    unsigned char d[CT_BLAKE2B_DIGEST];
    ct_blake2b_init(&h);
    add(&h, author);
    for (size_t i = 0; i < o->n; i++) {
        const struct ct_vex_known *k = &o->list[i];
        const ct_str all[] = {k->asset, k->purl, k->name, k->version, k->vulnerability, k->state, k->text, k->action, k->justification};
        for (size_t t = 0; t < sizeof all / sizeof *all; t++) add(&h, all[t]);
    }
    ct_blake2b_done(&h, d);
    d[6] = (unsigned char)((d[6] & 0x0f) | 0x80); /* RFC 9562: version 8, variant 2 */
    d[8] = (unsigned char)((d[8] & 0x3f) | 0x80);
    char *to = o->id;
    for (size_t part = 0, at = 0; part < sizeof parts; part++) {
        if (part) *to++ = '-';
        for (size_t i = 0; i < parts[part]; i++, at++, to += 2) (void)snprintf(to, 3, "%02x", d[at]);
    }
}

static void prefixed(struct ct_json_out *j, const char *key, const char *prefix, const char *rest)
{
    char text[80];
    (void)snprintf(text, sizeof text, "%s%s", prefix, rest);
    ct_json_kz(j, key, text);
}

static bool unreserved(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

/* "urn:caltrop:KIND:" and the name, percent-encoded: an IRI of whatever it is called. */
static ct_err urn(struct ct_buf *b, const char *kind, ct_str name, ct_str *ret_urn)
{
    b->n = 0;
    ct_buf_text(b, "urn:caltrop:");
    ct_buf_text(b, kind);
    ct_buf_byte(b, ':');
    for (size_t i = 0; i < name.n; i++) {
        if (unreserved(name.p[i])) ct_buf_byte(b, name.p[i]);
        else ct_buf_printf(b, "%%%02X", name.p[i]);
    }
    return ct_buf_str(b, ret_urn);
}

/* One statement per asset, component and vulnerability. Source: OpenVEX specification 0.2.0. */
static ct_err openvex_statement(struct out *o, const struct ct_vex_known *k)
{
    struct ct_json_out *j = &o->json;
    ct_str product, part = k->purl;
    CT_TRY(urn(&o->product, "asset", k->asset, &product));
    if (part.n == 0) CT_TRY(urn(&o->part, "component", k->name, &part));
    ct_json_object(j);
    ct_json_key(j, "vulnerability");
    ct_json_object(j);
    ct_json_kv(j, "name", k->vulnerability);
    if (k->n_aliases) {
        ct_json_key(j, "aliases");
        ct_json_array(j);
        for (size_t i = 0; i < k->n_aliases; i++) ct_json_str(j, k->aliases[i]);
        ct_json_array_end(j);
    }
    ct_json_object_end(j);
    if (k->since.n) ct_json_kv(j, "timestamp", k->since);
    ct_json_key(j, "products");
    ct_json_array(j);
    ct_json_object(j);
    ct_json_kv(j, "@id", product);
    ct_json_key(j, "subcomponents");
    ct_json_array(j);
    ct_json_object(j);
    ct_json_kv(j, "@id", part);
    if (k->purl.n) {
        ct_json_key(j, "identifiers");
        ct_json_object(j);
        ct_json_kv(j, "purl", k->purl);
        ct_json_object_end(j);
    }
    ct_json_object_end(j);
    ct_json_array_end(j);
    ct_json_object_end(j);
    ct_json_array_end(j);
    ct_json_kz(j, "status", ct_vex_status_name(k->status));
    if (k->status == CT_VEX_NOT_AFFECTED) {
        ct_json_kv(j, "justification", k->justification);
        ct_json_kv(j, "impact_statement", k->text);
    } else {
        if (k->text.n) ct_json_kv(j, "status_notes", k->text);
    }
    if (k->status == CT_VEX_AFFECTED) ct_json_kv(j, "action_statement", k->action);
    ct_json_object_end(j);
    return flush(o, false);
}

static ct_err openvex(struct out *o, ct_str author, ct_str created)
{
    struct ct_json_out *j = &o->json;
    ct_json_object(j);
    ct_json_kz(j, "@context", "https://openvex.dev/ns/v0.2.0");
    prefixed(j, "@id", "urn:uuid:", o->id);
    ct_json_kv(j, "author", author);
    ct_json_kv(j, "timestamp", created);
    ct_json_ku(j, "version", 1);
    ct_json_kz(j, "tooling", "caltrop " CT_VERSION);
    ct_json_key(j, "statements");
    ct_json_array(j);
    for (size_t i = 0; i < o->n; i++) CT_TRY(openvex_statement(o, &o->list[i]));
    ct_json_array_end(j);
    ct_json_object_end(j);
    return o->buf.err;
}

static const char *analysis_state(const struct ct_vex_known *k)
{
    switch (k->status) {
    case CT_VEX_NOT_AFFECTED: return "not_affected";
    case CT_VEX_FIXED: return "resolved";
    case CT_VEX_AFFECTED: return "exploitable";
    default: return "in_triage";
    }
}

/* OpenVEX's words in CycloneDX's. */
static const char *justification_of(ct_str word)
{
    static const struct {
        const char *openvex, *cyclonedx;
    } all[] = {{"component_not_present", "code_not_present"}, {"vulnerable_code_not_present", "code_not_present"}, {"vulnerable_code_not_in_execute_path", "code_not_reachable"},
               {"vulnerable_code_cannot_be_controlled_by_adversary", "requires_environment"}, {"inline_mitigations_already_exist", "protected_by_mitigating_control"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (ct_str_eq(word, ct_str_from(all[i].openvex))) return all[i].cyclonedx;
    return NULL;
}

static int by_part(const struct ct_vex_known *a, const struct ct_vex_known *b)
{
    const ct_str x[] = {a->asset, a->purl, a->name, a->version}, y[] = {b->asset, b->purl, b->name, b->version};
    for (size_t i = 0; i < 4; i++) {
        int order = ct_str_cmp(x[i], y[i]);
        if (order) return order;
    }
    return 0;
}

static int by_part_and_place(const void *a, const void *b)
{
    const struct ct_vex_known *x = *(const struct ct_vex_known *const *)a, *y = *(const struct ct_vex_known *const *)b;
    int order = by_part(x, y);
    return order ? order : x < y ? -1 : x > y;
}

static ct_err find_first(struct out *o)
{
    const struct ct_vex_known **sorted = ct_arena_array(o->arena, o->n + 1, sizeof *sorted);
    o->first = ct_arena_array(o->arena, o->n + 1, sizeof *o->first);
    if (!sorted || !o->first) return CT_ERR_NOMEM;
    for (size_t i = 0; i < o->n; i++) sorted[i] = &o->list[i];
    if (o->n) qsort(sorted, o->n, sizeof *sorted, by_part_and_place);
    for (size_t i = 0, start = 0; i < o->n; i++) {
        if (by_part(sorted[i], sorted[start]) != 0) start = i;
        o->first[sorted[i] - o->list] = (size_t)(sorted[start] - o->list);
    }
    return CT_OK;
}

static void part_ref(const struct out *o, size_t i, char to[32]) { (void)snprintf(to, 32, "part-%zu", o->first[i]); }

static void property(struct ct_json_out *j, const char *name, ct_str value)
{
    ct_json_object(j);
    ct_json_kz(j, "name", name);
    ct_json_kv(j, "value", value);
    ct_json_object_end(j);
}

static ct_err cyclonedx_part(struct out *o, size_t i)
{
    struct ct_json_out *j = &o->json;
    const struct ct_vex_known *k = &o->list[i];
    char ref[32];
    part_ref(o, i, ref);
    ct_json_object(j);
    ct_json_kz(j, "type", "library");
    ct_json_kz(j, "bom-ref", ref);
    ct_json_kv(j, "name", k->name.n ? k->name : k->purl);
    if (k->version.n && k->version.n <= 255) ct_json_kv(j, "version", k->version);
    if (k->purl.n) ct_json_kv(j, "purl", k->purl);
    ct_json_key(j, "properties");
    ct_json_array(j);
    property(j, "caltrop:asset", k->asset);
    ct_json_array_end(j);
    ct_json_object_end(j);
    return flush(o, false);
}

static ct_err cyclonedx_vulnerability(struct out *o, size_t i)
{
    struct ct_json_out *j = &o->json;
    const struct ct_vex_known *k = &o->list[i];
    const char *justification = k->status == CT_VEX_NOT_AFFECTED ? justification_of(k->justification) : NULL;
    char ref[32];
    part_ref(o, i, ref);
    ct_json_object(j);
    ct_json_kv(j, "id", k->vulnerability);
    if (k->n_aliases) {
        ct_json_key(j, "references");
        ct_json_array(j);
        for (size_t a = 0; a < k->n_aliases; a++) {
            ct_json_object(j);
            ct_json_kv(j, "id", k->aliases[a]);
            ct_json_key(j, "source");
            ct_json_object(j);
            ct_json_kv(j, "name", ct_str_starts(k->aliases[a], CT_STR("GHSA-")) ? CT_STR("GitHub") : CT_STR("unnamed"));
            ct_json_object_end(j);
            ct_json_object_end(j);
        }
        ct_json_array_end(j);
    }
    if (k->status == CT_VEX_AFFECTED) ct_json_kv(j, "recommendation", k->action);
    ct_json_key(j, "analysis");
    ct_json_object(j);
    ct_json_kz(j, "state", analysis_state(k));
    if (justification) ct_json_kz(j, "justification", justification);
    if (k->status == CT_VEX_AFFECTED) {
        ct_json_key(j, "response");
        ct_json_array(j);
        ct_json_str(j, ct_str_eq(k->state, CT_STR("mitigated")) ? CT_STR("workaround_available") : CT_STR("update"));
        ct_json_array_end(j);
    }
    if (k->text.n) ct_json_kv(j, "detail", k->text);
    if (k->since.n) ct_json_kv(j, "lastUpdated", k->since);
    ct_json_object_end(j);
    ct_json_key(j, "affects");
    ct_json_array(j);
    ct_json_object(j);
    ct_json_kz(j, "ref", ref);
    ct_json_object_end(j);
    ct_json_array_end(j);
    ct_json_key(j, "properties");
    ct_json_array(j);
    property(j, "caltrop:state", k->state);
    property(j, "caltrop:asset", k->asset);
    ct_json_array_end(j);
    ct_json_object_end(j);
    return flush(o, false);
}

static ct_err cyclonedx(struct out *o, ct_str author, ct_str created)
{
    struct ct_json_out *j = &o->json;
    ct_json_object(j);
    ct_json_kz(j, "bomFormat", "CycloneDX");
    ct_json_kz(j, "specVersion", "1.6");
    prefixed(j, "serialNumber", "urn:uuid:", o->id);
    ct_json_ku(j, "version", 1);
    ct_json_key(j, "metadata");
    ct_json_object(j);
    ct_json_kv(j, "timestamp", created);
    ct_json_key(j, "supplier");
    ct_json_object(j);
    ct_json_kv(j, "name", author);
    ct_json_object_end(j);
    ct_json_object_end(j);
    ct_json_key(j, "components");
    ct_json_array(j);
    for (size_t i = 0; i < o->n; i++) {
        if (o->first[i] == i) CT_TRY(cyclonedx_part(o, i));
    }
    ct_json_array_end(j);
    ct_json_key(j, "vulnerabilities");
    ct_json_array(j);
    for (size_t i = 0; i < o->n; i++) CT_TRY(cyclonedx_vulnerability(o, i));
    ct_json_array_end(j);
    ct_json_object_end(j);
    return o->buf.err;
}

ct_err ct_vex_write(ct_arena *arena, enum ct_vex_out format, ct_str author, ct_str created, const struct ct_vex_known *list, size_t n, struct ct_sbom_sink sink)
{
    struct out o = {.arena = arena, .sink = sink, .list = list, .n = n};
    ct_buf_init(&o.buf, arena, PIECE_MAX);
    ct_buf_init(&o.product, arena, PIECE_MAX);
    ct_buf_init(&o.part, arena, PIECE_MAX);
    ct_json_begin(&o.json, &o.buf);
    CT_TRY(find_first(&o));
    make_id(&o, author);
    ct_err e = format == CT_VEX_OUT_OPENVEX ? openvex(&o, author, created) : cyclonedx(&o, author, created);
    if (e != CT_OK) return e;
    ct_buf_byte(&o.buf, '\n');
    return flush(&o, true);
}
