/* Inside src/vex: what the readers share. */
#ifndef CT_VEX_VEX_IN_H
#define CT_VEX_VEX_IN_H

#include "text/json_value.h"
#include "vex/statement.h"

struct ct_vex_in {
    ct_arena *arena;
    const struct ct_vex_sink *sink;
    struct ct_fault *fault;
    struct ct_json_lines lines;
};

CT_MUST_USE ct_err ct_vex_csaf(struct ct_vex_in *in, ct_str text);
CT_MUST_USE ct_err ct_vex_openvex(struct ct_vex_in *in, ct_str text);
CT_MUST_USE ct_err ct_vex_cyclonedx(struct ct_vex_in *in, ct_str text);
CT_MUST_USE ct_err ct_vex_cisa(struct ct_vex_in *in, ct_str text);
CT_MUST_USE ct_err ct_vex_table(struct ct_vex_in *in, ct_str text);

void ct_vex_left(struct ct_vex_in *in, uint64_t line, const char *why, ct_str what);
/* v as text; where it is given and no string, a fault. */
CT_MUST_USE ct_err ct_vex_text(struct ct_vex_in *in, const struct ct_json_value *v, ct_str *ret_text);
/* The same, and it is a date. */
CT_MUST_USE ct_err ct_vex_date(struct ct_vex_in *in, const struct ct_json_value *v, ct_str *ret_text);
/* CT_ERR_SYNTAX unless v is of this kind or not given. */
CT_MUST_USE ct_err ct_vex_want(struct ct_vex_in *in, const struct ct_json_value *v, enum ct_json_kind kind);
/* a, "; ", b; one of them where the other is empty. */
CT_MUST_USE ct_err ct_vex_join(struct ct_vex_in *in, ct_str a, ct_str b, ct_str *ret_text);

#endif
