#include "campaign/campaign.h"
#include "campaign/host.h"
#include "campaign/psl.h"
#include "campaign/scanners.h"

#include <string.h>

ct_str ct_host_core(ct_str host)
{
    for (size_t i = host.n; i-- > 0;)
        if (host.p[i] == '#' || host.p[i] == '@') {
            host = ct_str_slice(host, i + 1, host.n);
            break;
        }
    if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']') host = ct_str_slice(host, 1, host.n - 1);
    while (host.n && host.p[host.n - 1] == '.') host.n--;
    return host;
}

/* Flags of a name whose hash is given; 0: the list does not hold it. */
static unsigned suffix_flags(ct_str name, uint32_t hash)
{
    const struct ct_psl_table *t = &ct_psl_table;
    for (size_t at = ct_psl_slot(hash, t->n_slots); t->slots[at]; at = (at + 1) & (t->n_slots - 1)) {
        size_t i = t->slots[at] - 1u;
        ct_str known = {t->names + t->starts[i], t->starts[i + 1] - t->starts[i]};
        if (ct_str_eq_fold(known, name)) return t->flags[i];
    }
    return 0;
}

enum { LABELS_MAX = 12 }; /* the generator holds rules to 10, a wildcard and its owner add one each */

/* Where the last labels of name start, rightmost first: at most LABELS_MAX of them, since no rule is longer. */
static size_t label_starts(ct_str name, size_t ret_starts[LABELS_MAX])
{
    size_t n = 0;
    for (size_t i = name.n; n < LABELS_MAX; i--) {
        if (i == 0 || name.p[i - 1] == '.') ret_starts[n++] = i;
        if (i == 0) break;
    }
    return n;
}

/* Labels of the public suffix of name, given the starts of its n last labels; 1 when no rule matches, as the list's
 * algorithm says. */
static size_t suffix_labels(ct_str name, const size_t *starts, size_t n)
{
    size_t longest = ct_psl_table.max_labels + 1; /* a wildcard matches one label more than its name has */
    unsigned flags[LABELS_MAX + 1] = {0};         /* by number of labels */
    uint32_t hash = CT_PSL_HASH;
    if (n < longest) longest = n;
    for (size_t k = 1, i = name.n; k <= longest; k++) {
        while (i > starts[k - 1]) hash = ct_psl_hash(hash, ct_ascii_lower(name.p[--i]));
        flags[k] = suffix_flags(ct_str_slice(name, i, name.n), hash);
    }
    for (size_t k = longest; k > 1; k--) {
        if (flags[k] & CT_PSL_EXCEPTION) return k - 1;
        if (flags[k] & CT_PSL_NORMAL) return k;
        if (flags[k - 1] & CT_PSL_WILDCARD) return k;
    }
    return 1;
}

ct_str ct_registrable(ct_str host)
{
    ct_str name = ct_host_core(host);
    if (name.n == 0 || ct_host_address(name).kind != CT_ADDRESS_NONE) return name;
    size_t starts[LABELS_MAX];
    size_t n = label_starts(name, starts);
    size_t k = suffix_labels(name, starts, n);
    if (k >= n) return name;
    ct_str found = ct_str_slice(name, starts[k], name.n);
    /* An empty label makes it no name at all: nothing to reduce to. */
    if (found.p[0] == '.' || ct_str_find(found, CT_STR("..")) != CT_STR_NONE) return name;
    return found;
}

const char *ct_scanner_label(ct_str host)
{
    ct_str name = ct_host_core(host);
    for (size_t i = 0; i < ct_n_scanner_domains; i++) {
        ct_str d = ct_scanner_domains[i].domain;
        if (name.n < d.n || (name.n > d.n && name.p[name.n - d.n - 1] != '.')) continue;
        if (ct_str_eq_fold(ct_str_slice(name, name.n - d.n, name.n), d)) return ct_scanner_domains[i].label;
    }
    return NULL;
}
