#include "detect/verdict.h"

#include "detect/forms.h"
#include "detect/weigh.h"

struct judge {
    ct_arena *arena;
    const struct ct_judge_opts *opts;
    uint64_t work;
    struct ct_verdict *best;
    bool spent;
};

static bool names_host(const struct ct_verdict *v)
{
    for (unsigned i = 0; i < v->n_indicators; i++)
        if (v->indicators[i].connects == CT_CONNECTS_HOST) return true;
    return false;
}

/* Exploit beats all; within a grade, certain beats conditional beats unknown. A name whose slashes are still escaped
 * connects too, to the local host: the form that says whom it was meant for tells more. */
static bool is_better(const struct ct_verdict *a, const struct ct_verdict *b)
{
    if (a->grade != b->grade) return a->grade > b->grade;
    if (a->certainty != b->certainty) return a->certainty < b->certainty;
    return names_host(a) && !names_host(b);
}

/* Nothing that is still to come could say more. */
static bool is_sure(const struct ct_verdict *v) { return v->grade == CT_GRADE_EXPLOIT && v->certainty == CT_CERTAIN && names_host(v); }

static void merge_indicators(struct ct_verdict *to, const struct ct_verdict *from)
{
    for (unsigned i = 0; i < from->n_indicators; i++) {
        const struct ct_indicator *k = &from->indicators[i];
        bool known = false;
        for (unsigned h = 0; h < to->n_indicators; h++) {
            const struct ct_indicator *o = &to->indicators[h];
            known |= ct_str_eq(o->scheme, k->scheme) && ct_str_eq(o->host, k->host) && o->port == k->port && ct_str_eq(o->path, k->path);
        }
        if (!known && to->n_indicators < CT_INDICATORS_MAX) to->indicators[to->n_indicators++] = *k;
    }
}

/* Takes the better of best and v; what both asked for stays. */
static void take(struct judge *j, struct ct_verdict *v)
{
    struct ct_verdict *b = j->best;
    bool has = b->has_lookup, raw = b->raw_lookup;
    unsigned traits = b->traits;
    enum ct_grade other = v->grade;
    if (is_better(v, b)) {
        other = b->grade;
        struct ct_verdict old = *b;
        *b = *v;
        merge_indicators(b, &old);
    } else {
        merge_indicators(b, v);
    }
    b->traits |= traits | v->traits;
    if (other == CT_GRADE_LEAK && b->grade > CT_GRADE_LEAK) b->traits |= CT_TRAIT_LEAK;
    b->has_lookup = has || v->has_lookup;
    b->raw_lookup = raw || v->raw_lookup;
}

/* The part of a form that a reader needs when nothing reached JNDI. */
static ct_str from_lookup(ct_str text)
{
    enum { SHOWN = 512 };
    size_t at = ct_str_find(text, CT_STR("${"));
    return at == CT_STR_NONE ? ct_str_slice(text, 0, SHOWN) : ct_str_slice(text, at, at + SHOWN);
}

/* One text through all its forms. Stops at the first form that surely exploits: later forms only add layers. */
static ct_err judge_text(struct judge *j, ct_str name, ct_str text)
{
    struct ct_forms forms;
    const struct ct_form *form;
    CT_TRY(ct_forms_start(&forms, j->arena, text, !j->opts->no_decode));
    for (;;) {
        CT_TRY(ct_forms_next(&forms, &form));
        if (!form) break;
        if (ct_str_find(form->text, CT_STR("${")) == CT_STR_NONE) continue;
        struct ct_arena_mark mark = ct_arena_mark(j->arena);
        struct ct_verdict v = {.has_lookup = true, .raw_lookup = form->n_chain == 0};
        ct_weigh(j->arena, j->opts->only, form->text, &j->work, &v);
        v.has_lookup = true;
        v.raw_lookup = form->n_chain == 0;
        if (v.grade < CT_GRADE_ATTEMPT && ct_weigh_is_try(j->arena, form->text, &j->work)) v.grade = CT_GRADE_ATTEMPT;
        v.field = name;
        v.decoded = form->text;
        v.n_chain = form->n_chain;
        for (unsigned i = 0; i < form->n_chain; i++) v.chain[i] = form->chain[i];
        if (v.normal.n == 0) v.normal = from_lookup(form->text);
        bool keep = is_better(&v, j->best) || v.n_indicators;
        take(j, &v);
        if (is_sure(&v)) return CT_OK;
        if (!keep) ct_arena_reset(j->arena, mark);
    }
    if (forms.spent) j->spent = true;
    return CT_OK;
}

/* A URL or form field holds several values, and an application logs them one by one: the brace or the padding of one
 * parameter does not reach the next. */
static ct_err judge_parts(struct judge *j, ct_str name, ct_str value)
{
    ct_str rest = value;
    size_t question = ct_str_chr(value, '?');
    if (question != CT_STR_NONE) rest = ct_str_slice(value, question + 1, value.n);
    else if (ct_str_chr(value, '&') == CT_STR_NONE) return CT_OK;
    while (rest.p) {
        ct_str part = ct_str_cut(&rest, '&');
        size_t equals = ct_str_chr(part, '=');
        if (equals != CT_STR_NONE) part = ct_str_slice(part, equals + 1, part.n);
        if (part.n < value.n && ct_prefilter(part)) CT_TRY(judge_text(j, name, part));
    }
    return CT_OK;
}

static ct_err judge_field(struct judge *j, ct_str name, ct_str value)
{
    if (!(j->opts->no_decode ? ct_str_find(value, CT_STR("${")) != CT_STR_NONE : ct_prefilter(value))) return CT_OK;
    struct ct_verdict whole = {0}, *line = j->best;
    j->best = &whole;
    ct_err e = judge_text(j, name, value);
    if (e == CT_OK && !is_sure(&whole)) e = judge_parts(j, name, value);
    j->best = line;
    CT_TRY(e);
    take(j, &whole);
    return CT_OK;
}

static ct_err judge_composed(struct judge *j, const struct ct_field *fields, size_t n)
{
    struct ct_buf all;
    ct_buf_init(&all, j->arena, CT_DECODE_MAX);
    for (size_t i = 0; i < n; i++) {
        if (i) ct_buf_byte(&all, ' ');
        ct_buf_add(&all, fields[i].value);
    }
    if (all.err) return all.err == CT_ERR_CAP ? CT_OK : all.err;
    struct ct_verdict whole = {0}, *line = j->best;
    j->best = &whole;
    ct_err e = judge_text(j, CT_STR("composed"), ct_buf_view(&all));
    j->best = line;
    CT_TRY(e);
    if (!is_better(&whole, line)) return CT_OK;
    whole.traits |= CT_TRAIT_COMPOSED;
    take(j, &whole);
    return CT_OK;
}

ct_err ct_judge(ct_arena *arena, const struct ct_judge_opts *opts, const struct ct_field *fields, size_t n_fields,
                struct ct_verdict *ret_verdict)
{
    struct ct_verdict best = {0};
    struct judge j = {.arena = arena, .opts = opts, .work = CT_EVAL_WORK_MAX, .best = &best};
    ct_err e = CT_OK;
    for (size_t i = 0; i < n_fields && e == CT_OK; i++) e = judge_field(&j, fields[i].name, fields[i].value);
    if (e == CT_OK && n_fields > 1 && best.has_lookup && !is_sure(&best)) e = judge_composed(&j, fields, n_fields);
    if (e == CT_ERR_NOMEM) j.spent = true; /* too little memory must not hide what is there */
    else CT_TRY(e);
    if (j.spent) {
        best.traits |= CT_TRAIT_BUDGET;
        if (best.grade < CT_GRADE_EXPLOIT) best.certainty = CT_UNKNOWN;
    }
    if (opts->truncated && best.has_lookup) {
        best.traits |= CT_TRAIT_TRUNCATED;
        if (best.grade >= CT_GRADE_ATTEMPT && best.grade < CT_GRADE_EXPLOIT) best.certainty = CT_UNKNOWN;
    }
    *ret_verdict = best;
    return CT_OK;
}
