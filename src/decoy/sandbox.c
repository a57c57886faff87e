#include "decoy/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 /* the sanitizers' own system calls and address space would have to be let through */
#endif

enum { MEMORY = 512 << 20, CAPS_MAX = 63, SLICE_NS = 400000 };

static void bounding(uint64_t keep)
{
    for (unsigned cap = 0; cap <= CAPS_MAX; cap++)
        if (!(keep >> cap & 1)) (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

void ct_sandbox_drop(uint64_t keep)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    bounding(keep);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capget, &head, data) == 0) {
        for (unsigned i = 0; i < 2; i++) {
            data[i].permitted &= (uint32_t)(keep >> 32 * i);
            data[i].effective &= (uint32_t)(keep >> 32 * i);
            data[i].inheritable = 0;
        }
        (void)syscall(SYS_capset, &head, data);
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static bool no_capability_left(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &head, data) != 0) return false;
    return !(data[0].permitted | data[1].permitted | data[0].effective | data[1].effective);
}

/* --- Landlock: nothing of the file system, no binding, no connecting, no signal outwards --------------------------- */

struct landlock_rules { /* as far as this program knows it */
    uint64_t fs, net, scoped;
};

static int landlock(void)
{
#ifdef SYS_landlock_create_ruleset
    enum { VERSION = 1 };
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);
    if (abi < 1) return 0;
    struct landlock_rules rules = {.fs = (1ull << 13) - 1};
    if (abi >= 2) rules.fs |= 1ull << 13; /* refer */
    if (abi >= 3) rules.fs |= 1ull << 14; /* truncate */
    if (abi >= 4) rules.net = 3;          /* bind, connect */
    if (abi >= 5) rules.fs |= 1ull << 15; /* ioctl of devices */
    if (abi >= 6) rules.scoped = 3;       /* abstract UNIX sockets, signals */
    size_t size = abi >= 6 ? sizeof rules : abi >= 4 ? offsetof(struct landlock_rules, scoped) : offsetof(struct landlock_rules, net);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (fd < 0) return 0;
    long e = syscall(SYS_landlock_restrict_self, fd, 0);
    (void)close(fd);
    return e == 0 ? (int)abi : 0;
#else
    return 0;
#endif
}

/* --- seccomp ------------------------------------------------------------------------------------------------------ */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH
static const unsigned short allowed[] = {
    SYS_read, SYS_write, SYS_recvfrom, SYS_recvmsg, SYS_accept4, SYS_close, SYS_shutdown, SYS_getsockname,
    SYS_getsockopt, SYS_epoll_ctl, SYS_epoll_pwait,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
    SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise, SYS_clock_gettime, SYS_gettimeofday, SYS_getrandom, SYS_futex,
    SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_restart_syscall, SYS_exit, SYS_exit_group, SYS_getpid, SYS_gettid,
    SYS_tgkill, /* abort() */
};
/* With one argument held to what is used: no memory that can be executed; no datagram to an address of its choosing. */
static const struct {
    unsigned short call;
    unsigned char argument;
    uint32_t forbidden; /* bits of its lower half */
    bool zero;          /* both halves must be zero */
} held[] = {
    {SYS_mmap, 2, PROT_EXEC, false},
    {SYS_mprotect, 2, PROT_EXEC, false},
    {SYS_sendto, 4, 0, true},
};

#define AT(member) ((uint32_t)offsetof(struct seccomp_data, member))
#define ARGUMENT(i, high) ((uint32_t)(offsetof(struct seccomp_data, args) + (i) * 8u + ((high) ? 4u : 0u))) /* little endian, both */

/* sendmsg only into the wires: a packet socket, too, would take an address with it. */
static bool filter(const int wires[2])
{
    enum { MAX = 160 };
    struct sock_filter code[MAX];
    unsigned short n = 0;
    const uint32_t kill_it = SECCOMP_RET_KILL_PROCESS;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(arch));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, kill_it);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(nr));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmsg, 0, 5);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(0, 0));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)wires[0], 2, 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)wires[1], 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, kill_it);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        if (held[i].zero) {
            code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, held[i].call, 0, 6);
            code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(held[i].argument, 0));
            code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
            code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(held[i].argument, 1));
            code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
            code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
            code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, kill_it);
        } else {
            code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, held[i].call, 0, 4);
            code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(held[i].argument, 0));
            code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, held[i].forbidden, 1, 0);
            code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
            code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, kill_it);
        }
    }
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, kill_it); /* also x32's numbers */
    struct sock_fprog program = {.len = n, .filter = code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
static bool filter(const int wires[2]) { (void)wires; return false; }
#endif

static bool limits(void)
{
    static const struct rlimit none = {0, 0}, memory = {MEMORY, MEMORY};
    bool ok = setrlimit(RLIMIT_CORE, &none) == 0;
    if (SANITIZED) return ok;
    ok &= setrlimit(RLIMIT_NPROC, &none) == 0;
    return ok & (setrlimit(RLIMIT_AS, &memory) == 0);
}

/* A shorter slice of the processor, at the same weight: what wakes to write a contact down runs ahead of who has a long slice, and no more than before.
 * Kernel 6.12; earlier ones take no notice. */
static void prompt(void)
{
    struct { /* struct sched_attr, which libc does not have */
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime_ns, deadline_ns, period_ns;
    } a = {.size = sizeof a};
    if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) != 0 || a.policy != SCHED_OTHER) return;
    a.size = sizeof a;
    a.runtime_ns = SLICE_NS;
    (void)syscall(SYS_sched_setattr, 0, &a, 0);
}

static bool own_user(unsigned uid)
{
    if (geteuid() != 0) return true; /* whoever started it */
    if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0) return false;
    return setresuid(uid, uid, uid) == 0;
}

void ct_sandbox_enter(const struct ct_decoy_opts *opts, const int wires[2], struct ct_wire_ready *ret_ready)
{
    struct ct_wire_ready r = {0};
    bounding(0); /* while that is still allowed */
    prompt();
    r.uid = own_user(opts->uid);
    ct_sandbox_drop(0);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    r.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    r.no_capability = no_capability_left();
    r.rlimits = limits();
    r.landlock_abi = landlock();
    r.landlock = r.landlock_abi > 0;
    r.seccomp = !SANITIZED && filter(wires);
    *ret_ready = r;
}
