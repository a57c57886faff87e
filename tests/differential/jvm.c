#include "jvm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool jvm_start(const char *const *args, struct jvm *ret_jvm)
{
    static char *const empty[] = {NULL};
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0) return false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        (void)close(in[0]);
        (void)close(in[1]);
        return false;
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1) (void)execvpe(args[0], (char *const *)(uintptr_t)args, empty);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    if (pid < 0) {
        (void)close(in[1]);
        (void)close(out[0]);
        return false;
    }
    *ret_jvm = (struct jvm){pid, in[1], out[0]};
    return true;
}

bool jvm_write(const struct jvm *jvm, ct_str s)
{
    while (s.n > 0) {
        ssize_t n = write(jvm->to, s.p, s.n);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        s = ct_str_slice(s, (size_t)n, s.n);
    }
    return true;
}

size_t jvm_read(const struct jvm *jvm, void *to, size_t n)
{
    for (;;) {
        struct pollfd p = {.fd = jvm->from, .events = POLLIN};
        int ready = poll(&p, 1, JVM_WAIT_MS);
        ssize_t got = ready > 0 ? read(jvm->from, to, n) : ready;
        if (got < 0 && errno == EINTR) continue;
        return got > 0 ? (size_t)got : 0;
    }
}

bool jvm_stop(struct jvm *jvm)
{
    (void)close(jvm->to);
    struct pollfd p = {.fd = jvm->from, .events = POLLIN};
    /* The end of its output is its end. */
    if (poll(&p, 1, JVM_WAIT_MS) == 0) (void)kill(jvm->pid, SIGKILL);
    (void)close(jvm->from);
    return wait_for(jvm->pid) == 0;
}

int jvm_prepare(const char *folder)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl(CT_DIFFERENTIAL_SOURCE "/prepare.sh", "prepare.sh", folder, (char *)NULL);
        _exit(127);
    }
    int status = pid < 0 ? -1 : wait_for(pid);
    const char *require = getenv("REQUIRE");
    return status == 77 && require && strcmp(require, "all") == 0 ? 4 : status;
}
