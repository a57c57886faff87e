/* bom_tool < BILL: its components, a JSON array [type, group, name, version, purl, cpe, inside] a line, then an object about the bill. For tests that compare. */
#include "sbom/bom_in.h"
#include "text/json_out.h"

#include <stdio.h>
#include <stdlib.h>

static void print(struct ct_buf *b)
{
    if (b->err) exit(4);
    (void)fwrite(b->p, 1, b->n, stdout);
    (void)fputc('\n', stdout);
}

static ct_err on_component(void *ctx, const struct ct_bom_component *c)
{
    struct ct_buf b;
    struct ct_json_out j;
    struct ct_arena_mark mark = ct_arena_mark(ctx);
    const ct_str all[] = {c->type, c->group, c->name, c->version, c->purl, c->cpe, c->inside};
    ct_buf_init(&b, ctx, 8u << 20);
    ct_json_begin(&j, &b);
    ct_json_array(&j);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) ct_json_str(&j, all[i]);
    ct_json_array_end(&j);
    print(&b);
    ct_arena_reset(ctx, mark);
    return CT_OK;
}

int main(void)
{
    static unsigned char bytes[64 << 20];
    struct ct_bom_about about;
    struct ct_fault fault = {0};
    ct_arena *arena, *out;
    struct ct_buf b;
    struct ct_json_out j;
    if (ct_arena_new(&ct_alloc_libc, 512u << 20, &arena) != CT_OK || ct_arena_new(&ct_alloc_libc, 64u << 20, &out) != CT_OK) return 4;
    const struct ct_bom_sink sink = {on_component, out};
    ct_str text = {bytes, fread(bytes, 1, sizeof bytes, stdin)};
    ct_err e = ct_bom_read(arena, text, &sink, &about, &fault);
    if (e != CT_OK) {
        printf("{\"refused\":\"%s\",\"line\":%llu}\n", fault.detail, (unsigned long long)fault.line);
    } else {
        ct_buf_init(&b, out, 8u << 20);
        ct_json_begin(&j, &b);
        ct_json_object(&j);
        ct_json_kz(&j, "format", ct_bom_format_name(about.format));
        ct_json_kv(&j, "version", about.version);
        ct_json_kv(&j, "serial", about.serial);
        ct_json_kv(&j, "subject", about.subject);
        ct_json_kv(&j, "subject_version", about.subject_version);
        ct_json_kv(&j, "created", about.created);
        ct_json_ku(&j, "components", about.components);
        ct_json_ku(&j, "files", about.files);
        ct_json_object_end(&j);
        print(&b);
    }
    ct_arena_free(out);
    ct_arena_free(arena);
    return e == CT_OK ? 0 : 3;
}
