#include "scan/image.h"

#include "base/limits.h"
#include "os/sys.h"
#include "scan/image_list.h"
#include "scan/image_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIST_STORE = 24 << 20, SCRATCH_MAX = 64 << 20, LOOK_EVERY = 256, LINK_HOPS = 4 };

struct ct_image {
    const struct ct_alloc *alloc;
    const char *path;
    int fd;                  /* the tar, or the folder of a layout */
    bool folder;
    uint64_t size;
    ct_arena *arena;
    ct_nest *nest;
    struct ct_image_list list;
};

/* A file of the image that is read when all layers were seen. */
struct kept {
    struct kept *next;
    enum ct_packages_kind kind;
    ct_str path;
    uint64_t offset, size;
};

struct scan {
    ct_image *image;
    const struct ct_image_entry_list *entry;
    struct ct_inspect_opts opts;
    struct ct_packages_os os;
    ct_scan_report *report;
    ct_inspector *inspector;
    struct ct_loose loose;
    ct_image_view *view;
    ct_arena *arena, *scratch;
    int spool;               /* unlinked; -1 until needed */
    uint64_t spooled;
    struct kept *kept, **last_kept;
    size_t layer;            /* from the top */
    bool view_full;
    uint64_t seen;
    void (*progress)(void *ctx, double done, uint64_t files);
    void *ctx;
    struct ct_buf path;
};

static ct_err read_fd(int fd, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = ct_sys->pread(fd, (unsigned char *)to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return ct_sys_err(errno, CT_ERR_READ);
        if (got == 0) break;
        done += (size_t)got;
    }
    *ret_n = done;
    return CT_OK;
}

static ct_err read_at(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n) { return read_fd(*(int *)ctx, at, to, n, ret_n); }

/* Names come from the image: only those that stay in its folder are opened, and no link is followed. */
static ct_err open_in_folder(const ct_image *image, ct_str name, int *ret_fd, uint64_t *ret_size)
{
    char z[4096];
    struct stat st;
    if (name.n == 0 || name.n >= sizeof z || name.p[0] == '/' || ct_str_find(name, CT_STR("..")) != CT_STR_NONE) return CT_ERR_NOT_FOUND;
    memcpy(z, name.p, name.n);
    z[name.n] = 0;
    int fd = ct_sys->openat(image->fd, z, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) return ct_sys_err(errno, CT_ERR_READ);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)ct_sys->close(fd);
        return CT_ERR_NOT_FOUND;
    }
    *ret_fd = fd;
    *ret_size = (uint64_t)st.st_size;
    return CT_OK;
}

static ct_err load_from_tar(ct_image *image, ct_arena *arena, ct_str name, ct_str *ret_bytes)
{
    struct ct_bytes_at bytes = {.read = read_at, .ctx = &image->fd, .size = image->size};
    struct ct_nest_event ev;
    ct_err e = ct_nest_open(image->nest, bytes, CT_STR("image"), CT_FAMILY_TAR | CT_FAMILY_CODEC);
    while (e == CT_OK && (e = ct_nest_next(image->nest, &ev)) == CT_OK) {
        if (ev.what != CT_NEST_ENTRY || ev.kind != CT_NEST_FILE) continue;
        if (ev.format >= CT_CONTAINER_GZIP) e = ct_nest_enter(image->nest); /* the codec around the tar */
        else if (ct_inspect_entry_is(ev.name, name)) return ct_nest_load(image->nest, arena, CT_IMAGE_JSON_MAX, ret_bytes);
    }
    return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
}

static ct_err load(void *ctx, ct_arena *arena, ct_str name, ct_str *ret_bytes)
{
    ct_image *image = ctx;
    int fd;
    uint64_t size;
    if (!image->folder) return load_from_tar(image, arena, name, ret_bytes);
    CT_TRY(open_in_folder(image, name, &fd, &size));
    unsigned char *p = size > CT_IMAGE_JSON_MAX ? NULL : ct_arena_alloc(arena, (size_t)size);
    size_t got = 0;
    ct_err e = p ? read_fd(fd, 0, p, (size_t)size, &got) : size > CT_IMAGE_JSON_MAX ? CT_ERR_CAP : CT_ERR_NOMEM;
    (void)ct_sys->close(fd);
    if (e == CT_OK) *ret_bytes = (ct_str){p, got};
    return e;
}

ct_err ct_image_open(const struct ct_alloc *alloc, const char *path, ct_image **ret_image, struct ct_fault *fault)
{
    struct stat st;
    int fd = ct_sys->open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "%s", strerror(errno));
    if (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
        (void)ct_sys->close(fd);
        return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "neither a file nor a folder");
    }
    ct_image *image = ct_alloc_get(alloc, sizeof *image);
    if (!image) {
        (void)ct_sys->close(fd);
        return CT_ERR_NOMEM;
    }
    *image = (ct_image){.alloc = alloc, .path = path, .fd = fd, .folder = S_ISDIR(st.st_mode), .size = (uint64_t)st.st_size};
    ct_err e = ct_arena_new(alloc, LIST_STORE, &image->arena);
    if (e == CT_OK) e = ct_nest_new(alloc, &ct_nest_limits_default, &image->nest);
    if (e == CT_OK) e = ct_image_list(image->arena, load, image, &image->list, fault);
    if (e == CT_OK) *ret_image = image;
    else ct_image_close(image);
    return e;
}

void ct_image_close(ct_image *image)
{
    if (!image) return;
    ct_nest_free(image->nest);
    ct_arena_free(image->arena);
    (void)ct_sys->close(image->fd);
    ct_alloc_put(image->alloc, image, sizeof *image);
}

size_t ct_image_count(const ct_image *image) { return image->list.n; }

static void look(struct scan *s)
{
    if (s->progress) s->progress(s->ctx, (double)s->layer / (double)(s->entry->n_layers ? s->entry->n_layers : 1), s->seen);
}

static ct_err shows(void *ctx, const struct ct_nest_event *ev, ct_str *ret_path, bool *ret_shown)
{
    struct scan *s = ctx;
    if (++s->seen % LOOK_EVERY == 0) look(s);
    *ret_shown = false;
    s->path.n = 0;
    s->path.err = CT_OK; /* of the one before: each file is told of by itself */
    bool named = ct_image_path(&s->path, ev->name);
    if (s->path.err == CT_ERR_NOMEM) return s->path.err;
    if (s->path.err) ct_scan_report_note(s->report, ct_str_slice(ev->name, 0, 256), true, "a path over %u bytes: not looked at", CT_IMAGE_PATH_MAX);
    if (!named || s->path.err) return CT_OK;
    *ret_path = ct_buf_view(&s->path);
    enum ct_image_entry kind = ev->kind == CT_NEST_DIR ? CT_IMAGE_DIR : ev->kind == CT_NEST_FILE ? CT_IMAGE_FILE : CT_IMAGE_OTHER;
    ct_err e = ct_image_view_add(s->view, *ret_path, kind, ret_shown);
    if (e == CT_ERR_CAP && !s->view_full) {
        s->view_full = true;
        ct_scan_report_note(s->report, CT_STR(""), false, "more files than can be told apart: some that a layer removed may be reported");
    }
    if (e == CT_OK && *ret_shown && ev->kind == CT_NEST_HARDLINK) {
        struct ct_buf target;
        ct_buf_init(&target, s->scratch, CT_IMAGE_PATH_MAX);
        if (ct_image_path(&target, ev->link) && !ct_image_view_shows(s->view, ct_buf_view(&target)))
            ct_scan_report_note(s->report, *ret_path, true, "a hard link to a file that a layer above hides: not looked at");
        ct_arena_clear(s->scratch);
    }
    return e == CT_ERR_NOMEM ? e : CT_OK;
}

/* Room on disk, gone with us; where nothing can be written, memory. */
static int open_spool(void)
{
    const char *dir = getenv("TMPDIR");
    int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd < 0 ? memfd_create("caltrop", MFD_CLOEXEC) : fd;
}

struct part {
    int fd;
    uint64_t offset;
};

static ct_err read_part(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    const struct part *p = ctx;
    return read_fd(p->fd, p->offset + at, to, n, ret_n);
}

static ct_err on_component(void *ctx, const struct ct_component *c)
{
    struct scan *s = ctx;
    ct_scan_report_component(s->report, c, NULL);
    return CT_OK;
}

static ct_err spool(struct scan *s, ct_nest *nest, uint64_t *ret_size)
{
    unsigned char bytes[16384];
    uint64_t at = s->spooled;
    if (s->spool < 0 && (s->spool = open_spool()) < 0) return CT_ERR_WRITE;
    for (;;) {
        size_t n;
        ct_err e = ct_nest_read(nest, bytes, sizeof bytes, &n);
        if (e == CT_ERR_END) break;
        CT_TRY(e);
        for (size_t done = 0; done < n;) {
            ssize_t put = pwrite(s->spool, bytes + done, n - done, (off_t)(at + done));
            if (put < 0 && errno == EINTR) continue;
            if (put <= 0) return CT_ERR_WRITE;
            done += (size_t)put;
        }
        at += n;
    }
    *ret_size = at - s->spooled;
    return CT_OK;
}

/* The write-ahead log that lies beside a database. */
static const struct kept *log_of(const struct scan *s, const struct kept *database)
{
    for (const struct kept *k = s->kept; k; k = k->next) {
        bool beside = k->kind == CT_PACKAGES_RPM_LOG && k->path.n == database->path.n + 4 && ct_str_starts(k->path, database->path);
        if (beside) return k;
    }
    return NULL;
}

static ct_err read_kept(struct scan *s, const struct kept *k)
{
    struct part part = {s->spool, k->offset};
    struct ct_bytes_at bytes = {.read = read_part, .ctx = &part, .size = k->size};
    struct ct_packages_in in = {.kind = k->kind, .path = k->path, .os = &s->os};
    struct ct_fault fault = {0};
    ct_err e;
    ct_arena_clear(s->scratch);
    if (k->kind == CT_PACKAGES_RPM_LOG) return CT_OK; /* read with its database */
    if (k->kind == CT_PACKAGES_RPM_SQLITE) {
        const struct kept *log = log_of(s, k);
        struct part log_part = {s->spool, log ? log->offset : 0};
        struct ct_bytes_at wal = {.read = read_part, .ctx = &log_part, .size = log ? log->size : 0};
        e = ct_packages_read_sqlite(s->scratch, &in, &bytes, log ? &wal : NULL, on_component, s, &fault);
    } else if (ct_packages_is_random(k->kind)) {
        e = ct_packages_read_at(s->scratch, &in, &bytes, on_component, s, &fault);
    } else if (k->size > ct_packages_max(k->kind)) {
        e = ct_fault_set(&fault, CT_ERR_CAP, 0, "package metadata over %zu bytes", ct_packages_max(k->kind));
    } else {
        unsigned char *p = ct_arena_alloc(s->scratch, (size_t)k->size);
        e = p ? ct_bytes_at_exact(&bytes, 0, p, (size_t)k->size) : CT_ERR_NOMEM;
        if (e == CT_OK) e = ct_packages_read(s->scratch, &in, (ct_str){p, (size_t)k->size}, on_component, s, &fault);
    }
    if (e != CT_OK && e != CT_ERR_NOT_FOUND)
        ct_scan_report_note(s->report, k->path, true, "%s%s%s", ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
    return CT_OK;
}

static ct_err keep(void *ctx, ct_nest *nest, enum ct_packages_kind kind, ct_str path)
{
    struct scan *s = ctx;
    struct kept k = {.kind = kind, .path = path, .offset = s->spooled};
    if (!s->opts.components && kind != CT_PACKAGES_OS_RELEASE) return CT_OK;
    ct_err e = spool(s, nest, &k.size);
    if (e == CT_ERR_NOMEM) return e;
    if (e != CT_OK) {
        ct_scan_report_note(s->report, path, true, "package metadata: %s", ct_err_text(e));
        return CT_OK;
    }
    if (kind == CT_PACKAGES_GO) return read_kept(s, &k); /* its room is used again */
    struct kept *item = ct_arena_alloc(s->arena, sizeof *item);
    if (!item) return CT_ERR_NOMEM;
    *item = k;
    CT_TRY(ct_arena_dup(s->arena, path, &item->path));
    s->spooled += k.size;
    *s->last_kept = item;
    s->last_kept = &item->next;
    return CT_OK;
}

static ct_err find_os(struct scan *s)
{
    static const ct_str places[] = {CT_STR_INIT("/etc/os-release"), CT_STR_INIT("/usr/lib/os-release")};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (const struct kept *k = s->kept; k; k = k->next) {
            if (k->kind != CT_PACKAGES_OS_RELEASE || !ct_str_eq(k->path, places[i]) || k->size > 65536) continue;
            struct part part = {s->spool, k->offset};
            struct ct_bytes_at bytes = {.read = read_part, .ctx = &part, .size = k->size};
            unsigned char *p = ct_arena_alloc(s->report->arena, (size_t)k->size + 1);
            if (!p) return CT_ERR_NOMEM;
            if (ct_bytes_at_exact(&bytes, 0, p, (size_t)k->size) != CT_OK) continue;
            CT_TRY(ct_packages_os(s->report->arena, (ct_str){p, (size_t)k->size}, &s->os));
            struct ct_scan_identity *who = &s->report->host.who;
            who->os_id = s->os.id;
            who->os_name = s->os.pretty_name;
            who->os_version = s->os.version_id;
            who->kernel = CT_STR("");
            return CT_OK;
        }
    return CT_OK;
}

/* The place that a link at `name` leads to, within the image. */
static ct_err beside(ct_arena *arena, ct_str name, ct_str link, ct_str *ret_name)
{
    struct ct_buf b, clean;
    size_t slash = ct_str_rchr(name, '/');
    if (link.n == 0 || link.p[0] == '/') return CT_ERR_NOT_FOUND;
    ct_buf_init(&b, arena, CT_IMAGE_PATH_MAX);
    ct_buf_init(&clean, arena, CT_IMAGE_PATH_MAX);
    if (slash != CT_STR_NONE) ct_buf_add(&b, ct_str_slice(name, 0, slash + 1));
    ct_buf_add(&b, link);
    CT_TRY(b.err);
    if (!ct_image_path(&clean, ct_buf_view(&b)) || clean.err) return clean.err ? clean.err : CT_ERR_NOT_FOUND;
    *ret_name = ct_str_slice(ct_buf_view(&clean), 1, clean.n);
    return CT_OK;
}

/* A layer that occurs twice is saved once, and a symbolic link in the place of the other. */
static ct_err follow(struct scan *s, ct_str name, ct_str *ret_name)
{
    ct_image *image = s->image;
    char z[CT_IMAGE_PATH_MAX], link[CT_IMAGE_PATH_MAX];
    struct ct_nest_event ev;
    if (image->folder) {
        if (name.n >= sizeof z) return CT_ERR_NOT_FOUND;
        memcpy(z, name.p, name.n);
        z[name.n] = 0;
        ssize_t n = readlinkat(image->fd, z, link, sizeof link);
        return n > 0 ? beside(s->arena, name, (ct_str){(unsigned char *)link, (size_t)n}, ret_name) : CT_ERR_NOT_FOUND;
    }
    struct ct_bytes_at bytes = {.read = read_at, .ctx = &image->fd, .size = image->size};
    ct_err e = ct_nest_open(image->nest, bytes, CT_STR("image"), CT_FAMILY_TAR | CT_FAMILY_CODEC);
    while (e == CT_OK && (e = ct_nest_next(image->nest, &ev)) == CT_OK) {
        if (ev.what != CT_NEST_ENTRY) continue;
        if (ev.format >= CT_CONTAINER_GZIP) e = ct_nest_enter(image->nest);
        else if (ev.kind == CT_NEST_SYMLINK && ct_inspect_entry_is(ev.name, name)) return beside(s->arena, name, ev.link, ret_name);
    }
    return e == CT_ERR_NOMEM ? e : CT_ERR_NOT_FOUND;
}

static ct_err scan_layer(struct scan *s, ct_str name)
{
    const struct ct_inspect_tree tree = {s, shows, keep};
    ct_image *image = s->image;
    if (!image->folder) {
        struct ct_bytes_at bytes = {.read = read_at, .ctx = &image->fd, .size = image->size};
        return ct_inspector_tree(s->inspector, bytes, name, &tree);
    }
    int fd;
    uint64_t size;
    CT_TRY(open_in_folder(image, name, &fd, &size));
    struct ct_bytes_at bytes = {.read = read_at, .ctx = &fd, .size = size};
    ct_err e = ct_inspector_tree(s->inspector, bytes, CT_STR(""), &tree);
    (void)ct_sys->close(fd);
    return e;
}

static ct_err scan_layers(struct scan *s)
{
    size_t n = s->entry->n_layers;
    for (s->layer = 0; s->layer < n; s->layer++) {
        ct_str name = s->entry->layers[n - 1 - s->layer];
        look(s);
        ct_err e = scan_layer(s, name);
        for (unsigned hops = 0; e != CT_OK && e != CT_ERR_NOMEM && e != CT_ERR_INTERRUPTED && hops < LINK_HOPS; hops++) {
            ct_err linked = follow(s, name, &name);
            if (linked == CT_ERR_NOMEM) return linked;
            if (linked != CT_OK) break;
            e = scan_layer(s, name);
        }
        if (e == CT_ERR_NOMEM || e == CT_ERR_INTERRUPTED) return e;
        if (e == CT_ERR_NOT_FOUND) ct_scan_report_note(s->report, name, true, "a layer that is not in the file, or no archive");
        else if (e != CT_OK) ct_scan_report_note(s->report, name, true, "layer not read to its end: %s", ct_err_text(e));
        ct_image_view_below(s->view);
    }
    return CT_OK;
}

static ct_err describe(struct scan *s)
{
    struct ct_scan_host *h = &s->report->host;
    const struct ct_image_entry_list *e = s->entry;
    ct_arena *arena = s->report->arena;
    CT_TRY(ct_arena_dup(arena, e->n_tags ? e->tags[0] : ct_str_from(s->image->path), &h->image));
    CT_TRY(ct_arena_dup(arena, e->digest, &h->image_digest));
    ct_str *tags = ct_arena_array(arena, e->n_tags + 1, sizeof *tags), *roots = ct_arena_array(arena, 1, sizeof *roots);
    if (!tags || !roots) return CT_ERR_NOMEM;
    for (size_t i = 0; i < e->n_tags; i++) CT_TRY(ct_arena_dup(arena, e->tags[i], &tags[i]));
    CT_TRY(ct_arena_dup(arena, ct_str_from(s->image->path), &roots[0]));
    h->image_tags = tags;
    h->n_image_tags = e->n_tags;
    h->roots = roots;
    h->n_roots = 1;
    h->processes = "no";
    return CT_OK;
}

static ct_err run(struct scan *s)
{
    CT_TRY(describe(s));
    CT_TRY(ct_arena_new(s->image->alloc, SCRATCH_MAX, &s->scratch));
    CT_TRY(ct_arena_new(s->image->alloc, SCRATCH_MAX, &s->arena));
    ct_buf_init(&s->path, s->arena, CT_IMAGE_PATH_MAX);
    CT_TRY(ct_image_view_new(s->image->alloc, &s->view));
    CT_TRY(ct_loose_init(&s->loose, s->image->alloc, s->opts.fingerprints));
    s->opts.os = &s->os;
    CT_TRY(ct_inspector_new(s->image->alloc, &s->opts, s->report, &s->loose, &s->inspector));
    CT_TRY(scan_layers(s));
    CT_TRY(find_os(s));
    for (const struct kept *k = s->kept; k; k = k->next)
        if (k->kind != CT_PACKAGES_OS_RELEASE) CT_TRY(read_kept(s, k));
    return ct_loose_judge(&s->loose, s->report, s->opts.components);
}

ct_err ct_image_scan(ct_image *image, size_t n, const struct ct_inspect_opts *opts, ct_scan_report *report,
                     void (*progress)(void *ctx, double done, uint64_t files), void *ctx)
{
    struct scan *s = ct_alloc_get(image->alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    *s = (struct scan){.image = image, .entry = &image->list.images[n], .opts = *opts, .report = report, .spool = -1, .progress = progress, .ctx = ctx};
    s->last_kept = &s->kept;
    ct_err e = run(s);
    if (e == CT_ERR_INTERRUPTED) report->interrupted = true;
    ct_inspector_free(s->inspector);
    ct_loose_done(&s->loose);
    ct_image_view_free(s->view);
    ct_arena_free(s->arena);
    ct_arena_free(s->scratch);
    if (s->spool >= 0) (void)close(s->spool);
    ct_alloc_put(image->alloc, s, sizeof *s);
    return e;
}
