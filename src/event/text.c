#include "event/fields.h"
#include "text/ip.h"
#include "text/printable.h"
#include "text/unicode.h"

#include <string.h>

/* One line; on a terminal that is narrower, columns that find no room go on in a further row. Everything put is printable already. */
struct line {
    struct ct_buf *out;
    size_t columns, indent, left; /* left: of this row */
    size_t gap;                   /* before the next column of this row */
};

static struct line line_of(struct ct_buf *out, size_t columns)
{
    if (columns == 0) columns = SIZE_MAX;
    return (struct line){out, columns, columns > 20 ? 4 : 0, columns, 0};
}

static size_t width_of(ct_str s)
{
    size_t width = 0;
    for (size_t i = 0; i < s.n; i++) width += (s.p[i] & 0xc0) != 0x80;
    return width;
}

/* Room for so many columns: in this row, or in a further one. */
static void begin_column(struct line *l, size_t room)
{
    bool fresh = l->left == l->columns || l->left == l->columns - l->indent;
    if (!fresh && (l->gap >= l->left || room > l->left - l->gap)) {
        ct_buf_printf(l->out, "\n%*s", (int)l->indent, "");
        l->left = l->columns - l->indent;
    } else {
        ct_buf_printf(l->out, "%*s", (int)l->gap, "");
        l->left -= l->gap;
    }
    l->gap = 0;
}

static void put(struct line *l, ct_str s, size_t padded)
{
    size_t width = width_of(s);
    if (width <= l->left) ct_buf_add(l->out, s);
    else ct_print_clipped(l->out, s, l->left);
    l->left -= width < l->left ? width : l->left;
    l->gap = (width < padded ? padded - width : 0) + 2;
}

static void put_column(struct line *l, ct_str s, size_t padded)
{
    begin_column(l, width_of(s));
    put(l, s, padded);
}

static const char *colour_of(const char *grade)
{
    if (strcmp(grade, "exploit") == 0) return "\033[1;31m";
    if (strcmp(grade, "reach") == 0) return "\033[31m";
    if (strcmp(grade, "dos") == 0 || strcmp(grade, "leak") == 0) return "\033[33m";
    if (strcmp(grade, "attempt") == 0) return "\033[36m";
    return "";
}

/* "user_agent.original" is "user_agent" to people, "http.request.headers.x-api-version" the header's name. */
static ct_str short_field(ct_str field)
{
    static const ct_str heads[] = {CT_STR_INIT("http.request.headers."), CT_STR_INIT("http.request.")};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (ct_str_starts(field, heads[i])) {
            field = ct_str_slice(field, heads[i].n, field.n);
            break;
        }
    if (ct_str_ends(field, CT_STR(".original")) && field.n > 9) field.n -= 9;
    return field;
}

static void print_stamp(struct ct_buf *out, int64_t time_us)
{
    if (time_us == INT64_MIN) {
        ct_buf_byte(out, '-');
        return;
    }
    struct ct_civil c = ct_civil_of(time_us);
    ct_buf_printf(out, "%04lld-%02u-%02u %02u:%02u:%02u", (long long)c.year, c.month, c.day, c.hour, c.minute, c.second);
}

/* A column of s as people may see it; the buffer is reused. */
static ct_str column(struct ct_buf *b, void (*print)(struct ct_buf *, ct_str), ct_str s)
{
    b->n = 0;
    if (s.n == 0) s = CT_STR("-");
    print(b, s);
    return ct_buf_view(b);
}

void ct_attempt_text(struct ct_buf *out, const struct ct_attempt *a, size_t columns, bool colour)
{
    struct line l = line_of(out, columns);
    struct ct_buf b = ct_scratch(out);
    struct ct_buf client = ct_scratch(out);
    enum { CLIENT_MAX = 45 };  /* the longest IPv6 address; what a log calls a client may be anything */
    enum { WIDE = 160 };       /* below it there is no room for words */
    enum { TEXT_ENOUGH = 60 }; /* of the attack itself in what is left of a row: it is what people look for */
    uint16_t port;
    const char *shade = colour ? colour_of(a->grade) : "";

    print_stamp(&b, a->time_us);
    put_column(&l, ct_buf_view(&b), 19);
    bool address = ct_ip_parse(a->client, NULL) || ct_ip_parse(ct_ip_cut_port(a->client, &port), NULL);
    ct_print_clipped(&client, column(&b, address ? ct_print_text : ct_print_defanged, a->client), CLIENT_MAX);
    put_column(&l, ct_buf_view(&client), 15);
    begin_column(&l, strlen(a->grade));
    ct_buf_text(out, shade);
    put(&l, column(&b, ct_print_text, ct_str_from(a->grade)), 7);
    if (*shade) ct_buf_text(out, "\033[0m");
    b.n = 0;
    ct_print_fires(&b, a, columns && columns < WIDE);
    put_column(&l, ct_buf_view(&b), 0);
    put_column(&l, column(&b, ct_print_text, short_field(a->field)), 0);
    ct_str text = column(&b, ct_print_defanged, ct_attempt_masked(out, a, a->normal.n ? a->normal : a->raw));
    size_t width = width_of(text);
    begin_column(&l, width < TEXT_ENOUGH ? width : TEXT_ENOUGH);
    put(&l, text, 0);
    ct_buf_byte(out, '\n');
    if (client.err && !out->err) out->err = client.err;
    if (b.err && !out->err) out->err = b.err;
}
