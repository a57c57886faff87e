#include "respond/letter.h"

#include "event/attempt.h"
#include "event/fields.h"
#include "text/printable.h"

#include <string.h>

enum { COLUMNS = 72, QUOTED_COLUMNS = 75, WORD_BYTES = 40 };

bool ct_letter_address(ct_str s)
{
    size_t ats = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("<>()[],;:\\\"", s.p[i])) return false;
        if (s.p[i] == '{' && i > 0 && s.p[i - 1] == '$') return false; /* it goes into logs of mail servers as it stands */
        ats += s.p[i] == '@';
    }
    return s.n >= 3 && s.n <= 254 && ats == 1 && s.p[0] != '@' && s.p[s.n - 1] != '@';
}

static void list(struct ct_buf *out, const ct_str *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ct_buf_text(out, i == 0 ? "" : i + 1 == n ? " and " : ", ");
        ct_print_text(out, names[i]);
    }
}

void ct_letter_subject(struct ct_buf *out, const struct ct_letter *l)
{
    ct_buf_text(out, l->asked ? "Reminder: " : "");
    list(out, l->vulnerabilities, l->n_vulnerabilities);
    ct_buf_text(out, ": are your products affected?");
}

/* Paragraphs, broken at blanks; lines with a leading "* " are items. */
static void wrap(struct ct_buf *out, ct_str text)
{
    size_t column = 0;
    while (text.n) {
        size_t n = 0;
        while (n < text.n && text.p[n] != ' ' && text.p[n] != '\n') n++;
        if (column && column + 1 + n > COLUMNS) ct_buf_byte(out, '\n'), column = 0;
        else if (column) ct_buf_byte(out, ' '), column++;
        ct_buf_add(out, ct_str_slice(text, 0, n));
        column += n;
        if (n < text.n && text.p[n] == '\n') ct_buf_byte(out, '\n'), column = 0;
        text = ct_str_slice(text, n + 1, text.n);
    }
}

void ct_letter_text(struct ct_buf *out, const struct ct_letter *l)
{
    struct ct_buf b = ct_scratch(out);
    ct_buf_text(&b, "To ");
    ct_print_text(&b, l->vendor);
    ct_buf_text(&b, ",\n\n");
    if (l->asked) {
        ct_buf_text(&b, "on ");
        ct_print_time(&b, l->asked);
        ct_buf_text(&b, " we asked you about ");
    } else {
        ct_buf_text(&b, "we are responding to ");
    }
    list(&b, l->vulnerabilities, l->n_vulnerabilities);
    ct_buf_text(&b, l->asked ? ", and have no answer yet. " : ". ");
    if (l->n_products) {
        ct_buf_text(&b, "We use of yours: ");
        list(&b, l->products, l->n_products);
        ct_buf_text(&b, ". ");
    }
    if (l->data.n) {
        ct_buf_text(&b, "You hold of ours: ");
        ct_print_text(&b, l->data);
        ct_buf_text(&b, ". ");
    }
    ct_buf_text(&b, "\n\nPlease answer for each product, each release and each service that you run for us, and for each vulnerability by its number:\n\n"
                    "1. Is it affected, not affected, fixed, or still being looked into? If it is not affected: why (the component is not in it, the code is not reachable, ...)?\n"
                    "2. Which releases are affected, and which one mends it? When will it be there, and when in what you run for us?\n"
                    "3. What can be done until then?\n"
                    "4. Have you looked for attempts to exploit it since it became known, and did any succeed? Was data of ours reached?\n"
                    "5. Whom do we reach for this, day and night?\n\n"
                    "An answer about an earlier vulnerability does not answer for these. A machine-readable answer (CSAF, OpenVEX, CycloneDX) is welcome. ");
    if (l->due) {
        ct_buf_text(&b, "\n\nWe need the answer by ");
        ct_print_time(&b, l->due);
        ct_buf_text(&b, ". Until it is there we may limit what you can reach of ours.");
    }
    ct_buf_text(&b, "\n\nThank you.\n");
    if (b.err && !out->err) out->err = b.err;
    wrap(out, ct_buf_view(&b));
}

/* RFC 2047: words of at most 75 characters, cut between characters. */
static void header_text(struct ct_buf *out, const char *name, ct_str s)
{
    bool plain = s.n + strlen(name) + 2 <= 76;
    for (size_t i = 0; i < s.n; i++) plain &= s.p[i] >= ' ' && s.p[i] < 0x7f;
    ct_buf_text(out, name);
    ct_buf_text(out, ":");
    if (plain) ct_buf_byte(out, ' '), ct_buf_add(out, s);
    while (!plain && s.n) {
        size_t n = s.n < WORD_BYTES ? s.n : WORD_BYTES, cost = 0, k = 0;
        while (k < n && cost + 3 <= 57) { /* a byte costs three characters at most */
            cost += 3;
            k++;
        }
        while (k < s.n && k > 1 && (s.p[k] & 0xc0) == 0x80) k--;
        ct_buf_text(out, " =?UTF-8?Q?");
        for (size_t i = 0; i < k; i++) {
            if (s.p[i] < 0x80 && (ct_ascii_alpha(s.p[i]) || ct_ascii_digit(s.p[i]))) ct_buf_byte(out, s.p[i]);
            else if (s.p[i] == ' ') ct_buf_byte(out, '_');
            else ct_buf_printf(out, "=%02X", s.p[i]);
        }
        ct_buf_text(out, "?=");
        s = ct_str_slice(s, k, s.n);
        if (s.n) ct_buf_text(out, "\r\n");
    }
    ct_buf_text(out, "\r\n");
}

static void date(struct ct_buf *out, int64_t t)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct ct_civil c = ct_civil_of(t);
    int64_t day = t / (86400 * (int64_t)1000000);
    ct_buf_printf(out, "Date: %s, %u %s %04lld %02u:%02u:%02u +0000\r\n", days[day % 7], c.day, months[c.month - 1], (long long)c.year, c.hour, c.minute, c.second);
}

static void quoted_printable(struct ct_buf *out, ct_str s)
{
    size_t column = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == '\n') {
            ct_buf_text(out, "\r\n");
            column = 0;
            continue;
        }
        bool at_end = i + 1 == s.n || s.p[i + 1] == '\n', plain = (c > ' ' && c < 0x7f && c != '=') || (c == ' ' && !at_end);
        size_t n = plain ? 1 : 3;
        if (column + n > QUOTED_COLUMNS) ct_buf_text(out, "=\r\n"), column = 0;
        if (plain && c == '.' && column == 0) plain = false, n = 3; /* a lone dot ends a mail on its way */
        if (plain) ct_buf_byte(out, c);
        else ct_buf_printf(out, "=%02X", c);
        column += n;
    }
}

void ct_letter_mail(struct ct_buf *out, const struct ct_letter *l)
{
    struct ct_buf b = ct_scratch(out);
    ct_buf_text(out, "From: <");
    ct_buf_add(out, l->from);
    ct_buf_text(out, ">\r\nTo: <");
    ct_buf_add(out, l->to);
    ct_buf_text(out, ">\r\n");
    ct_letter_subject(&b, l);
    header_text(out, "Subject", ct_buf_view(&b));
    date(out, l->now_us);
    ct_buf_text(out, "Message-ID: <");
    ct_buf_add(out, l->message);
    ct_buf_text(out, ">\r\n");
    if (l->refers_to.n) {
        ct_buf_text(out, "In-Reply-To: <");
        ct_buf_add(out, l->refers_to);
        ct_buf_text(out, ">\r\nReferences: <");
        ct_buf_add(out, l->refers_to);
        ct_buf_text(out, ">\r\n");
    }
    ct_buf_text(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    b.n = 0;
    ct_letter_text(&b, l);
    quoted_printable(out, ct_buf_view(&b));
    if (b.err && !out->err) out->err = b.err;
}
