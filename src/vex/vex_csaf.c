/* CSAF 2.0: "Common Security Advisory Framework Version 2.0" (OASIS), sections 3.2.2 product tree and 3.2.3 vulnerabilities. */
#include "base/limits.h"
#include "vex/vex_in.h"

#include <stdlib.h>

/* One entry of the product tree. */
struct product {
    ct_str id, name, vendor, product, version, purl, cpe;
    ct_str part, whole;        /* of a relationship: ids of the two */
    size_t order;
    /* what the vulnerability at hand says of it */
    size_t stamp;
    ct_str justification, text, action;
};

struct group {
    ct_str id;
    struct ct_json_value ids;
};

struct csaf {
    struct ct_vex_in *in;
    struct product *products;
    struct group *groups;
    size_t n_products, cap_products, n_groups, cap_groups;
    size_t stamp;              /* number of the vulnerability, from 1 */
    size_t marks;              /* work: groups multiply */
    struct ct_vex_statement s; /* what all statements share */
    struct product all;        /* what the vulnerability says without naming products */
};

static ct_err grow(struct csaf *c, void *list, size_t n, size_t *cap, size_t size)
{
    void **p = list;
    if (n < *cap) return CT_OK;
    size_t more = *cap ? *cap * 2 : 32;
    void *grown = ct_arena_grow(c->in->arena, *p, *cap * size, more * size);
    if (!grown) return CT_ERR_NOMEM;
    *p = grown;
    *cap = more;
    return CT_OK;
}

/* full_product_name_t */
static ct_err add_product(struct csaf *c, const struct ct_json_value *v, struct product p)
{
    enum { NAME, ID, HELPER, N };
    enum { PURL, CPE, M };
    static const char *const names[N] = {"name", "product_id", "product_identification_helper"}, *const helpers[M] = {"purl", "cpe"};
    struct ct_json_value f[N], h[M];
    if (!v->text.p) return CT_OK;
    CT_TRY(ct_vex_want(c->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, c->in->fault));
    CT_TRY(ct_vex_want(c->in, &f[HELPER], CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(&f[HELPER], helpers, M, h, c->in->fault));
    CT_TRY(ct_vex_text(c->in, &f[NAME], &p.name));
    CT_TRY(ct_vex_text(c->in, &f[ID], &p.id));
    CT_TRY(ct_vex_text(c->in, &h[PURL], &p.purl));
    CT_TRY(ct_vex_text(c->in, &h[CPE], &p.cpe));
    if (p.id.n == 0) return ct_json_refuse(v, CT_ERR_SYNTAX, "a product without product_id", c->in->fault);
    CT_TRY(grow(c, &c->products, c->n_products, &c->cap_products, sizeof p));
    p.order = c->n_products;
    c->products[c->n_products++] = p;
    return CT_OK;
}

struct frame {
    struct ct_json_items items;
    struct product so_far;
};

static ct_err one_branch(struct csaf *c, const struct ct_json_value *v, struct product p, struct frame *ret_below)
{
    enum { CATEGORY, NAME, PRODUCT, BRANCHES, N };
    static const char *const names[N] = {"category", "name", "product", "branches"};
    struct ct_json_value f[N];
    ct_str category, name;
    CT_TRY(ct_vex_want(c->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, c->in->fault));
    CT_TRY(ct_vex_text(c->in, &f[CATEGORY], &category));
    CT_TRY(ct_vex_text(c->in, &f[NAME], &name));
    CT_TRY(ct_vex_want(c->in, &f[BRANCHES], CT_JSON_ARRAY));
    if (ct_str_eq(category, CT_STR("vendor"))) p.vendor = name;
    else if (ct_str_eq(category, CT_STR("product_name"))) p.product = name;
    else if (ct_str_eq(category, CT_STR("product_version")) || ct_str_eq(category, CT_STR("product_version_range"))) p.version = name;
    CT_TRY(add_product(c, &f[PRODUCT], p));
    *ret_below = (struct frame){ct_json_items(&f[BRANCHES]), p};
    return CT_OK;
}

static ct_err branches(struct csaf *c, const struct ct_json_value *list)
{
    struct frame stack[CT_VEX_BRANCHES_MAX];
    struct ct_json_value v;
    unsigned depth = 1;
    CT_TRY(ct_vex_want(c->in, list, CT_JSON_ARRAY));
    stack[0] = (struct frame){.items = ct_json_items(list)};
    while (depth) {
        struct frame *top = &stack[depth - 1], below;
        ct_err e = ct_json_item(&top->items, &v);
        if (e == CT_ERR_END) {
            depth--;
            continue;
        }
        CT_TRY(e);
        CT_TRY(one_branch(c, &v, top->so_far, &below));
        if (below.items.none) continue;
        if (depth == CT_VEX_BRANCHES_MAX) return ct_json_refuse(&v, CT_ERR_CAP, "product branches nested too deep", c->in->fault);
        stack[depth++] = below;
    }
    return CT_OK;
}

static ct_err relationships(struct csaf *c, const struct ct_json_value *list)
{
    enum { FULL, PART, WHOLE, N };
    static const char *const names[N] = {"full_product_name", "product_reference", "relates_to_product_reference"};
    struct ct_json_items it = ct_json_items(list);
    struct ct_json_value v, f[N];
    ct_err e;
    CT_TRY(ct_vex_want(c->in, list, CT_JSON_ARRAY));
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        struct product p = {.stamp = 0};
        CT_TRY(ct_vex_want(c->in, &v, CT_JSON_OBJECT));
        CT_TRY(ct_json_fields(&v, names, N, f, c->in->fault));
        CT_TRY(ct_vex_text(c->in, &f[PART], &p.part));
        CT_TRY(ct_vex_text(c->in, &f[WHOLE], &p.whole));
        CT_TRY(add_product(c, &f[FULL], p));
    }
    return e == CT_ERR_END ? CT_OK : e;
}

static ct_err groups(struct csaf *c, const struct ct_json_value *list)
{
    enum { ID, IDS, N };
    static const char *const names[N] = {"group_id", "product_ids"};
    struct ct_json_items it = ct_json_items(list);
    struct ct_json_value v, f[N];
    ct_err e;
    CT_TRY(ct_vex_want(c->in, list, CT_JSON_ARRAY));
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        struct group g;
        CT_TRY(ct_json_fields(&v, names, N, f, c->in->fault));
        CT_TRY(ct_vex_text(c->in, &f[ID], &g.id));
        CT_TRY(ct_vex_want(c->in, &f[IDS], CT_JSON_ARRAY));
        g.ids = f[IDS];
        CT_TRY(grow(c, &c->groups, c->n_groups, &c->cap_groups, sizeof g));
        c->groups[c->n_groups++] = g;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

static int by_id(const void *a, const void *b)
{
    const struct product *x = a, *y = b;
    int order = ct_str_cmp(x->id, y->id);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static int group_by_id(const void *a, const void *b) { return ct_str_cmp(((const struct group *)a)->id, ((const struct group *)b)->id); }

static struct product *find(const struct csaf *c, ct_str id)
{
    size_t low = 0, high = c->n_products;
    while (low < high) { /* the first of equal ones */
        size_t mid = low + (high - low) / 2;
        if (ct_str_cmp(c->products[mid].id, id) < 0) low = mid + 1;
        else high = mid;
    }
    return low < c->n_products && ct_str_eq(c->products[low].id, id) ? &c->products[low] : NULL;
}

static ct_err tree(struct csaf *c, const struct ct_json_value *v)
{
    enum { BRANCHES, FULL, RELATIONSHIPS, GROUPS, N };
    static const char *const names[N] = {"branches", "full_product_names", "relationships", "product_groups"};
    struct ct_json_value f[N], one;
    ct_err e;
    CT_TRY(ct_vex_want(c->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, c->in->fault));
    CT_TRY(branches(c, &f[BRANCHES]));
    struct ct_json_items it = ct_json_items(&f[FULL]);
    while ((e = ct_json_item(&it, &one)) == CT_OK) CT_TRY(add_product(c, &one, (struct product){.stamp = 0}));
    if (e != CT_ERR_END) return e;
    CT_TRY(relationships(c, &f[RELATIONSHIPS]));
    CT_TRY(groups(c, &f[GROUPS]));
    if (c->n_products) qsort(c->products, c->n_products, sizeof *c->products, by_id);
    if (c->n_groups) qsort(c->groups, c->n_groups, sizeof *c->groups, group_by_id);
    for (size_t i = 1; i < c->n_products; i++)
        if (ct_str_eq(c->products[i].id, c->products[i - 1].id))
            ct_vex_left(c->in, ct_json_line(&c->in->lines, v), "a second product of this product_id was passed over", c->products[i].id);
    return CT_OK;
}

/* What is said of a product by flags, threats and remediations; up to CT_VEX_TEXT_MAX, or the first of them. */
static ct_err mark(struct csaf *c, struct product *p, int what, ct_str said)
{
    if (p->stamp != c->stamp) {
        p->stamp = c->stamp;
        p->justification = p->text = p->action = (ct_str){NULL, 0};
    }
    if (++c->marks > CT_VEX_MARKS_MAX) return ct_fault_set(c->in->fault, CT_ERR_CAP, 0, "product groups are named over and over");
    ct_str *to = what == 0 ? &p->justification : what == 1 ? &p->text : &p->action;
    return to->n + said.n > CT_VEX_TEXT_MAX && to->n ? CT_OK : ct_vex_join(c->in, *to, said, to);
}

static ct_err mark_ids(struct csaf *c, const struct ct_json_value *ids, int what, ct_str said)
{
    struct ct_json_items it = ct_json_items(ids);
    struct ct_json_value v;
    ct_str id;
    ct_err e;
    CT_TRY(ct_vex_want(c->in, ids, CT_JSON_ARRAY));
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        CT_TRY(ct_vex_text(c->in, &v, &id));
        struct product *p = find(c, id);
        if (p) CT_TRY(mark(c, p, what, said));
        else ct_vex_left(c->in, ct_json_line(&c->in->lines, &v), "something is said of a product that the document does not have", id);
    }
    return e == CT_ERR_END ? CT_OK : e;
}

/* flags (what 0), threats (1), remediations (2) */
static ct_err notes(struct csaf *c, const struct ct_json_value *list, int what)
{
    enum { LABEL, CATEGORY, DETAILS, IDS, GROUP_IDS, N };
    static const char *const names[N] = {"label", "category", "details", "product_ids", "group_ids"};
    struct ct_json_items it = ct_json_items(list);
    struct ct_json_value v, f[N], id;
    ct_err e;
    CT_TRY(ct_vex_want(c->in, list, CT_JSON_ARRAY));
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        ct_str said, category, details, group;
        struct ct_buf b;
        CT_TRY(ct_vex_want(c->in, &v, CT_JSON_OBJECT));
        CT_TRY(ct_json_fields(&v, names, N, f, c->in->fault));
        CT_TRY(ct_vex_text(c->in, &f[LABEL], &said));
        CT_TRY(ct_vex_text(c->in, &f[CATEGORY], &category));
        CT_TRY(ct_vex_text(c->in, &f[DETAILS], &details));
        if (what == 1 && !ct_str_eq(category, CT_STR("impact"))) continue; /* exploit_status and target_set are about the world */
        if (what == 1) said = details;
        if (what == 2) {
            ct_buf_init(&b, c->in->arena, category.n + details.n + 16);
            ct_buf_add(&b, category);
            ct_buf_text(&b, ": ");
            ct_buf_add(&b, details);
            CT_TRY(ct_buf_str(&b, &said));
        }
        CT_TRY(mark_ids(c, &f[IDS], what, said));
        struct ct_json_items group_it = ct_json_items(&f[GROUP_IDS]);
        while ((e = ct_json_item(&group_it, &id)) == CT_OK) {
            CT_TRY(ct_vex_text(c->in, &id, &group));
            struct group key = {.id = group};
            const struct group *g = c->n_groups ? bsearch(&key, c->groups, c->n_groups, sizeof key, group_by_id) : NULL;
            if (g) CT_TRY(mark_ids(c, &g->ids, what, said));
            else ct_vex_left(c->in, ct_json_line(&c->in->lines, &id), "something is said of a product group that the document does not have", group);
        }
        if (e != CT_ERR_END) return e;
        if (!f[IDS].text.p && !f[GROUP_IDS].text.p) CT_TRY(mark(c, &c->all, what, said));
    }
    return e == CT_ERR_END ? CT_OK : e;
}

static ct_str named(const struct product *p) { return p->purl.n ? p->purl : p->name.n ? p->name : p->id; }

static ct_err tell(struct csaf *c, const struct ct_json_value *v, ct_str id)
{
    struct ct_vex_statement *s = &c->s;
    const struct product *p = find(c, id), *whole = p && p->whole.n ? find(c, p->whole) : NULL, *part = p && p->part.n ? find(c, p->part) : NULL;
    const struct product *at = whole ? whole : p;
    s->line = ct_json_line(&c->in->lines, v);
    s->id = id;
    s->vendor = at ? at->vendor : CT_STR("");
    s->product = !at ? CT_STR("") : at->product.n ? at->product : at->name;
    s->versions = at ? at->version : CT_STR("");
    s->purl = p ? p->purl : CT_STR("");
    s->cpe = p && p->cpe.n ? p->cpe : at ? at->cpe : CT_STR("");
    s->component = part ? named(part) : p && p->part.n ? p->part : CT_STR("");
    const struct product *marked = p && p->stamp == c->stamp ? p : &c->all;
    bool any = marked->stamp == c->stamp;
    s->justification = any ? marked->justification : CT_STR("");
    s->text = any ? marked->text : CT_STR("");
    s->action = any ? marked->action : CT_STR("");
    if (!p) ct_vex_left(c->in, s->line, "a statement about a product that the document does not have: only its id is known", id);
    return c->in->sink->statement(c->in->sink->ctx, s);
}

static ct_err status_lists(struct csaf *c, const struct ct_json_value *v)
{
    enum { N = 8 };
    static const char *const names[N] = {"known_affected", "first_affected", "last_affected", "known_not_affected", "fixed", "first_fixed", "under_investigation", "recommended"};
    struct ct_json_value f[N], one;
    bool workaround;
    CT_TRY(ct_vex_want(c->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, c->in->fault));
    for (size_t i = 0; i < N; i++) {
        struct ct_json_items it = ct_json_items(&f[i]);
        ct_str id;
        ct_err e;
        CT_TRY(ct_vex_want(c->in, &f[i], CT_JSON_ARRAY));
        c->s.said = ct_str_from(names[i]);
        c->s.status = ct_vex_status_of(c->s.said, &workaround);
        while ((e = ct_json_item(&it, &one)) == CT_OK) {
            CT_TRY(ct_vex_text(c->in, &one, &id));
            if (i == N - 1) ct_vex_left(c->in, ct_json_line(&c->in->lines, &one), "a version that is recommended, which says nothing of its state", id);
            else CT_TRY(tell(c, &one, id));
        }
        if (e != CT_ERR_END) return e;
    }
    return CT_OK;
}

static ct_err vulnerability(struct csaf *c, const struct ct_json_value *v)
{
    enum { CVE, IDS, STATUS, FLAGS, THREATS, REMEDIATIONS, N };
    static const char *const names[N] = {"cve", "ids", "product_status", "flags", "threats", "remediations"}, *const text_name[] = {"text"};
    struct ct_json_value f[N], one, text;
    ct_str aliases[CT_VEX_ALIASES_MAX];
    ct_err e;
    c->stamp++;
    c->s.n_aliases = 0;
    c->s.aliases = aliases;
    CT_TRY(ct_vex_want(c->in, v, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(v, names, N, f, c->in->fault));
    CT_TRY(ct_vex_text(c->in, &f[CVE], &c->s.vulnerability));
    struct ct_json_items it = ct_json_items(&f[IDS]);
    while ((e = ct_json_item(&it, &one)) == CT_OK && c->s.n_aliases < CT_VEX_ALIASES_MAX) {
        CT_TRY(ct_json_fields(&one, text_name, 1, &text, c->in->fault));
        CT_TRY(ct_vex_text(c->in, &text, &aliases[c->s.n_aliases]));
        c->s.n_aliases += aliases[c->s.n_aliases].n > 0;
    }
    if (e != CT_OK && e != CT_ERR_END) return e;
    if (c->s.vulnerability.n == 0 && c->s.n_aliases) c->s.vulnerability = aliases[0];
    CT_TRY(notes(c, &f[FLAGS], 0));
    CT_TRY(notes(c, &f[THREATS], 1));
    CT_TRY(notes(c, &f[REMEDIATIONS], 2));
    if (!f[STATUS].text.p) ct_vex_left(c->in, ct_json_line(&c->in->lines, v), "a vulnerability without product_status", c->s.vulnerability);
    return status_lists(c, &f[STATUS]);
}

static ct_err document(struct csaf *c, const struct ct_json_value *v)
{
    enum { TRACKING, PUBLISHER, VERSION, N };
    enum { ID, DATE, M };
    static const char *const names[N] = {"tracking", "publisher", "csaf_version"}, *const tracking[M] = {"id", "current_release_date"}, *const publisher[] = {"name"};
    struct ct_json_value f[N], t[M], name;
    ct_str version;
    CT_TRY(ct_json_fields(v, names, N, f, c->in->fault));
    CT_TRY(ct_vex_text(c->in, &f[VERSION], &version));
    if (!ct_str_eq(version, CT_STR("2.0"))) ct_vex_left(c->in, ct_json_line(&c->in->lines, v), "read as CSAF 2.0, which it does not call itself", version);
    CT_TRY(ct_vex_want(c->in, &f[TRACKING], CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(&f[TRACKING], tracking, M, t, c->in->fault));
    CT_TRY(ct_vex_text(c->in, &t[ID], &c->s.document));
    CT_TRY(ct_vex_date(c->in, &t[DATE], &c->s.date));
    CT_TRY(ct_json_fields(&f[PUBLISHER], publisher, 1, &name, c->in->fault));
    return ct_vex_text(c->in, &name, &c->s.author);
}

ct_err ct_vex_csaf(struct ct_vex_in *in, ct_str text)
{
    enum { DOCUMENT, TREE, VULNERABILITIES, N };
    static const char *const names[N] = {"document", "product_tree", "vulnerabilities"};
    struct csaf c = {.in = in};
    struct ct_json_value root, f[N], v;
    ct_err e;
    CT_TRY(ct_json_document(text, &root, in->fault));
    CT_TRY(ct_vex_want(in, &root, CT_JSON_OBJECT));
    CT_TRY(ct_json_fields(&root, names, N, f, in->fault));
    if (f[DOCUMENT].kind != CT_JSON_OBJECT) return ct_json_refuse(&root, CT_ERR_SYNTAX, "no CSAF: it has no document", in->fault);
    CT_TRY(document(&c, &f[DOCUMENT]));
    CT_TRY(tree(&c, &f[TREE]));
    CT_TRY(ct_vex_want(in, &f[VULNERABILITIES], CT_JSON_ARRAY));
    if (!f[VULNERABILITIES].text.p) ct_vex_left(in, 1, "no vulnerability is spoken of", c.s.document);
    struct ct_json_items it = ct_json_items(&f[VULNERABILITIES]);
    while ((e = ct_json_item(&it, &v)) == CT_OK) CT_TRY(vulnerability(&c, &v));
    return e == CT_ERR_END ? CT_OK : e;
}
