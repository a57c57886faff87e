/* changed --since 2h: the timeline counted by kind, and the entries that a commander acts on. */
#include "cli/stored.h"
#include "cli/when.h"
#include "event/attempt.h"
#include "store/timeline.h"
#include "text/printable.h"

#include <string.h>

enum { KINDS_MAX = 128, KIND_BYTES = 48, NAMED = 20, LINES_MAX = 64 << 20 };

struct kind {
    char name[KIND_BYTES];
    uint64_t n;
    struct ct_buf lines;
};

struct cmd {
    struct ct_stored s;
    const char *since;
    bool verbose;
    struct kind kinds[KINDS_MAX];
    size_t n_kinds;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    if (id == CT_OPT_SINCE) c->since = value;
    else if (id == CT_OPT_VERBOSE) c->verbose = true;
    else return "is not an option here";
    return NULL;
}

static struct kind *kind_of(struct cmd *c, ct_str name)
{
    for (size_t i = 0; i < c->n_kinds; i++)
        if (ct_str_eq(ct_str_from(c->kinds[i].name), ct_str_slice(name, 0, KIND_BYTES - 1))) return &c->kinds[i];
    struct kind *k = &c->kinds[c->n_kinds < KINDS_MAX ? c->n_kinds++ : KINDS_MAX - 1];
    size_t n = name.n < KIND_BYTES - 1 ? name.n : KIND_BYTES - 1;
    memcpy(k->name, name.p, n);
    k->name[n] = 0;
    ct_buf_init(&k->lines, c->s.arena, LINES_MAX);
    return k;
}

static ct_err on_entry(void *ctx, const struct ct_timeline_entry *e)
{
    struct cmd *c = ctx;
    struct kind *k = kind_of(c, e->kind);
    if (k->n++ >= NAMED && !c->verbose) return CT_OK;
    bool change = e->was.n > 0 && e->was.p[0] != '{';
    ct_buf_text(&k->lines, "  ");
    ct_print_second(&k->lines, e->at);
    ct_buf_text(&k->lines, "  ");
    ct_print_text(&k->lines, e->subject);
    if (e->now.n) ct_buf_text(&k->lines, ": ");
    if (change) ct_print_clipped(&k->lines, e->was, 200);
    if (change) ct_buf_text(&k->lines, " -> ");
    ct_print_clipped(&k->lines, e->now, 200);
    if (e->why.n) ct_buf_text(&k->lines, "; ");
    ct_print_clipped(&k->lines, e->why, 300);
    ct_buf_byte(&k->lines, '\n');
    return k->lines.err;
}

static ct_err give(struct cmd *c)
{
    struct ct_buf b;
    ct_buf_init(&b, c->s.arena, 65536);
    if (c->n_kinds == 0) ct_buf_text(&b, "Nothing changed.\n");
    for (size_t i = 0; i < c->n_kinds; i++) {
        struct kind *k = &c->kinds[i];
        ct_print_text(&b, ct_str_from(k->name));
        ct_buf_printf(&b, ": %llu\n", (unsigned long long)k->n);
        CT_TRY(ct_stored_write(&c->s, &b));
        CT_TRY(ct_stored_write(&c->s, &k->lines));
        b.n = 0;
        if (k->n > NAMED && !c->verbose) ct_buf_printf(&b, "  and %llu more: -v\n", (unsigned long long)(k->n - NAMED));
    }
    return ct_stored_write(&c->s, &b);
}

int ct_cmd_changed(const struct ct_command *command, int argc, char **argv)
{
    static struct cmd c;
    struct ct_timeline_filter f = {.until = INT64_MAX};
    int first, status;
    c = (struct cmd){.since = "24h"};
    ct_err e = ct_command_parse(command, argc, argv, set_option, &c, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (first < argc) return ct_complain("caltrop changed", "takes no arguments besides its options"), 2;
    if (!ct_stored_begin(&c.s, "caltrop changed", &status)) return status;
    if (!ct_when(c.since, c.s.who.now_us, &f.since)) {
        ct_complain(c.s.command, "--since takes a time like 2021-12-10T14:00Z, 2021-12-10, 2h or 30m");
        return ct_stored_end(&c.s, CT_ERR_USAGE, 0);
    }
    e = ct_timeline_read(c.s.db, &f, on_entry, &c);
    if (e == CT_OK) e = give(&c);
    return ct_stored_end(&c.s, e, 0);
}
