/* Following and resuming while the real logrotate does the rotating. */
#include "logs/follow.h"
#include "os/clock.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 20000
static char got[1u << 16];

static void take_until(ct_follow *f, const char *want, struct ct_position *io_after)
{
    int64_t end = ct_clock_mono_ms() + PATIENCE_MS;
    size_t n = strlen(got);
    for (;;) {
        struct ct_follow_chunk c;
        ct_err e = ct_follow_next(f, strlen(want) <= n ? 0 : 100, &c, NULL);
        if (e == CT_ERR_AGAIN && n >= strlen(want)) break;
        if (ct_clock_mono_ms() > end) fail_msg("waited too long, got %s", got);
        if (e != CT_OK) continue;
        assert_true(n + c.n < sizeof got);
        if (c.n) memcpy(got + n, c.p, c.n);
        n += c.n;
        got[n] = 0;
        *io_after = c.after;
    }
    assert_string_equal(got, want);
}

static const char *const ways[] = {
    "create 0644\n", "create 0644\ncompress\n", "create 0644\ncompress\ndelaycompress\n", "copytruncate\n", "copytruncate\ncompress\n",
    "create 0644\ndateext\ndateformat -%Y%m%d-%s\n", "nocreate\n",
};

static void rotate(void)
{
    /* dateformat has one name a second and these rotations come faster: dated files step aside, in order. */
    static unsigned turn = 1000;
    must_sh("for f in logs/app.log-*; do case $f in *'*'|*-20211210-*) ;; *) mv $f logs/app.log-20211210-163909%u;; esac; done", ++turn);
    must_sh("/usr/sbin/logrotate -f -s '%s/status' '%s/conf'", scratch_path(), scratch_path());
}

static void configure(const char *way)
{
    char conf[400];
    (void)snprintf(conf, sizeof conf, "%s/logs/app.log {\nsu root root\nrotate 9\n%s}\n", scratch_path(), way);
    must_sh("rm -rf logs status; mkdir -m 755 logs");
    put_file("conf", ct_str_from(conf));
    must_sh("chmod 644 conf");
    append_file("logs/app.log", "");
    got[0] = 0;
}

/* Three rotations, the third line each time written just before it, unread. */
static void following_through_logrotate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        configure(ways[i]);
        ct_follow *f = NULL;
        assert_int_equal(ct_follow_new(&ct_alloc_libc, &f), CT_OK);
        assert_int_equal(ct_follow_add(f, "logs/app.log", NULL), CT_OK);
        char want[4096] = "";
        struct ct_position after = {0};
        for (unsigned round = 0; round < 3; round++) {
            char line[100];
            (void)snprintf(line, sizeof line, "way %zu round %u read\n", i, round);
            append_file("logs/app.log", line);
            strcat(want, line);
            take_until(f, want, &after);
            (void)snprintf(line, sizeof line, "way %zu round %u unread\n", i, round);
            append_file("logs/app.log", line);
            strcat(want, line);
            rotate();
            if (round == 1) continue; /* two rotations of which one is not looked at */
            (void)snprintf(line, sizeof line, "way %zu round %u behind\n", i, round);
            append_file("logs/app.log", line);
            strcat(want, line);
            take_until(f, want, &after);
        }
        ct_follow_free(f);
    }
}

/* Stopped, rotated twice, started again from the position. */
static void going_on_after_logrotate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        configure(ways[i]);
        struct ct_position at = {0};
        ct_follow *f = NULL;
        assert_int_equal(ct_follow_new(&ct_alloc_libc, &f), CT_OK);
        assert_int_equal(ct_follow_add(f, "logs/app.log", NULL), CT_OK);
        append_file("logs/app.log", "this one was read\n");
        take_until(f, "this one was read\n", &at);
        ct_follow_free(f);
        got[0] = 0;
        append_file("logs/app.log", "rest of the first\n");
        rotate();
        append_file("logs/app.log", "the second\n");
        rotate();
        append_file("logs/app.log", "the third\n");
        assert_int_equal(ct_follow_new(&ct_alloc_libc, &f), CT_OK);
        assert_int_equal(ct_follow_add(f, "logs/app.log", &at), CT_OK);
        take_until(f, "rest of the first\nthe second\nthe third\n", &at);
        ct_follow_free(f);
    }
}

int main(void)
{
    static const char *const tools[] = {"/usr/sbin/logrotate"};
    need_tools(tools, 1);
    if (getuid() != 0) { /* logrotate's "su" */
        fprintf(stderr, "skipped: rotating as root needs root\n");
        return 77;
    }
    scratch_enter();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(following_through_logrotate),
        cmocka_unit_test(going_on_after_logrotate),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
