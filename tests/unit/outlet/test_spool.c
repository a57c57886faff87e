/* The spool as a queue: order, restart, kill -9, damage, bounds. */
#include "spool_scratch.h"
#include "support/random.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const char *dir;

static int make_dir(void **state)
{
    (void)state;
    dir = scratch_new();
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    scratch_remove(dir);
    return 0;
}

static ct_spool *open_spool(uint64_t max)
{
    ct_spool *s = NULL;
    struct ct_fault fault = {0};
    if (ct_spool_open(&ct_alloc_libc, dir, "s", max, &s, &fault) != CT_OK) fail_msg("%s", fault.detail);
    return s;
}

static void add(ct_spool *s, uint64_t from, uint64_t to, size_t size)
{
    for (uint64_t i = from; i < to; i++) assert_int_equal(ct_spool_add(s, id_of(i), 1000 + (int64_t)i, event_of(i, size)), CT_OK);
}

static void expect(ct_spool *s, uint64_t from, uint64_t to)
{
    struct ct_spool_record r;
    for (uint64_t i = from; i < to; i++) {
        assert_int_equal(ct_spool_peek(s, &r), CT_OK);
        assert_true(number_of(&r) == i);
        assert_true(r.time_us == 1000 + (int64_t)i);
        ct_spool_take(s);
    }
}

static void expect_end(ct_spool *s)
{
    struct ct_spool_record r;
    assert_int_equal(ct_spool_peek(s, &r), CT_ERR_END);
}

static struct ct_spool_counts counts_of(const ct_spool *s)
{
    struct ct_spool_counts c;
    ct_spool_counts(s, &c);
    return c;
}

static const char *folder(void)
{
    static char path[4200];
    (void)snprintf(path, sizeof path, "%s/s", dir);
    return path;
}

static void order_survives_a_restart(void **state)
{
    (void)state;
    ct_spool *s = open_spool(0);
    add(s, 0, 100, 300);
    expect(s, 0, 40);
    ct_spool_close(s);
    s = open_spool(0);
    assert_true(counts_of(s).waiting == 60);
    add(s, 100, 120, 300);
    expect(s, 40, 120);
    expect_end(s);
    ct_spool_close(s);
    char path[4300];
    assert_false(segment_file(folder(), 0, path, sizeof path)); /* a drained spool leaves no segments */
    s = open_spool(0);
    expect_end(s);
    add(s, 0, 1, 10);
    expect(s, 0, 1);
    ct_spool_close(s);
}

static void peek_without_take_gives_it_again(void **state)
{
    (void)state;
    struct ct_spool_record r;
    ct_spool *s = open_spool(0);
    add(s, 0, 2, 10);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ct_spool_peek(s, &r), CT_OK);
        assert_true(number_of(&r) == 0);
    }
    ct_spool_take(s);
    ct_spool_take(s); /* nothing was peeked: nothing to take */
    expect(s, 1, 2);
    ct_spool_close(s);
}

static void a_killed_process_loses_nothing(void **state)
{
    (void)state;
    /* An even and an odd number of deliveries: the position is written to two places in turn. */
    for (uint64_t taken = 123; taken < 125; taken++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            ct_spool *s = open_spool(0);
            add(s, 0, 500, 400);
            expect(s, 0, taken);
            (void)kill(getpid(), SIGKILL);
        }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        ct_spool *s = open_spool(0);
        assert_true(counts_of(s).waiting == 500 - taken);
        expect(s, taken, 500);
        expect_end(s);
        assert_true(counts_of(s).damaged == 0);
        ct_spool_close(s);
        scratch_remove(folder());
    }
}

static void restarts_do_not_multiply_files(void **state)
{
    (void)state;
    char path[4300];
    for (uint64_t i = 0; i < 10; i++) {
        ct_spool *s = open_spool(0);
        add(s, i, i + 1, 100);
        ct_spool_close(s);
    }
    assert_false(segment_file(folder(), 1, path, sizeof path));
    ct_spool *s = open_spool(0);
    expect(s, 0, 10);
    ct_spool_close(s);
}

/* A crash may leave any beginning of the last record. */
static void every_torn_tail_is_cut_and_counted(void **state)
{
    (void)state;
    char path[4300];
    struct stat st;
    ct_spool *s = open_spool(0);
    add(s, 0, 3, 100);
    ct_spool_close(s);
    assert_true(segment_file(folder(), 0, path, sizeof path));
    assert_int_equal(stat(path, &st), 0);
    off_t record = st.st_size / 3, two = 2 * record;
    int copy = open(path, O_RDONLY | O_CLOEXEC);
    unsigned char bytes[1024];
    assert_true(read(copy, bytes, sizeof bytes) == st.st_size);
    (void)close(copy);
    for (off_t keep = two + 1; keep < st.st_size; keep++) {
        scratch_remove(folder());
        s = open_spool(0);
        ct_spool_close(s);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(write(fd, bytes, (size_t)keep) == (ssize_t)keep);
        (void)close(fd);
        s = open_spool(0);
        assert_true(counts_of(s).damaged == 1);
        assert_true(counts_of(s).waiting == 2);
        add(s, 2, 4, 100);
        expect(s, 0, 4);
        expect_end(s);
        ct_spool_close(s);
        s = open_spool(0);
        assert_true(counts_of(s).damaged == 1); /* remembered, and not counted again */
        ct_spool_close(s);
    }
}

static void any_rotten_byte_costs_one_event(void **state)
{
    (void)state;
    char path[4300];
    struct stat st;
    ct_spool *s = open_spool(0);
    add(s, 0, 5, 100);
    ct_spool_close(s);
    assert_true(segment_file(folder(), 0, path, sizeof path));
    assert_int_equal(stat(path, &st), 0);
    off_t record = st.st_size / 5;
    for (off_t at = 2 * record; at < 3 * record; at++) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        unsigned char c = 0;
        assert_true(pread(fd, &c, 1, at) == 1);
        c ^= 0x10;
        assert_true(pwrite(fd, &c, 1, at) == 1);
        s = open_spool(0);
        uint64_t before = counts_of(s).damaged;
        assert_true(counts_of(s).waiting == 4);
        struct ct_spool_record r;
        expect(s, 0, 2);
        assert_int_equal(ct_spool_peek(s, &r), CT_OK);
        assert_true(number_of(&r) == 3);
        assert_true(counts_of(s).damaged == before + 1);
        ct_spool_close(s);
        c ^= 0x10;
        assert_true(pwrite(fd, &c, 1, at) == 1);
        (void)close(fd);
        /* Forget how far it was read, so that the next round begins anew. */
        char position[4300];
        (void)snprintf(position, sizeof position, "%s/position", folder());
        assert_int_equal(unlink(position), 0);
    }
}

static void a_full_spool_drops_the_oldest_and_remembers_how_many(void **state)
{
    (void)state;
    ct_spool *s = open_spool(32768);
    add(s, 0, 200, 960);
    struct ct_spool_counts c = counts_of(s);
    assert_true(c.dropped > 150 && c.dropped < 200);
    assert_true(c.dropped + c.waiting == 200);
    ct_spool_close(s);
    s = open_spool(32768);
    assert_true(counts_of(s).dropped == c.dropped);
    expect(s, c.dropped, 200);
    expect_end(s);
    ct_spool_close(s);
}

static void the_folder_stays_within_its_bound(void **state)
{
    (void)state;
    struct rng rng = rng_new("bound");
    for (uint64_t max = 3000; max < 200000; max *= 3) {
        ct_spool *s = open_spool(max);
        for (uint64_t i = 0; i < 400; i++)
            assert_int_equal(ct_spool_add(s, id_of(i), 0, event_of(i, 20 + rng_below(&rng, 2500))), CT_OK);
        char path[4300];
        uint64_t total = 0;
        for (size_t k = 0; segment_file(folder(), k, path, sizeof path); k++) {
            struct stat st;
            assert_int_equal(stat(path, &st), 0);
            total += (uint64_t)st.st_size;
        }
        assert_true(total > 0 && total <= max);
        ct_spool_close(s);
        scratch_remove(folder());
    }
}

static void dropped_while_being_delivered_is_counted_once(void **state)
{
    (void)state;
    struct ct_spool_record r;
    ct_spool *s = open_spool(16384);
    add(s, 0, 1, 900);
    assert_int_equal(ct_spool_peek(s, &r), CT_OK);
    add(s, 1, 100, 900);
    assert_true(number_of(&r) == 0); /* still readable */
    struct ct_spool_counts before = counts_of(s);
    ct_spool_take(s);
    struct ct_spool_counts after = counts_of(s);
    assert_true(after.dropped == before.dropped - 1 && after.waiting == before.waiting);
    assert_true(1 + after.dropped + after.waiting == 100);
    expect(s, 1 + after.dropped, 100);
    ct_spool_close(s);
}

static void refused_events_are_set_aside(void **state)
{
    (void)state;
    struct ct_spool_record r;
    ct_spool *s = open_spool(0);
    add(s, 0, 3, 30);
    expect(s, 0, 1);
    assert_int_equal(ct_spool_peek(s, &r), CT_OK);
    ct_spool_refuse(s);
    expect(s, 2, 3);
    assert_true(counts_of(s).refused == 1);
    ct_spool_close(s);
    char path[4300], line[200] = "";
    (void)snprintf(path, sizeof path, "%s/refused.ndjson", folder());
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    ct_str want = event_of(1, 30);
    assert_memory_equal(line, want.p, want.n);
    assert_string_equal(line + want.n, "\n");
    assert_null(fgets(line, sizeof line, f));
    (void)fclose(f);
    s = open_spool(0);
    assert_true(counts_of(s).refused == 1);
    ct_spool_close(s);
}

static void too_large_is_refused_and_counted(void **state)
{
    (void)state;
    ct_spool *s = open_spool(0);
    assert_int_equal(ct_spool_add(s, id_of(1), 0, event_of(1, CT_OUTLET_EVENT_MAX + 1)), CT_ERR_CAP);
    assert_int_equal(ct_spool_add(s, id_of(1), 1001, event_of(1, CT_OUTLET_EVENT_MAX)), CT_OK);
    assert_true(counts_of(s).dropped == 1 && counts_of(s).waiting == 1);
    expect(s, 1, 2);
    ct_spool_close(s);
}

static void a_second_process_has_its_own_slot_and_the_next_takes_over(void **state)
{
    (void)state;
    ct_spool *a = open_spool(0), *b = open_spool(0);
    add(a, 0, 10, 50);
    add(b, 10, 20, 50);
    expect(b, 10, 13);
    ct_spool_close(b);
    ct_spool *c = open_spool(0); /* the slot of b again */
    assert_true(counts_of(c).waiting == 7);
    ct_spool_close(c);
    ct_spool_close(a);
    a = open_spool(0);
    assert_true(counts_of(a).waiting == 17);
    expect(a, 0, 10);
    expect(a, 13, 20);
    expect_end(a);
    ct_spool *all[CT_SPOOL_SLOTS - 1], *none = NULL;
    for (size_t i = 0; i < CT_SPOOL_SLOTS - 1; i++) all[i] = open_spool(0);
    assert_int_equal(ct_spool_open(&ct_alloc_libc, dir, "s", 0, &none, NULL), CT_ERR_CAP);
    assert_null(none);
    for (size_t i = 0; i < CT_SPOOL_SLOTS - 1; i++) ct_spool_close(all[i]);
    ct_spool_close(a);
}

/* Against a model of two numbers: how many went in, how many came out. */
static void random_work_keeps_order(void **state)
{
    (void)state;
    struct rng rng = rng_new("spool");
    uint64_t in = 0, out = 0;
    ct_spool *s = open_spool(1u << 22);
    for (int step = 0; step < 20000; step++) {
        uint32_t what = rng_below(&rng, 100);
        struct ct_spool_record r;
        if (what < 50 && in - out < 2000) {
            add(s, in, in + 1, 1 + rng_below(&rng, rng_below(&rng, 20) ? 500 : 9000));
            in++;
        } else if (what < 99) {
            ct_err err = ct_spool_peek(s, &r);
            assert_int_equal(err, in == out ? CT_ERR_END : CT_OK);
            if (err != CT_OK) continue;
            assert_true(number_of(&r) == out);
            ct_spool_take(s);
            out++;
        } else {
            ct_spool_close(s);
            s = open_spool(1u << 22);
        }
        assert_true(counts_of(s).waiting == in - out);
    }
    expect(s, out, in);
    assert_true(counts_of(s).dropped == 0 && counts_of(s).damaged == 0);
    ct_spool_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(order_survives_a_restart),
        TEST(peek_without_take_gives_it_again),
        TEST(a_killed_process_loses_nothing),
        TEST(restarts_do_not_multiply_files),
        TEST(every_torn_tail_is_cut_and_counted),
        TEST(any_rotten_byte_costs_one_event),
        TEST(a_full_spool_drops_the_oldest_and_remembers_how_many),
        TEST(the_folder_stays_within_its_bound),
        TEST(dropped_while_being_delivered_is_counted_once),
        TEST(refused_events_are_set_aside),
        TEST(too_large_is_refused_and_counted),
        TEST(a_second_process_has_its_own_slot_and_the_next_takes_over),
        TEST(random_work_keeps_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
