#include "fingerprint/state.h"

static const char *const names[CT_STATE_COUNT] = {
#define X(code, name) [CT_STATE_##code] = name,
    CT_STATE_LIST(X)
#undef X
};

const char *ct_state_name(enum ct_state s) { return (unsigned)s < CT_STATE_COUNT ? names[s] : "unknown"; }

bool ct_state_named(ct_str name, enum ct_state *ret_state)
{
    for (unsigned s = 0; s < CT_STATE_COUNT; s++) {
        if (!ct_str_eq(name, ct_str_from(names[s]))) continue;
        *ret_state = (enum ct_state)s;
        return true;
    }
    return false;
}
