/* For tests that compare with other tools: sbom_filter cyclonedx|spdx reads components as JSON lines (the fields of struct
 * ct_component) and writes a bill of materials. A line with "subject" says what it is about. */
#include "sbom/sbom.h"
#include "text/json_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ct_arena *arena;

static ct_str text_of(const struct ct_json_token *t)
{
    struct ct_buf b;
    ct_str s = {0};
    ct_buf_init(&b, arena, 4u << 20);
    ct_json_unescape(&b, t->text);
    if (ct_buf_str(&b, &s)) exit(4);
    return s;
}

static void set(struct ct_component *c, struct ct_sbom_subject *s, ct_str key, ct_str v)
{
#define X(field)                                                                                                               \
    if (ct_str_eq(key, CT_STR(#field))) c->field = v;
    X(purl)
    X(group) X(name) X(version) X(arch) X(origin) X(origin_version) X(licence) X(supplier) X(cpe) X(path) X(record) X(sha1)
        X(sha256)
#undef X
            ct_str rest;
    if (ct_str_eq(key, CT_STR("ecosystem"))) c->ecosystem = ct_ecosystem_named(v, &rest);
    if (ct_str_eq(key, CT_STR("confidence")))
        c->confidence = ct_str_eq(v, CT_STR("low")) ? CT_CONFIDENCE_LOW : CT_CONFIDENCE_HIGH;
    for (unsigned i = 0; i < CT_COMPONENT_SOURCES && ct_str_eq(key, CT_STR("source")); i++)
        if (ct_str_eq(v, ct_str_from(ct_component_source_name(i)))) c->source = i;
    if (ct_str_eq(key, CT_STR("subject"))) s->name = v;
    if (ct_str_eq(key, CT_STR("subject_id"))) s->id = v;
    if (ct_str_eq(key, CT_STR("subject_kind")))
        s->kind = ct_str_eq(v, CT_STR("host")) ? CT_SBOM_HOST : ct_str_eq(v, CT_STR("image")) ? CT_SBOM_IMAGE : CT_SBOM_FILES;
    if (ct_str_eq(key, CT_STR("os_id"))) s->os_id = v;
    if (ct_str_eq(key, CT_STR("os_version"))) s->os_version = v;
    if (ct_str_eq(key, CT_STR("os_name"))) s->os_name = v;
    if (ct_str_eq(key, CT_STR("created"))) s->created = v;
    if (ct_str_eq(key, CT_STR("complete"))) s->complete = ct_str_eq(v, CT_STR("true"));
}

static ct_err put(void *ctx, ct_str bytes)
{
    (void)ctx;
    return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n ? CT_OK : CT_ERR_WRITE;
}

int main(int argc, char **argv)
{
    enum ct_sbom_format format;
    if (argc < 2 || !ct_sbom_format_named(ct_str_from(argv[1]), &format)) return 2;
    if (ct_arena_new(&ct_alloc_libc, 512u << 20, &arena)) return 4;
    struct ct_sbom_subject subject = {0};
    size_t n = 0, cap = 0;
    struct ct_component *list = NULL;
    char *line = NULL;
    size_t line_cap = 0;
    for (ssize_t got; (got = getline(&line, &line_cap, stdin)) > 0;) {
        struct ct_json_in j;
        struct ct_json_token t;
        struct ct_component c = {0};
        ct_str key = {0};
        ct_json_open(&j, (ct_str){(const unsigned char *)line, (size_t)got});
        while (ct_json_next(&j, &t) == CT_OK) {
            if (t.kind == CT_JSON_KEY) key = text_of(&t);
            if (t.kind == CT_JSON_STRING) set(&c, &subject, key, text_of(&t));
        }
        if (c.name.n == 0) continue;
        if (n == cap) {
            list = ct_arena_grow(arena, list, cap * sizeof *list, (cap + 4096) * sizeof *list);
            if (!list) return 4;
            cap += 4096;
        }
        list[n++] = c;
    }
    free(line);
    ct_err err = ct_sbom_write(arena, format, &subject, list, n, (struct ct_sbom_sink){.write = put});
    if (err) fprintf(stderr, "%s\n", ct_err_text(err));
    ct_arena_free(arena);
    return ct_err_exit(err);
}
