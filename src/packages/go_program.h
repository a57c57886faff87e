/* Where an executable keeps Go's build information, and what lies at its addresses: just enough of ELF, PE and Mach-O.
 *
 * Weak sides: universal (multi-architecture) Mach-O files are not opened; packed executables hide what they hold. */
#ifndef CT_PACKAGES_GO_PROGRAM_H
#define CT_PACKAGES_GO_PROGRAM_H

#include "base/bytes_at.h"

enum { CT_PROGRAM_PARTS = 96 }; /* loaded parts kept; executables have under 20, objects with many sections matter to nobody */

struct ct_program_part {
    uint64_t address, at, n; /* in memory, in the file, bytes there */
};

struct ct_program {
    struct ct_program_part parts[CT_PROGRAM_PARTS];
    unsigned parts_n;
    struct ct_program_part info; /* the section made for build information, or the data it may lie in; n 0: none */
};

/* CT_ERR_NOT_FOUND: no executable of these kinds, or one that is cut in its headers. Read errors as they are. */
CT_MUST_USE ct_err ct_program_open(const struct ct_bytes_at *in, struct ct_program *ret_program);
/* The file offset of n bytes at an address; false where nothing is loaded there. */
bool ct_program_find(const struct ct_program *p, uint64_t address, uint64_t n, uint64_t *ret_at);

#endif
