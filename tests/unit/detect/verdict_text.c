#include "verdict_text.h"

#include <inttypes.h>
#include <stdlib.h>

static void put_blank(struct ct_buf *out, size_t start)
{
    if (out->n > start) ct_buf_byte(out, ' ');
}

void verdict_put_traits(struct ct_buf *out, unsigned traits)
{
    static const char *const names[] = {"leak", "dos", "composed", "truncated", "conditional", "budget", "rule"};
    size_t start = out->n;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(traits >> i & 1)) continue;
        put_blank(out, start);
        ct_buf_text(out, names[i]);
    }
}

void verdict_put_chain(struct ct_buf *out, const struct ct_verdict *v)
{
    for (unsigned i = 0; i < v->n_chain; i++) {
        if (i) ct_buf_byte(out, ' ');
        ct_buf_text(out, ct_layer_name(v->chain[i]));
    }
}

void verdict_put_indicators(struct ct_buf *out, const struct ct_verdict *v)
{
    for (unsigned i = 0; i < v->n_indicators; i++) {
        const struct ct_indicator *k = &v->indicators[i];
        if (i) ct_buf_byte(out, ' ');
        if (k->connects == CT_CONNECTS_NO) ct_buf_byte(out, '!');
        ct_buf_add(out, k->scheme);
        ct_buf_text(out, "://");
        ct_buf_add(out, k->host);
        ct_buf_printf(out, ":%u", (unsigned)k->port);
        ct_buf_add(out, k->path);
    }
}

void verdict_put_conditions(struct ct_buf *out, const struct ct_verdict *v)
{
    for (unsigned i = 0; i < v->n_conditions; i++) {
        if (i) ct_buf_byte(out, ' ');
        ct_buf_add(out, v->conditions[i]);
    }
}

void verdict_put_fires(struct ct_buf *out, const struct ct_verdict *v)
{
    static const char *const sinks[] = {"message", "single", "context"};
    static const char *const settings[] = {"", " +lookups", " +jndi", " +layout", " +layout+jndi"};
    for (unsigned i = 0; i < v->n_fires; i++) {
        const struct ct_fires *f = &v->fires[i];
        if (i) ct_buf_text(out, "; ");
        ct_buf_add(out, f->first->first);
        if (!ct_str_eq(f->first->first, f->last->last)) {
            ct_buf_byte(out, '-');
            ct_buf_add(out, f->last->last);
        }
        ct_buf_byte(out, ' ');
        ct_buf_text(out, sinks[f->sink]);
        ct_buf_text(out, settings[f->setting]);
    }
}

static void put_line(struct ct_buf *out, const char *label, void (*put)(struct ct_buf *, const struct ct_verdict *),
                     const struct ct_verdict *v)
{
    size_t before = out->n;
    ct_buf_printf(out, "  %s: ", label);
    size_t start = out->n;
    put(out, v);
    if (out->n == start) out->n = before;
    else ct_buf_byte(out, '\n');
}

static void put_traits(struct ct_buf *out, const struct ct_verdict *v) { verdict_put_traits(out, v->traits); }
static void put_field(struct ct_buf *out, const struct ct_verdict *v) { ct_buf_add(out, v->field); }
static void put_normal(struct ct_buf *out, const struct ct_verdict *v) { ct_buf_add(out, v->normal); }

void verdict_put(struct ct_buf *out, const struct ct_verdict *v)
{
    ct_buf_printf(out, "  %s, %s\n", ct_grade_name(v->grade), ct_certainty_name(v->certainty));
    put_line(out, "traits", put_traits, v);
    put_line(out, "field", put_field, v);
    put_line(out, "chain", verdict_put_chain, v);
    put_line(out, "normal", put_normal, v);
    put_line(out, "conditions", verdict_put_conditions, v);
    put_line(out, "indicators", verdict_put_indicators, v);
    put_line(out, "fires", verdict_put_fires, v);
    if (v->n_calls > 1) ct_buf_printf(out, "  calls: %" PRIu64 "\n", v->n_calls);
}

struct ct_verdict verdict_of(ct_arena *arena, ct_str text)
{
    struct ct_field field = {CT_STR("message"), text};
    struct ct_judge_opts opts = {0};
    struct ct_verdict v;
    if (ct_judge(arena, &opts, &field, 1, &v)) abort();
    return v;
}
