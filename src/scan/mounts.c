#include "scan/mounts.h"

#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_MAX = 16 << 20 }; /* hosts with ten thousand containers have some 2 MB */

struct mount {
    ct_str path, type;
};

struct ct_mounts {
    const struct ct_alloc *alloc;
    unsigned char *text;
    size_t text_size;
    struct mount *list;   /* sorted by path; of equal paths the one mounted last comes first */
    size_t n, cap;
};

static const struct {
    const char *type;     /* a name, or a prefix when it ends in '.' */
    enum ct_mount_class class;
    uint64_t magic;       /* 0: none of its own */
} kinds[] = {
    {"nfs", CT_MOUNT_NETWORK, 0x6969}, {"nfs4", CT_MOUNT_NETWORK, 0}, {"cifs", CT_MOUNT_NETWORK, 0xff534d42}, {"smb3", CT_MOUNT_NETWORK, 0xfe534d42},
    {"smbfs", CT_MOUNT_NETWORK, 0x517b}, {"afs", CT_MOUNT_NETWORK, 0x5346414f}, {"ceph", CT_MOUNT_NETWORK, 0xc36400}, {"coda", CT_MOUNT_NETWORK, 0x73757245},
    {"ncpfs", CT_MOUNT_NETWORK, 0x564c}, {"lustre", CT_MOUNT_NETWORK, 0xbd00bd0}, {"gpfs", CT_MOUNT_NETWORK, 0x47504653}, {"gfs2", CT_MOUNT_NETWORK, 0x1161970},
    {"ocfs2", CT_MOUNT_NETWORK, 0x7461636f}, {"9p", CT_MOUNT_NETWORK, 0x1021997}, {"beegfs", CT_MOUNT_NETWORK, 0x19830326}, {"orangefs", CT_MOUNT_NETWORK, 0x20030528},
    {"panfs", CT_MOUNT_NETWORK, 0xaad7aaea}, {"davfs", CT_MOUNT_NETWORK, 0}, {"kafs", CT_MOUNT_NETWORK, 0x6b414653}, {"vboxsf", CT_MOUNT_NETWORK, 0x786f4256},
    {"vmhgfs", CT_MOUNT_NETWORK, 0xbacbacbc}, {"prl_fs", CT_MOUNT_NETWORK, 0}, {"acfs", CT_MOUNT_NETWORK, 0x61636673},
    /* Local ones behind FUSE; any other FUSE file system may lie on another machine. */
    {"fuseblk", CT_MOUNT_LOCAL, 0}, {"fuse.fuse-overlayfs", CT_MOUNT_OVERLAY, 0}, {"fuse.lxcfs", CT_MOUNT_VIRTUAL, 0}, {"fuse.gvfsd-fuse", CT_MOUNT_NETWORK, 0},
    {"fuse.portal", CT_MOUNT_VIRTUAL, 0}, {"fuse.ntfs-3g", CT_MOUNT_LOCAL, 0}, {"fuse.exfat", CT_MOUNT_LOCAL, 0}, {"fuse.", CT_MOUNT_NETWORK, 0},
    {"fuse", CT_MOUNT_NETWORK, 0x65735546}, {"virtiofs", CT_MOUNT_NETWORK, 0},
    {"overlay", CT_MOUNT_OVERLAY, 0x794c7630}, {"aufs", CT_MOUNT_OVERLAY, 0x61756673},
    {"autofs", CT_MOUNT_VIRTUAL, 0x187}, {"proc", CT_MOUNT_VIRTUAL, 0x9fa0}, {"sysfs", CT_MOUNT_VIRTUAL, 0x62656572}, {"devtmpfs", CT_MOUNT_VIRTUAL, 0},
    {"devpts", CT_MOUNT_VIRTUAL, 0x1cd1}, {"cgroup", CT_MOUNT_VIRTUAL, 0x27e0eb}, {"cgroup2", CT_MOUNT_VIRTUAL, 0x63677270}, {"debugfs", CT_MOUNT_VIRTUAL, 0x64626720},
    {"tracefs", CT_MOUNT_VIRTUAL, 0x74726163}, {"securityfs", CT_MOUNT_VIRTUAL, 0x73636673}, {"pstore", CT_MOUNT_VIRTUAL, 0x6165676c}, {"bpf", CT_MOUNT_VIRTUAL, 0xcafe4a11},
    {"configfs", CT_MOUNT_VIRTUAL, 0x62656570}, {"mqueue", CT_MOUNT_VIRTUAL, 0x19800202}, {"hugetlbfs", CT_MOUNT_VIRTUAL, 0x958458f6}, {"selinuxfs", CT_MOUNT_VIRTUAL, 0xf97cff8c},
    {"efivarfs", CT_MOUNT_VIRTUAL, 0xde5e81e4}, {"binfmt_misc", CT_MOUNT_VIRTUAL, 0x42494e4d}, {"fusectl", CT_MOUNT_VIRTUAL, 0x65735543}, {"rpc_pipefs", CT_MOUNT_VIRTUAL, 0x67596969},
    {"nfsd", CT_MOUNT_VIRTUAL, 0x6e667364}, {"nsfs", CT_MOUNT_VIRTUAL, 0x6e736673}, {"smackfs", CT_MOUNT_VIRTUAL, 0x43415d53}, {"resctrl", CT_MOUNT_VIRTUAL, 0x7655821},
    {"apparmorfs", CT_MOUNT_VIRTUAL, 0x5a3c69f0},
};

enum ct_mount_class ct_mount_class_of(ct_str type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ct_str known = ct_str_from(kinds[i].type);
        bool prefix = known.p[known.n - 1] == '.';
        if (prefix ? ct_str_starts(type, known) : ct_str_eq(type, known)) return kinds[i].class;
    }
    return CT_MOUNT_LOCAL;
}

enum ct_mount_class ct_mount_class_by_magic(uint64_t magic, ct_str *ret_type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].magic && kinds[i].magic == (magic & 0xffffffffu)) {
            *ret_type = ct_str_from(kinds[i].type);
            return kinds[i].class;
        }
    *ret_type = CT_STR("");
    return CT_MOUNT_LOCAL;
}

static int by_path(const void *a, const void *b)
{
    const struct mount *x = a, *y = b;
    int order = ct_str_cmp(x->path, y->path);
    /* Of two mounts at one place the later line covers the earlier one. */
    return order ? order : (x->path.p < y->path.p) - (x->path.p > y->path.p);
}

/* "\040" and its like, in place. */
static ct_str unescape(unsigned char *p, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        bool octal = p[i] == '\\' && n - i > 3 && p[i + 1] >= '0' && p[i + 1] <= '3' && p[i + 2] >= '0' && p[i + 2] <= '7' &&
                     p[i + 3] >= '0' && p[i + 3] <= '7';
        if (!octal) {
            p[to++] = p[i];
            continue;
        }
        p[to++] = (unsigned char)((p[i + 1] - '0') * 64 + (p[i + 2] - '0') * 8 + (p[i + 3] - '0'));
        i += 3;
    }
    return (ct_str){p, to};
}

static ct_err add(ct_mounts *m, ct_str path, ct_str type)
{
    if (m->n == m->cap) {
        size_t cap = m->cap ? 2 * m->cap : 64;
        struct mount *list = ct_alloc_get(m->alloc, cap * sizeof *list);
        if (!list) return CT_ERR_NOMEM;
        if (m->n) memcpy(list, m->list, m->n * sizeof *list);
        if (m->list) ct_alloc_put(m->alloc, m->list, m->cap * sizeof *list);
        m->list = list;
        m->cap = cap;
    }
    m->list[m->n++] = (struct mount){path, type};
    return CT_OK;
}

/* proc(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue". */
static ct_err parse(ct_mounts *m, size_t n)
{
    size_t at = 0;
    while (at < n) {
        size_t end = at;
        while (end < n && m->text[end] != '\n') end++;
        ct_str line = {m->text + at, end - at}, rest = line, point = {NULL, 0};
        for (unsigned i = 0; i < 5 && rest.p; i++) point = ct_str_cut(&rest, ' ');
        size_t dash = ct_str_find(rest, CT_STR(" - "));
        if (rest.p && dash != CT_STR_NONE && point.n) {
            rest = ct_str_slice(rest, dash + 3, rest.n);
            ct_str type = ct_str_cut(&rest, ' ');
            CT_TRY(add(m, unescape(m->text + (point.p - m->text), point.n), type));
        }
        at = end + 1;
    }
    if (m->n) qsort(m->list, m->n, sizeof *m->list, by_path);
    return CT_OK;
}

/* A file of /proc has no size: read until it ends. */
static ct_err read_all(ct_mounts *m, const char *path, size_t *ret_n)
{
    size_t n = 0;
    *ret_n = 0;
    int fd = ct_sys->open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return CT_OK;
    ct_err e = CT_OK;
    for (;;) {
        if (n == m->text_size) {
            size_t size = m->text_size ? 2 * m->text_size : 16384;
            unsigned char *text = size > TABLE_MAX ? NULL : ct_alloc_get(m->alloc, size);
            if (!text) {
                e = size > TABLE_MAX ? CT_OK : CT_ERR_NOMEM;
                break;
            }
            if (n) memcpy(text, m->text, n);
            if (m->text) ct_alloc_put(m->alloc, m->text, m->text_size);
            m->text = text;
            m->text_size = size;
        }
        ssize_t got = ct_sys->read(fd, m->text + n, m->text_size - n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        n += (size_t)got;
    }
    (void)ct_sys->close(fd);
    *ret_n = n;
    return e;
}

ct_err ct_mounts_new(const struct ct_alloc *alloc, const char *path, ct_mounts **ret_mounts)
{
    ct_mounts *m = ct_alloc_get(alloc, sizeof *m);
    if (!m) return CT_ERR_NOMEM;
    *m = (ct_mounts){.alloc = alloc};
    size_t n = 0;
    ct_err e = read_all(m, path, &n);
    if (e == CT_OK) e = parse(m, n);
    if (e == CT_OK) *ret_mounts = m;
    else ct_mounts_free(m);
    return e;
}

void ct_mounts_free(ct_mounts *m)
{
    if (!m) return;
    if (m->list) ct_alloc_put(m->alloc, m->list, m->cap * sizeof *m->list);
    if (m->text) ct_alloc_put(m->alloc, m->text, m->text_size);
    ct_alloc_put(m->alloc, m, sizeof *m);
}

bool ct_mounts_at(const ct_mounts *m, ct_str path, ct_str *ret_type)
{
    size_t from = 0, to = m->n;
    while (from < to) { /* the first of equal paths */
        size_t middle = from + (to - from) / 2;
        if (ct_str_cmp(m->list[middle].path, path) < 0) from = middle + 1;
        else to = middle;
    }
    if (from == m->n || !ct_str_eq(m->list[from].path, path)) return false;
    *ret_type = m->list[from].type;
    return true;
}

bool ct_mounts_of(const ct_mounts *m, ct_str path, ct_str *ret_type)
{
    while (path.n) {
        if (ct_mounts_at(m, path, ret_type)) return true;
        size_t slash = ct_str_rchr(path, '/');
        if (slash == CT_STR_NONE) break;
        path.n = slash;
    }
    return ct_mounts_at(m, CT_STR("/"), ret_type);
}
