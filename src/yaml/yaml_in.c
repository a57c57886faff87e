#include "yaml/yaml_in.h"
#include "base/alloc.h"
#include "base/limits.h"

#include <yaml.h>

struct ct_yaml_in {
    yaml_parser_t parser;
    yaml_event_t event;      /* the one that the last token borrows from */
    bool has_event, ended;
    ct_err failed;
    unsigned depth, documents;
    struct {
        bool map, value;     /* value: the next node of a map is one, not a key */
    } open[CT_YAML_DEPTH_MAX + 1];
};

ct_err ct_yaml_open(ct_str text, ct_yaml_in **ret_reader)
{
    if (text.n > CT_YAML_TEXT_MAX) return CT_ERR_CAP;
    ct_yaml_in *y = ct_alloc_get(&ct_alloc_libc, sizeof *y);
    if (!y) return CT_ERR_NOMEM;
    *y = (ct_yaml_in){.failed = CT_OK};
    if (!yaml_parser_initialize(&y->parser)) {
        ct_alloc_put(&ct_alloc_libc, y, sizeof *y);
        return CT_ERR_NOMEM;
    }
    yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y->parser, text.n ? text.p : (const unsigned char *)"", text.n);
    *ret_reader = y;
    return CT_OK;
}

void ct_yaml_close(ct_yaml_in *y)
{
    if (!y) return;
    if (y->has_event) yaml_event_delete(&y->event);
    yaml_parser_delete(&y->parser);
    ct_alloc_put(&ct_alloc_libc, y, sizeof *y);
}

static ct_err refuse(ct_yaml_in *y, ct_err e, size_t line, size_t offset, const char *why, struct ct_fault *fault)
{
    y->failed = e;
    (void)ct_fault_set(fault, e, offset, "%s", why);
    if (fault) fault->line = line + 1;
    return e;
}

static ct_err refuse_event(ct_yaml_in *y, ct_err e, const char *why, struct ct_fault *fault)
{
    return refuse(y, e, y->event.start_mark.line, y->event.start_mark.index, why, fault);
}

static ct_err parse_failed(ct_yaml_in *y, struct ct_fault *fault)
{
    const yaml_parser_t *p = &y->parser;
    if (p->error == YAML_MEMORY_ERROR) return refuse(y, CT_ERR_NOMEM, p->mark.line, p->mark.index, "out of memory", fault);
    bool read = p->error == YAML_READER_ERROR;
    return refuse(y, CT_ERR_SYNTAX, read ? p->mark.line : p->problem_mark.line, read ? p->problem_offset : p->problem_mark.index,
                  p->problem ? p->problem : "not YAML", fault);
}

/* A node begins: it is a key or a value of the container around it. */
static ct_err begin_node(ct_yaml_in *y, bool scalar, const yaml_char_t *anchor, const yaml_char_t *tag, struct ct_yaml_token *t, struct ct_fault *fault)
{
    bool key = y->depth && y->open[y->depth].map && !y->open[y->depth].value;
    if (anchor) return refuse_event(y, CT_ERR_UNSUPPORTED, "anchors are not taken", fault);
    if (tag) return refuse_event(y, CT_ERR_UNSUPPORTED, "tags are not taken", fault);
    if (key && !scalar) return refuse_event(y, CT_ERR_UNSUPPORTED, "a key that is no text", fault);
    if (y->depth) y->open[y->depth].value = key;
    t->kind = key ? CT_YAML_KEY : CT_YAML_SCALAR;
    return CT_OK;
}

static ct_err begin_container(ct_yaml_in *y, bool map, struct ct_yaml_token *t, struct ct_fault *fault)
{
    if (y->depth == CT_YAML_DEPTH_MAX) return refuse_event(y, CT_ERR_CAP, "nested too deep", fault);
    y->depth++;
    y->open[y->depth].map = map;
    y->open[y->depth].value = false;
    t->kind = map ? CT_YAML_MAP : CT_YAML_LIST;
    return CT_OK;
}

static ct_err take(ct_yaml_in *y, struct ct_yaml_token *t, bool *ret_token, struct ct_fault *fault)
{
    const yaml_event_t *v = &y->event;
    *ret_token = true;
    t->line = v->start_mark.line + 1;
    switch (v->type) {
    case YAML_SCALAR_EVENT:
        CT_TRY(begin_node(y, true, v->data.scalar.anchor, v->data.scalar.tag, t, fault));
        t->text = (ct_str){v->data.scalar.value, v->data.scalar.length};
        t->quoted = v->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        break;
    case YAML_MAPPING_START_EVENT:
        CT_TRY(begin_node(y, false, v->data.mapping_start.anchor, v->data.mapping_start.tag, t, fault));
        CT_TRY(begin_container(y, true, t, fault));
        break;
    case YAML_SEQUENCE_START_EVENT:
        CT_TRY(begin_node(y, false, v->data.sequence_start.anchor, v->data.sequence_start.tag, t, fault));
        CT_TRY(begin_container(y, false, t, fault));
        break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        t->kind = v->type == YAML_MAPPING_END_EVENT ? CT_YAML_MAP_END : CT_YAML_LIST_END;
        t->depth = y->depth--;
        return CT_OK;
    case YAML_ALIAS_EVENT: return refuse_event(y, CT_ERR_UNSUPPORTED, "aliases are not taken", fault);
    case YAML_DOCUMENT_START_EVENT:
        if (++y->documents > 1) return refuse_event(y, CT_ERR_UNSUPPORTED, "a second document", fault);
        *ret_token = false;
        return CT_OK;
    case YAML_STREAM_END_EVENT: y->ended = true; break;
    default: break;
    }
    t->depth = y->depth;
    *ret_token = v->type == YAML_SCALAR_EVENT || v->type == YAML_MAPPING_START_EVENT || v->type == YAML_SEQUENCE_START_EVENT;
    return CT_OK;
}

ct_err ct_yaml_next(ct_yaml_in *y, struct ct_yaml_token *ret_token, struct ct_fault *fault)
{
    bool token = false;
    struct ct_yaml_token t = {.line = 0};
    if (y->failed != CT_OK) return y->failed;
    while (!token) {
        if (y->ended) return CT_ERR_END;
        if (y->has_event) yaml_event_delete(&y->event);
        y->has_event = false;
        if (!yaml_parser_parse(&y->parser, &y->event)) return parse_failed(y, fault);
        y->has_event = true;
        CT_TRY(take(y, &t, &token, fault));
    }
    *ret_token = t;
    return CT_OK;
}

ct_err ct_yaml_skip(ct_yaml_in *y, const struct ct_yaml_token *t, struct ct_fault *fault)
{
    struct ct_yaml_token inner;
    if (t->kind != CT_YAML_MAP && t->kind != CT_YAML_LIST) return CT_OK;
    unsigned depth = t->depth;
    while (y->depth >= depth) CT_TRY(ct_yaml_next(y, &inner, fault));
    return CT_OK;
}

bool ct_yaml_is_null(const struct ct_yaml_token *t)
{
    return t->kind == CT_YAML_SCALAR && !t->quoted && (t->text.n == 0 || ct_str_eq(t->text, CT_STR("~")) || ct_str_eq_fold(t->text, CT_STR("null")));
}
