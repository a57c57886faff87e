/* sbom add ASSET FILE... | export ASSET|--estate: bills of materials in and out of the store. */
#include "base/limits.h"
#include "cli/verbs.h"
#include "event/attempt.h"
#include "os/file.h"
#include "respond/sbom_export.h"
#include "respond/sbom_import.h"
#include "text/printable.h"

#include <string.h>

enum { NAMED = 20, WORDS_MAX = 32 << 20 };

struct cmd {
    struct ct_stored s;
    bool complete, estate;
    enum ct_sbom_format format;
    const char *path;
    ct_arena *words;  /* the import takes and gives back the command's own */
    struct ct_buf names;
    uint64_t unknown; /* of the file at hand */
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_COMPLETE: c->complete = true; return NULL;
    case CT_OPT_ESTATE: c->estate = true; return NULL;
    case CT_OPT_BILL_FORMAT: return ct_sbom_format_named(ct_str_from(value), &c->format) ? NULL : "is neither cyclonedx nor spdx";
    default: return "is not an option here";
    }
}

static void on_unknown(void *ctx, const struct ct_bom_component *k, const char *why)
{
    struct cmd *c = ctx;
    if (c->unknown++ >= NAMED) return;
    ct_buf_text(&c->names, "  ");
    if (k->group.n) ct_print_text(&c->names, ct_str_slice(k->group, 0, 200));
    if (k->group.n) ct_buf_byte(&c->names, ':');
    ct_print_text(&c->names, ct_str_slice(k->name, 0, 300));
    if (k->version.n) ct_buf_byte(&c->names, ' ');
    ct_print_text(&c->names, ct_str_slice(k->version, 0, 100));
    ct_buf_text(&c->names, ": ");
    ct_print_text(&c->names, ct_str_from(why));
    ct_buf_byte(&c->names, '\n');
}

static void say(struct cmd *c, const struct ct_sbom_taken *t)
{
    struct ct_buf *b = &c->s.text;
#define N(v) (unsigned long long)(v)
    ct_print_text(b, ct_str_from(c->path));
    ct_buf_text(b, ": ");
    if (t->again) {
        ct_buf_text(b, "taken before; nothing was changed.\n");
        return;
    }
    ct_buf_printf(b, "%s ", ct_bom_format_name(t->about.format));
    ct_print_text(b, t->about.version);
    ct_buf_printf(b, ", %llu components", N(t->about.components));
    if (t->about.files) ct_buf_printf(b, " (%llu of them files, which are passed over)", N(t->about.files));
    ct_buf_printf(b, ": %llu in new places, %llu back, %llu gone; %llu never seen before.\n", N(t->looks.instances_new), N(t->looks.instances_back), N(t->looks.instances_gone),
                  N(t->looks.components_new));
    uint64_t unknown = t->no_purl + t->bad_purl;
    if (unknown) ct_buf_printf(b, "%llu components have no package URL, or one that is none: they are kept by name, and no advisory can find them:\n", N(unknown));
    ct_buf_add(b, ct_buf_view(&c->names));
    if (unknown > NAMED) ct_buf_printf(b, "  and %llu more\n", N(unknown - NAMED));
    if (t->looks.older) ct_buf_text(b, "It is older than what is known: it adds what nobody has seen, and closes nothing.\n");
    else if (!t->closes) ct_buf_text(b, "It calls itself incomplete: it adds, and closes nothing.\n");
    if (!t->assesses) ct_buf_text(b, "It does not say that it is complete, so the asset does not count as assessed by it; --complete says so for it.\n");
    const struct ct_derived *d = &t->looks.derived;
    ct_buf_printf(b, "Findings: %llu opened, %llu reopened, %llu changed, %llu closed, %llu left open as they were.\n", N(d->opened), N(d->reopened), N(d->changed), N(d->closed), N(d->left));
#undef N
}

/* Standard input into the arena; a file into memory of its own, *ret_bytes, since a bill may be large. */
static ct_err read_bill(struct cmd *c, unsigned char **ret_bytes, ct_str *ret_text)
{
    struct ct_fault fault = {0};
    size_t n;
    if (strcmp(c->path, "-") == 0) return ct_stored_read(&c->s, c->s.arena, c->path, ret_text);
    ct_err e = ct_file_read(&ct_alloc_libc, c->path, CT_RESPOND_FILE_MAX, ret_bytes, &n, &fault);
    if (e == CT_OK) return *ret_text = (ct_str){*ret_bytes, n}, CT_OK;
    ct_complain(c->s.command, "%s: %s", c->path, *fault.detail ? fault.detail : ct_err_text(e));
    return e == CT_ERR_NOMEM ? e : CT_ERR_USAGE;
}

static ct_err add_all(struct cmd *c, struct ct_stored *s, struct ct_fault *fault)
{
    struct ct_asset asset;
    CT_TRY(ct_stored_asset(s, s->args[0], &asset, fault));
    ct_buf_init(&c->names, c->words, 1u << 20);
    for (size_t i = 1; i < s->n_args; i++) {
        struct ct_sbom_taken taken;
        struct ct_fault why = {0};
        unsigned char *bytes = NULL;
        ct_str text;
        c->path = s->args[i];
        c->unknown = c->names.n = 0;
        CT_TRY(read_bill(c, &bytes, &text));
        ct_err e = ct_sbom_import(s->db, s->arena, &asset, text, c->complete, &s->who, on_unknown, c, &taken, &why);
        if (e != CT_OK && *why.detail)
            e = ct_fault_set(fault, e, 0, "%s: line %llu, byte %llu: %s; nothing was changed", c->path, (unsigned long long)why.line, (unsigned long long)why.offset, why.detail);
        if (e == CT_OK) say(c, &taken);
        if (bytes) ct_alloc_put(&ct_alloc_libc, bytes, text.n + 1);
        CT_TRY(e);
    }
    return CT_OK;
}

static ct_err add(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    if (c->estate) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--estate goes with export");
    CT_TRY(ct_arena_new(&ct_alloc_libc, WORDS_MAX, &c->words));
    ct_err e = add_all(c, s, fault);
    ct_arena_free(c->words);
    return e;
}

static ct_err write_out(void *ctx, ct_str bytes) { return ct_out_write(ctx, bytes); }

static ct_err give_out(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_asset asset;
    struct ct_sbom_subject subject;
    struct ct_component *list;
    struct ct_buf created;
    size_t n;
    if (c->complete) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--complete goes with add");
    if (s->n_args != (c->estate ? 0 : 1)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "takes ASSET, or --estate");
    if (!c->estate) CT_TRY(ct_stored_asset(s, s->args[0], &asset, fault));
    CT_TRY(ct_sbom_of(s->db, s->arena, c->estate ? NULL : &asset, &subject, &list, &n));
    ct_buf_init(&created, s->arena, 64);
    ct_print_time(&created, s->who.now_us / 1000000 * 1000000);
    CT_TRY(ct_buf_str(&created, &subject.created));
    return ct_sbom_write(s->arena, c->format, &subject, list, n, (struct ct_sbom_sink){write_out, &s->out});
}

int ct_cmd_sbom(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {{"caltrop sbom add", "ASSET FILE...", 2, SIZE_MAX, add, NULL}, {"caltrop sbom export", "ASSET, or --estate", 0, 1, NULL, give_out}};
    struct cmd c = {.format = CT_SBOM_CYCLONEDX};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
