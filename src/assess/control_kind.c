#include "assess/control_kind.h"

#define CVE_MESSAGE "CVE-2021-44228"   /* lookups in messages */
#define CVE_CONTEXT "CVE-2021-45046"   /* lookups in layouts, and in messages that the program formats itself */
#define CVE_RECURSION "CVE-2021-45105" /* a value that names itself */
#define CVE_JDBC "CVE-2021-44832"      /* a data source out of the configuration */

static const struct {
    const char *name, *text;
} kinds[CT_CONTROL_KINDS] = {
#define X(code, name, text) [CT_CONTROL_##code] = {name, text},
    CT_CONTROL_LIST(X)
#undef X
};

/* Sources: Apache's security page of 2.17.1 and later (mitigations of each CVE, and those it calls discredited), log4j-core's source at the release
 * tags, and runs of 2.9.1, 2.10.0, 2.14.1, 2.15.0 and 2.16.0 on Java 17. */
static const struct row {
    enum ct_control_kind kind;
    enum ct_coverage covers;
    const char *cve;
    const char *first, *last; /* releases in which it works; null: all */
    const char *words;
} rows[] = {
    {CT_CONTROL_CLASS_REMOVED, CT_COVERAGE_YES, CVE_MESSAGE, NULL, NULL, "without the class there is no jndi lookup"},
    {CT_CONTROL_CLASS_REMOVED, CT_COVERAGE_YES, CVE_CONTEXT, NULL, NULL, "without the class there is no jndi lookup"},
    {CT_CONTROL_CLASS_REMOVED, CT_COVERAGE_NO, CVE_RECURSION, NULL, NULL, "a value that names itself needs no jndi lookup"},
    {CT_CONTROL_CLASS_REMOVED, CT_COVERAGE_NO, CVE_JDBC, NULL, NULL, "the JDBC appender asks JNDI by itself, without the lookup"},
    {CT_CONTROL_NO_LOOKUPS, CT_COVERAGE_YES, CVE_MESSAGE, "2.10.0", "2.14.1", "lookups in plain messages are not followed"},
    {CT_CONTROL_NO_LOOKUPS, CT_COVERAGE_NO, CVE_CONTEXT, NULL, NULL, "lookups in layouts, and in messages that the program formats itself, are still followed"},
    {CT_CONTROL_NO_LOOKUPS, CT_COVERAGE_NO, CVE_RECURSION, NULL, NULL, "lookups in layouts are still followed"},
    {CT_CONTROL_NO_LOOKUPS, CT_COVERAGE_NO, CVE_JDBC, NULL, NULL, "the JDBC appender is no message"},
    {CT_CONTROL_SECURITY_MANAGER, CT_COVERAGE_YES, CVE_MESSAGE, NULL, NULL, "the lookup is evaluated, and the policy lets it neither connect nor resolve"},
    {CT_CONTROL_SECURITY_MANAGER, CT_COVERAGE_YES, CVE_CONTEXT, NULL, NULL, "the lookup is evaluated, and the policy lets it neither connect nor resolve"},
    {CT_CONTROL_SECURITY_MANAGER, CT_COVERAGE_NO, CVE_RECURSION, NULL, NULL, "recursion needs no permission"},
    {CT_CONTROL_SECURITY_MANAGER, CT_COVERAGE_NO, CVE_JDBC, NULL, NULL, "whoever writes the configuration chooses what is granted"},
    {CT_CONTROL_HOT_PATCH, CT_COVERAGE_YES, CVE_MESSAGE, NULL, NULL, "JndiLookup.lookup was replaced in the process; a restart without the agent undoes that"},
    {CT_CONTROL_HOT_PATCH, CT_COVERAGE_YES, CVE_CONTEXT, NULL, NULL, "JndiLookup.lookup was replaced in the process; a restart without the agent undoes that"},
    {CT_CONTROL_HOT_PATCH, CT_COVERAGE_NO, CVE_RECURSION, NULL, NULL, "recursion needs no jndi lookup"},
    {CT_CONTROL_HOT_PATCH, CT_COVERAGE_NO, CVE_JDBC, NULL, NULL, "the JDBC appender asks JNDI by itself, without the lookup"},
    {CT_CONTROL_ISOLATED, CT_COVERAGE_YES, CVE_MESSAGE, NULL, NULL, "it can call nobody"},
    {CT_CONTROL_ISOLATED, CT_COVERAGE_YES, CVE_CONTEXT, NULL, NULL, "it can call nobody"},
    {CT_CONTROL_ISOLATED, CT_COVERAGE_YES, CVE_RECURSION, NULL, NULL, "nobody reaches it"},
    {CT_CONTROL_ISOLATED, CT_COVERAGE_YES, CVE_JDBC, NULL, NULL, "it can call nobody"},
};

const char *ct_control_name(enum ct_control_kind k) { return (unsigned)k < CT_CONTROL_KINDS ? kinds[k].name : "unknown"; }
const char *ct_control_text(enum ct_control_kind k) { return (unsigned)k < CT_CONTROL_KINDS ? kinds[k].text : ""; }

bool ct_control_named(ct_str name, enum ct_control_kind *ret_kind)
{
    for (unsigned k = 0; k < CT_CONTROL_KINDS; k++) {
        if (!ct_str_eq_fold(name, ct_str_from(kinds[k].name))) continue;
        *ret_kind = (enum ct_control_kind)k;
        return true;
    }
    return false;
}

bool ct_control_only_noted(enum ct_control_kind k) { return k == CT_CONTROL_WAF || k == CT_CONTROL_EGRESS; }

enum ct_coverage ct_control_coverage(enum ct_control_kind k, ct_str cve, ct_str version, bool fed, const char **ret_words)
{
    if (k == CT_CONTROL_WAF) return *ret_words = "a proxy sees some of the requests and some of the spellings", CT_COVERAGE_NO;
    if (k == CT_CONTROL_EGRESS) return *ret_words = "names still leak through DNS, and what is within reach can be called", CT_COVERAGE_NO;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        if (r->kind != k || !ct_str_eq(cve, ct_str_from(r->cve))) continue;
        if (r->covers == CT_COVERAGE_YES && r->first && version.p && !ct_releases_within(version, r->first, r->last))
            return *ret_words = "works in 2.10.0 to 2.14.1 only, and the release is not known to be one of them", CT_COVERAGE_NO;
        if (k == CT_CONTROL_ISOLATED && fed && ct_str_eq(cve, CT_STR(CVE_RECURSION)))
            return *ret_words = "what the public causes to be written still reaches it", CT_COVERAGE_NO;
        *ret_words = r->words;
        return r->covers;
    }
    *ret_words = "nothing is known of what this kind does about it";
    return CT_COVERAGE_UNKNOWN;
}

/* "2.14.1" as 2014001; false for what is no release number alone. */
static bool number_of(ct_str version, unsigned *ret_number)
{
    unsigned part[3] = {0, 0, 0}, n = 0;
    ct_str rest = ct_str_trim(version);
    while (rest.p) {
        ct_str digits = ct_str_cut(&rest, '.');
        uint64_t value;
        if (n == 3 || !ct_str_u64(digits, &value) || value > 999) return false;
        part[n++] = (unsigned)value;
    }
    if (n < 2) return false;
    *ret_number = part[0] * 1000000 + part[1] * 1000 + part[2];
    return true;
}

bool ct_releases_within(ct_str version, const char *first, const char *last)
{
    bool any = false;
    unsigned low, high;
    if (!number_of(ct_str_from(first), &low) || !number_of(ct_str_from(last), &high)) return false;
    for (ct_str rest = version; rest.p;) {
        ct_str range = ct_str_cut(&rest, ',');
        while (range.p) {
            unsigned number;
            if (!number_of(ct_str_cut(&range, '-'), &number) || number < low || number > high) return false;
            any = true;
        }
    }
    return any;
}
