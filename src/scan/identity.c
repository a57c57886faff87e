#include "scan/identity.h"

#include "base/blake2b.h"
#include "base/buf.h"
#include "base/limits.h"
#include "os/inroot.h"
#include "runtime/cgroup.h"
#include "runtime/procfs.h"
#include "runtime/release_file.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { ADDRESSES_MAX = 64, SMALL = 4096 };

static bool hex_digits(ct_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = ct_ascii_lower(s.p[i]);
        if (!ct_ascii_digit(c) && (c < 'a' || c > 'f')) return false;
    }
    return true;
}

static bool only(ct_str s, const char *bytes)
{
    for (size_t i = 0; i < s.n; i++)
        if (!strchr(bytes, s.p[i]) || s.p[i] == 0) return false;
    return true;
}

bool ct_identity_is_machine_id(ct_str s) { return s.n == 32 && hex_digits(s) && !only(s, "0"); }

bool ct_identity_is_mac(ct_str s)
{
    if (s.n != 17 || only(s, "0:") || only(s, "fF:")) return false;
    for (size_t i = 0; i < 6; i++)
        if (!hex_digits(ct_str_slice(s, 3 * i, 3 * i + 2)) || (i < 5 && s.p[3 * i + 2] != ':')) return false;
    return true;
}

/* What firmware says when nobody gave it a number. */
static bool is_filler(ct_str uuid)
{
    return uuid.n < 32 || only(uuid, "0-") || only(uuid, "fF-") || ct_str_eq_fold(uuid, CT_STR("03000200-0400-0500-0006-000700080009"));
}

static int by_bytes(const void *a, const void *b) { return ct_str_cmp(*(const ct_str *)a, *(const ct_str *)b); }

static void add_folded(struct ct_blake2b *h, ct_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = ct_ascii_lower(s.p[i]);
        ct_blake2b_add(h, (ct_str){&c, 1});
    }
    ct_blake2b_add(h, CT_STR("\0"));
}

ct_err ct_identity_hardware(ct_arena *arena, ct_str uuid, ct_str *macs, size_t n_macs, ct_str *ret_id)
{
    struct ct_blake2b h;
    unsigned char digest[CT_BLAKE2B_DIGEST];
    bool filler = is_filler(uuid);
    *ret_id = (ct_str){0};
    if (filler && n_macs == 0) return CT_OK;
    if (n_macs) qsort(macs, n_macs, sizeof *macs, by_bytes);
    ct_blake2b_init(&h);
    ct_blake2b_add(&h, CT_STR("caltrop hardware 1\0"));
    add_folded(&h, filler ? CT_STR("") : uuid);
    for (size_t i = 0; i < n_macs; i++) add_folded(&h, macs[i]);
    ct_blake2b_done(&h, digest);
    struct ct_buf b;
    ct_buf_init(&b, arena, 64);
    for (size_t i = 0; i < sizeof digest; i++) ct_buf_printf(&b, "%02x", digest[i]);
    return ct_buf_str(&b, ret_id);
}

enum ct_same_machine ct_identity_same(ct_str hardware_a, ct_str network_a, ct_str hardware_b, ct_str network_b)
{
    if (hardware_a.n == 0 || hardware_b.n == 0) return CT_SAME_MACHINE_UNKNOWN;
    bool weak = ct_str_eq(hardware_a, network_a) || ct_str_eq(hardware_b, network_b);
    bool same = ct_str_eq(hardware_a, hardware_b) || (weak && network_a.n && ct_str_eq(network_a, network_b));
    return same ? CT_SAME_MACHINE_YES : CT_SAME_MACHINE_NO;
}

/* A one-line file; empty when it cannot be had. */
static ct_err line_of(ct_arena *arena, const char *path, ct_str *ret_line)
{
    ct_str text;
    ct_err e = ct_inroot_slurp(arena, AT_FDCWD, path, SMALL, &text, NULL);
    if (e == CT_OK) *ret_line = ct_str_trim(ct_str_slice(text, 0, ct_str_chr(text, '\n')));
    return e == CT_ERR_NOMEM ? e : CT_OK;
}

static ct_err read_os(ct_arena *arena, struct ct_scan_identity *who)
{
    ct_str text;
    ct_err e = ct_inroot_slurp(arena, AT_FDCWD, "/etc/os-release", CT_PROCESS_TEXT_MAX, &text, NULL);
    if (e != CT_OK && e != CT_ERR_NOMEM) e = ct_inroot_slurp(arena, AT_FDCWD, "/usr/lib/os-release", CT_PROCESS_TEXT_MAX, &text, NULL);
    if (e != CT_OK) return e == CT_ERR_NOMEM ? e : CT_OK;
    struct {
        ct_str name, *to;
    } wanted[] = {{CT_STR("ID"), &who->os_id}, {CT_STR("PRETTY_NAME"), &who->os_name}, {CT_STR("VERSION_ID"), &who->os_version}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (ct_release_value(arena, text, wanted[i].name, wanted[i].to) == CT_ERR_NOMEM) return CT_ERR_NOMEM;
    return CT_OK;
}

/* Which kind of container this program runs in, if any. */
static ct_err read_container(ct_arena *arena, struct ct_scan_identity *who)
{
    ct_str text = {0};
    CT_TRY(line_of(arena, "/run/systemd/container", &text));
    if (!text.n) { /* the first process was told, where we may read that */
        ct_str environment = {0}, entry, value;
        if (ct_inroot_slurp(arena, AT_FDCWD, "/proc/1/environ", CT_PROCESS_TEXT_MAX, &environment, NULL) == CT_ERR_NOMEM) return CT_ERR_NOMEM;
        while (!text.n && ct_proc_entry_next(&environment, &entry))
            if (ct_proc_entry_is(entry, CT_STR("container"), &value)) text = value;
    }
    if (!text.n && access("/run/.containerenv", F_OK) == 0) text = CT_STR("podman");
    if (!text.n && access("/.dockerenv", F_OK) == 0) text = CT_STR("docker");
    if (!text.n) {
        struct ct_cgroup g = {.runtime = ""};
        ct_str groups = {0}, mounts = {0};
        ct_err e = ct_inroot_slurp(arena, AT_FDCWD, "/proc/self/cgroup", CT_PROCESS_TEXT_MAX, &groups, NULL);
        if (e == CT_OK) ct_cgroup_parse(groups, &g);
        if (e != CT_ERR_NOMEM) e = ct_inroot_slurp(arena, AT_FDCWD, "/proc/self/mountinfo", CT_PROCESS_TEXT_MAX, &mounts, NULL);
        if (e == CT_OK) ct_cgroup_from_mounts(mounts, &g);
        if (e == CT_ERR_NOMEM) return e;
        text = ct_str_from(g.runtime);
    }
    who->container = text;
    return CT_OK;
}

static ct_err add_mac(ct_arena *arena, const char *name, bool real, ct_str *macs, size_t *n)
{
    char path[320];
    ct_str mac = {0};
    (void)snprintf(path, sizeof path, "/sys/class/net/%s/device", name);
    if (real != (access(path, F_OK) == 0)) return CT_OK;
    (void)snprintf(path, sizeof path, "/sys/class/net/%s/address", name);
    CT_TRY(line_of(arena, path, &mac));
    for (size_t i = 0; i < *n; i++)
        if (ct_str_eq(macs[i], mac)) return CT_OK;
    if (ct_identity_is_mac(mac) && *n < ADDRESSES_MAX) macs[(*n)++] = mac;
    return CT_OK;
}

/* Addresses of cards; where there is none (in a container) those of its virtual interfaces. */
static ct_err read_macs(ct_arena *arena, ct_str *macs, size_t *ret_n)
{
    size_t n = 0;
    for (int real = 1; real >= 0 && n == 0; real--) {
        DIR *d = opendir("/sys/class/net");
        const struct dirent *entry;
        ct_err e = CT_OK;
        while (d && e == CT_OK && (entry = readdir(d)))
            if (entry->d_name[0] != '.') e = add_mac(arena, entry->d_name, real, macs, &n);
        if (d) (void)closedir(d);
        CT_TRY(e);
    }
    *ret_n = n;
    return CT_OK;
}

/* Text of an address that others could reach; false for loopback, link-local and what is no address. */
static bool address_text(const struct sockaddr *a, char text[INET6_ADDRSTRLEN])
{
    if (a && a->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, a, sizeof v4);
        uint32_t n = ntohl(v4.sin_addr.s_addr);
        return n >> 24 != 127 && n >> 16 != 0xA9FE && n && inet_ntop(AF_INET, &v4.sin_addr, text, INET6_ADDRSTRLEN);
    }
    if (!a || a->sa_family != AF_INET6) return false;
    struct sockaddr_in6 v6;
    memcpy(&v6, a, sizeof v6);
    return !IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) && !IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr) && inet_ntop(AF_INET6, &v6.sin6_addr, text, INET6_ADDRSTRLEN);
}

static ct_err read_addresses(ct_arena *arena, ct_str *list, size_t *ret_n)
{
    struct ifaddrs *all = NULL;
    size_t n = 0;
    ct_err e = CT_OK;
    if (getifaddrs(&all) != 0) return CT_OK;
    for (const struct ifaddrs *i = all; i && n < ADDRESSES_MAX && e == CT_OK; i = i->ifa_next) {
        char text[INET6_ADDRSTRLEN];
        if (!address_text(i->ifa_addr, text)) continue;
        e = ct_arena_dup(arena, ct_str_from(text), &list[n]);
        if (e == CT_OK) n++;
    }
    freeifaddrs(all);
    if (n) qsort(list, n, sizeof *list, by_bytes);
    *ret_n = n;
    return e;
}

ct_err ct_scan_identify(ct_arena *arena, struct ct_scan_identity *ret_who)
{
    struct ct_scan_identity who = {0};
    struct utsname u;
    ct_str uuid = {0}, *macs = ct_arena_array(arena, ADDRESSES_MAX, sizeof *macs), *addresses = ct_arena_array(arena, ADDRESSES_MAX, sizeof *addresses);
    if (!macs || !addresses) return CT_ERR_NOMEM;
    CT_TRY(line_of(arena, "/etc/machine-id", &who.machine_id));
    if (!ct_identity_is_machine_id(who.machine_id)) CT_TRY(line_of(arena, "/var/lib/dbus/machine-id", &who.machine_id));
    if (!ct_identity_is_machine_id(who.machine_id)) who.machine_id = (ct_str){0};
    CT_TRY(line_of(arena, "/proc/sys/kernel/random/boot_id", &who.boot_id));
    CT_TRY(line_of(arena, "/sys/class/dmi/id/product_uuid", &uuid));
    if (!uuid.n) CT_TRY(line_of(arena, "/sys/hypervisor/uuid", &uuid));
    if (uname(&u) == 0) {
        CT_TRY(ct_arena_dup(arena, ct_str_from(u.nodename), &who.name));
        CT_TRY(ct_arena_dup(arena, ct_str_from(u.release), &who.kernel));
        CT_TRY(ct_arena_dup(arena, ct_str_from(u.machine), &who.architecture));
    }
    CT_TRY(read_os(arena, &who));
    CT_TRY(read_container(arena, &who));
    CT_TRY(read_macs(arena, macs, &who.n_macs));
    CT_TRY(read_addresses(arena, addresses, &who.n_addresses));
    CT_TRY(ct_identity_hardware(arena, uuid, macs, who.n_macs, &who.hardware_id));
    who.macs = macs;
    who.addresses = addresses;
    *ret_who = who;
    return CT_OK;
}
