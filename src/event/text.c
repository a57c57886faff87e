#include "event/fields.h"
#include "text/ip.h"
#include "text/printable.h"
#include "text/unicode.h"

#include <string.h>

/* A line that stops at its width. Everything put is printable already. */
struct line {
    struct ct_buf *out;
    size_t left; /* columns */
};

static size_t width_of(ct_str s)
{
    size_t width = 0;
    for (size_t i = 0; i < s.n; i++) width += (s.p[i] & 0xc0) != 0x80;
    return width;
}

static void put(struct line *l, ct_str s)
{
    size_t width = width_of(s);
    if (width <= l->left) {
        ct_buf_add(l->out, s);
        l->left -= width;
        return;
    }
    ct_print_clipped(l->out, s, l->left);
    l->left = 0;
}

static void put_padded(struct line *l, ct_str s, size_t width)
{
    static const ct_str blanks = CT_STR_INIT("                    ");
    put(l, s);
    size_t n = width_of(s);
    if (n < width) put(l, ct_str_slice(blanks, 0, width - n));
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
    struct line l = {out, columns ? columns : SIZE_MAX};
    struct ct_buf b = ct_scratch(out);
    struct ct_buf client = ct_scratch(out);
    enum { CLIENT_MAX = 45 }; /* the longest IPv6 address; what a log calls a client may be anything */
    enum { WIDE = 120 };      /* below it there is no room for words */
    uint16_t port;
    const char *shade = colour ? colour_of(a->grade) : "";

    print_stamp(&b, a->time_us);
    put_padded(&l, ct_buf_view(&b), 19);
    put(&l, CT_STR("  "));
    bool address = ct_ip_parse(a->client, NULL) || ct_ip_parse(ct_ip_cut_port(a->client, &port), NULL);
    ct_print_clipped(&client, column(&b, address ? ct_print_text : ct_print_defanged, a->client), CLIENT_MAX);
    put_padded(&l, ct_buf_view(&client), 15);
    put(&l, CT_STR("  "));
    ct_buf_text(out, shade);
    put(&l, column(&b, ct_print_text, ct_str_from(a->grade)));
    if (*shade) ct_buf_text(out, "\033[0m");
    put(&l, ct_str_slice(CT_STR("       "), strlen(a->grade), 7));
    put(&l, CT_STR("  "));
    b.n = 0;
    ct_print_fires(&b, a, columns && columns < WIDE);
    put(&l, ct_buf_view(&b));
    put(&l, CT_STR("  "));
    put(&l, column(&b, ct_print_text, short_field(a->field)));
    put(&l, CT_STR("  "));
    put(&l, column(&b, ct_print_defanged, ct_attempt_masked(out, a, a->normal.n ? a->normal : a->raw)));
    ct_buf_byte(out, '\n');
    if (client.err && !out->err) out->err = client.err;
    if (b.err && !out->err) out->err = b.err;
}
