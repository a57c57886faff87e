#include "outlet/smtp_auth.h"

#include "os/file.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 2 * CT_SMTP_SECRET_MAX + 8 };

static bool take(ct_str *rest, char to[CT_SMTP_SECRET_MAX + 1])
{
    ct_str line = ct_str_cut(rest, '\n');
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    if (!line.n || line.n > CT_SMTP_SECRET_MAX || memchr(line.p, 0, line.n)) return false;
    memcpy(to, line.p, line.n);
    to[line.n] = 0;
    return true;
}

ct_err ct_smtp_login_read(const struct ct_alloc *alloc, const char *path, struct ct_smtp_login *ret_login, struct ct_fault *fault)
{
    struct ct_smtp_login l;
    unsigned char *p;
    size_t n;
    CT_TRY(ct_file_read(alloc, path, FILE_MAX, &p, &n, fault));
    ct_str rest = {p, n};
    bool ok = take(&rest, l.name) && take(&rest, l.password) && !rest.n;
    memset(p, 0, n);
    ct_alloc_put(alloc, p, n + 1);
    if (!ok) return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s: is not a name and a password on two lines", path);
    *ret_login = l;
    return CT_OK;
}

static char *base64(char *to, const unsigned char *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        *to++ = digits[v >> 18];
        *to++ = digits[v >> 12 & 63];
        *to++ = '=';
        *to++ = '=';
        if (i + 1 < n) to[-2] = digits[v >> 6 & 63];
        if (i + 2 < n) to[-1] = digits[v & 63];
    }
    memcpy(to, "\r\n", 3);
    return to;
}

void ct_smtp_auth_plain(const struct ct_smtp_login *l, char line[CT_SMTP_AUTH_LINE])
{
    unsigned char both[2 * (CT_SMTP_SECRET_MAX + 1)];
    size_t name = strlen(l->name), password = strlen(l->password);
    both[0] = 0; /* to act as nobody else */
    memcpy(both + 1, l->name, name + 1);
    memcpy(both + name + 2, l->password, password);
    memcpy(line, "AUTH PLAIN ", 11);
    (void)base64(line + 11, both, name + password + 2);
}

void ct_smtp_auth_word(const char *word, char line[CT_SMTP_AUTH_LINE]) { (void)base64(line, (const unsigned char *)word, strlen(word)); }
