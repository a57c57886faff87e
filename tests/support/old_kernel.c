/* old_kernel PROGRAM [ARGUMENT]...: runs PROGRAM as if the kernel were Linux 3.10.
 *
 * A seccomp filter answers ENOSYS for every system call that came later, as such a kernel would. Before the program starts each
 * of them is tried, and must fail in this way. What the filter cannot take back: newer flags of older calls.
 * Exit status 77: filters cannot be had here; 125: the filter does not work; otherwise the program's own.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Name and the kernel that brought it, from the kernel's own history; those that this machine's headers do not know yet have higher
 * numbers than all in here, and fail too. */
static const struct {
    const char *name, *since;
    long number;
} LATER[] = {
#define CALL(name, since) {#name, since, __NR_##name}
    CALL(sched_setattr, "3.14"), CALL(sched_getattr, "3.14"), CALL(renameat2, "3.15"), CALL(seccomp, "3.17"),
    CALL(getrandom, "3.17"), CALL(memfd_create, "3.17"), CALL(kexec_file_load, "3.17"), CALL(bpf, "3.18"),
    CALL(execveat, "3.19"), CALL(userfaultfd, "4.3"), CALL(membarrier, "4.3"), CALL(mlock2, "4.4"),
    CALL(copy_file_range, "4.5"), CALL(preadv2, "4.6"), CALL(pwritev2, "4.6"), CALL(pkey_mprotect, "4.9"),
    CALL(pkey_alloc, "4.9"), CALL(pkey_free, "4.9"), CALL(statx, "4.11"), CALL(io_pgetevents, "4.18"), CALL(rseq, "4.18"),
    CALL(pidfd_send_signal, "5.1"), CALL(io_uring_setup, "5.1"), CALL(io_uring_enter, "5.1"), CALL(io_uring_register, "5.1"),
    CALL(open_tree, "5.2"), CALL(move_mount, "5.2"), CALL(fsopen, "5.2"), CALL(fsconfig, "5.2"), CALL(fsmount, "5.2"),
    CALL(fspick, "5.2"), CALL(pidfd_open, "5.3"), CALL(clone3, "5.3"), CALL(close_range, "5.9"), CALL(openat2, "5.6"),
    CALL(pidfd_getfd, "5.6"), CALL(faccessat2, "5.8"), CALL(process_madvise, "5.10"), CALL(epoll_pwait2, "5.11"),
    CALL(mount_setattr, "5.12"), CALL(landlock_create_ruleset, "5.13"), CALL(landlock_add_rule, "5.13"),
    CALL(landlock_restrict_self, "5.13"),
#undef CALL
};
enum { COUNT = sizeof LATER / sizeof LATER[0], NEWER_THAN_ALL = 445 };

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static int install(void)
{
#ifdef ARCHITECTURE
    static struct sock_filter program[2 * COUNT + 8];
    unsigned short n = 0;
    struct sock_filter load_arch = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    struct sock_filter same_arch = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    struct sock_filter load_number = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS), allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[n++] = load_arch;
    program[n++] = same_arch;
    program[n++] = refuse;
    program[n++] = load_number;
    for (size_t i = 0; i < COUNT; i++) {
        struct sock_filter is = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)LATER[i].number, 0, 1);
        program[n++] = is;
        program[n++] = refuse;
    }
    struct sock_filter beyond = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NEWER_THAN_ALL, 0, 1);
    program[n++] = beyond;
    program[n++] = refuse;
    program[n++] = allow;
    struct sock_fprog filter = {n, program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 ? 0 : -1;
#else
    return -1;
#endif
}

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    if (install() != 0) {
        puts("seccomp filters cannot be had here");
        return 77;
    }
    for (size_t i = 0; i <= COUNT; i++) {
        long number = i < COUNT ? LATER[i].number : NEWER_THAN_ALL + 4;
        if (syscall(number, 0, 0, 0, 0, 0, 0) == -1 && errno == ENOSYS) continue;
        fprintf(stderr, "old_kernel: %s (since %s) did not answer ENOSYS\n", i < COUNT ? LATER[i].name : "a new call", i < COUNT ? LATER[i].since : "?");
        return 125;
    }
    (void)execv(argv[1], argv + 1);
    fprintf(stderr, "old_kernel: %s: %s\n", argv[1], strerror(errno));
    return 125;
}
