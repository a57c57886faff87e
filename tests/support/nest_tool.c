/* What the walk says about a file, one JSON object per line; names as Latin-1, one character per byte, so that any bytes
 * survive. For the tests against other readers, and for people who wonder.
 *
 *   nest_tool [--pread] [--hold N] [--floor N] [--families N] [--flat] [--names] [--containers] [--peak] FILE
 *
 * --pread: no base pointer; --flat: enter nothing; --names: read no contents; --containers: what the bytes of those entered are, when
 * they are left; --peak: the process's peak memory at the end.
 */
#include "archive/nest.h"
#include "base/blake2b.h"
#include "base/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    bool pread, flat, names, containers, peak;
    unsigned families;
    struct ct_nest_limits limits;
} opt = {.families = CT_FAMILIES_ALL};

static ct_err read_file(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    ssize_t got = pread(*(const int *)ctx, to, n, (off_t)at);
    if (got < 0) return CT_ERR_READ;
    *ret_n = (size_t)got;
    return CT_OK;
}

static void print_latin1(ct_str s)
{
    putchar('"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '$') putchar(c);
        else printf("\\u%04x", c);
    }
    putchar('"');
}

/* Of the containers that are open: what has gone by of each. */
static struct {
    struct ct_blake2b h;
    uint64_t size;
} inside[CT_NEST_DEPTH_MAX + 2];

static void tap(void *ctx, ct_str piece)
{
    unsigned depth = *(const unsigned *)ctx;
    ct_blake2b_add(&inside[depth].h, piece);
    inside[depth].size += piece.n;
}

/* The rest of the current entry, behind what h and size already have. */
static void print_contents(ct_nest *nest, struct ct_blake2b h, uint64_t size)
{
    static unsigned char block[1 << 16];
    size_t got;
    ct_err e;
    while ((e = ct_nest_read(nest, block, sizeof block, &got)) == CT_OK) {
        ct_blake2b_add(&h, (ct_str){block, got});
        size += got;
    }
    unsigned char digest[CT_BLAKE2B_DIGEST];
    ct_blake2b_done(&h, digest);
    printf(",\"read\":%llu,\"blake2b\":\"", (unsigned long long)size);
    for (size_t i = 0; i < sizeof digest; i++) printf("%02x", digest[i]);
    putchar('"');
    if (e != CT_ERR_END) printf(",\"err\":\"%s\"", ct_err_text(e));
}

static void print_event(ct_nest *nest, const struct ct_nest_event *ev, ct_arena *arena)
{
    static const char *const what[] = {"entry", "leave", "oddity"}, *const kinds[] = {"file", "dir", "symlink", "hardlink", "other"};
    struct ct_buf path;
    ct_buf_init(&path, arena, 64u << 20);
    ct_nest_path(nest, &path);
    printf("{\"what\":\"%s\",\"depth\":%u,\"container\":%llu,\"format\":\"%s\",\"path\":", what[ev->what], ev->depth,
           (unsigned long long)ev->container, ct_container_name(ev->format));
    print_latin1(ct_buf_view(&path));
    if (ev->what == CT_NEST_ODDITY) {
        printf(",\"oddity\":\"%s\",\"err\":\"%s\",\"incomplete\":%s,\"offset\":%llu,\"count\":%llu,\"detail\":\"%s\"}\n",
               ct_oddity_text(ev->oddity), ct_err_text(ev->err), ev->incomplete ? "true" : "false", (unsigned long long)ev->offset,
               (unsigned long long)ev->count, ev->detail);
        return;
    }
    if (ev->what == CT_NEST_LEAVE) {
        if (opt.containers) print_contents(nest, inside[ev->depth].h, inside[ev->depth].size);
        printf("}\n");
        return;
    }
    printf(",\"name\":");
    print_latin1(ev->name);
    printf(",\"kind\":\"%s\",\"mtime\":%lld,\"mode\":%u,\"uid\":%u,\"gid\":%u", kinds[ev->kind], (long long)ev->mtime, ev->mode, ev->uid, ev->gid);
    if (ev->size != CT_NEST_SIZE_UNKNOWN) printf(",\"size\":%llu", (unsigned long long)ev->size);
    if (ev->has_crc) printf(",\"crc\":%u", ev->crc);
    if (ev->hidden) printf(",\"hidden\":true");
    if (ev->link.n) {
        printf(",\"link\":");
        print_latin1(ev->link);
    }
    enum ct_container c = CT_CONTAINER_NONE;
    ct_err e = opt.flat ? CT_ERR_NOT_FOUND : ct_nest_sniff(nest, &c);
    static unsigned depths[CT_NEST_DEPTH_MAX + 2];
    depths[ev->depth] = ev->depth;
    ct_blake2b_init(&inside[ev->depth].h);
    inside[ev->depth].size = 0;
    if (!opt.flat) e = ct_nest_enter_tapped(nest, (struct ct_nest_tap){opt.containers ? tap : NULL, &depths[ev->depth]});
    if (e == CT_OK) printf(",\"entered\":true");
    else if (e != CT_ERR_NOT_FOUND) printf(",\"enter_err\":\"%s\"", ct_err_text(e));
    if (e != CT_OK && !opt.names && ev->kind != CT_NEST_DIR) print_contents(nest, inside[ev->depth].h, 0);
    printf("}\n");
}

/* Of this program alone: what getrusage says includes the one that started it. */
static void print_peak(void)
{
    char line[256];
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0) printf("{\"what\":\"peak\",\"kib\":%lu}\n", strtoul(line + 6, NULL, 10));
    if (f) (void)fclose(f);
}

int main(int argc, char **argv)
{
    opt.limits = ct_nest_limits_default;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--pread") == 0) opt.pread = true;
        else if (strcmp(argv[i], "--flat") == 0) opt.flat = true;
        else if (strcmp(argv[i], "--names") == 0) opt.names = true;
        else if (strcmp(argv[i], "--containers") == 0) opt.containers = true;
        else if (strcmp(argv[i], "--peak") == 0) opt.peak = true;
        else if (strcmp(argv[i], "--hold") == 0 && i + 1 < argc) opt.limits.hold_max = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--floor") == 0 && i + 1 < argc) opt.limits.inflated_floor = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--families") == 0 && i + 1 < argc) opt.families = (unsigned)strtoul(argv[++i], NULL, 10);
        else return 2;
    }
    if (i != argc - 1) return 2;
    int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) return 4;
    struct ct_bytes_at bytes = {.read = read_file, .ctx = &fd, .size = (uint64_t)st.st_size};
    void *map = NULL;
    if (!opt.pread && st.st_size > 0) {
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) return 4;
        bytes.base = map;
    }
    const char *slash = strrchr(argv[i], '/');
    ct_nest *nest = NULL;
    ct_arena *arena = NULL;
    if (ct_nest_new(&ct_alloc_libc, &opt.limits, &nest) != CT_OK || ct_arena_new(&ct_alloc_libc, 256u << 20, &arena) != CT_OK) return 4;
    struct ct_nest_event ev;
    ct_err e = ct_nest_open(nest, bytes, ct_str_from(slash ? slash + 1 : argv[i]), opt.families);
    if (e != CT_OK) printf("{\"what\":\"none\",\"err\":\"%s\"}\n", ct_err_text(e));
    while (e == CT_OK && (e = ct_nest_next(nest, &ev)) == CT_OK) {
        print_event(nest, &ev, arena);
        ct_arena_clear(arena);
    }
    if (e == CT_ERR_END) printf("{\"what\":\"end\",\"incomplete\":%s,\"inflated\":%llu}\n", ct_nest_incomplete(nest) ? "true" : "false",
                                (unsigned long long)ct_nest_inflated(nest));
    ct_nest_free(nest);
    ct_arena_free(arena);
    if (map) (void)munmap(map, (size_t)st.st_size);
    (void)close(fd);
    if (opt.peak) print_peak();
    return fflush(stdout) == 0 ? 0 : 4;
}
