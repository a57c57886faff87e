/* CISA's list of products affected by Log4Shell (cisagov/log4j-affected-db, data/cisagov.yml): per product and CVE three lists of versions.
 *
 * A list that names a version is a status; where none does nothing is known, investigated or not: the source does not say which way, and neither does
 * this. A list of nothing but empty texts shows in the word beside the status. Versions are words ("All", "< 3.1"), joined by "; ".
 */
#include "base/limits.h"
#include "vex/vex_in.h"
#include "yaml/yaml_in.h"

enum list { AFFECTED, FIXED, UNAFFECTED, LISTS };

struct cell {
    struct cell *next;
    ct_str cve, investigated, versions[LISTS];
    bool given[LISTS], blank[LISTS]; /* blank: a list of nothing but empty texts */
    uint64_t line, lines[LISTS];
};

struct cisa {
    struct ct_vex_in *in;
    ct_yaml_in *y;
    struct cell *first, **last;
    struct ct_vex_statement s;
    unsigned seen;
};

static ct_err refuse(struct cisa *c, ct_err e, uint64_t line, const char *why)
{
    (void)ct_fault_set(c->in->fault, e, 0, "%s", why);
    if (c->in->fault) c->in->fault->line = line;
    return e;
}

static ct_err next(struct cisa *c, struct ct_yaml_token *t)
{
    ct_err e = ct_yaml_next(c->y, t, c->in->fault);
    return e == CT_ERR_END ? refuse(c, CT_ERR_TRUNCATED, 0, "it ends early") : e;
}

static ct_err want(struct cisa *c, enum ct_yaml_kind kind, const char *why, struct ct_yaml_token *ret_token)
{
    CT_TRY(next(c, ret_token));
    return ret_token->kind == kind ? CT_OK : refuse(c, CT_ERR_SYNTAX, ret_token->line, why);
}

static ct_err text(struct cisa *c, ct_str *ret_text)
{
    struct ct_yaml_token t;
    CT_TRY(want(c, CT_YAML_SCALAR, "a text is expected", &t));
    if (ct_yaml_is_null(&t)) return *ret_text = CT_STR(""), CT_OK;
    return ct_arena_dup(c->in->arena, t.text, ret_text);
}

/* Texts of a list, joined. A single text counts as a list of one. */
static ct_err texts(struct cisa *c, ct_str *ret_text, bool *ret_any, bool *ret_blank, uint64_t *ret_line)
{
    struct ct_yaml_token t;
    ct_str all = CT_STR(""), one;
    bool any = false, blank = false;
    CT_TRY(next(c, &t));
    *ret_line = t.line;
    bool list = t.kind == CT_YAML_LIST;
    if (!list && t.kind != CT_YAML_SCALAR) return refuse(c, CT_ERR_SYNTAX, t.line, "a list is expected");
    while (!list || (next(c, &t)) == CT_OK) {
        if (t.kind == CT_YAML_LIST_END) break;
        if (t.kind != CT_YAML_SCALAR) return refuse(c, CT_ERR_SYNTAX, t.line, "a text is expected");
        bool empty = ct_str_trim(t.text).n == 0;
        if (!any) *ret_line = t.line;
        any |= !empty;
        blank |= empty && list;
        if (all.n + t.text.n <= CT_VEX_TEXT_MAX) {
            CT_TRY(ct_arena_dup(c->in->arena, t.text, &one));
            CT_TRY(ct_vex_join(c->in, all, one, &all));
        } else {
            ct_vex_left(c->in, t.line, "versions beyond what one text may hold", CT_STR(""));
        }
        if (!list) break;
    }
    if (list && t.kind != CT_YAML_LIST_END) return CT_ERR_SYNTAX; /* next said why */
    *ret_text = all;
    *ret_any = any;
    *ret_blank = blank && !any;
    return CT_OK;
}

static int key_of(ct_str key, const char *const *names, int n)
{
    int i = 0;
    while (i < n && !ct_str_eq(key, ct_str_from(names[i]))) i++;
    return i;
}

static ct_err one_cve(struct cisa *c, ct_str cve, uint64_t line)
{
    static const char *const names[] = {"affected_versions", "fixed_versions", "unaffected_versions", "investigated"};
    struct ct_yaml_token t;
    unsigned seen = 0;
    struct cell *cell = ct_arena_zalloc(c->in->arena, sizeof *cell);
    if (!cell) return CT_ERR_NOMEM;
    unsigned char *upper = ct_arena_alloc(c->in->arena, cve.n + 1);
    if (!upper) return CT_ERR_NOMEM;
    for (size_t i = 0; i < cve.n; i++) upper[i] = (unsigned char)(cve.p[i] >= 'a' && cve.p[i] <= 'z' ? cve.p[i] - 32 : cve.p[i]);
    cell->cve = (ct_str){upper, cve.n};
    cell->line = line;
    *c->last = cell;
    c->last = &cell->next;
    CT_TRY(want(c, CT_YAML_MAP, "an entry per CVE is expected", &t));
    for (;;) {
        CT_TRY(next(c, &t));
        if (t.kind == CT_YAML_MAP_END) return CT_OK;
        int which = key_of(t.text, names, LISTS + 1);
        if (which <= LISTS && (seen & 1u << which)) return refuse(c, CT_ERR_SYNTAX, t.line, "a key is given twice");
        seen |= 1u << which;
        if (which < LISTS) {
            CT_TRY(texts(c, &cell->versions[which], &cell->given[which], &cell->blank[which], &cell->lines[which]));
        } else if (which == LISTS) {
            CT_TRY(text(c, &cell->investigated));
        } else {
            CT_TRY(next(c, &t));
            CT_TRY(ct_yaml_skip(c->y, &t, c->in->fault));
        }
    }
}

static ct_err cves(struct cisa *c)
{
    struct ct_yaml_token t;
    ct_str cve;
    CT_TRY(want(c, CT_YAML_MAP, "CVEs are expected here", &t));
    for (;;) {
        CT_TRY(next(c, &t));
        if (t.kind == CT_YAML_MAP_END) return CT_OK;
        uint64_t line = t.line;
        for (const struct cell *k = c->first; k; k = k->next)
            if (ct_str_eq_fold(k->cve, t.text)) return refuse(c, CT_ERR_SYNTAX, line, "a CVE is given twice");
        CT_TRY(ct_arena_dup(c->in->arena, t.text, &cve));
        CT_TRY(one_cve(c, cve, line));
    }
}

static ct_err tell_cell(struct cisa *c, const struct cell *k)
{
    static const enum ct_vex_status statuses[LISTS] = {CT_VEX_AFFECTED, CT_VEX_FIXED, CT_VEX_NOT_AFFECTED};
    static const ct_str words[LISTS] = {CT_STR_INIT("affected"), CT_STR_INIT("fixed"), CT_STR_INIT("unaffected")};
    struct ct_vex_statement *s = &c->s;
    bool any = false;
    s->vulnerability = k->cve;
    for (int i = 0; i < LISTS; i++) {
        if (!k->given[i]) continue;
        any = true;
        s->status = statuses[i];
        s->said = words[i];
        s->versions = k->versions[i];
        s->line = k->lines[i];
        CT_TRY(c->in->sink->statement(c->in->sink->ctx, s));
    }
    if (any) return CT_OK;
    s->status = CT_VEX_UNKNOWN;
    s->said = k->blank[AFFECTED] ? CT_STR("affected, no version named") : k->blank[FIXED] ? CT_STR("fixed, no version named")
              : k->blank[UNAFFECTED] ? CT_STR("unaffected, no version named") : ct_str_eq_fold(k->investigated, CT_STR("true")) ? CT_STR("investigated") : CT_STR("");
    s->versions = CT_STR("");
    s->line = k->line;
    return c->in->sink->statement(c->in->sink->ctx, s);
}

/* Behind the MAP of a product, to its end. */
static ct_err entry(struct cisa *c, uint64_t line)
{
    enum { VENDOR, PRODUCT, CVES, NOTES, UPDATED, LINKS, N };
    static const char *const names[N] = {"vendor", "product", "cves", "notes", "last_updated", "vendor_links"};
    struct ct_yaml_token t;
    struct ct_arena_mark mark = ct_arena_mark(c->in->arena);
    ct_str *const to[N] = {[VENDOR] = &c->s.vendor, [PRODUCT] = &c->s.product, [NOTES] = &c->s.text, [UPDATED] = &c->s.date, [LINKS] = &c->s.link};
    unsigned seen = 0;
    bool any, blank;
    uint64_t at;
    c->first = NULL;
    c->last = &c->first;
    c->s = (struct ct_vex_statement){.vendor = CT_STR(""), .product = CT_STR(""), .author = CT_STR("CISA"), .document = CT_STR("cisagov.yml")};
    for (;;) {
        CT_TRY(next(c, &t));
        if (t.kind == CT_YAML_MAP_END) break;
        int which = key_of(t.text, names, N);
        if (which < N && (seen & 1u << which)) return refuse(c, CT_ERR_SYNTAX, t.line, "a key is given twice");
        seen |= 1u << which;
        if (which == CVES) {
            CT_TRY(cves(c));
        } else if (which == LINKS) {
            CT_TRY(texts(c, to[which], &any, &blank, &at));
        } else if (which < N) {
            CT_TRY(text(c, to[which]));
            if (which == UPDATED && to[which]->n && !ct_vex_is_date(*to[which])) return refuse(c, CT_ERR_SYNTAX, t.line, "a date that is none");
        } else {
            CT_TRY(next(c, &t));
            CT_TRY(ct_yaml_skip(c->y, &t, c->in->fault));
        }
    }
    if (!c->first) ct_vex_left(c->in, line, "a product without CVEs", c->s.product);
    for (const struct cell *k = c->first; k; k = k->next) CT_TRY(tell_cell(c, k));
    ct_arena_reset(c->in->arena, mark);
    return CT_OK;
}

static ct_err software(struct cisa *c)
{
    struct ct_yaml_token t;
    CT_TRY(want(c, CT_YAML_LIST, "a list of products is expected", &t));
    for (;;) {
        CT_TRY(next(c, &t));
        if (t.kind == CT_YAML_LIST_END) return CT_OK;
        if (t.kind != CT_YAML_MAP) return refuse(c, CT_ERR_SYNTAX, t.line, "a product is expected");
        CT_TRY(entry(c, t.line));
    }
}

static ct_err document(struct cisa *c)
{
    struct ct_yaml_token t;
    bool any = false;
    CT_TRY(want(c, CT_YAML_MAP, "not CISA's list: no map at its top", &t));
    for (;;) {
        CT_TRY(next(c, &t));
        if (t.kind == CT_YAML_MAP_END) break;
        if (ct_str_eq(t.text, CT_STR("software"))) {
            if (any) return refuse(c, CT_ERR_SYNTAX, t.line, "a key is given twice");
            any = true;
            CT_TRY(software(c));
        } else {
            CT_TRY(next(c, &t));
            CT_TRY(ct_yaml_skip(c->y, &t, c->in->fault));
        }
    }
    if (!any) return refuse(c, CT_ERR_SYNTAX, 1, "not CISA's list: it has no 'software'");
    ct_err e = ct_yaml_next(c->y, &t, c->in->fault);
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_vex_cisa(struct ct_vex_in *in, ct_str yaml)
{
    struct cisa c = {.in = in};
    CT_TRY(ct_yaml_open(yaml, &c.y));
    ct_err e = document(&c);
    ct_yaml_close(c.y);
    return e;
}
