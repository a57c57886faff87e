#include "lookup/eval.h"

#include "lookup/machine.h"

#include <string.h>

enum { KEEP = 1024 }; /* room for results beside a changed text: one or two calls */

/* Positions of the message pass are Java's, in UTF-16 units. */
static size_t units_of(ct_str s)
{
    size_t n = 0, i = 0;
    while (i < s.n) {
        if (s.n - i >= CT_ASCII_WORD && ct_ascii_word(s.p + i)) {
            n += CT_ASCII_WORD;
            i += CT_ASCII_WORD;
            continue;
        }
        n += (size_t)((s.p[i] & 0xc0) != 0x80) + (size_t)(s.p[i] >= 0xf0);
        i++;
    }
    return n;
}

/* The first byte whose position is at least `units`. */
static size_t at_unit(ct_str s, size_t units)
{
    size_t i = 0, n = 0;
    while (i < s.n && (n < units || (s.p[i] & 0xc0) == 0x80)) {
        if (units >= n + CT_ASCII_WORD && s.n - i >= CT_ASCII_WORD && ct_ascii_word(s.p + i)) {
            n += CT_ASCII_WORD;
            i += CT_ASCII_WORD;
            continue;
        }
        n += (size_t)((s.p[i] & 0xc0) != 0x80) + (size_t)(s.p[i] >= 0xf0);
        i++;
    }
    return i;
}

static void note_first(const struct machine *m, struct ct_eval_first *f)
{
    f->end = m->stopped ? m->end : CT_EVAL_DONE;
    f->n_calls = m->n_calls;
    f->n_unknowns = m->n_unknowns;
    f->n_reached = m->reached;
    f->touched = m->touched;
    f->cycle = m->cycle;
    f->nested_context = m->nested_context;
    f->asks_secret = m->asks_secret;
    f->leaks_in_name = m->leaks_in_name;
}

struct ct_eval_result ct_eval_first_pass(const struct ct_eval_result *r)
{
    struct ct_eval_result first = *r;
    first.end = r->first.end;
    first.n_calls = r->first.n_calls;
    first.n_unknowns = r->first.n_unknowns;
    first.n_reached = r->first.n_reached;
    first.touched = r->first.touched | (r->touched & CT_FEAT_REPEAT_PASS);
    first.cycle = r->first.cycle;
    first.nested_context = r->first.nested_context;
    first.asks_secret = r->first.asks_secret;
    first.leaks_in_name = r->first.leaks_in_name;
    first.passes = r->passes > 0;
    first.text = (ct_str){NULL, 0};
    return first;
}

/* Passes over a message until no "${" is left behind the position, which moves on by one after each pass and is kept
 * when the text changes under it. After a pass that changed nothing all further ones are equal to it: they are counted. */
static void message_passes(struct machine *m, size_t open, struct ct_eval_result *r)
{
    bool repeat = (m->profile->features & CT_FEAT_REPEAT_PASS) != 0;
    ct_str text = m->message;
    size_t at = units_of(ct_str_slice(text, 0, open));
    for (;;) {
        m->pass++;
        if (m->opts->step) ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_PASS, .text = text});
        ct_machine_run(m, text, m->profile->features & CT_FEAT_FROM_FIRST ? open : 0, FRAME_TOP);
        r->n_reached += m->reached;
        r->passes = m->pass;
        if (m->pass == 1) note_first(m, &r->first);
        if (m->stopped) return;
        if (!m->altered) {
            size_t past = 0; /* in the index of the text, which is still there */
            while (past < m->n_openers && m->openers[past].at <= open) past++;
            size_t further = m->n_openers - past;
            if (further) m->touched |= CT_FEAT_REPEAT_PASS;
            if (repeat) {
                r->n_reached += m->reached * further;
                r->passes += (unsigned)further;
            }
            return;
        }
        text = (ct_str){m->out, m->left};
        open = ct_lookup_find_open(text, at_unit(text, at + 1));
        if (open == CT_STR_NONE) return;
        m->touched |= CT_FEAT_REPEAT_PASS;
        if (!repeat || !ct_machine_charge(m, text.n)) return;
        at = units_of(ct_str_slice(text, 0, open));
    }
}

static void single_pass(struct machine *m, size_t open, struct ct_eval_result *r)
{
    bool context = m->opts->sink == CT_SINK_CONTEXT;
    ct_str text = m->message;
    /* A context value is looked up while some message is rendered, which is not known here. */
    if (context) m->message = CT_STR(CT_EVAL_VALUE);
    m->pass = r->passes = 1;
    ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_PASS, .text = text});
    size_t from = !context && (m->profile->features & CT_FEAT_FROM_FIRST) ? open : 0;
    ct_machine_run(m, text, from, context ? FRAME_VALUE : FRAME_TOP);
    r->n_reached = m->reached;
}

/* Copies what outlives the scratch. */
struct keeper {
    ct_arena *arena;
    unsigned char *p;
    size_t n, cap;
    bool spilled; /* something did not fit: it lies behind the scratch, which then stays until the caller resets */
};

static void *keep(struct keeper *k, size_t n)
{
    size_t need = (n + 15) & ~(size_t)15;
    if (k->cap - k->n >= need) {
        k->n += need;
        return k->p + k->n - need;
    }
    k->spilled = true;
    return ct_arena_alloc(k->arena, n);
}

static bool keep_str(struct keeper *k, ct_str *s)
{
    unsigned char *p = keep(k, s->n);
    if (!p) return false;
    if (s->n) memcpy(p, s->p, s->n);
    s->p = p;
    return true;
}

static ct_err keep_results(struct keeper *k, const struct machine *m, ct_str text, struct ct_eval_result *r)
{
    if (m->n_calls) {
        r->calls = keep(k, m->n_calls * sizeof *r->calls);
        if (!r->calls) return CT_ERR_NOMEM;
        for (size_t i = 0; i < m->n_calls; i++) {
            struct ct_eval_call c = m->calls[i];
            if (!keep_str(k, &c.name)) return CT_ERR_NOMEM;
            c.key = ct_str_slice(c.name, c.name.n - c.key.n, c.name.n);
            r->calls[i] = c;
        }
        r->n_calls = m->n_calls;
    }
    if (m->n_unknowns) {
        r->unknowns = keep(k, m->n_unknowns * sizeof *r->unknowns);
        if (!r->unknowns) return CT_ERR_NOMEM;
        for (size_t i = 0; i < m->n_unknowns; i++) {
            r->unknowns[i] = m->unknowns[i];
            if (!keep_str(k, &r->unknowns[i])) return CT_ERR_NOMEM;
        }
        r->n_unknowns = m->n_unknowns;
    }
    r->text = text;
    ct_str last = {m->out, m->left};
    if (m->stopped || ct_str_eq(last, text)) return CT_OK;
    r->text = last;
    return keep_str(k, &r->text) ? CT_OK : CT_ERR_NOMEM;
}

static ct_err evaluate(ct_arena *arena, struct machine *m, size_t open, struct ct_eval_result *ret_result)
{
    ct_str text = m->message;
    struct ct_eval_result r = {.text = text};
    struct keeper k = {.arena = arena, .cap = text.n + KEEP};
    k.p = ct_arena_alloc(arena, k.cap);
    struct ct_arena_mark mark = ct_arena_mark(arena);
    if (!k.p) return CT_ERR_NOMEM;
    CT_TRY(ct_machine_init(m, text.n));
    enum ct_sink sink = m->opts->sink;
    if (sink != CT_SINK_CONTEXT && open > 0 && text.p[open - 1] == '$') m->touched |= CT_FEAT_FROM_FIRST;
    if (sink == CT_SINK_MESSAGE) message_passes(m, open, &r);
    else single_pass(m, open, &r);
    if (m->err) return m->err;
    r.end = m->stopped ? m->end : CT_EVAL_DONE;
    r.touched = m->touched;
    r.cycle = m->cycle;
    r.nested_context = m->nested_context;
    r.asks_secret = m->asks_secret;
    r.leaks_in_name = m->leaks_in_name;
    CT_TRY(keep_results(&k, m, text, &r));
    if (!k.spilled && !m->opts->step) ct_arena_reset(arena, mark);
    *ret_result = r;
    return CT_OK;
}

ct_err ct_eval(ct_arena *arena, const struct ct_profile *profile, const struct ct_eval_opts *opts, ct_str text,
               struct ct_eval_result *ret_result)
{
    size_t open = ct_lookup_find_open(text, 0);
    if (open == CT_STR_NONE) {
        *ret_result = (struct ct_eval_result){.text = text};
        return CT_OK;
    }
    if (text.n > CT_EVAL_TEXT_MAX || text.n > *opts->work) {
        *opts->work = 0;
        *ret_result = (struct ct_eval_result){.text = text, .end = CT_EVAL_SPENT, .first.end = CT_EVAL_SPENT};
        return CT_OK;
    }
    struct machine m = {.arena = arena, .profile = profile, .opts = opts, .work = *opts->work - text.n, .message = text};
    ct_err e = evaluate(arena, &m, open, ret_result);
    *opts->work = m.work;
    return e;
}
