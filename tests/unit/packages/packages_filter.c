/* For tests that compare with other readers: packages_filter PATH FILE [OS_RELEASE] prints the components of a file as JSON
 * lines, the last line the error. PATH chooses the reader, as in a scan; "go" is asked of the bytes. A file FILE-wal is read as
 * its log. packages_filter java NAME [ENTRY FILE]... does the same for an archive's entries, each in a file of its own. */
#include "packages/java.h"
#include "text/json_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct whole {
    FILE *file;
};

static ct_err read_file(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    struct whole *w = ctx;
    if (fseeko(w->file, (off_t)at, SEEK_SET) != 0) return CT_ERR_READ;
    *ret_n = fread(to, 1, n, w->file);
    return ferror(w->file) ? CT_ERR_READ : CT_OK;
}

static bool open_file(const char *name, struct whole *w, struct ct_bytes_at *ret_bytes)
{
    w->file = fopen(name, "rb");
    if (!w->file) return false;
    (void)fseeko(w->file, 0, SEEK_END);
    *ret_bytes = (struct ct_bytes_at){.read = read_file, .ctx = w, .size = (uint64_t)ftello(w->file)};
    return true;
}

static ct_err print(void *ctx, const struct ct_component *c)
{
    ct_arena *arena = ctx;
    struct ct_arena_mark mark = ct_arena_mark(arena);
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, arena, 1u << 20);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_kv(&j, "purl", c->purl);
    ct_json_kv(&j, "ecosystem", ct_ecosystem_name(c->ecosystem));
    ct_json_kv(&j, "group", c->group);
    ct_json_kv(&j, "name", c->name);
    ct_json_kv(&j, "version", c->version);
    ct_json_kv(&j, "arch", c->arch);
    ct_json_kv(&j, "origin", c->origin);
    ct_json_kv(&j, "origin_version", c->origin_version);
    ct_json_kv(&j, "record", c->record);
    ct_json_kv(&j, "licence", c->licence);
    ct_json_kv(&j, "supplier", c->supplier);
    ct_json_kz(&j, "source", ct_component_source_name(c->source));
    ct_json_kz(&j, "confidence", ct_confidence_name(c->confidence));
    ct_json_object_end(&j);
    ct_str text;
    ct_err err = ct_buf_str(&b, &text);
    if (!err) printf("%.*s\n", CT_STR_ARG(text));
    ct_arena_reset(arena, mark);
    return err;
}

static ct_err java(ct_arena *arena, ct_arena *out, int argc, char **argv)
{
    static unsigned char text[1u << 22];
    ct_java *j;
    CT_TRY(ct_java_new(arena, ct_str_from(argv[2]), &j));
    for (int i = 3; i + 1 < argc; i += 2) {
        FILE *f = fopen(argv[i + 1], "rb");
        if (!f) return CT_ERR_READ;
        ct_str bytes = {text, fread(text, 1, sizeof text, f)};
        (void)fclose(f);
        ct_str entry = ct_str_from(argv[i]);
        ct_err err = ct_java_add(j, ct_packages_wants(entry), entry, bytes);
        if (err == CT_ERR_NOMEM) return err;
        if (err) printf("{\"error\":\"%s\",\"entry\":%d}\n", ct_err_text(err), (i - 3) / 2);
    }
    return ct_java_components(j, (ct_str){0}, (ct_str){0}, print, out);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    ct_arena *arena = NULL, *out = NULL;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) || ct_arena_new(&ct_alloc_libc, 4u << 20, &out)) return 4;
    if (strcmp(argv[1], "java") == 0) {
        ct_err err = java(arena, out, argc, argv);
        ct_arena_free(arena);
        ct_arena_free(out);
        return err ? 4 : 0;
    }
    struct ct_packages_in in = {.kind = ct_packages_wants(ct_str_from(argv[1])), .path = ct_str_from(argv[1])};
    if (strcmp(argv[1], "go") == 0) in.kind = CT_PACKAGES_GO;
    struct ct_packages_os os = {0};
    static char text[65536];
    FILE *f = argc > 3 ? fopen(argv[3], "rb") : NULL;
    if (f) {
        ct_str release = {(unsigned char *)text, fread(text, 1, sizeof text, f)};
        (void)fclose(f);
        if (ct_packages_os(arena, release, &os)) return 4;
        in.os = &os;
    }
    struct whole file, log;
    struct ct_bytes_at bytes, wal;
    if (!open_file(argv[2], &file, &bytes)) return 2;
    char name[4096];
    (void)snprintf(name, sizeof name, "%s-wal", argv[2]);
    struct ct_fault fault = {0};
    ct_err err;
    if (in.kind == CT_PACKAGES_RPM_SQLITE && open_file(name, &log, &wal)) {
        err = ct_packages_read_sqlite(arena, &in, &bytes, &wal, print, out, &fault);
        (void)fclose(log.file);
    } else {
        err = ct_packages_read_at(arena, &in, &bytes, print, out, &fault);
    }
    if (err) printf("{\"error\":\"%s\",\"offset\":%llu}\n", ct_err_text(err), (unsigned long long)fault.offset);
    (void)fclose(file.file);
    ct_arena_free(arena);
    ct_arena_free(out);
    return 0;
}
