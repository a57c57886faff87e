#include "base/err.h"

static const struct {
    const char *text;
    int status;
} table[] = {
#define X(name, text, status) [CT_ERR_##name] = {text, status},
    CT_ERR_LIST(X)
#undef X
};

const char *ct_err_text(ct_err e) { return (unsigned)e < sizeof table / sizeof *table ? table[e].text : "unknown error"; }

int ct_err_exit(ct_err e) { return (unsigned)e < sizeof table / sizeof *table ? table[e].status : 4; }
