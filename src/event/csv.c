/* RFC 4180 for spreadsheets and cut(1). Columns are only ever added at the end. Lists stand in one cell, "; " between
 * them; a cell without a value is empty. */
#include "event/fields.h"
#include "text/printable.h"

void ct_attempt_csv_header(struct ct_buf *out)
{
    ct_buf_text(out, "time,id,source,line,offset,format,client,forwarded,target,method,path,status,waf,grade,certainty,traits,"
                     "conditions,field,chain,callbacks,versions,sinks,settings,calls,vulnerabilities,campaign,scanner,contacted,"
                     "normal,raw\n");
}

static void cell(struct ct_buf *out, ct_str s)
{
    ct_print_csv(out, s);
    ct_buf_byte(out, ',');
}

static void number(struct ct_buf *out, uint64_t v)
{
    ct_buf_u64(out, v);
    ct_buf_byte(out, ',');
}

/* A cell that is put together first, since quoting looks at all of it. */
struct list {
    struct ct_buf b;
    size_t n;
};

static void item(struct list *l, ct_str s)
{
    if (l->n++) ct_buf_text(&l->b, "; ");
    ct_buf_add(&l->b, s);
}

static struct list list_for(const struct ct_buf *out) { return (struct list){ct_scratch(out), 0}; }

static void list_cell(struct ct_buf *out, const struct list *l)
{
    if (l->b.err && !out->err) out->err = l->b.err;
    cell(out, ct_buf_view(&l->b));
}

static void names(struct ct_buf *out, const char *const *names, size_t n)
{
    struct list l = list_for(out);
    for (size_t i = 0; i < n; i++) item(&l, ct_str_from(names[i]));
    list_cell(out, &l);
}

/* Scheme, host and port without "://": a spreadsheet makes no link of it. */
static void callbacks(struct ct_buf *out, const struct ct_attempt *a)
{
    struct list l = list_for(out);
    for (size_t i = 0; i < a->n_indicators; i++) {
        const struct ct_attempt_indicator *in = &a->indicators[i];
        item(&l, in->scheme);
        ct_buf_byte(&l.b, ' ');
        bool bracket = in->port && ct_str_chr(in->host, ':') != CT_STR_NONE;
        if (bracket) ct_buf_byte(&l.b, '[');
        ct_buf_add(&l.b, in->host);
        if (bracket) ct_buf_byte(&l.b, ']');
        if (in->port) ct_buf_printf(&l.b, ":%u", (unsigned)in->port);
        if (in->path.n) ct_buf_byte(&l.b, ' ');
        ct_buf_add(&l.b, ct_attempt_masked(out, a, in->path));
    }
    list_cell(out, &l);
}

/* Three cells of equal length: the n-th version range, its sink, its setting. */
static void fires(struct ct_buf *out, const struct ct_attempt *a)
{
    struct list versions = list_for(out), sinks = list_for(out), settings = list_for(out);
    bool set = false;
    for (size_t i = 0; i < a->n_fires; i++) {
        item(&versions, a->fires[i].versions);
        item(&sinks, ct_str_from(a->fires[i].sink));
        item(&settings, ct_str_from(a->fires[i].setting));
        set |= a->fires[i].setting[0] != 0;
    }
    list_cell(out, &versions);
    list_cell(out, &sinks);
    if (set) list_cell(out, &settings);
    else ct_buf_byte(out, ',');
}

void ct_attempt_csv(struct ct_buf *out, const struct ct_attempt *a)
{
    ct_print_time(out, a->time_us);
    ct_buf_byte(out, ',');
    ct_print_id(out, a->id);
    ct_buf_byte(out, ',');
    cell(out, a->source);
    if (a->line) ct_buf_u64(out, a->line);
    ct_buf_byte(out, ',');
    number(out, a->offset);
    cell(out, ct_str_from(a->log_format));
    cell(out, a->client);
    cell(out, a->forwarded);
    cell(out, a->target);
    cell(out, a->method);
    cell(out, ct_attempt_masked(out, a, a->path));
    cell(out, a->status);
    cell(out, a->waf);
    cell(out, ct_str_from(a->grade));
    cell(out, ct_str_from(a->certainty));
    names(out, a->traits, a->n_traits);
    struct list conditions = list_for(out);
    for (size_t i = 0; i < a->n_conditions; i++) item(&conditions, a->conditions[i]);
    list_cell(out, &conditions);
    cell(out, a->field);
    names(out, a->chain, a->n_chain);
    callbacks(out, a);
    fires(out, a);
    number(out, a->calls);
    const char *cves[CT_CVES_MAX];
    names(out, cves, ct_attempt_cves(a, cves));
    cell(out, ct_attempt_masked(out, a, a->campaign));
    cell(out, a->scanner);
    cell(out, a->contacted ? CT_STR("yes") : CT_STR(""));
    cell(out, ct_attempt_masked(out, a, a->normal));
    ct_print_csv(out, ct_attempt_masked(out, a, a->raw));
    ct_buf_byte(out, '\n');
}
