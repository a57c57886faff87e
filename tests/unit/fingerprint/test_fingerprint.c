/* fingerprint: files and their mistakes, names that are wanted, copies and rules on made-up classes, failing memory. The real releases are
 * in tests/e2e/fingerprint. */
#include "base/buf.h"
#include "base/limits.h"
#include "fingerprint/evidence.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) == CT_OK ? 0 : -1;
}

static int drop_arena(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static const char thing[] = "product thing\n"
                            "title A thing\n"
                            "purl pkg:maven/org.example/thing\n"
                            "package org/example\n"
                            "class Bad core/Bad old/Bad\n"
                            "requires Bad has \"marker\"\n"
                            "feature fixed Bad has \"guard \\\"x\\\"\"\n"
                            "feature named Bad ends \"core.Other\"\n"
                            "class Main tool/Main\n"
                            "releases 1.0 1.1 show Bad\n"
                            "releases 2.0 show fixed Main\n"
                            "releases 3.0 3.1 later show fixed named Main\n"
                            "cve CVE-1 high\n"
                            "condition only then\n"
                            "fix upgrade\n"
                            "affected when Bad !fixed : it is bad\n"
                            "fixed when Bad fixed : it is guarded\n"
                            "mitigated when Main !Bad : it was removed\n"
                            "under_investigation\n"
                            "cve CVE-2 low\n"
                            "affected in 1.0..2.0 : by release\n"
                            "not_affected in 3.0..3.1\n"
                            "under_investigation : not told\n";

static ct_fingerprints *set_of(const char *text)
{
    ct_fingerprints *f;
    struct ct_fault fault = {0};
    assert_int_equal(ct_fingerprints_new(&ct_alloc_libc, &f), CT_OK);
    if (ct_fingerprints_add(f, ct_str_from(text), &fault)) fail_msg("line %u: %s", (unsigned)fault.line, fault.detail);
    return f;
}

/* Each mistake is refused, with its line, and leaves the set as it was. */
static void mistakes(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        unsigned at;
        const char *says;
    } rows[] = {
        {__LINE__, "", 0, "no product"},
        {__LINE__, "# nothing\n\n", 2, "no product"},
        {__LINE__, "class A a/A\n", 1, "under a product"},
        {__LINE__, "product p q\n", 1, "one name"},
        {__LINE__, "product p\n", 1, "no class"},
        {__LINE__, "product p\nclass A a/A\nproduct p\n", 3, "stands above"},
        {__LINE__, "product p\nfrobnicate\n", 2, "unknown word"},
        {__LINE__, "product p\nclass A a/A\nshortened B has \"x\"\n", 3, "no class above"},
        {__LINE__, "product p\nclass A a/A\nshortened A has\n", 3, "pairs of"},
        {__LINE__, "product p\nclass A a/A\nliteral A has \"x\"\n", 3, "no feature above"},
        {__LINE__, "product p\nclass A a/A\nfeature f A has \"x\"\nliteral f has x\n", 4, "a quoted string"},
        {__LINE__, "product p\ntitle\n", 2, "nothing follows"},
        {__LINE__, "product p\npurl pkg:npm/x\n", 2, "pkg:maven"},
        {__LINE__, "product p\npurl pkg:maven/x/y@1\n", 2, "without a version"},
        {__LINE__, "product p\npurl pkg:maven/x\n", 2, "pkg:maven"},
        {__LINE__, "product p\nclass A\n", 2, "a name and a path"},
        {__LINE__, "product p\nclass A a/A.class\n", 2, "want a path"},
        {__LINE__, "product p\nclass A /a\n", 2, "want a path"},
        {__LINE__, "product p\nclass A! a/A\n", 2, "letters"},
        {__LINE__, "product p\nclass A a/A\nclass A a/B\n", 3, "stands above"},
        {__LINE__, "product p\nclass A a/A\nfeature f B has \"x\"\n", 3, "no class above"},
        {__LINE__, "product p\nclass A a/A\nfeature f A has x\n", 3, "quoted"},
        {__LINE__, "product p\nclass A a/A\nfeature f A has \"x\n", 3, "not closed"},
        {__LINE__, "product p\nclass A a/A\nfeature f A has \"\"\n", 3, "empty string"},
        {__LINE__, "product p\nclass A a/A\nfeature f A has \"\\n\"\n", 3, "backslash"},
        {__LINE__, "product p\nclass A a/A\nfeature f A like \"x\"\n", 3, "want has"},
        {__LINE__, "product p\nclass A a/A\nrequires A has\n", 3, "pairs"},
        {__LINE__, "product p\nclass A a/A\nbelongs\n", 3, "missing"},
        {__LINE__, "product p\nclass A a/A\nforeign X\n", 3, "no class or feature"},
        {__LINE__, "product p\nclass A a/A\nreleases 1 2\n", 3, "show"},
        {__LINE__, "product p\nclass A a/A\nreleases show A\n", 3, "show"},
        {__LINE__, "product p\nclass A a/A\nreleases 1 show A\nreleases 1 show A\n", 4, "stands above"},
        {__LINE__, "product p\nclass A a/A\nreleases 1 show A\nclass B b/B\n", 4, "before the releases"},
        {__LINE__, "product p\nclass A a/A\ncve X\n", 3, "a severity"},
        {__LINE__, "product p\nclass A a/A\ncve X dire\n", 3, "a severity"},
        {__LINE__, "product p\nclass A a/A\ncve X low\n", 3, "no state"},
        {__LINE__, "product p\nclass A a/A\ncve X low\naffected\ncve X low\n", 5, "stands above"},
        {__LINE__, "product p\nclass A a/A\naffected when A\n", 3, "under a cve"},
        {__LINE__, "product p\nclass A a/A\ncondition x\n", 3, "under a cve"},
        {__LINE__, "product p\nclass A a/A\ncve X low\naffected\nfixed when A\n", 5, "holds always"},
        {__LINE__, "product p\nclass A a/A\ncve X low\naffected when\n", 4, "asks for"},
        {__LINE__, "product p\nclass A a/A\ncve X low\naffected when A !A\n", 4, "never be met"},
        {__LINE__, "product p\nclass A a/A\ncve X low\naffected in 1.0\n", 4, "no release"},
        {__LINE__, "product p\nclass A a/A\ncve X low\naffected in\n", 4, "releases are missing"},
        {__LINE__, "product p\nclass A a/A\nreleases 1 2 show A\ncve X low\naffected in 2..1\n", 5, "backwards"},
        {__LINE__, "product p\nclass A a/A\nreleases 1 2 show A\ncve X low\naffected\nreleases 3 show A\n", 6, "before the CVEs"},
        {__LINE__, "product p\nclass A a/A\ncve X low\naffected because\n", 4, "want when"},
        {__LINE__, "product p\nclass A a/A\ncve X low\naffected : \x01\n", 4, "control character"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_fingerprints *f = set_of(thing);
        struct ct_fault fault = {0};
        struct edge e = edge_new(ct_str_from(rows[i].text));
        ct_err err = ct_fingerprints_add(f, e.input, &fault);
        edge_free(&e);
        if (err != CT_ERR_SYNTAX || !strstr(fault.detail, rows[i].says) || (rows[i].at && fault.line != rows[i].at))
            fail_msg("row at line %d: %s, line %u: %s", rows[i].line, ct_err_text(err), (unsigned)fault.line, fault.detail);
        assert_int_not_equal(ct_fingerprints_wants(f, CT_STR("x/Bad.class")), 0);
        assert_int_equal(ct_fingerprints_wants(f, CT_STR("x/A.class")), 0);
        ct_fingerprints_free(f);
    }
}

static void caps(void **state)
{
    (void)state;
    struct ct_buf b;
    ct_fingerprints *f = set_of(thing);
    struct ct_fault fault = {0};
    ct_buf_init(&b, arena, 4u << 20);
    ct_buf_text(&b, "product p\n");
    for (unsigned i = 0; i <= CT_FINGERPRINT_TERMS_MAX; i++) ct_buf_printf(&b, "class C%u a/C%u\n", i, i);
    assert_int_equal(ct_fingerprints_add(f, ct_buf_view(&b), &fault), CT_ERR_CAP);
    assert_int_equal(fault.line, CT_FINGERPRINT_TERMS_MAX + 2);
    ct_buf_init(&b, arena, 4u << 20);
    ct_buf_text(&b, "product p\nclass A a/A\nbelongs");
    for (unsigned i = 0; i <= CT_FINGERPRINT_WORDS_MAX; i++) ct_buf_text(&b, " A");
    assert_int_equal(ct_fingerprints_add(f, ct_buf_view(&b), &fault), CT_ERR_CAP);
    ct_buf_init(&b, arena, 4u << 20);
    ct_buf_text(&b, "product p\nclass A a/A\n");
    for (unsigned i = 0; i <= CT_FINGERPRINT_LIST_MAX; i++) ct_buf_printf(&b, "releases %u show A\n", i);
    assert_int_equal(ct_fingerprints_add(f, ct_buf_view(&b), &fault), CT_ERR_CAP);
    ct_buf_init(&b, arena, 4u << 20);
    for (unsigned i = 0; i <= CT_FINGERPRINT_TEXT_MAX; i++) ct_buf_byte(&b, '\n');
    assert_int_equal(ct_fingerprints_add(f, ct_buf_view(&b), &fault), CT_ERR_CAP);
    ct_fingerprints_free(f);
}

static void wanted(void **state)
{
    (void)state;
    ct_fingerprints *f = set_of(thing);
    static const char *const yes[] = {"core/Bad.class", "Bad.class", "x/y/Bad.class", "Bad", "a\\b\\Bad.class", "x/Bad.esclazz", "x/Bad.class.bak", "tool/Main.class"};
    static const char *const no[] = {"", "/", "Bad/", "core/Bade.class", "core/bad.class", "core/Ba.class", ".class", "Bad.class/x", "x/.Bad", "Main/x"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        struct edge e = edge_new(ct_str_from(yes[i]));
        if (!ct_fingerprints_wants(f, e.input)) fail_msg("%s is not wanted", yes[i]);
        edge_free(&e);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (ct_fingerprints_wants(f, ct_str_from(no[i]))) fail_msg("%s is wanted", no[i]);
    assert_true(ct_fingerprints_covers(f, CT_STR("pkg:maven/org.example/thing@1.0?type=jar")));
    assert_false(ct_fingerprints_covers(f, CT_STR("pkg:maven/org.example/thin")));
    assert_false(ct_fingerprints_covers(f, CT_STR("")));
    ct_fingerprints_free(f);
    ct_fingerprints *empty;
    assert_int_equal(ct_fingerprints_new(&ct_alloc_libc, &empty), CT_OK);
    assert_int_equal(ct_fingerprints_wants(empty, CT_STR("x/Bad.class")), 0);
    ct_fingerprints_free(empty);
}

static void u2(struct ct_buf *b, unsigned v)
{
    ct_buf_byte(b, (unsigned char)(v >> 8));
    ct_buf_byte(b, (unsigned char)v);
}

/* The smallest class of this name, with these constants (parted by '|'). */
static ct_str class_of(const char *name, const char *constants)
{
    struct ct_buf b, pool;
    unsigned n = 1;
    ct_buf_init(&b, arena, 1u << 16);
    ct_buf_init(&pool, arena, 1u << 16);
    ct_str rest = ct_str_from(constants);
    for (ct_str text = ct_str_from(name); ; text = ct_str_cut(&rest, '|')) {
        ct_buf_byte(&pool, 1);
        u2(&pool, (unsigned)text.n);
        ct_buf_add(&pool, text);
        n++;
        if (!rest.p || !rest.n) break;
    }
    ct_buf_add(&b, (ct_str){(const unsigned char *)"\xca\xfe\xba\xbe\0\0\0\x34", 8});
    u2(&b, n + 1);
    ct_buf_add(&b, ct_buf_view(&pool));
    ct_buf_byte(&b, 7);
    u2(&b, 1);
    for (unsigned v = 0; v < 7; v++) u2(&b, v == 1 ? n : 0);
    return ct_buf_view(&b);
}

struct seen {
    unsigned copies;
    struct ct_evidence_copy last;
};

static ct_err keep(void *ctx, const struct ct_evidence_copy *copy)
{
    struct seen *s = ctx;
    s->copies++;
    s->last = *copy;
    return CT_OK;
}

static void give(const ct_fingerprints *f, ct_evidence *ev, const char *path, ct_str bytes)
{
    assert_int_equal(ct_evidence_class(ev, ct_str_from(path), ct_fingerprints_wants(f, ct_str_from(path)), bytes), CT_OK);
}

static struct seen judged(ct_evidence *ev)
{
    struct seen s = {0};
    assert_int_equal(ct_evidence_judge(ev, keep, &s), CT_OK);
    return s;
}

static void expect(int line, const struct seen *s, const char *version, enum ct_state one, enum ct_state two)
{
    if (s->copies != 1) fail_msg("line %d: %u copies", line, s->copies);
    if (!ct_str_eq(s->last.version, ct_str_from(version))) fail_msg("line %d: version %.*s", line, CT_STR_ARG(s->last.version));
    if (s->last.cves[0].state != one || s->last.cves[1].state != two)
        fail_msg("line %d: %s, %s", line, ct_state_name(s->last.cves[0].state), ct_state_name(s->last.cves[1].state));
}

static void judging(void **state)
{
    (void)state;
    enum { A = CT_STATE_AFFECTED, M = CT_STATE_MITIGATED, F = CT_STATE_FIXED, N = CT_STATE_NOT_AFFECTED, U = CT_STATE_UNDER_INVESTIGATION };
    ct_fingerprints *f = set_of(thing);
    static const struct {
        int line;
        const char *bad, *main_name; /* constants of Bad, null: no such class */
        const char *said;
        const char *version;
        unsigned one, two;
    } rows[] = {
        {__LINE__, "marker", NULL, NULL, "1.0-1.1", A, A},
        {__LINE__, "marker|guard \"x\"", "tool/Main", NULL, "2.0", F, A},
        {__LINE__, "marker|guard \"x\"|a.core/Other", "tool/Main", NULL, "3.0-3.1 or later", F, N},
        {__LINE__, "marker|guard \"x\"|a.core/Other", "tool/Main", "3.1", "3.1", F, N},
        {__LINE__, "marker|guard \"x\"|a.core/Other", "tool/Main", "3.7", "3.0-3.1 or later", F, N},
        {__LINE__, NULL, "tool/Main", NULL, "2.0-3.1 or later", M, A},
        {__LINE__, NULL, "tool/Main", "3.0", "3.0", M, N},
        {__LINE__, "marker|a/core/Other", NULL, NULL, "", A, U},
        {__LINE__, "marker", NULL, "2.0", "1.0-1.1", A, A},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_evidence *ev;
        assert_int_equal(ct_evidence_begin(arena, f, &ev), CT_OK);
        assert_false(ct_evidence_any(ev));
        if (rows[i].bad) give(f, ev, "org/example/core/Bad.class", class_of("org/example/core/Bad", rows[i].bad));
        if (rows[i].main_name) give(f, ev, "org/example/tool/Main.class", class_of("org/example/tool/Main", ""));
        if (rows[i].said) assert_int_equal(ct_evidence_identity(ev, CT_STR("p"), CT_STR("org.example"), CT_STR("thing"), ct_str_from(rows[i].said)), CT_OK);
        struct seen s = judged(ev);
        expect(rows[i].line, &s, rows[i].version, rows[i].one, rows[i].two);
    }
    ct_evidence *ev;
    assert_int_equal(ct_evidence_begin(arena, f, &ev), CT_OK);
    give(f, ev, "org/example/core/Bad.class", class_of("org/example/core/Bad", "other")); /* lacks the marker */
    give(f, ev, "org/example/core/Bad.class", class_of("org/example/core/NotBad", "marker"));
    give(f, ev, "org/example/core/Bad.class", class_of("org/example/xcore/Bad", "marker"));
    give(f, ev, "org/example/core/Bad.class", CT_STR("text"));
    assert_int_equal(judged(ev).copies, 0);
    ct_fingerprints_free(f);
}

static void places(void **state)
{
    (void)state;
    ct_fingerprints *f = set_of(thing);
    static const struct {
        int line;
        const char *path, *name, *place, *package;
        bool relocated;
    } rows[] = {
        {__LINE__, "org/example/core/Bad.class", "org/example/core/Bad", "", "org/example", false},
        {__LINE__, "WEB-INF/classes/org/example/core/Bad.class", "org/example/core/Bad", "WEB-INF/classes", "org/example", false},
        {__LINE__, "x/core/Bad.class", "x/core/Bad", "", "x", true},
        {__LINE__, "core/Bad.class", "core/Bad", "", "", true},
        {__LINE__, "core/Bad.class", "org/example/core/Bad", "", "org/example", false},
        {__LINE__, "Bad.class", "org/example/core/Bad", "", "org/example", false},
        {__LINE__, "lib/Bad.esclazz", "org/example/core/Bad", "lib", "org/example", false},
        {__LINE__, "META-INF/versions/9/org/example/core/Bad.class", "org/example/core/Bad", "", "org/example", false},
        {__LINE__, "a/META-INF/versions/17/org/example/old/Bad.class", "org/example/old/Bad", "a", "org/example", false},
        {__LINE__, "META-INF/versions/x/org/example/core/Bad.class", "org/example/core/Bad", "META-INF/versions/x", "org/example", false},
        {__LINE__, "a\\org\\example\\core\\Bad.class", "org/example/core/Bad", "a", "org/example", false},
        {__LINE__, "some/where/Bad.class", "org/example/core/Bad", "some/where", "org/example", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_evidence *ev;
        assert_int_equal(ct_evidence_begin(arena, f, &ev), CT_OK);
        give(f, ev, rows[i].path, class_of(rows[i].name, "marker"));
        struct seen s = judged(ev);
        if (s.copies != 1 || !ct_str_eq(s.last.place, ct_str_from(rows[i].place)) || !ct_str_eq(s.last.package, ct_str_from(rows[i].package)) ||
            s.last.relocated != rows[i].relocated)
            fail_msg("line %d: %u copies, place %.*s, package %.*s", rows[i].line, s.copies, CT_STR_ARG(s.last.place), CT_STR_ARG(s.last.package));
        assert_int_equal(s.last.n_items, 1);
        assert_true(ct_str_eq(s.last.items[0].path, ct_str_from(rows[i].path)));
    }
    ct_fingerprints_free(f);
}

/* A container full of classes of one name takes no more memory than its copies do, and too many copies are said to be too many. */
static void many(void **state)
{
    (void)state;
    ct_fingerprints *f = set_of(thing);
    ct_arena *a;
    ct_evidence *ev;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 128u << 20, &a), CT_OK);
    assert_int_equal(ct_evidence_begin(a, f, &ev), CT_OK);
    ct_str bytes = class_of("org/example/core/Bad", "marker");
    for (unsigned i = 0; i < 200; i++) give(f, ev, "org/example/core/Bad.class", bytes);
    size_t before = ct_arena_used(a);
    for (unsigned i = 0; i < 100000; i++) give(f, ev, "org/example/core/Bad.class", bytes);
    assert_int_equal(ct_arena_used(a), before);
    struct seen s = judged(ev);
    assert_int_equal(s.last.n_items, CT_EVIDENCE_ITEMS_MAX);
    ct_err err = CT_OK;
    unsigned n = 0;
    for (; !err && n <= CT_EVIDENCE_COPIES_MAX; n++) {
        char path[64];
        int size = snprintf(path, sizeof path, "d%u/org/example/core/Bad.class", n);
        ct_str name = {(const unsigned char *)path, (size_t)size};
        err = ct_evidence_class(ev, name, ct_fingerprints_wants(f, name), bytes);
    }
    assert_int_equal(err, CT_ERR_CAP);
    assert_int_equal(n, CT_EVIDENCE_COPIES_MAX);
    ct_arena_free(a);
    ct_fingerprints_free(f);
}

/* A cut or malformed class of the right name is there and unread: neither absent nor safe. */
static void damaged(void **state)
{
    (void)state;
    ct_fingerprints *f = set_of(thing);
    ct_str whole = class_of("org/example/core/Bad", "marker");
    for (size_t n = 1; n < whole.n; n++) {
        ct_evidence *ev;
        struct edge e = edge_new(ct_str_slice(whole, 0, n));
        assert_int_equal(ct_evidence_begin(arena, f, &ev), CT_OK);
        give(f, ev, "org/example/core/Bad.class", e.input);
        give(f, ev, "org/example/tool/Main.class", class_of("org/example/tool/Main", ""));
        struct seen s = judged(ev);
        edge_free(&e);
        if (n >= 10 && (s.copies != 1 || s.last.cves[0].state == CT_STATE_MITIGATED)) fail_msg("cut at %zu: %s", n, ct_state_name(s.last.cves[0].state));
    }
    ct_fingerprints_free(f);
}

static void suspects(void **state)
{
    (void)state;
    ct_fingerprints *f;
    ct_evidence *ev;
    assert_int_equal(ct_fingerprints_new(&ct_alloc_libc, &f), CT_OK);
    assert_int_equal(ct_fingerprints_add_suspect(f, CT_STR("org.acme.Evil.class"), NULL), CT_OK);
    assert_int_equal(ct_evidence_begin(arena, f, &ev), CT_OK);
    give(f, ev, "lib/Evil.class", class_of("shaded/org/acme/Evil", "x"));
    struct seen s = judged(ev);
    assert_int_equal(s.copies, 1);
    assert_true(ct_str_eq(s.last.product, CT_STR("suspect:org/acme/Evil")));
    assert_int_equal(s.last.cves[0].state, CT_STATE_AFFECTED);
    static const char *const bad[] = {"", ".class", "a..b", "/a", "a/", "a b", "a\"b", "a\nproduct x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(ct_fingerprints_add_suspect(f, ct_str_from(bad[i]), NULL), CT_ERR_SYNTAX);
    ct_fingerprints_free(f);
}

static void shipped(void **state)
{
    (void)state;
    ct_fingerprints *f;
    struct ct_fault fault = {0};
    assert_int_equal(ct_fingerprints_new(&ct_alloc_libc, &f), CT_OK);
    if (ct_fingerprints_add_shipped(f, &fault)) fail_msg("line %u: %s", (unsigned)fault.line, fault.detail);
    assert_true(ct_fingerprints_covers(f, CT_STR("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1")));
    assert_int_not_equal(ct_fingerprints_wants(f, CT_STR("a/b/JndiLookup.class")), 0);
    ct_fingerprints_free(f);
}

static ct_err whole_run(const struct ct_alloc *alloc, ct_str bytes)
{
    ct_fingerprints *f = NULL;
    ct_arena *a = NULL;
    ct_evidence *ev;
    struct seen s = {0};
    ct_err err = ct_fingerprints_new(alloc, &f);
    if (!err) err = ct_fingerprints_add(f, ct_str_from(thing), NULL);
    if (!err) err = ct_fingerprints_add_suspect(f, CT_STR("a.B"), NULL);
    if (!err) err = ct_arena_new(alloc, 8u << 20, &a);
    if (!err) err = ct_evidence_begin(a, f, &ev);
    if (!err) err = ct_evidence_class(ev, CT_STR("core/Bad.class"), ct_fingerprints_wants(f, CT_STR("core/Bad.class")), bytes);
    if (!err) err = ct_evidence_unread(ev, CT_STR("tool/Main.class"), ct_fingerprints_wants(f, CT_STR("tool/Main.class")), CT_STR("encrypted"));
    if (!err) err = ct_evidence_identity(ev, CT_STR("p"), CT_STR("org.example"), CT_STR("thing"), CT_STR("1.0"));
    if (!err) err = ct_evidence_judge(ev, keep, &s);
    ct_arena_free(a);
    ct_fingerprints_free(f);
    return err;
}

static void faults(void **state)
{
    (void)state;
    ct_str bytes = class_of("core/Bad", "marker");
    for (int persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc fa;
            fault_alloc_init(&fa, n, persistent);
            ct_err err = whole_run(&fa.alloc, bytes);
            assert_int_equal(fa.live, 0);
            if (!fa.failed) break;
            assert_int_equal(err, CT_ERR_NOMEM);
        }
    }
    /* And with an arena that runs dry at any point. */
    ct_fingerprints *f = set_of(thing);
    for (size_t limit = 66000; limit < 400000; limit += 3000) {
        ct_arena *a;
        ct_evidence *ev;
        struct seen s = {0};
        assert_int_equal(ct_arena_new(&ct_alloc_libc, limit, &a), CT_OK);
        ct_err err = ct_evidence_begin(a, f, &ev);
        if (!err) err = ct_evidence_class(ev, CT_STR("core/Bad.class"), ct_fingerprints_wants(f, CT_STR("core/Bad.class")), bytes);
        if (!err) err = ct_evidence_judge(ev, keep, &s);
        assert_true(err == CT_OK || err == CT_ERR_NOMEM);
        ct_arena_free(a);
    }
    ct_fingerprints_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes), cmocka_unit_test(caps),     cmocka_unit_test(wanted),  cmocka_unit_test(judging), cmocka_unit_test(places),
        cmocka_unit_test(damaged),  cmocka_unit_test(suspects), cmocka_unit_test(shipped), cmocka_unit_test(many), cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
