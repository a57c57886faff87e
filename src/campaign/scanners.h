/* data/scanner-domains.tsv as tools/gen-scanner-domains.py lays it out. */
#ifndef CT_CAMPAIGN_SCANNERS_H
#define CT_CAMPAIGN_SCANNERS_H

#include "base/str.h"

struct ct_scanner_domain {
    ct_str domain; /* lower case */
    const char *label;
};
extern const struct ct_scanner_domain ct_scanner_domains[];
extern const size_t ct_n_scanner_domains;

#endif
