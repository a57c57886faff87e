/* OpenVEX 0.2.0, and 0.0.1 as the first tools wrote it: vulnerability and products as bare texts. Source: the OpenVEX specification. */
#include "base/limits.h"
#include "vex/vex_in.h"

struct openvex {
    struct ct_vex_in *in;
    struct ct_vex_statement s;
    ct_str date;               /* of the document */
};

/* A product or a subcomponent: a text, or an object with @id and identifiers. */
static ct_err thing(struct openvex *o, const struct ct_json_value *v, ct_str *ret_id, ct_str *ret_purl, ct_str *ret_cpe, struct ct_json_value *ret_parts)
{
    enum { ID, IDENTIFIERS, PARTS, N };
    enum { PURL, CPE23, CPE22, M };
    static const char *const names[N] = {"@id", "identifiers", "subcomponents"}, *const kinds[M] = {"purl", "cpe23", "cpe22"};
    struct ct_json_value f[N], i[M];
    *ret_purl = *ret_cpe = (ct_str){NULL, 0};
    if (v->kind == CT_JSON_STRING) {
        CT_TRY(ct_vex_text(o->in, v, ret_id));
        *ret_parts = (struct ct_json_value){.text = {NULL, 0}, .start = v->start};
    } else {
        CT_TRY(ct_vex_want(o->in, v, CT_JSON_OBJECT));
        CT_TRY(ct_json_fields(v, names, N, f, o->in->fault));
        CT_TRY(ct_vex_text(o->in, &f[ID], ret_id));
        CT_TRY(ct_vex_want(o->in, &f[IDENTIFIERS], CT_JSON_OBJECT));
        CT_TRY(ct_json_fields(&f[IDENTIFIERS], kinds, M, i, o->in->fault));
        CT_TRY(ct_vex_text(o->in, &i[PURL], ret_purl));
        CT_TRY(ct_vex_text(o->in, i[CPE23].text.p ? &i[CPE23] : &i[CPE22], ret_cpe));
        *ret_parts = f[PARTS];
    }
    if (ret_purl->n == 0 && ct_str_starts(*ret_id, CT_STR("pkg:"))) *ret_purl = *ret_id;
    return CT_OK;
}

static ct_err tell(struct openvex *o) { return o->in->sink->statement(o->in->sink->ctx, &o->s); }

/* Once for each part; once for the whole where it names none. */
static ct_err tell_parts(struct openvex *o, const struct ct_json_value *parts)
{
    struct ct_json_items it = ct_json_items(parts);
    struct ct_json_value v, none;
    bool any = false;
    ct_err e;
    CT_TRY(ct_vex_want(o->in, parts, CT_JSON_ARRAY));
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        ct_str id, purl, cpe;
        CT_TRY(thing(o, &v, &id, &purl, &cpe, &none));
        any = true;
        o->s.component = purl.n ? purl : id.n ? id : cpe;
        o->s.line = ct_json_line(&o->in->lines, &v);
        CT_TRY(tell(o));
    }
    if (e != CT_ERR_END) return e;
    o->s.component = CT_STR("");
    return any ? CT_OK : tell(o);
}

static ct_err products(struct openvex *o, const struct ct_json_value *list, const struct ct_json_value *parts, uint64_t line)
{
    struct ct_json_items it = ct_json_items(list);
    struct ct_json_value v, own;
    bool any = false;
    ct_err e;
    CT_TRY(ct_vex_want(o->in, list, CT_JSON_ARRAY));
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        any = true;
        CT_TRY(thing(o, &v, &o->s.id, &o->s.purl, &o->s.cpe, &own));
        o->s.product = o->s.id;
        o->s.line = ct_json_line(&o->in->lines, &v);
        CT_TRY(tell_parts(o, own.text.p ? &own : parts));
    }
    if (e != CT_ERR_END) return e;
    o->s.line = line;
    o->s.id = o->s.product = o->s.purl = o->s.cpe = CT_STR("");
    if (any) return CT_OK;
    ct_vex_left(o->in, line, "a statement that names no product: it is kept, and concerns nothing here", o->s.vulnerability);
    return tell_parts(o, parts);
}

static ct_err name_vulnerability(struct openvex *o, const struct ct_json_value *v, ct_str *aliases)
{
    enum { NAME, ID, ALIASES, N };
    static const char *const names[N] = {"name", "@id", "aliases"};
    struct ct_json_value f[N], one;
    ct_err e;
    o->s.aliases = aliases;
    o->s.n_aliases = 0;
    if (v->kind == CT_JSON_STRING) return ct_vex_text(o->in, v, &o->s.vulnerability);
    CT_TRY(ct_vex_want(o->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, o->in->fault));
    CT_TRY(ct_vex_text(o->in, f[NAME].text.p ? &f[NAME] : &f[ID], &o->s.vulnerability));
    CT_TRY(ct_vex_want(o->in, &f[ALIASES], CT_JSON_ARRAY));
    struct ct_json_items it = ct_json_items(&f[ALIASES]);
    while ((e = ct_json_item(&it, &one)) == CT_OK && o->s.n_aliases < CT_VEX_ALIASES_MAX) CT_TRY(ct_vex_text(o->in, &one, &aliases[o->s.n_aliases++]));
    return e == CT_ERR_END ? CT_OK : e;
}

static ct_err statement(struct openvex *o, const struct ct_json_value *v)
{
    enum { VULNERABILITY, PRODUCTS, PARTS, STATUS, JUSTIFICATION, IMPACT, ACTION, NOTES, TIMESTAMP, UPDATED, N };
    static const char *const names[N] = {"vulnerability", "products", "subcomponents", "status", "justification", "impact_statement", "action_statement", "status_notes",
                                         "timestamp", "last_updated"};
    struct ct_json_value f[N];
    ct_str aliases[CT_VEX_ALIASES_MAX], impact, more, stamp, updated;
    bool workaround;
    CT_TRY(ct_vex_want(o->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, o->in->fault));
    CT_TRY(name_vulnerability(o, &f[VULNERABILITY], aliases));
    CT_TRY(ct_vex_text(o->in, &f[STATUS], &o->s.said));
    o->s.status = ct_vex_status_of(o->s.said, &workaround);
    CT_TRY(ct_vex_text(o->in, &f[JUSTIFICATION], &o->s.justification));
    CT_TRY(ct_vex_text(o->in, &f[IMPACT], &impact));
    CT_TRY(ct_vex_text(o->in, &f[NOTES], &more));
    CT_TRY(ct_vex_join(o->in, impact, more, &o->s.text));
    CT_TRY(ct_vex_text(o->in, &f[ACTION], &o->s.action));
    CT_TRY(ct_vex_date(o->in, &f[TIMESTAMP], &stamp));
    CT_TRY(ct_vex_date(o->in, &f[UPDATED], &updated));
    o->s.date = updated.n ? updated : stamp.n ? stamp : o->date;
    return products(o, &f[PRODUCTS], &f[PARTS], ct_json_line(&o->in->lines, v));
}

ct_err ct_vex_openvex(struct ct_vex_in *in, ct_str text)
{
    enum { CONTEXT, ID, AUTHOR, TIMESTAMP, UPDATED, STATEMENTS, N };
    static const char *const names[N] = {"@context", "@id", "author", "timestamp", "last_updated", "statements"};
    struct openvex o = {.in = in};
    struct ct_json_value root, f[N], v;
    ct_str updated;
    ct_err e;
    CT_TRY(ct_json_document(text, &root, in->fault));
    CT_TRY(ct_vex_want(in, &root, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(&root, names, N, f, in->fault));
    if (ct_str_find(f[CONTEXT].text, CT_STR("openvex")) == CT_STR_NONE) return ct_json_refuse(&root, CT_ERR_SYNTAX, "no OpenVEX: its @context is another", in->fault);
    CT_TRY(ct_vex_text(in, &f[ID], &o.s.document));
    CT_TRY(ct_vex_text(in, &f[AUTHOR], &o.s.author));
    CT_TRY(ct_vex_date(in, &f[TIMESTAMP], &o.date));
    CT_TRY(ct_vex_date(in, &f[UPDATED], &updated));
    if (updated.n) o.date = updated;
    CT_TRY(ct_vex_want(in, &f[STATEMENTS], CT_JSON_ARRAY));
    if (!f[STATEMENTS].text.p) ct_vex_left(in, 1, "it holds no statements", o.s.document);
    struct ct_json_items it = ct_json_items(&f[STATEMENTS]);
    while ((e = ct_json_item(&it, &v)) == CT_OK) CT_TRY(statement(&o, &v));
    return e == CT_ERR_END ? CT_OK : e;
}
