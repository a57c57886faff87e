/* CycloneDX in XML. Source: the XML schemas 1.2 to 1.6. Elements count by their local names and by where they stand: a component inside a pedigree is
 * another component's past, not a part of the bill. */
#include "base/limits.h"
#include "sbom/bom_reader.h"
#include "text/xml_in.h"

enum place { OTHER, BOM, METADATA, TIMESTAMP, COMPONENTS, COMPONENT, TEXT, EVIDENCE, OCCURRENCES, OCCURRENCE, COMPOSITIONS, COMPOSITION };

struct open {
    enum place place;
    unsigned component;      /* the one it belongs to: index into the parts, +1 */
    ct_str *text;            /* of TEXT and TIMESTAMP: where it goes */
};

struct part {
    struct ct_bom_component c;
    bool subject;            /* the one in metadata */
};

struct xml {
    struct ct_bom_reader *r;
    struct ct_xml_in in;
    struct open stack[CT_XML_DEPTH_MAX + 1];
    struct part parts[CT_BOM_NESTED_MAX];
    unsigned n_parts;
    ct_str aggregate;
};

static ct_err unescape(struct xml *x, const struct ct_xml_token *t, ct_str raw, ct_str *ret_text)
{
    struct ct_buf b;
    if (t->cdata || ct_str_chr(raw, '&') == CT_STR_NONE) return *ret_text = raw, CT_OK;
    ct_buf_init(&b, x->r->arena, raw.n + 16);
    ct_xml_unescape(&b, raw);
    if (b.err) return ct_bom_refuse(x->r, CT_ERR_NOMEM, t->offset, "out of memory");
    *ret_text = ct_buf_view(&b);
    return CT_OK;
}

static ct_err add_text(struct xml *x, const struct ct_xml_token *t, ct_str *to)
{
    ct_str piece;
    struct ct_buf b;
    CT_TRY(unescape(x, t, t->text, &piece));
    if (to->n == 0) return *to = piece, CT_OK;
    ct_buf_init(&b, x->r->arena, to->n + piece.n + 16); /* around a comment or CDATA */
    ct_buf_add(&b, *to);
    ct_buf_add(&b, piece);
    if (b.err) return ct_bom_refuse(x->r, CT_ERR_NOMEM, t->offset, "out of memory");
    *to = ct_buf_view(&b);
    return CT_OK;
}

/* Where an element leads, by its name and the place it stands in. */
static enum place place_of(const struct open *up, ct_str name)
{
    static const struct {
        enum place in;
        const char *name;
        enum place is;
    } all[] = {
        {BOM, "metadata", METADATA}, {BOM, "components", COMPONENTS}, {BOM, "compositions", COMPOSITIONS}, {METADATA, "timestamp", TIMESTAMP}, {METADATA, "component", COMPONENT},
        {COMPONENTS, "component", COMPONENT}, {COMPONENT, "components", COMPONENTS}, {COMPONENT, "group", TEXT}, {COMPONENT, "name", TEXT}, {COMPONENT, "version", TEXT},
        {COMPONENT, "purl", TEXT}, {COMPONENT, "cpe", TEXT}, {COMPONENT, "evidence", EVIDENCE}, {EVIDENCE, "occurrences", OCCURRENCES}, {OCCURRENCES, "occurrence", OCCURRENCE},
        {OCCURRENCE, "location", TEXT}, {COMPOSITIONS, "composition", COMPOSITION}, {COMPOSITION, "aggregate", TEXT},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].in == up->place && ct_str_eq(name, ct_str_from(all[i].name))) return all[i].is;
    return OTHER;
}

static ct_str *text_place(struct xml *x, const struct open *up, ct_str name, bool *ret_twice)
{
    struct ct_bom_component *c = up->component ? &x->parts[up->component - 1].c : NULL;
    *ret_twice = false;
    if (up->place == COMPOSITION) return &x->aggregate;
    if (!c) return NULL;
    if (up->place == OCCURRENCE) return c->place.n ? NULL : &c->place;
    ct_str *to = name.p[0] == 'g' ? &c->group : name.p[0] == 'n' ? &c->name : name.p[0] == 'v' ? &c->version : name.p[0] == 'p' ? &c->purl : &c->cpe;
    *ret_twice = to->p != NULL;
    return to;
}

static ct_err begin_component(struct xml *x, const struct ct_xml_token *t, const struct open *up, struct open *o)
{
    ct_str type;
    if (x->n_parts == CT_BOM_NESTED_MAX) return ct_bom_refuse(x->r, CT_ERR_CAP, t->offset, "components nested too deep");
    struct part *p = &x->parts[x->n_parts++];
    *p = (struct part){.c = {.offset = t->offset}, .subject = up->place == METADATA};
    o->component = x->n_parts;
    if (up->component && !x->parts[up->component - 1].subject) p->c.inside = ct_str_trim(x->parts[up->component - 1].c.name);
    if (ct_xml_attribute(t->attributes, CT_STR("type"), &type)) p->c.type = type;
    return CT_OK;
}

static ct_err open_element(struct xml *x, const struct ct_xml_token *t)
{
    const struct open *up = &x->stack[t->depth - 1];
    struct open *o = &x->stack[t->depth];
    bool twice;
    *o = (struct open){.place = OTHER, .component = up->component};
    if (t->depth == 1) {
        if (!ct_str_eq(t->name, CT_STR("bom"))) return ct_bom_refuse(x->r, CT_ERR_UNSUPPORTED, t->offset, "no bill of materials: the root is not <bom>");
        o->place = BOM;
        static const ct_str space = CT_STR_INIT("cyclonedx.org/schema/bom/");
        ct_str value;
        size_t n = ct_str_find(t->attributes, space);
        if (n == CT_STR_NONE) return ct_bom_refuse(x->r, CT_ERR_UNSUPPORTED, t->offset, "no CycloneDX: the namespace is another");
        value = ct_str_slice(t->attributes, n + space.n, t->attributes.n);
        for (n = 0; n < value.n && (ct_ascii_digit(value.p[n]) || value.p[n] == '.');) n++;
        x->r->about->version = ct_str_slice(value, 0, n);
        if (ct_xml_attribute(t->attributes, CT_STR("serialNumber"), &value)) x->r->about->serial = value;
        return CT_OK;
    }
    o->place = place_of(up, t->name);
    if (o->place == COMPONENT) CT_TRY(begin_component(x, t, up, o));
    if (o->place == TIMESTAMP) o->text = &x->r->about->created;
    if (o->place == TEXT) o->text = text_place(x, up, t->name, &twice);
    if (o->place == TEXT && o->text && twice) return ct_bom_refuse(x->r, CT_ERR_SYNTAX, t->offset, "an element is given twice");
    if (o->place == TEXT && o->text && !o->text->p) *o->text = (ct_str){t->name.p, 0}; /* given, if empty */
    return CT_OK;
}

static ct_err close_component(struct xml *x, const struct open *o)
{
    const struct part *p = &x->parts[o->component - 1];
    struct ct_bom_component *c = &x->parts[o->component - 1].c;
    ct_str *const all[] = {&c->group, &c->name, &c->version, &c->purl, &c->cpe, &c->place};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) *all[i] = ct_str_trim(*all[i]);
    x->n_parts--;
    if (p->subject) {
        x->r->about->subject = c->name;
        x->r->about->subject_version = c->version;
        return CT_OK;
    }
    if (c->name.n == 0 && c->purl.n == 0) return ct_bom_refuse(x->r, CT_ERR_SYNTAX, c->offset, "a component without a name");
    x->r->about->components++;
    x->r->about->files += ct_bom_is_file(c);
    return ct_bom_is_file(c) ? CT_OK : x->r->sink->component(x->r->sink->ctx, c);
}

static ct_err close_element(struct xml *x, const struct ct_xml_token *t)
{
    struct ct_bom_about *about = x->r->about;
    const struct open *o = &x->stack[t->depth];
    if (o->place == COMPONENT) return close_component(x, o);
    if (o->place == TIMESTAMP) {
        about->created = ct_str_trim(about->created);
        if (!ct_bom_is_time(about->created)) return ct_bom_refuse(x->r, CT_ERR_SYNTAX, t->offset, "a time that is none");
    }
    if (o->place == COMPOSITION) {
        ct_str word = ct_str_trim(x->aggregate);
        if (word.n && (about->aggregate.n == 0 || ct_str_eq(about->aggregate, CT_STR("complete")))) about->aggregate = word;
        x->aggregate = (ct_str){NULL, 0};
    }
    return CT_OK;
}

/* <?xml version="1.0" encoding="UTF-8"?> */
static ct_err declaration(struct xml *x)
{
    ct_str text = x->r->text, encoding;
    if (ct_str_starts(text, CT_STR("\xef\xbb\xbf"))) text = ct_str_slice(text, 3, text.n);
    if (!ct_str_starts(text, CT_STR("<?xml"))) return CT_OK;
    ct_str head = ct_str_slice(text, 5, 512);
    head = ct_str_slice(head, 0, ct_str_chr(head, '?'));
    if (!ct_xml_attribute(head, CT_STR("encoding"), &encoding)) return CT_OK;
    if (ct_str_eq_fold(encoding, CT_STR("utf-8")) || ct_str_eq_fold(encoding, CT_STR("us-ascii")) || ct_str_eq_fold(encoding, CT_STR("ascii"))) return CT_OK;
    return ct_bom_refuse(x->r, CT_ERR_UNSUPPORTED, 0, "an encoding that is not read: give it as UTF-8");
}

ct_err ct_bom_cyclonedx_xml(struct ct_bom_reader *r)
{
    struct xml *x = ct_arena_zalloc(r->arena, sizeof *x);
    struct ct_xml_token t;
    ct_err e;
    if (!x) return ct_bom_refuse(r, CT_ERR_NOMEM, 0, "out of memory");
    x->r = r;
    CT_TRY(declaration(x));
    ct_xml_open(&x->in, r->text);
    while ((e = ct_xml_next(&x->in, &t)) == CT_OK) {
        if (x->in.doctype) return ct_bom_refuse(r, CT_ERR_UNSUPPORTED, x->in.doctype_at, "a document type is not taken: nothing here expands entities");
        struct open *o = &x->stack[t.depth];
        if (t.kind == CT_XML_OPEN) CT_TRY(open_element(x, &t));
        else if (t.kind == CT_XML_CLOSE) CT_TRY(close_element(x, &t));
        else if ((o->place == TEXT || o->place == TIMESTAMP) && o->text) CT_TRY(add_text(x, &t, o->text));
    }
    if (x->in.doctype) return ct_bom_refuse(r, CT_ERR_UNSUPPORTED, x->in.doctype_at, "a document type is not taken: nothing here expands entities");
    if (e != CT_ERR_END) return ct_bom_refuse(r, e, x->in.at, e == CT_ERR_TRUNCATED ? "the XML ends early" : e == CT_ERR_CAP ? "nested too deep" : "not XML");
    size_t at = x->in.at;
    while (at < r->text.n && ct_str_trim(ct_str_slice(r->text, at, at + 1)).n == 0) at++;
    if (at < r->text.n && !ct_str_starts(ct_str_slice(r->text, at, r->text.n), CT_STR("<!--"))) return ct_bom_refuse(r, CT_ERR_SYNTAX, at, "something follows the bill");
    return CT_OK;
}
