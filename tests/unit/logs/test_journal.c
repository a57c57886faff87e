/* The journal against journals that systemd-journal-remote made. */
#include "logs/journal.h"
#include "scratch.h"
#include "support/fault_alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REMOTE "/lib/systemd/systemd-journal-remote"

/* Entries in the journal export format; a message with newlines or other bytes goes with its length. */
static void export_entry(FILE *f, unsigned i, ct_str message, const char *more)
{
    fprintf(f, "__REALTIME_TIMESTAMP=%" PRIu64 "\n__MONOTONIC_TIMESTAMP=%u\n_BOOT_ID=0123456789abcdef0123456789abcdef\n%s",
            UINT64_C(1639094400000000) + i, 1000u + i, more);
    unsigned char length[8] = {(unsigned char)message.n, (unsigned char)(message.n >> 8), (unsigned char)(message.n >> 16)};
    if (message.p) {
        fputs("MESSAGE\n", f);
        (void)fwrite(length, 1, 8, f);
        (void)fwrite(message.p, 1, message.n, f);
        fputs("\n", f);
    }
    fputs("\n", f);
}

static void make_journal(unsigned from, unsigned to)
{
    FILE *f = fopen("export", "wbe");
    if (!f) abort();
    for (unsigned i = from; i < to; i++) {
        char text[100];
        (void)snprintf(text, sizeof text, "message %u ${jndi:x}", i);
        export_entry(f, i, ct_str_from(text), i % 2 ? "_SYSTEMD_UNIT=shop.service\n" : "SYSLOG_IDENTIFIER=shop\n");
    }
    (void)fclose(f);
    must_sh("mkdir -p journal && " REMOTE " -o journal/test.journal export >/dev/null 2>&1");
}

static ct_journal *open_journal(const char *place, ct_str cursor)
{
    ct_journal *j = NULL;
    struct ct_fault fault = {0};
    ct_err e = ct_journal_open(&ct_alloc_libc, place, cursor, &j, &fault);
    if (e != CT_OK) fail_msg("%s: %s", ct_err_text(e), fault.detail);
    return j;
}

static void entries_are_those_journalctl_prints(void **state)
{
    (void)state;
    must_sh("rm -rf journal");
    make_journal(0, 500);
    must_sh("journalctl -q --file journal/test.journal -o cat > want");
    for (unsigned as_folder = 0; as_folder < 2; as_folder++) {
        ct_journal *j = open_journal(as_folder ? "journal" : "journal/test.journal", (ct_str){0});
        FILE *f = fopen("got", "wbe");
        if (!f) abort();
        struct ct_journal_entry e;
        ct_err err;
        unsigned i = 0;
        while ((err = ct_journal_next(j, &e)) == CT_OK) {
            fprintf(f, "%.*s\n", CT_STR_ARG(e.message));
            assert_true(ct_str_eq(e.unit, i % 2 ? CT_STR("shop.service") : CT_STR("shop")));
            assert_true(e.time_us == INT64_C(1639094400000000) + i);
            i++;
        }
        assert_int_equal(err, CT_ERR_END);
        assert_int_equal(i, 500);
        (void)fclose(f);
        must_sh("cmp got want");
        ct_journal_close(j);
    }
}

static void any_bytes_become_one_line(void **state)
{
    (void)state;
    must_sh("rm -rf journal; mkdir journal");
    FILE *f = fopen("export", "wbe");
    if (!f) abort();
    ct_str large = log_lines(200000, 3); /* long enough to be stored compressed */
    export_entry(f, 0, CT_STR("two\nlines\n"), "");
    export_entry(f, 1, CT_STR("nul \0 and \xff"), "");
    export_entry(f, 2, (ct_str){0}, "OTHER=no message\n");
    export_entry(f, 3, large, "");
    export_entry(f, 4, CT_STR(""), "");
    (void)fclose(f);
    must_sh(REMOTE " -o journal/test.journal export >/dev/null 2>&1");
    ct_journal *j = open_journal("journal", (ct_str){0});
    struct ct_journal_entry e;
    assert_int_equal(ct_journal_next(j, &e), CT_OK);
    assert_true(ct_str_eq(e.message, CT_STR("two lines ")));
    assert_int_equal(e.unit.n, 0);
    assert_int_equal(ct_journal_next(j, &e), CT_OK);
    assert_true(ct_str_eq(e.message, CT_STR("nul \0 and \xff")));
    assert_int_equal(ct_journal_next(j, &e), CT_OK);
    assert_int_equal(e.message.n, 0);
    assert_int_equal(ct_journal_next(j, &e), CT_OK);
    assert_int_equal(e.message.n, large.n);
    for (size_t i = 0; i < large.n; i++) assert_int_equal(e.message.p[i], large.p[i] == '\n' ? ' ' : large.p[i]);
    assert_int_equal(ct_journal_next(j, &e), CT_OK);
    assert_int_equal(e.message.n, 0);
    assert_int_equal(ct_journal_next(j, &e), CT_ERR_END);
    ct_journal_close(j);
    drop_str(&large);
}

static void a_cursor_goes_on_behind_its_entry(void **state)
{
    (void)state;
    must_sh("rm -rf journal");
    make_journal(0, 10);
    ct_journal *j = open_journal("journal", (ct_str){0});
    struct ct_journal_entry e;
    char cursor[500];
    for (unsigned i = 0; i < 4; i++) assert_int_equal(ct_journal_next(j, &e), CT_OK);
    (void)snprintf(cursor, sizeof cursor, "%.*s", CT_STR_ARG(e.cursor));
    ct_journal_close(j);
    j = open_journal("journal", ct_str_from(cursor));
    assert_int_equal(ct_journal_next(j, &e), CT_OK);
    assert_true(ct_str_starts(e.message, CT_STR("message 4 ")));
    while (ct_journal_next(j, &e) == CT_OK) (void)snprintf(cursor, sizeof cursor, "%.*s", CT_STR_ARG(e.cursor));
    ct_journal_close(j);

    /* From the last entry: nothing, until something is written. */
    j = open_journal("journal", ct_str_from(cursor));
    assert_int_equal(ct_journal_next(j, &e), CT_ERR_END);
    make_journal(10, 12);
    ct_err err = CT_ERR_END;
    for (unsigned tries = 0; tries < 50 && err == CT_ERR_END; tries++) {
        ct_err waited = ct_journal_wait(j, 200);
        assert_true(waited == CT_OK || waited == CT_ERR_AGAIN);
        err = ct_journal_next(j, &e);
    }
    assert_int_equal(err, CT_OK);
    assert_true(ct_str_starts(e.message, CT_STR("message 10 ")));
    ct_journal_close(j);
}

static void what_is_no_journal_is_refused(void **state)
{
    (void)state;
    must_sh("mkdir -p empty; echo text > text.journal");
    static const struct { const char *place, *cursor; ct_err err; } rows[] = {
        {"missing", "", CT_ERR_NOT_FOUND}, {"empty", "", CT_ERR_NOT_FOUND}, {"text.journal", "", CT_ERR_SYNTAX},
        {"journal", "no cursor", CT_ERR_USAGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_journal *j = NULL;
        struct ct_fault fault = {0};
        assert_int_equal(ct_journal_open(&ct_alloc_libc, rows[i].place, ct_str_from(rows[i].cursor), &j, &fault), rows[i].err);
        assert_true(fault.detail[0] != 0);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    must_sh("rm -rf journal");
    make_journal(0, 3);
    for (unsigned persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            fault_alloc_init(&f, n, persistent);
            ct_journal *j = NULL;
            struct ct_journal_entry e;
            unsigned seen = 0;
            ct_err err = ct_journal_open(&f.alloc, "journal", (ct_str){0}, &j, NULL);
            while (err == CT_OK && (err = ct_journal_next(j, &e)) == CT_OK) seen++;
            if (err == CT_ERR_NOMEM && j && !persistent) { /* the entry is not lost */
                err = CT_OK;
                while (err == CT_OK && (err = ct_journal_next(j, &e)) == CT_OK) seen++;
                assert_int_equal(seen, 3);
            }
            ct_journal_close(j);
            assert_int_equal(f.live, 0);
            if (!f.failed) {
                assert_int_equal(seen, 3);
                break;
            }
        }
    }
}

int main(void)
{
    ct_journal *probe = NULL;
    if (ct_journal_open(&ct_alloc_libc, "/nonexistent", (ct_str){0}, &probe, NULL) == CT_ERR_UNSUPPORTED) {
        fprintf(stderr, "skipped: built without libsystemd\n");
        return 77;
    }
    static const char *const tools[] = {REMOTE, "journalctl"};
    need_tools(tools, 2);
    scratch_enter();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_those_journalctl_prints),
        cmocka_unit_test(any_bytes_become_one_line),
        cmocka_unit_test(a_cursor_goes_on_behind_its_entry),
        cmocka_unit_test(what_is_no_journal_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
