/* Maven's project file, as far as it says who the project is. Properties are resolved inside the file and by what it states of
 * its parent; what is left unresolved counts as not said, so that no "${" ends up in a version. */
#ifndef CT_PACKAGES_POM_H
#define CT_PACKAGES_POM_H

#include "base/arena.h"

struct ct_pom {
    ct_str group, artifact, version; /* group and version: the parent's where the project has none of its own */
    ct_str licence, organisation;
};

/* Parts live in arena or borrow from bytes. CT_ERR_SYNTAX, _TRUNCATED, _CAP: no readable project. */
CT_MUST_USE ct_err ct_pom_read(ct_arena *arena, ct_str bytes, struct ct_pom *ret_pom);

#endif
