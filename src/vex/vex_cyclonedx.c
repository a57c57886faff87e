/* CycloneDX 1.4 to 1.6, JSON: vulnerabilities with their analysis. Source: the specification's JSON schemas. */
#include "base/limits.h"
#include "vex/vex_in.h"

#include <stdlib.h>

struct part {
    ct_str ref, group, name, version, purl, cpe, supplier;
};

struct bom {
    struct ct_vex_in *in;
    struct part *parts;
    size_t n_parts, cap_parts;
    ct_str subject;            /* bom-ref of what the document is about */
    struct ct_vex_statement s;
    ct_str date, author;
};

static ct_err add_part(struct bom *b, const struct ct_json_value *v, struct ct_json_value *ret_nested)
{
    enum { REF, GROUP, NAME, VERSION, PURL, CPE, SUPPLIER, NESTED, SERVICES, N };
    static const char *const names[N] = {"bom-ref", "group", "name", "version", "purl", "cpe", "supplier", "components", "services"}, *const name[] = {"name"};
    struct ct_json_value f[N], supplier;
    struct part p;
    CT_TRY(ct_vex_want(b->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, b->in->fault));
    CT_TRY(ct_vex_text(b->in, &f[REF], &p.ref));
    CT_TRY(ct_vex_text(b->in, &f[GROUP], &p.group));
    CT_TRY(ct_vex_text(b->in, &f[NAME], &p.name));
    CT_TRY(ct_vex_text(b->in, &f[VERSION], &p.version));
    CT_TRY(ct_vex_text(b->in, &f[PURL], &p.purl));
    CT_TRY(ct_vex_text(b->in, &f[CPE], &p.cpe));
    CT_TRY(ct_json_fields(&f[SUPPLIER], name, 1, &supplier, b->in->fault));
    CT_TRY(ct_vex_text(b->in, &supplier, &p.supplier));
    CT_TRY(ct_vex_want(b->in, &f[NESTED], CT_JSON_ARRAY));
    *ret_nested = f[NESTED].text.p ? f[NESTED] : f[SERVICES];
    if (b->n_parts == b->cap_parts) {
        size_t cap = b->cap_parts ? 2 * b->cap_parts : 32;
        struct part *grown = ct_arena_grow(b->in->arena, b->parts, b->cap_parts * sizeof p, cap * sizeof p);
        if (!grown) return CT_ERR_NOMEM;
        b->parts = grown;
        b->cap_parts = cap;
    }
    b->parts[b->n_parts++] = p;
    return CT_OK;
}

static ct_err add_parts(struct bom *b, const struct ct_json_value *list)
{
    struct ct_json_items stack[CT_VEX_BRANCHES_MAX];
    struct ct_json_value v, nested;
    unsigned depth = 1;
    CT_TRY(ct_vex_want(b->in, list, CT_JSON_ARRAY));
    stack[0] = ct_json_items(list);
    while (depth) {
        ct_err e = ct_json_item(&stack[depth - 1], &v);
        if (e == CT_ERR_END) {
            depth--;
            continue;
        }
        CT_TRY(e);
        CT_TRY(add_part(b, &v, &nested));
        struct ct_json_items below = ct_json_items(&nested);
        if (below.none) continue;
        if (depth == CT_VEX_BRANCHES_MAX) return ct_json_refuse(&v, CT_ERR_CAP, "components nested too deep", b->in->fault);
        stack[depth++] = below;
    }
    return CT_OK;
}

static int by_ref(const void *a, const void *b) { return ct_str_cmp(((const struct part *)a)->ref, ((const struct part *)b)->ref); }

static ct_err metadata(struct bom *b, const struct ct_json_value *v)
{
    enum { TIMESTAMP, COMPONENT, SUPPLIER, MANUFACTURER, MANUFACTURE, N };
    static const char *const names[N] = {"timestamp", "component", "supplier", "manufacturer", "manufacture"}, *const name[] = {"name"};
    struct ct_json_value f[N], nested, who;
    CT_TRY(ct_vex_want(b->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, b->in->fault));
    CT_TRY(ct_vex_date(b->in, &f[TIMESTAMP], &b->date));
    for (int i = SUPPLIER; i < N && b->author.n == 0; i++) {
        CT_TRY(ct_json_fields(&f[i], name, 1, &who, b->in->fault));
        CT_TRY(ct_vex_text(b->in, &who, &b->author));
    }
    if (!f[COMPONENT].text.p) return CT_OK;
    CT_TRY(add_part(b, &f[COMPONENT], &nested));
    b->subject = b->parts[b->n_parts - 1].ref;
    if (!b->subject.p) b->subject = b->parts[b->n_parts - 1].ref = CT_STR("");
    return add_parts(b, &nested);
}

/* "urn:cdx:SERIAL/VERSION#REF" -> REF, percent-decoded; any other ref as it stands. */
static ct_err local_ref(struct bom *b, ct_str ref, ct_str *ret_ref)
{
    struct ct_buf out;
    size_t hash = ct_str_starts(ref, CT_STR("urn:cdx:")) ? ct_str_chr(ref, '#') : CT_STR_NONE;
    *ret_ref = ref;
    if (hash == CT_STR_NONE) return CT_OK;
    ref = ct_str_slice(ref, hash + 1, ref.n);
    /* A purl in it has percent signs of its own. */
    if (ct_str_starts(ref, CT_STR("pkg:"))) return *ret_ref = ref, CT_OK;
    ct_buf_init(&out, b->in->arena, ref.n + 16);
    for (size_t i = 0; i < ref.n; i++) {
        int high = ref.p[i] == '%' && i + 2 < ref.n ? ct_hex_value(ref.p[i + 1]) : -1, low = high < 0 ? -1 : ct_hex_value(ref.p[i + 2]);
        ct_buf_byte(&out, low < 0 ? ref.p[i] : (unsigned char)(high * 16 + low));
        if (low >= 0) i += 2;
    }
    return ct_buf_str(&out, ret_ref);
}

static ct_err name_product(struct bom *b, ct_str written)
{
    struct ct_vex_statement *s = &b->s;
    struct part key;
    CT_TRY(local_ref(b, written, &key.ref));
    const struct part *p = b->n_parts ? bsearch(&key, b->parts, b->n_parts, sizeof key, by_ref) : NULL;
    s->id = written;
    s->vendor = p ? (p->supplier.n ? p->supplier : p->group) : CT_STR("");
    s->product = p && p->name.n ? p->name : key.ref;
    s->versions = p ? p->version : CT_STR("");
    s->purl = p && p->purl.n ? p->purl : ct_str_starts(key.ref, CT_STR("pkg:")) ? key.ref : CT_STR("");
    s->cpe = p ? p->cpe : CT_STR("");
    return CT_OK;
}

static ct_err tell(struct bom *b) { return b->in->sink->statement(b->in->sink->ctx, &b->s); }

static ct_err one_version(struct bom *b, const struct ct_json_value *v, const struct ct_vex_statement *analysis)
{
    enum { VERSION, RANGE, STATUS, N };
    static const char *const names[N] = {"version", "range", "status"};
    struct ct_json_value f[N];
    ct_str word;
    CT_TRY(ct_vex_want(b->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, b->in->fault));
    CT_TRY(ct_vex_text(b->in, f[VERSION].text.p ? &f[VERSION] : &f[RANGE], &b->s.versions));
    CT_TRY(ct_vex_text(b->in, &f[STATUS], &word));
    b->s.line = ct_json_line(&b->in->lines, v);
    b->s.status = analysis->status;
    b->s.said = analysis->said;
    /* "affected" (the default) means that the analysis is about this version; the other two words stand on their own. */
    if (ct_str_eq(word, CT_STR("unknown"))) {
        b->s.status = CT_VEX_UNKNOWN;
        b->s.said = word;
    } else if (ct_str_eq(word, CT_STR("unaffected")) && analysis->status != CT_VEX_NOT_AFFECTED && analysis->status != CT_VEX_FIXED) {
        b->s.status = CT_VEX_NOT_AFFECTED;
        b->s.said = word;
    }
    return tell(b);
}

static ct_err affects(struct bom *b, const struct ct_json_value *list, const struct ct_json_value *vulnerability)
{
    enum { REF, VERSIONS, N };
    static const char *const names[N] = {"ref", "versions"};
    struct ct_json_items it = ct_json_items(list);
    struct ct_json_value v, f[N], version;
    const struct ct_vex_statement analysis = b->s;
    bool any = false;
    ct_err e;
    CT_TRY(ct_vex_want(b->in, list, CT_JSON_ARRAY));
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        ct_str ref;
        bool versions = false;
        any = true;
        CT_TRY(ct_vex_want(b->in, &v, CT_JSON_OBJECT));
        CT_TRY(ct_json_fields(&v, names, N, f, b->in->fault));
        CT_TRY(ct_vex_text(b->in, &f[REF], &ref));
        CT_TRY(name_product(b, ref));
        CT_TRY(ct_vex_want(b->in, &f[VERSIONS], CT_JSON_ARRAY));
        struct ct_json_items at = ct_json_items(&f[VERSIONS]);
        while ((e = ct_json_item(&at, &version)) == CT_OK) {
            versions = true;
            CT_TRY(one_version(b, &version, &analysis));
        }
        if (e != CT_ERR_END) return e;
        b->s.status = analysis.status;
        b->s.said = analysis.said;
        b->s.line = ct_json_line(&b->in->lines, &v);
        if (!versions) CT_TRY(tell(b));
    }
    if (e != CT_ERR_END || any) return e == CT_ERR_END ? CT_OK : e;
    b->s.line = ct_json_line(&b->in->lines, vulnerability);
    if (b->subject.p) {
        CT_TRY(name_product(b, b->subject));
    } else {
        ct_vex_left(b->in, b->s.line, "a vulnerability that names nothing it affects: it is kept, and concerns nothing here", b->s.vulnerability);
        b->s.id = b->s.product = b->s.vendor = b->s.versions = b->s.purl = b->s.cpe = CT_STR("");
    }
    return tell(b);
}

static ct_err responses(struct bom *b, const struct ct_json_value *list, ct_str recommendation)
{
    struct ct_json_items it = ct_json_items(list);
    struct ct_json_value v;
    ct_str all = {NULL, 0}, one;
    ct_err e;
    CT_TRY(ct_vex_want(b->in, list, CT_JSON_ARRAY));
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        CT_TRY(ct_vex_text(b->in, &v, &one));
        if (all.n + one.n > CT_VEX_TEXT_MAX) break;
        CT_TRY(ct_vex_join(b->in, all, one, &all));
    }
    if (e != CT_OK && e != CT_ERR_END) return e;
    return ct_vex_join(b->in, all, recommendation, &b->s.action);
}

static ct_err vulnerability(struct bom *b, const struct ct_json_value *v)
{
    enum { ID, REFERENCES, ANALYSIS, RECOMMENDATION, WORKAROUND, AFFECTS, UPDATED, PUBLISHED, N };
    enum { STATE, JUSTIFICATION, RESPONSE, DETAIL, LAST_UPDATED, FIRST_ISSUED, M };
    static const char *const names[N] = {"id", "references", "analysis", "recommendation", "workaround", "affects", "updated", "published"}, *const id_name[] = {"id"};
    static const char *const analysis[M] = {"state", "justification", "response", "detail", "lastUpdated", "firstIssued"};
    struct ct_json_value f[N], a[M], one, id;
    ct_str aliases[CT_VEX_ALIASES_MAX], recommendation, way, dates[4];
    bool workaround;
    ct_err e;
    b->s = (struct ct_vex_statement){.aliases = aliases, .author = b->author, .document = b->s.document, .component = CT_STR("")};
    CT_TRY(ct_vex_want(b->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, b->in->fault));
    CT_TRY(ct_vex_text(b->in, &f[ID], &b->s.vulnerability));
    struct ct_json_items it = ct_json_items(&f[REFERENCES]);
    while ((e = ct_json_item(&it, &one)) == CT_OK && b->s.n_aliases < CT_VEX_ALIASES_MAX) {
        CT_TRY(ct_json_fields(&one, id_name, 1, &id, b->in->fault));
        CT_TRY(ct_vex_text(b->in, &id, &aliases[b->s.n_aliases]));
        b->s.n_aliases += aliases[b->s.n_aliases].n > 0;
    }
    if (e != CT_OK && e != CT_ERR_END) return e;
    CT_TRY(ct_vex_want(b->in, &f[ANALYSIS], CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(&f[ANALYSIS], analysis, M, a, b->in->fault));
    CT_TRY(ct_vex_text(b->in, &a[STATE], &b->s.said));
    b->s.status = ct_vex_status_of(b->s.said, &workaround);
    CT_TRY(ct_vex_text(b->in, &a[JUSTIFICATION], &b->s.justification));
    CT_TRY(ct_vex_text(b->in, &a[DETAIL], &b->s.text));
    CT_TRY(ct_vex_text(b->in, &f[RECOMMENDATION], &recommendation));
    CT_TRY(ct_vex_text(b->in, &f[WORKAROUND], &way));
    CT_TRY(ct_vex_join(b->in, recommendation, way, &recommendation));
    CT_TRY(responses(b, &a[RESPONSE], recommendation));
    CT_TRY(ct_vex_date(b->in, &a[LAST_UPDATED], &dates[0]));
    CT_TRY(ct_vex_date(b->in, &a[FIRST_ISSUED], &dates[1]));
    CT_TRY(ct_vex_date(b->in, &f[UPDATED], &dates[2]));
    CT_TRY(ct_vex_date(b->in, &f[PUBLISHED], &dates[3]));
    b->s.date = b->date;
    for (size_t i = 4; i-- > 0;)
        if (dates[i].n) b->s.date = dates[i];
    return affects(b, &f[AFFECTS], v);
}

ct_err ct_vex_cyclonedx(struct ct_vex_in *in, ct_str text)
{
    enum { FORMAT, SERIAL, METADATA, COMPONENTS, SERVICES, VULNERABILITIES, N };
    static const char *const names[N] = {"bomFormat", "serialNumber", "metadata", "components", "services", "vulnerabilities"};
    struct bom b = {.in = in};
    struct ct_json_value root, f[N], v;
    ct_str format;
    ct_err e;
    CT_TRY(ct_json_document(text, &root, in->fault));
    CT_TRY(ct_vex_want(in, &root, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(&root, names, N, f, in->fault));
    CT_TRY(ct_vex_text(in, &f[FORMAT], &format));
    if (!ct_str_eq(format, CT_STR("CycloneDX"))) return ct_json_refuse(&root, CT_ERR_SYNTAX, "no CycloneDX: its bomFormat is another", in->fault);
    CT_TRY(ct_vex_text(in, &f[SERIAL], &b.s.document));
    CT_TRY(metadata(&b, &f[METADATA]));
    CT_TRY(add_parts(&b, &f[COMPONENTS]));
    CT_TRY(add_parts(&b, &f[SERVICES]));
    if (b.n_parts) qsort(b.parts, b.n_parts, sizeof *b.parts, by_ref);
    CT_TRY(ct_vex_want(in, &f[VULNERABILITIES], CT_JSON_ARRAY));
    if (!f[VULNERABILITIES].text.p) ct_vex_left(in, 1, "it speaks of no vulnerability", b.s.document);
    struct ct_json_items it = ct_json_items(&f[VULNERABILITIES]);
    while ((e = ct_json_item(&it, &v)) == CT_OK) CT_TRY(vulnerability(&b, &v));
    return e == CT_ERR_END ? CT_OK : e;
}
