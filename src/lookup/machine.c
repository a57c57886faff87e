#include "lookup/machine.h"

#include <string.h>

enum { FIRST_FRAMES = 16, FIRST_ENTRIES = 32, FIRST_GAP = 256, FIRST_NAMES = 512 };

size_t ct_lookup_find_open(ct_str s, size_t from)
{
    while (from + 1 < s.n) {
        const unsigned char *hit = memchr(s.p + from, '$', s.n - 1 - from);
        if (!hit) break;
        if (hit[1] == '{') return (size_t)(hit - s.p);
        from = (size_t)(hit - s.p) + 1;
    }
    return CT_STR_NONE;
}

static void stop(struct machine *m, enum ct_eval_end end)
{
    m->stopped = true;
    m->end = end;
}

static void out_of_memory(struct machine *m)
{
    m->err = CT_ERR_NOMEM;
    m->stopped = true;
}

bool ct_machine_charge(struct machine *m, size_t n)
{
    uint64_t *work = m->opts->work;
    if (*work >= n) {
        *work -= n;
        return true;
    }
    *work = 0;
    stop(m, CT_EVAL_SPENT);
    return false;
}

/* What a step shows must outlive the scratch it was made from; memory running out there ends the evaluation. */
void ct_machine_emit(struct machine *m, struct ct_eval_step step)
{
    if (!m->opts->step || m->stopped) return;
    if (ct_arena_dup(m->arena, step.text, &step.text) || ct_arena_dup(m->arena, step.name, &step.name)
        || ct_arena_dup(m->arena, step.value, &step.value)) {
        out_of_memory(m);
        return;
    }
    step.pass = m->pass;
    step.depth = m->n_frames ? (unsigned)m->n_frames - 1 : 0;
    m->opts->step(m->opts->step_ctx, &step);
}

void ct_machine_throw(struct machine *m, const char *why)
{
    ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_THROW, .text = ct_str_from(why)});
    if (!m->stopped) stop(m, CT_EVAL_THREW);
}

ct_err ct_machine_init(struct machine *m, size_t n)
{
    m->cap = n + n / 2 + FIRST_GAP;
    m->names_cap = FIRST_NAMES;
    m->cap_frames = FIRST_FRAMES;
    m->cap_entries = FIRST_ENTRIES;
    m->buf = ct_arena_alloc(m->arena, m->cap);
    m->names = ct_arena_alloc(m->arena, m->names_cap);
    m->frames = ct_arena_array(m->arena, m->cap_frames, sizeof *m->frames);
    m->entries = ct_arena_array(m->arena, m->cap_entries, sizeof *m->entries);
    return m->buf && m->names && m->frames && m->entries ? CT_OK : CT_ERR_NOMEM;
}

/* Makes the gap at least n wide. */
static bool reserve(struct machine *m, size_t n)
{
    if (m->right - m->left >= n) return true;
    size_t rest = m->cap - m->right, used = m->left + rest, cap = m->cap * 2;
    if (n > CT_EVAL_TEXT_MAX || used + n > CT_EVAL_TEXT_MAX) {
        stop(m, CT_EVAL_SPENT);
        return false;
    }
    if (cap < used + n) cap = used + n;
    if (!ct_machine_charge(m, used)) return false;
    unsigned char *buf = ct_arena_alloc(m->arena, cap);
    if (!buf) {
        out_of_memory(m);
        return false;
    }
    memcpy(buf, m->buf, m->left);
    memcpy(buf + cap - rest, m->buf + m->right, rest);
    m->buf = buf;
    m->right = cap - rest;
    m->cap = cap;
    return true;
}

unsigned char *ct_machine_name_room(struct machine *m, size_t n)
{
    if (m->names_cap - m->names_n < n) {
        size_t cap = m->names_cap * 2;
        if (n > CT_EVAL_TEXT_MAX || m->names_n + n > 2 * CT_EVAL_TEXT_MAX) {
            stop(m, CT_EVAL_SPENT);
            return NULL;
        }
        if (cap < m->names_n + n) cap = m->names_n + n;
        unsigned char *p = ct_arena_grow(m->arena, m->names, m->names_cap, cap);
        if (!p) {
            out_of_memory(m);
            return NULL;
        }
        m->names = p;
        m->names_cap = cap;
    }
    return m->names + m->names_n;
}

static bool name_add(struct machine *m, ct_str s)
{
    if (s.n == 0) return true;
    if (!ct_machine_charge(m, s.n)) return false;
    unsigned char *to = ct_machine_name_room(m, s.n);
    if (!to) return false;
    memcpy(to, s.p, s.n);
    m->names_n += s.n;
    return true;
}

static bool push_entry(struct machine *m, struct entry e)
{
    if (m->n_entries == m->cap_entries) {
        struct entry *p = ct_arena_array(m->arena, m->cap_entries * 2, sizeof *p);
        if (!p) {
            out_of_memory(m);
            return false;
        }
        memcpy(p, m->entries, m->n_entries * sizeof *p);
        m->entries = p;
        m->cap_entries *= 2;
    }
    m->entries[m->n_entries++] = e;
    return true;
}

static void pop_entries(struct machine *m, size_t to)
{
    if (m->n_entries <= to) return;
    m->n_entries = to;
    m->names_n = m->entries[to].off;
}

static bool push_frame(struct machine *m, struct frame f)
{
    if (m->n_frames > CT_EVAL_DEPTH_MAX) {
        ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_THROW, .text = CT_STR("nested too deep: the stack overflows")});
        if (!m->stopped) stop(m, CT_EVAL_OVERFLOWED);
        return false;
    }
    if (m->n_frames == m->cap_frames) {
        struct frame *p = ct_arena_array(m->arena, m->cap_frames * 2, sizeof *p);
        if (!p) {
            out_of_memory(m);
            return false;
        }
        memcpy(p, m->frames, m->n_frames * sizeof *p);
        m->frames = p;
        m->cap_frames *= 2;
    }
    m->frames[m->n_frames++] = f;
    return true;
}

/* Moves the next n bytes to the left side as they are. */
static void take(struct machine *m, size_t n)
{
    memmove(m->buf + m->left, m->buf + m->right, n);
    m->left += n;
    m->right += n;
}

/* Where an expression splits into name and default. The name is head + tail: they lie apart behind an escaped delimiter. */
struct split {
    ct_str head, tail, dflt;
    bool has_dflt;
};

static struct split split_expr(struct machine *m, ct_str expr)
{
    unsigned feat = m->profile->features;
    struct split s = {.head = expr};
    size_t end = expr.n;
    if (!(feat & CT_FEAT_NAMES_EXPAND)) { /* a nested opener ends the search */
        size_t open = ct_lookup_find_open(expr, 0);
        if (open != CT_STR_NONE) end = open;
    }
    for (size_t i = 0; i < end; i++) {
        const unsigned char *hit = memchr(expr.p + i, ':', end - i);
        if (!hit) break;
        i = (size_t)(hit - expr.p);
        if (i + 2 < expr.n && hit[1] == '\\' && hit[2] == '-') {
            m->touched |= CT_FEAT_ESCAPED_DELIM;
            if ((feat & CT_FEAT_ESCAPED_DELIM) && (feat & CT_FEAT_DEFAULTS)) {
                m->touched |= CT_FEAT_DEFAULTS;
                s.head = ct_str_slice(expr, 0, i + 1);
                s.tail = ct_str_slice(expr, i + 2, expr.n);
                ct_str after = ct_str_slice(expr, i + 3, expr.n);
                size_t j = ct_str_find(after, CT_STR(":-"));
                if (j != CT_STR_NONE) {
                    s.tail = ct_str_slice(after, 0, j);
                    s.dflt = ct_str_slice(after, j + 2, after.n);
                    s.has_dflt = true;
                }
                return s;
            }
        }
        if (i + 1 < expr.n && hit[1] == '-') {
            m->touched |= CT_FEAT_DEFAULTS;
            if (!(feat & CT_FEAT_DEFAULTS)) continue;
            s.head = ct_str_slice(expr, 0, i);
            s.dflt = ct_str_slice(expr, i + 2, expr.n);
            s.has_dflt = true;
            return s;
        }
    }
    return s;
}

/* The cycle stack of a range starts with the text of the range as it is when its first variable is looked up. */
static bool push_snapshot(struct machine *m, struct frame *f)
{
    size_t done = m->left - f->base, rest = m->cap - m->right - f->tail;
    struct entry e = {m->names_n, done + rest};
    if (!push_entry(m, e) || !name_add(m, (ct_str){m->buf + f->base, done})
        || !name_add(m, (ct_str){m->buf + m->right, rest}))
        return false;
    f->has_prior = true;
    return true;
}

static bool in_cycle(struct machine *m, const struct frame *f, ct_str name)
{
    if (!ct_machine_charge(m, m->n_entries - f->prior)) return false;
    for (size_t i = f->prior; i < m->n_entries; i++) {
        const struct entry *e = &m->entries[i];
        if (e->n != name.n) continue;
        if (!ct_machine_charge(m, e->n)) return false;
        if (memcmp(m->names + e->off, name.p, name.n) == 0) return true;
    }
    return false;
}

static void replace(struct machine *m, ct_str value, size_t entry)
{
    struct frame *f = &m->frames[m->n_frames - 1];
    m->altered |= m->n_copies == 0;
    m->right += f->var_n;
    if (!ct_machine_charge(m, value.n) || !reserve(m, value.n)) return;
    if (ct_str_chr(value, '$') == CT_STR_NONE) { /* nothing in it to evaluate */
        if (value.n) memcpy(m->buf + m->left, value.p, value.n);
        m->left += value.n;
        pop_entries(m, entry);
        return;
    }
    size_t tail = m->cap - m->right;
    m->right -= value.n;
    memcpy(m->buf + m->right, value.p, value.n);
    m->names_n = m->entries[entry].off + m->entries[entry].n;
    (void)push_frame(m, (struct frame){.kind = FRAME_VALUE, .has_prior = true, .base = m->left, .tail = tail,
                                       .prior = f->prior, .entry = entry});
}

/* expr: the expression between the braces, inner variables expanded; may lie in the gap, and is copied before that is
 * written to. The variable itself is still the first thing on the right side. */
static void resolve(struct machine *m, ct_str expr)
{
    struct frame *f = &m->frames[m->n_frames - 1];
    struct split s = split_expr(m, expr);
    if (!f->has_prior && f->escaped) { /* the first releases took that text by its old length, past its end */
        m->touched |= CT_FEAT_DEFAULTS;
        if (!(m->profile->features & CT_FEAT_DEFAULTS)) {
            ct_machine_throw(m, "an escape before the first variable");
            return;
        }
    }
    if (!ct_machine_charge(m, expr.n) || (!f->has_prior && !push_snapshot(m, f))) return;
    size_t off = m->names_n, name_n = s.head.n + s.tail.n;
    if (!name_add(m, s.head) || !name_add(m, s.tail) || !name_add(m, s.dflt)) return;
    if (in_cycle(m, f, (ct_str){m->names + off, name_n})) {
        m->cycle = true;
        ct_machine_throw(m, "a value refers to itself");
        return;
    }
    size_t entry = m->n_entries;
    if (m->stopped || !push_entry(m, (struct entry){off, name_n})) return;
    struct value v = ct_machine_lookup(m, (ct_str){m->names + off, name_n}, s.has_dflt);
    if (m->stopped) return;
    bool from_default = !v.set && s.has_dflt;
    if (from_default) v = (struct value){true, {m->names + off + name_n, s.dflt.n}};
    if (m->opts->step) {
        ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_LOOKUP, .text = {m->buf + m->right, f->var_n},
                                      .name = {m->names + off, name_n}, .value = v.text, .has_value = v.set,
                                      .from_default = from_default});
        if (m->stopped) return;
    }
    if (v.set) {
        replace(m, v.text, entry);
    } else {
        take(m, f->var_n);
        pop_entries(m, entry);
    }
}

/* From the opener at p[0]: the offset of the brace that closes it, or CT_STR_NONE. *scanned counts the bytes looked at. */
static size_t find_close(struct machine *m, ct_str s, bool *ret_nested, size_t *ret_scanned)
{
    bool expand = (m->profile->features & CT_FEAT_NAMES_EXPAND) != 0, nested = false;
    size_t nest = 0, at = CT_STR_NONE, i = 2;
    while (i < s.n) {
        if (s.p[i] == '$' && i + 1 < s.n && s.p[i + 1] == '{') {
            nested = true;
            nest += expand;
            i += 2;
        } else if (s.p[i] != '}') {
            i++;
        } else if (nest) {
            nest--;
            i++;
        } else {
            at = i;
            break;
        }
    }
    if (nested) m->touched |= CT_FEAT_NAMES_EXPAND;
    *ret_nested = nested;
    *ret_scanned = i;
    return at;
}

/* Goes on in the innermost range, of which n bytes are to come, up to and with its next variable. */
static void advance(struct machine *m, struct frame *f, size_t n)
{
    ct_str rest = {m->buf + m->right, n};
    size_t open = ct_lookup_find_open(rest, 0);
    if (!ct_machine_charge(m, open == CT_STR_NONE ? n : open + 2)) return;
    if (open == CT_STR_NONE) {
        take(m, n);
        return;
    }
    take(m, open);
    rest = ct_str_slice(rest, open, n);
    if (m->left > f->base && m->buf[m->left - 1] == '$') { /* "$${": one '$' goes, the other is plain text with its '{' */
        m->altered |= m->n_copies == 0;
        ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_ESCAPE, .text = rest});
        m->right++;
        f->escaped = true;
        return;
    }
    bool nested;
    size_t scanned, close = find_close(m, rest, &nested, &scanned);
    if (!ct_machine_charge(m, scanned)) return;
    if (close == CT_STR_NONE) {
        ct_machine_emit(m, (struct ct_eval_step){.kind = CT_STEP_UNCLOSED, .text = rest});
        take(m, rest.n);
        return;
    }
    f->var_n = close + 1;
    size_t expr_n = close - 2;
    if (!nested || !(m->profile->features & CT_FEAT_NAMES_EXPAND)) {
        resolve(m, (ct_str){rest.p + 2, expr_n});
        return;
    }
    if (!ct_machine_charge(m, expr_n) || !reserve(m, expr_n)) return;
    size_t tail = m->cap - m->right;
    memcpy(m->buf + m->right - expr_n, m->buf + m->right + 2, expr_n);
    m->right -= expr_n;
    m->n_copies++;
    (void)push_frame(m, (struct frame){.kind = FRAME_NAME, .base = m->left, .tail = tail, .prior = m->n_entries});
}

static void end_frame(struct machine *m)
{
    struct frame f = m->frames[--m->n_frames];
    pop_entries(m, f.kind == FRAME_VALUE ? f.entry : f.prior);
    if (f.kind != FRAME_NAME) return;
    m->n_copies--;
    ct_str expr = {m->buf + f.base, m->left - f.base};
    m->left = f.base;
    resolve(m, expr);
}

void ct_machine_run(struct machine *m, ct_str text, size_t from, enum frame_kind kind)
{
    m->n_frames = m->n_copies = m->n_entries = m->names_n = 0;
    m->reached = 0;
    m->altered = false;
    m->left = 0;
    m->right = m->cap;
    if (!ct_machine_charge(m, text.n) || !reserve(m, text.n)) return;
    m->right = m->cap - text.n;
    memmove(m->buf + m->right, text.p, text.n);
    take(m, from);
    /* A context value is the value of a variable in the pattern: it has a cycle stack, of names an attacker cannot say. */
    if (!push_frame(m, (struct frame){.kind = kind, .has_prior = kind == FRAME_VALUE, .base = m->left})) return;
    while (m->n_frames && !m->stopped) {
        struct frame *f = &m->frames[m->n_frames - 1];
        size_t n = m->cap - m->right - f->tail;
        if (n) advance(m, f, n);
        else end_frame(m);
    }
}
