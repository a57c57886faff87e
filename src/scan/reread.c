#include "scan/reread.h"

#include "scan/identity.h"
#include "scan/json_paths.h"
#include "text/json_out.h"

#include <string.h>

enum { VALUE_MAX = 1 << 20, ROOTS_MAX = 256 };

struct list {
    ct_str items[ROOTS_MAX];
    size_t n;
    bool more;
};

/* What one line says. */
struct line {
    ct_str text;                 /* the line itself */
    bool keep;                   /* evidence and processes too */
    ct_arena *arena;
    ct_str dataset, machine_id, host_name, image, os, ended, address;
    ct_str hardware_id, privileges;
    ct_str state, source, purl, path, reason, fix, id, vulnerability, severity, product, version;
    ct_str started, families, processes_word, image_digest;
    struct list roots, exclusions, left_out, macs;
    struct ct_buf evidence, processes;
    struct ct_json_out evidence_out;
    size_t process_at;           /* where the object at hand begins */
    ct_str note_path, note_text; /* of the note at hand */
    ct_str first_problem;
    uint64_t n_problems, files, components;
    bool complete, interrupted;
};

static const struct {
    const char *path;
    size_t offset;
} texts[] = {
#define F(path, member) {path, offsetof(struct line, member)}
    F("event.dataset", dataset), F("event.id", id), F("event.end", ended), F("host.id", machine_id), F("host.name", host_name),
    F("host.ip", address), F("host.os.full", os), F("container.image.name", image), F("vulnerability.id", vulnerability),
    F("vulnerability.severity", severity), F("package.name", product), F("package.version", version), F("caltrop.state", state),
    F("caltrop.source", source), F("caltrop.purl", purl), F("caltrop.path", path), F("caltrop.reason", reason), F("caltrop.fix", fix),
    F("caltrop.hardware_id", hardware_id), F("caltrop.privileges", privileges), F("caltrop.notes.path", note_path),
    F("caltrop.notes.text", note_text), F("event.start", started), F("caltrop.families", families), F("caltrop.process_scope", processes_word),
    F("container.image.hash.all", image_digest),
#undef F
};

static ct_err on_problem(struct line *l)
{
    struct ct_buf b;
    if (l->n_problems++) return CT_OK;
    ct_buf_init(&b, l->arena, VALUE_MAX);
    ct_buf_add(&b, l->note_path);
    if (b.n) ct_buf_text(&b, ": ");
    ct_buf_add(&b, l->note_text);
    return ct_buf_str(&b, &l->first_problem);
}

static ct_err add_to(struct line *l, struct list *list, const struct ct_json_token *t)
{
    list->more |= list->n == ROOTS_MAX;
    return list->n == ROOTS_MAX ? CT_OK : ct_json_token_text(l->arena, t, &list->items[list->n++]);
}

/* The object as it stands, checked by the reader that is at its end. */
static ct_err on_process(struct line *l, const struct ct_json_token *t)
{
    if (t->kind == CT_JSON_OBJECT) {
        l->process_at = t->offset;
        return CT_OK;
    }
    ct_buf_byte(&l->processes, l->processes.n ? ',' : '[');
    ct_buf_add(&l->processes, ct_str_slice(l->text, l->process_at, t->offset + 1));
    return l->processes.err == CT_ERR_CAP ? CT_OK : l->processes.err;
}

static ct_err on_evidence(struct line *l, const struct ct_json_token *t)
{
    ct_str one;
    CT_TRY(ct_json_token_text(l->arena, t, &one));
    if (l->evidence.n == 0) {
        ct_json_begin(&l->evidence_out, &l->evidence);
        ct_json_array(&l->evidence_out);
    }
    ct_json_str(&l->evidence_out, one);
    return l->evidence.err == CT_ERR_CAP ? CT_OK : l->evidence.err;
}

static ct_err on_value(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct line *l = ctx;
    if (t->kind == CT_JSON_OBJECT && strcmp(path, "caltrop.notes") == 0) l->note_path = l->note_text = (ct_str){NULL, 0};
    if ((t->kind == CT_JSON_OBJECT || t->kind == CT_JSON_OBJECT_END) && l->keep && strcmp(path, "caltrop.processes") == 0) return on_process(l, t);
    if (t->kind == CT_JSON_STRING) {
        if (strcmp(path, "caltrop.roots") == 0) return add_to(l, &l->roots, t);
        if (strcmp(path, "caltrop.exclusions") == 0) return add_to(l, &l->exclusions, t);
        if (strcmp(path, "host.mac") == 0) return add_to(l, &l->macs, t);
        if (strcmp(path, "caltrop.left_out.path") == 0) return add_to(l, &l->left_out, t);
        if (l->keep && strcmp(path, "caltrop.evidence") == 0) return on_evidence(l, t);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            ct_str *to = (ct_str *)(void *)((unsigned char *)l + texts[i].offset);
            if (strcmp(path, texts[i].path) != 0) continue;
            bool note = strncmp(path, "caltrop.notes.", 14) == 0;
            return to->n && !note ? CT_OK : ct_json_token_text(l->arena, t, to); /* of a list the first */
        }
        return CT_OK;
    }
    if (t->kind == CT_JSON_NUMBER) {
        if (strcmp(path, "caltrop.counts.files") == 0) (void)ct_str_u64(t->text, &l->files);
        if (strcmp(path, "caltrop.counts.components") == 0) (void)ct_str_u64(t->text, &l->components);
        return CT_OK;
    }
    if (t->kind != CT_JSON_TRUE) return CT_OK;
    if (strcmp(path, "caltrop.complete") == 0) l->complete = true;
    if (strcmp(path, "caltrop.interrupted") == 0) l->interrupted = true;
    return strcmp(path, "caltrop.notes.incomplete") == 0 ? on_problem(l) : CT_OK;
}

static bool same_host(const struct ct_old_host *h, const struct line *l, ct_str source)
{
    return ct_str_eq(h->source, source) && ct_str_eq(h->machine_id, l->machine_id) && ct_str_eq(h->name, l->host_name) && ct_str_eq(h->image, l->image);
}

/* The host of a line: that of the line before, most of the time. A second host line is a second report. */
static ct_err host_of(struct ct_old_reports *r, const struct line *l, ct_str source, bool host_line, struct ct_old_host **ret_host)
{
    struct ct_old_host *last = NULL;
    for (struct ct_old_host *h = r->hosts; h; h = h->next)
        if (same_host(h, l, source) && !h->has_host_line) last = h;
    if (!last) {
        last = ct_arena_zalloc(r->arena, sizeof *last);
        if (!last) return CT_ERR_NOMEM;
        last->last_finding = &last->findings;
        last->last_component = &last->components;
        ct_blake2b_init(&last->lines);
        CT_TRY(ct_arena_dup(r->arena, l->machine_id, &last->machine_id));
        CT_TRY(ct_arena_dup(r->arena, l->host_name, &last->name));
        CT_TRY(ct_arena_dup(r->arena, l->image, &last->image));
        last->source = source;
        *r->last_host = last;
        r->last_host = &last->next;
    }
    last->has_host_line |= host_line;
    *ret_host = last;
    return CT_OK;
}

static ct_err add_finding(struct ct_old_reports *r, struct ct_old_host *h, const struct line *l)
{
    struct ct_old_finding *f = ct_arena_zalloc(r->arena, sizeof *f);
    if (!f) return CT_ERR_NOMEM;
    const struct {
        ct_str *to, from;
    } parts[] = {{&f->id, l->id}, {&f->vulnerability, l->vulnerability}, {&f->severity, l->severity}, {&f->product, l->product},
                 {&f->version, l->version}, {&f->purl, l->purl}, {&f->path, l->path}, {&f->reason, l->reason}, {&f->fix, l->fix},
                 {&f->source, l->source}, {&f->processes, l->processes.err ? CT_STR("") : ct_buf_view(&l->processes)},
                 {&f->evidence, l->evidence.err ? CT_STR("") : ct_buf_view(&l->evidence)}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) CT_TRY(ct_arena_dup(r->arena, parts[i].from, parts[i].to));
    /* A state of a later version of this program: not to be read as safe. */
    if (!ct_state_named(l->state, &f->state)) f->state = CT_STATE_UNDER_INVESTIGATION;
    *h->last_finding = f;
    h->last_finding = &f->next;
    h->n_findings++;
    return CT_OK;
}

static ct_err add_component(struct ct_old_reports *r, struct ct_old_host *h, const struct line *l)
{
    struct ct_old_component *c = ct_arena_zalloc(r->arena, sizeof *c);
    if (!c) return CT_ERR_NOMEM;
    const struct {
        ct_str *to, from;
    } parts[] = {{&c->purl, l->purl}, {&c->name, l->product}, {&c->version, l->version}, {&c->path, l->path}, {&c->source, l->source}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) CT_TRY(ct_arena_dup(r->arena, parts[i].from, parts[i].to));
    *h->last_component = c;
    h->last_component = &c->next;
    return CT_OK;
}

static ct_err keep_list(struct ct_old_reports *r, const struct list *list, const ct_str **ret_items, size_t *ret_n)
{
    ct_str *items = ct_arena_array(r->arena, list->n + 1, sizeof *items);
    if (!items) return CT_ERR_NOMEM;
    for (size_t i = 0; i < list->n; i++) CT_TRY(ct_arena_dup(r->arena, list->items[i], &items[i]));
    *ret_items = items;
    *ret_n = list->n;
    return CT_OK;
}

static ct_err fill_host(struct ct_old_reports *r, struct ct_old_host *h, const struct line *l)
{
    CT_TRY(keep_list(r, &l->roots, &h->roots, &h->n_roots));
    CT_TRY(keep_list(r, &l->exclusions, &h->exclusions, &h->n_exclusions));
    CT_TRY(keep_list(r, &l->left_out, &h->left_out, &h->n_left_out));
    const struct {
        ct_str *to, from;
    } parts[] = {{&h->hardware_id, l->hardware_id}, {&h->os, l->os}, {&h->ended, l->ended}, {&h->first_address, l->address},
                 {&h->privileges, l->privileges}, {&h->first_problem, l->first_problem}, {&h->started, l->started}, {&h->families, l->families},
                 {&h->processes, l->processes_word}, {&h->image_digest, l->image_digest}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) CT_TRY(ct_arena_dup(r->arena, parts[i].from, parts[i].to));
    ct_str macs[ROOTS_MAX];
    memcpy(macs, l->macs.items, l->macs.n * sizeof *macs);
    CT_TRY(ct_identity_hardware(r->arena, CT_STR(""), macs, l->macs.n, &h->network_id));
    h->n_problems = l->n_problems;
    h->n_files = l->files;
    /* What else it left out on purpose is not known: it closes nothing. */
    h->complete = l->complete && !l->exclusions.more && !l->left_out.more;
    h->interrupted = l->interrupted;
    return CT_OK;
}

static ct_err add_line(struct ct_old_reports *r, ct_str source, const struct line *l)
{
    struct ct_old_host *h;
    bool host = ct_str_eq(l->dataset, CT_STR("caltrop.scan.host")), finding = ct_str_eq(l->dataset, CT_STR("caltrop.scan.finding"));
    bool component = ct_str_eq(l->dataset, CT_STR("caltrop.scan.component"));
    if (!host && !finding && !component) {
        r->skipped++;
        return CT_OK;
    }
    CT_TRY(host_of(r, l, source, host, &h));
    ct_blake2b_add(&h->lines, l->text);
    ct_blake2b_add(&h->lines, CT_STR("\n"));
    if (component && r->with_components) CT_TRY(add_component(r, h, l));
    if (finding) return ct_str_eq(l->state, CT_STR("gone")) ? CT_OK : add_finding(r, h, l);
    h->n_components += component;
    return host ? fill_host(r, h, l) : CT_OK;
}

void ct_old_reports_init(struct ct_old_reports *r, ct_arena *arena)
{
    *r = (struct ct_old_reports){.arena = arena};
    r->last_host = &r->hosts;
}

ct_err ct_old_reports_add(struct ct_old_reports *r, ct_str source, ct_str text)
{
    ct_arena *scratch;
    ct_str name;
    CT_TRY(ct_arena_dup(r->arena, source, &name));
    CT_TRY(ct_arena_new(&ct_alloc_libc, 64u << 20, &scratch));
    struct line *l = ct_arena_alloc(scratch, sizeof *l);
    struct ct_arena_mark mark = ct_arena_mark(scratch);
    ct_err e = l ? CT_OK : CT_ERR_NOMEM;
    while (e == CT_OK && text.p && text.n) {
        ct_str one = ct_str_trim(ct_str_cut(&text, '\n'));
        if (one.n == 0) continue;
        r->lines++;
        *l = (struct line){.arena = scratch, .text = one, .keep = r->with_components};
        ct_buf_init(&l->evidence, scratch, VALUE_MAX);
        ct_buf_init(&l->processes, scratch, VALUE_MAX);
        e = ct_json_paths(one, on_value, l);
        if (l->evidence.n) ct_json_array_end(&l->evidence_out);
        if (l->processes.n) ct_buf_byte(&l->processes, ']');
        if (e == CT_OK) e = add_line(r, name, l);
        else if (e != CT_ERR_NOMEM) r->skipped++, e = CT_OK;
        ct_arena_reset(scratch, mark);
    }
    ct_arena_free(scratch);
    return e;
}

void ct_old_host_digest(const struct ct_old_host *h, unsigned char ret_digest[CT_BLAKE2B_DIGEST])
{
    struct ct_blake2b copy = h->lines;
    ct_blake2b_done(&copy, ret_digest);
}
