/* The index of a text: where its variables open, and where each is closed. */
#include "lookup/machine.h"
#include "lookup/span.h"

size_t ct_lookup_find_open(ct_str s, size_t from)
{
    while (from + 1 < s.n) {
        from = ct_span_chr(s, from, '$');
        while (from + 1 < s.n && s.p[from + 1] == '$') from++; /* the last of them */
        if (from + 1 < s.n && s.p[from] == '$' && s.p[from + 1] == '{') return from;
        from++;
    }
    return CT_STR_NONE;
}

/* The next '{', '}', 'y' or DEL, or the end: they share the bits that a search by words can look for at once. */
static inline size_t next_brace(ct_str s, size_t i)
{
    enum { BITS = '{' & '}', MASK = 0xff ^ ('{' ^ '}') };
    for (; s.n - i >= 8; i += 8) {
        uint64_t has = ct_span_has(ct_span_word(s.p + i) & (0x0101010101010101u * MASK), BITS);
        if (has) return i + ct_span_first(has);
    }
    while (i < s.n && (s.p[i] & MASK) != BITS) i++;
    return i;
}

static bool grow(struct machine *m)
{
    if (m->n_openers >= CT_EVAL_OPENERS_MAX) {
        ct_machine_spent(m);
        return false;
    }
    struct opener *p = ct_arena_array(m->arena, m->cap_openers * 2, sizeof *p);
    if (!p) {
        ct_machine_no_memory(m);
        return false;
    }
    memcpy(p, m->openers, m->n_openers * sizeof *p);
    m->openers = p;
    m->cap_openers *= 2;
    return true;
}

static inline struct opener *push_opener(struct machine *m)
{
    return m->n_openers < m->cap_openers || grow(m) ? &m->openers[m->n_openers++] : NULL;
}

/* Every "${" needs a brace of its own, whatever it stands in: brackets match alike wherever one starts to count. While one
 * is open its `close` holds the opener around it. */
static bool add_nested(struct machine *m, ct_str text, size_t i)
{
    uint32_t around = CT_OPENER_UNCLOSED;
    while ((i = around == CT_OPENER_UNCLOSED ? ct_lookup_find_open(text, i) : next_brace(text, i)) < text.n) {
        unsigned char c = text.p[i];
        if (c == '}') {
            struct opener *o = &m->openers[around];
            around = o->close;
            o->close = (uint32_t)i;
        } else if (c == '$' || (c == '{' && text.p[i - 1] == '$')) {
            i += c == '$'; /* to its brace */
            struct opener *o = push_opener(m);
            if (!o) return false;
            *o = (struct opener){(uint32_t)i - 1, around};
            around = (uint32_t)(o - m->openers);
        }
        i++;
    }
    while (around != CT_OPENER_UNCLOSED) {
        struct opener *o = &m->openers[around];
        around = o->close;
        o->close = CT_OPENER_UNCLOSED;
    }
    return true;
}

/* The first brace closes, so openers before it share it. */
static bool add_flat(struct machine *m, ct_str text, size_t i)
{
    size_t close = 0;
    while ((i = ct_lookup_find_open(text, i)) != CT_STR_NONE) {
        struct opener *o = push_opener(m);
        if (!o) return false;
        if (close < i + 2) close = ct_span_chr(text, i + 2, '}');
        *o = (struct opener){(uint32_t)i, close < text.n ? (uint32_t)close : CT_OPENER_UNCLOSED};
        i += 2;
    }
    return true;
}

bool ct_openers_add(struct machine *m, ct_str text, size_t from)
{
    if (!ct_machine_charge(m, text.n - from)) return false;
    return m->profile->features & CT_FEAT_NAMES_EXPAND ? add_nested(m, text, from) : add_flat(m, text, from);
}
