#include "lookup/machine.h"

#include "lookup/span.h"

enum { FIRST_FRAMES = 8, FIRST_ENTRIES = 16, FIRST_OPENERS = 32, FIRST_SCRATCH = 64, FIRST_KEPT = 512, FIRST_GROWTH = 128, FIRST_CALLS = 2 };

void ct_machine_stop(struct machine *m, enum ct_eval_end end)
{
    m->stopped = true;
    m->end = end;
}

void ct_machine_no_memory(struct machine *m)
{
    m->err = CT_ERR_NOMEM;
    m->stopped = true;
}

void ct_machine_spent(struct machine *m)
{
    m->work = 0;
    ct_machine_stop(m, CT_EVAL_SPENT);
}

/* What a step shows must outlive the scratch it was made from; memory running out there ends the evaluation. */
void ct_machine_emit(struct machine *m, struct ct_eval_step step)
{
    if (!m->opts->step || m->stopped) return;
    if (ct_arena_dup(m->arena, step.text, &step.text) || ct_arena_dup(m->arena, step.name, &step.name)
        || ct_arena_dup(m->arena, step.value, &step.value)) {
        ct_machine_no_memory(m);
        return;
    }
    step.pass = m->pass;
    step.depth = m->n_frames ? (unsigned)m->n_frames - 1 : 0;
    m->opts->step(m->opts->step_ctx, &step);
}

void ct_machine_throw(struct machine *m, const char *why)
{
    ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_THROW, .text = ct_str_from(why)});
    if (!m->stopped) ct_machine_stop(m, CT_EVAL_THREW);
}

/* One allocation for what nearly every evaluation needs. */
ct_err ct_machine_init(struct machine *m, size_t n)
{
    struct first {
        struct frame frames[FIRST_FRAMES];
        ct_str entries[FIRST_ENTRIES];
        struct ct_eval_call calls[FIRST_CALLS];
        struct opener openers[FIRST_OPENERS];
        unsigned char scratch[FIRST_SCRATCH];
        unsigned char out[];
    };
    m->cap = n + FIRST_GROWTH;
    struct first *first = ct_arena_alloc(m->arena, sizeof *first + m->cap);
    if (!first) return CT_ERR_NOMEM;
    m->frames = first->frames;
    m->cap_frames = FIRST_FRAMES;
    m->entries = first->entries;
    m->cap_entries = FIRST_ENTRIES;
    m->calls = first->calls;
    m->cap_calls = FIRST_CALLS;
    m->openers = first->openers;
    m->cap_openers = FIRST_OPENERS;
    m->scratch = first->scratch;
    m->cap_scratch = FIRST_SCRATCH;
    m->out = first->out;
    return CT_OK;
}

/* Room for n more bytes of output. When it moves, what lay behind its end is still to be read at the old place. */
static bool grow_out(struct machine *m, size_t n)
{
    if (n > CT_EVAL_TEXT_MAX || m->left + n > CT_EVAL_TEXT_MAX) {
        ct_machine_spent(m);
        return false;
    }
    size_t cap = m->left + n > m->cap * 2 ? m->left + n : m->cap * 2;
    if (!ct_machine_charge(m, m->left)) return false;
    unsigned char *p = ct_arena_alloc(m->arena, cap);
    if (!p) {
        ct_machine_no_memory(m);
        return false;
    }
    if (m->left) memcpy(p, m->out, m->left);
    m->out = p;
    m->cap = cap;
    return true;
}

static inline bool reserve(struct machine *m, size_t n) { return m->cap - m->left >= n || grow_out(m, n); }

/* Appends bytes that are paid for; they may lie in the output behind its end. */
static inline bool append(struct machine *m, const unsigned char *p, size_t n)
{
    if (n == 0) return true;
    if (!reserve(m, n)) return false;
    if (n == 1) m->out[m->left] = *p; /* what most hidden letters resolve to */
    else ct_span_copy(m->out + m->left, p, n);
    m->left += n;
    return true;
}

static inline bool put(struct machine *m, const unsigned char *p, size_t n) { return ct_machine_charge(m, n) && append(m, p, n); }

bool ct_machine_grow_scratch(struct machine *m, size_t n)
{
    if (n > CT_EVAL_TEXT_MAX) {
        ct_machine_spent(m);
        return false;
    }
    size_t cap = n > m->cap_scratch * 2 ? n : m->cap_scratch * 2;
    unsigned char *p = ct_arena_alloc(m->arena, cap);
    if (!p) {
        ct_machine_no_memory(m);
        return false;
    }
    m->scratch = p;
    m->cap_scratch = cap;
    return true;
}

/* n bytes that live until the frame ends that is innermost now. */
static unsigned char *keep(struct machine *m, size_t n)
{
    struct kept_mark *k = &m->kept;
    if (!ct_machine_charge(m, n)) return NULL;
    if (n > CT_EVAL_TEXT_MAX || k->total + n > 2 * CT_EVAL_TEXT_MAX) {
        ct_machine_spent(m);
        return NULL;
    }
    if (!k->chunk || k->chunk->size - k->used < n) {
        struct chunk *next = k->chunk ? k->chunk->next : m->first_chunk;
        if (!next || next->size < n) {
            size_t size = k->chunk ? k->chunk->size * 2 : FIRST_KEPT;
            if (size < 2 * n) size = 2 * n; /* so that what is passed over for being small stays small in sum */
            next = ct_arena_alloc(m->arena, sizeof *next + size);
            if (!next) {
                ct_machine_no_memory(m);
                return NULL;
            }
            next->next = NULL;
            next->size = size;
            if (k->chunk) k->chunk->next = next;
            else m->first_chunk = next;
        }
        k->chunk = next;
        k->used = 0;
    }
    k->used += n;
    k->total += n;
    return k->chunk->data + k->used - n;
}

static bool push_entry(struct machine *m, ct_str e)
{
    if (m->n_entries == m->cap_entries) {
        ct_str *p = ct_arena_array(m->arena, m->cap_entries * 2, sizeof *p);
        if (!p) {
            ct_machine_no_memory(m);
            return false;
        }
        memcpy(p, m->entries, m->n_entries * sizeof *p);
        m->entries = p;
        m->cap_entries *= 2;
    }
    m->entries[m->n_entries++] = e;
    return true;
}

CT_RARE static bool grow_frames(struct machine *m)
{
    struct frame *p = ct_arena_array(m->arena, m->cap_frames * 2, sizeof *p);
    if (!p) {
        ct_machine_no_memory(m);
        return false;
    }
    memcpy(p, m->frames, m->n_frames * sizeof *p);
    m->frames = p;
    m->cap_frames *= 2;
    return true;
}

CT_RARE static bool overflow(struct machine *m)
{
    ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_THROW, .text = CT_STR("nested too deep: the stack overflows")});
    if (!m->stopped) ct_machine_stop(m, CT_EVAL_OVERFLOWED);
    return false;
}

/* A new innermost frame over src[at..end), of which the caller sets what its kind has besides; null: m stopped. May move the
 * frames. */
static inline struct frame *push_frame(struct machine *m, enum frame_kind kind, const unsigned char *src, size_t at, size_t end,
                                       size_t next)
{
    if (m->n_frames > CT_EVAL_DEPTH_MAX && !overflow(m)) return NULL;
    if (m->n_frames == m->cap_frames && !grow_frames(m)) return NULL;
    struct frame *f = &m->frames[m->n_frames++];
    f->kind = kind;
    f->has_prior = f->escaped = false;
    f->src = src;
    f->start = f->at = at;
    f->end = end;
    f->next = next;
    f->base = m->left;
    f->n_openers = m->n_openers;
    f->kept = m->kept;
    return f;
}

/* Where an expression splits into name and default. The name is head + tail: they lie apart behind an escaped delimiter. */
struct split {
    ct_str head, tail, dflt;
    size_t colon; /* the first, or past the end of the name */
    bool has_dflt;
};

/* Behind "name:\-" at `at`: the backslash goes, and the first ":-" from there on delimits. */
CT_RARE static struct split split_escaped(ct_str expr, size_t colon, size_t at)
{
    struct split s = {.head = {expr.p, at + 1}, .tail = ct_span_from(expr, at + 2), .colon = colon};
    ct_str after = ct_span_from(expr, at + 3);
    for (size_t i = 0; (i = ct_span_chr(after, i, ':')) + 1 < after.n; i++) {
        if (after.p[i + 1] != '-') continue;
        s.tail = (ct_str){after.p, i};
        s.dflt = ct_span_from(after, i + 2);
        s.has_dflt = true;
        break;
    }
    return s;
}

static inline struct split split_expr(struct machine *m, ct_str expr)
{
    unsigned feat = m->profile->features;
    struct split s = {.head = expr};
    ct_str searched = expr;
    size_t i = s.colon = ct_span_chr(expr, 0, ':');
    if (!(feat & CT_FEAT_NAMES_EXPAND)) { /* a nested opener ends the search */
        size_t open = ct_lookup_find_open(expr, 0);
        if (open != CT_STR_NONE) searched.n = open;
    }
    for (; i < searched.n && i + 1 < expr.n; i = ct_span_chr(searched, i + 1, ':')) {
        unsigned char then = expr.p[i + 1];
        if (then == '-') {
            m->touched |= CT_FEAT_DEFAULTS;
            if (!(feat & CT_FEAT_DEFAULTS)) continue;
            s.head.n = i;
            s.dflt = ct_span_from(expr, i + 2);
            s.has_dflt = true;
            return s;
        }
        if (then != '\\' || i + 2 >= expr.n || expr.p[i + 2] != '-') continue;
        m->touched |= CT_FEAT_ESCAPED_DELIM;
        if (!(feat & CT_FEAT_ESCAPED_DELIM) || !(feat & CT_FEAT_DEFAULTS)) continue;
        m->touched |= CT_FEAT_DEFAULTS;
        return split_escaped(expr, s.colon, i);
    }
    return s;
}

/* What the cycle stack of a range starts with: its text when the first variable is looked up, escapes taken out by then. */
CT_RARE static bool take_escaped_range(struct machine *m, struct frame *f)
{
    m->touched |= CT_FEAT_DEFAULTS;
    if (!(m->profile->features & CT_FEAT_DEFAULTS)) { /* the first releases took it by its old length, past its end */
        ct_machine_throw(m, "an escape before the first variable");
        return false;
    }
    size_t done = m->left - f->base, rest = f->end - f->at;
    unsigned char *p = keep(m, done + rest);
    if (!p) return false;
    memcpy(p, m->out + f->base, done);
    memcpy(p + done, f->src + f->at, rest);
    f->range = (ct_str){p, done + rest};
    return true;
}

/* True also when the budget is spent. */
static bool is_same(struct machine *m, ct_str under_way, ct_str name)
{
    return under_way.n == name.n && (!ct_machine_charge(m, name.n) || ct_span_same(under_way.p, name.p, name.n));
}

CT_RARE static bool in_value_cycle(struct machine *m, const struct frame *f, ct_str name)
{
    if (!ct_machine_charge(m, m->n_entries - f->prior)) return true;
    for (size_t i = f->prior; i < m->n_entries; i++)
        if (is_same(m, m->entries[i], name)) return true;
    return false;
}

/* In a VALUE frame the texts of ranges and the names around it count; else only the frame's own range. */
static inline bool in_cycle(struct machine *m, const struct frame *f, ct_str name)
{
    return f->kind == FRAME_VALUE ? in_value_cycle(m, f, name) : f->range.n == name.n && is_same(m, f->range, name);
}

/* The value holds variables itself, and may not outlive the next lookup: it is kept, with the name. */
CT_RARE static void push_value(struct machine *m, struct frame *f, ct_str name, ct_str value)
{
    struct kept_mark kept = m->kept;
    size_t n_entries = m->n_entries, prior = f->kind == FRAME_VALUE ? f->prior : n_entries;
    unsigned char *p = keep(m, name.n + value.n);
    if (!p) return;
    if (name.n) memcpy(p, name.p, name.n);
    memcpy(p + name.n, value.p, value.n);
    if (f->kind != FRAME_VALUE && !push_entry(m, f->range)) return;
    if (!push_entry(m, (ct_str){p, name.n})) return;
    f = push_frame(m, FRAME_VALUE, p + name.n, 0, value.n, m->n_openers);
    if (!f) return;
    f->has_prior = true;
    f->prior = prior;
    f->n_entries = n_entries;
    f->kept = kept;
    (void)ct_openers_add(m, (ct_str){f->src, f->end}, 0);
}

CT_RARE static ct_str join(struct machine *m, ct_str head, ct_str tail)
{
    unsigned char *p = keep(m, head.n + tail.n);
    if (!p) return head;
    memcpy(p, head.p, head.n);
    memcpy(p + head.n, tail.p, tail.n);
    return (ct_str){p, head.n + tail.n};
}

CT_RARE static void explain_lookup(struct machine *m, ct_str variable, ct_str name, ct_str value, bool from_default)
{
    ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_LOOKUP, .text = variable, .name = name, .value = value,
                                  .has_value = value.p != NULL, .from_default = from_default});
}

CT_RARE static void throw_cycle(struct machine *m)
{
    if (m->stopped) return;
    m->cycle = true;
    ct_machine_throw(m, "a value refers to itself");
}

/* The variable of f, the innermost frame, that ends at var_end. expr: what stands between its braces, inner variables
 * expanded; may lie in the output, behind its end. */
static void resolve(struct machine *m, struct frame *f, ct_str expr, size_t var_end)
{
    struct split s = split_expr(m, expr);
    if (!ct_machine_charge(m, expr.n)) return;
    if (!f->has_prior) {
        f->has_prior = true;
        f->range = (ct_str){f->src + f->start, f->end - f->start};
        if (f->escaped && !take_escaped_range(m, f)) return;
    }
    ct_str name = s.head;
    if (s.tail.n) {
        name = join(m, s.head, s.tail);
        if (m->stopped) return;
    }
    if (in_cycle(m, f, name)) {
        throw_cycle(m);
        return;
    }
    ct_str v = ct_machine_lookup(m, name, s.colon, s.has_dflt);
    if (m->stopped) return;
    bool from_default = !v.p && s.has_dflt;
    if (from_default) v = s.dflt;
    ct_str text = {f->src + f->at, var_end - f->at};
    if (m->opts->step) explain_lookup(m, text, name, v, from_default);
    f->at = var_end;
    if (v.p) {
        m->altered |= m->n_names == 0;
        text = v;
        if (v.n >= 2 && ct_lookup_find_open(v, 0) != CT_STR_NONE) {
            push_value(m, f, name, v);
            return;
        }
    }
    (void)put(m, text.p, text.n); /* without a value the variable stays as written */
}

static inline void end_frame(struct machine *m)
{
    const struct frame *f = &m->frames[--m->n_frames];
    m->kept = f->kept;
    if (f->kind != FRAME_NAME) {
        m->n_entries = f->n_entries;
        m->n_openers = f->n_openers;
        return;
    }
    m->n_names--;
    ct_str expr = {m->out + f->base, m->left - f->base};
    m->left = f->base;
    struct frame *below = &m->frames[m->n_frames - 1];
    below->next = f->next;
    resolve(m, below, expr, f->end + 1);
}

CT_RARE static void explain_rest(struct machine *m, bool escape, const struct frame *f)
{
    ct_machine_emit(m, (struct ct_eval_step){.kind = escape ? CT_STEP_ESCAPE : CT_STEP_UNCLOSED, .text = {f->src + f->at, f->end - f->at}});
}

/* The brace is missing: nothing behind the opener is evaluated. Never so in a NAME frame, which ends at a brace that is no
 * other's. */
CT_RARE static void leave_rest(struct machine *m, struct frame *f)
{
    if (m->opts->step) explain_rest(m, false, f);
    if (!put(m, f->src + f->at, f->end - f->at)) return;
    f->at = f->end;
    f->next = m->n_openers;
}

/* Goes on in the innermost range, up to and with its next variable. */
static inline void advance(struct machine *m, struct frame *f)
{
    const struct opener *o = &m->openers[f->next], *end = &m->openers[m->n_openers];
    if (o >= end || o->at >= f->end) {
        if (put(m, f->src + f->at, f->end - f->at)) end_frame(m);
        return;
    }
    size_t at = o->at, close = o->close;
    if (!ct_machine_charge(m, at - f->at + CT_EVAL_STEP) || !append(m, f->src + f->at, at - f->at)) return;
    f->at = at;
    f->next++;
    if (m->left > f->base && m->out[m->left - 1] == '$') { /* "$${": one '$' goes, the other is plain text with its '{' */
        m->altered |= m->n_names == 0;
        if (m->opts->step) explain_rest(m, true, f);
        f->at++;
        f->escaped = true;
        return;
    }
    bool nested = o + 1 < end && o[1].at < (close != CT_OPENER_UNCLOSED ? close : f->end);
    if (nested) m->touched |= CT_FEAT_NAMES_EXPAND;
    if (close == CT_OPENER_UNCLOSED) {
        leave_rest(m, f);
        return;
    }
    if (nested && (m->profile->features & CT_FEAT_NAMES_EXPAND)) {
        if (push_frame(m, FRAME_NAME, f->src, at + 2, close, f->next)) m->n_names++;
        return;
    }
    while (nested && f->next < m->n_openers && m->openers[f->next].at < close) f->next++;
    resolve(m, f, (ct_str){f->src + at + 2, close - at - 2}, close + 1);
}

void ct_machine_run(struct machine *m, ct_str text, size_t from, enum frame_kind kind)
{
    if (text.p == m->out) { /* the output before is the text now */
        unsigned char *p = m->spare;
        size_t cap = m->spare_cap;
        m->spare = m->out;
        m->spare_cap = m->cap;
        m->out = p;
        m->cap = cap;
    }
    m->left = 0;
    if (!m->out && !grow_out(m, text.n)) return;
    m->n_frames = m->n_names = m->n_entries = m->n_openers = 0;
    m->kept = (struct kept_mark){0};
    m->reached = 0;
    m->altered = false;
    if (!put(m, text.p, from) || !ct_openers_add(m, text, from)) return;
    /* A context value is the value of a variable in the pattern: it has a cycle stack, of names an attacker cannot say. */
    struct frame *f = push_frame(m, kind, text.p, from, text.n, 0);
    if (!f) return;
    f->has_prior = kind == FRAME_VALUE;
    f->prior = f->n_entries = 0;
    while (m->n_frames && !m->stopped) advance(m, &m->frames[m->n_frames - 1]);
}
