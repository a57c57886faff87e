/* Contacts and actors for spreadsheets, as in csv.c: columns are only ever added at the end. */
#include "event/contact_fields.h"
#include "text/printable.h"

#include <string.h>

static void cell(struct ct_buf *out, ct_str s)
{
    ct_print_csv(out, s);
    ct_buf_byte(out, ',');
}

static void text(struct ct_buf *out, const char *z) { cell(out, ct_str_from(z)); }

static void number(struct ct_buf *out, uint64_t v)
{
    ct_buf_u64(out, v);
    ct_buf_byte(out, ',');
}

static void put(struct ct_buf *out, struct ct_buf *b)
{
    if (b->err && !out->err) out->err = b->err;
    cell(out, ct_buf_view(b));
    b->n = 0;
}

static void item(struct ct_buf *b, ct_str s)
{
    if (b->n) ct_buf_text(b, "; ");
    ct_buf_add(b, s);
}

static void logins(struct ct_buf *out, const struct ct_contact_login *l, size_t n)
{
    struct ct_buf users = ct_scratch(out), secrets = ct_scratch(out);
    for (size_t i = 0; i < n; i++) {
        item(&users, l[i].user);
        item(&secrets, l[i].secret);
    }
    put(out, &users);
    put(out, &secrets);
}

/* Scheme, host and port without "://": a spreadsheet makes no link of it. */
static void payload(struct ct_buf *out, const struct ct_contact_payload *p, bool masked)
{
    struct ct_buf b = ct_scratch(out);
    text(out, p->grade);
    text(out, p->grade ? p->certainty : NULL);
    for (size_t i = 0; i < p->n_indicators; i++) {
        const struct ct_attempt_indicator *in = &p->indicators[i];
        item(&b, in->scheme);
        ct_buf_byte(&b, ' ');
        ct_buf_add(&b, in->host);
        if (in->port) ct_buf_printf(&b, " %u", (unsigned)in->port);
        if (in->path.n) ct_buf_byte(&b, ' ');
        ct_buf_add(&b, ct_contact_masked(out, masked, in->path));
    }
    put(out, &b);
    cell(out, ct_contact_masked(out, masked, p->normal));
    ct_print_csv(out, ct_contact_masked(out, masked, p->raw));
    ct_buf_byte(out, '\n');
}

void ct_contact_csv_header(struct ct_buf *out)
{
    ct_buf_text(out, "time,id,actor,sensor,source,source_port,dest,dest_port,transport,technique,face,background,session,answered,"
                     "bytes_in,bytes_out,said,users,secrets,grade,certainty,callbacks,normal,raw\n");
}

static void id(struct ct_buf *out, const unsigned char id[16])
{
    ct_print_id(out, id);
    ct_buf_byte(out, ',');
}

static void said(struct ct_buf *out, const struct ct_contact_said *list, size_t n, bool masked)
{
    struct ct_buf b = ct_scratch(out);
    for (size_t i = 0; i < n; i++) {
        item(&b, ct_str_from(list[i].name));
        ct_buf_byte(&b, '=');
        ct_buf_add(&b, ct_contact_masked(out, masked, list[i].value));
    }
    put(out, &b);
}

void ct_contact_csv(struct ct_buf *out, const struct ct_contact_event *c)
{
    ct_print_time(out, c->time_us);
    ct_buf_byte(out, ',');
    id(out, c->id);
    id(out, c->actor);
    cell(out, c->sensor);
    cell(out, c->source);
    number(out, c->source_port);
    cell(out, c->dest);
    number(out, c->dest_port);
    text(out, c->transport);
    text(out, c->technique);
    text(out, c->face);
    text(out, c->background);
    number(out, c->session);
    text(out, c->answered ? "yes" : "");
    number(out, c->bytes_in);
    number(out, c->bytes_out);
    said(out, c->said, c->n_said, c->masked);
    logins(out, c->logins, c->n_logins);
    payload(out, &c->payload, c->masked);
}

void ct_actor_csv_header(struct ct_buf *out)
{
    ct_buf_text(out, "time,id,actor,sequence,news,severity,sensor,source,sources,first,last,dest,tcp_ports,udp_ports,opened_ports,ports,"
                     "touches,sessions,rate_peak,techniques,faces,logins_tried,secrets_distinct,users_distinct,said,users,secrets,"
                     "grade,certainty,callbacks,normal,raw\n");
}

static void names(struct ct_buf *out, const char *const *list, size_t n)
{
    struct ct_buf b = ct_scratch(out);
    for (size_t i = 0; i < n; i++) item(&b, ct_str_from(list[i]));
    put(out, &b);
}

void ct_actor_csv(struct ct_buf *out, const struct ct_actor_event *a)
{
    struct ct_buf b = ct_scratch(out);
    ct_print_time(out, a->time_us);
    ct_buf_byte(out, ',');
    id(out, a->id);
    id(out, a->actor);
    number(out, a->sequence);
    text(out, ct_actor_news_name(a->news));
    number(out, ct_actor_severity(a));
    cell(out, a->sensor);
    cell(out, a->crowd ? (ct_str){NULL, 0} : a->source);
    number(out, a->n_sources);
    ct_print_time(out, a->first_us);
    ct_buf_byte(out, ',');
    ct_print_time(out, a->last_us);
    ct_buf_byte(out, ',');
    cell(out, a->dest);
    number(out, a->tcp.n);
    number(out, a->udp.n);
    number(out, a->opened.n);
    ct_print_all_ports(&b, a, SIZE_MAX);
    put(out, &b);
    number(out, a->touches);
    number(out, a->sessions);
    number(out, a->rate_peak);
    names(out, a->techniques, a->n_techniques);
    names(out, a->faces, a->n_faces);
    number(out, a->logins_tried);
    number(out, a->secrets_distinct);
    number(out, a->users_distinct);
    said(out, a->said, a->n_said, a->masked);
    logins(out, a->logins, a->n_logins);
    payload(out, &a->payload, a->masked);
}
