/* Judging: from what was gathered to release lines and to one state per CVE.
 *
 * A rule that says `affected` is met by any sign of what it asks for; a rule that says something safer is met only when nothing speaks
 * against it. So a class of an affected release that is added to a copy never makes the answer safer. */
#include "base/buf.h"
#include "fingerprint/collect.h"

#include <string.h>

struct judge {
    ct_evidence *ev;
    const struct fp_product *p;
    const struct ev_copy *copy;   /* null: metadata alone */
    fp_terms yes, no;
    bool fits[CT_FINGERPRINT_LIST_MAX]; /* by release line */
    bool some;                    /* a line fits */
    const struct ev_said *said;
    unsigned said_release;        /* where known */
    bool said_known, agrees;
};

/* A vendor's rebuild keeps the version and adds a word: 2.17.1.redhat-00002. A word that makes an earlier release does not count. */
static bool rebuild_of(ct_str said, ct_str release)
{
    static const char *const earlier[] = {"alpha", "beta", "rc", "cr", "m", "snapshot", "milestone"};
    if (!ct_str_starts(said, release) || said.n < release.n + 2) return false;
    ct_str word = ct_str_slice(said, release.n + 1, said.n);
    unsigned char c = said.p[release.n];
    if ((c != '.' && c != '-' && c != '_' && c != '+') || !ct_ascii_alpha(word.p[0])) return false;
    for (size_t i = 0; i < sizeof earlier / sizeof *earlier; i++) {
        ct_str e = ct_str_from(earlier[i]);
        if (ct_str_starts_fold(word, e) && (word.n == e.n || !ct_ascii_alpha(word.p[e.n]))) return false;
    }
    return true;
}

static bool known_release(const struct fp_product *p, ct_str said, unsigned *ret_release)
{
    size_t best = 0;
    for (unsigned i = 0; i < p->n_releases; i++) {
        ct_str r = p->releases[i];
        if (!ct_str_eq(r, said) && !rebuild_of(said, r)) continue;
        if (r.n <= best) continue;
        best = r.n;
        *ret_release = i;
    }
    return best > 0;
}

static fp_terms features_of(const struct fp_product *p) { return (p->n_terms < 64 ? ((fp_terms)1 << p->n_terms) - 1 : ~(fp_terms)0) & ~p->classes; }

static const struct fp_line *line_of(const struct fp_product *p, unsigned release, unsigned *ret_line)
{
    for (unsigned i = 0; i < p->n_lines; i++) {
        if (release - p->lines[i].first >= p->lines[i].n) continue;
        *ret_line = i;
        return &p->lines[i];
    }
    return NULL;
}

/* The release lines that nothing contradicts. A class that is missing contradicts none: classes get removed. A feature that two files
 * of the class answer differently says nothing. */
static void find_lines(struct judge *j)
{
    fp_terms features = features_of(j->p) & ~j->yes, mixed = j->yes & j->no;
    for (unsigned i = 0; i < j->p->n_lines; i++) {
        const struct fp_line *l = &j->p->lines[i];
        j->fits[i] = !(j->yes & ~mixed & ~l->terms) && !(j->no & features & l->terms);
        j->some |= j->fits[i];
    }
}

static bool said_fits(const struct judge *j, const struct ev_said *s, unsigned *ret_release, bool *ret_known)
{
    unsigned line;
    *ret_known = known_release(j->p, s->version, ret_release);
    if (*ret_known) return line_of(j->p, *ret_release, &line) && j->fits[line];
    for (unsigned i = 0; i < j->p->n_lines; i++)
        if (j->p->lines[i].later && j->fits[i]) return true; /* newer than this file */
    return false;
}

/* The metadata that goes with the copy: what agrees before what does not. */
static void find_said(struct judge *j)
{
    for (const struct ev_said *s = j->ev->said; s; s = s->next) {
        unsigned release = 0;
        bool known;
        if (s->product != j->p) continue;
        bool agrees = said_fits(j, s, &release, &known);
        if (j->said && (j->agrees || !agrees)) continue;
        j->said = s;
        j->said_release = release;
        j->said_known = known;
        j->agrees = agrees;
    }
}

static bool in_ranges(const struct fp_rule *r, unsigned release)
{
    for (size_t i = 0; i < r->n_ranges; i++)
        if (release >= r->ranges[i].first && release <= r->ranges[i].last) return true;
    return false;
}

/* Every release that may be it lies in the rule's ranges; with any: one is enough. */
static bool releases_in(const struct judge *j, const struct fp_rule *r, bool any)
{
    if (!j->some) return r->state == CT_STATE_AFFECTED && j->said_known && in_ranges(r, j->said_release);
    if (j->agrees && j->said_known) return in_ranges(r, j->said_release);
    for (unsigned i = 0; i < j->p->n_lines; i++) {
        if (!j->fits[i]) continue;
        for (unsigned k = 0; k < j->p->lines[i].n; k++)
            if (in_ranges(r, j->p->lines[i].first + k) == any) return any;
    }
    return !any;
}

static bool met(const struct judge *j, const struct fp_rule *r)
{
    bool any = r->state == CT_STATE_AFFECTED;
    if ((r->yes & ~j->yes) || (r->no & ~j->no)) return false;
    if (!any && ((r->yes & j->no) || (r->no & j->yes))) return false;
    return !r->n_ranges || releases_in(j, r, any && !r->within);
}

static const struct fp_rule *rule_for(const struct judge *j, const struct fp_cve *c)
{
    const struct fp_rule *r = c->rules;
    while (r && !met(j, r)) r = r->next;
    return r;
}

static bool matches(const struct judge *j, const struct fp_when *list, bool strict)
{
    for (const struct fp_when *w = list; w; w = w->next) {
        if ((w->yes & ~j->yes) || (w->no & ~j->no)) continue;
        if (!strict || !((w->yes & j->no) || (w->no & j->yes))) return true;
    }
    return false;
}

static void add_range(struct ct_buf *b, const struct fp_product *p, unsigned first, unsigned last, bool later)
{
    if (b->n) ct_buf_text(b, ", ");
    ct_buf_add(b, p->releases[first]);
    if (last != first) {
        ct_buf_byte(b, '-');
        ct_buf_add(b, p->releases[last]);
    }
    if (later) ct_buf_text(b, " or later");
}

static ct_err version_text(const struct judge *j, ct_str *ret_text)
{
    struct ct_buf b;
    ct_buf_init(&b, j->ev->arena, 64 * 1024);
    const struct fp_product *p = j->p;
    for (unsigned i = 0; i < p->n_lines;) {
        if (!j->fits[i]) {
            i++;
            continue;
        }
        unsigned from = i;
        while (i < p->n_lines && j->fits[i] && (i == from || !p->lines[i - 1].later)) i++;
        add_range(&b, p, p->lines[from].first, p->lines[i - 1].first + p->lines[i - 1].n - 1, p->lines[i - 1].later);
    }
    return ct_buf_str(&b, ret_text);
}

/* The one release that is left; false: several, or later ones too. */
static bool one_release(const struct judge *j, ct_str *ret_version)
{
    unsigned n = 0;
    for (unsigned i = 0; i < j->p->n_lines; i++) {
        if (!j->fits[i]) continue;
        n += j->p->lines[i].later ? 2 : j->p->lines[i].n;
        *ret_version = j->p->releases[j->p->lines[i].first];
    }
    return n == 1;
}

/* purl with the version, percent-encoded as purls want it. */
static ct_err purl_text(const struct judge *j, ct_str version, ct_str *ret_text)
{
    struct ct_buf b;
    ct_buf_init(&b, j->ev->arena, 8192);
    ct_buf_add(&b, j->p->purl);
    if (j->p->purl.n && version.n) {
        ct_buf_byte(&b, '@');
        for (size_t i = 0; i < version.n && i < 256; i++) {
            unsigned char c = version.p[i];
            if (ct_ascii_alpha(c) || ct_ascii_digit(c) || c == '.' || c == '-' || c == '_' || c == '~') ct_buf_byte(&b, c);
            else ct_buf_printf(&b, "%%%02X", c);
        }
    }
    return ct_buf_str(&b, ret_text);
}

static void add_version(struct ct_buf *b, const struct judge *j, ct_str version)
{
    if (version.n) {
        ct_buf_text(b, " (the classes are those of ");
        ct_buf_add(b, version);
        ct_buf_byte(b, ')');
    } else if (j->p->n_lines) {
        ct_buf_text(b, " (the classes are those of no known release)");
    }
}

static ct_err reason_text(const struct judge *j, const struct fp_rule *r, ct_str version, ct_str *ret_text)
{
    struct ct_buf b;
    ct_buf_init(&b, j->ev->arena, 64 * 1024);
    ct_buf_add(&b, r && r->text.n ? r->text : CT_STR("the classes that are here do not settle it"));
    add_version(&b, j, version);
    if (j->copy->unread) {
        ct_buf_text(&b, "; a class could not be read: ");
        ct_buf_add(&b, j->copy->unread_why);
    }
    if (j->copy->shortened) ct_buf_text(&b, "; the names of its classes were shortened: told by literals");
    if (j->copy->odd_ending) ct_buf_text(&b, "; a class has an ending that no known class loader reads, and counts as present");
    return ct_buf_str(&b, ret_text);
}

/* With metadata alone: what its release would be. */
static ct_err said_reason(const struct judge *j, const struct fp_rule *r, enum ct_state state, ct_str *ret_text)
{
    struct ct_buf b;
    ct_buf_init(&b, j->ev->arena, 64 * 1024);
    ct_buf_text(&b, "metadata says ");
    ct_buf_add(&b, ct_str_slice(j->said->version, 0, 256));
    if (j->ev->sources) {
        ct_buf_text(&b, "; there are source files of it and no class");
    } else {
        ct_buf_text(&b, ", but none of its classes is here");
        if (state == CT_STATE_UNDER_INVESTIGATION) ct_buf_text(&b, ": moved, obfuscated, or metadata alone");
    }
    if (r) ct_buf_printf(&b, "; that release is %s", ct_state_name(r->state));
    return ct_buf_str(&b, ret_text);
}

static ct_err paths_of(const struct judge *j, unsigned term, struct ct_evidence_cve *v)
{
    ct_str *paths = ct_arena_array(j->ev->arena, j->copy->n_items, sizeof *paths);
    if (!paths) return CT_ERR_NOMEM;
    for (const struct ev_item *i = j->copy->items; i; i = i->next)
        if (i->term == term) paths[v->n_remove++] = i->item.path;
    v->remove = paths;
    return CT_OK;
}

/* What would be if one of the classes were not there? No list of mitigations: the same rules, asked again. A copy of which nothing
 * is left (a suspected class, a class on its own) is no copy. */
static ct_err find_removal(const struct judge *j, const struct fp_cve *c, struct judge *scratch, struct ct_evidence_cve *v)
{
    for (fp_terms left = j->yes & j->p->classes; left; left &= left - 1) {
        unsigned term = (unsigned)__builtin_ctzll(left);
        fp_terms bit = (fp_terms)1 << term, gone = bit | j->p->terms[term].features;
        *scratch = *j;
        if (!(j->yes & j->p->classes & ~bit)) return paths_of(j, term, v);
        scratch->yes &= ~gone;
        scratch->no = (scratch->no & ~gone) | bit;
        scratch->some = false;
        find_lines(scratch);
        const struct fp_rule *r = rule_for(scratch, c);
        if (r && r->state == CT_STATE_MITIGATED) return paths_of(j, term, v);
    }
    return CT_OK;
}

static ct_err judge_cves(struct judge *j, struct ct_evidence_copy *out)
{
    struct ct_evidence_cve *cves = ct_arena_array(j->ev->arena, j->p->n_cves + 1, sizeof *cves);
    struct judge *scratch = ct_arena_alloc(j->ev->arena, sizeof *scratch);
    if (!cves || !scratch) return CT_ERR_NOMEM;
    for (const struct fp_cve *c = j->p->cves; c; c = c->next) {
        const struct fp_rule *r = j->copy || j->some ? rule_for(j, c) : NULL;
        struct ct_evidence_cve v = {.id = c->id, .condition = c->condition, .fix = c->fix, .severity = c->severity};
        v.state = r ? r->state : CT_STATE_UNDER_INVESTIGATION;
        if (j->copy) {
            CT_TRY(reason_text(j, r, out->version, &v.reason));
            bool open = v.state == CT_STATE_AFFECTED || (v.state == CT_STATE_UNDER_INVESTIGATION && j->copy->unread);
            if (open && !j->copy->shortened) CT_TRY(find_removal(j, c, scratch, &v));
        } else {
            /* No class: what would be affected is not settled, and what is safe stays safe. */
            if (v.state < CT_STATE_FIXED) v.state = j->ev->sources && !j->ev->incomplete ? CT_STATE_NOT_AFFECTED : CT_STATE_UNDER_INVESTIGATION;
            CT_TRY(said_reason(j, r, v.state, &v.reason));
        }
        cves[out->n_cves++] = v;
    }
    out->cves = cves;
    return CT_OK;
}

static ct_err list_items(const struct judge *j, struct ct_evidence_copy *out)
{
    struct ct_evidence_item *items = ct_arena_array(j->ev->arena, j->copy->n_items + 1, sizeof *items);
    if (!items) return CT_ERR_NOMEM;
    for (const struct ev_item *i = j->copy->items; i; i = i->next) items[out->n_items++] = i->item;
    out->items = items;
    return CT_OK;
}

static ct_err finish(struct judge *j, ct_evidence_emit *emit, void *ctx)
{
    const struct fp_product *p = j->p;
    struct ct_evidence_copy out = {.product = p->name, .title = p->title, .classes = j->copy != NULL};
    ct_str exact = {NULL, 0};
    if (j->said) {
        out.said = j->said->version;
        out.said_path = j->said->path;
        out.disagree = j->copy && j->said_known && !j->agrees;
    }
    CT_TRY(version_text(j, &out.version));
    if (j->said && (j->agrees || !j->copy)) exact = j->said->version;
    else if (one_release(j, &exact)) out.version = exact;
    else exact = (ct_str){NULL, 0};
    if (exact.n && j->agrees && j->said_known) out.version = exact;
    CT_TRY(purl_text(j, exact, &out.purl));
    if (j->copy) {
        out.place = j->copy->place;
        out.package = j->copy->package;
        out.shortened = j->copy->shortened;
        if (out.shortened) out.package = (ct_str){NULL, 0};
        out.relocated = p->package.n && !out.shortened && !ct_str_eq(p->package, out.package);
        CT_TRY(list_items(j, &out));
    }
    CT_TRY(judge_cves(j, &out));
    return emit(ctx, &out);
}

static ct_err judge_copy(ct_evidence *ev, const struct ev_copy *copy, struct judge *j, bool *ret_ours, ct_evidence_emit *emit, void *ctx)
{
    *j = (struct judge){.ev = ev, .p = copy->product, .copy = copy, .yes = copy->yes | copy->unread, .no = copy->no};
    if (!ev->incomplete && !copy->shortened) j->no |= j->p->classes & ~j->yes;
    *ret_ours = !matches(j, j->p->foreign, true) && (!j->p->belongs || matches(j, j->p->belongs, false));
    if (!*ret_ours) return CT_OK;
    find_lines(j);
    find_said(j);
    return finish(j, emit, ctx);
}

/* Metadata of a product of which no class was found: judged as its release would be. */
static ct_err judge_said(ct_evidence *ev, const struct ev_said *s, struct judge *j, ct_evidence_emit *emit, void *ctx)
{
    unsigned line = 0;
    *j = (struct judge){.ev = ev, .p = s->product, .said = s};
    const struct fp_line *l = known_release(j->p, s->version, &j->said_release) ? line_of(j->p, j->said_release, &line) : NULL;
    if (l) {
        j->fits[line] = j->some = j->agrees = j->said_known = true;
        j->yes = l->terms;
        j->no = ~l->terms;
    }
    return finish(j, emit, ctx);
}

ct_err ct_evidence_judge(ct_evidence *ev, ct_evidence_emit *emit, void *ctx)
{
    struct judge *j = ct_arena_alloc(ev->arena, sizeof *j);
    if (!j) return CT_ERR_NOMEM;
    for (const struct ev_copy *c = ev->copies; c; c = c->next) {
        bool ours;
        CT_TRY(judge_copy(ev, c, j, &ours, emit, ctx));
    }
    for (const struct ev_said *s = ev->said; s; s = s->next) {
        bool judged = false;
        for (const struct ev_copy *c = ev->copies; c && !judged; c = c->next) judged = c->product == s->product;
        for (const struct ev_said *before = ev->said; before != s && !judged; before = before->next)
            judged = before->product == s->product && ct_str_eq(before->version, s->version);
        if (!judged) CT_TRY(judge_said(ev, s, j, emit, ctx));
    }
    return CT_OK;
}
