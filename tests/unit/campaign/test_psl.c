/* Registrable domains against libpsl reading the same list: every rule of it, in the positions where rules differ. */
#include "campaign/campaign.h"
#include "campaign/psl.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#ifdef CT_HAVE_LIBPSL
#include <libpsl.h>

static psl_ctx_t *psl;
static size_t compared;

static bool only_wildcard(ct_str name)
{
    const struct ct_psl_table *t = &ct_psl_table;
    for (size_t i = 0; i < t->n; i++)
        if (ct_str_eq(name, (ct_str){t->names + t->starts[i], t->starts[i + 1] - t->starts[i]}))
            return t->flags[i] == CT_PSL_WILDCARD;
    return false;
}

/* The one wanted difference: libpsl takes the name under a wildcard ("*.kobe.jp") for a suffix itself; by the list's own
 * algorithm it is as registrable as its siblings. */
static bool under_wildcard(const char *name, ct_str got)
{
    if (!only_wildcard(ct_str_from(name)) || !strchr(name, '.')) return false;
    char sibling[512];
    (void)snprintf(sibling, sizeof sibling, "zz-nobody%s", strchr(name, '.'));
    const char *d = psl_registrable_domain(psl, sibling);
    return d && (ct_str_eq(got, ct_str_from(d)) || (strcmp(d, sibling) == 0 && ct_str_eq(got, ct_str_from(name))));
}

static void compare(const char *name)
{
    const char *want = psl_registrable_domain(psl, name);
    ct_str got = ct_registrable(ct_str_from(name));
    if (!want) want = name; /* a public suffix has no registrable domain: the name stands for itself */
    if (!ct_str_eq(got, ct_str_from(want)) && !under_wildcard(name, got))
        fail_msg("%s: libpsl %s, here %.*s", name, want, CT_STR_ARG(got));
    compared++;
}

static void every_rule_in_every_position(void **state)
{
    (void)state;
    const struct ct_psl_table *t = &ct_psl_table;
    static const char *below[] = {"", "a.", "b.a.", "c.b.a.", "www.", "x.www."};
    for (size_t i = 0; i < t->n; i++) {
        char name[512];
        const int n = (int)(t->starts[i + 1] - t->starts[i]);
        const char *rule = (const char *)t->names + t->starts[i];
        for (size_t k = 0; k < sizeof below / sizeof *below; k++) {
            (void)snprintf(name, sizeof name, "%s%.*s", below[k], n, rule);
            compare(name);
        }
        (void)snprintf(name, sizeof name, "a.x%.*s", n, rule); /* nearly the rule */
        compare(name);
        (void)snprintf(name, sizeof name, "a.%.*sx", n, rule);
        compare(name);
    }
    assert_true(t->n > 5000);
}

static void names_put_together_from_rules(void **state)
{
    (void)state;
    const struct ct_psl_table *t = &ct_psl_table;
    struct rng r = rng_new("campaign_psl");
    for (unsigned round = 0; round < 50000; round++) {
        char name[512] = "";
        for (unsigned k = 1 + rng_below(&r, 3); k; k--) {
            uint32_t i = rng_below(&r, (uint32_t)t->n);
            size_t at = strlen(name);
            (void)snprintf(name + at, sizeof name - at, "%s%.*s", at ? "." : "", (int)(t->starts[i + 1] - t->starts[i]),
                           (const char *)t->names + t->starts[i]);
        }
        compare(name);
    }
}

int main(void)
{
    psl = psl_load_file(CT_PSL_FILE);
    if (!psl) {
        fprintf(stderr, "libpsl cannot read %s\n", CT_PSL_FILE);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_in_every_position),
        cmocka_unit_test(names_put_together_from_rules),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("%zu names compared with libpsl\n", compared);
    psl_free(psl);
    return failed;
}
#else
int main(void)
{
    const char *require = getenv("REQUIRE");
    bool must = require && strcmp(require, "all") == 0;
    fprintf(stderr, "%s: built without libpsl (Debian: libpsl-dev)\n", must ? "failed" : "skipped");
    return must ? 1 : 77;
}
#endif
