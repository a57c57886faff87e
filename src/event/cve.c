/* Which CVE is it? By what the attempt does, not by what it looks like:
 *
 *   CVE-2021-44228  reaches JNDI on a release before 2.15.0, whatever must be set for it
 *   CVE-2021-45046  reaches JNDI on 2.15.0, past its list of allowed hosts
 *   CVE-2021-45105  recursion that ends the thread
 *
 * The security releases 2.3.1 and 2.12.2 and what followed them on their branches come after 2.15.0 in what they fix. JNDI
 * that an operator switched on in 2.16.0 or later is no CVE of Log4j's, nor is an attempt that fires nowhere.
 */
#include "event/fields.h"

#include <string.h>

struct release {
    uint64_t minor, patch;
};

/* "2.14.1", "2.0-beta9": the numbers behind the major version; false when s does not start so. */
static bool release_of(ct_str s, struct release *ret_release)
{
    uint64_t parts[3] = {0};
    size_t at = 0;
    for (unsigned i = 0; i < 3; i++) {
        size_t end = at;
        while (end < s.n && ct_ascii_digit(s.p[end])) end++;
        if (!ct_str_u64(ct_str_slice(s, at, end), &parts[i])) return false;
        at = end + 1;
        if (end == s.n || s.p[end] != '.') break;
    }
    if (parts[0] != 2) return false;
    *ret_release = (struct release){parts[1], parts[2]};
    return true;
}

/* "2.0-beta9-2.14.1": the last release starts behind the last dash that a digit follows. A single release is both ends;
 * "2.17.0 and later" has no last one. */
static bool range_of(ct_str versions, struct release *ret_first, struct release *ret_last)
{
    struct release first, last;
    if (!release_of(versions, &first)) return false;
    last = first;
    if (ct_str_ends(versions, CT_STR(" and later"))) last.minor = UINT64_MAX;
    for (size_t i = versions.n; i-- > 1;)
        if (versions.p[i - 1] == '-' && ct_ascii_digit(versions.p[i])) {
            if (!release_of(ct_str_slice(versions, i, versions.n), &last)) last = first;
            break;
        }
    *ret_first = first;
    *ret_last = last;
    return true;
}

static bool on_fixed_branch(struct release r) { return (r.minor == 3 && r.patch >= 1) || (r.minor == 12 && r.patch >= 2); }

size_t ct_attempt_cves(const struct ct_attempt *a, const char *ret_ids[CT_CVES_MAX])
{
    bool jndi = strcmp(a->grade, "exploit") == 0 || strcmp(a->grade, "reach") == 0;
    bool in_2_14 = false, in_2_15 = false, dos = strcmp(a->grade, "dos") == 0;
    for (size_t i = 0; i < a->n_fires && jndi; i++) {
        struct release first, last;
        if (!range_of(a->fires[i].versions, &first, &last) || on_fixed_branch(first)) continue;
        in_2_14 |= first.minor < 15;
        in_2_15 |= first.minor <= 15 && last.minor >= 15;
    }
    for (size_t i = 0; i < a->n_traits; i++) dos |= strcmp(a->traits[i], "dos") == 0;
    size_t n = 0;
    if (in_2_14) ret_ids[n++] = "CVE-2021-44228";
    if (in_2_15) ret_ids[n++] = "CVE-2021-45046";
    if (dos) ret_ids[n++] = "CVE-2021-45105";
    return n;
}
