/* A directory of its own for each test program, files in it, and the real tools run over them. Everything made here is
 * removed at the end. Failures abort: there is nothing to test then. */
#ifndef CT_TESTS_SCRATCH_H
#define CT_TESTS_SCRATCH_H

#include "base/alloc.h"
#include "base/str.h"
#include "os/sys.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

void scratch_enter(void);                        /* makes the directory and works in it */
void scratch_leave(void);
const char *scratch_path(void);                  /* absolute */

void put_file(const char *path, ct_str content); /* replaces */
void append_file(const char *path, const char *text);
ct_str get_file(const char *path);               /* free with drop_str */
void drop_str(ct_str *s);
int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));       /* exit status of sh -c */
void must_sh(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* aborts unless it is 0 */

/* Ends the program with 77 (skipped) when a tool is missing, or with failure when REQUIRE=all is set. */
void need_tools(const char *const *tools, size_t n);

/* Lines as a web server writes them, n bytes or a few more; the same for the same seed. */
ct_str log_lines(size_t n, uint64_t seed);

/* A table of system calls whose n-th call of the kinds in `which` fails (once, or from then on) with error_number. */
enum { FAIL_READ = 1, FAIL_WRITE = 2, FAIL_FSYNC = 4, FAIL_RENAME = 8, FAIL_OPEN = 16, FAIL_CLOSE = 32 };
void failing_sys(unsigned which, unsigned at, bool persistent, int error_number);
bool failing_sys_done(void); /* puts the kernel's table back; true if some call was made to fail */

#endif
