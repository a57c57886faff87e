/* vex_tool FILE...: what the readers make of them, a JSON object a line: statements, what was left, and refusals. For tests that compare with other readers. */
#include "base/limits.h"
#include "text/json_out.h"
#include "vex/statement.h"

#include <stdio.h>
#include <stdlib.h>

struct tool {
    ct_arena *arena;
    const char *file;
};

static void print(struct ct_buf *b)
{
    if (b->err) exit(4);
    (void)fwrite(b->p, 1, b->n, stdout);
    (void)fputc('\n', stdout);
}

static ct_err on_statement(void *ctx, const struct ct_vex_statement *s)
{
    struct tool *t = ctx;
    struct ct_buf b;
    struct ct_json_out j;
    struct ct_arena_mark mark = ct_arena_mark(t->arena);
    ct_buf_init(&b, t->arena, 8u << 20);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_kz(&j, "file", t->file);
    ct_json_ku(&j, "line", s->line);
    ct_json_kz(&j, "status", ct_vex_status_name(s->status));
    const struct {
        const char *key;
        ct_str value;
    } all[] = {{"vulnerability", s->vulnerability}, {"said", s->said}, {"vendor", s->vendor}, {"product", s->product}, {"versions", s->versions}, {"id", s->id}, {"purl", s->purl},
               {"cpe", s->cpe}, {"component", s->component}, {"justification", s->justification}, {"text", s->text}, {"action", s->action}, {"link", s->link}, {"date", s->date},
               {"author", s->author}, {"document", s->document}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value.n) ct_json_kv(&j, all[i].key, all[i].value);
    if (s->n_aliases) ct_json_key(&j, "aliases"), ct_json_array(&j);
    for (size_t i = 0; i < s->n_aliases; i++) ct_json_str(&j, s->aliases[i]);
    if (s->n_aliases) ct_json_array_end(&j);
    ct_json_object_end(&j);
    print(&b);
    ct_arena_reset(t->arena, mark);
    return CT_OK;
}

static void on_left(void *ctx, uint64_t line, const char *why, ct_str what)
{
    struct tool *t = ctx;
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, t->arena, 8u << 20);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_kz(&j, "file", t->file);
    ct_json_ku(&j, "line", line);
    ct_json_kz(&j, "left", why);
    ct_json_kv(&j, "what", what);
    ct_json_object_end(&j);
    print(&b);
}

static int one(struct tool *t)
{
    static unsigned char bytes[64 << 20];
    enum ct_vex_format format;
    struct ct_fault fault = {0};
    const struct ct_vex_sink sink = {on_statement, on_left, t};
    FILE *f = fopen(t->file, "rb");
    if (!f) return 4;
    ct_str text = {bytes, fread(bytes, 1, sizeof bytes, f)};
    (void)fclose(f);
    ct_err e = ct_vex_format_of(ct_str_from(t->file), text, &format) ? ct_vex_read(t->arena, format, text, &sink, &fault) : CT_ERR_UNSUPPORTED;
    if (e == CT_OK) return 0;
    printf("{\"file\":\"%s\",\"refused\":\"%s\",\"line\":%llu,\"offset\":%llu,\"detail\":\"%s\"}\n", t->file, ct_err_text(e), (unsigned long long)fault.line,
           (unsigned long long)fault.offset, fault.detail);
    return 3;
}

int main(int argc, char **argv)
{
    struct tool t = {.arena = NULL};
    int status = 0;
    if (ct_arena_new(&ct_alloc_libc, CT_VEX_MEMORY_MAX, &t.arena) != CT_OK) return 4;
    for (int i = 1; i < argc; i++) {
        t.file = argv[i];
        int s = one(&t);
        if (s > status) status = s;
    }
    ct_arena_free(t.arena);
    return status;
}
