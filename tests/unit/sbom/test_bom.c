/* Bills of materials, read: documents written by hand, each flush against an unreadable page; every cut is refused; every allocation fails once. What the
 * official libraries write is read back in against_bom_writers.py. */
#include "sbom/bom_in.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct got {
    char text[2000];
};

static void put(struct got *g, const char *before, ct_str s)
{
    size_t n = strlen(g->text);
    if (s.n) (void)snprintf(g->text + n, sizeof g->text - n, "%s%.*s", before, CT_STR_ARG(s));
}

static ct_err on_component(void *ctx, const struct ct_bom_component *c)
{
    struct got *g = ctx;
    const struct {
        const char *before;
        ct_str s;
    } all[] = {{" t:", c->type}, {" g:", c->group}, {" n:", c->name}, {" v:", c->version}, {" u:", c->purl}, {" c:", c->cpe}, {" in:", c->inside}, {" at:", c->place}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) put(g, all[i].before, all[i].s);
    for (size_t i = 1; i < c->n_places; i++) put(g, "+", c->places[i]);
    put(g, "", CT_STR("\n"));
    return CT_OK;
}

static ct_err walk(const struct ct_alloc *alloc, ct_str text, struct got *g, struct ct_fault *fault)
{
    const struct ct_bom_sink sink = {on_component, g};
    struct ct_bom_about about;
    ct_arena *arena;
    g->text[0] = 0;
    CT_TRY(ct_arena_new(alloc, 4u << 20, &arena));
    ct_err e = ct_bom_read(arena, text, &sink, &about, fault);
    if (e == CT_OK) {
        const struct {
            const char *before;
            ct_str s;
        } all[] = {{"= ", ct_str_from(ct_bom_format_name(about.format))}, {" ", about.version}, {" s:", about.subject}, {"@", about.subject_version}, {" id:", about.serial},
                   {" d:", about.created}, {" a:", about.aggregate}};
        char counts[64];
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) put(g, all[i].before, all[i].s);
        (void)snprintf(counts, sizeof counts, " %llu/%llu", (unsigned long long)about.components, (unsigned long long)about.files);
        put(g, "", ct_str_from(counts));
    }
    ct_arena_free(arena);
    return e;
}

struct row {
    int at;
    const char *text, *lines;
    ct_err err;
    unsigned line;
};

#define XML(rest) "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\" serialNumber=\"urn:1\" version=\"1\">" rest "</bom>\n"
static const struct row rows[] = {
    {__LINE__, "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"serialNumber\": \"S\", \"components\": [\n"
               "{\"type\": \"library\", \"group\": \"g\", \"name\": \"a\", \"version\": \"1\", \"purl\": \"pkg:maven/g/a@1\", \"licenses\": [{\"license\": {\"name\": \"n\"}}]},\n"
               "{\"name\": \"outer\", \"components\": [{\"name\": \"inner\", \"version\": \"2\", \"components\": []}, {\"components\": [{\"name\": \"deep\"}], \"name\": \"late\"}], \"version\": \"3\"},\n"
               "{\"type\": \"file\", \"name\": \"f\"}, {\"type\": \"library\", \"name\": \"p\", \"pedigree\": {\"ancestors\": [{\"name\": \"old\"}]}, "
               "\"evidence\": {\"identity\": [], \"occurrences\": [{\"line\": 1, \"location\": \"/x\"}, {\"location\": \"/y\"}]}}],\n"
               "\"metadata\": {\"timestamp\": \"2021-12-10T13:00:00Z\", \"component\": {\"name\": \"shop\", \"version\": \"7\", \"components\": [{\"name\": \"part\"}]}},\n"
               "\"services\": [{\"name\": \"no\"}], \"compositions\": [{\"aggregate\": \"complete\"}, {\"aggregate\": \"incomplete_first_party_only\"}]}",
     " t:library g:g n:a v:1 u:pkg:maven/g/a@1\n n:inner v:2 in:outer\n n:deep\n n:late in:outer\n n:outer v:3\n t:library n:p at:/x+/y\n n:part\n"
     "= CycloneDX 1.5 s:shop@7 id:S d:2021-12-10T13:00:00Z a:incomplete_first_party_only 8/1", CT_OK, 0},
    {__LINE__, "\xef\xbb\xbf{\"bomFormat\": \"CycloneDX\", \"components\": [{\"n\\u0061me\": \"\\u0061\\n\", \"group\": null}], \"metadata\": null}\n", " n:a\n\n= CycloneDX 1/0", CT_OK, 0},
    {__LINE__, "{\"specVersion\": \"1.5\"}", "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, "{\"bomFormat\": \"CycloneDX\",\n\"specVersion\": \"2.0\"}", "", CT_ERR_UNSUPPORTED, 2},
    {__LINE__, "{\"bomFormat\": \"SBOM\"}", "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, "{\"bomFormat\": \"CycloneDX\", \"components\": [\n{\"name\": \"a\",\n\"name\": \"b\"}]}", " ", CT_ERR_SYNTAX, 3},
    {__LINE__, "{\"bomFormat\": \"CycloneDX\", \"components\": [\n{\"version\": \"1\"}]}", "", CT_ERR_SYNTAX, 2},
    {__LINE__, "{\"bomFormat\": \"CycloneDX\", \"components\": [\n7]}", "", CT_ERR_SYNTAX, 2},
    {__LINE__, "{\"bomFormat\": \"CycloneDX\", \"components\":\n{}}", "", CT_ERR_SYNTAX, 2},
    {__LINE__, "{\"bomFormat\": \"CycloneDX\", \"metadata\": {\"timestamp\":\n\"2021-12-10\"}}", "", CT_ERR_SYNTAX, 1},
    {__LINE__, "{\"bomFormat\": \"CycloneDX\"}\n{}", "", CT_ERR_SYNTAX, 2},
    {__LINE__, "", "", CT_ERR_TRUNCATED, 1},
    {__LINE__, "\xff\xfe{", "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, XML("<metadata><timestamp>2021-12-10T13:00:00Z</timestamp><component type=\"application\"><name>shop</name><version>7</version><components>"
                   "<component><name>part</name></component></components></component></metadata>\n<components><component type=\"library\" bom-ref=\"r\"><group>g</group><name>a &amp; b</name>"
                   "<version><![CDATA[1]]></version><licenses><license><name>x</name></license></licenses><purl>pkg:maven/g/a@1</purl><components><component><name>inner</name></component></components>"
                   "<evidence><occurrences><occurrence><location>/x</location></occurrence></occurrences></evidence></component>\n"
                   "<component><name> p </name><version/><pedigree><ancestors><component><name>old</name></component></ancestors></pedigree></component></components>"
                   "<compositions><composition><aggregate>complete</aggregate></composition></compositions>"),
     " n:part\n n:inner in:a & b\n t:library g:g n:a & b v:1 u:pkg:maven/g/a@1 at:/x\n n:p\n= CycloneDX (XML) 1.4 s:shop@7 id:urn:1 d:2021-12-10T13:00:00Z a:complete 4/0", CT_OK, 0},
    {__LINE__, "<b:bom xmlns:b='http://cyclonedx.org/schema/bom/1.6'><b:components><b:component><b:name>a</b:name></b:component></b:components></b:bom>", " n:a\n= CycloneDX (XML) 1.6 1/0", CT_OK, 0},
    {__LINE__, "<!DOCTYPE bom [<!ENTITY a \"lol\">\n<!ENTITY b \"&a;&a;&a;\">]>" XML("<components><component><name>&b;</name></component></components>"), "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, "<bom xmlns='http://example.org/'/>", "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, "<project/>", "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><bom xmlns='http://cyclonedx.org/schema/bom/1.4'/>", "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, XML("<components>\n<component><name>a</name>\n<name>b</name></component></components>"), "", CT_ERR_SYNTAX, 4},
    {__LINE__, XML("<components>\n<component/></components>"), "", CT_ERR_SYNTAX, 3},
    {__LINE__, XML("<components>\n</component>"), "", CT_ERR_SYNTAX, 3},
    {__LINE__, XML("") "<more/>", "", CT_ERR_SYNTAX, 3},
    {__LINE__, "{\"spdxVersion\": \"SPDX-2.3\", \"name\": \"doc\", \"documentNamespace\": \"N\", \"creationInfo\": {\"created\": \"2021-12-10T13:00:00Z\"}, \"packages\": [\n"
               "{\"SPDXID\": \"SPDXRef-a\", \"name\": \"a\", \"versionInfo\": \"1\", \"externalRefs\": [{\"referenceCategory\": \"SECURITY\", \"referenceType\": \"cpe23Type\", "
               "\"referenceLocator\": \"cpe:2.3:a\"}, {\"referenceType\": \"purl\", \"referenceLocator\": \"pkg:npm/a@1\"}]},\n"
               "{\"SPDXID\": \"SPDXRef-Subject\", \"name\": \"web-1\", \"primaryPackagePurpose\": \"OTHER\"}, {\"name\": \"f\", \"primaryPackagePurpose\": \"FILE\"}], \"files\": [{}]}",
     " n:a v:1 u:pkg:npm/a@1 c:cpe:2.3:a\n= SPDX SPDX-2.3 s:web-1 id:N d:2021-12-10T13:00:00Z 2/1", CT_OK, 0},
    {__LINE__, "{\"spdxVersion\":\n\"SPDX-3.0\"}", "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, "{\"@context\": \"x\", \"@graph\": []}", "", CT_ERR_UNSUPPORTED, 1},
    {__LINE__, "{\"spdxVersion\": \"SPDX-2.3\", \"creationInfo\": {\"created\": \"soon\"}}", "", CT_ERR_SYNTAX, 1},
};

static void reads_bills(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge edge = edge_new(ct_str_from(rows[i].text));
        struct ct_fault fault = {0};
        struct got g;
        ct_err e = walk(&ct_alloc_libc, edge.input, &g, &fault);
        edge_free(&edge);
        if (e != rows[i].err || (e == CT_OK && strcmp(g.text, rows[i].lines) != 0) || fault.line != rows[i].line)
            fail_msg("line %d: %s, line %llu, %s\n%s", rows[i].at, ct_err_text(e), (unsigned long long)fault.line, fault.detail, g.text);
    }
}

static void cuts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].err != CT_OK) continue;
        size_t whole = strlen(rows[i].text);
        while (rows[i].text[whole - 1] == '\n') whole--;
        for (size_t n = 0; n < whole; n++) {
            struct got g;
            struct ct_fault fault = {0};
            struct edge edge = edge_new((ct_str){(const unsigned char *)rows[i].text, n});
            ct_err e = walk(&ct_alloc_libc, edge.input, &g, &fault);
            edge_free(&edge);
            if (e == CT_OK || fault.offset > n || !*fault.detail) fail_msg("line %d cut at %zu: %s at %llu", rows[i].at, n, ct_err_text(e), (unsigned long long)fault.offset);
        }
    }
}

static void memory_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned n = 0; rows[i].err == CT_OK; n++) {
            struct fault_alloc f;
            struct got g;
            fault_alloc_init(&f, n, true);
            ct_err e = walk(&f.alloc, ct_str_from(rows[i].text), &g, NULL);
            assert_int_equal(f.live, 0);
            if (!f.failed) break;
            assert_int_equal(e, CT_ERR_NOMEM);
        }
}

/* Components in components, and anything else, nested beyond reason. */
static void depth_ends(void **state)
{
    (void)state;
    static char text[200000];
    static const struct {
        const char *start, *again;
    } shapes[] = {
        {"{\"bomFormat\":\"CycloneDX\",\"components\":[", "{\"components\":["},
        {"{\"bomFormat\":\"CycloneDX\",\"x\":", "["},
        {"<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\"><components>", "<component><name>a</name><components>"},
        {"<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\">", "<x>"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct got g;
        struct ct_fault fault = {0};
        size_t n = strlen(shapes[i].start), m = strlen(shapes[i].again);
        memcpy(text, shapes[i].start, n);
        for (unsigned k = 0; k < 1000; k++, n += m) memcpy(text + n, shapes[i].again, m);
        assert_int_equal(walk(&ct_alloc_libc, (ct_str){(unsigned char *)text, n}, &g, &fault), CT_ERR_CAP);
        assert_true(fault.offset > 0 && fault.offset < n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_bills), cmocka_unit_test(cuts_are_refused), cmocka_unit_test(memory_ends), cmocka_unit_test(depth_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
