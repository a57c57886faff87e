/* npm's lock files: what would be installed. Versions 2 and 3 have "packages" by folder, version 1 nested "dependencies". */
#include "packages/npm.h"

struct lock {
    struct ct_emitter *e;
    struct ct_json_in j;
};

static ct_err emit(struct lock *l, ct_str name, ct_str version, ct_str licence)
{
    if (version.n == 0 || name.n == 0) return CT_OK; /* a link into the project, or the project itself */
    struct ct_component c = {.ecosystem = CT_ECOSYSTEM_NPM,
                             .source = CT_COMPONENT_LOCK_FILE,
                             .confidence = CT_CONFIDENCE_MEDIUM,
                             .name = name,
                             .version = version,
                             .licence = licence};
    ct_npm_split(&c);
    return ct_emitter_put(l->e, &c);
}

struct fields {
    ct_str name, version, licence;
    bool link;
};

static ct_err read_field(struct lock *l, ct_str key, struct ct_json_token t, struct fields *f)
{
    bool string = t.kind == CT_JSON_STRING;
    if (string && ct_str_eq(key, CT_STR("version"))) return ct_json_plain(l->e->arena, &t, &f->version);
    if (string && ct_str_eq(key, CT_STR("name"))) return ct_json_plain(l->e->arena, &t, &f->name);
    if (string && ct_str_eq(key, CT_STR("license"))) return ct_json_plain(l->e->arena, &t, &f->licence);
    if (t.kind == CT_JSON_TRUE && ct_str_eq(key, CT_STR("link"))) f->link = true;
    return t.kind == CT_JSON_OBJECT || t.kind == CT_JSON_ARRAY ? ct_json_skip(&l->j) : CT_OK;
}

/* The folder's name behind the last "node_modules/": "node_modules/a/node_modules/@b/c" is @b/c. */
static ct_str name_of_folder(ct_str folder)
{
    static const ct_str mark = CT_STR_INIT("node_modules/");
    for (size_t at = folder.n; at-- > 0;)
        if (ct_str_starts(ct_str_slice(folder, at, SIZE_MAX), mark)) return ct_str_slice(folder, at + mark.n, SIZE_MAX);
    return (ct_str){0};
}

static ct_err read_packages(struct lock *l)
{
    struct ct_json_token t;
    for (;;) {
        CT_TRY(ct_json_next(&l->j, &t));
        if (t.kind == CT_JSON_OBJECT_END) return CT_OK;
        struct ct_arena_mark mark = ct_arena_mark(l->e->arena);
        struct fields f = {0};
        ct_str folder;
        CT_TRY(ct_json_plain(l->e->arena, &t, &folder));
        CT_TRY(ct_json_next(&l->j, &t));
        if (t.kind != CT_JSON_OBJECT) return CT_ERR_SYNTAX;
        for (;;) {
            CT_TRY(ct_json_next(&l->j, &t));
            if (t.kind == CT_JSON_OBJECT_END) break;
            ct_str key = t.text;
            CT_TRY(ct_json_next(&l->j, &t));
            CT_TRY(read_field(l, key, t, &f));
        }
        ct_str installed = name_of_folder(folder);
        if (installed.n && !f.link)
            CT_TRY(emit(l, f.name.n ? f.name : installed, f.version, f.licence)); /* name: an alias' real one */
        ct_arena_reset(l->e->arena, mark);
    }
}

/* Version 1: name -> {version, dependencies: {...}}, nested. Each level is two JSON containers, so the reader's own cap bounds
 * the stack. */
static ct_err read_dependencies(struct lock *l)
{
    struct level {
        ct_str name;
        struct fields f;
    } stack[CT_JSON_DEPTH_MAX / 2 + 1];
    unsigned depth = 0; /* packages open */
    struct ct_json_token t;
    bool in_list = true;
    for (;;) {
        CT_TRY(ct_json_next(&l->j, &t));
        if (t.kind == CT_JSON_OBJECT_END) {
            if (in_list) {
                if (depth == 0) return CT_OK;
                in_list = false;
                continue;
            }
            depth--;
            CT_TRY(emit(l, stack[depth].name, stack[depth].f.version, (ct_str){0}));
            in_list = true;
            continue;
        }
        ct_str key = t.text;
        if (in_list) {
            if (depth == sizeof stack / sizeof *stack) return CT_ERR_CAP;
            stack[depth] = (struct level){0};
            CT_TRY(ct_json_plain(l->e->arena, &t, &stack[depth].name));
            CT_TRY(ct_json_next(&l->j, &t));
            if (t.kind != CT_JSON_OBJECT) return CT_ERR_SYNTAX;
            depth++;
            in_list = false;
            continue;
        }
        CT_TRY(ct_json_next(&l->j, &t));
        if (t.kind == CT_JSON_OBJECT && ct_str_eq(key, CT_STR("dependencies")))
            in_list = true;
        else
            CT_TRY(read_field(l, key, t, &stack[depth - 1].f));
    }
}

/* Which of the two lists there is: version 2 has both, and "packages" says more. */
static ct_err find_list(struct lock *l, const char *name, bool *ret_found)
{
    struct ct_json_token t;
    *ret_found = false;
    CT_TRY(ct_json_next(&l->j, &t));
    if (t.kind != CT_JSON_OBJECT) return CT_ERR_SYNTAX;
    for (;;) {
        CT_TRY(ct_json_next(&l->j, &t));
        if (t.kind == CT_JSON_OBJECT_END) return CT_OK;
        ct_str key = t.text;
        CT_TRY(ct_json_next(&l->j, &t));
        if (t.kind == CT_JSON_OBJECT && ct_str_eq(key, ct_str_from(name))) {
            *ret_found = true;
            return CT_OK;
        }
        if (t.kind == CT_JSON_OBJECT || t.kind == CT_JSON_ARRAY) CT_TRY(ct_json_skip(&l->j));
    }
}

static ct_err read_lock(struct lock *l, ct_str bytes)
{
    bool found;
    ct_json_open(&l->j, bytes);
    CT_TRY(find_list(l, "packages", &found));
    if (found) return read_packages(l);
    ct_json_open(&l->j, bytes);
    CT_TRY(find_list(l, "dependencies", &found));
    return found ? read_dependencies(l) : CT_OK;
}

ct_err ct_read_npm_lock(struct ct_emitter *e, ct_str bytes)
{
    struct lock l = {.e = e};
    ct_err err = read_lock(&l, bytes);
    if (err == CT_ERR_END) err = CT_ERR_TRUNCATED;
    if (err == CT_ERR_SYNTAX || err == CT_ERR_TRUNCATED) {
        ct_emitter_fault(e, err, ct_json_offset(&l.j), "the lock file is no such JSON");
        return CT_OK;
    }
    return err;
}
