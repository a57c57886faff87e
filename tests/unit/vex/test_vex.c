/* What vendors say, format by format: documents written by hand, each flush against an unreadable page, against lines written by hand; every allocation
 * fails once. How real documents come out is compared with Python's reading of them in check-corpora. */
#include "base/limits.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "vex/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct got {
    char text[4000];
};

static void put(struct got *g, const char *before, ct_str s)
{
    size_t n = strlen(g->text);
    if (s.n) (void)snprintf(g->text + n, sizeof g->text - n, "%s%.*s", before, CT_STR_ARG(s));
}

/* LINE: CVE STATUS(SAID) v=VENDOR p=PRODUCT ... */
static ct_err on_statement(void *ctx, const struct ct_vex_statement *s)
{
    struct got *g = ctx;
    char line[64];
    (void)snprintf(line, sizeof line, "%llu: ", (unsigned long long)s->line);
    put(g, "", ct_str_from(line));
    put(g, "", s->vulnerability);
    for (size_t i = 0; i < s->n_aliases; i++) put(g, "=", s->aliases[i]);
    put(g, " ", ct_str_from(ct_vex_status_name(s->status)));
    const struct {
        const char *before;
        ct_str s;
    } all[] = {{"<", s->said}, {" v:", s->vendor}, {" p:", s->product}, {" n:", s->versions}, {" i:", s->id}, {" u:", s->purl}, {" c:", s->cpe}, {" part:", s->component},
               {" j:", s->justification}, {" t:", s->text}, {" a:", s->action}, {" l:", s->link}, {" d:", s->date}, {" by:", s->author}, {" in:", s->document}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) put(g, all[i].before, all[i].s);
    put(g, "", CT_STR("\n"));
    return CT_OK;
}

static void on_left(void *ctx, uint64_t line, const char *why, ct_str what)
{
    struct got *g = ctx;
    char head[32];
    (void)why;
    (void)snprintf(head, sizeof head, "%llu left ", (unsigned long long)line);
    put(g, head, what.n ? what : CT_STR("-"));
    put(g, "", CT_STR("\n"));
}

struct row {
    int at;
    const char *name, *text, *lines;
    ct_err err;
    unsigned line; /* of the fault */
};

static ct_err walk(const struct ct_alloc *alloc, const char *name, ct_str text, struct got *g, struct ct_fault *fault)
{
    const struct ct_vex_sink sink = {on_statement, on_left, g};
    enum ct_vex_format format;
    ct_arena *arena;
    g->text[0] = 0;
    if (!ct_vex_format_of(ct_str_from(name), text, &format)) return CT_ERR_UNSUPPORTED;
    CT_TRY(ct_arena_new(alloc, 1u << 20, &arena));
    ct_err e = ct_vex_read(arena, format, text, &sink, fault);
    ct_arena_free(arena);
    return e;
}

#define CSAF(rest) "{\"document\": {\"csaf_version\": \"2.0\", \"publisher\": {\"name\": \"P\"}, \"tracking\": {\"id\": \"D\", \"current_release_date\": \"2022-01-02T03:04:05Z\"}},\n" rest
#define TREE "\"product_tree\": {\"branches\": [{\"category\": \"vendor\", \"name\": \"V\", \"branches\": [{\"category\": \"product_name\", \"name\": \"Q\", \"branches\": [" \
    "{\"category\": \"product_version\", \"name\": \"1.0\", \"product\": {\"product_id\": \"a\", \"name\": \"V Q 1.0\"}}," \
    "{\"category\": \"product_version\", \"name\": \"2.0\", \"product\": {\"product_id\": \"b\", \"name\": \"V Q 2.0\", " \
    "\"product_identification_helper\": {\"purl\": \"pkg:maven/v/q@2.0\"}}}]}]}],\n" \
    "\"full_product_names\": [{\"product_id\": \"c\", \"name\": \"log4j-core\", \"product_identification_helper\": {\"purl\": \"pkg:maven/o/l@1\", \"cpe\": \"cpe:2.3:x\"}}],\n" \
    "\"relationships\": [{\"category\": \"default_component_of\", \"product_reference\": \"c\", \"relates_to_product_reference\": \"a\", " \
    "\"full_product_name\": {\"product_id\": \"c-in-a\", \"name\": \"core in Q\"}}], \"product_groups\": [{\"group_id\": \"g\", \"product_ids\": [\"a\", \"b\"]}]}"

static const struct row csaf_rows[] = {
    {__LINE__, "x.json", CSAF("\"vulnerabilities\": [{\"cve\": \"CVE-1\", \"ids\": [{\"text\": \"GHSA-1\"}],\n\"product_status\": {\"known_not_affected\": [\"a\",\n\"b\"], \"fixed\": [\"c-in-a\"]},"
                              "\"flags\": [{\"label\": \"component_not_present\", \"product_ids\": [\"a\"]}], \"threats\": [{\"category\": \"impact\", \"details\": \"No.\", "
                              "\"group_ids\": [\"g\"]}, {\"category\": \"exploit_status\", \"details\": \"yes\", \"product_ids\": [\"a\"]}],"
                              "\"remediations\": [{\"category\": \"vendor_fix\", \"details\": \"Update\", \"product_ids\": [\"c-in-a\", \"zz\"]}]}],\n") TREE "}",
     "4 left zz\n"
     "3: CVE-1=GHSA-1 not_affected<known_not_affected v:V p:Q n:1.0 i:a j:component_not_present t:No. d:2022-01-02T03:04:05Z by:P in:D\n"
     "4: CVE-1=GHSA-1 not_affected<known_not_affected v:V p:Q n:2.0 i:b u:pkg:maven/v/q@2.0 t:No. d:2022-01-02T03:04:05Z by:P in:D\n"
     "4: CVE-1=GHSA-1 fixed<fixed v:V p:Q n:1.0 i:c-in-a part:pkg:maven/o/l@1 a:vendor_fix: Update d:2022-01-02T03:04:05Z by:P in:D\n", CT_OK, 0},
    /* the next vulnerability inherits nothing; a product that is nowhere; a status that is none */
    {__LINE__, "x.json", CSAF(TREE ",\n\"vulnerabilities\": [{\"cve\": \"CVE-1\", \"flags\": [{\"label\": \"f\", \"product_ids\": [\"a\"]}], \"product_status\": {}},\n"
                              "{\"ids\": [{\"text\": \"GHSA-2\"}], \"product_status\": {\"under_investigation\": [\"a\"], \"first_affected\": [\"z\"], \"recommended\": [\"b\"]}}]}"),
     "6 left z\n"
     "6: GHSA-2=GHSA-2 affected<first_affected i:z d:2022-01-02T03:04:05Z by:P in:D\n"
     "6: GHSA-2=GHSA-2 under_investigation<under_investigation v:V p:Q n:1.0 i:a d:2022-01-02T03:04:05Z by:P in:D\n"
     "6 left b\n", CT_OK, 0},
    {__LINE__, "x.json", CSAF("\"vulnerabilities\": [{\"cve\": \"CVE-1\"}]}"), "2 left CVE-1\n", CT_OK, 0},
    {__LINE__, "x.json", CSAF("\"vulnerabilities\": [{\"cve\": 7}]}"), "", CT_ERR_SYNTAX, 2},
    {__LINE__, "x.json", CSAF("\"vulnerabilities\": [{\"cve\": \"a\",\n\"cve\": \"b\"}]}"), "", CT_ERR_SYNTAX, 3},
    {__LINE__, "x.json", CSAF("\"product_tree\": {\"full_product_names\": [\n{\"name\": \"x\"}]}}"), "", CT_ERR_SYNTAX, 3},
    {__LINE__, "x.json", "{\"document\": {\"tracking\": {\n\"current_release_date\": \"yesterday\"}}}", "1 left -\n", CT_ERR_SYNTAX, 2},
    {__LINE__, "x.json", CSAF("\"vulnerabilities\": ["), "", CT_ERR_TRUNCATED, 2},
};

static const struct row openvex_rows[] = {
    {__LINE__, "x.json", "{\"@context\": \"https://openvex.dev/ns/v0.2.0\", \"@id\": \"D\", \"author\": \"A\", \"timestamp\": \"2022-01-01T00:00:00Z\", \"statements\": [\n"
                         "{\"vulnerability\": {\"name\": \"CVE-1\", \"aliases\": [\"GHSA-1\"]}, \"status\": \"not_affected\", \"justification\": \"component_not_present\", \"products\": [\n"
                         "{\"@id\": \"pkg:oci/x\", \"subcomponents\": [{\"@id\": \"pkg:maven/a/b@1\"},\n{\"@id\": \"c\"}]},\n{\"@id\": \"y\", \"identifiers\": {\"purl\": \"pkg:npm/y\", \"cpe23\": \"cpe:2.3:y\"}}]},\n"
                         "{\"vulnerability\": {\"name\": \"CVE-2\"}, \"status\": \"safe\", \"timestamp\": \"2022-02-01T00:00:00+01:00\", \"products\": [{\"@id\": \"z\"}]}]}",
     "3: CVE-1=GHSA-1 not_affected<not_affected p:pkg:oci/x i:pkg:oci/x u:pkg:oci/x part:pkg:maven/a/b@1 j:component_not_present d:2022-01-01T00:00:00Z by:A in:D\n"
     "4: CVE-1=GHSA-1 not_affected<not_affected p:pkg:oci/x i:pkg:oci/x u:pkg:oci/x part:c j:component_not_present d:2022-01-01T00:00:00Z by:A in:D\n"
     "5: CVE-1=GHSA-1 not_affected<not_affected p:y i:y u:pkg:npm/y c:cpe:2.3:y j:component_not_present d:2022-01-01T00:00:00Z by:A in:D\n"
     "6: CVE-2 unknown<safe p:z i:z d:2022-02-01T00:00:00+01:00 by:A in:D\n", CT_OK, 0},
    {__LINE__, "x.json", "{\"@context\": \"https://openvex.dev/ns\", \"statements\": [{\"vulnerability\": \"CVE-1\", \"status\": \"affected\", \"action_statement\": \"Up\",\n"
                         "\"products\": [\"pkg:a/b\"], \"subcomponents\": [\"pkg:c/d\"]}, {\"vulnerability\": \"CVE-2\", \"status\": \"fixed\"}]}",
     "2: CVE-1 affected<affected p:pkg:a/b i:pkg:a/b u:pkg:a/b part:pkg:c/d a:Up\n2 left CVE-2\n2: CVE-2 fixed<fixed\n", CT_OK, 0},
    {__LINE__, "x.json", "{\"@context\": \"openvex\", \"statements\": [{\"timestamp\": \"2022-13-01T00:00:00Z\"}]}", "", CT_ERR_SYNTAX, 1},
    {__LINE__, "x.json", "{\"@context\": \"openvex\",\n\"statements\": {}}", "", CT_ERR_SYNTAX, 2},
};

static const struct row cyclonedx_rows[] = {
    {__LINE__, "x.json", "{\"bomFormat\": \"CycloneDX\", \"serialNumber\": \"S\", \"metadata\": {\"timestamp\": \"2022-01-01T00:00:00Z\", \"supplier\": {\"name\": \"A\"}, \"component\": "
                         "{\"bom-ref\": \"me\", \"name\": \"app\", \"version\": \"3\"}}, \"components\": [{\"bom-ref\": \"o\", \"name\": \"outer\", \"components\": [\n"
                         "{\"bom-ref\": \"i\", \"group\": \"g\", \"name\": \"inner\", \"version\": \"1\", \"purl\": \"pkg:maven/g/inner@1\"}]}], \"vulnerabilities\": [\n"
                         "{\"id\": \"CVE-1\", \"references\": [{\"id\": \"GHSA-1\"}], \"analysis\": {\"state\": \"not_affected\", \"justification\": \"code_not_present\", \"detail\": \"No.\"}, "
                         "\"affects\": [{\"ref\": \"i\"}, {\"ref\": \"urn:cdx:x/1#pkg:npm/%40a/b@1\"}]},\n"
                         "{\"id\": \"CVE-2\", \"analysis\": {\"state\": \"exploitable\", \"response\": [\"update\", \"rollback\"]}, \"recommendation\": \"Up\", \"affects\": [{\"ref\": \"o\", "
                         "\"versions\": [{\"version\": \"1\"},\n{\"range\": \"vers:x/>2\", \"status\": \"unaffected\"}, {\"version\": \"9\", \"status\": \"unknown\"}]}]},\n"
                         "{\"id\": \"CVE-3\", \"analysis\": {\"state\": \"in_triage\", \"lastUpdated\": \"2022-03-01T00:00:00Z\"}}, {\"id\": \"CVE-4\"}]}",
     "3: CVE-1=GHSA-1 not_affected<not_affected v:g p:inner n:1 i:i u:pkg:maven/g/inner@1 j:code_not_present t:No. d:2022-01-01T00:00:00Z by:A in:S\n"
     "3: CVE-1=GHSA-1 not_affected<not_affected p:pkg:npm/%40a/b@1 i:urn:cdx:x/1#pkg:npm/%40a/b@1 u:pkg:npm/%40a/b@1 j:code_not_present t:No. d:2022-01-01T00:00:00Z by:A in:S\n"
     "4: CVE-2 affected<exploitable p:outer n:1 i:o a:update; rollback; Up d:2022-01-01T00:00:00Z by:A in:S\n"
     "5: CVE-2 not_affected<unaffected p:outer n:vers:x/>2 i:o a:update; rollback; Up d:2022-01-01T00:00:00Z by:A in:S\n"
     "5: CVE-2 unknown<unknown p:outer n:9 i:o a:update; rollback; Up d:2022-01-01T00:00:00Z by:A in:S\n"
     "6: CVE-3 under_investigation<in_triage p:app n:3 i:me d:2022-03-01T00:00:00Z by:A in:S\n"
     "6: CVE-4 unknown p:app n:3 i:me d:2022-01-01T00:00:00Z by:A in:S\n", CT_OK, 0},
    {__LINE__, "x.json", "{\"bomFormat\": \"CycloneDX\", \"vulnerabilities\": [{\"id\": \"CVE-1\"}]}", "1 left CVE-1\n1: CVE-1 unknown\n", CT_OK, 0},
    {__LINE__, "x.json", "{\"bomFormat\": \"CycloneDX\"}", "1 left -\n", CT_OK, 0},
    {__LINE__, "x.json", "{\"bomFormat\": \"CycloneDX\",\n\"components\": [7]}", "", CT_ERR_SYNTAX, 2},
};

#define CISA(rest) "---\nversion: '1.0'\nsoftware:\n  - vendor: V\n    product: Q\n    cves:\n" rest "    vendor_links:\n      - https://v\n    notes: ''\n    last_updated: '2022-01-01T00:00:00'\n"
#define CVE(name, affected, fixed, unaffected) "      " name ":\n        investigated: true\n        affected_versions: [" affected "]\n        fixed_versions: [" fixed "]\n        unaffected_versions: [" unaffected "]\n"
#define TAIL " l:https://v d:2022-01-01T00:00:00 by:CISA in:cisagov.yml\n"

static const struct row cisa_rows[] = {
    {__LINE__, "c.yml", CISA(CVE("cve-2021-44228", "'< 2', '3'", "4", "") CVE("cve-2021-45046", "", "", "") CVE("cve-2021-45105", "''", "", "") CVE("cve-2021-44832", "", "", "All")),
     "9: CVE-2021-44228 affected<affected v:V p:Q n:< 2; 3" TAIL "10: CVE-2021-44228 fixed<fixed v:V p:Q n:4" TAIL "12: CVE-2021-45046 unknown<investigated v:V p:Q" TAIL
     "17: CVE-2021-45105 unknown<affected, no version named v:V p:Q" TAIL "26: CVE-2021-44832 not_affected<unaffected v:V p:Q n:All" TAIL, CT_OK, 0},
    {__LINE__, "c.yml", CISA(CVE("cve-1", "", "", "") CVE("CVE-1", "", "", "")), "", CT_ERR_SYNTAX, 12},
    {__LINE__, "c.yml", "software:\n  - vendor: V\n    vendor: W\n", "", CT_ERR_SYNTAX, 3},
    {__LINE__, "c.yml", "software:\n  - vendor: V\n    last_updated: soon\n", "", CT_ERR_SYNTAX, 3},
    {__LINE__, "c.yml", "software:\n  - vendor: V\n", "2 left -\n", CT_OK, 0},
    {__LINE__, "c.yml", "a: 1\n", "", CT_ERR_SYNTAX, 1},
    {__LINE__, "c.yml", "software: &x []\n", "", CT_ERR_UNSUPPORTED, 1},
};

static const struct row table_rows[] = {
    {__LINE__, "t.csv", "vendor,product,version,cve,status,notes,updated,owner\nV,Q,1,CVE-1,Not vuln,n,2022-01-01,x\nV,Q,2,CVE-1,Workaround,,,\nV,Q,3,CVE-1,maybe,,,\n",
     "1 left owner\n2: CVE-1 not_affected<Not vuln v:V p:Q n:1 t:n d:2022-01-01\n3: CVE-1 affected<Workaround v:V p:Q n:2 a:workaround\n4: CVE-1 unknown<maybe v:V p:Q n:3\n", CT_OK, 0},
    {__LINE__, "t.tsv", "Supplier\tProduct\tCVE-2021-44228\tCVE-2021-45046\nV\tQ\tFix/Vulnerable\n",
     "2: CVE-2021-44228 affected<Fix/Vulnerable v:V p:Q\n2: CVE-2021-45046 unknown v:V p:Q\n", CT_OK, 0},
    {__LINE__, "t.csv", "vendor,supplier,cve,status\n", "", CT_ERR_SYNTAX, 1},
    {__LINE__, "t.csv", "vendor,notes\n", "", CT_ERR_SYNTAX, 1},
    {__LINE__, "t.csv", "vendor,cve,status,date\nV,CVE-1,fixed,13/12/2021\n", "", CT_ERR_SYNTAX, 2},
    {__LINE__, "t.csv", "", "", CT_ERR_TRUNCATED, 1},
    {__LINE__, "t.txt", "vendor\n", "", CT_ERR_UNSUPPORTED, 0},
    {__LINE__, "t.json", "{\"a\": 1}", "", CT_ERR_UNSUPPORTED, 0},
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct edge edge = edge_new(ct_str_from(rows[i].text));
        struct ct_fault fault = {0};
        struct got g;
        ct_err e = walk(&ct_alloc_libc, rows[i].name, edge.input, &g, &fault);
        edge_free(&edge);
        if (e != rows[i].err || strcmp(g.text, rows[i].lines) != 0 || fault.line != rows[i].line)
            fail_msg("line %d: %s, line %llu, %s\n%s", rows[i].at, ct_err_text(e), (unsigned long long)fault.line, fault.detail, g.text);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))
static void csaf(void **state) { (void)state; CHECK(csaf_rows); }
static void openvex(void **state) { (void)state; CHECK(openvex_rows); }
static void cyclonedx(void **state) { (void)state; CHECK(cyclonedx_rows); }
static void cisa(void **state) { (void)state; CHECK(cisa_rows); }
static void tables(void **state) { (void)state; CHECK(table_rows); }

/* Any cut of a document is refused, never taken for the whole. */
static void cuts(void **state)
{
    (void)state;
    const struct row *all[] = {&csaf_rows[0], &openvex_rows[0], &cyclonedx_rows[0]};
    for (size_t i = 0; i < 3; i++)
        for (size_t n = 1; n < strlen(all[i]->text); n++) {
            struct got g;
            struct ct_fault fault = {0};
            struct edge edge = edge_new((ct_str){(const unsigned char *)all[i]->text, n});
            ct_err e = walk(&ct_alloc_libc, "x.json", edge.input, &g, &fault);
            edge_free(&edge);
            if (e == CT_OK || fault.offset > n) fail_msg("document %zu cut at %zu: %s at %llu", i, n, ct_err_text(e), (unsigned long long)fault.offset);
        }
}

static void memory_ends(void **state)
{
    (void)state;
    const struct row *all[] = {&csaf_rows[0], &openvex_rows[0], &cyclonedx_rows[0], &cisa_rows[0], &table_rows[0]};
    for (size_t i = 0; i < 5; i++)
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            struct got g;
            struct ct_fault fault = {0};
            fault_alloc_init(&f, n, true);
            ct_err e = walk(&f.alloc, all[i]->name, ct_str_from(all[i]->text), &g, &fault);
            assert_int_equal(f.live, 0);
            if (!f.failed) break;
            assert_int_equal(e, CT_ERR_NOMEM);
        }
}

static void dates(void **state)
{
    (void)state;
    static const char *const good[] = {"2022-01-02", "2022-01-02T03:04", "2022-01-02T03:04:05", "2022-01-02T03:04:05Z", "2022-01-02 03:04:05.123456789+01:00", "2022-01-02t03:04:05z"};
    static const char *const bad[] = {"", "2022", "2022-1-2", "2022-13-01", "2022-01-32", "2022-01-02T", "2022-01-02T24:00", "2022-01-02T03:04:05+1", "2022-01-02T03:04:05Zx", "02-01-2022"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!ct_vex_is_date(ct_str_from(good[i]))) fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ct_vex_is_date(ct_str_from(bad[i]))) fail_msg("%s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(csaf), cmocka_unit_test(openvex), cmocka_unit_test(cyclonedx), cmocka_unit_test(cisa), cmocka_unit_test(tables),
                                       cmocka_unit_test(cuts), cmocka_unit_test(memory_ends), cmocka_unit_test(dates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
