/* A JVM as a child with a pipe to each end. Its environment is empty, and its standard error is ours. */
#ifndef CT_TESTS_JVM_H
#define CT_TESTS_JVM_H

#include "base/str.h"

#include <sys/types.h>

#define JVM_WAIT_MS 120000 /* one that says nothing for so long is given up */

struct jvm {
    pid_t pid;
    int to, from;
};

/* args[0] is looked up along PATH; null ends args. */
bool jvm_start(const char *const *args, struct jvm *ret_jvm);
bool jvm_write(const struct jvm *jvm, ct_str s);
/* Up to n bytes; 0: it ended, failed or is too slow. */
size_t jvm_read(const struct jvm *jvm, void *to, size_t n);
/* True when it ended well once its input ended. */
bool jvm_stop(struct jvm *jvm);

/* Runs prepare.sh for folder, which holds classes and jars: 0 ready, 77 cannot (its last line says why), else failed.
 * With REQUIRE=all in the environment 77 becomes 4. */
int jvm_prepare(const char *folder);

#endif
