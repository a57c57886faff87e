/* --sbom FILE: the inventory of a scan as a bill of materials. A reader sees the old file or the new one, never half of it. */
#include "cli/scan_run.h"

#include "event/attempt.h"
#include "sbom/sbom.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STORE_MAX = 64 << 20 };

const char *ct_scan_sbom_check(const struct ct_scan_settings *set)
{
    enum ct_sbom_format f;
    if (set->sbom_format && !set->sbom) return "--sbom-format goes with --sbom";
    if (!set->sbom || set->sbom_format || ct_sbom_format_of(ct_str_from(set->sbom), &f)) return NULL;
    return "--sbom FILE ends in neither .cdx.json nor .spdx.json: say which with --sbom-format";
}

static ct_err refuse(const struct ct_scan_settings *set, const char *why)
{
    ct_complain("caltrop scan", "--sbom %s: %s", set->sbom, why);
    return CT_ERR_WRITE;
}

/* The new file stands beside the old one until it is whole. */
static int open_new(const struct ct_scan_settings *set, char *tmp, size_t cap)
{
    int n = snprintf(tmp, cap, "%s.tmp", set->sbom);
    if (n > 0 && (size_t)n < cap) return open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    errno = ENAMETOOLONG;
    return -1;
}

ct_err ct_scan_sbom_begin(const struct ct_scan_settings *set)
{
    char tmp[PATH_MAX];
    struct stat st;
    ct_err e = CT_OK;
    /* A file takes the place of what has this name: never that of /dev/null. */
    if (stat(set->sbom, &st) == 0 && !S_ISREG(st.st_mode)) e = refuse(set, "is no regular file");
    int fd = e == CT_OK ? open_new(set, tmp, sizeof tmp) : -1;
    if (e == CT_OK && fd < 0) e = refuse(set, strerror(errno));
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(tmp);
    }
    return e == CT_OK ? e : CT_ERR_USAGE;
}

static ct_err sink_write(void *ctx, ct_str bytes) { return ct_out_write(ctx, bytes); }

static ct_err collect(ct_arena *arena, const ct_scan_report *r, struct ct_component **ret_list)
{
    struct ct_component *list = ct_arena_array(arena, r->n_components + 1, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    for (size_t i = 0; i < r->n_components; i++) list[i] = r->components[i]->component;
    *ret_list = list;
    return CT_OK;
}

static ct_err write_to(struct ct_out *out, const ct_scan_report *r, enum ct_sbom_format format)
{
    const struct ct_scan_host *h = &r->host;
    ct_arena *arena;
    struct ct_component *list;
    struct ct_buf created;
    CT_TRY(ct_arena_new(&ct_alloc_libc, STORE_MAX, &arena));
    ct_buf_init(&created, arena, 64);
    ct_print_time(&created, h->ended_us / 1000000 * 1000000);
    bool image = h->image.n != 0, whole = h->n_roots == 1 && ct_str_eq(h->roots[0], CT_STR("/"));
    struct ct_sbom_subject subject = {
        .kind = image ? CT_SBOM_IMAGE : whole ? CT_SBOM_HOST : CT_SBOM_FILES,
        .name = image ? h->image : whole || h->n_roots == 0 ? h->who.name : h->roots[0],
        .id = image ? h->image_digest : h->who.machine_id,
        .os_id = h->who.os_id, .os_version = h->who.os_version, .os_name = h->who.os_name,
        .created = ct_buf_view(&created), .complete = h->complete,
    };
    ct_err e = created.err ? created.err : collect(arena, r, &list);
    if (e == CT_OK) e = ct_sbom_write(arena, format, &subject, list, r->n_components, (struct ct_sbom_sink){sink_write, out});
    if (e == CT_OK) e = ct_out_flush(out);
    ct_arena_free(arena);
    return e;
}

ct_err ct_scan_sbom(struct ct_scan_state *s)
{
    const struct ct_scan_settings *set = s->set;
    enum ct_sbom_format format = CT_SBOM_CYCLONEDX;
    char tmp[PATH_MAX];
    if (set->sbom_format) (void)ct_sbom_format_named(ct_str_from(set->sbom_format), &format);
    else (void)ct_sbom_format_of(ct_str_from(set->sbom), &format);
    int fd = open_new(set, tmp, sizeof tmp);
    if (fd < 0) return refuse(set, strerror(errno));
    struct ct_out *out = &s->sbom_out;
    ct_out_init(out, fd);
    ct_err e = write_to(out, s->report, format);
    int failed = out->err ? out->sys : 0;
    if (e == CT_OK && fsync(fd) != 0) e = CT_ERR_WRITE, failed = errno;
    if (close(fd) != 0 && e == CT_OK) e = CT_ERR_WRITE, failed = errno;
    if (e == CT_OK && rename(tmp, set->sbom) != 0) e = CT_ERR_WRITE, failed = errno;
    if (e == CT_OK) return CT_OK;
    (void)unlink(tmp);
    return refuse(set, failed ? strerror(failed) : ct_err_text(e));
}
