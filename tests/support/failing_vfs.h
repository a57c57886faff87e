/* A disk under SQLite that fails: its n-th write, truncation or sync, once or from then on.
 *
 *   failing_vfs_install();                     the default from then on, for every database of this program
 *   failing_vfs_arm(n, persistent); ...; failing_vfs_disarm();
 *
 * Like tests/support/fault_alloc.h, for files. A failed write writes the first half of its bytes: a disk that is full does that.
 */
#ifndef CT_TESTS_FAILING_VFS_H
#define CT_TESTS_FAILING_VFS_H

#include <stdbool.h>

void failing_vfs_install(void);
void failing_vfs_arm(unsigned fail_at, bool persistent);
/* Did something fail since it was armed? */
bool failing_vfs_disarm(void);

#endif
