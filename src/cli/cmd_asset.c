/* asset add|list|set|retire|import: what can be affected, and how much it matters. */
#include "cli/stored.h"
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/asset_import.h"
#include "respond/derive.h"
#include "respond/due.h"
#include "text/printable.h"

#include <string.h>

enum { TAGS_GIVEN_MAX = CT_ASSET_MAP_MAX };

struct cmd {
    struct ct_stored s;
    const char *environment, *exposure, *owner, *criticality, *output, *rename;
    ct_str tags[TAGS_GIVEN_MAX];
    size_t n_tags;
    struct ct_asset_map map;
    struct ct_fault map_fault;
    bool json, no_header, all;
    char **args;
    size_t n_args;
    struct ct_asset_counts counts;
    ct_arena *scratch;
    uint64_t shown;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_ENVIRONMENT:
        c->environment = value;
        return ct_environment_word(ct_str_from(value)).n ? NULL : "is not one of development, staging, production, unknown";
    case CT_OPT_EXPOSURE:
        c->exposure = value;
        return ct_exposure_word(ct_str_from(value)).n ? NULL : "is not one of public, internal, receives-public-input, unknown";
    case CT_OPT_CRITICALITY:
        c->criticality = value;
        return ct_criticality_word(ct_str_from(value)).p ? NULL : "is not one of low, medium, high, critical";
    case CT_OPT_OWNER: c->owner = value; return NULL;
    case CT_OPT_TAG:
        if (c->n_tags == TAGS_GIVEN_MAX) return "is one too many";
        c->tags[c->n_tags++] = ct_str_from(value);
        return NULL;
    case CT_OPT_MAP: return ct_asset_map_parse(ct_str_from(value), &c->map, &c->map_fault) == CT_OK ? NULL : c->map_fault.detail;
    case CT_OPT_JSON_LINES: c->json = true; return NULL;
    case CT_OPT_LIST_OUTPUT:
        c->output = value;
        c->json = strcmp(value, "jsonl") == 0;
        return c->json || strcmp(value, "table") == 0 || strcmp(value, "csv") == 0 ? NULL : "is not one of table, csv, jsonl";
    case CT_OPT_NO_HEADER: c->no_header = true; return NULL;
    case CT_OPT_RENAME: c->rename = value; return NULL;
    case CT_OPT_ALL: c->all = true; return NULL;
    default: return "is not an option here";
    }
}

static ct_str word(const char *z, ct_str (*of)(ct_str)) { return z ? of(ct_str_from(z)) : (ct_str){NULL, 0}; }

static void say(struct cmd *c, const char *what, const struct ct_asset *a)
{
    struct ct_buf b;
    ct_buf_init(&b, c->s.arena, 65536);
    ct_buf_text(&b, what);
    ct_print_text(&b, a->name);
    ct_buf_printf(&b, " (%.*s), %.*s", CT_STR_ARG(a->environment), CT_STR_ARG(a->exposure));
    ct_buf_text(&b, ".\n");
    ct_err e = ct_stored_write(&c->s, &b);
    (void)e; /* it is sticky in the output */
}

static void say_put(struct cmd *c, const struct ct_asset *a, enum ct_put put)
{
    static const char *const words[] = {[CT_PUT_SAME] = "Nothing to change: ", [CT_PUT_ADDED] = "Added ", [CT_PUT_CHANGED] = "Changed "};
    say(c, words[put], a);
}

/* Environment and exposure may ask for less time. */
static ct_err clocks(struct ct_stored *s, int64_t asset)
{
    struct ct_clocks_count n = {0};
    return ct_clocks(s->db, 0, asset, &s->who, false, &n);
}

static ct_err add(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_asset a = {.id = 0}, there;
    enum ct_put put;
    a.name = ct_str_from(c->args[0]);
    a.environment = word(c->environment, ct_environment_word);
    if (!a.environment.p) a.environment = CT_STR("unknown");
    ct_err e = ct_asset_find(s->db, s->arena, a.name, a.environment, &there);
    if (e == CT_OK && !there.retired)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "there is such an asset already: change it by 'caltrop asset set'");
    if (e == CT_OK) a = there, a.retired = 0;
    else if (e != CT_ERR_NOT_FOUND) return e;
    if (c->exposure) a.exposure = ct_str_from(c->exposure);
    if (c->owner) a.owner = ct_str_from(c->owner);
    if (c->criticality) a.criticality = ct_str_from(c->criticality);
    if (c->n_tags) a.tags = c->tags, a.n_tags = c->n_tags;
    CT_TRY(ct_asset_put(s->db, s->arena, &a, &s->who, &put, fault));
    if (put != CT_PUT_SAME) CT_TRY(clocks(s, a.id));
    say_put(c, &a, put);
    return CT_OK;
}

static ct_err set(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_asset a;
    enum ct_put put;
    CT_TRY(ct_stored_asset(s, c->args[0], &a, fault));
    if (c->rename) a.name = ct_str_from(c->rename);
    if (c->environment) a.environment = ct_str_from(c->environment);
    if (c->exposure) a.exposure = ct_str_from(c->exposure);
    if (c->owner) a.owner = ct_str_from(c->owner);
    if (c->criticality) a.criticality = ct_str_from(c->criticality);
    if (c->n_tags) a.tags = c->tags, a.n_tags = c->n_tags;
    CT_TRY(ct_asset_put(s->db, s->arena, &a, &s->who, &put, fault));
    struct ct_derived derived = {0}; /* what isolates an asset depends on its exposure */
    if (c->exposure && put == CT_PUT_CHANGED) CT_TRY(ct_derive_asset(s->db, a.id, &s->who, &derived));
    if (put != CT_PUT_SAME) CT_TRY(clocks(s, a.id));
    say_put(c, &a, put);
    return CT_OK;
}

static ct_err retire(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    for (size_t i = 0; i < c->n_args; i++) {
        struct ct_asset a;
        CT_TRY(ct_stored_asset(s, c->args[i], &a, fault));
        CT_TRY(ct_asset_retire(s->db, s->arena, &a, &s->who));
        say(c, "Retired ", &a);
    }
    return CT_OK;
}

static ct_err import(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    for (size_t i = 0; i < c->n_args; i++) {
        struct ct_asset_counts n;
        ct_str text;
        struct ct_arena_mark mark = ct_arena_mark(s->arena);
        CT_TRY(ct_stored_read(s, s->arena, c->args[i], &text));
        CT_TRY(ct_assets_import(s->db, text, &c->map, &s->who, &n, fault));
        c->counts.rows += n.rows;
        c->counts.added += n.added;
        c->counts.changed += n.changed;
        c->counts.same += n.same;
        ct_arena_reset(s->arena, mark);
    }
    if (c->counts.changed) CT_TRY(clocks(s, 0));
    struct ct_buf b;
    ct_buf_init(&b, s->arena, 4096);
    ct_buf_printf(&b, "%llu rows: %llu assets added, %llu changed, %llu as they were.\n", (unsigned long long)c->counts.rows, (unsigned long long)c->counts.added,
                  (unsigned long long)c->counts.changed, (unsigned long long)c->counts.same);
    return ct_stored_write(s, &b);
}

static void json(struct ct_buf *b, const struct ct_asset *a)
{
    struct ct_json_out j;
    ct_json_begin(&j, b);
    ct_json_object(&j);
    ct_json_kv(&j, "name", a->name);
    ct_json_kv(&j, "environment", a->environment);
    ct_json_kv(&j, "exposure", a->exposure);
    ct_json_some(&j, "owner", a->owner);
    ct_json_some(&j, "criticality", a->criticality);
    ct_json_some(&j, "machine_id", a->machine_id);
    ct_json_some(&j, "hardware_id", a->hardware_id);
    ct_json_key(&j, "tags");
    ct_json_array(&j);
    for (size_t i = 0; i < a->n_tags; i++) ct_json_str(&j, a->tags[i]);
    ct_json_array_end(&j);
    ct_json_time(&j, "added", a->added);
    if (a->looked) ct_json_time(&j, "looked", a->looked);
    if (a->assessed) ct_json_time(&j, "assessed", a->assessed);
    if (a->retired) ct_json_time(&j, "retired", a->retired);
    ct_json_object_end(&j);
    ct_buf_byte(b, '\n');
}

static void csv(struct ct_buf *b, const struct ct_asset *a)
{
    struct ct_buf tags = ct_scratch(b);
    for (size_t i = 0; i < a->n_tags; i++) {
        if (i) ct_buf_byte(&tags, ',');
        ct_buf_add(&tags, a->tags[i]);
    }
    const ct_str cells[] = {a->name, a->environment, a->exposure, a->owner, a->criticality, ct_buf_view(&tags), a->machine_id, a->hardware_id};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        ct_print_csv(b, cells[i]);
        ct_buf_byte(b, ',');
    }
    if (a->looked) ct_print_time(b, a->looked);
    ct_buf_byte(b, ',');
    if (a->assessed) ct_print_time(b, a->assessed);
    ct_buf_byte(b, ',');
    if (a->retired) ct_print_time(b, a->retired);
    ct_buf_byte(b, '\n');
}

static void row(struct ct_buf *b, const struct ct_asset *a)
{
    ct_print_text(b, a->name);
    ct_buf_printf(b, "  %.*s, %.*s", CT_STR_ARG(a->environment), CT_STR_ARG(a->exposure));
    if (a->criticality.n) ct_buf_printf(b, ", %.*s", CT_STR_ARG(a->criticality));
    if (a->owner.n) ct_buf_text(b, ", owner ");
    ct_print_text(b, a->owner);
    for (size_t i = 0; i < a->n_tags; i++) {
        ct_buf_text(b, i ? ", " : "  [");
        ct_print_text(b, a->tags[i]);
    }
    if (a->n_tags) ct_buf_byte(b, ']');
    ct_buf_text(b, a->retired ? "  retired " : a->assessed ? "  assessed " : a->looked ? "  looked at in part " : "  never assessed");
    if (a->retired || a->looked) ct_print_second(b, a->retired ? a->retired : a->assessed ? a->assessed : a->looked);
    ct_buf_byte(b, '\n');
}

static ct_err on_asset(void *ctx, const struct ct_asset *a)
{
    struct cmd *c = ctx;
    bool as_csv = c->output && strcmp(c->output, "csv") == 0;
    struct ct_buf b;
    ct_arena_clear(c->scratch);
    ct_buf_init(&b, c->scratch, 4u << 20);
    if (c->shown++ == 0 && as_csv && !c->no_header) ct_buf_text(&b, "name,environment,exposure,owner,criticality,tags,machine_id,hardware_id,looked,assessed,retired\n");
    if (c->json) json(&b, a);
    else if (as_csv) csv(&b, a);
    else row(&b, a);
    return ct_stored_write(&c->s, &b);
}

static ct_err list(struct cmd *c)
{
    struct ct_asset_filter f = {.environment = word(c->environment, ct_environment_word), .exposure = word(c->exposure, ct_exposure_word), .retired = c->all};
    if (c->owner) f.owner = ct_str_from(c->owner);
    if (c->n_tags) f.tag = c->tags[0];
    CT_TRY(ct_arena_new(&ct_alloc_libc, 16u << 20, &c->scratch));
    ct_err e = ct_assets_each(c->s.db, &f, on_asset, c);
    ct_arena_free(c->scratch);
    if (e != CT_OK || c->shown || c->json) return e;
    struct ct_buf b;
    bool narrowed = c->environment || c->exposure || c->owner || c->n_tags;
    ct_buf_init(&b, c->s.arena, 4096);
    ct_buf_text(&b, narrowed ? "No asset is like this: 'caltrop asset list' shows all.\n"
                             : "No asset is known. 'caltrop asset import' takes the list that you keep, 'caltrop scan import' the reports of hosts.\n");
    return ct_stored_write(&c->s, &b);
}

int ct_cmd_asset(const struct ct_command *command, int argc, char **argv)
{
    static const struct {
        const char *verb, *name, *arguments;
        ct_stored_work *work;
        size_t least, most;
    } verbs[] = {
        {"add", "caltrop asset add", "NAME", add, 1, 1}, {"set", "caltrop asset set", "NAME", set, 1, 1},
        {"retire", "caltrop asset retire", "NAME...", retire, 1, SIZE_MAX}, {"import", "caltrop asset import", "FILE...", import, 1, SIZE_MAX},
        {"list", "caltrop asset list", "", NULL, 0, 0},
    };
    struct cmd c = {.n_tags = 0};
    int first, status;
    ct_err e = ct_command_parse(command, argc, argv, set_option, &c, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    size_t v = 0;
    while (v < sizeof verbs / sizeof *verbs && (first >= argc || strcmp(verbs[v].verb, argv[first]) != 0)) v++;
    if (v == sizeof verbs / sizeof *verbs) {
        ct_complain("caltrop asset", "%s%s%sis one of add, list, set, retire, import. Try 'caltrop asset --help'.", first < argc ? "'" : "what to do ",
                    first < argc ? argv[first] : "", first < argc ? "' is unknown: it " : "");
        return 2;
    }
    c.args = argv + first + 1;
    c.n_args = (size_t)(argc - first - 1);
    if (c.n_args < verbs[v].least || c.n_args > verbs[v].most) {
        ct_complain(verbs[v].name, *verbs[v].arguments ? "takes %s" : "takes no arguments besides its options%s", verbs[v].arguments);
        return 2;
    }
    if (!ct_stored_begin(&c.s, verbs[v].name, &status)) return status;
    e = verbs[v].work ? ct_stored_change(&c.s, verbs[v].work, &c) : list(&c);
    return ct_stored_end(&c.s, e, 0);
}
