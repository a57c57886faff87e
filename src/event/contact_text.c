/* Contacts and actors as lines for people. */
#include "event/contact_fields.h"
#include "text/printable.h"

#include <string.h>

static void stamp(struct ct_buf *out, int64_t time_us)
{
    struct ct_civil c = ct_civil_of(time_us);
    ct_buf_printf(out, "%04lld-%02u-%02u %02u:%02u:%02u  ", (long long)c.year, c.month, c.day, c.hour, c.minute, c.second);
}

static const char *colour_of(unsigned severity)
{
    return severity >= 99 ? "\033[1;31m" : severity >= 73 ? "\033[31m" : severity >= 47 ? "\033[33m" : "";
}

/* What was put together goes out at most `columns` wide; it is printable already. */
static void flush_line(struct ct_buf *out, struct ct_buf *b, size_t columns, const char *shade)
{
    if (b->err && !out->err) out->err = b->err;
    ct_buf_text(out, shade);
    if (columns) ct_print_clipped(out, ct_buf_view(b), columns);
    else ct_buf_add(out, ct_buf_view(b));
    if (*shade) ct_buf_text(out, "\033[0m");
    ct_buf_byte(out, '\n');
}

static void callback(struct ct_buf *b, const struct ct_contact_payload *p)
{
    if (p->n_indicators == 0) return;
    ct_buf_text(b, "  calls ");
    ct_print_defanged(b, p->indicators[0].scheme);
    ct_buf_byte(b, ' ');
    ct_print_defanged(b, p->indicators[0].host);
    if (p->indicators[0].port) ct_buf_printf(b, " %u", (unsigned)p->indicators[0].port);
    if (p->n_indicators > 1) ct_buf_printf(b, " and %zu more", p->n_indicators - 1);
}

void ct_actor_text(struct ct_buf *out, const struct ct_actor_event *a, size_t columns, bool colour)
{
    struct ct_buf b = ct_scratch(out);
    stamp(&b, a->time_us);
    ct_buf_printf(&b, "%-5s  ", ct_actor_news_name(a->news));
    ct_actor_title(&b, a);
    if (a->tcp.n + a->udp.n > 1 || (a->tcp.n + a->udp.n && a->dest_port == 0)) {
        ct_buf_text(&b, "  ");
        ct_print_all_ports(&b, a, 8);
    }
    for (size_t i = 0; i < a->n_techniques; i++) {
        ct_buf_text(&b, i ? "," : "  ");
        ct_buf_text(&b, a->techniques[i]);
    }
    if (a->n_logins) {
        ct_buf_text(&b, "  as ");
        ct_print_users(&b, a, 4);
    }
    callback(&b, &a->payload);
    flush_line(out, &b, columns, colour ? colour_of(ct_actor_severity(a)) : "");
}

void ct_contact_text(struct ct_buf *out, const struct ct_contact_event *c, size_t columns, bool colour)
{
    struct ct_buf b = ct_scratch(out);
    unsigned rank = ct_grade_rank(c->payload.grade);
    stamp(&b, c->time_us);
    ct_print_address(&b, c->source);
    ct_buf_printf(&b, "  %u/%s  %s", (unsigned)c->dest_port, c->transport, c->face ? c->face : c->technique);
    if (c->background) ct_buf_printf(&b, " (%s)", c->background);
    if (c->payload.grade) ct_buf_printf(&b, "  %s", c->payload.grade);
    callback(&b, &c->payload);
    if (c->n_logins) ct_buf_text(&b, "  as ");
    if (c->n_logins) ct_print_defanged(&b, c->logins[0].user.n ? c->logins[0].user : CT_STR("-"));
    for (size_t i = 0; i < c->n_said && i < 3; i++) {
        ct_buf_text(&b, "  ");
        ct_print_defanged(&b, ct_contact_masked(&b, c->masked, c->said[i].value));
    }
    flush_line(out, &b, columns, colour && rank ? colour_of(rank >= 5 ? 99 : 73) : "");
}
