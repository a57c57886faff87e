#include "scan/inspect.h"

#include "archive/manifest.h"
#include "base/limits.h"
#include "packages/java.h"
#include "scan/copies.h"
#include "scan/image_view.h"
#include "scan/sums.h"

#include <string.h>

enum { CLASS_MAX = 1 << 20, HEAD = 4096, STORE_MAX = 24 << 20, SCRATCH_MAX = 24 << 20, PATH_BYTES = 64 << 10, PIECE = 64 << 10, ARENA_KEPT = 1 << 20 };

/* What is known about a container while it is open. */
struct level {
    struct ct_arena_mark mark, java_mark; /* of everything kept for it */
    ct_evidence *evidence;
    ct_java *java;             /* null: no inventory is wanted */
    ct_str path;
    struct ct_sums sums;       /* of the container's own bytes, where they are asked for */
};

struct ct_inspector {
    const struct ct_alloc *alloc;
    const struct ct_inspect_opts *opts;
    ct_scan_report *report;
    struct ct_loose *loose;
    ct_nest *nest;
    ct_arena *kept, *java, *scratch; /* java: for metadata, which gives back what it used while evidence is added */
    struct level *levels;
    size_t n_levels, cap_levels;
    const struct ct_scan_origin *origin; /* of the file at hand */
    const struct ct_bytes_at *log;       /* beside it; null: none */
    const struct ct_inspect_tree *tree; /* the archive at tree_level is a file tree */
    size_t tree_base, tree_level, tree_prefix; /* its level with codecs around it, and without; tree_prefix: bytes of its path and "!/", which its files do not carry */
    uint64_t files, bytes, archives, entries, classes;
    /* The file at hand, its first bytes kept: several look at them. */
    struct ct_bytes_at under;
    size_t head_n;
    unsigned char head[HEAD];
};

ct_err ct_inspector_new(const struct ct_alloc *alloc, const struct ct_inspect_opts *opts, ct_scan_report *report,
                        struct ct_loose *loose, ct_inspector **ret_inspector)
{
    ct_inspector *i = ct_alloc_get(alloc, sizeof *i);
    if (!i) return CT_ERR_NOMEM;
    memset(i, 0, sizeof *i);
    i->alloc = alloc;
    i->opts = opts;
    i->report = report;
    i->loose = loose;
    ct_err e = ct_nest_new(alloc, &ct_nest_limits_default, &i->nest);
    if (e == CT_OK) e = ct_arena_new(alloc, STORE_MAX, &i->kept);
    if (e == CT_OK) e = ct_arena_new(alloc, STORE_MAX, &i->java);
    if (e == CT_OK) e = ct_arena_new(alloc, SCRATCH_MAX, &i->scratch);
    i->cap_levels = ct_nest_limits_default.depth_max + 2;
    if (e == CT_OK && !(i->levels = ct_alloc_get(alloc, i->cap_levels * sizeof *i->levels))) e = CT_ERR_NOMEM;
    if (e == CT_OK) *ret_inspector = i;
    else ct_inspector_free(i);
    return e;
}

void ct_inspector_free(ct_inspector *i)
{
    if (!i) return;
    struct ct_scan_host *h = &i->report->host;
    (void)pthread_mutex_lock(&i->report->lock);
    h->files += i->files;
    h->bytes += i->bytes;
    h->archives += i->archives;
    h->entries += i->entries;
    h->classes += i->classes;
    (void)pthread_mutex_unlock(&i->report->lock);
    if (i->levels) ct_alloc_put(i->alloc, i->levels, i->cap_levels * sizeof *i->levels);
    ct_nest_free(i->nest);
    ct_arena_free(i->scratch);
    ct_arena_free(i->java);
    ct_arena_free(i->kept);
    ct_alloc_put(i->alloc, i, sizeof *i);
}

/* The first bytes of the file are read once. */
static ct_err read_kept(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    ct_inspector *i = ctx;
    if (at + n > i->head_n || at + n < at) {
        ct_err e = i->under.read(i->under.ctx, at, to, n, ret_n);
        if (e == CT_OK) i->bytes += *ret_n;
        return e;
    }
    memcpy(to, i->head + at, n);
    *ret_n = n;
    return CT_OK;
}

static bool stopped(const ct_inspector *i) { return i->opts->stop && atomic_load_explicit(i->opts->stop, memory_order_relaxed); }

static ct_err on_component(void *ctx, const struct ct_component *c)
{
    ct_inspector *i = ctx;
    ct_scan_report_component(i->report, c, i->origin);
    return CT_OK;
}

/* What metadata says the archive is: for the inventory, and as a second witness beside its classes. */
static ct_err on_java_component(void *ctx, const struct ct_component *c)
{
    ct_inspector *i = ctx;
    struct level *l = &i->levels[i->n_levels - 1];
    CT_TRY(ct_evidence_identity(l->evidence, c->record, c->group, c->name, c->version));
    if (i->opts->components) ct_scan_report_component(i->report, c, i->origin);
    return CT_OK;
}

static ct_err level_open(ct_inspector *i, ct_str path)
{
    struct level *l = &i->levels[i->n_levels];
    l->mark = ct_arena_mark(i->kept);
    l->java_mark = ct_arena_mark(i->java);
    CT_TRY(ct_arena_dup(i->kept, path, &l->path));
    CT_TRY(ct_evidence_begin(i->kept, i->opts->fingerprints, &l->evidence));
    CT_TRY(ct_java_new(i->java, l->path, &l->java));
    i->n_levels++;
    i->archives++;
    return CT_OK;
}

/* The container that is left: the file itself, or the entry that is current again, of which a part may have gone by already. */
static bool sum_container(ct_inspector *i, struct ct_sums *sums)
{
    static _Thread_local unsigned char piece[PIECE];
    uint64_t at = 0;
    size_t n = 0;
    ct_err e = CT_ERR_END;
    if (i->n_levels > 1 || i->tree) {
        while ((e = ct_nest_read(i->nest, piece, sizeof piece, &n)) == CT_OK) ct_sums_add(sums, (ct_str){piece, n});
        return e == CT_ERR_END;
    }
    for (; at < i->under.size; at += n) {
        e = i->under.read(i->under.ctx, at, piece, sizeof piece, &n);
        if (e != CT_OK || n == 0) return false;
        ct_sums_add(sums, (ct_str){piece, n});
    }
    return true;
}

static ct_err level_close(ct_inspector *i)
{
    struct level *l = &i->levels[i->n_levels - 1];
    ct_str sha1 = CT_STR(""), sha256 = CT_STR("");
    if (i->opts->hashes && ct_java_any(l->java) && sum_container(i, &l->sums)) ct_sums_done(&l->sums, &sha1, &sha256);
    ct_err e = ct_java_components(l->java, sha1, sha256, on_java_component, i);
    struct ct_copies to = {.report = i->report, .arena = i->kept, .container = l->path, .origin = i->origin, .components = i->opts->components};
    if (e == CT_OK) e = ct_copies_judge(l->evidence, &to);
    ct_arena_reset(i->java, l->java_mark);
    ct_arena_reset(i->kept, l->mark);
    i->n_levels--;
    return e;
}

/* The path of the current entry, or of its container, in scratch. In a tree it starts where the tree does. */
static ct_str entry_path(ct_inspector *i, bool container)
{
    struct ct_buf b, inside;
    ct_buf_init(&b, i->scratch, PATH_BYTES);
    if (container) ct_nest_container_path(i->nest, &b);
    else ct_nest_path(i->nest, &b);
    if (b.err) return CT_STR("(a path over 64 KiB)");
    if (!i->tree || i->n_levels < i->tree_level || b.n <= i->tree_prefix) return ct_buf_view(&b);
    ct_str rest = ct_str_slice(ct_buf_view(&b), i->tree_prefix, b.n), tail = {NULL, 0};
    size_t bang = ct_str_find(rest, CT_STR("!/"));
    if (bang != CT_STR_NONE) {
        tail = ct_str_slice(rest, bang, rest.n);
        rest.n = bang;
    }
    ct_buf_init(&inside, i->scratch, PATH_BYTES);
    (void)ct_image_path(&inside, rest);
    ct_buf_add(&inside, tail);
    return inside.err ? CT_STR("(a path over 64 KiB)") : ct_buf_view(&inside);
}

static void on_oddity(ct_inspector *i, const struct ct_nest_event *ev)
{
    ct_str path = entry_path(i, !ev->name.p);
    const char *detail = ev->detail;
    if (ev->oddity == CT_ODDITY_MORE) ct_scan_report_note(i->report, path, ev->incomplete, "%llu %s", (unsigned long long)ev->count, ct_oddity_text(ev->oddity));
    else ct_scan_report_note(i->report, path, ev->incomplete, "%s%s%s%s", ct_oddity_text(ev->oddity), *detail ? " (" : "", detail, *detail ? ")" : "");
    if (ev->incomplete) ct_evidence_incomplete(i->levels[i->n_levels - 1].evidence);
    ct_arena_clear(i->scratch);
}

static ct_err read_class(ct_inspector *i, ct_str name, unsigned wants)
{
    struct level *l = &i->levels[i->n_levels - 1];
    ct_str bytes;
    i->classes++;
    ct_err e = ct_nest_load(i->nest, i->scratch, CLASS_MAX, &bytes);
    if (e == CT_OK) e = ct_evidence_class(l->evidence, name, wants, bytes);
    else if (e != CT_ERR_NOMEM) e = ct_evidence_unread(l->evidence, name, wants, ct_str_from(ct_err_text(e)));
    ct_arena_clear(i->scratch);
    return e;
}

static ct_err read_metadata(ct_inspector *i, ct_str name, enum ct_packages_kind kind)
{
    struct level *l = &i->levels[i->n_levels - 1];
    bool java = kind == CT_PACKAGES_POM_PROPERTIES || kind == CT_PACKAGES_POM_XML || kind == CT_PACKAGES_MANIFEST;
    ct_str bytes;
    if (kind == CT_PACKAGES_OS_RELEASE || kind == CT_PACKAGES_RPM_LOG || ct_packages_is_random(kind)) return CT_OK;
    if (!i->opts->components && (!java || kind == CT_PACKAGES_POM_XML)) return CT_OK;
    ct_err e = ct_nest_load(i->nest, i->scratch, ct_packages_max(kind), &bytes);
    if (e == CT_OK && java) {
        e = ct_java_add(l->java, kind, name, bytes);
    } else if (e == CT_OK) {
        struct ct_fault fault = {0};
        struct ct_packages_in in = {.kind = kind, .path = entry_path(i, false), .os = i->opts->os};
        e = ct_packages_read(i->scratch, &in, bytes, on_component, i, &fault);
        if (e != CT_OK && e != CT_ERR_NOMEM) ct_scan_report_note(i->report, in.path, true, "%s: %s", ct_err_text(e), fault.detail);
    } else if (e == CT_ERR_CAP) {
        ct_scan_report_note(i->report, entry_path(i, false), true, "package metadata over the size limit");
    }
    ct_arena_clear(i->scratch);
    return e == CT_ERR_NOMEM ? e : CT_OK;
}

/* A zip that comes by in order is summed up on its way: it does not come twice. */
static ct_err enter_summed(ct_inspector *i, enum ct_container container)
{
    if (i->n_levels == i->cap_levels) return CT_ERR_CAP;
    struct ct_sums *sums = &i->levels[i->n_levels].sums;
    ct_sums_init(sums);
    bool tap = i->opts->hashes && container == CT_CONTAINER_ZIP;
    return ct_nest_enter_tapped(i->nest, (struct ct_nest_tap){tap ? ct_sums_tap : NULL, sums});
}

static ct_err enter(ct_inspector *i)
{
    enum ct_container container;
    ct_err e = ct_nest_sniff(i->nest, &container);
    if (e == CT_OK && container == CT_CONTAINER_NONE) return CT_OK;
    if (e == CT_OK) e = enter_summed(i, container);
    /* Of damaged ones the walk tells by itself. */
    if (e == CT_ERR_READ || e == CT_ERR_NOMEM) ct_scan_report_note(i->report, entry_path(i, false), true, "not looked into: %s", ct_err_text(e));
    if (e != CT_OK) return CT_OK;
    ct_str path = entry_path(i, false);
    e = level_open(i, path);
    ct_arena_clear(i->scratch);
    return e;
}

/* An archive under the name of a class is an archive: the bytes decide. */
static bool is_container(ct_inspector *i)
{
    enum ct_container container;
    return ct_nest_sniff(i->nest, &container) == CT_OK && container != CT_CONTAINER_NONE;
}

static ct_err loose_bytes(ct_inspector *i, ct_str path, unsigned wants, ct_err read, ct_str bytes);
static ct_err loose_properties(ct_inspector *i, ct_str path, ct_str bytes);

/* A file of a tree: as if it lay in a directory. */
static ct_err on_tree_entry(ct_inspector *i, const struct ct_nest_event *ev)
{
    ct_str path, bytes, head;
    bool shown;
    CT_TRY(i->tree->shows(i->tree->ctx, ev, &path, &shown));
    if (!shown || ev->kind != CT_NEST_FILE) return CT_OK;
    i->files++;
    unsigned wants = ct_fingerprints_wants(i->opts->fingerprints, path);
    if (wants && !is_container(i)) {
        i->classes++;
        ct_err e = ct_nest_load(i->nest, i->scratch, CLASS_MAX, &bytes);
        if (e == CT_ERR_NOMEM) return e;
        e = loose_bytes(i, path, wants, e, bytes);
        ct_arena_clear(i->scratch);
        return e;
    }
    enum ct_packages_kind kind = ct_packages_wants(path);
    if (kind == CT_PACKAGES_NONE && i->opts->components && ct_nest_peek(i->nest, CT_PACKAGES_HEAD, &head) == CT_OK) kind = ct_packages_sniff(head);
    bool inner = kind == CT_PACKAGES_PYTHON || kind == CT_PACKAGES_NPM || kind == CT_PACKAGES_NPM_LOCK;
    if (kind == CT_PACKAGES_NONE || kind == CT_PACKAGES_POM_XML || kind == CT_PACKAGES_MANIFEST) return enter(i);
    if (kind == CT_PACKAGES_POM_PROPERTIES) {
        ct_err e = ct_nest_load(i->nest, i->scratch, ct_packages_max(kind), &bytes);
        if (e == CT_OK) e = loose_properties(i, path, bytes);
        ct_arena_clear(i->scratch);
        return e == CT_ERR_NOMEM ? e : CT_OK;
    }
    return inner ? read_metadata(i, path, kind) : i->tree->keep(i->tree->ctx, i->nest, kind, path);
}

static ct_err on_entry(ct_inspector *i, const struct ct_nest_event *ev)
{
    i->entries++;
    if (i->tree && i->tree_level == 0) {
        if (ev->format >= CT_CONTAINER_GZIP) return enter(i); /* the codec around the tree */
        struct ct_buf b;
        ct_buf_init(&b, i->scratch, PATH_BYTES);
        ct_nest_container_path(i->nest, &b);
        i->tree_level = i->n_levels;
        i->tree_prefix = b.n + 2;
        ct_arena_clear(i->scratch);
    }
    if (i->tree && i->n_levels == i->tree_level) return on_tree_entry(i, ev);
    if (ev->kind != CT_NEST_FILE) return CT_OK;
    unsigned wants = ct_fingerprints_wants(i->opts->fingerprints, ev->name);
    if (wants && !is_container(i)) return read_class(i, ev->name, wants);
    enum ct_packages_kind kind = ct_packages_wants(ev->name);
    return kind != CT_PACKAGES_NONE ? read_metadata(i, ev->name, kind) : enter(i);
}

static ct_err walk_nest(ct_inspector *i)
{
    struct ct_nest_event ev;
    for (;;) {
        if (stopped(i)) return CT_ERR_INTERRUPTED;
        ct_err e = ct_nest_next(i->nest, &ev);
        if (e == CT_ERR_END) break;
        CT_TRY(e);
        switch (ev.what) {
        case CT_NEST_ENTRY: CT_TRY(on_entry(i, &ev)); break;
        case CT_NEST_LEAVE:
            CT_TRY(level_close(i));
            if (i->tree && i->n_levels < i->tree_base) return CT_OK;
            break;
        case CT_NEST_ODDITY: on_oddity(i, &ev); break;
        }
    }
    while (i->n_levels > 1) CT_TRY(level_close(i)); /* only where the walk was left early */
    return i->n_levels ? level_close(i) : CT_OK;
}

static ct_err loose_bytes(ct_inspector *i, ct_str path, unsigned wants, ct_err read, ct_str bytes)
{
    (void)pthread_mutex_lock(&i->loose->lock);
    ct_err e = read == CT_OK ? ct_evidence_class(i->loose->evidence, path, wants, bytes)
                             : ct_evidence_unread(i->loose->evidence, path, wants, ct_str_from(ct_err_text(read)));
    (void)pthread_mutex_unlock(&i->loose->lock);
    if (e == CT_ERR_NOMEM) { /* the evidence of loose classes is full: this host has very many of them */
        ct_scan_report_note(i->report, path, true, "too many class files of known products outside archives");
        return CT_OK;
    }
    return e;
}

/* A class file that lies in a directory. */
static ct_err loose_class(ct_inspector *i, ct_str path, unsigned wants)
{
    size_t n = i->under.size > CLASS_MAX ? CLASS_MAX : (size_t)i->under.size, got = 0;
    unsigned char *bytes = ct_arena_alloc(i->scratch, n);
    if (!bytes) return CT_ERR_NOMEM;
    i->classes++;
    struct ct_bytes_at kept = {.read = read_kept, .ctx = i, .size = i->under.size};
    ct_err e = kept.read(i, 0, bytes, n, &got);
    e = loose_bytes(i, path, wants, e, (ct_str){bytes, got});
    ct_arena_clear(i->scratch);
    return e;
}

static ct_err loose_properties(ct_inspector *i, ct_str path, ct_str bytes)
{
    struct ct_properties p;
    ct_str key, value, group = {NULL, 0}, artifact = {NULL, 0}, version = {NULL, 0};
    ct_properties_open(&p, bytes);
    ct_err e;
    while ((e = ct_properties_next(&p, i->scratch, &key, &value)) != CT_ERR_END) {
        if (e == CT_ERR_NOMEM) return e;
        if (e != CT_OK) continue;
        if (ct_str_eq(key, CT_STR("groupId"))) group = value;
        if (ct_str_eq(key, CT_STR("artifactId"))) artifact = value;
        if (ct_str_eq(key, CT_STR("version"))) version = value;
    }
    (void)pthread_mutex_lock(&i->loose->lock);
    e = ct_evidence_identity(i->loose->evidence, path, group, artifact, version);
    (void)pthread_mutex_unlock(&i->loose->lock);
    return e;
}

static ct_err loose_metadata(ct_inspector *i, ct_str path, enum ct_packages_kind kind)
{
    struct ct_packages_in in = {.kind = kind, .path = path, .os = i->opts->os};
    struct ct_bytes_at kept = {.read = read_kept, .ctx = i, .size = i->under.size};
    struct ct_fault fault = {0};
    ct_err e = CT_OK;
    if (kind == CT_PACKAGES_POM_XML || kind == CT_PACKAGES_MANIFEST || kind == CT_PACKAGES_OS_RELEASE || kind == CT_PACKAGES_RPM_LOG) return CT_OK;
    bool properties = kind == CT_PACKAGES_POM_PROPERTIES;
    if (!i->opts->components && !properties) return CT_OK;
    if (kind == CT_PACKAGES_RPM_SQLITE) {
        e = ct_packages_read_sqlite(i->scratch, &in, &kept, i->log, on_component, i, &fault);
    } else if (ct_packages_is_random(kind)) {
        e = ct_packages_read_at(i->scratch, &in, &kept, on_component, i, &fault);
    } else if (i->under.size > ct_packages_max(kind)) {
        e = ct_fault_set(&fault, CT_ERR_CAP, 0, "package metadata over %zu bytes", ct_packages_max(kind));
    } else {
        size_t n = (size_t)i->under.size, got = 0;
        unsigned char *bytes = ct_arena_alloc(i->scratch, n);
        e = bytes ? kept.read(i, 0, bytes, n, &got) : CT_ERR_NOMEM;
        if (e == CT_OK && properties) e = loose_properties(i, path, (ct_str){bytes, got});
        else if (e == CT_OK) e = ct_packages_read(i->scratch, &in, (ct_str){bytes, got}, on_component, i, &fault);
    }
    ct_arena_clear(i->scratch);
    if (e == CT_OK || e == CT_ERR_NOT_FOUND) return CT_OK;
    ct_scan_report_note(i->report, path, true, "%s%s%s", ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
    return CT_OK;
}

bool ct_inspect_entry_is(ct_str name, ct_str entry)
{
    if (ct_str_starts(name, CT_STR("./"))) name = ct_str_slice(name, 2, name.n);
    return ct_str_eq(name, entry);
}

/* A tree may lie in an entry of the root, and be compressed: goes in until its own entries come. */
static ct_err enter_tree(ct_inspector *i, ct_str entry)
{
    struct ct_nest_event ev;
    ct_err e;
    while ((e = ct_nest_next(i->nest, &ev)) == CT_OK) {
        if (ev.what == CT_NEST_ODDITY) {
            on_oddity(i, &ev);
            continue;
        }
        if (ev.what != CT_NEST_ENTRY || ev.kind != CT_NEST_FILE) continue;
        bool codec = ev.format >= CT_CONTAINER_GZIP, found = !codec && ct_inspect_entry_is(ev.name, entry);
        if (!codec && !found) continue;
        CT_TRY(enter_summed(i, CT_CONTAINER_NONE));
        CT_TRY(level_open(i, CT_STR("")));
        if (found) return CT_OK;
    }
    return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
}

ct_err ct_inspector_tree(ct_inspector *i, struct ct_bytes_at bytes, ct_str entry, const struct ct_inspect_tree *tree)
{
    i->under = bytes;
    i->origin = NULL;
    i->head_n = i->n_levels = i->tree_level = 0;
    CT_TRY(bytes.read(bytes.ctx, 0, i->head, bytes.size < HEAD ? (size_t)bytes.size : HEAD, &i->head_n));
    struct ct_bytes_at kept = {.read = read_kept, .ctx = i, .size = bytes.size};
    CT_TRY(ct_nest_open(i->nest, kept, CT_STR("layer"), CT_FAMILIES_ALL));
    ct_sums_init(&i->levels[0].sums);
    ct_err e = level_open(i, CT_STR(""));
    if (e == CT_OK && entry.n) e = enter_tree(i, entry);
    i->tree_base = i->n_levels;
    i->tree = tree;
    if (e == CT_OK) e = walk_nest(i);
    i->tree = NULL;
    i->n_levels = 0;
    ct_arena_clear(i->java);
    ct_arena_clear(i->kept);
    ct_arena_clear(i->scratch);
    return e;
}

/* What nothing here opens is named, so that nobody takes silence about it for an answer. */
static const char *unopened(ct_str head)
{
    static const struct {
        ct_str magic;
        const char *name;
    } kinds[] = {{CT_STR_INIT("7z\xbc\xaf\x27\x1c"), "7z"}, {CT_STR_INIT("Rar!\x1a\x07"), "RAR"}, {CT_STR_INIT("MSCF\0\0\0\0"), "cabinet"},
                 {CT_STR_INIT("\x02\x21\x4c\x18"), "legacy lz4"}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (ct_str_starts(head, kinds[k].magic)) return kinds[k].name;
    bool compress = ct_str_starts(head, CT_STR("\x1f\x9d")) && head.n > 2 && (head.p[2] & 0x60) == 0 && (head.p[2] & 0x1f) >= 9 && (head.p[2] & 0x1f) <= 16;
    return compress ? "compress (.Z)" : NULL;
}

static ct_err as_archive(ct_inspector *i, ct_str path)
{
    const char *kind = i->opts->families == CT_FAMILIES_ALL ? unopened((ct_str){i->head, i->head_n}) : NULL;
    if (kind) ct_scan_report_skipped(i->report, path, "a %s archive, which is not opened", kind);
    struct ct_bytes_at kept = {.read = read_kept, .ctx = i, .size = i->under.size, .base = i->under.base};
    ct_err e = ct_nest_open(i->nest, kept, path, i->opts->families);
    if (e == CT_ERR_NOT_FOUND) return CT_OK;
    ct_sums_init(&i->levels[0].sums);
    if (e == CT_OK) e = level_open(i, path);
    if (e == CT_OK) e = walk_nest(i);
    i->n_levels = 0;
    ct_arena *const all[] = {i->java, i->kept, i->scratch};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        ct_arena_clear(all[k]);
        ct_arena_trim(all[k], ARENA_KEPT); /* one file of many copies does not count for the rest of the scan */
    }
    if (e == CT_OK || e == CT_ERR_INTERRUPTED) return e;
    ct_scan_report_note(i->report, path, true, "not read to its end: %s", ct_err_text(e));
    return CT_OK;
}

ct_err ct_inspector_database(ct_inspector *i, struct ct_bytes_at bytes, const struct ct_bytes_at *log, ct_str path, const struct ct_scan_origin *origin)
{
    i->log = log;
    ct_err e = ct_inspector_file(i, bytes, path, origin);
    i->log = NULL;
    return e;
}

ct_err ct_inspector_file(ct_inspector *i, struct ct_bytes_at bytes, ct_str path, const struct ct_scan_origin *origin)
{
    i->files++;
    if (bytes.size == 0) return CT_OK;
    i->under = bytes;
    i->origin = origin;
    i->head_n = 0;
    ct_err e = bytes.read(bytes.ctx, 0, i->head, bytes.size < HEAD ? (size_t)bytes.size : HEAD, &i->head_n);
    if (e == CT_ERR_INTERRUPTED) return e;
    if (e != CT_OK) {
        ct_scan_report_note(i->report, path, true, "%s", ct_err_text(e));
        return CT_OK;
    }
    i->bytes += i->head_n;
    unsigned wants = ct_fingerprints_wants(i->opts->fingerprints, path);
    if (wants && ct_container_sniff((ct_str){i->head, i->head_n}, CT_STR("")) == CT_CONTAINER_NONE) return loose_class(i, path, wants);
    enum ct_packages_kind kind = ct_packages_wants(path);
    if (kind == CT_PACKAGES_NONE && i->opts->components)
        kind = ct_packages_sniff((ct_str){i->head, i->head_n < CT_PACKAGES_HEAD ? i->head_n : CT_PACKAGES_HEAD});
    if (kind != CT_PACKAGES_NONE) CT_TRY(loose_metadata(i, path, kind));
    return as_archive(i, path);
}
