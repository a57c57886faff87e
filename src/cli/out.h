/* Buffered standard output whose errors are noticed (a full disk or a closed pipe is an answer, not a surprise), and
 * complaints on standard error. */
#ifndef CT_CLI_OUT_H
#define CT_CLI_OUT_H

#include "base/buf.h"

struct ct_progress;

struct ct_out {
    int fd;
    struct ct_progress *over; /* a line that stands on the same terminal and goes before anything is written; null: none */
    ct_err err;      /* sticky: CT_ERR_WRITE */
    int sys;         /* errno of it */
    size_t n;
    unsigned char bytes[64 * 1024];
};

void ct_out_init(struct ct_out *o, int fd);
CT_MUST_USE ct_err ct_out_write(struct ct_out *o, ct_str s);
CT_MUST_USE ct_err ct_out_flush(struct ct_out *o);

/* "caltrop detect: what happened" and a newline. Arguments and file names may be anything: all of it goes through the escaping
 * printer. */
void ct_complain(const char *who, const char *fmt, ...) CT_PRINTF(2, 3);

/* Columns of the terminal behind fd, or 80 when it is none or does not say. */
size_t ct_terminal_columns(int fd);
/* A terminal, and NO_COLOR is not set. */
bool ct_terminal_colour(int fd);
/* The user's language does not say otherwise (LC_ALL, LC_CTYPE, LANG). */
bool ct_terminal_utf8(void);

#endif
