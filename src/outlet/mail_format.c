#include "outlet/mail_format.h"

#include "event/fields.h"

#include <string.h>

enum { SUBJECT_MAX = 120, QP_LINE = 72, BODY_MAX = 16 * 1024 };

bool ct_mail_address(ct_str s, char *to)
{
    size_t at = ct_str_chr(s, '@');
    if (s.n == 0 || s.n > 254 || at == CT_STR_NONE || at == 0 || at + 1 == s.n || at != ct_str_rchr(s, '@')) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ct_ascii_alpha(s.p[i]) && !ct_ascii_digit(s.p[i]) && ct_str_chr(CT_STR("!#%&'*+-/=?^_.{|}~@"), s.p[i]) == CT_STR_NONE)
            return false;
    memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return true;
}

static void line(struct ct_buf *out, const char *text)
{
    ct_buf_text(out, text);
    ct_buf_text(out, "\r\n");
}

static void date(struct ct_buf *out, int64_t time_us)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}; /* 1 January 1970 was a Thursday */
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (time_us < 0) time_us = 0;
    struct ct_civil c = ct_civil_of(time_us);
    ct_buf_printf(out, "Date: %s, %u %s %04lld %02u:%02u:%02u +0000\r\n", days[time_us / 86400000000 % 7], c.day, months[c.month - 1],
                  (long long)c.year, c.hour, c.minute, c.second);
}

/* A host as the right side of a Message-ID may hold it. */
static void message_id(struct ct_buf *out, const char *left, const char *host)
{
    bool some = false;
    ct_buf_printf(out, "<%s.caltrop@", left);
    for (const char *p = host; *p; p++)
        if (ct_ascii_alpha((unsigned char)*p) || ct_ascii_digit((unsigned char)*p) || *p == '-') {
            ct_buf_byte(out, (unsigned char)*p);
            some = true;
        } else if (*p == '.' && some && p[1] && p[1] != '.') {
            ct_buf_byte(out, '.');
        }
    if (!some) ct_buf_text(out, "localhost");
    ct_buf_text(out, ">\r\n");
}

static void subject(struct ct_buf *out, const struct ct_gist *g)
{
    struct ct_buf b;
    ct_buf_init(&b, out->arena, out->max);
    ct_gist_print_title(&b, g, SUBJECT_MAX);
    if (b.err && !out->err) out->err = b.err;
    ct_buf_text(out, "Subject: [caltrop] ");
    for (size_t i = 0; i < b.n; i++) ct_buf_byte(out, b.p[i] >= ' ' && b.p[i] < 0x7f ? b.p[i] : '?');
    ct_buf_text(out, "\r\n");
}

/* RFC 2045, 6.7. A blank before a line's end is encoded, and so is a dot at its start: nothing is left to stuff, but it is looked
 * for all the same. */
static void quoted_printable(struct ct_buf *out, ct_str text)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t width = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i];
        if (c == '\n') {
            ct_buf_text(out, "\r\n");
            width = 0;
            continue;
        }
        bool last = i + 1 == text.n || text.p[i + 1] == '\n';
        bool plain = c >= ' ' && c < 0x7f && c != '=' && !(c == ' ' && last) && !(c == '.' && width == 0);
        if (width + (plain ? 1 : 3) > QP_LINE) {
            ct_buf_text(out, "=\r\n");
            width = 0;
            plain = plain && c != '.';
        }
        if (plain) {
            ct_buf_byte(out, c);
            width++;
        } else {
            const unsigned char code[3] = {'=', (unsigned char)hex[c >> 4], (unsigned char)hex[c & 15]};
            ct_buf_add(out, (ct_str){code, 3});
            width += 3;
        }
    }
}

static void body(struct ct_buf *out, const struct ct_gist *g)
{
    struct ct_buf b;
    ct_buf_init(&b, out->arena, out->max);
    ct_gist_print_title(&b, g, 1000);
    ct_buf_text(&b, "\n\n");
    ct_gist_print_details(&b, g, 800, BODY_MAX);
    if (b.err && !out->err) out->err = b.err;
    quoted_printable(out, ct_buf_view(&b));
    if (b.n == 0 || b.p[b.n - 1] != '\n') ct_buf_text(out, "\r\n");
}

void ct_mail_print(struct ct_buf *out, const struct ct_mail_addresses *a, const struct ct_gist *g, const unsigned char id[16],
                   int64_t time_us, const char *host)
{
    char hex[33] = "";
    struct ct_buf key;
    ct_buf_init(&key, out->arena, 128);
    for (size_t i = 0; i < 16; i++) {
        hex[2 * i] = "0123456789abcdef"[id[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[id[i] & 15];
    }
    ct_gist_print_key(&key, g);
    ct_buf_byte(&key, 0);
    if (key.err && !out->err) out->err = key.err;
    ct_buf_printf(out, "From: %s\r\n", a->from);
    for (size_t i = 0; i < a->n_to; i++) ct_buf_printf(out, "%s%s%s", i ? ",\r\n " : "To: ", a->to[i], i + 1 == a->n_to ? "\r\n" : "");
    subject(out, g);
    date(out, time_us);
    ct_buf_text(out, "Message-ID: ");
    message_id(out, hex, host);
    if (key.err == CT_OK) {
        ct_buf_text(out, "References: ");
        message_id(out, (const char *)key.p, host);
    }
    line(out, "Auto-Submitted: auto-generated");
    line(out, "MIME-Version: 1.0");
    line(out, "Content-Type: text/plain; charset=utf-8");
    line(out, "Content-Transfer-Encoding: quoted-printable");
    if (g->severity >= 99) line(out, "X-Priority: 1 (Highest)");
    line(out, "");
    body(out, g);
    line(out, ".");
}
