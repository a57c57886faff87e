#include "cli/out.h"

#include "cli/progress.h"
#include "os/signals.h"
#include "text/printable.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void ct_out_init(struct ct_out *o, int fd)
{
    o->fd = fd;
    o->err = CT_OK;
    o->sys = 0;
    o->n = 0;
    o->over = NULL;
}

/* Who reads from a pipe may have stopped: while a full one is waited for, the signals that end us come through, so that a second Ctrl-C
 * does. Only then: the first is for whom waits for input. */
static void await_room(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    sigset_t before;
    if (poll(&p, 1, 0) != 0) return;
    ct_ending_signals(SIG_UNBLOCK, &before);
    while (poll(&p, 1, -1) < 0 && errno == EINTR) {}
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* What a pipe that has room takes without waiting. */
static size_t piece_of(int fd, size_t n)
{
    struct stat st;
    return n > PIPE_BUF && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) ? PIPE_BUF : n;
}

static ct_err write_all(struct ct_out *o, const unsigned char *p, size_t n)
{
    if (n && o->over) ct_progress_hide(o->over);
    while (n) {
        await_room(o->fd);
        ssize_t done = write(o->fd, p, piece_of(o->fd, n));
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) {
            o->sys = done < 0 ? errno : EIO;
            return o->err = CT_ERR_WRITE;
        }
        p += done;
        n -= (size_t)done;
    }
    return CT_OK;
}

ct_err ct_out_flush(struct ct_out *o)
{
    if (o->err) return o->err;
    size_t n = o->n;
    o->n = 0;
    return write_all(o, o->bytes, n);
}

ct_err ct_out_write(struct ct_out *o, ct_str s)
{
    if (o->err) return o->err;
    if (s.n > sizeof o->bytes - o->n) CT_TRY(ct_out_flush(o));
    if (s.n > sizeof o->bytes) return write_all(o, s.p, s.n);
    if (s.n) memcpy(o->bytes + o->n, s.p, s.n);
    o->n += s.n;
    return CT_OK;
}

void ct_complain(const char *who, const char *fmt, ...)
{
    char text[6000];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    ct_arena *arena = NULL;
    struct ct_buf b = {.err = CT_ERR_NOMEM};
    if (ct_arena_new(&ct_alloc_libc, 256u << 10, &arena) == CT_OK) {
        ct_buf_init(&b, arena, 64u << 10);
        ct_print_text(&b, ct_str_from(text));
    }
    if (b.err == CT_OK) fprintf(stderr, "%s: %.*s\n", who, CT_STR_ARG(ct_buf_view(&b)));
    else fprintf(stderr, "%s: %s\n", who, ct_err_text(b.err));
    ct_arena_free(arena);
}

size_t ct_terminal_columns(int fd)
{
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40) return w.ws_col;
    return 80;
}

bool ct_terminal_colour(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && (!no || !*no) && term && strcmp(term, "dumb") != 0;
}

bool ct_terminal_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
    }
    return true; /* nothing is set in containers and cron, whose output is read on terminals of today */
}
