/* scan/identity: what counts as an id, and what tells clones apart. */
#include "scan/identity.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <cmocka.h>

static ct_arena *arena;

static int set_up(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 16u << 20, &arena) != CT_OK;
}

static int tear_down(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static void ids(void **state)
{
    (void)state;
    assert_true(ct_identity_is_machine_id(CT_STR("3d1219c7c4c5404aaa1f6d2a48adfda4")));
    assert_false(ct_identity_is_machine_id(CT_STR("uninitialized")));
    assert_false(ct_identity_is_machine_id(CT_STR("00000000000000000000000000000000")));
    assert_false(ct_identity_is_machine_id(CT_STR("3d1219c7c4c5404aaa1f6d2a48adfdag")));
    assert_false(ct_identity_is_machine_id(CT_STR("3d1219c7c4c5404aaa1f6d2a48adfda")));
    assert_true(ct_identity_is_mac(CT_STR("02:fc:00:00:00:01")));
    assert_false(ct_identity_is_mac(CT_STR("00:00:00:00:00:00")));
    assert_false(ct_identity_is_mac(CT_STR("ff:ff:ff:ff:ff:ff")));
    assert_false(ct_identity_is_mac(CT_STR("02:fc:00:00:00:0g")));
    assert_false(ct_identity_is_mac(CT_STR("02-fc-00-00-00-01")));
    assert_false(ct_identity_is_mac(CT_STR("")));
}

static ct_str hardware(const char *uuid, const char *first, const char *second)
{
    ct_str macs[2] = {ct_str_from(first), ct_str_from(second)}, id;
    assert_int_equal(ct_identity_hardware(arena, ct_str_from(uuid), macs, (size_t)!!first + !!second, &id), CT_OK);
    return id;
}

static void hardware_ids(void **state)
{
    (void)state;
    const char *uuid = "4c4c4544-0042-3510-8052-b4c04f4e4731", *other = "4c4c4544-0042-3510-8052-b4c04f4e4732";
    const char *a = "02:fc:00:00:00:01", *b = "02:fc:00:00:00:02";
    ct_str id = hardware(uuid, a, b);
    assert_int_equal(id.n, 32);
    assert_true(ct_str_eq(id, hardware(uuid, b, a)));                                  /* whatever the order */
    assert_true(ct_str_eq(id, hardware("4C4C4544-0042-3510-8052-B4C04F4E4731", a, b))); /* and the case */
    assert_false(ct_str_eq(id, hardware(other, a, b)));                                /* a clone with a new UUID */
    assert_false(ct_str_eq(id, hardware(uuid, a, NULL)));                              /* or with other cards */
    assert_false(ct_str_eq(hardware("", a, NULL), hardware("", b, NULL)));
    /* What vendors leave in is no number. */
    assert_true(ct_str_eq(hardware("", a, NULL), hardware("03000200-0400-0500-0006-000700080009", a, NULL)));
    assert_true(ct_str_eq(hardware("", a, NULL), hardware("00000000-0000-0000-0000-000000000000", a, NULL)));
    assert_true(ct_str_eq(hardware("", a, NULL), hardware("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", a, NULL)));
    assert_int_equal(hardware("", NULL, NULL).n, 0);
}

static void this_host(void **state)
{
    (void)state;
    struct ct_scan_identity who, again;
    struct utsname u;
    assert_int_equal(ct_scan_identify(arena, &who), CT_OK);
    assert_int_equal(ct_scan_identify(arena, &again), CT_OK);
    assert_int_equal(uname(&u), 0);
    assert_true(ct_str_eq(who.name, ct_str_from(u.nodename)));
    assert_true(ct_str_eq(who.kernel, ct_str_from(u.release)));
    assert_true(ct_str_eq(who.hardware_id, again.hardware_id));
    for (size_t i = 0; i < who.n_addresses; i++) {
        assert_true(who.addresses[i].n > 0);
        assert_false(ct_str_starts(who.addresses[i], CT_STR("127.")));
        assert_false(ct_str_starts(who.addresses[i], CT_STR("fe80:")));
    }
    for (size_t i = 0; i < who.n_macs; i++) assert_true(ct_identity_is_mac(who.macs[i]));
}

static void memory_runs_out(void **state)
{
    (void)state;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        fault_alloc_init(&f, n, true);
        ct_arena *mine = NULL;
        struct ct_scan_identity who;
        ct_err e = ct_arena_new(&f.alloc, 16u << 20, &mine);
        if (e == CT_OK) e = ct_scan_identify(mine, &who);
        ct_arena_free(mine);
        assert_int_equal(f.live, 0);
        if (!f.failed) break;
        assert_int_equal(e, CT_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ids), cmocka_unit_test(hardware_ids), cmocka_unit_test(this_host), cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
