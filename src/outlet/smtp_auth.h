/* Logging in to a mail relay (RFC 4954): name and password from a file of two lines, sent as PLAIN (RFC 4616) or LOGIN says. The caller sends them inside
 * TLS alone. Refuses files of more or less than that, names and passwords with a NUL, and what does not fit a command. */
#ifndef CT_OUTLET_SMTP_AUTH_H
#define CT_OUTLET_SMTP_AUTH_H

#include "base/alloc.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/str.h"

struct ct_smtp_login {
    char name[CT_SMTP_SECRET_MAX + 1], password[CT_SMTP_SECRET_MAX + 1]; /* name empty: none */
};

enum { CT_SMTP_AUTH_LINE = 16 + (2 * (CT_SMTP_SECRET_MAX + 1) + 2) / 3 * 4 + 3 };

CT_MUST_USE ct_err ct_smtp_login_read(const struct ct_alloc *alloc, const char *path, struct ct_smtp_login *ret_login, struct ct_fault *fault);
/* Whole commands, with their CRLF. */
void ct_smtp_auth_plain(const struct ct_smtp_login *l, char line[CT_SMTP_AUTH_LINE]);
void ct_smtp_auth_word(const char *word, char line[CT_SMTP_AUTH_LINE]); /* LOGIN's answers: the name, then the password */

#endif
