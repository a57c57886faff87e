/* sbom: formats by name, licences, hashes, places; failing memory and failing sinks. What the validators say is in
 * against_sbom_tools.py. */
#include "sbom/licence.h"
#include "sbom/sbom.h"
#include "sbom/sbom_out.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void formats_have_names_and_endings(void **state)
{
    (void)state;
    enum ct_sbom_format f = CT_SBOM_CYCLONEDX;
    assert_true(ct_sbom_format_named(CT_STR("SPDX"), &f) && f == CT_SBOM_SPDX);
    assert_true(ct_sbom_format_named(CT_STR("cyclonedx"), &f) && f == CT_SBOM_CYCLONEDX);
    assert_false(ct_sbom_format_named(CT_STR("syft"), &f));
    assert_true(ct_sbom_format_of(CT_STR("/x/host.spdx.json"), &f) && f == CT_SBOM_SPDX);
    assert_true(ct_sbom_format_of(CT_STR("bom.json"), &f) && f == CT_SBOM_CYCLONEDX);
    assert_true(ct_sbom_format_of(CT_STR("x.cdx"), &f) && f == CT_SBOM_CYCLONEDX);
    assert_false(ct_sbom_format_of(CT_STR("x.xml"), &f));
    assert_false(ct_sbom_format_of(CT_STR(""), &f));
}

static void licences_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        enum ct_licence_kind kind;
        const char *id;
    } rows[] = {
        {__LINE__, "MIT", CT_LICENCE_ID, "MIT"},
        {__LINE__, " apache-2.0 ", CT_LICENCE_ID, "Apache-2.0"},
        {__LINE__, "", CT_LICENCE_NONE, ""},
        {__LINE__, "MIT OR Apache-2.0", CT_LICENCE_EXPRESSION, "MIT OR Apache-2.0"},
        {__LINE__, "(MIT)", CT_LICENCE_WORDS, "(MIT)"},
        {__LINE__, "(MIT AND (ISC OR X11))", CT_LICENCE_EXPRESSION, "(MIT AND (ISC OR X11))"},
        {__LINE__, "MIT OR", CT_LICENCE_WORDS, "MIT OR"},
        {__LINE__, "(MIT OR ISC", CT_LICENCE_WORDS, "(MIT OR ISC"},
        {__LINE__, "MIT) OR (ISC", CT_LICENCE_WORDS, "MIT) OR (ISC"},
        {__LINE__, "MIT or ISC", CT_LICENCE_WORDS, "MIT or ISC"},
        {__LINE__, "GPL-2.0-only WITH Classpath-exception-2.0", CT_LICENCE_EXPRESSION,
         "GPL-2.0-only WITH Classpath-exception-2.0"},
        {__LINE__, "GPL-2.0-only WITH MIT", CT_LICENCE_WORDS, "GPL-2.0-only WITH MIT"},
        {__LINE__, "GPLv2+", CT_LICENCE_WORDS, "GPLv2+"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_str id;
        enum ct_licence_kind kind = ct_licence_of(ct_str_from(rows[i].text), &id);
        if (kind != rows[i].kind || !ct_str_eq(id, ct_str_from(rows[i].id)))
            fail_msg("line %d: %d %.*s", rows[i].line, kind, CT_STR_ARG(id));
    }
}

static void hashes_and_names_are_checked(void **state)
{
    (void)state;
    assert_true(ct_sbom_is_hash(CT_STR("0123456789abcdef"), 16));
    assert_false(ct_sbom_is_hash(CT_STR("0123456789ABCDEF"), 16));
    assert_false(ct_sbom_is_hash(CT_STR("0123456789abcde"), 16));
    assert_false(ct_sbom_is_hash(CT_STR("0123456789abcdeg"), 16));
    assert_true(ct_sbom_is_cpe(CT_STR("cpe:2.3:a:apache:log4j:2.14.1:*:*:*:*:*:*:*")));
    assert_false(ct_sbom_is_cpe(CT_STR("cpe:2.3:a:apache:log4j:2.14.1:*:*:*:*:*:*")));
    assert_false(ct_sbom_is_cpe(CT_STR("cpe:2.3:a:apache::2.14.1:*:*:*:*:*:*:*")));
    assert_false(ct_sbom_is_cpe(CT_STR("cpe:/o:redhat")));
}

/* Counts what comes, and fails at a call. */
struct counting {
    size_t n, calls, fail_at, largest;
};

static ct_err count(void *ctx, ct_str bytes)
{
    struct counting *c = ctx;
    if (c->calls++ == c->fail_at) return CT_ERR_WRITE;
    c->n += bytes.n;
    if (bytes.n > c->largest) c->largest = bytes.n;
    return CT_OK;
}

enum { MANY = 3000 };
static struct ct_component list[MANY];

static void fill(void)
{
    static char names[MANY][16];
    for (size_t i = 0; i < MANY; i++) {
        size_t n = 0;
        for (size_t v = i + 1; v; v /= 10) names[i][n++] = (char)('0' + v % 10);
        list[i] = (struct ct_component){.ecosystem = CT_ECOSYSTEM_NPM,
                                        .name = {(unsigned char *)names[i], n},
                                        .version = CT_STR("1"),
                                        .path = CT_STR("/a"),
                                        .licence = CT_STR("MIT")};
    }
}

static void output_comes_in_pieces(void **state)
{
    (void)state;
    ct_arena *arena;
    fill();
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 4u << 20, &arena), CT_OK);
    struct ct_sbom_subject s = {.kind = CT_SBOM_FILES, .complete = true};
    for (enum ct_sbom_format f = CT_SBOM_CYCLONEDX; f <= CT_SBOM_SPDX; f++) {
        struct counting whole = {.fail_at = SIZE_MAX};
        assert_int_equal(ct_sbom_write(arena, f, &s, list, MANY, (struct ct_sbom_sink){count, &whole}), CT_OK);
        assert_true(whole.n > 10 * CT_SBOM_PIECE && whole.calls > 10 && whole.largest < 2 * CT_SBOM_PIECE);
        for (size_t at = 0; at < whole.calls; at++) {
            struct counting c = {.fail_at = at};
            assert_int_equal(ct_sbom_write(arena, f, &s, list, MANY, (struct ct_sbom_sink){count, &c}), CT_ERR_WRITE);
            assert_int_equal(c.calls, at + 1);
        }
    }
    ct_arena_free(arena);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    fill();
    struct ct_sbom_subject s = {.kind = CT_SBOM_HOST, .name = CT_STR("h"), .os_id = CT_STR("debian")};
    for (unsigned k = 0; k < 4; k++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            ct_arena *arena = NULL;
            struct counting c = {.fail_at = SIZE_MAX};
            fault_alloc_init(&f, n, k & 1);
            ct_err err = ct_arena_new(&f.alloc, 4u << 20, &arena);
            struct ct_component copy;
            if (!err) err = ct_component_dup(arena, &list[7], &copy);
            if (!err) assert_int_equal(ct_component_cmp(&list[7], &copy), 0);
            if (!err)
                err = ct_sbom_write(arena, k & 2 ? CT_SBOM_SPDX : CT_SBOM_CYCLONEDX, &s, list, 200,
                                    (struct ct_sbom_sink){count, &c});
            ct_arena_free(arena);
            assert_int_equal(f.live, 0);
            if (!f.failed) {
                assert_int_equal(err, CT_OK);
                break;
            }
            assert_int_equal(err, CT_ERR_NOMEM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_have_names_and_endings), cmocka_unit_test(licences_are_told_apart),
        cmocka_unit_test(hashes_and_names_are_checked),   cmocka_unit_test(output_comes_in_pieces),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
