/* vendor add|list|import|ask|remind|answer|silent|reversals|limit|lift|show: third parties, what they say, and what is limited until they do. */
#include "cli/verbs.h"
#include "cli/when.h"
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/vendors.h"
#include "store/vulnerability.h"
#include "text/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PRODUCTS_MAX = 64, NAMES_MAX = 32, SHOWN_TEXT = 400 };

struct cmd {
    struct ct_stored s;
    const char *contact, *data, *product, *from, *dir, *due, *until, *summary;
    ct_str products[PRODUCTS_MAX];
    size_t n_products;
    bool json, all, reminding;
    struct ct_json_out j;
    struct ct_vulnerability v;
    ct_str *vulnerabilities;
    size_t n_vulnerabilities;
    struct ct_vendor *list; /* those to ask */
    size_t n, cap;
    uint64_t found, letters, without;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_CONTACT: c->contact = value; return ct_letter_address(ct_str_from(value)) ? NULL : "is no address for mail like security@vendor.example";
    case CT_OPT_DATA: c->data = value; return NULL;
    case CT_OPT_VENDOR_PRODUCT:
        if (c->n_products == PRODUCTS_MAX) return "is one too many";
        c->product = value;
        c->products[c->n_products++] = ct_str_from(value);
        return NULL;
    case CT_OPT_FROM: c->from = value; return ct_letter_address(ct_str_from(value)) ? NULL : "is no address for mail like security@us.example";
    case CT_OPT_DIR: c->dir = value; return NULL;
    case CT_OPT_DUE: c->due = value; return NULL;
    case CT_OPT_ENDS: c->until = value; return NULL;
    case CT_OPT_SUMMARY: c->summary = value; return NULL;
    case CT_OPT_ALL_VENDORS: c->all = true; return NULL;
    case CT_OPT_JSON_LINES: c->json = true; return NULL;
    default: return "is not an option here";
    }
}

static ct_err flush(struct cmd *c)
{
    ct_err e = ct_stored_write(&c->s, &c->s.text);
    c->s.text.n = 0;
    return e;
}

static ct_err find(struct cmd *c, const char *name, struct ct_vendor *v, struct ct_fault *fault)
{
    ct_err e = ct_vendor_get(c->s.db, c->s.arena, ct_str_from(name), v);
    return e == CT_ERR_NOT_FOUND ? ct_fault_set(fault, CT_ERR_USAGE, 0, "no vendor is called '%.100s': 'caltrop vendor list' shows them, 'vendor add' adds one", name) : e;
}

static ct_err vulnerability(struct cmd *c, const char *name, struct ct_fault *fault)
{
    ct_err e = ct_vulnerability_find(c->s.db, c->s.arena, ct_str_from(name), &c->v);
    return e == CT_ERR_NOT_FOUND ? ct_fault_set(fault, CT_ERR_USAGE, 0, "nothing is known about %.100s, and no vendor was asked about it: 'caltrop vendor ask' asks, 'caltrop advisory add' loads its advisory", name) : e;
}

static ct_err add(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_vendor v = {.name = ct_str_from(c->s.args[0]), .contact = c->contact ? ct_str_from(c->contact) : (ct_str){NULL, 0}, .data = c->data ? ct_str_from(c->data) : (ct_str){NULL, 0},
                          .ours = true};
    bool fresh;
    CT_TRY(ct_vendor_know(s->db, s->arena, &v, c->products, c->n_products, &s->who, &fresh, fault));
    ct_buf_text(&c->s.text, fresh ? "Added " : "Known, and as you say now: ");
    ct_print_text(&c->s.text, v.name);
    ct_buf_text(&c->s.text, ".\n");
    return CT_OK;
}

static ct_err import(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_vendor_counts n = {0};
    for (size_t i = 0; i < c->s.n_args; i++) {
        ct_str text;
        enum ct_vex_format format;
        struct ct_fault own = {0};
        ct_err e;
        CT_TRY(ct_stored_read(s, s->arena, c->s.args[i], &text));
        if (ct_vendor_list_is(text)) e = ct_vendor_list_take(s->db, s->arena, text, &s->who, &n, &own);
        else if (ct_vex_format_of(ct_str_from(c->s.args[i]), text, &format)) e = ct_vendor_take(s->db, s->arena, format, text, &s->who, &n, &own);
        else e = ct_fault_set(&own, CT_ERR_SYNTAX, 0, "it is neither a list of vendors (CSV with vendor, contact, data, product) nor one of CISA's list, CSAF, OpenVEX, CycloneDX, a table");
        if (e != CT_OK && *own.detail) {
            (void)ct_fault_set(fault, e, own.offset, "%.60s: %.130s", c->s.args[i], own.detail);
            fault->line = own.line;
        }
        CT_TRY(e);
    }
    ct_buf_printf(&c->s.text, "%llu vendors of ours added. %llu statements, %llu of them new, about %llu vendors that nobody named before; %llu reversals; %llu named no vendor or no "
                         "vulnerability.\n", (unsigned long long)n.ours, (unsigned long long)n.statements, (unsigned long long)n.fresh, (unsigned long long)n.vendors,
                  (unsigned long long)n.reversals, (unsigned long long)n.left);
    return CT_OK;
}

/* "Acme Inc." -> "Acme-Inc": of a file name. */
static void file_word(struct ct_buf *b, ct_str s)
{
    size_t from = b->n;
    for (size_t i = 0; i < s.n && b->n - from < 60; i++) {
        bool plain = ct_ascii_alpha(s.p[i]) || ct_ascii_digit(s.p[i]);
        if (plain) ct_buf_byte(b, s.p[i]);
        else if (b->n > from && b->p[b->n - 1] != '-') ct_buf_byte(b, '-');
    }
    while (b->n > from && b->p[b->n - 1] == '-') b->n--;
    if (b->n == from) ct_buf_text(b, "vendor");
}

static ct_err write_file(struct cmd *c, ct_str base, const char *ending, ct_str text, struct ct_fault *fault)
{
    char path[600];
    int n = snprintf(path, sizeof path, "%s/%.*s%s", c->dir ? c->dir : ".", CT_STR_ARG(base), ending);
    if (n < 0 || (size_t)n >= sizeof path) return ct_fault_set(fault, CT_ERR_CAP, 0, "the name of the folder is too long");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    while (ok && text.n) {
        ssize_t wrote = write(fd, text.p, text.n);
        if (wrote < 0 && errno == EINTR) continue;
        ok = wrote > 0;
        if (ok) text = ct_str_slice(text, (size_t)wrote, text.n);
    }
    if (fd >= 0 && close(fd) != 0) ok = false;
    return ok ? CT_OK : ct_fault_set(fault, CT_ERR_USAGE, 0, "%.120s: %s; nothing was noted", path, strerror(errno));
}

static ct_err letter(struct cmd *c, const struct ct_vendor *v, struct ct_fault *fault)
{
    struct ct_letter l = {.from = ct_str_from(c->from ? c->from : "")};
    struct ct_buf name, text;
    if (c->due && !ct_when_ahead(c->due, c->s.who.now_us, &l.due)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--due takes a time like 2021-12-14T17:00Z, or 3d from now");
    CT_TRY(ct_vendor_ask(c->s.db, c->s.arena, v, c->vulnerabilities, c->n_vulnerabilities, &c->s.who, &l, fault));
    ct_buf_init(&name, c->s.arena, 512);
    file_word(&name, v->name);
    ct_buf_byte(&name, '-');
    file_word(&name, c->vulnerabilities[0]);
    struct ct_civil t = ct_civil_of(c->s.who.now_us);
    ct_buf_printf(&name, "-%04lld%02u%02uT%02u%02u%02uZ-%lld", (long long)t.year, t.month, t.day, t.hour, t.minute, t.second, (long long)v->id);
    ct_buf_init(&text, c->s.arena, 1u << 20);
    ct_letter_text(&text, &l);
    CT_TRY(text.err);
    CT_TRY(write_file(c, ct_buf_view(&name), ".txt", ct_buf_view(&text), fault));
    if (l.to.n) {
        text.n = 0;
        ct_letter_mail(&text, &l);
        CT_TRY(text.err);
        CT_TRY(write_file(c, ct_buf_view(&name), ".eml", ct_buf_view(&text), fault));
    }
    c->letters++;
    c->without += l.to.n == 0;
    ct_buf_text(&c->s.text, l.asked ? "Reminder to " : "Letter to ");
    ct_print_text(&c->s.text, v->name);
    ct_buf_printf(&c->s.text, ": %s/%.*s.%s%s\n", c->dir ? c->dir : ".", CT_STR_ARG(ct_buf_view(&name)), l.to.n ? "eml" : "txt", l.to.n ? "" : " (no contact is known: 'caltrop vendor add NAME --contact ADDRESS')");
    return c->s.text.err;
}

static ct_err keep(struct cmd *c, const struct ct_vendor *v)
{
    if (c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 32;
        struct ct_vendor *grown = ct_arena_grow(c->s.arena, c->list, c->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        c->list = grown;
        c->cap = cap;
    }
    struct ct_vendor *k = &c->list[c->n++];
    *k = *v;
    CT_TRY(ct_arena_dup(c->s.arena, v->name, &k->name));
    CT_TRY(ct_arena_dup(c->s.arena, v->contact, &k->contact));
    return ct_arena_dup(c->s.arena, v->data, &k->data);
}

/* Of all that are ours: who has not answered. */
static ct_err on_unanswered(void *ctx, const struct ct_vendor_standing *s)
{
    struct cmd *c = ctx;
    if (ct_vendor_answers(s) || (c->reminding ? !s->asked : s->asked != 0)) return CT_OK;
    for (size_t i = 0; i < c->n; i++)
        if (c->list[i].id == s->vendor.id) return CT_OK;
    return keep(c, &s->vendor);
}

static ct_err ask(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    size_t first = c->all ? 0 : 1;
    struct ct_vendor v;
    if (c->s.n_args <= first) return ct_fault_set(fault, CT_ERR_USAGE, 0, "takes VENDOR CVE..., or --all CVE...");
    c->n_vulnerabilities = c->s.n_args - first;
    if (c->n_vulnerabilities > NAMES_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "these are too many vulnerabilities for one letter");
    c->vulnerabilities = ct_arena_array(s->arena, c->n_vulnerabilities, sizeof *c->vulnerabilities);
    if (!c->vulnerabilities) return CT_ERR_NOMEM;
    for (size_t i = 0; i < c->n_vulnerabilities; i++) {
        int64_t id;
        c->vulnerabilities[i] = ct_str_from(c->s.args[first + i]);
        CT_TRY(ct_vulnerability_put(s->db, c->vulnerabilities[i], CT_STR(""), &id));
        if (c->all) CT_TRY(ct_vendor_standings(s->db, id, 0, s->who.now_us, on_unanswered, c));
        struct ct_vendor_request r;
        if (c->all) continue;
        CT_TRY(find(c, c->s.args[0], &v, fault));
        ct_err e = ct_vendor_request_get(s->db, s->arena, v.id, id, &r);
        if (c->reminding && e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, CT_ERR_USAGE, 0, "%.60s was not asked about %.100s: 'caltrop vendor ask' does", c->s.args[0], c->s.args[first + i]);
        if (c->reminding && e == CT_OK && r.answered) return ct_fault_set(fault, CT_ERR_USAGE, 0, "%.60s has answered about %.100s: 'caltrop vendor show' has its words", c->s.args[0], c->s.args[first + i]);
        if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    }
    if (!c->all) CT_TRY(keep(c, &v));
    for (size_t i = 0; i < c->n; i++) CT_TRY(letter(c, &c->list[i], fault));
    ct_buf_printf(&c->s.text, "%llu letters written, %llu of them without an address.\n", (unsigned long long)c->letters, (unsigned long long)c->without);
    return CT_OK;
}

static ct_err remind(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    c->reminding = true;
    return ask(ctx, s, fault);
}

static ct_err answer(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_vendor v;
    ct_str cve = ct_str_from(c->s.args[1]), status = ct_str_from(c->s.args[2]);
    bool workaround;
    CT_TRY(find(c, c->s.args[0], &v, fault));
    CT_TRY(ct_vendor_answer(s->db, s->arena, &v, cve, status, ct_str_from(c->product ? c->product : ""), ct_str_from(c->summary ? c->summary : ""), &s->who, fault));
    enum ct_vex_status word = ct_vex_status_of(status, &workaround);
    ct_buf_text(&s->text, "Recorded: ");
    ct_print_text(&s->text, v.name);
    ct_buf_text(&s->text, " says of ");
    ct_print_text(&s->text, cve);
    if (c->product) ct_buf_text(&s->text, " in "), ct_print_text(&s->text, ct_str_from(c->product));
    ct_buf_printf(&s->text, ": %s.%s\n", ct_vex_status_name(word), word == CT_VEX_UNKNOWN ? " That answers nothing." : "");
    return CT_OK;
}

static ct_err limit(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_vendor v;
    struct ct_vendor_limit l = {.what = ct_str_from(c->s.args[1])};
    CT_TRY(find(c, c->s.args[0], &v, fault));
    if (c->until && !ct_when_ahead(c->until, s->who.now_us, &l.until)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--until takes a time like 2021-12-24T00:00Z, or 7d from now");
    CT_TRY(ct_vendor_limit(s->db, &v, &l, &s->who, fault));
    ct_buf_printf(&c->s.text, "Limit %lld.\n", (long long)l.number);
    return CT_OK;
}

static ct_err lift(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_vendor v;
    uint64_t number;
    CT_TRY(find(c, c->s.args[0], &v, fault));
    if (!ct_str_u64(ct_str_from(c->s.args[1]), &number) || number > INT64_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "'%.40s' is no number of a limit: 'caltrop vendor show' lists them", c->s.args[1]);
    CT_TRY(ct_vendor_lift(s->db, &v, (int64_t)number, &s->who, fault));
    ct_buf_printf(&s->text, "Limit %llu is lifted.\n", (unsigned long long)number);
    return CT_OK;
}

static ct_err on_standing(void *ctx, const struct ct_vendor_standing *s)
{
    struct cmd *c = ctx;
    const char *state = ct_vendor_state(s);
    if (c->reminding && ct_vendor_answers(s)) return CT_OK; /* 'silent' wants the others */
    c->found++;
    if (c->json) {
        ct_json_begin(&c->j, &c->s.text);
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "vendor", s->vendor.name);
        ct_json_kv(&c->j, "vulnerability", c->v.name);
        ct_json_kz(&c->j, "state", state);
        if (s->status.p) ct_json_kv(&c->j, "status", s->status);
        ct_json_some(&c->j, "contact", s->vendor.contact);
        ct_json_some(&c->j, "data", s->vendor.data);
        if (s->asked) ct_json_time(&c->j, "asked", s->asked);
        if (s->reminded) ct_json_time(&c->j, "reminded", s->reminded);
        if (s->answered) ct_json_time(&c->j, "answered", s->answered);
        ct_json_ku(&c->j, "reminders", (uint64_t)s->reminders);
        ct_json_ku(&c->j, "limits", (uint64_t)s->limits);
        ct_json_object_end(&c->j);
        ct_buf_byte(&c->s.text, '\n');
        return flush(c);
    }
    ct_buf_printf(&c->s.text, "%-9s ", state);
    ct_print_text(&c->s.text, s->vendor.name);
    if (ct_vendor_answers(s)) ct_buf_text(&c->s.text, ": "), ct_print_text(&c->s.text, s->status);
    else if (s->spoke_of_others) ct_buf_text(&c->s.text, ": it spoke about others, and not about this one");
    if (s->asked) ct_buf_text(&c->s.text, "; asked "), ct_print_second(&c->s.text, s->asked);
    if (s->reminded) ct_buf_printf(&c->s.text, ", reminded %lld times, last ", (long long)s->reminders), ct_print_second(&c->s.text, s->reminded);
    if (s->vendor.data.n) ct_buf_text(&c->s.text, "; holds "), ct_print_text(&c->s.text, s->vendor.data);
    if (s->limits) ct_buf_printf(&c->s.text, "; %lld limits in force", (long long)s->limits);
    if (!s->vendor.contact.n) ct_buf_text(&c->s.text, "; no contact");
    ct_buf_byte(&c->s.text, '\n');
    return flush(c);
}

static ct_err on_vendor(void *ctx, const struct ct_vendor *v)
{
    struct cmd *c = ctx;
    if (c->json) {
        ct_json_begin(&c->j, &c->s.text);
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "vendor", v->name);
        ct_json_key(&c->j, "ours");
        ct_json_bool(&c->j, v->ours);
        ct_json_some(&c->j, "contact", v->contact);
        ct_json_some(&c->j, "data", v->data);
        ct_json_object_end(&c->j);
        ct_buf_byte(&c->s.text, '\n');
        return flush(c);
    }
    ct_print_text(&c->s.text, v->name);
    ct_buf_text(&c->s.text, v->contact.n ? "  " : "  (no contact)");
    ct_print_text(&c->s.text, v->contact);
    if (v->data.n) ct_buf_text(&c->s.text, "; holds "), ct_print_text(&c->s.text, v->data);
    ct_buf_byte(&c->s.text, '\n');
    return flush(c);
}

static ct_err list(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    if (c->s.n_args == 0) return ct_vendors_each(s->db, c->all, on_vendor, c);
    CT_TRY(vulnerability(c, c->s.args[0], fault));
    CT_TRY(ct_vendor_standings(s->db, c->v.id, 0, s->who.now_us, on_standing, c));
    return CT_OK;
}

static ct_err silent(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    c->reminding = true;
    for (size_t i = 0; i < c->s.n_args; i++) {
        CT_TRY(vulnerability(c, c->s.args[i], fault));
        CT_TRY(ct_vendor_standings(s->db, c->v.id, 0, s->who.now_us, on_standing, c));
    }
    if (!c->found && !c->json) ct_buf_text(&c->s.text, "Every vendor of ours has answered.\n");
    s->found = c->found > 0;
    return CT_OK;
}

static ct_err on_statement(void *ctx, const struct ct_vendor_statement *s)
{
    struct cmd *c = ctx;
    c->found++;
    if (c->json) {
        ct_json_begin(&c->j, &c->s.text);
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "vendor", s->vendor_name);
        ct_json_some(&c->j, "product", s->product_name);
        ct_json_kv(&c->j, "vulnerability", s->vulnerability_name);
        ct_json_kv(&c->j, "status", s->status);
        if (s->was.p) ct_json_kv(&c->j, "was", s->was);
        ct_json_some(&c->j, "said", s->said);
        ct_json_some(&c->j, "versions", s->versions);
        ct_json_some(&c->j, "text", s->text);
        ct_json_some(&c->j, "action", s->action);
        ct_json_some(&c->j, "link", s->link);
        ct_json_some(&c->j, "date", s->date);
        ct_json_kv(&c->j, "source", s->source);
        ct_json_time(&c->j, "taken", s->taken);
        ct_json_object_end(&c->j);
        ct_buf_byte(&c->s.text, '\n');
        return flush(c);
    }
    ct_buf_text(&c->s.text, "  ");
    ct_print_second(&c->s.text, s->taken);
    ct_buf_byte(&c->s.text, ' ');
    ct_print_text(&c->s.text, s->vendor_name);
    if (s->product_name.n) ct_buf_text(&c->s.text, ", "), ct_print_clipped(&c->s.text, s->product_name, 120);
    ct_buf_text(&c->s.text, ", ");
    ct_print_text(&c->s.text, s->vulnerability_name);
    ct_buf_text(&c->s.text, ": ");
    if (s->was.p && !ct_str_eq(s->was, s->status)) ct_print_text(&c->s.text, s->was), ct_buf_text(&c->s.text, " -> ");
    ct_print_text(&c->s.text, s->status);
    if (s->versions.n) ct_buf_text(&c->s.text, ", versions "), ct_print_clipped(&c->s.text, s->versions, 120);
    if (s->text.n) ct_buf_text(&c->s.text, "; "), ct_print_clipped(&c->s.text, s->text, SHOWN_TEXT);
    if (s->action.n) ct_buf_text(&c->s.text, "; to do: "), ct_print_clipped(&c->s.text, s->action, SHOWN_TEXT);
    ct_buf_text(&c->s.text, " (");
    ct_print_text(&c->s.text, s->source);
    if (s->date.n) ct_buf_text(&c->s.text, ", of "), ct_print_clipped(&c->s.text, s->date, 40);
    ct_buf_text(&c->s.text, ")\n");
    return flush(c);
}

static ct_err reversals(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    c->v.id = 0;
    if (c->s.n_args) CT_TRY(vulnerability(c, c->s.args[0], fault));
    CT_TRY(ct_vendor_statements(s->db, 0, c->v.id, true, on_statement, c));
    if (!c->found && !c->json) ct_buf_text(&c->s.text, "No vendor has changed its word.\n");
    s->found = c->found > 0;
    return CT_OK;
}

static ct_err on_limit(void *ctx, const struct ct_vendor_limit *l)
{
    struct cmd *c = ctx;
    ct_buf_printf(&c->s.text, "  limit %lld: ", (long long)l->number);
    ct_print_text(&c->s.text, l->what);
    ct_buf_text(&c->s.text, ", by ");
    ct_print_text(&c->s.text, l->who);
    ct_buf_text(&c->s.text, ", since ");
    ct_print_second(&c->s.text, l->since);
    if (l->until) ct_buf_text(&c->s.text, ", until "), ct_print_second(&c->s.text, l->until);
    if (l->lifted) ct_buf_text(&c->s.text, ", lifted "), ct_print_second(&c->s.text, l->lifted), ct_buf_text(&c->s.text, " by "), ct_print_text(&c->s.text, l->lifted_by);
    if (l->why.n) ct_buf_text(&c->s.text, ": "), ct_print_text(&c->s.text, l->why);
    ct_buf_byte(&c->s.text, '\n');
    return CT_OK;
}

static ct_err on_request(void *ctx, const struct ct_vendor_request *r)
{
    struct cmd *c = ctx;
    ct_buf_text(&c->s.text, "  asked about ");
    ct_print_text(&c->s.text, r->vulnerability_name);
    ct_buf_byte(&c->s.text, ' ');
    ct_print_second(&c->s.text, r->asked);
    if (r->reminded) ct_buf_printf(&c->s.text, ", reminded %lld times, last ", (long long)r->reminders), ct_print_second(&c->s.text, r->reminded);
    ct_buf_text(&c->s.text, r->answered ? ", answered " : ", no answer\n");
    if (r->answered) ct_print_second(&c->s.text, r->answered), ct_buf_byte(&c->s.text, '\n');
    return CT_OK;
}

static ct_err on_product(void *ctx, int64_t product, ct_str name, bool ours)
{
    struct cmd *c = ctx;
    (void)product;
    if (!ours || !name.n) return CT_OK;
    ct_buf_text(&c->s.text, "  we use ");
    ct_print_text(&c->s.text, name);
    ct_buf_byte(&c->s.text, '\n');
    return CT_OK;
}

static ct_err show(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_vendor v;
    CT_TRY(find(c, c->s.args[0], &v, fault));
    if (c->json) return ct_vendor_statements(s->db, v.id, 0, false, on_statement, c);
    CT_TRY(on_vendor(c, &v));
    CT_TRY(ct_vendor_products(s->db, v.id, on_product, c));
    CT_TRY(ct_vendor_limits(s->db, v.id, false, s->who.now_us, on_limit, c));
    CT_TRY(ct_vendor_requests(s->db, v.id, on_request, c));
    CT_TRY(ct_vendor_statements(s->db, v.id, 0, false, on_statement, c));
    return CT_OK;
}

int ct_cmd_vendor(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {
        {"caltrop vendor add", "NAME", 1, 1, add, NULL}, {"caltrop vendor list", "[CVE]", 0, 1, NULL, list}, {"caltrop vendor import", "FILE...", 1, SIZE_MAX, import, NULL},
        {"caltrop vendor ask", "VENDOR CVE..., or --all CVE...", 1, SIZE_MAX, ask, NULL}, {"caltrop vendor remind", "VENDOR CVE..., or --all CVE...", 1, SIZE_MAX, remind, NULL},
        {"caltrop vendor answer", "VENDOR CVE STATUS", 3, 3, answer, NULL}, {"caltrop vendor silent", "CVE...", 1, SIZE_MAX, NULL, silent},
        {"caltrop vendor reversals", "[CVE]", 0, 1, NULL, reversals}, {"caltrop vendor limit", "VENDOR TEXT", 2, 2, limit, NULL},
        {"caltrop vendor lift", "VENDOR NUMBER --why TEXT", 2, 2, lift, NULL}, {"caltrop vendor show", "VENDOR", 1, 1, NULL, show},
    };
    struct cmd c = {.n = 0};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
