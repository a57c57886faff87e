/* port_set: against a plain array of flags, in order, backwards and at random; failing memory. */
#include "actor/port_set.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static unsigned char plain[65536];

static void check_same(const struct ct_port_set *s)
{
    static struct ct_port_range ranges[40000];
    bool more;
    uint32_t n = 0;
    for (uint32_t port = 0; port < 65536; port++) {
        assert_int_equal(ct_port_set_has(s, (uint16_t)port), plain[port]);
        n += plain[port];
    }
    assert_int_equal(s->n, n);
    size_t k = ct_port_set_ranges(s, ranges, 40000, &more);
    assert_false(more);
    for (size_t i = 0; i < k; i++) {
        assert_true(ranges[i].first <= ranges[i].last);
        if (i) assert_true(ranges[i - 1].last + 1 < ranges[i].first);
        n -= (uint32_t)ranges[i].last - ranges[i].first + 1;
        assert_true(plain[ranges[i].first] && plain[ranges[i].last]);
    }
    assert_int_equal(n, 0);
    if (k > 1) {
        assert_int_equal(ct_port_set_ranges(s, ranges, k - 1, &more), k - 1);
        assert_true(more);
    }
}

static void add(struct ct_port_set *s, uint16_t port)
{
    bool is_new = false;
    assert_int_equal(ct_port_set_add(s, &ct_alloc_libc, port, &is_new), CT_OK);
    assert_int_equal(is_new, !plain[port]);
    plain[port] = 1;
}

static void as_an_array_of_flags(void **state)
{
    (void)state;
    struct rng r = rng_new("port_set");
    for (unsigned round = 0; round < 60; round++) {
        struct ct_port_set s = {0};
        memset(plain, 0, sizeof plain);
        uint32_t n = 1 + rng_below(&r, round % 3 == 0 ? 8 : round % 3 == 1 ? 200 : 20000), span = 1 + rng_below(&r, 65536);
        for (uint32_t i = 0; i < n; i++) add(&s, (uint16_t)rng_below(&r, span));
        check_same(&s);
        ct_port_set_done(&s, &ct_alloc_libc);
        assert_int_equal(s.n, 0);
    }
}

static void a_sweep_in_order_is_one_range(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        struct ct_port_set s = {0};
        memset(plain, 0, sizeof plain);
        for (uint32_t i = 0; i < 65536; i++) add(&s, (uint16_t)(down ? 65535 - i : i));
        assert_int_equal(s.n_ranges, 1);
        assert_int_equal(s.cap, 0);
        assert_null(s.bits);
        check_same(&s);
        ct_port_set_done(&s, &ct_alloc_libc);
    }
}

static void without_memory_it_stays_as_it_was(void **state)
{
    (void)state;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        struct ct_port_set s = {0};
        fault_alloc_init(&f, n, true);
        memset(plain, 0, sizeof plain);
        for (uint32_t port = 1; port < 2000; port += 2) {
            bool is_new = false;
            ct_err err = ct_port_set_add(&s, &f.alloc, (uint16_t)port, &is_new);
            if (err == CT_OK) plain[port] = 1;
            else assert_int_equal(err, CT_ERR_NOMEM);
        }
        check_same(&s);
        ct_port_set_done(&s, &f.alloc);
        assert_int_equal(f.live, 0);
        if (!f.failed) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_an_array_of_flags),
        cmocka_unit_test(a_sweep_in_order_is_one_range),
        cmocka_unit_test(without_memory_it_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
