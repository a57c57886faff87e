#include "os/inroot.h"

#include "base/buf.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* the kernel's own limit */

/* Where we are, and what is still to go. */
struct way {
    int root, at;      /* at: ours to close, unless it is root */
    unsigned links;
    size_t real_n;
    char rest[PATH_MAX];
    char real[PATH_MAX]; /* "/a/b" so far, without the NUL counted in real_n */
};

static ct_err failed(int error_number)
{
    return error_number == ELOOP || error_number == ENAMETOOLONG ? CT_ERR_CAP : ct_sys_err(error_number, CT_ERR_READ);
}

static void go_to(struct way *w, int fd)
{
    if (w->at != w->root) (void)ct_sys->close(w->at);
    w->at = fd;
}

static bool same_place(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static ct_err go_up(struct way *w)
{
    if (w->at == w->root || same_place(w->at, w->root)) return CT_OK;
    int fd = ct_sys->openat(w->at, "..", O_PATH | O_CLOEXEC | O_DIRECTORY, 0);
    if (fd < 0) return failed(errno);
    go_to(w, fd);
    while (w->real_n && w->real[--w->real_n] != '/') {}
    return CT_OK;
}

/* The link's text in front of what is still to go. */
static ct_err follow(struct way *w, int link)
{
    char text[PATH_MAX];
    ssize_t n = readlinkat(link, "", text, sizeof text);
    if (n < 0) return failed(errno);
    if (n == 0) return CT_ERR_NOT_FOUND;
    size_t rest_n = strlen(w->rest), link_n = (size_t)n;
    if (++w->links > LINKS_MAX || link_n + 1 + rest_n + 1 > sizeof w->rest) return CT_ERR_CAP;
    memmove(w->rest + link_n + 1, w->rest, rest_n + 1);
    memcpy(w->rest, text, link_n);
    w->rest[link_n] = '/';
    if (text[0] == '/') {
        go_to(w, w->root);
        w->real_n = 0;
    }
    return CT_OK;
}

static ct_err enter(struct way *w, const char *name)
{
    struct stat st;
    size_t n = strlen(name);
    int fd = ct_sys->openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0) return failed(errno);
    ct_err e = fstat(fd, &st) == 0 ? CT_OK : failed(errno);
    if (e == CT_OK && S_ISLNK(st.st_mode)) {
        e = follow(w, fd);
        (void)ct_sys->close(fd);
        return e;
    }
    if (e == CT_OK && w->real_n + n + 2 > sizeof w->real) e = CT_ERR_CAP;
    if (e != CT_OK) {
        (void)ct_sys->close(fd);
        return e;
    }
    w->real[w->real_n++] = '/';
    memcpy(w->real + w->real_n, name, n);
    w->real_n += n;
    go_to(w, fd);
    return CT_OK;
}

/* The next name into `name`, cut from the front of the rest; false at the end. */
static bool next_name(struct way *w, char name[NAME_MAX + 1], ct_err *e)
{
    char *p = w->rest;
    while (*p == '/') p++;
    size_t n = strcspn(p, "/");
    if (n == 0) return false;
    if (n > NAME_MAX) {
        *e = CT_ERR_CAP;
        return false;
    }
    memcpy(name, p, n);
    name[n] = 0;
    memmove(w->rest, p + n, strlen(p + n) + 1);
    return true;
}

ct_err ct_inroot_open(int root, ct_str path, ct_arena *arena, int *ret_fd, ct_str *ret_real)
{
    struct way w = {.root = root, .at = root};
    char name[NAME_MAX + 1];
    if (ct_str_chr(path, 0) != CT_STR_NONE) return CT_ERR_SYNTAX;
    if (path.n + 1 > sizeof w.rest) return CT_ERR_CAP;
    if (path.n) memcpy(w.rest, path.p, path.n);
    w.rest[path.n] = 0;
    ct_err e = CT_OK;
    while (e == CT_OK && next_name(&w, name, &e)) {
        if (strcmp(name, ".") == 0) continue;
        e = strcmp(name, "..") == 0 ? go_up(&w) : enter(&w, name);
    }
    ct_str real = CT_STR("/");
    if (e == CT_OK && w.at == root) {
        int fd = ct_sys->openat(root, ".", O_PATH | O_CLOEXEC | O_DIRECTORY, 0);
        if (fd < 0) e = failed(errno);
        else w.at = fd;
    }
    if (e == CT_OK && ret_real && w.real_n) e = ct_arena_dup(arena, (ct_str){(unsigned char *)w.real, w.real_n}, &real);
    if (e != CT_OK) {
        go_to(&w, root);
        return e;
    }
    if (ret_real) *ret_real = real;
    *ret_fd = w.at;
    return CT_OK;
}

ct_err ct_inroot_reopen(int place, int *ret_fd, struct stat *ret_stat)
{
    struct stat st;
    char path[64];
    if (fstat(place, &st) != 0) return failed(errno);
    if (!S_ISREG(st.st_mode)) return CT_ERR_UNSUPPORTED;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", place);
    int fd = ct_sys->open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) return failed(errno);
    *ret_fd = fd;
    *ret_stat = st;
    return CT_OK;
}

ct_err ct_inroot_slurp(ct_arena *arena, int dir, const char *name, size_t max, ct_str *ret_text, bool *ret_cut)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, max + 1);
    int fd = ct_sys->openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) return failed(errno);
    ct_err e = CT_OK;
    while (b.n < max) {
        size_t n = max - b.n < 4096 ? max - b.n : 4096;
        unsigned char *to = ct_buf_room(&b, n);
        if (!to) {
            e = b.err;
            break;
        }
        ssize_t got = ct_sys->read(fd, to, n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) e = failed(errno);
        if (got <= 0) break;
        b.n += (size_t)got;
    }
    unsigned char more;
    bool cut = e == CT_OK && b.n == max && ct_sys->read(fd, &more, 1) == 1;
    (void)ct_sys->close(fd);
    if (e != CT_OK) return e;
    *ret_text = ct_buf_view(&b);
    if (!ret_text->p) *ret_text = CT_STR("");
    if (ret_cut) *ret_cut = cut;
    return CT_OK;
}
