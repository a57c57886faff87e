#include "judge_row.h"

#include "verdict_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct checked {
    const struct judge_row *row;
    ct_arena *arena;
    unsigned failed;
};

static void expect(struct checked *c, const char *what, ct_str want, ct_str got)
{
    if (ct_str_eq(want, got)) return;
    if (!c->failed++) print_error("line %d: %s\n", c->row->line, c->row->text ? c->row->text : c->row->fields[0]);
    print_error("  %s: \"%.*s\", expected \"%.*s\"\n", what, CT_STR_ARG(got), CT_STR_ARG(want));
}

static ct_str text_of(struct checked *c, void (*put)(struct ct_buf *, const struct ct_verdict *), const struct ct_verdict *v)
{
    struct ct_buf b;
    ct_str s;
    ct_buf_init(&b, c->arena, CT_DECODE_MAX);
    put(&b, v);
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

static void put_traits(struct ct_buf *out, const struct ct_verdict *v) { verdict_put_traits(out, v->traits); }

static unsigned judge_row(ct_arena *arena, const struct judge_row *row)
{
    static const ct_str names[] = {CT_STR_INIT("0"), CT_STR_INIT("1"), CT_STR_INIT("2"), CT_STR_INIT("3")};
    struct checked c = {.row = row, .arena = arena};
    struct ct_judge_opts opts = {.no_decode = row->no_decode, .truncated = row->truncated};
    struct ct_field fields[4];
    size_t n = 0;
    if (row->only) {
        opts.only = ct_profile_find(ct_str_from(row->only));
        assert_non_null(opts.only);
    }
    if (row->text) fields[n++] = (struct ct_field){CT_STR("message"), ct_str_from(row->text)};
    else
        for (; n < 4 && row->fields[n]; n++) fields[n] = (struct ct_field){names[n], ct_str_from(row->fields[n])};
    struct ct_verdict v;
    assert_int_equal(ct_judge(arena, &opts, fields, n, &v), CT_OK);

    bool reached = v.grade >= CT_GRADE_REACH;
    expect(&c, "grade", ct_str_from(row->grade), ct_str_from(ct_grade_name(v.grade)));
    expect(&c, "certainty", ct_str_from(row->certainty ? row->certainty : "certain"), ct_str_from(ct_certainty_name(v.certainty)));
    expect(&c, "traits", ct_str_from(row->traits), text_of(&c, put_traits, &v));
    expect(&c, "chain", ct_str_from(row->chain), text_of(&c, verdict_put_chain, &v));
    expect(&c, "conditions", ct_str_from(row->conditions), text_of(&c, verdict_put_conditions, &v));
    if (row->indicators || v.grade < CT_GRADE_ATTEMPT) expect(&c, "indicators", ct_str_from(row->indicators), text_of(&c, verdict_put_indicators, &v));
    if (row->fires || !reached) expect(&c, "fires", ct_str_from(row->fires), text_of(&c, verdict_put_fires, &v));
    if (row->normal) expect(&c, "normal", ct_str_from(row->normal), v.normal);
    if (row->field) expect(&c, "field", ct_str_from(row->field), v.field);
    if (reached && v.n_fires == 0) expect(&c, "fires", CT_STR("some"), CT_STR(""));
    if (row->calls && v.n_calls != row->calls) {
        c.failed++;
        print_error("line %d: %llu calls, expected %u\n", row->line, (unsigned long long)v.n_calls, row->calls);
    }
    return c.failed != 0;
}

void judge_rows(const struct judge_row *rows, size_t n)
{
    ct_arena *arena;
    unsigned failed = 0;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena), CT_OK);
    for (size_t i = 0; i < n; i++) {
        failed += judge_row(arena, &rows[i]);
        ct_arena_clear(arena);
    }
    ct_arena_free(arena);
    if (failed) fail_msg("%u of %zu rows differ", failed, n);
    print_message("%zu rows\n", n);
}
