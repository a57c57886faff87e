/* vex add FILE... | list [CVE] | export [CVE]: what vendors and others say, in; what we say, out. */
#include "base/limits.h"
#include "cli/verbs.h"
#include "event/attempt.h"
#include "os/file.h"
#include "respond/vex_export.h"
#include "respond/vex_import.h"
#include "scan/advise.h"
#include "store/vex_row.h"
#include "store/vulnerability.h"
#include "text/json_out.h"
#include "text/printable.h"

#include <string.h>
#include <sys/stat.h>

enum { TOLD = 200, WORDS_MAX = 64 << 20 };

struct cmd {
    struct ct_stored s;
    const char *source, *asset, *product;
    bool json;
    enum ct_vex_out format;
    ct_arena *words;  /* the import takes and gives back the command's own */
    struct ct_buf said;
    struct ct_vex_import in;
    uint64_t told, notes;
    struct ct_json_out j;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_VEX_SOURCE: c->source = value; return *value ? NULL : "is empty";
    case CT_OPT_VEX_ASSET: c->asset = value; return NULL;
    case CT_OPT_PRODUCT: c->product = value; return NULL;
    case CT_OPT_JSON_LINES: c->json = true; return NULL;
    case CT_OPT_VEX_FORMAT: return ct_vex_out_named(ct_str_from(value), &c->format) ? NULL : "is neither openvex nor cyclonedx";
    default: return "is not an option here";
    }
}

/* On standard output, a line each: nothing is passed over without one. */
static void on_told(void *ctx, ct_str document, uint64_t line, const char *why, ct_str what)
{
    struct cmd *c = ctx;
    if (c->told++ >= TOLD) return;
    ct_print_text(&c->said, ct_str_slice(document, 0, 300));
    ct_buf_printf(&c->said, ":%llu: ", (unsigned long long)line);
    ct_print_text(&c->said, ct_str_slice(what, 0, 200));
    ct_buf_printf(&c->said, "%s%s\n", what.n ? ": " : "", why);
}

static void on_note(void *ctx, ct_str path, const char *text)
{
    struct cmd *c = ctx;
    c->notes++;
    ct_complain(c->s.command, "%.*s: %s", path.n < 4096 ? (int)path.n : 4096, (const char *)path.p, text);
}

static ct_err on_record(void *ctx, ct_str json, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    return ct_vex_import_document(&c->in, CT_STR(""), json, fault);
}

/* A folder or an archive of documents in JSON: those that are none are named. */
static ct_err add_many(struct cmd *c, const char *path, struct ct_fault *fault)
{
    const struct ct_advise_sink sink = {on_record, on_note, c, "document"};
    uint64_t n;
    struct ct_fault why = {0};
    ct_err e = ct_advise_read(&ct_alloc_libc, path, &sink, &n, &why);
    if (e != CT_OK && *why.detail) return ct_fault_set(fault, e, 0, "%s: %s; nothing was changed", path, why.detail);
    CT_TRY(e);
    if (n == 0) on_note(c, ct_str_from(path), "holds no document");
    return CT_OK;
}

static bool holds_many(const char *path)
{
    struct stat st;
    ct_str name = ct_str_from(path);
    return (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) || ct_str_ends(name, CT_STR(".zip")) || ct_str_ends(name, CT_STR(".tar")) || ct_str_ends(name, CT_STR(".gz"));
}

static ct_err add_one(struct cmd *c, const char *path, struct ct_fault *fault)
{
    struct ct_fault why = {0};
    unsigned char *bytes = NULL;
    size_t n = 0;
    ct_str text;
    if (holds_many(path)) return add_many(c, path, fault);
    if (strcmp(path, "-") == 0) {
        CT_TRY(ct_stored_read(&c->s, c->s.arena, path, &text));
    } else {
        ct_err read = ct_file_read(&ct_alloc_libc, path, CT_RESPOND_FILE_MAX, &bytes, &n, &why);
        if (read != CT_OK) return ct_fault_set(fault, read, 0, "%s: %s", path, *why.detail ? why.detail : ct_err_text(read));
        text = (ct_str){bytes, n};
    }
    ct_err e = ct_vex_import_document(&c->in, ct_str_from(path), text, &why);
    if (bytes) ct_alloc_put(&ct_alloc_libc, bytes, n + 1);
    if (e == CT_OK || !*why.detail) return e;
    if (why.line == 0) return ct_fault_set(fault, e, 0, "%s: %s; nothing was changed", path, why.detail);
    return ct_fault_set(fault, e, 0, "%s: line %llu, byte %llu: %s; nothing was changed", path, (unsigned long long)why.line, (unsigned long long)why.offset, why.detail);
}

static void say(struct cmd *c)
{
    const struct ct_vex_counts *n = &c->in.counts;
    const struct ct_derived *d = &n->derived;
    struct ct_buf *b = &c->said;
#define N(v) (unsigned long long)(v)
    if (c->told > TOLD) ct_buf_printf(b, "... and %llu more of such lines; 'caltrop vex list' shows every statement\n", N(c->told - TOLD));
    ct_buf_printf(b, "%llu documents taken, %llu taken before: %llu statements, of which %llu count; they are about %llu components known here.\n", N(n->documents), N(n->again),
                  N(n->statements), N(n->counting), N(n->about));
    const struct {
        uint64_t count;
        const char *words;
    } whys[] = {{n->no_package, "name no package URL"}, {n->no_status, "have a status that is not known"}, {n->no_justification, "say not_affected without a justification"},
                {n->no_vulnerability, "name no vulnerability"}};
    for (size_t i = 0; i < sizeof whys / sizeof *whys; i++)
        if (whys[i].count) ct_buf_printf(b, "  %llu count for nothing: they %s\n", N(whys[i].count), whys[i].words);
    if (n->no_action) ct_buf_printf(b, "  %llu say affected and give no remediation; they count\n", N(n->no_action));
    ct_buf_printf(b, "Findings: %llu opened, %llu reopened, %llu changed, %llu closed, %llu left open as they were.\n", N(d->opened), N(d->reopened), N(d->changed), N(d->closed), N(d->left));
#undef N
}

static ct_err add_all(struct cmd *c, struct ct_stored *s, struct ct_fault *fault)
{
    struct ct_asset asset = {.id = 0};
    if (c->product && !c->asset) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--product goes with --asset: which of the products that asset is");
    if (c->asset) CT_TRY(ct_stored_asset(s, c->asset, &asset, fault));
    CT_TRY(ct_vex_import_begin(&c->in, s->db, &s->who));
    c->in.source = c->source ? ct_str_from(c->source) : (ct_str){NULL, 0};
    c->in.product = c->product ? ct_str_from(c->product) : (ct_str){NULL, 0};
    c->in.asset = asset.id;
    c->in.tell = on_told;
    c->in.ctx = c;
    for (size_t i = 0; i < s->n_args; i++) CT_TRY(add_one(c, s->args[i], fault));
    CT_TRY(ct_vex_import_done(&c->in));
    say(c);
    return ct_stored_write(s, &c->said);
}

static ct_err with_words(struct cmd *c)
{
    CT_TRY(ct_arena_new(&ct_alloc_libc, WORDS_MAX, &c->words));
    ct_buf_init(&c->said, c->words, WORDS_MAX / 4);
    return CT_OK;
}

static ct_err add(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    CT_TRY(with_words(c));
    ct_err e = add_all(c, s, fault);
    ct_vex_import_free(&c->in);
    ct_arena_free(c->words);
    s->found = c->notes ? 3 : 0;
    return e;
}

static ct_err on_listed(void *ctx, const struct ct_vex_row *r)
{
    struct cmd *c = ctx;
    struct ct_buf *b = &c->said;
    const struct {
        const char *key;
        ct_str value;
    } all[] = {{"vulnerability", r->vulnerability_name}, {"status", r->status}, {"said", r->said}, {"source", r->source}, {"document", r->document_name}, {"vendor", r->vendor},
               {"product", r->product}, {"versions", r->versions}, {"product_id", r->product_id}, {"purl", r->purl}, {"component", r->component}, {"asset", r->asset_name},
               {"justification", r->justification}, {"text", r->text}, {"action", r->action}, {"counts_for_nothing", r->refused}};
    b->n = 0;
    c->told++;
    if (c->json) {
        ct_json_begin(&c->j, b);
        ct_json_object(&c->j);
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            if (all[i].value.n) ct_json_kv(&c->j, all[i].key, all[i].value);
        ct_json_ku(&c->j, "line", r->line);
        ct_json_key(&c->j, "at");
        struct ct_buf at;
        ct_buf_init(&at, c->words, 64);
        ct_print_time(&at, r->at);
        ct_json_str(&c->j, ct_buf_view(&at));
        ct_json_object_end(&c->j);
    } else {
        ct_print_time(b, r->at);
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            if (all[i].value.n == 0 || i == 2 || i == 4 || i == 8) continue;
            ct_buf_text(b, i == 15 ? "; counts for nothing: " : i == 3 ? ", says " : i == 5 ? " of " : "  ");
            ct_print_text(b, ct_str_slice(all[i].value, 0, 300));
        }
    }
    ct_buf_byte(b, '\n');
    return ct_stored_write(&c->s, b);
}

/* The vulnerability of the first operand; 0 without one. */
static ct_err asked(const struct cmd *c, int64_t *ret_id, struct ct_fault *fault)
{
    struct ct_vulnerability v;
    *ret_id = 0;
    if (c->product) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--product goes with add");
    if (c->s.n_args == 0) return CT_OK;
    ct_err e = ct_vulnerability_find(c->s.db, c->s.arena, ct_str_from(c->s.args[0]), &v);
    if (e == CT_OK) return *ret_id = v.id, CT_OK;
    if (e != CT_ERR_NOT_FOUND) return e;
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "nothing is known by the name '%.100s': 'caltrop vex list' shows what was said, 'caltrop advisory add' loads advisories", c->s.args[0]);
}

static ct_err list(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    int64_t vulnerability;
    if (c->asset || c->source) return ct_fault_set(fault, CT_ERR_USAGE, 0, "takes no --asset and no --source");
    CT_TRY(asked(c, &vulnerability, fault));
    CT_TRY(with_words(c));
    ct_err e = ct_vex_each(s->db, vulnerability, on_listed, c);
    if (!c->told && !c->json) ct_buf_text(&s->text, "Nobody has said anything: 'caltrop vex add' takes what vendors say.\n");
    ct_arena_free(c->words);
    return e;
}

static ct_err write_out(void *ctx, ct_str bytes) { return ct_out_write(ctx, bytes); }

static ct_err give_out(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_asset asset = {.id = 0};
    struct ct_vex_known *known;
    struct ct_buf created;
    int64_t vulnerability;
    size_t n;
    CT_TRY(asked(c, &vulnerability, fault));
    if (c->asset) CT_TRY(ct_stored_asset(s, c->asset, &asset, fault));
    CT_TRY(ct_vex_known_list(s->db, s->arena, asset.id, vulnerability, &known, &n));
    ct_buf_init(&created, s->arena, 64);
    ct_print_time(&created, s->who.now_us / 1000000 * 1000000);
    ct_str author = c->source ? ct_str_from(c->source) : s->who.actor;
    return ct_vex_write(s->arena, c->format, author, ct_buf_view(&created), known, n, (struct ct_sbom_sink){write_out, &s->out});
}

int ct_cmd_vex(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {{"caltrop vex add", "FILE...: CSAF, OpenVEX, CycloneDX, CISA's list, a table", 1, SIZE_MAX, add, NULL},
                                           {"caltrop vex list", "one CVE, or none", 0, 1, NULL, list}, {"caltrop vex export", "one CVE, or none", 0, 1, NULL, give_out}};
    struct cmd c = {.format = CT_VEX_OUT_OPENVEX};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
