/* The public suffix list as tools/gen-psl.py lays it out: made at build time, nothing of it lies in the repository. */
#ifndef CT_CAMPAIGN_PSL_H
#define CT_CAMPAIGN_PSL_H

#include "base/str.h"

enum ct_psl_flag {
    CT_PSL_NORMAL = 1,    /* the name is a public suffix */
    CT_PSL_WILDCARD = 2,  /* every name one label below it is */
    CT_PSL_EXCEPTION = 4, /* the name is none, though a wildcard says so */
};

struct ct_psl_table {
    const unsigned char *names;  /* all names, one behind the other, in byte order */
    const uint32_t *starts;      /* n + 1 offsets into names */
    const unsigned char *flags;  /* enum ct_psl_flag */
    size_t n, max_labels;
};
extern const struct ct_psl_table ct_psl_table;

#endif
