#include "detect/verdict.h"

#include "detect/closed_core.h"
#include "detect/forms.h"
#include "detect/weigh.h"

#include <string.h>

/* What costs: evaluating forms, making them, repairing dead tries. */
enum { EVALS, FORMS, TRIES, COSTS };

struct judge {
    ct_arena *arena;
    const struct ct_judge_opts *opts;
    uint64_t pool[COSTS], reserve[COSTS]; /* of the line; limits.h has what they are for */
    uint64_t work[COSTS];                 /* of the text under judgement */
    struct ct_verdict *best;
    struct ct_verdict *form;              /* of the form under judgement */
    bool spent;
};

static bool names_host(const struct ct_verdict *v)
{
    for (unsigned i = 0; i < v->n_indicators; i++)
        if (v->indicators[i].connects == CT_CONNECTS_HOST && ct_weigh_is_plain_host(v->indicators[i].host)) return true;
    return false;
}

/* Exploit beats all; within a grade, certain beats conditional beats unknown. A name whose slashes are still escaped
 * connects too, to the local host, and "h%2eexample" is a host to Java: the form that says who was meant tells more. */
static bool is_better(const struct ct_verdict *a, const struct ct_verdict *b)
{
    if (a->grade != b->grade) return a->grade > b->grade;
    if (a->certainty != b->certainty) return a->certainty < b->certainty;
    return names_host(a) && !names_host(b);
}

/* Nothing that is still to come could say more. */
static bool is_sure(const struct ct_verdict *v) { return v->grade == CT_GRADE_EXPLOIT && v->certainty == CT_CERTAIN && names_host(v); }

/* A worse verdict adds hosts alone that are news: its form may spell the same address worse. */
static void merge_indicators(struct ct_verdict *to, const struct ct_verdict *from)
{
    bool hosts_alone = from->grade < to->grade;
    for (unsigned i = 0; i < from->n_indicators; i++) {
        const struct ct_indicator *k = &from->indicators[i];
        bool known = false;
        for (unsigned h = 0; h < to->n_indicators; h++) {
            const struct ct_indicator *o = &to->indicators[h];
            known |= hosts_alone ? ct_str_eq_fold(o->host, k->host)
                                 : ct_str_eq(o->scheme, k->scheme) && ct_str_eq(o->host, k->host) && o->port == k->port && ct_str_eq(o->path, k->path);
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
        if (b->n_indicators) {
            struct ct_verdict old;
            ct_verdict_copy(&old, b);
            ct_verdict_copy(b, v);
            merge_indicators(b, &old);
        } else {
            ct_verdict_copy(b, v);
        }
    } else {
        merge_indicators(b, v);
    }
    b->traits |= traits | v->traits;
    if (other == CT_GRADE_LEAK && b->grade > CT_GRADE_LEAK) b->traits |= CT_TRAIT_LEAK;
    b->has_lookup = has || v->has_lookup;
    b->raw_lookup = raw || v->raw_lookup;
}

enum { STRINGS_MAX = 2 + CT_CONDITIONS_MAX + 3 * CT_INDICATORS_MAX };

static size_t strings_of(struct ct_verdict *v, ct_str **ret_strings)
{
    size_t n = 0;
    ret_strings[n++] = &v->decoded;
    ret_strings[n++] = &v->normal;
    for (unsigned i = 0; i < v->n_conditions; i++) ret_strings[n++] = &v->conditions[i];
    for (unsigned i = 0; i < v->n_indicators; i++) {
        ret_strings[n++] = &v->indicators[i].scheme;
        ret_strings[n++] = &v->indicators[i].host;
        ret_strings[n++] = &v->indicators[i].path;
    }
    return n;
}

/* Takes v, and gives back what was allocated since the mark except v's strings. They are gathered behind everything, and
 * moved down: an arena keeps its blocks, so they still stand there while their new place is taken. False: no memory. */
static bool take_kept(struct judge *j, struct ct_arena_mark mark, struct ct_verdict *v)
{
    ct_str *strings[STRINGS_MAX];
    size_t n = strings_of(v, strings), total = 0, at = 0;
    if (!is_better(v, j->best) && v->n_indicators == 0) {
        take(j, v);
        ct_arena_reset(j->arena, mark);
        return true;
    }
    for (size_t i = 0; i < n; i++) total += strings[i]->n;
    unsigned char *up = ct_arena_alloc(j->arena, total);
    if (!up) return false;
    for (size_t i = 0; i < n; at += strings[i++]->n)
        if (strings[i]->n) memcpy(up + at, strings[i]->p, strings[i]->n);
    ct_arena_reset(j->arena, mark);
    unsigned char *down = ct_arena_alloc(j->arena, total);
    if (!down) return false;
    memmove(down, up, total);
    for (size_t i = 0; i < n; down += strings[i++]->n) strings[i]->p = down;
    take(j, v);
    return true;
}

/* The part of a form that a reader needs when nothing reached JNDI. */
static ct_str from_lookup(ct_str text)
{
    enum { SHOWN = 512 };
    size_t at = ct_str_find(text, CT_STR("${"));
    return at == CT_STR_NONE ? ct_str_slice(text, 0, SHOWN) : ct_str_slice(text, at, at + SHOWN);
}

/* A form behind one that surely exploits changes no verdict, but may name another address: "&#x37%39" is 79 or, undone in the
 * other order, one character past Latin, and a sender chose one of both. Other paths on a known address are no news. */
static void add_addresses(struct judge *j, ct_str text)
{
    struct ct_arena_mark mark = ct_arena_mark(j->arena);
    struct ct_verdict *v = j->form, *b = j->best;
    unsigned before = b->n_indicators;
    ct_weigh(j->arena, j->opts->only, text, &j->work[EVALS], v);
    for (unsigned i = 0; i < v->n_indicators; i++) {
        const struct ct_indicator *k = &v->indicators[i];
        bool news = k->connects == CT_CONNECTS_HOST && ct_weigh_is_plain_host(k->host);
        for (unsigned h = 0; h < b->n_indicators && news; h++)
            news = b->indicators[h].port != k->port || !ct_str_eq_fold(b->indicators[h].host, k->host);
        if (news && b->n_indicators < CT_INDICATORS_MAX) b->indicators[b->n_indicators++] = *k;
    }
    if (b->n_indicators == before) ct_arena_reset(j->arena, mark);
}

/* One text through all its forms. Behind the first that surely exploits, the others are asked for their addresses alone, and those that hold
 * the same closed core have no others. */
static ct_err judge_text(struct judge *j, ct_str name, ct_str text)
{
    struct ct_forms forms;
    const struct ct_form *form;
    struct ct_closed_core core = {0}; /* of the form that surely exploits */
    bool sure = false, mail = j->opts->mail;
    CT_TRY(ct_forms_start(&forms, j->arena, text, j->opts->no_decode ? NULL : &j->work[FORMS], j->opts->mail));
    for (;;) {
        ct_err e = ct_forms_next(&forms, &form);
        if (e && sure) return CT_OK; /* too little memory for more addresses takes nothing away */
        CT_TRY(e);
        if (!form) break;
        bool lookup = form->lookup;
        if (sure) {
            size_t at = ct_closed_core_find(&core, form->text);
            if (lookup && at == CT_STR_NONE) add_addresses(j, form->text);
            else if (lookup && ct_closed_core_is_all(&core, form->text, at, mail)) ct_forms_pass(&forms);
            continue;
        }
        if (!lookup && ct_str_find(form->text, CT_STR("$\\{")) == CT_STR_NONE) continue;
        struct ct_arena_mark mark = ct_arena_mark(j->arena);
        struct ct_verdict *v = j->form;
        ct_weigh(j->arena, j->opts->only, form->text, &j->work[EVALS], v);
        bool nameless = v->grade < CT_GRADE_ATTEMPT || (v->grade == CT_GRADE_REACH && v->n_indicators == 0);
        if (nameless && ct_weigh_is_try(j->arena, form->text, &j->work[TRIES], v) && v->grade < CT_GRADE_ATTEMPT) v->grade = CT_GRADE_ATTEMPT;
        if (v->grade == CT_GRADE_REACH && v->n_indicators == 0) ct_weigh_meant_behind(j->arena, form->text, v);
        v->has_lookup = lookup || v->grade > CT_GRADE_NONE;
        v->raw_lookup = v->has_lookup && form->n_chain == 0;
        v->field = name;
        v->decoded = form->text;
        v->n_chain = form->n_chain;
        for (unsigned i = 0; i < form->n_chain; i++) v->chain[i] = form->chain[i];
        if (v->normal.n == 0) v->normal = from_lookup(form->text);
        bool keep = is_better(v, j->best) || v->n_indicators;
        take(j, v);
        sure = is_sure(v);
        if (sure && !v->reads_message) core = ct_closed_core(form->text, mail);
        if (sure && ct_closed_core_is_all(&core, form->text, core.at, mail)) ct_forms_pass(&forms);
        if (!keep) ct_arena_reset(j->arena, mark);
    }
    if (forms.spent && !sure) j->spent = true;
    return CT_OK;
}

/* Runs judge_text with the share of the pools that a text has of `of` bytes, and with `more` of the reserves. */
static ct_err judge_share(struct judge *j, ct_str name, ct_str text, size_t of, uint64_t more)
{
    enum { DRAWN = 32 }; /* at most this part of what is left of a reserve: sixty greedy fields leave enough for an attack */
    uint64_t wanted[COSTS] = {[EVALS] = more, [FORMS] = CT_FORMS_MAX * (CT_FORMS_WORK_FORM + (uint64_t)text.n), [TRIES] = more / 2}, own[COSTS], all[COSTS];
    for (unsigned i = 0; i < COSTS; i++) {
        uint64_t most = j->reserve[i] / DRAWN;
        own[i] = text.n < of ? j->pool[i] / of * text.n : j->pool[i];
        all[i] = j->work[i] = own[i] + (wanted[i] < most ? wanted[i] : most);
    }
    ct_err e = judge_text(j, name, text);
    for (unsigned i = 0; i < COSTS; i++) {
        uint64_t used = all[i] - j->work[i], beyond = used > own[i] ? used - own[i] : 0;
        j->pool[i] -= used - beyond;
        j->reserve[i] -= beyond;
    }
    return e;
}

/* A URL or form field holds several values: what stands behind its '?', or all of it where there is a '&'. Null p: one. */
static ct_str parameters(ct_str value)
{
    size_t question = ct_str_chr(value, '?');
    if (question != CT_STR_NONE) return ct_str_slice(value, question + 1, value.n);
    return ct_str_chr(value, '&') == CT_STR_NONE ? (ct_str){NULL, 0} : value;
}

/* An application logs them one by one: the brace or the padding of one does not reach the next. behind: bytes of the line that
 * come after the field. */
static ct_err judge_parts(struct judge *j, ct_str name, ct_str value, size_t behind)
{
    enum { SHORTEST = sizeof "${jndi:}" - 1 };
    struct ct_verdict alone, *field = j->best;
    ct_str rest = parameters(value);
    while (rest.p && !is_sure(j->best)) {
        size_t of = rest.n + 1 + behind;
        ct_str part = ct_str_cut(&rest, '&');
        size_t equals = ct_str_chr(part, '=');
        if (equals != CT_STR_NONE) part = ct_str_slice(part, equals + 1, part.n);
        if (part.n < SHORTEST || part.n == value.n || !(ct_has_lookup(part) || ct_prefilter(part))) continue;
        struct ct_arena_mark mark = ct_arena_mark(j->arena);
        ct_verdict_reset(&alone);
        j->best = &alone;
        ct_err e = judge_share(j, name, part, of, CT_EVAL_WORK_PART);
        j->best = field;
        CT_TRY(e);
        if (!take_kept(j, mark, &alone)) return CT_ERR_NOMEM;
    }
    return CT_OK;
}

/* of: its bytes and those of the line that come after it. What has parameters leaves them half of its share. */
static ct_err judge_whole(struct judge *j, ct_str name, ct_str value, size_t of, bool parts)
{
    struct ct_arena_mark mark = ct_arena_mark(j->arena);
    struct ct_verdict whole, *line = j->best;
    ct_verdict_reset(&whole);
    j->best = &whole;
    bool halves = parts && parameters(value).p;
    ct_err e = judge_share(j, name, value, halves ? 2 * of : of, CT_EVAL_WORK_FIELD);
    if (halves && e == CT_OK && !is_sure(&whole)) e = judge_parts(j, name, value, of > value.n ? of - value.n : 0);
    j->best = line;
    if (e == CT_ERR_NOMEM) j->spent = true; /* too little memory must not hide what is there, nor what comes */
    else CT_TRY(e);
    if (!parts && is_better(&whole, line)) whole.traits |= CT_TRAIT_COMPOSED;
    else if (!parts) ct_verdict_reset(&whole);
    if (!take_kept(j, mark, &whole)) j->spent = true;
    return CT_OK;
}

static ct_err judge_field(struct judge *j, ct_str name, ct_str value, size_t of)
{
    bool worth = ct_has_lookup(value) ||
                 (!j->opts->no_decode && (ct_prefilter(value) || ct_mail_next(value, 0, j->opts->mail) != CT_STR_NONE));
    return worth ? judge_whole(j, name, value, of, true) : CT_OK;
}

static ct_err judge_composed(struct judge *j, const struct ct_field *fields, size_t n)
{
    struct ct_buf all;
    ct_buf_init(&all, j->arena, CT_DECODE_MAX);
    for (size_t i = 0; i < n; i++) {
        if (i) ct_buf_byte(&all, ' ');
        ct_buf_add(&all, fields[i].value);
    }
    if (all.err) {
        j->spent = true;
        return CT_OK;
    }
    return judge_whole(j, CT_STR("composed"), ct_buf_view(&all), all.n, false);
}

ct_err ct_judge(ct_arena *arena, const struct ct_judge_opts *opts, const struct ct_field *fields, size_t n_fields,
                struct ct_verdict *ret_verdict)
{
    struct ct_verdict best = {0}, form;
    struct judge j = {.arena = arena, .opts = opts, .best = &best, .form = &form};
    static const uint64_t pools[COSTS] = {CT_EVAL_WORK_MAX, CT_FORMS_WORK_MAX, CT_TRY_WORK_MAX};
    static const uint64_t reserves[COSTS] = {CT_EVAL_WORK_RESERVE, CT_FORMS_WORK_RESERVE, CT_TRY_WORK_RESERVE};
    memcpy(j.pool, pools, sizeof pools);
    memcpy(j.reserve, reserves, sizeof reserves);
    size_t left = n_fields; /* bytes still to be judged, one more for each field */
    for (size_t i = 0; i < n_fields; i++) left += fields[i].value.n;
    for (size_t i = 0; i < n_fields; left -= fields[i++].value.n + 1)
        CT_TRY(judge_field(&j, fields[i].name, fields[i].value, left));
    if (n_fields > 1 && best.has_lookup && !is_sure(&best)) CT_TRY(judge_composed(&j, fields, n_fields));
    if (j.spent) best.traits |= CT_TRAIT_BUDGET;
    if ((best.traits & CT_TRAIT_BUDGET) && best.grade < CT_GRADE_EXPLOIT) best.certainty = CT_UNKNOWN;
    if (opts->truncated && best.has_lookup) {
        best.traits |= CT_TRAIT_TRUNCATED;
        if (best.grade >= CT_GRADE_ATTEMPT && best.grade < CT_GRADE_EXPLOIT) best.certainty = CT_UNKNOWN;
    }
    ct_verdict_copy(ret_verdict, &best);
    return CT_OK;
}
