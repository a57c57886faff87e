/* The outlet as its callers see it, with the file outlet behind it; and the syslog format. Receivers that misbehave are
 * tried in tests/e2e/outlet. */
#include "spool_scratch.h"

#include "outlet/sink.h"
#include "outlet/syslog_format.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const char *dir;
static char url[4200], spool[4200];

static int make_dir(void **state)
{
    (void)state;
    dir = scratch_new();
    (void)snprintf(url, sizeof url, "file:%s/out", dir);
    (void)snprintf(spool, sizeof spool, "%s/spool", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    scratch_remove(dir);
    return 0;
}

static const struct ct_outlet_tuning QUICK = {1, 10, 60000, 60000};

#define THREADS 4
#define EACH    500

struct work {
    ct_outlet *o;
    unsigned thread;
};

static void *offer_many(void *arg)
{
    struct work *w = arg;
    for (unsigned i = 0; i < EACH; i++) {
        char text[64];
        unsigned char id[16] = {0};
        unsigned n = w->thread * EACH + i;
        ct_put_u32(id, n);
        (void)snprintf(text, sizeof text, "{\"n\":%u}\n", n);
        struct ct_outlet_stats s;
        if (ct_outlet_offer(w->o, id, ct_str_from(text)) != CT_OK) abort();
        ct_outlet_stats(w->o, &s);
        if (s.delivered + s.waiting > s.offered) abort();
    }
    return NULL;
}

static void many_threads_offer(void **state)
{
    (void)state;
    struct ct_outlet_opts opts = {.spool_dir = spool};
    struct ct_outlet_stats s;
    struct work work[THREADS];
    pthread_t threads[THREADS];
    ct_outlet *o = NULL;
    assert_int_equal(ct_outlet_open_tuned(&ct_alloc_libc, url, &opts, &QUICK, &o, NULL), CT_OK);
    for (unsigned t = 0; t < THREADS; t++) {
        work[t] = (struct work){o, t};
        assert_int_equal(pthread_create(&threads[t], NULL, offer_many, &work[t]), 0);
    }
    for (unsigned t = 0; t < THREADS; t++) assert_int_equal(pthread_join(threads[t], NULL), 0);
    ct_outlet_stats(o, &s);
    assert_true(s.offered == THREADS * EACH && s.dropped == 0);
    ct_outlet_close(o, 60000);
    /* Each once, and those of one thread in order. */
    unsigned next[THREADS] = {0}, n = 0;
    FILE *f = fopen(url + 5, "re");
    assert_non_null(f);
    while (fscanf(f, "{\"n\":%u}\n", &n) == 1) {
        assert_true(n / EACH < THREADS);
        assert_int_equal(n % EACH, next[n / EACH]);
        next[n / EACH]++;
    }
    (void)fclose(f);
    for (unsigned t = 0; t < THREADS; t++) assert_int_equal(next[t], EACH);
}

static void every_allocation_of_open_may_fail(void **state)
{
    (void)state;
    const char *urls[] = {url, "syslog:127.0.0.1", "http://127.0.0.1:9/", "unix:/nonexistent/x"};
    struct ct_outlet_opts opts = {.spool_dir = spool, .token = "t"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        unsigned refused = 0;
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            ct_outlet *o = NULL;
            fault_alloc_init(&f, n, false);
            ct_err err = ct_outlet_open_tuned(&f.alloc, urls[i], &opts, &QUICK, &o, NULL);
            bool failed = f.failed;
            /* Only taking over what other processes left may be put off for want of memory. */
            assert_true(err == CT_OK || (failed && err == CT_ERR_NOMEM));
            refused += err == CT_ERR_NOMEM;
            if (err == CT_OK) ct_outlet_close(o, 0);
            assert_int_equal(f.live, 0);
            if (!failed) break;
        }
        assert_true(refused >= 3);
    }
}

static void wrong_use_is_said(void **state)
{
    (void)state;
    ct_outlet *o = NULL;
    struct ct_fault fault = {0};
    struct ct_outlet_opts opts = {.spool_dir = spool}, none = {0}, token = {.spool_dir = spool, .token = "a\r\nX: y"};
    assert_int_equal(ct_outlet_open(&ct_alloc_libc, "nonsense", &opts, &o, &fault), CT_ERR_USAGE);
    assert_true(strlen(fault.detail) > 0);
    assert_int_equal(ct_outlet_open(&ct_alloc_libc, url, &none, &o, &fault), CT_ERR_USAGE);
    assert_int_equal(ct_outlet_open(&ct_alloc_libc, "http://localhost:9/", &token, &o, &fault), CT_ERR_USAGE);
    assert_null(strstr(fault.detail, "X:"));
    opts.spool_dir = "/proc/nonexistent/spool";
    assert_int_equal(ct_outlet_open(&ct_alloc_libc, url, &opts, &o, &fault), CT_ERR_NOT_FOUND);
    assert_null(o);
    ct_outlet_close(NULL, 0);
}

static void the_folder_is_ours_alone_and_tells_no_secret(void **state)
{
    (void)state;
    ct_outlet *o = NULL;
    struct ct_outlet_opts opts = {.spool_dir = spool};
    assert_int_equal(ct_outlet_open(&ct_alloc_libc, "http://localhost:9/secret", &opts, &o, NULL), CT_OK);
    ct_outlet_close(o, 0);
    struct stat st;
    assert_int_equal(stat(spool, &st), 0);
    assert_int_equal(st.st_mode & 0077, 0);
    DIR *d = opendir(spool);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) assert_null(strstr(e->d_name, "secret"));
    (void)closedir(d);
}

static void syslog_heads(void **state)
{
    (void)state;
    char head[CT_SYSLOG_HEAD_MAX];
    struct ct_syslog_origin o = {.pid = 42};
    ct_syslog_host("my host\x01", o.host);
    assert_string_equal(o.host, "my?host?");
    size_t n = ct_syslog_head(&o, 3, 1639144927123456, head);
    assert_int_equal(n, strlen(head));
    assert_string_equal(head, "<131>1 2021-12-10T14:02:07.123456Z my?host? caltrop 42 event - ");
    (void)ct_syslog_head(&o, 7, -1, head);
    assert_string_equal(head, "<135>1 - my?host? caltrop 42 event - ");
    (void)ct_syslog_head(&o, 0, INT64_MAX, head);
    assert_string_equal(head, "<128>1 - my?host? caltrop 42 event - ");
    char longest[400];
    memset(longest, 'h', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ct_syslog_host(longest, o.host);
    o.pid = UINT32_MAX;
    assert_true(ct_syslog_head(&o, 7, 253402300799999999, head) < CT_SYSLOG_HEAD_MAX);
    ct_syslog_host("", o.host);
    assert_string_equal(o.host, "-");
    unsigned severity = 99;
    assert_true(ct_syslog_severity(CT_STR("Warning"), &severity) && severity == 4);
    assert_true(ct_syslog_severity(CT_STR("7"), &severity) && severity == 7);
    assert_false(ct_syslog_severity(CT_STR("8"), &severity));
    assert_false(ct_syslog_severity(CT_STR(""), &severity));
}

static void long_messages_are_cut_between_characters(void **state)
{
    (void)state;
    bool cut = false;
    assert_int_equal(ct_syslog_fit(CT_STR("abc"), 3, &cut), 3);
    assert_false(cut);
    struct edge e = edge_new(CT_STR("aaaaaaaaaa\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"));
    for (size_t room = 0; room < e.input.n; room++) {
        size_t n = ct_syslog_fit(e.input, room, &cut);
        assert_true(cut);
        size_t mark = sizeof CT_SYSLOG_CUT_MARK - 1;
        assert_true(room < mark ? n == 0 : n + mark <= room && n + mark + 3 > room);
        assert_true(n <= 10 || (n - 10) % 3 == 0);
    }
    edge_free(&e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_threads_offer),
        TEST(every_allocation_of_open_may_fail),
        TEST(wrong_use_is_said),
        TEST(the_folder_is_ours_alone_and_tells_no_secret),
        cmocka_unit_test(syslog_heads),
        cmocka_unit_test(long_messages_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
