#include "respond/against_judge.h"

#include "scan/json_paths.h"

#include <string.h>

enum { WORDS_MAX = 16 << 10, SHOWN = 3 };

struct running {
    struct ct_buf b;
    ct_arena *arena;
    ct_str pid, name, unit, container, java, controls; /* of the process at hand */
    size_t n;
    bool any, all; /* a look observed it; one of them saw all programs */
};

/* "java 4711 (shop.service, Java 17.0.9; the no-lookups switch is on)" */
static ct_err put(struct running *r)
{
    const struct {
        const char *before;
        ct_str text;
    } parts[] = {{"", r->unit}, {"container ", r->container}, {"Java ", r->java}, {"", r->controls}};
    const char *between = " (";
    if (r->n++ >= SHOWN) return CT_OK;
    ct_buf_text(&r->b, r->n > 1 ? ", " : "run by ");
    ct_buf_add(&r->b, r->name);
    ct_buf_byte(&r->b, ' ');
    ct_buf_add(&r->b, r->pid);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].text.n) continue;
        ct_buf_text(&r->b, between);
        ct_buf_text(&r->b, parts[i].before);
        ct_buf_add(&r->b, ct_str_slice(parts[i].text, 0, 512));
        between = "; ";
    }
    if (*between == ';') ct_buf_byte(&r->b, ')');
    return r->b.err;
}

static ct_err on_process(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct running *r = ctx;
    const struct {
        const char *key;
        ct_str *to;
    } keys[] = {{"pid", &r->pid}, {"name", &r->name}, {"unit", &r->unit}, {"container", &r->container}, {"java", &r->java}, {"controls", &r->controls}};
    if (t->kind == CT_JSON_OBJECT && *path == 0) r->pid = r->name = r->unit = r->container = r->java = r->controls = (ct_str){NULL, 0};
    if (t->kind == CT_JSON_OBJECT_END && *path == 0) return put(r);
    if (t->kind != CT_JSON_STRING && t->kind != CT_JSON_NUMBER) return CT_OK;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(path, keys[i].key) == 0) return ct_json_token_text(r->arena, t, keys[i].to);
    return CT_OK;
}

static ct_err on_run_by(void *ctx, ct_str processes, bool all)
{
    struct running *r = ctx;
    r->any = true;
    r->all |= all;
    if (!processes.n || r->n) return CT_OK; /* of several observations of one place the first that names any */
    ct_err e = ct_json_paths(processes, on_process, r);
    return e == CT_ERR_NOMEM || e == CT_ERR_CAP ? e : CT_OK;
}

ct_err ct_against_run_by(ct_db *db, ct_arena *arena, const struct ct_against_asset *a, ct_str *ret_words)
{
    struct running r = {.arena = arena};
    int64_t component = ct_against_component(a);
    *ret_words = CT_STR("");
    if (!component) return CT_OK;
    ct_buf_init(&r.b, arena, WORDS_MAX);
    CT_TRY(ct_run_by(db, a->asset->id, component, on_run_by, &r));
    if (r.n > SHOWN) ct_buf_printf(&r.b, " and %zu more", r.n - SHOWN);
    if (r.n == 0 && r.any && r.all) ct_buf_text(&r.b, "no running process was seen with it");
    return ct_buf_str(&r.b, ret_words);
}
