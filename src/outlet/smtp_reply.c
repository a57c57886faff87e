#include "outlet/smtp_reply.h"

#include <string.h>

void ct_smtp_reply_init(struct ct_smtp_reply *r)
{
    r->done = r->starttls = r->auth_plain = r->auth_login = false;
    r->err = CT_OK;
    r->code = r->lines = 0;
    r->n = 0;
    r->text[0] = 0;
}

/* "AUTH PLAIN LOGIN", and "AUTH=" before the standard. */
static void ways_to_log_in(struct ct_smtp_reply *r, ct_str words)
{
    while (words.p) {
        ct_str word = ct_str_cut(&words, ' ');
        r->auth_plain |= ct_str_eq_fold(word, CT_STR("PLAIN"));
        r->auth_login |= ct_str_eq_fold(word, CT_STR("LOGIN"));
    }
}

/* "250-STARTTLS": three digits, a '-' or ' ' or the end. */
static ct_err take_line(struct ct_smtp_reply *r, ct_str line)
{
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    uint64_t code;
    if (line.n < 3 || !ct_str_u64(ct_str_slice(line, 0, 3), &code) || code < 200 || code > 599) return CT_ERR_SYNTAX;
    if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-') return CT_ERR_SYNTAX;
    for (size_t i = 0; i < line.n; i++)
        if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f) return CT_ERR_SYNTAX;
    if (r->lines && code != r->code) return CT_ERR_SYNTAX;
    r->code = (unsigned)code;
    ct_str text = ct_str_slice(line, 4, line.n);
    if (ct_str_eq_fold(ct_str_trim(text), CT_STR("STARTTLS"))) r->starttls = true;
    if (ct_str_starts_fold(text, CT_STR("AUTH ")) || ct_str_starts_fold(text, CT_STR("AUTH="))) ways_to_log_in(r, ct_str_trim(ct_str_slice(text, 5, text.n)));
    if (r->lines == 0) {
        size_t n = text.n < sizeof r->text - 1 ? text.n : sizeof r->text - 1;
        for (size_t i = 0; i < n; i++) r->text[i] = text.p[i] >= ' ' && text.p[i] < 0x7f ? (char)text.p[i] : '?';
        r->text[n] = 0;
    }
    if (++r->lines > CT_SMTP_LINES_MAX) return CT_ERR_CAP;
    r->done = line.n == 3 || line.p[3] == ' ';
    return CT_OK;
}

ct_err ct_smtp_reply_feed(struct ct_smtp_reply *r, ct_str in, size_t *ret_used)
{
    size_t i = 0;
    while (i < in.n && !r->done && r->err == CT_OK) {
        unsigned char c = in.p[i++];
        if (c == '\n') {
            r->err = take_line(r, (ct_str){r->line, r->n});
            r->n = 0;
        } else if (r->n == sizeof r->line) {
            r->err = CT_ERR_CAP;
        } else {
            r->line[r->n++] = c;
        }
    }
    *ret_used = i;
    return r->err;
}
