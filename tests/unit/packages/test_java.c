/* packages: what a Java archive is said to be. */
#include "packages/java.h"
#include "packages/java_name.h"
#include "packages/pom.h"
#include "samples_packages.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void file_names_split_into_name_and_version(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *path, *name, *version;
        bool archive;
    } rows[] = {
#define R(path, name, version, archive) {__LINE__, path, name, version, archive}
        R("log4j-core-2.14.1.jar", "log4j-core", "2.14.1", true),
        R("/a/b.war!/WEB-INF/lib/log4j-core-2.0-beta9.jar", "log4j-core", "2.0-beta9", true),
        R("log4j-1.2-api-2.17.0.jar", "log4j-1.2-api", "2.17.0", true),
        R("guava-31.1-jre.jar", "guava", "31.1-jre", true),
        R("org.eclipse.osgi_3.12.1.v20170821.jar", "org.eclipse.osgi", "3.12.1.v20170821", true),
        R("akka-actor_2.13-2.6.19.jar", "akka-actor_2.13", "2.6.19", true),
        R("servlet-api-2.5-20081211.jar", "servlet-api", "2.5-20081211", true),
        R("jsr311-api-1.1.1.jar", "jsr311-api", "1.1.1", true),
        R("plexus-container-default-1.0-alpha-9-stable-1.jar", "plexus-container-default", "1.0-alpha-9-stable-1", true),
        R("my-http2-server-5.jar", "my-http2-server", "5", true),
        R("app.jar", "app", "", true),
        R("UPPER-1.JAR", "UPPER", "1", true),
        R("ironman-r4-2009.jar", "ironman", "r4-2009", true),
        R("jetpack-build235-rc5.jar", "jetpack", "build235-rc5", true),
        R("x-1.0.0.Final-redhat-1.jar", "x", "1.0.0.Final-redhat-1", true),
        R("thing-SNAPSHOT.jar", "thing-SNAPSHOT", "", true),
        R("git.hpi", "git", "", true),
        R("a.zip", "a.zip", "", false),
        R("-1.jar", "-1", "", true),
        R("1.jar", "1", "", true),
        R("", "", "", false),
        R("commons-io.jar", "commons-io", "", true),
        R(".jar", ".jar", "", false),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_java_file f = ct_java_file_of(ct_str_from(rows[i].path));
        if (!ct_str_eq(f.name, ct_str_from(rows[i].name)) || !ct_str_eq(f.version, ct_str_from(rows[i].version)) ||
            f.archive != rows[i].archive)
            fail_msg("line %d: %.*s, %.*s", rows[i].line, CT_STR_ARG(f.name), CT_STR_ARG(f.version));
    }
}

static void groups_are_found_in_dotted_names(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *dotted, *artifact, *group;
    } rows[] = {
#define R(dotted, artifact, group) {__LINE__, dotted, artifact, group}
        R("org.apache.logging.log4j.core", "log4j-core", "org.apache.logging.log4j"),
        R("com.fasterxml.jackson.core.jackson-databind", "jackson-databind", "com.fasterxml.jackson.core"),
        R("com.google.guava", "guava", "com.google.guava"),
        R("org.apache.commons.lang3", "commons-lang3", "org.apache.commons"),
        R("org.apache.commons.lang3;singleton:=true", "commons-lang3", "org.apache.commons"),
        R("joda-time", "joda-time", ""),
        R("", "x", ""),
        R("org.example.my.thing", "my-thing", "org.example.my"),
        R("org.example.my-thing", "my-thing", "org.example"),
        R("a title for people", "people", ""),
        R("org.other", "thing", ""),
        R("org..x", "x", ""),
        R("x.y", "", ""),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_str group = ct_java_group_in(ct_str_from(rows[i].dotted), ct_str_from(rows[i].artifact));
        if (!ct_str_eq(group, ct_str_from(rows[i].group))) fail_msg("line %d: %.*s", rows[i].line, CT_STR_ARG(group));
    }
    static const struct {
        const char *artifact, *version, *group;
    } known[] = {{"spring-beans", "5.3.18", "org.springframework"},
                 {"spring-boot-loader", "", "org.springframework.boot"},
                 {"spring-bean", "1", ""},
                 {"asm", "3.3.1", "asm"},
                 {"asm-tree", "9.7", "org.ow2.asm"},
                 {"dom4j", "1.6.1", "dom4j"},
                 {"dom4j", "2.1.3", "org.dom4j"},
                 {"rxjava", "2.2.21", "io.reactivex.rxjava2"},
                 {"rxjava", "", "io.reactivex.rxjava3"},
                 {"postgresql", "42.3.5", "org.postgresql"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ct_str group = ct_java_group_known(ct_str_from(known[i].artifact), ct_str_from(known[i].version));
        if (!ct_str_eq(group, ct_str_from(known[i].group))) fail_msg("%s %s: %.*s", known[i].artifact, known[i].version, CT_STR_ARG(group));
    }
}

struct part {
    const char *entry, *text;
};

static ct_err identify(ct_arena *arena, const char *name, const struct part *parts, size_t n, struct package_list *l)
{
    ct_java *j;
    CT_TRY(ct_java_new(arena, ct_str_from(name), &j));
    for (size_t i = 0; i < n; i++) {
        ct_str entry = ct_str_from(parts[i].entry), text = ct_str_from(parts[i].text);
        ct_err err = ct_java_add(j, ct_packages_wants(entry), entry, text);
        if (err == CT_ERR_NOMEM) return err;
    }
    return ct_java_components(j, CT_STR("0123456789012345678901234567890123456789"), (ct_str){0}, package_list_add, l);
}

#define POM(group, artifact, version)                                                                                          \
    "<project><groupId>" group "</groupId><artifactId>" artifact "</artifactId><version>" version "</version></project>"
#define PROPERTIES(group, artifact, version) "#x\ngroupId=" group "\nartifactId=" artifact "\nversion=" version "\n"

static const struct {
    int line;
    const char *name;
    struct part parts[4];
    const char *purl, *main, *version;
    enum ct_component_source source;
    enum ct_confidence confidence;
    unsigned n;
} archives[] = {
    {__LINE__,
     "/x/log4j-core-2.14.1.jar",
     {{"META-INF/maven/g/a/pom.properties", PROPERTIES("org.apache.logging.log4j", "log4j-core", "2.14.1")},
      {"META-INF/maven/g/a/pom.xml", POM("wrong", "wrong", "9")}},
     "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
     "log4j-core",
     "2.14.1",
     CT_COMPONENT_POM_PROPERTIES,
     CT_CONFIDENCE_HIGH,
     1},
    {__LINE__,
     "renamed.jar",
     {{"META-INF/maven/g/a/pom.properties", PROPERTIES("g", "a", "1")}},
     "pkg:maven/g/a@1",
     "a",
     "1",
     CT_COMPONENT_POM_PROPERTIES,
     CT_CONFIDENCE_HIGH,
     1},
    {__LINE__,
     "shaded.jar",
     {{"META-INF/maven/g/a/pom.properties", PROPERTIES("g", "a", "1")},
      {"META-INF/MANIFEST.MF", "Implementation-Title: shaded\nImplementation-Version: 2.0\n"}},
     "",
     "shaded",
     "2.0",
     CT_COMPONENT_MANIFEST,
     CT_CONFIDENCE_LOW,
     2},
    {__LINE__,
     "tool-3.jar",
     {{"META-INF/maven/g/a/pom.properties", PROPERTIES("g", "a", "1")}},
     "",
     "tool",
     "3",
     CT_COMPONENT_FILE_NAME,
     CT_CONFIDENCE_LOW,
     2},
    {__LINE__,
     "tool-3.jar",
     {{"META-INF/maven/g/a/pom.properties", PROPERTIES("g", "a", "1")},
      {"META-INF/maven/g/tool/pom.properties", PROPERTIES("g", "tool", "3")},
      {"WEB-INF/classes/META-INF/maven/g/a/pom.properties", PROPERTIES("g", "a", "1")}},
     "pkg:maven/g/tool@3",
     "tool",
     "3",
     CT_COMPONENT_POM_PROPERTIES,
     CT_CONFIDENCE_HIGH,
     2},
    {__LINE__,
     "a-2.jar",
     {{"META-INF/maven/g/a/pom.xml",
       "<project><parent><groupId>pg</groupId><version>2</version></parent><artifactId>a</artifactId></project>"}},
     "pkg:maven/pg/a@2",
     "a",
     "2",
     CT_COMPONENT_POM_XML,
     CT_CONFIDENCE_HIGH,
     1},
    {__LINE__,
     "a-2.jar",
     {{"META-INF/maven/g/a/pom.properties", "artifactId=a\ngroupId=g\nversion=${project.version}\n"}},
     "pkg:maven/g/a@2",
     "a",
     "2",
     CT_COMPONENT_POM_PROPERTIES,
     CT_CONFIDENCE_LOW,
     1},
    {__LINE__,
     "spring-beans-5.3.17.jar",
     {{"META-INF/MANIFEST.MF",
       "Implementation-Title: spring-beans\nImplementation-Version: 5.3.17\nAutomatic-Module-Name: spring.beans\n"}},
     "pkg:maven/org.springframework/spring-beans@5.3.17",
     "spring-beans",
     "5.3.17",
     CT_COMPONENT_MANIFEST,
     CT_CONFIDENCE_MEDIUM,
     1},
    {__LINE__,
     "moved.jar",
     {{"META-INF/MANIFEST.MF", "Implementation-Title: spring-beans\r\nImplementation-Version: 5.3.17\r\n"}},
     "pkg:maven/org.springframework/spring-beans@5.3.17",
     "spring-beans",
     "5.3.17",
     CT_COMPONENT_MANIFEST,
     CT_CONFIDENCE_MEDIUM,
     1},
    {__LINE__,
     "thing-core-7.jar",
     {{"META-INF/MANIFEST.MF", "Bundle-SymbolicName: org.example.thi\r\n ng.core;x:=y\r\n"}},
     "pkg:maven/org.example.thing/thing-core@7",
     "thing-core",
     "7",
     CT_COMPONENT_FILE_NAME,
     CT_CONFIDENCE_LOW,
     1},
    {__LINE__, "lonely-7.jar", {{0}}, "", "lonely", "7", CT_COMPONENT_FILE_NAME, CT_CONFIDENCE_LOW, 1},
    {__LINE__,
     "x-1.jar",
     {{"META-INF/MANIFEST.MF", "Implementation-Vendor-Id: org.apache\n"}},
     "",
     "x",
     "1",
     CT_COMPONENT_FILE_NAME,
     CT_CONFIDENCE_LOW,
     1},
    {__LINE__,
     "git.hpi",
     {{"META-INF/MANIFEST.MF", "Group-Id: org.jenkins-ci.plugins\nShort-Name: git\nPlugin-Version: 4.1\n"}},
     "pkg:maven/org.jenkins-ci.plugins/git@4.1",
     "git",
     "4.1",
     CT_COMPONENT_MANIFEST,
     CT_CONFIDENCE_HIGH,
     1},
    {__LINE__, "data.zip", {{0}}, NULL, NULL, NULL, CT_COMPONENT_FILE_NAME, CT_CONFIDENCE_LOW, 0},
    {__LINE__,
     "broken-1.jar",
     {{"META-INF/maven/g/a/pom.xml", "<project><artifactId>a</project>"}},
     "",
     "broken",
     "1",
     CT_COMPONENT_FILE_NAME,
     CT_CONFIDENCE_LOW,
     1},
};

static void archives_say_what_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++) {
        ct_arena *arena, *keep;
        size_t parts = 0;
        assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena), CT_OK);
        assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &keep), CT_OK);
        struct package_list l = {.arena = keep};
        while (parts < 4 && archives[i].parts[parts].entry) parts++;
        assert_int_equal(identify(arena, archives[i].name, archives[i].parts, parts, &l), CT_OK);
        if (l.n != archives[i].n) fail_msg("line %d: %zu components", archives[i].line, l.n);
        if (l.n) {
            const struct ct_component *c = &l.items[0];
            if (!ct_str_eq(c->purl, ct_str_from(archives[i].purl)) || !ct_str_eq(c->name, ct_str_from(archives[i].main)) ||
                !ct_str_eq(c->version, ct_str_from(archives[i].version)) || c->source != archives[i].source ||
                c->confidence != archives[i].confidence)
                fail_msg("line %d: %.*s %.*s %.*s %s %s", archives[i].line, CT_STR_ARG(c->purl), CT_STR_ARG(c->name),
                         CT_STR_ARG(c->version), ct_component_source_name(c->source), ct_confidence_name(c->confidence));
            assert_int_equal(c->sha1.n, 40);
            for (size_t k = 1; k < l.n; k++) assert_int_equal(l.items[k].sha1.n, 0); /* of the archive, not of what is in it */
        }
        ct_arena_free(arena);
        ct_arena_free(keep);
    }
}

static void poms_resolve_their_properties(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        ct_err err;
        const char *group, *artifact, *version, *licence;
    } rows[] = {
        {__LINE__, POM("g", "a", "1"), CT_OK, "g", "a", "1", ""},
        {__LINE__,
         "<project><parent><groupId>g</groupId><version>${rev}</version></parent><artifactId>a&amp;b</"
         "artifactId><version>${project.parent.version}-x</version>"
         "<properties><rev>1.${n}</rev><n>2</n></properties><licenses><license><name><![CDATA[MIT]]></name></"
         "license><license><name>BSD</name></license></licenses></project>",
         CT_OK, "g", "a&b", "1.2-x", "MIT"},
        {__LINE__,
         "<project><artifactId>a</artifactId><version>${x}</version><properties><x>${y}</x><y>${x}${x}</y></properties></"
         "project>",
         CT_OK, "", "a", "", ""},
        {__LINE__, "<project><artifactId>a</artifactId><version>${env.X}</version><groupId>${jndi:x}</groupId></project>",
         CT_OK, "", "a", "", ""},
        {__LINE__, "<project><artifactId>a</artifactId><version>1${</version></project>", CT_OK, "", "a", "", ""},
        {__LINE__, "<project><dependencies><dependency><artifactId>no</artifactId></dependency></dependencies></project>",
         CT_ERR_SYNTAX, "", "", "", ""},
        {__LINE__, "<!DOCTYPE p [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><project><artifactId>&e;</artifactId></project>",
         CT_OK, "", "&e;", "", ""},
        {__LINE__, "<m:project xmlns:m='x'><m:artifactId>a</m:artifactId></m:project>", CT_OK, "", "a", "", ""},
        {__LINE__, "<project><artifactId>a</artifactId>", CT_ERR_TRUNCATED, "", "", "", ""},
        {__LINE__, "", CT_ERR_TRUNCATED, "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_arena *arena;
        struct ct_pom pom = {0};
        assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena), CT_OK);
        struct edge e = edge_new(ct_str_from(rows[i].text));
        ct_err err = ct_pom_read(arena, e.input, &pom);
        if (err != rows[i].err || !ct_str_eq(pom.group, ct_str_from(rows[i].group)) ||
            !ct_str_eq(pom.artifact, ct_str_from(rows[i].artifact)) || !ct_str_eq(pom.version, ct_str_from(rows[i].version)) ||
            !ct_str_eq(pom.licence, ct_str_from(rows[i].licence)))
            fail_msg("line %d: %s %.*s:%.*s:%.*s", rows[i].line, ct_err_text(err), CT_STR_ARG(pom.group),
                     CT_STR_ARG(pom.artifact), CT_STR_ARG(pom.version));
        edge_free(&e);
        ct_arena_free(arena);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const struct part parts[] = {
        {"META-INF/MANIFEST.MF", "Implementation-Title: x\r\nBundle-SymbolicName: org.exam\r\n ple.x\r\n"},
        {"META-INF/maven/g/x/pom.properties", PROPERTIES("g", "x", "1")},
        {"META-INF/maven/g/y/pom.xml",
         "<project><artifactId>y&amp;</artifactId><version>${v}</version><properties><v>2</v></properties></project>"}};
    for (unsigned persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            ct_arena *arena = NULL;
            struct package_list l = {.n = 0};
            fault_alloc_init(&f, n, persistent);
            ct_err err = ct_arena_new(&f.alloc, 1u << 20, &arena);
            if (!err) err = identify(arena, "x-1.jar", parts, 3, &l);
            ct_arena_free(arena);
            assert_int_equal(f.live, 0);
            if (!f.failed) {
                assert_int_equal(err, CT_OK);
                assert_int_equal(l.n, 2);
                break;
            }
            assert_int_equal(err, CT_ERR_NOMEM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_names_split_into_name_and_version),
        cmocka_unit_test(groups_are_found_in_dotted_names),
        cmocka_unit_test(archives_say_what_they_are),
        cmocka_unit_test(poms_resolve_their_properties),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
