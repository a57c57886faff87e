#include "respond/attempt_read.h"

#include "formats/record.h"
#include "scan/json_paths.h"
#include "text/json_out.h"

#include <string.h>

enum { TEXT_SHOWN = 4096, JSON_MAX = 1 << 20 };

struct reading {
    struct ct_attempt_read a;
    ct_arena *arena;
    ct_str dataset, id, time, file, other_source, http_status, mail_status;
    uint64_t repeats;
    bool first_callback_done;
};

/* Where a text of the event goes; null: elsewhere. */
static ct_str *text_of(struct reading *r, const char *path)
{
    struct ct_attempt_read *a = &r->a;
    const struct {
        const char *path;
        ct_str *to;
    } all[] = {{"@timestamp", &r->time}, {"event.dataset", &r->dataset}, {"event.id", &r->id}, {"source.address", &a->client}, {"url.domain", &a->target},
               {"http.response.status_code", &r->http_status}, {"log.file.path", &r->file}, {"caltrop.source", &r->other_source}, {"caltrop.status", &r->mail_status},
               {"caltrop.waf", &a->waf}, {"caltrop.campaign", &a->campaign}, {"caltrop.scanner", &a->scanner}, {"caltrop.normal", &a->normal}, {"caltrop.grade", &a->grade},
               {"caltrop.certainty", &a->certainty}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(path, all[i].path) == 0) return all[i].to;
    return NULL;
}

static ct_str *fires_of(struct ct_fires_read *f, const char *key)
{
    if (strcmp(key, "versions") == 0) return &f->versions;
    if (strcmp(key, "sink") == 0) return &f->sink;
    return strcmp(key, "setting") == 0 ? &f->setting : NULL;
}

/* Inside caltrop.indicators and caltrop.fires. */
static ct_err on_list(struct reading *r, const char *path, const struct ct_json_token *t, ct_str **ret_to)
{
    struct ct_attempt_read *a = &r->a;
    static const char fires[] = "caltrop.fires", indicators[] = "caltrop.indicators";
    uint64_t port;
    if (strcmp(path, fires) == 0) a->n_fires += t->kind == CT_JSON_OBJECT && a->n_fires <= CT_ATTEMPT_FIRES_MAX;
    if (strncmp(path, "caltrop.fires.", sizeof fires) == 0 && a->n_fires && a->n_fires <= CT_ATTEMPT_FIRES_MAX) *ret_to = fires_of(&a->fires[a->n_fires - 1], path + sizeof fires);
    if (strcmp(path, indicators) == 0 && t->kind == CT_JSON_OBJECT_END) r->first_callback_done = true;
    if (r->first_callback_done || strncmp(path, "caltrop.indicators.", sizeof indicators) != 0) return CT_OK;
    const char *key = path + sizeof indicators;
    if (strcmp(key, "scheme") == 0) *ret_to = &a->scheme;
    if (strcmp(key, "host") == 0) *ret_to = &a->host;
    if (strcmp(key, "path") == 0) *ret_to = &a->path;
    if (strcmp(key, "port") == 0 && t->kind == CT_JSON_NUMBER && ct_str_u64(t->text, &port) && port <= 65535) a->port = (uint16_t)port;
    return CT_OK;
}

static ct_err on_value(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct reading *r = ctx;
    ct_str *to = NULL;
    CT_TRY(on_list(r, path, t, &to));
    if (t->kind == CT_JSON_TRUE && strcmp(path, "caltrop.contacted") == 0) r->a.contacted = true;
    if (t->kind == CT_JSON_NUMBER && strcmp(path, "caltrop.line") == 0 && !ct_str_u64(t->text, &r->a.line)) r->a.line = 0;
    if (t->kind == CT_JSON_NUMBER && strcmp(path, "caltrop.repeats") == 0 && !ct_str_u64(t->text, &r->repeats)) r->repeats = 0;
    if (t->kind != CT_JSON_STRING && t->kind != CT_JSON_NUMBER) return CT_OK;
    if (!to) to = text_of(r, path);
    if (!to && strcmp(path, "caltrop.condition") == 0 && r->a.n_conditions < CT_ATTEMPT_CONDITIONS_MAX) to = &r->a.conditions[r->a.n_conditions++];
    if (!to) return CT_OK;
    CT_TRY(ct_json_token_text(r->arena, t, to));
    *to = ct_str_slice(*to, 0, TEXT_SHOWN);
    return CT_OK;
}

static bool id_of(ct_str hex, unsigned char ret_id[CT_ATTEMPT_ID])
{
    if (hex.n != 2 * CT_ATTEMPT_ID) return false;
    for (size_t i = 0; i < CT_ATTEMPT_ID; i++) {
        int high = ct_hex_value(hex.p[2 * i]), low = ct_hex_value(hex.p[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        ret_id[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

ct_err ct_attempt_read(ct_arena *arena, ct_str line, struct ct_attempt_read *ret_attempt)
{
    enum { COUNT_MAX = 1 << 30 };
    struct reading *r = ct_arena_zalloc(arena, sizeof *r);
    if (!r) return CT_ERR_NOMEM;
    r->arena = arena;
    CT_TRY(ct_json_paths(line, on_value, r));
    struct ct_attempt_read *a = &r->a;
    if (!ct_str_eq(r->dataset, CT_STR("caltrop.attempt")) || !id_of(r->id, a->event)) return CT_ERR_UNSUPPORTED;
    a->at = ct_time_iso(r->time);
    a->source = r->file.n ? r->file : r->other_source;
    a->status = r->http_status.n ? r->http_status : r->mail_status;
    a->stands_for = r->repeats == 0 ? 1 : r->repeats < COUNT_MAX ? r->repeats : COUNT_MAX;
    if (a->line > COUNT_MAX) a->line = 0;
    if (a->n_fires > CT_ATTEMPT_FIRES_MAX) a->n_fires = CT_ATTEMPT_FIRES_MAX;
    *ret_attempt = *a;
    return CT_OK;
}

ct_err ct_fires_write(ct_arena *arena, const struct ct_fires_read *list, size_t n, ct_str *ret_json)
{
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, arena, JSON_MAX);
    ct_json_begin(&j, &b);
    ct_json_array(&j);
    for (size_t i = 0; i < n; i++) {
        ct_json_object(&j);
        ct_json_kv(&j, "versions", list[i].versions);
        ct_json_kv(&j, "sink", list[i].sink);
        ct_json_kv(&j, "setting", list[i].setting);
        ct_json_object_end(&j);
    }
    ct_json_array_end(&j);
    return ct_buf_str(&b, ret_json);
}

struct parsing {
    ct_arena *arena;
    struct ct_fires_read *list;
    size_t n, max;
};

static ct_err on_fires(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct parsing *p = ctx;
    if (t->kind == CT_JSON_OBJECT && *path == 0) {
        if (p->n == p->max) return CT_ERR_CAP;
        p->list[p->n++] = (struct ct_fires_read){.versions = {NULL, 0}};
    }
    if (t->kind != CT_JSON_STRING || p->n == 0) return CT_OK;
    ct_str *to = fires_of(&p->list[p->n - 1], path);
    return to ? ct_json_token_text(p->arena, t, to) : CT_OK;
}

ct_err ct_fires_parse(ct_arena *arena, ct_str json, struct ct_fires_read *list, size_t max, size_t *ret_n)
{
    struct parsing p = {.arena = arena, .list = list, .max = max};
    CT_TRY(ct_json_paths(json, on_fires, &p));
    *ret_n = p.n;
    return CT_OK;
}
