/* poor_kernel WITHOUT[,WITHOUT] PROGRAM [ARGUMENT]...: runs PROGRAM as if the kernel had been built without some of its parts:
 *
 *   tproxy     IP_TRANSPARENT and IPV6_TRANSPARENT are no socket options
 *   nftables   no netlink family of netfilter
 *   packet     no packet sockets
 *   tun        no /dev/net/tun: its ioctl is none
 *
 * A seccomp filter answers as such a kernel does; each is tried before the program starts. Exit status 77: filters cannot be had here; 125: the
 * filter does not work; otherwise the program's own. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A call, two of its arguments, and what the kernel says instead. */
static const struct part {
    const char *name;
    unsigned call, first, first_is, second, second_is; /* which argument is what */
    unsigned error;
} PARTS[] = {
    {"tproxy", SYS_setsockopt, 1, SOL_IP, 2, IP_TRANSPARENT, ENOPROTOOPT},
    {"tproxy", SYS_setsockopt, 1, SOL_IPV6, 2, IPV6_TRANSPARENT, ENOPROTOOPT},
    {"nftables", SYS_socket, 0, AF_NETLINK, 2, NETLINK_NETFILTER, EPROTONOSUPPORT},
    {"packet", SYS_socket, 0, AF_PACKET, 0, AF_PACKET, EAFNOSUPPORT},
    {"tun", SYS_ioctl, 1, 0x400454ca, 1, 0x400454ca, ENOTTY}, /* TUNSETIFF */
};
enum { COUNT = sizeof PARTS / sizeof PARTS[0] };

static bool named(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strncmp(p, name, n) == 0 && (p[n] == 0 || p[n] == ',')) return true;
    return false;
}

static int install(const char *list)
{
    struct sock_filter program[COUNT * 7 + 4];
    unsigned short n = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const struct part *p = &PARTS[i];
        if (!named(list, p->name)) continue;
        const struct sock_filter row[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, p->call, 0, 5),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args) + 8 * p->first),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, p->first_is, 0, 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args) + 8 * p->second),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, p->second_is, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | p->error),
        };
        memcpy(program + n, row, sizeof row);
        n += sizeof row / sizeof row[0];
    }
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {n, program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    if (install(argv[1]) != 0) {
        puts("seccomp filters cannot be had here");
        return 77;
    }
    for (size_t i = 0; i < COUNT; i++) {
        long arguments[6] = {0};
        arguments[PARTS[i].first] = (long)PARTS[i].first_is;
        arguments[PARTS[i].second] = (long)PARTS[i].second_is;
        if (!named(argv[1], PARTS[i].name)) continue;
        if (syscall((long)PARTS[i].call, arguments[0], arguments[1], arguments[2], 0, 0, 0) == -1 && errno == (int)PARTS[i].error) continue;
        fprintf(stderr, "poor_kernel: %s is still there\n", PARTS[i].name);
        return 125;
    }
    (void)execv(argv[2], argv + 2);
    fprintf(stderr, "poor_kernel: %s: %s\n", argv[2], strerror(errno));
    return 125;
}
