/* Names as an attacker spells them: what is said about them borrows from them and is consistent. */
#include "lookup/jndi.h"
#include "lookup/profile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(ct_str part, ct_str whole)
{
    if (part.n && (part.p < whole.p || part.p + part.n > whole.p + whole.n)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_str name = {data, size};
    struct ct_jndi_target t = ct_jndi_target(name);
    inside(t.scheme, name);
    inside(t.host, name);
    inside(t.path, name);
    if (t.connects == CT_CONNECTS_HOST && t.host.n == 0) abort();
    if (t.connects != CT_CONNECTS_NO && (t.scheme.n == 0 || t.port == 0)) abort();
    if (t.connects == CT_CONNECTS_HOST && ct_str_find(t.host, CT_STR("${")) != CT_STR_NONE) abort();
    (void)ct_jndi_allowed_2_15(name);
    (void)ct_profile_find(name);
    return 0;
}
