/* timeline: what happened, in order; --verify: whether it is whole. */
#include "cli/stored.h"
#include "cli/when.h"
#include "event/attempt.h"
#include "event/fields.h"
#include "store/timeline.h"
#include "text/printable.h"

#include <string.h>

enum format { TEXT, JSONL, MARKDOWN };

struct page {
    struct ct_stored s;
    enum format format;
    bool verify;
    const char *since, *until;
    ct_arena *scratch;
    uint64_t n;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct page *p = ctx;
    if (ct_stored_option(&p->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_VERIFY: p->verify = true; return NULL;
    case CT_OPT_SINCE: p->since = value; return NULL;
    case CT_OPT_UNTIL: p->until = value; return NULL;
    case CT_OPT_JSON_LINES: p->format = JSONL; return NULL;
    case CT_OPT_TIMELINE_OUTPUT:
        p->format = strcmp(value, "jsonl") == 0 ? JSONL : strcmp(value, "markdown") == 0 ? MARKDOWN : TEXT;
        return p->format != TEXT || strcmp(value, "table") == 0 ? NULL : "is not one of table, jsonl, markdown";
    default: return "is not an option here";
    }
}

static void json(struct ct_buf *b, const struct ct_timeline_entry *e)
{
    struct ct_json_out j;
    struct ct_buf hash = ct_scratch(b);
    ct_print_id(&hash, e->hash);
    ct_json_begin(&j, b);
    ct_json_object(&j);
    ct_json_ku(&j, "id", (uint64_t)e->id);
    ct_json_time(&j, "@timestamp", e->at);
    ct_json_kv(&j, "actor", e->actor);
    ct_json_kv(&j, "kind", e->kind);
    ct_json_kv(&j, "subject", e->subject);
    if (e->was.p) ct_json_kv(&j, "was", e->was);
    if (e->now.p) ct_json_kv(&j, "now", e->now);
    ct_json_some(&j, "why", e->why);
    ct_json_kv(&j, "hash", ct_buf_view(&hash));
    ct_json_object_end(&j);
    ct_buf_byte(b, '\n');
}

/* A cell of a Markdown table: printable, and with nothing that Markdown or HTML would take for its own. */
static void cell(struct ct_buf *b, ct_str s)
{
    struct ct_buf plain = ct_scratch(b);
    ct_print_html(&plain, ct_str_slice(s, 0, 2000));
    if (plain.err && !b->err) b->err = plain.err;
    for (size_t i = 0; i < plain.n; i++) {
        if (strchr("|\\`*_[]", plain.p[i]) && plain.p[i]) ct_buf_byte(b, '\\');
        ct_buf_byte(b, plain.p[i]);
    }
}

static void markdown(struct ct_buf *b, const struct ct_timeline_entry *e)
{
    ct_buf_text(b, "| ");
    ct_print_time(b, e->at);
    const ct_str cells[] = {e->actor, e->kind, e->subject, e->was, e->now, e->why};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        ct_buf_text(b, " | ");
        cell(b, cells[i]);
    }
    ct_buf_text(b, " |\n");
}

static void line(struct ct_buf *b, const struct ct_timeline_entry *e)
{
    ct_print_time(b, e->at);
    const ct_str words[] = {e->kind, e->subject};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        ct_buf_text(b, "  ");
        ct_print_text(b, words[i]);
    }
    ct_buf_text(b, ": ");
    if (e->was.n) ct_print_clipped(b, e->was, 300);
    ct_buf_text(b, e->was.n && e->now.n ? " -> " : "");
    ct_print_clipped(b, e->now, 300);
    ct_buf_text(b, "  by ");
    ct_print_text(b, e->actor);
    if (e->why.n) ct_buf_text(b, ": ");
    ct_print_text(b, e->why);
    ct_buf_byte(b, '\n');
}

static ct_err on_entry(void *ctx, const struct ct_timeline_entry *e)
{
    struct page *p = ctx;
    struct ct_buf b;
    ct_arena_clear(p->scratch);
    ct_buf_init(&b, p->scratch, 8u << 20);
    if (p->n++ == 0 && p->format == MARKDOWN) ct_buf_text(&b, "| time (UTC) | who | what | on | was | is | why |\n|---|---|---|---|---|---|---|\n");
    if (p->format == JSONL) json(&b, e);
    else if (p->format == MARKDOWN) markdown(&b, e);
    else line(&b, e);
    return ct_stored_write(&p->s, &b);
}

static ct_err verify(struct page *p, int *ret_status)
{
    struct ct_fault fault = {0};
    struct ct_buf b;
    uint64_t entries;
    unsigned char head[CT_BLAKE2B_DIGEST];
    ct_err e = ct_timeline_verify(p->s.db, &entries, head, &fault);
    if (e == CT_ERR_CHECKSUM) {
        ct_complain(p->s.command, "%s", fault.detail);
        *ret_status = 3;
        return CT_OK;
    }
    CT_TRY(e);
    ct_buf_init(&b, p->scratch, 4096);
    ct_buf_printf(&b, "Whole: %llu entries, the last one's hash is ", (unsigned long long)entries);
    ct_print_id(&b, head);
    ct_buf_text(&b, ".\n");
    return ct_stored_write(&p->s, &b);
}

int ct_cmd_timeline(const struct ct_command *c, int argc, char **argv)
{
    struct page p = {.n = 0};
    struct ct_timeline_filter f = {.since = INT64_MIN, .until = INT64_MAX};
    int first, status;
    ct_err e = ct_command_parse(c, argc, argv, set_option, &p, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (first < argc) return ct_complain("caltrop timeline", "takes no arguments besides its options"), 2;
    if (!ct_stored_begin(&p.s, "caltrop timeline", &status)) return status;
    status = 0;
    if ((p.since && !ct_when(p.since, p.s.who.now_us, &f.since)) || (p.until && !ct_when(p.until, p.s.who.now_us, &f.until))) {
        ct_complain(p.s.command, "--since and --until take a time like 2021-12-10T14:00Z, 2021-12-10, 2h or 30m");
        return ct_stored_end(&p.s, CT_ERR_USAGE, 0);
    }
    e = ct_arena_new(&ct_alloc_libc, 32u << 20, &p.scratch);
    if (e == CT_OK) e = p.verify ? verify(&p, &status) : ct_timeline_read(p.s.db, &f, on_entry, &p);
    ct_arena_free(p.scratch);
    return ct_stored_end(&p.s, e, status);
}
