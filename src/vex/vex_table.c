/* Tables that people keep (CSV, TSV): a row per product and CVE with a status, or a row per product with a column per CVE. Columns go by usual names. */
#include "base/limits.h"
#include "text/csv_in.h"
#include "vex/vex_in.h"

enum field { VENDOR, PRODUCT, VERSIONS, CVE, STATUS, JUSTIFICATION, TEXT, ACTION, DATE, LINK, PURL, CPE, ID, FIELDS, PER_CVE, NOTHING };

static const struct {
    const char *name;
    enum field field;
} columns[] = {
    {"vendor", VENDOR}, {"supplier", VENDOR}, {"manufacturer", VENDOR},
    {"product", PRODUCT}, {"software", PRODUCT}, {"application", PRODUCT},
    {"version", VERSIONS}, {"versions", VERSIONS}, {"affected_versions", VERSIONS},
    {"cve", CVE}, {"vulnerability", CVE},
    {"status", STATUS}, {"state", STATUS}, {"new", STATUS},
    {"justification", JUSTIFICATION},
    {"text", TEXT}, {"notes", TEXT}, {"note", TEXT}, {"comment", TEXT}, {"impact", TEXT},
    {"action", ACTION}, {"remediation", ACTION}, {"workaround", ACTION},
    {"date", DATE}, {"updated", DATE}, {"last_updated", DATE}, {"committed_at", DATE},
    {"link", LINK}, {"links", LINK}, {"url", LINK},
    {"purl", PURL}, {"cpe", CPE},
    {"id", ID}, {"ordinal", ID},
};

struct table {
    struct ct_vex_in *in;
    struct ct_csv_in csv;
    ct_str header[CT_CSV_CELLS_MAX], cells[CT_CSV_CELLS_MAX];
    enum field fields[CT_CSV_CELLS_MAX];
    size_t n;
    bool has[FIELDS], wide;
};

static ct_err refuse(struct table *t, ct_err e, const char *why)
{
    (void)ct_fault_set(t->in->fault, e, 0, "%s", why);
    if (t->in->fault) t->in->fault->line = t->csv.line ? t->csv.line : 1;
    return e;
}

static ct_err read_header(struct table *t)
{
    ct_err e = ct_csv_next(&t->csv, t->in->arena, t->header, CT_CSV_CELLS_MAX, &t->n, t->in->fault);
    if (e == CT_ERR_END) return refuse(t, CT_ERR_TRUNCATED, "the table is empty");
    CT_TRY(e);
    for (size_t i = 0; i < t->n; i++) {
        ct_str name = t->header[i] = ct_str_trim(t->header[i]);
        size_t c = 0;
        while (c < sizeof columns / sizeof *columns && !ct_str_eq_fold(ct_str_from(columns[c].name), name)) c++;
        t->fields[i] = c < sizeof columns / sizeof *columns ? columns[c].field : ct_str_starts_fold(name, CT_STR("CVE-")) ? PER_CVE : NOTHING;
        if (t->fields[i] < FIELDS && t->has[t->fields[i]]) return refuse(t, CT_ERR_SYNTAX, "two columns are the same field");
        if (t->fields[i] < FIELDS) t->has[t->fields[i]] = true;
        t->wide |= t->fields[i] == PER_CVE;
        if (t->fields[i] == NOTHING) ct_vex_left(t->in, 1, "a column that is not read", name);
    }
    if (!t->has[VENDOR] && !t->has[PRODUCT] && !t->has[PURL]) return refuse(t, CT_ERR_SYNTAX, "no column is called vendor, product or purl");
    if (!t->wide && (!t->has[CVE] || !t->has[STATUS])) return refuse(t, CT_ERR_SYNTAX, "it needs columns cve and status, or one per CVE");
    return CT_OK;
}

static ct_err tell(struct table *t, struct ct_vex_statement *s, ct_str cve, ct_str word)
{
    bool workaround;
    s->vulnerability = cve;
    s->said = ct_str_trim(word);
    s->status = ct_vex_status_of(s->said, &workaround);
    ct_str action = s->action;
    if (workaround && s->action.n == 0) s->action = CT_STR("workaround");
    ct_err e = t->in->sink->statement(t->in->sink->ctx, s);
    s->action = action;
    return e;
}

static ct_err row(struct table *t, size_t n)
{
    ct_str f[FIELDS] = {{NULL, 0}};
    if (n > t->n) return refuse(t, CT_ERR_SYNTAX, "the row has more cells than the header");
    for (size_t i = 0; i < n; i++)
        if (t->fields[i] < FIELDS) f[t->fields[i]] = ct_str_trim(t->cells[i]);
    if (f[DATE].n && !ct_vex_is_date(f[DATE])) return refuse(t, CT_ERR_SYNTAX, "a date that is none");
    struct ct_vex_statement s = {.vendor = f[VENDOR], .product = f[PRODUCT], .versions = f[VERSIONS], .purl = f[PURL], .cpe = f[CPE], .id = f[ID], .justification = f[JUSTIFICATION],
                                 .text = f[TEXT], .action = f[ACTION], .link = f[LINK], .date = f[DATE], .line = t->csv.line};
    if (t->has[CVE] && t->has[STATUS]) CT_TRY(tell(t, &s, f[CVE], f[STATUS]));
    for (size_t i = 0; i < t->n && t->wide; i++)
        if (t->fields[i] == PER_CVE) CT_TRY(tell(t, &s, t->header[i], i < n ? t->cells[i] : CT_STR("")));
    return CT_OK;
}

ct_err ct_vex_table(struct ct_vex_in *in, ct_str text)
{
    struct table *t = ct_arena_zalloc(in->arena, sizeof *t);
    ct_err e;
    size_t n;
    if (!t) return CT_ERR_NOMEM;
    t->in = in;
    ct_csv_open(&t->csv, text);
    CT_TRY(read_header(t));
    struct ct_arena_mark mark = ct_arena_mark(in->arena);
    while ((e = ct_csv_next(&t->csv, in->arena, t->cells, CT_CSV_CELLS_MAX, &n, in->fault)) == CT_OK) {
        CT_TRY(row(t, n));
        ct_arena_reset(in->arena, mark);
    }
    return e == CT_ERR_END ? CT_OK : e;
}
