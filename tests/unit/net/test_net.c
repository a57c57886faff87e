/* URLs, names, deadlines, the client's and TLS's beginnings; what needs a server is tried with the outlets. */
#include "net/http_client.h"
#include "net/socket.h"
#include "net/tls.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

static void urls(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text, *host, *authority, *target; /* host null: refused */
        unsigned port;
        bool tls, literal;
    } ROWS[] = {
        {__LINE__, "https://h", "h", "h", "/", 443, true, false},
        {__LINE__, "HTTPS://Example.test:8443/a/b?c=%20d", "Example.test", "Example.test:8443", "/a/b?c=%20d", 8443, true,
         false},
        {__LINE__, "https://h:443?x", "h", "h", "/?x", 443, true, false},
        {__LINE__, "http://127.0.0.1:80/", "127.0.0.1", "127.0.0.1", "/", 80, false, true},
        {__LINE__, "http://[::1]:81/x", "::1", "[::1]:81", "/x", 81, false, true},
        {__LINE__, "https://1.2.3/", "1.2.3", "1.2.3", "/", 443, true, false},
        {__LINE__, "https://", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https:///x", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://:443/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "ftp://h/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https:/h/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://u@h/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://u:p@h/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h:/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h:0/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h:65536/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h:80:80/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://[::1/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://[::1]x/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://[h]/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://::1/", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h /", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h/a b", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h/a\r\nX: y", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h/#f", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h#f", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h/\xc3\xa9", NULL, NULL, NULL, 0, false, false},
        {__LINE__, "https://h\xc3\xa9/", NULL, NULL, NULL, 0, false, false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct ct_url u = {0};
        struct edge e = edge_new(ct_str_from(ROWS[i].text));
        ct_err err = ct_url_parse(e.input, &u, NULL);
        edge_free(&e);
        if ((err == CT_OK) != (ROWS[i].host != NULL) || (err != CT_OK && err != CT_ERR_USAGE))
            fail_msg("line %d", ROWS[i].line);
        if (err != CT_OK) continue;
        if (strcmp(u.host, ROWS[i].host) != 0 || strcmp(u.authority, ROWS[i].authority) != 0 ||
            strcmp(u.target, ROWS[i].target) != 0 || u.port != ROWS[i].port || u.tls != ROWS[i].tls ||
            u.literal != ROWS[i].literal)
            fail_msg("line %d: %s %s %s %u", ROWS[i].line, u.host, u.authority, u.target, u.port);
    }
    /* Every length around the sizes of the fields. */
    static char text[4096];
    for (size_t n = 200; n < 3000; n++) {
        struct ct_url u;
        memset(text, 'a', sizeof text);
        memcpy(text, "https://", 8);
        ct_err as_host = ct_url_parse((ct_str){(unsigned char *)text, n}, &u, NULL);
        assert_int_equal(as_host, n - 8 <= 253 ? CT_OK : CT_ERR_USAGE);
        text[9] = '/';
        ct_err as_path = ct_url_parse((ct_str){(unsigned char *)text, n}, &u, NULL);
        assert_int_equal(as_path, n - 9 + 2 <= sizeof u.target ? CT_OK : CT_ERR_USAGE);
    }
}

static void loopback_by_name(void **state)
{
    (void)state;
    static const char *const YES[] = {"localhost", "LOCALHOST", "127.0.0.1", "127.255.0.3", "::1"};
    static const char *const NO[] = {
        "localhost.evil.test", "128.0.0.1", "0.0.0.0", "::", "127.0.0.1.evil.test", "127.1", "", "::2"};
    for (size_t i = 0; i < sizeof YES / sizeof *YES; i++) assert_true(ct_host_is_loopback(YES[i]));
    for (size_t i = 0; i < sizeof NO / sizeof *NO; i++) assert_false(ct_host_is_loopback(NO[i]));
}

static void names_resolve(void **state)
{
    (void)state;
    struct ct_addrs a = {0};
    struct ct_fault fault = {0};
    struct ct_deadline d = ct_deadline_in(60000, -1);
    assert_int_equal(ct_resolve("127.0.0.1", 7, &d, &a, &fault), CT_OK);
    assert_true(a.n == 1 && ct_addr_is_loopback(&a.at[0]));
    assert_int_equal(ct_resolve("::1", 7, &d, &a, &fault), CT_OK);
    assert_true(a.n == 1 && ct_addr_is_loopback(&a.at[0]));
    assert_int_equal(ct_resolve("192.0.2.1", 7, &d, &a, &fault), CT_OK);
    assert_false(ct_addr_is_loopback(&a.at[0]));
    assert_int_equal(ct_resolve("localhost", 7, &d, &a, &fault), CT_OK);
    assert_true(a.n >= 1 && ct_addr_is_loopback(&a.at[0]));
    assert_int_equal(ct_resolve("two..dots", 7, &d, &a, &fault), CT_ERR_NETWORK);
    /* Told to stop, it does not wait for the resolver, whose thread ends on its own. */
    int cancel = eventfd(1, EFD_CLOEXEC);
    d = ct_deadline_in(60000, cancel);
    assert_int_equal(ct_resolve("localhost", 7, &d, &a, &fault), CT_ERR_INTERRUPTED);
    (void)close(cancel);
}

static void waits_end(void **state)
{
    (void)state;
    struct ct_fault fault = {0};
    int quiet = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), cancel = eventfd(1, EFD_CLOEXEC);
    struct ct_deadline d = ct_deadline_in(0, -1);
    assert_int_equal(ct_wait_fd(quiet, POLLIN, &d, &fault), CT_ERR_NETWORK);
    assert_string_equal(fault.detail, "timed out");
    d = ct_deadline_in(60000, cancel);
    assert_int_equal(ct_wait_fd(quiet, POLLIN, &d, &fault), CT_ERR_INTERRUPTED);
    d = ct_deadline_in(-5, -1);
    assert_int_equal(ct_wait_fd(cancel, POLLIN, &d, &fault), CT_OK); /* ready is ready, however late */
    (void)close(quiet);
    (void)close(cancel);
}

static void sockets_talk(void **state)
{
    (void)state;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof in;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = -1;
    assert_int_equal(bind(listener, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&in, &n), 0);
    struct ct_deadline d = ct_deadline_in(60000, -1);
    struct ct_addrs addrs = {.n = 2, .len = {sizeof in, sizeof in}};
    struct sockaddr_in dead = in;
    /* The first address is dead: a port that was just given up. */
    int once = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    dead.sin_port = 0;
    assert_int_equal(bind(once, (struct sockaddr *)&dead, sizeof dead), 0);
    assert_int_equal(getsockname(once, (struct sockaddr *)&dead, &n), 0);
    memcpy(&addrs.at[0], &dead, sizeof dead);
    memcpy(&addrs.at[1], &in, sizeof in);
    assert_int_equal(ct_socket_connect_any(&addrs, SOCK_STREAM, &d, &fd, NULL), CT_OK);
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_false(ct_socket_is_stale(fd));
    assert_int_equal(ct_socket_send_all(fd, CT_STR("ping"), &d, NULL), CT_OK);
    unsigned char got[8];
    size_t got_n = 0;
    assert_int_equal(recv(peer, got, 4, MSG_WAITALL), 4);
    assert_memory_equal(got, "ping", 4);
    (void)close(peer);
    assert_int_equal(ct_socket_recv(fd, got, sizeof got, &d, &got_n, NULL), CT_OK);
    assert_int_equal(got_n, 0);
    assert_true(ct_socket_is_stale(fd));
    ct_socket_close(&fd);
    assert_int_equal(fd, -1);
    addrs.n = 1;
    assert_int_equal(ct_socket_connect_any(&addrs, SOCK_STREAM, &d, &fd, NULL), CT_ERR_NETWORK);
    (void)close(once);
    (void)close(listener);
}

static void trust_is_needed(void **state)
{
    (void)state;
    ct_tls *t = NULL;
    struct ct_fault fault = {0};
    assert_int_equal(ct_tls_new(&ct_alloc_libc, "h", false, "/nonexistent/ca.pem", &t, &fault), CT_ERR_NOT_FOUND);
    assert_int_equal(ct_tls_new(&ct_alloc_libc, "h", false, "/dev/null", &t, &fault), CT_ERR_SYNTAX);
    assert_int_equal(ct_tls_new(&ct_alloc_libc, "h", false, "/proc/self/exe", &t, &fault), CT_ERR_SYNTAX);
    assert_null(t);
}

static void client_and_allocations(void **state)
{
    (void)state;
    struct ct_url u;
    struct ct_http_timeouts times = {1000, 1000};
    ct_http_client *c = NULL;
    assert_int_equal(ct_url_parse(CT_STR("http://192.0.2.1/"), &u, NULL), CT_OK);
    assert_int_equal(ct_http_client_new(&ct_alloc_libc, &u, NULL, &times, &c, NULL), CT_ERR_USAGE);
    assert_int_equal(ct_url_parse(CT_STR("http://[::1]:9/"), &u, NULL), CT_OK);
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        fault_alloc_init(&f, n, false);
        ct_err err = ct_http_client_new(&f.alloc, &u, NULL, &times, &c, NULL);
        assert_int_equal(err, f.failed ? CT_ERR_NOMEM : CT_OK);
        if (err == CT_OK) ct_http_client_free(c);
        assert_int_equal(f.live, 0);
        if (!f.failed) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),          cmocka_unit_test(loopback_by_name), cmocka_unit_test(names_resolve),
        cmocka_unit_test(waits_end),     cmocka_unit_test(sockets_talk),     cmocka_unit_test(trust_is_needed),
        cmocka_unit_test(client_and_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
