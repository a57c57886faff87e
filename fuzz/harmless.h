/* What every output must be, whatever went in. */
#ifndef CT_FUZZ_HARMLESS_H
#define CT_FUZZ_HARMLESS_H

#include "text/json_in.h"
#include "text/unicode.h"

#include <stdlib.h>

static inline void check(bool ok)
{
    if (!ok) abort();
}

/* Well-formed, no live lookup, no byte that a terminal acts on but line ends. What it compares tells a fuzzer nothing. */
#ifdef __clang__
__attribute__((no_sanitize("coverage")))
#endif
static inline void check_text(ct_str out)
{
    check(ct_utf8_valid(out) && ct_str_find(out, CT_STR("${")) == CT_STR_NONE);
    for (size_t i = 0; i < out.n; i++) check(out.p[i] == '\n' || (out.p[i] >= 0x20 && out.p[i] != 0x7f));
}

static inline void check_json_object(ct_str out)
{
    struct ct_json_in j;
    struct ct_json_token t;
    ct_err e;
    check_text(out);
    ct_json_open(&j, out);
    do e = ct_json_next(&j, &t);
    while (e == CT_OK);
    check(e == CT_ERR_END);
}

#endif
