/* The generators of tests/support: encoders against the decoders of src/text (each other's only witness, written apart), and
 * hidden attacks against the evaluator. */
#include "base/limits.h"
#include "lookup/eval.h"
#include "support/gen_encode.h"
#include "support/gen_lookup.h"
#include "text/decode.h"
#include "text/unicode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ROUNDS 30000
#define LINE_MIN (CT_BASE64_MIN * 3 / 4) /* shorter ones are not taken for base64 */
#define LINE_MAX 4096u

static ct_decode_fn *decoder_of(enum gen_layer layer)
{
    switch (layer) {
    case GEN_FORM: return ct_decode_form;
    case GEN_PERCENT_ALL:
    case GEN_PERCENT_PART:
    case GEN_PERCENT_U: return ct_decode_percent;
    case GEN_HTML_DECIMAL:
    case GEN_HTML_HEX:
    case GEN_HTML_NAMED: return ct_decode_html;
    case GEN_BASE64: return ct_decode_base64;
    default: return ct_decode_backslash;
    }
}

static ct_str decode(ct_arena *arena, enum gen_layer layer, ct_str in)
{
    struct ct_buf out;
    bool changed = false;
    ct_str text = in;
    ct_buf_init(&out, arena, 1u << 20);
    assert_int_equal(decoder_of(layer)(in, &out, &changed), CT_OK);
    if (changed) assert_int_equal(ct_buf_str(&out, &text), CT_OK);
    return text;
}

/* A line without control characters. */
static ct_str line(struct rng *r, ct_arena *arena)
{
    struct ct_buf b;
    ct_str s;
    ct_buf_init(&b, arena, 1u << 20);
    do {
        b.n = 0;
        gen_lookup_line(r, &b);
        for (size_t i = 0; i < b.n; i++)
            if (b.p[i] < 0x20 || b.p[i] == 0x7F) b.p[i] = ' ';
        /* C1 controls are controls too */
        for (size_t i = 0; i + 1 < b.n; i++)
            if (b.p[i] == 0xC2 && b.p[i + 1] < 0xA0) b.p[i + 1] = 0xB5;
    } while (b.n < LINE_MIN || b.n > LINE_MAX);
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

static void lines_are_utf8(void **state)
{
    (void)state;
    struct rng r = rng_new("lines");
    ct_arena *arena = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 16u << 20, &arena), CT_OK);
    for (int i = 0; i < ROUNDS; i++) {
        ct_arena_clear(arena);
        assert_true(ct_utf8_valid(line(&r, arena)));
    }
    ct_arena_free(arena);
}

static void every_layer_decodes_to_what_went_in(void **state)
{
    (void)state;
    struct rng r = rng_new("layers");
    ct_arena *arena = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 16u << 20, &arena), CT_OK);
    for (int i = 0; i < ROUNDS; i++) {
        ct_arena_clear(arena);
        enum gen_layer layer = (enum gen_layer)(i % GEN_LAYER_COUNT);
        ct_str in = line(&r, arena), code;
        struct ct_buf b;
        ct_buf_init(&b, arena, 1u << 20);
        gen_encode(&r, layer, in, &b);
        assert_int_equal(ct_buf_str(&b, &code), CT_OK);
        ct_str back = decode(arena, layer, code);
        if (!ct_str_eq(back, in))
            fail_msg("%s\n in   %.*s\n code %.*s\n back %.*s", gen_layer_name(layer), CT_STR_ARG(in), CT_STR_ARG(code), CT_STR_ARG(back));
    }
    ct_arena_free(arena);
}

static void chains_decode_in_reverse(void **state)
{
    (void)state;
    struct rng r = rng_new("chains");
    ct_arena *arena = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 64u << 20, &arena), CT_OK);
    for (int i = 0; i < ROUNDS; i++) {
        ct_arena_clear(arena);
        enum gen_layer layers[4];
        unsigned n = 0;
        ct_str in = line(&r, arena), text;
        if (in.n > 600) continue; /* four layers multiply the length */
        struct ct_buf b;
        ct_buf_init(&b, arena, 1u << 20);
        gen_encode_chain(&r, in, 4, &b, layers, &n);
        assert_int_equal(ct_buf_str(&b, &text), CT_OK);
        for (unsigned k = n; k-- > 0;) text = decode(arena, layers[k], text);
        if (!ct_str_eq(text, in)) {
            for (unsigned k = 0; k < n; k++) print_message("layer %u: %s\n", k, gen_layer_name(layers[k]));
            print_message("code %zu bytes\n", b.n);
            fail_msg("\n in   %.*s\n back %.*s\n code %.*s", CT_STR_ARG(in), CT_STR_ARG(text), (int)b.n, (const char *)b.p);
        }
    }
    ct_arena_free(arena);
}

/* A name that says nothing to the evaluator itself. */
static ct_str name(struct rng *r, ct_arena *arena)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCXYZ0189:/.#=_~ ,;@?";
    struct ct_buf b;
    ct_buf_init(&b, arena, 256);
    ct_buf_text(&b, rng_below(r, 2) ? "ldap://" : "x:");
    for (uint32_t n = rng_below(r, 40); n > 0; n--) ct_buf_byte(&b, (unsigned char)letters[rng_below(r, sizeof letters - 1)]);
    return ct_buf_view(&b);
}

/* That the evaluator is right about them is the differential test's to say. */
static void attacks_reach_jndi_with_their_name(void **state)
{
    (void)state;
    struct rng r = rng_new("attacks");
    ct_arena *arena = NULL;
    const struct ct_profile *profile = ct_profile_find(CT_STR("2.14.1"));
    assert_non_null(profile);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 64u << 20, &arena), CT_OK);
    for (int i = 0; i < ROUNDS; i++) {
        ct_arena_clear(arena);
        uint64_t work = CT_EVAL_WORK_MAX;
        struct ct_eval_opts opts = {.sink = CT_SINK_MESSAGE, .values = CT_VALUES_UNSET, .work = &work};
        struct ct_eval_result got;
        struct ct_buf b;
        ct_str want = name(&r, arena);
        ct_buf_init(&b, arena, 1u << 20);
        gen_lookup_attack(&r, want, &b);
        assert_int_equal(ct_eval(arena, profile, &opts, ct_buf_view(&b), &got), CT_OK);
        if (got.n_calls == 0 || !ct_str_eq(got.calls[0].key, want))
            fail_msg("wanted %.*s\n line %.*s", CT_STR_ARG(want), (int)b.n, (const char *)b.p);
    }
    ct_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_utf8),
        cmocka_unit_test(every_layer_decodes_to_what_went_in),
        cmocka_unit_test(chains_decode_in_reverse),
        cmocka_unit_test(attacks_reach_jndi_with_their_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
