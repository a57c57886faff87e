/* Releases find their profile. */
#include "lookup_test.h"

static void releases_find_their_profile(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *release, *first; /* null: none */
    } table[] = {
        {__LINE__, "2.0-alpha1", NULL},        {__LINE__, "2.0-beta8", NULL},         {__LINE__, "2.0-beta9", "2.0-beta9"},
        {__LINE__, "2.0-rc1", "2.0-beta9"},    {__LINE__, "2.0-rc2", "2.0-rc2"},      {__LINE__, "2.0", "2.0-rc2"},
        {__LINE__, "2.0.0", "2.0-rc2"},        {__LINE__, "2.0.2", "2.0-rc2"},        {__LINE__, "2.1", "2.1"},
        {__LINE__, "2.3", "2.1"},              {__LINE__, "2.3.1", "2.3.1"},          {__LINE__, "2.3.2", "2.3.1"},
        {__LINE__, "2.4.1", "2.1"},            {__LINE__, "2.6", "2.6"},              {__LINE__, "2.6.2", "2.6"},
        {__LINE__, "2.7", "2.6"},              {__LINE__, "2.8", "2.8"},              {__LINE__, "2.10.0", "2.8"},
        {__LINE__, "2.12.1", "2.8"},           {__LINE__, "2.12.2", "2.12.2"},        {__LINE__, "2.12.3", "2.12.3"},
        {__LINE__, "2.12.4", "2.12.3"},        {__LINE__, "2.13.0", "2.13.0"},        {__LINE__, "2.13.1", "2.13.1"},
        {__LINE__, "2.13.3", "2.13.2"},        {__LINE__, "2.14.1", "2.13.2"},        {__LINE__, "2.15.0", "2.15.0"},
        {__LINE__, "2.15.0-rc1", "2.15.0"},    {__LINE__, "2.16.0", "2.16.0"},        {__LINE__, "2.17.1", "2.17.0"},
        {__LINE__, "2.25.0", "2.17.0"},        {__LINE__, "3.0.0-beta1", "2.17.0"},   {__LINE__, "2.14.1.redhat-00002", "2.13.2"},
        {__LINE__, "2.14.1-SNAPSHOT", "2.13.2"}, {__LINE__, "1.2.17", NULL},          {__LINE__, "", NULL},
        {__LINE__, "x", NULL},                 {__LINE__, "2.14x", NULL},             {__LINE__, "99999999999999999999", NULL},
        {__LINE__, "2.0-BETA9", "2.0-beta9"},  {__LINE__, "2.0-beta-9", "2.0-beta9"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct ct_profile *p = ct_profile_find(ct_str_from(table[i].release));
        if (!p != !table[i].first || (p && !ct_str_eq(p->first, ct_str_from(table[i].first))))
            fail_msg("line %d: %s found %.*s", table[i].line, table[i].release, p ? (int)p->name.n : 4,
                     p ? (const char *)p->name.p : "none");
    }
}

static void rows_find_themselves(void **state)
{
    (void)state;
    size_t n;
    const struct ct_profile *p = ct_profiles(&n);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(ct_profile_find(p[i].first), &p[i]);
        if (p[i].last.n) assert_ptr_equal(ct_profile_find(p[i].last), &p[i]);
        for (size_t k = 0; k < i; k++) assert_false(ct_str_eq(p[i].name, p[k].name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(releases_find_their_profile), cmocka_unit_test(rows_find_themselves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
