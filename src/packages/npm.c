/* An installed npm package's package.json. */
#include "base/limits.h"
#include "packages/npm.h"

ct_err ct_json_plain(ct_arena *arena, const struct ct_json_token *t, ct_str *ret_text)
{
    if (!t->escaped || t->text.n > CT_PACKAGES_TEXT_MAX) {
        *ret_text = t->text;
        return CT_OK;
    }
    struct ct_buf b;
    ct_buf_init(&b, arena, t->text.n + 1);
    ct_json_unescape(&b, t->text);
    return ct_buf_str(&b, ret_text);
}

/* "license": "MIT", {"type": "MIT"}, or [{"type": "MIT"}, ...]; of several the first. The value's first token is t. */
static ct_err read_licence(struct ct_emitter *e, struct ct_json_in *j, struct ct_json_token t, ct_str *ret_licence)
{
    if (t.kind == CT_JSON_STRING) return ct_json_plain(e->arena, &t, ret_licence);
    if (t.kind != CT_JSON_OBJECT && t.kind != CT_JSON_ARRAY) return CT_OK;
    unsigned depth = t.depth;
    bool wanted = false;
    for (;;) {
        CT_TRY(ct_json_next(j, &t));
        bool closing = t.kind == CT_JSON_OBJECT_END || t.kind == CT_JSON_ARRAY_END;
        if (closing && t.depth == depth) return CT_OK;
        if (t.kind == CT_JSON_KEY) {
            wanted = ct_str_eq(t.text, CT_STR("type")) || ct_str_eq(t.text, CT_STR("name"));
            continue;
        }
        if (t.kind == CT_JSON_STRING && (wanted || t.depth == depth) && ret_licence->n == 0)
            CT_TRY(ct_json_plain(e->arena, &t, ret_licence));
        wanted = false;
    }
}

static ct_err read_author(struct ct_emitter *e, struct ct_json_in *j, struct ct_json_token t, ct_str *ret_author)
{
    if (t.kind == CT_JSON_STRING) return ct_json_plain(e->arena, &t, ret_author);
    if (t.kind == CT_JSON_OBJECT) return read_licence(e, j, t, ret_author); /* {"name": ...}: the same shape */
    return t.kind == CT_JSON_ARRAY ? ct_json_skip(j) : CT_OK;
}

static ct_err read_manifest(struct ct_emitter *e, struct ct_json_in *j, struct ct_component *c, uint64_t *ret_offset)
{
    struct ct_json_token t;
    CT_TRY(ct_json_next(j, &t));
    if (t.kind != CT_JSON_OBJECT) return CT_ERR_SYNTAX;
    for (;;) {
        *ret_offset = ct_json_offset(j);
        CT_TRY(ct_json_next(j, &t));
        if (t.kind == CT_JSON_OBJECT_END) return CT_OK;
        ct_str key = t.text;
        CT_TRY(ct_json_next(j, &t));
        bool string = t.kind == CT_JSON_STRING;
        if (string && ct_str_eq(key, CT_STR("name")))
            CT_TRY(ct_json_plain(e->arena, &t, &c->name));
        else if (string && ct_str_eq(key, CT_STR("version")))
            CT_TRY(ct_json_plain(e->arena, &t, &c->version));
        else if (ct_str_eq(key, CT_STR("license")) || ct_str_eq(key, CT_STR("licenses")))
            CT_TRY(read_licence(e, j, t, &c->licence));
        else if (ct_str_eq(key, CT_STR("author")))
            CT_TRY(read_author(e, j, t, &c->supplier));
        else if (t.kind == CT_JSON_OBJECT || t.kind == CT_JSON_ARRAY)
            CT_TRY(ct_json_skip(j));
    }
}

void ct_npm_split(struct ct_component *c)
{
    size_t slash = ct_str_chr(c->name, '/');
    if (c->name.n == 0 || c->name.p[0] != '@' || slash == CT_STR_NONE) return;
    c->group = ct_str_slice(c->name, 0, slash);
    c->name = ct_str_slice(c->name, slash + 1, SIZE_MAX);
}

static ct_str without_bom(ct_str s) { return ct_str_starts(s, CT_STR("\xef\xbb\xbf")) ? ct_str_slice(s, 3, SIZE_MAX) : s; }

ct_err ct_read_npm(struct ct_emitter *e, ct_str bytes)
{
    struct ct_component c = {.ecosystem = CT_ECOSYSTEM_NPM, .source = CT_COMPONENT_METADATA};
    struct ct_json_in j;
    uint64_t offset = 0;
    ct_json_open(&j, without_bom(bytes));
    ct_err err = read_manifest(e, &j, &c, &offset);
    if (err == CT_ERR_NOMEM) return ct_fault_set(e->fault, err, offset, "package.json");
    if (err) ct_emitter_fault(e, err == CT_ERR_END ? CT_ERR_TRUNCATED : err, offset, "package.json is no JSON object");
    /* Folders inside a package hold a package.json that says {"type": "module"} and no more: no package, and no fault. */
    if (c.name.n == 0 || c.version.n == 0) return CT_OK;
    ct_npm_split(&c);
    return ct_emitter_put(e, &c);
}
