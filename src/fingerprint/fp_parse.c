/* Fingerprint files: one statement per line, each refers only to what stands above it. docs/fingerprints.md has the format. */
#include "fingerprint/product.h"
#include "fingerprint/words.h"

#include <string.h>

struct parser {
    struct fp_words ws;
    ct_arena *arena;
    struct fp_product *first, **end, *p; /* p: the open product */
    struct fp_cve *cve, **cve_end;
    ct_str releases[CT_FINGERPRINT_LIST_MAX];
    struct fp_line lines[CT_FINGERPRINT_LIST_MAX];
};

static ct_err refuse(const struct parser *ps, const char *what, ct_str which) { return fp_words_refuse(&ps->ws, CT_ERR_SYNTAX, what, which); }

static ct_err too_many(const struct parser *ps, const char *what) { return fp_words_refuse(&ps->ws, CT_ERR_CAP, what, (ct_str){NULL, 0}); }

static bool is(const struct parser *ps, unsigned at, const char *word)
{
    return at < ps->ws.n && !ps->ws.w[at].quoted && ct_str_eq(ps->ws.w[at].text, ct_str_from(word));
}

static bool find_term(const struct fp_product *p, ct_str name, unsigned *ret_term)
{
    for (unsigned i = 0; i < p->n_terms; i++)
        if (ct_str_eq(p->terms[i].name, name)) return *ret_term = i, true;
    return false;
}

static bool find_release(const struct fp_product *p, ct_str version, unsigned *ret_release)
{
    for (unsigned i = 0; i < p->n_releases; i++)
        if (ct_str_eq(p->releases[i], version)) return *ret_release = i, true;
    return false;
}

/* Closes the open product: its lists move from the parser's tables to the arena, and what it lacks is said. */
static ct_err close_product(struct parser *ps)
{
    struct fp_product *p = ps->p;
    if (!p) return CT_OK;
    if (p->classes == 0) return refuse(ps, "the product above has no class", p->name);
    for (const struct fp_cve *c = p->cves; c; c = c->next)
        if (!c->rules) return refuse(ps, "no state is given for", c->id);
    if (!p->title.n) p->title = p->name;
    if (p->n_releases) {
        ct_str *releases = ct_arena_array(ps->arena, p->n_releases, sizeof *releases);
        struct fp_line *lines = ct_arena_array(ps->arena, p->n_lines, sizeof *lines);
        if (!releases || !lines) return CT_ERR_NOMEM;
        memcpy(releases, ps->releases, p->n_releases * sizeof *releases);
        memcpy(lines, ps->lines, p->n_lines * sizeof *lines);
        p->releases = releases;
        p->lines = lines;
    }
    ps->p = NULL;
    ps->cve = NULL;
    return CT_OK;
}

static ct_err on_product(struct parser *ps)
{
    if (ps->ws.n != 2) return refuse(ps, "product takes one name", (ct_str){NULL, 0});
    CT_TRY(close_product(ps));
    for (const struct fp_product *o = ps->first; o; o = o->next)
        if (ct_str_eq(o->name, ps->ws.w[1].text)) return refuse(ps, "this product stands above", o->name);
    struct fp_product *p = ct_arena_zalloc(ps->arena, sizeof *p);
    if (!p) return CT_ERR_NOMEM;
    p->name = ps->ws.w[1].text;
    p->releases = ps->releases;
    p->lines = ps->lines;
    *ps->end = p;
    ps->end = &p->next;
    ps->p = p;
    ps->cve_end = &p->cves;
    return CT_OK;
}

static ct_err on_title(struct parser *ps) { return fp_words_rest(&ps->ws, &ps->p->title); }

static ct_err on_package(struct parser *ps)
{
    if (ps->ws.n != 2) return refuse(ps, "package takes one path", (ct_str){NULL, 0});
    ps->p->package = ps->ws.w[1].text;
    return CT_OK;
}

/* Maven purls only: other ecosystems have no classes. */
static ct_err on_purl(struct parser *ps)
{
    ct_str purl = ps->ws.n == 2 ? ps->ws.w[1].text : (ct_str){NULL, 0}, rest = purl;
    if (!ct_str_starts(purl, CT_STR("pkg:maven/"))) return refuse(ps, "want pkg:maven/GROUP/ARTIFACT", purl);
    rest = ct_str_slice(purl, 10, purl.n);
    size_t slash = ct_str_chr(rest, '/');
    if (slash == CT_STR_NONE || slash == 0 || slash + 1 == rest.n || ct_str_rchr(rest, '/') != slash || ct_str_chr(rest, '@') != CT_STR_NONE)
        return refuse(ps, "want pkg:maven/GROUP/ARTIFACT without a version", purl);
    ps->p->purl = purl;
    ps->p->group = ct_str_slice(rest, 0, slash);
    ps->p->artifact = ct_str_slice(rest, slash + 1, rest.n);
    return CT_OK;
}

static bool name_char(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c) || c == '-' || c == '.' || c == '_'; }

static ct_err new_term(struct parser *ps, struct fp_term **ret_term)
{
    struct fp_product *p = ps->p;
    ct_str name = ps->ws.w[1].text;
    unsigned known;
    for (size_t i = 0; i < name.n; i++)
        if (!name_char(name.p[i])) return refuse(ps, "a name has letters, digits and -._ only", name);
    if (find_term(p, name, &known)) return refuse(ps, "this name stands above", name);
    if (p->n_lines) return refuse(ps, "classes and features stand before the releases", name);
    if (p->n_terms == CT_FINGERPRINT_TERMS_MAX) return too_many(ps, "too many classes and features");
    struct fp_term *t = &p->terms[p->n_terms++];
    *t = (struct fp_term){.name = name};
    *ret_term = t;
    return CT_OK;
}

static ct_err on_class(struct parser *ps)
{
    struct fp_words *ws = &ps->ws;
    struct fp_term *t;
    if (ws->n < 3) return refuse(ps, "class takes a name and a path", (ct_str){NULL, 0});
    CT_TRY(new_term(ps, &t));
    ct_str *paths = ct_arena_array(ps->arena, ws->n - 2, sizeof *paths);
    if (!paths) return CT_ERR_NOMEM;
    for (unsigned i = 2; i < ws->n; i++) {
        ct_str path = ws->w[i].text;
        if (path.p[0] == '/' || path.p[path.n - 1] == '/' || ct_str_chr(path, '.') != CT_STR_NONE || ct_str_chr(path, '\\') != CT_STR_NONE)
            return refuse(ps, "want a path such as core/lookup/JndiLookup", path);
        paths[i - 2] = path;
    }
    t->is_class = true;
    t->paths = paths;
    t->n_paths = ws->n - 2;
    ps->p->classes |= (fp_terms)1 << (ps->p->n_terms - 1);
    return CT_OK;
}

static bool op_named(ct_str word, enum fp_op *ret_op)
{
    static const char *const names[] = {[FP_HAS] = "has", [FP_CONTAINS] = "contains", [FP_ENDS] = "ends"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (ct_str_eq(word, ct_str_from(names[i]))) return *ret_op = (enum fp_op)i, true;
    return false;
}

/* has|contains|ends "text" at word i. */
static ct_err ask_at(struct parser *ps, unsigned i, struct fp_text *ret_ask)
{
    const struct fp_words *ws = &ps->ws;
    if (i + 2 > ws->n || !op_named(ws->w[i].text, &ret_ask->op) || !ws->w[i + 1].quoted)
        return refuse(ps, "want has, contains or ends, and a quoted string", i < ws->n ? ws->w[i].text : (ct_str){NULL, 0});
    ret_ask->text = ws->w[i + 1].text;
    return CT_OK;
}

static ct_err class_at(struct parser *ps, unsigned i, unsigned *ret_term)
{
    if (i >= ps->ws.n) return refuse(ps, "a class is missing", (ct_str){NULL, 0});
    if (!find_term(ps->p, ps->ws.w[i].text, ret_term) || !ps->p->terms[*ret_term].is_class) return refuse(ps, "no class above has this name", ps->ws.w[i].text);
    return CT_OK;
}

static ct_err on_feature(struct parser *ps)
{
    struct fp_term *t;
    unsigned of;
    struct fp_text ask;
    if (ps->ws.n != 5) return refuse(ps, "feature takes a name, a class, has, contains or ends, and a string", (ct_str){NULL, 0});
    CT_TRY(class_at(ps, 2, &of));
    CT_TRY(ask_at(ps, 3, &ask));
    CT_TRY(new_term(ps, &t));
    t->of = of;
    t->ask = ask;
    ps->p->terms[of].features |= (fp_terms)1 << (ps->p->n_terms - 1);
    return CT_OK;
}

static ct_err on_requires(struct parser *ps)
{
    unsigned of, n = ps->ws.n;
    CT_TRY(class_at(ps, 1, &of));
    if (n < 4 || n % 2 != 0) return refuse(ps, "requires takes a class, and pairs of has, contains or ends, and a string", (ct_str){NULL, 0});
    struct fp_requires *r = ct_arena_alloc(ps->arena, sizeof *r);
    struct fp_text *any = ct_arena_array(ps->arena, (n - 2) / 2, sizeof *any);
    if (!r || !any) return CT_ERR_NOMEM;
    for (unsigned i = 2; i < n; i += 2) CT_TRY(ask_at(ps, i, &any[i / 2 - 1]));
    *r = (struct fp_requires){ps->p->terms[of].requires, any, (n - 2) / 2};
    ps->p->terms[of].requires = r;
    return CT_OK;
}

/* shortened CLASS has|contains "literal" ...: all of them in one class, whatever its name. */
static ct_err on_shortened(struct parser *ps)
{
    unsigned of, n = ps->ws.n;
    CT_TRY(class_at(ps, 1, &of));
    if (n < 4 || n % 2 != 0 || n > 2 + 2 * CT_FINGERPRINT_LITERALS_MAX)
        return refuse(ps, "shortened takes a class, and a few pairs of has, contains or ends, and a string", (ct_str){NULL, 0});
    struct fp_shortened *s = ct_arena_alloc(ps->arena, sizeof *s);
    struct fp_text *all = ct_arena_array(ps->arena, (n - 2) / 2, sizeof *all);
    if (!s || !all) return CT_ERR_NOMEM;
    for (unsigned i = 2; i < n; i += 2) CT_TRY(ask_at(ps, i, &all[i / 2 - 1]));
    *s = (struct fp_shortened){ps->p->terms[of].shortened, all, (n - 2) / 2};
    ps->p->terms[of].shortened = s;
    ps->p->shortened = true;
    return CT_OK;
}

/* literal FEATURE has|contains "literal": what answers it where the names that it asks for are shortened. */
static ct_err on_literal(struct parser *ps)
{
    unsigned term;
    if (ps->ws.n != 4) return refuse(ps, "literal takes a feature, has, contains or ends, and a string", (ct_str){NULL, 0});
    if (!find_term(ps->p, ps->ws.w[1].text, &term) || ps->p->terms[term].is_class) return refuse(ps, "no feature above has this name", ps->ws.w[1].text);
    struct fp_text *ask = ct_arena_alloc(ps->arena, sizeof *ask);
    if (!ask) return CT_ERR_NOMEM;
    CT_TRY(ask_at(ps, 2, ask));
    ps->p->terms[term].literal = ask;
    return CT_OK;
}

/* TERM and !TERM from word i up to n. A feature that is asked for asks for its class as well. */
static ct_err terms_at(struct parser *ps, unsigned i, unsigned n, bool negations, fp_terms *ret_yes, fp_terms *ret_no)
{
    fp_terms yes = 0, no = 0;
    for (; i < n; i++) {
        ct_str name = ps->ws.w[i].text;
        bool negated = negations && name.n && name.p[0] == '!';
        unsigned term;
        if (!find_term(ps->p, ct_str_slice(name, negated, name.n), &term)) return refuse(ps, "no class or feature above has this name", name);
        *(negated ? &no : &yes) |= (fp_terms)1 << term;
        if (!ps->p->terms[term].is_class && !negated) yes |= (fp_terms)1 << ps->p->terms[term].of;
    }
    if (yes & no) return refuse(ps, "this can never be met", (ct_str){NULL, 0});
    *ret_yes = yes;
    *ret_no = no;
    return CT_OK;
}

static ct_err on_when(struct parser *ps, struct fp_when **list)
{
    struct fp_when *w = ct_arena_zalloc(ps->arena, sizeof *w);
    if (!w) return CT_ERR_NOMEM;
    if (ps->ws.n < 2) return refuse(ps, "a class or feature is missing", (ct_str){NULL, 0});
    CT_TRY(terms_at(ps, 1, ps->ws.n, true, &w->yes, &w->no));
    w->next = *list;
    *list = w;
    return CT_OK;
}

static ct_err on_belongs(struct parser *ps) { return on_when(ps, &ps->p->belongs); }
static ct_err on_foreign(struct parser *ps) { return on_when(ps, &ps->p->foreign); }

static ct_err on_releases(struct parser *ps)
{
    struct fp_product *p = ps->p;
    const struct fp_words *ws = &ps->ws;
    if (p->cves) return refuse(ps, "releases stand before the CVEs", (ct_str){NULL, 0});
    if (p->n_lines == CT_FINGERPRINT_LIST_MAX) return too_many(ps, "too many release lines");
    struct fp_line line = {.first = p->n_releases};
    unsigned i = 1;
    for (; i < ws->n && !is(ps, i, "show"); i++) {
        unsigned known;
        if (is(ps, i, "later")) {
            line.later = true;
            continue;
        }
        if (find_release(p, ws->w[i].text, &known)) return refuse(ps, "this release stands above", ws->w[i].text);
        if (p->n_releases == CT_FINGERPRINT_LIST_MAX) return too_many(ps, "too many releases");
        ps->releases[p->n_releases++] = ws->w[i].text;
        line.n++;
    }
    fp_terms none;
    if (line.n == 0 || i == ws->n) return refuse(ps, "want releases VERSION ... show CLASS FEATURE ...", (ct_str){NULL, 0});
    CT_TRY(terms_at(ps, i + 1, ws->n, false, &line.terms, &none));
    ps->lines[p->n_lines++] = line;
    return CT_OK;
}

static ct_err on_cve(struct parser *ps)
{
    static const char *const severities[] = {"critical", "high", "medium", "low"};
    if (ps->ws.n != 3) return refuse(ps, "cve takes an id and a severity", (ct_str){NULL, 0});
    for (const struct fp_cve *c = ps->p->cves; c; c = c->next)
        if (ct_str_eq(c->id, ps->ws.w[1].text)) return refuse(ps, "this CVE stands above", c->id);
    struct fp_cve *c = ct_arena_zalloc(ps->arena, sizeof *c);
    if (!c) return CT_ERR_NOMEM;
    c->id = ps->ws.w[1].text;
    c->rules_end = &c->rules;
    for (unsigned i = 0; i < 4; i++)
        if (is(ps, 2, severities[i])) c->severity = severities[i];
    if (!c->severity) return refuse(ps, "a severity is critical, high, medium or low", ps->ws.w[2].text);
    *ps->cve_end = c;
    ps->cve_end = &c->next;
    ps->cve = c;
    ps->p->n_cves++;
    return CT_OK;
}

static ct_err range_at(struct parser *ps, unsigned i, struct fp_range *ret_range)
{
    ct_str word = ps->ws.w[i].text, from = word, to = word;
    size_t dots = ct_str_find(word, CT_STR(".."));
    if (dots != CT_STR_NONE) {
        from = ct_str_slice(word, 0, dots);
        to = ct_str_slice(word, dots + 2, word.n);
    }
    if (!find_release(ps->p, from, &ret_range->first)) return refuse(ps, "no release above has this version", from);
    if (!find_release(ps->p, to, &ret_range->last)) return refuse(ps, "no release above has this version", to);
    if (ret_range->first > ret_range->last) return refuse(ps, "the range runs backwards", word);
    return CT_OK;
}

/* STATE [when TERM !TERM ...] [in|within A..B C ...] [: words] */
static ct_err on_state(struct parser *ps, enum ct_state state)
{
    const struct fp_words *ws = &ps->ws;
    if (!ps->cve) return refuse(ps, "a state stands under a cve", (ct_str){NULL, 0});
    struct fp_rule *last = ps->cve->rules;
    while (last && last->next) last = last->next;
    if (last && !last->yes && !last->no && !last->n_ranges) return refuse(ps, "the state above holds always: nothing can follow", (ct_str){NULL, 0});
    struct fp_rule *r = ct_arena_zalloc(ps->arena, sizeof *r);
    if (!r) return CT_ERR_NOMEM;
    r->state = state;
    r->text = ws->note;
    unsigned i = 1, in = 1;
    if (is(ps, 1, "when")) {
        for (in = 2; in < ws->n && !is(ps, in, "in") && !is(ps, in, "within");) in++;
        if (in == 2) return refuse(ps, "when asks for a class or feature", (ct_str){NULL, 0});
        CT_TRY(terms_at(ps, 2, in, true, &r->yes, &r->no));
        i = in;
    }
    if (is(ps, i, "in") || is(ps, i, "within")) {
        r->within = is(ps, i, "within");
        struct fp_range *ranges = ct_arena_array(ps->arena, ws->n - i, sizeof *ranges);
        if (!ranges) return CT_ERR_NOMEM;
        for (i++; i < ws->n; i++) CT_TRY(range_at(ps, i, &ranges[r->n_ranges++]));
        if (!r->n_ranges) return refuse(ps, "releases are missing", (ct_str){NULL, 0});
        r->ranges = ranges;
    }
    if (i < ws->n) return refuse(ps, "want when, in, within or a colon", ws->w[i].text);
    *ps->cve->rules_end = r;
    ps->cve->rules_end = &r->next;
    return CT_OK;
}

static ct_err cve_text(struct parser *ps, bool fix)
{
    if (!ps->cve) return refuse(ps, "this stands under a cve", ps->ws.w[0].text);
    return fp_words_rest(&ps->ws, fix ? &ps->cve->fix : &ps->cve->condition);
}
static ct_err on_condition(struct parser *ps) { return cve_text(ps, false); }
static ct_err on_fix(struct parser *ps) { return cve_text(ps, true); }

static const struct statement {
    const char *word;
    ct_err (*on)(struct parser *ps);
    bool prose; /* the rest of the line is text and not words */
} statements[] = {
    {"product", on_product, false}, {"title", on_title, true},       {"purl", on_purl, false},         {"package", on_package, false},
    {"class", on_class, false},     {"requires", on_requires, false}, {"feature", on_feature, false},  {"belongs", on_belongs, false},
    {"foreign", on_foreign, false}, {"releases", on_releases, false}, {"cve", on_cve, false},          {"condition", on_condition, true},
    {"fix", on_fix, true},           {"shortened", on_shortened, false}, {"literal", on_literal, false},
};

static ct_str first_word(ct_str line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t') n++;
    return ct_str_slice(line, 0, n);
}

static ct_err on_line(struct parser *ps, ct_str line)
{
    ct_str word = first_word(line);
    enum ct_state state;
    if (ct_state_named(word, &state)) {
        CT_TRY(fp_words_split(&ps->ws, line, true));
        return on_state(ps, state);
    }
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        const struct statement *s = &statements[i];
        if (!ct_str_eq(word, ct_str_from(s->word))) continue;
        if (s->on != on_product && !ps->p) return refuse(ps, "this stands under a product", word);
        CT_TRY(fp_words_split(&ps->ws, s->prose ? word : line, false));
        ps->ws.whole = line;
        return s->on(ps);
    }
    return refuse(ps, "unknown word", word);
}

ct_err fp_parse(ct_arena *arena, ct_str text, struct fp_product **ret_products, struct ct_fault *fault)
{
    if (text.n > CT_FINGERPRINT_TEXT_MAX) return ct_fault_set(fault, CT_ERR_CAP, 0, "longer than %u bytes", CT_FINGERPRINT_TEXT_MAX);
    struct parser *ps = ct_arena_zalloc(arena, sizeof *ps);
    if (!ps) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    ps->arena = arena;
    ps->ws.arena = arena;
    ps->ws.fault = fault;
    ps->end = &ps->first;
    ct_err err = CT_OK;
    for (ct_str rest = text; !err && rest.n;) {
        ct_str line = ct_str_trim(ct_str_cut(&rest, '\n'));
        ps->ws.line++;
        if (line.n == 0 || line.p[0] == '#') continue;
        for (size_t i = 0; !err && i < line.n; i++)
            if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f) err = refuse(ps, "a control character", (ct_str){NULL, 0});
        if (!err) err = on_line(ps, line);
    }
    if (!err) err = close_product(ps);
    if (!err && !ps->first) err = refuse(ps, "no product", (ct_str){NULL, 0});
    if (err == CT_ERR_NOMEM) return ct_fault_set(fault, err, 0, "out of memory");
    if (err) return err;
    *ret_products = ps->first;
    return CT_OK;
}
