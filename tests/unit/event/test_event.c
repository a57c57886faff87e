/* event: goldens, times, ids, versions to CVEs, widths, failing memory. */
#include "event/fields.h"
#include "text/ip.h"
#include "base/blake2b.h"
#include "samples.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static ct_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 1u << 24, &arena) == CT_OK ? 0 : -1;
}

static int drop_arena(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static struct ct_buf buffer(void)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 1u << 20);
    return b;
}

/* A release must not touch the goldens. */
static ct_str without_version(ct_str s)
{
    size_t at = ct_str_find(s, CT_STR("\"version\":\"" CT_VERSION "\""));
    if (at == CT_STR_NONE) return s;
    struct ct_buf b = buffer();
    ct_buf_add(&b, ct_str_slice(s, 0, at));
    ct_buf_text(&b, "\"version\":\"VERSION\"");
    ct_buf_add(&b, ct_str_slice(s, at + sizeof "\"version\":\"\"" - 1 + strlen(CT_VERSION), s.n));
    return ct_buf_view(&b);
}

/* Compares with golden/event/NAME, or writes it when CT_GOLDEN=write. Programs run in tests/. */
static void golden(const char *name, ct_str got)
{
    char path[200];
    (void)snprintf(path, sizeof path, "golden/event/%s", name);
    const char *mode = getenv("CT_GOLDEN");
    bool write = mode && strcmp(mode, "write") == 0;
    FILE *f = fopen(path, write ? "wbe" : "rbe");
    if (!f) fail_msg("%s: cannot be opened", path);
    static unsigned char want[1 << 16];
    if (write) {
        assert_int_equal(fwrite(got.p, 1, got.n, f), got.n);
    } else {
        size_t n = fread(want, 1, sizeof want, f);
        if (!ct_str_eq(got, (ct_str){want, n})) fail_msg("%s differs (CT_GOLDEN=write writes it anew); got:\n%.*s", path, CT_STR_ARG(got));
    }
    assert_int_equal(fclose(f), 0);
}

static void every_format_as_before(void **state)
{
    (void)state;
    struct ct_buf ecs = buffer(), csv = buffer(), sarif = buffer(), text = buffer(), narrow = buffer();
    ct_attempt_csv_header(&csv);
    ct_attempt_sarif_begin(&sarif);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        struct ct_attempt a = sample(i);
        ct_attempt_ecs(&ecs, &a);
        ct_attempt_csv(&csv, &a);
        ct_attempt_sarif(&sarif, &a, i == 0);
        ct_attempt_text(&text, &a, 0, false);
        ct_attempt_text(&narrow, &a, 79, true);
    }
    ct_attempt_sarif_end(&sarif, true, NULL, 0);
    golden("samples.ndjson", ct_buf_view(&ecs));
    golden("samples.csv", ct_buf_view(&csv));
    golden("samples.sarif", without_version(ct_buf_view(&sarif)));
    golden("samples.txt", ct_buf_view(&text));
    golden("samples-79-colour.txt", ct_buf_view(&narrow));
}

static void sarif_without_results(void **state)
{
    (void)state;
    struct ct_buf b = buffer();
    ct_attempt_sarif_begin(&b);
    ct_attempt_sarif_end(&b, true, NULL, 0);
    golden("empty.sarif", without_version(ct_buf_view(&b)));
}

/* Columns a terminal would show: code points outside colour codes. */
static size_t shown_width(ct_str s)
{
    size_t width = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == 0x1b) {
            while (i < s.n && s.p[i] != 'm') i++;
            continue;
        }
        width += (s.p[i] & 0xc0) != 0x80;
    }
    return width;
}

static void text_keeps_its_width(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SAMPLES; i++)
        for (size_t columns = 1; columns < 200; columns++)
            for (int colour = 0; colour < 2; colour++) {
                struct ct_arena_mark m = ct_arena_mark(arena);
                struct ct_buf b = buffer(), whole = buffer();
                struct ct_attempt a = sample(i);
                ct_attempt_text(&b, &a, columns, colour);
                ct_attempt_text(&whole, &a, 0, colour);
                ct_str line = ct_buf_view(&b);
                assert_int_equal(b.err, CT_OK);
                assert_true(line.n && line.p[line.n - 1] == '\n');
                assert_true(ct_str_find(line, CT_STR("${")) == CT_STR_NONE);
                assert_true(colour || ct_str_chr(line, 0x1b) == CT_STR_NONE);
                line.n--;
                size_t full = shown_width(ct_buf_view(&whole)) - 1, rows = 0;
                ct_str row, last = line;
                for (ct_str rest = line; (row = ct_str_cut(&rest, '\n')).p; rows++) {
                    assert_in_range(shown_width(row), 1, columns);
                    assert_true(row.p[row.n - 1] != ' ');
                    last = row;
                }
                /* Below 160 columns words are left out. */
                if (full <= columns) assert_int_equal(rows, 1);
                if (columns < 40) {
                    ct_arena_reset(arena, m);
                    continue;
                }
                /* The attack is seen at any width, at least the beginning of it. */
                ct_str text = ct_buf_view(&whole), seen = last;
                text.n--;
                while ((row = ct_str_cut(&text, ' ')).p && text.p) {} /* it is the last column, and has no blanks */
                if (ct_str_ends(seen, CT_STR("..."))) seen.n -= 3;
                size_t enough = row.n < 30 ? row.n : 30;
                assert_true(ct_str_find(seen, ct_str_slice(row, 0, enough)) != CT_STR_NONE);
                ct_arena_reset(arena, m);
            }
}

static void time_as_libc_has_it(void **state)
{
    (void)state;
    struct rng r = rng_new("event");
    for (unsigned round = 0; round < 200000; round++) {
        /* years 0 to 9999 */
        int64_t seconds = (int64_t)(rng_next(&r) % 315569520000u) - 62167219200;
        int64_t micro = rng_below(&r, 3) ? rng_below(&r, 1000000) : 0;
        if (round == 0) seconds = -62167219200, micro = 0;
        if (round == 1) seconds = 253402300799, micro = 999999;
        time_t t = (time_t)seconds;
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        char want[64];
        int n = snprintf(want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                         tm.tm_min, tm.tm_sec);
        if (micro) n += snprintf(want + n, sizeof want - (size_t)n, ".%06d", (int)micro);
        (void)snprintf(want + n, sizeof want - (size_t)n, "Z");
        struct ct_arena_mark m = ct_arena_mark(arena);
        struct ct_buf b = buffer();
        ct_print_time(&b, seconds * 1000000 + micro);
        if (!ct_str_eq(ct_buf_view(&b), ct_str_from(want))) fail_msg("want %s, got %.*s", want, CT_STR_ARG(ct_buf_view(&b)));
        ct_arena_reset(arena, m);
    }
    struct ct_buf b = buffer();
    ct_print_time(&b, INT64_MIN);
    assert_int_equal(b.n, 0);
    ct_print_time(&b, INT64_MAX);
    ct_buf_byte(&b, ' ');
    ct_print_time(&b, INT64_MIN + 1);
    assert_true(ct_str_eq(ct_buf_view(&b), CT_STR("+294247-01-10T04:00:54.775807Z -290308-12-21T19:59:05.224193Z")));
}

/* Values of the reference implementation (as Python's hashlib carries it), one and several blocks, whole and in pieces. */
static void blake2b_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *digest;
    } rows[] = {
        {0, "cae66941d9efbd404e4d88758ea67670"},
        {128, "1271d28e731afb57bdfba6bdaf3501be"},
        {1000, "a0e5a332e985551c28a377c40f4139c3"},
    };
    unsigned char text[1000];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step < 300; step += 7) {
            struct ct_blake2b b;
            unsigned char d[CT_BLAKE2B_DIGEST];
            char hex[2 * CT_BLAKE2B_DIGEST + 1];
            ct_blake2b_init(&b);
            for (ct_str rest = {text, rows[i].n}; rest.n; rest = ct_str_slice(rest, step, rest.n))
                ct_blake2b_add(&b, ct_str_slice(rest, 0, step));
            ct_blake2b_done(&b, d);
            for (size_t k = 0; k < sizeof d; k++) (void)snprintf(hex + 2 * k, 3, "%02x", d[k]);
            assert_string_equal(hex, rows[i].digest);
        }
}

static void ids_keep_parts_apart(void **state)
{
    (void)state;
    unsigned char a[16], b[16];
    ct_event_id(CT_STR("ab"), 1, CT_STR("c"), a);
    ct_event_id(CT_STR("a"), 1, CT_STR("bc"), b);
    assert_memory_not_equal(a, b, 16);
    ct_event_id(CT_STR("ab"), 2, CT_STR("c"), b);
    assert_memory_not_equal(a, b, 16);
    ct_event_id(CT_STR("ab"), 1, CT_STR("c"), b);
    assert_memory_equal(a, b, 16);
    /* For ever: computed once with Python's hashlib. */
    static const unsigned char for_ever[16] = {0x6a, 0x00, 0xeb, 0x4c, 0xed, 0xc6, 0x58, 0xae,
                                                0xb3, 0x7b, 0x00, 0x26, 0xa1, 0x70, 0x7e, 0x0b};
    assert_memory_equal(a, for_ever, 16);
}

static void cves_follow_versions(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *grade, *trait, *versions, *want;
    } rows[] = {
        {__LINE__, "exploit", NULL, "2.0-beta9-2.14.1", "CVE-2021-44228"},
        {__LINE__, "exploit", NULL, "2.0-beta9", "CVE-2021-44228"},
        {__LINE__, "reach", NULL, "2.13.2-2.14.1", "CVE-2021-44228"},
        {__LINE__, "exploit", NULL, "2.15.0", "CVE-2021-45046"},
        {__LINE__, "exploit", NULL, "2.7-2.15.0", "CVE-2021-44228 CVE-2021-45046"},
        {__LINE__, "exploit", NULL, "2.16.0", ""},
        {__LINE__, "reach", NULL, "2.17.0-2.25.1", ""},
        {__LINE__, "reach", NULL, "2.17.0 and later", ""},
        {__LINE__, "reach", NULL, "2.15.0 and later", "CVE-2021-45046"},
        {__LINE__, "exploit", NULL, "2.0-beta9-2.0-rc1", "CVE-2021-44228"},
        {__LINE__, "reach", NULL, "2.12.3-2.12.4", ""},
        {__LINE__, "reach", NULL, "2.12.2", ""},
        {__LINE__, "reach", NULL, "2.3.1-2.3.2", ""},
        {__LINE__, "exploit", NULL, "2.12.0-2.12.1", "CVE-2021-44228"},
        {__LINE__, "exploit", "dos", "2.8-2.14.1", "CVE-2021-44228 CVE-2021-45105"},
        {__LINE__, "dos", NULL, "2.8-2.16.0", "CVE-2021-45105"},
        {__LINE__, "leak", NULL, "2.8-2.14.1", ""},
        {__LINE__, "attempt", NULL, "", ""},
        {__LINE__, "exploit", NULL, "nonsense", ""},
        {__LINE__, "exploit", NULL, "3.0.0", ""},
        {__LINE__, "exploit", NULL, "2.99999999999999999999", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(ct_str_from(rows[i].versions));
        struct ct_attempt_fires f = {e.input, "message", ""};
        struct ct_attempt a = {.grade = rows[i].grade, .certainty = "certain", .fires = &f, .n_fires = 1};
        if (rows[i].trait) a.traits[a.n_traits++] = rows[i].trait;
        const char *ids[CT_CVES_MAX];
        char got[64] = "";
        size_t n = ct_attempt_cves(&a, ids);
        for (size_t k = 0; k < n; k++) {
            strcat(got, k ? " " : "");
            strcat(got, ids[k]);
        }
        if (strcmp(got, rows[i].want) != 0) fail_msg("line %d: want %s, got %s", rows[i].line, rows[i].want, got);
        edge_free(&e);
    }
}

static void addresses_as_libc_has_them(void **state)
{
    (void)state;
    struct rng r = rng_new("event");
    static const char some[] = "0123456789abF:::::....g";
    unsigned yes = 0;
    for (unsigned round = 0; round < 400000; round++) {
        char z[64];
        size_t n;
        unsigned char raw[16];
        for (size_t i = 0; i < sizeof raw; i++) raw[i] = rng_below(&r, 2) ? 0 : (unsigned char)rng_next(&r);
        int family = rng_below(&r, 2) ? AF_INET6 : AF_INET;
        assert_non_null(inet_ntop(family, raw, z, sizeof z));
        n = strlen(z);
        if (rng_below(&r, 2)) z[rng_below(&r, (uint32_t)n)] = some[rng_below(&r, sizeof some - 1)];
        if (rng_below(&r, 4) == 0) z[n = rng_below(&r, (uint32_t)n)] = 0;
        bool want = inet_pton(AF_INET, z, raw) == 1 || inet_pton(AF_INET6, z, raw) == 1;
        if (ct_ip_parse(ct_str_from(z), NULL) != want) fail_msg("%s: libc says %d", z, want);
        yes += want;
    }
    assert_true(yes > 1000);
    uint16_t port;
    assert_true(ct_str_eq(ct_ip_cut_port(CT_STR("a.example:80"), &port), CT_STR("a.example")) && port == 80);
    assert_true(ct_str_eq(ct_ip_cut_port(CT_STR("[::1]:443"), &port), CT_STR("[::1]")) && port == 443);
    assert_true(ct_str_eq(ct_ip_cut_port(CT_STR("::1:443"), &port), CT_STR("::1:443")) && port == 0);
    assert_true(ct_str_eq(ct_ip_cut_port(CT_STR("a:65536"), &port), CT_STR("a:65536")) && port == 0);
    assert_true(ct_str_eq(ct_ip_cut_port(CT_STR(":80"), &port), CT_STR(":80")) && port == 0);
}

static ct_err write_all(const struct ct_alloc *alloc, size_t max, struct ct_buf *out, ct_arena **ret_arena)
{
    CT_TRY(ct_arena_new(alloc, 1u << 24, ret_arena));
    ct_buf_init(out, *ret_arena, max);
    ct_attempt_sarif_begin(out);
    for (unsigned round = 0; round < 30; round++)
        for (size_t i = 0; i < N_SAMPLES; i++) {
            struct ct_attempt a = sample(i);
            ct_attempt_ecs(out, &a);
            ct_attempt_csv(out, &a);
            ct_attempt_sarif(out, &a, false);
            ct_attempt_text(out, &a, 0, true);
        }
    return out->err;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            struct ct_buf out;
            ct_arena *own = NULL;
            fault_alloc_init(&f, n, persistent);
            ct_err e = write_all(&f.alloc, 1u << 20, &out, &own);
            ct_arena_free(own);
            assert_int_equal(f.live, 0);
            assert_int_equal(e, f.failed ? CT_ERR_NOMEM : CT_OK);
            if (!f.failed) break;
        }
    }
    for (size_t max = 0; max < 12000; max += 61) {
        struct ct_buf out;
        ct_arena *own = NULL;
        assert_int_equal(write_all(&ct_alloc_libc, max, &out, &own), CT_ERR_CAP);
        assert_true(out.n <= max);
        ct_arena_free(own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_as_before),
        cmocka_unit_test(sarif_without_results),
        cmocka_unit_test(text_keeps_its_width),
        cmocka_unit_test(time_as_libc_has_it),
        cmocka_unit_test(blake2b_of_the_reference),
        cmocka_unit_test(ids_keep_parts_apart),
        cmocka_unit_test(cves_follow_versions),
        cmocka_unit_test(addresses_as_libc_has_them),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
