/* One line on the terminal: how far, how fast, how long still. */
#include "cli/detect.h"

#include "os/clock.h"
#include "text/printable.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVERY_MS = 200, NAME_MAX_SHOWN = 30, LINE_MAX_SHOWN = 300 };

void ct_progress_begin(struct ct_progress *p, bool wanted)
{
    const char *term = getenv("TERM"); /* a dumb one cannot take a line back */
    bool able = term && *term && strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO);
    *p = (struct ct_progress){.on = wanted && able, .started_ms = ct_clock_mono_ms()};
}

void ct_progress_total(struct ct_progress *p, const struct ct_path_list *list)
{
    for (size_t i = 0; p->on && i < list->n; i++) {
        struct stat st;
        if (stat(list->paths[i], &st) == 0 && S_ISREG(st.st_mode)) p->total += (uint64_t)st.st_size;
    }
}

static void add_left(struct ct_buf *line, double seconds)
{
    if (seconds < 100) ct_buf_printf(line, "  %.0f s left", seconds);
    else if (seconds < 6000) ct_buf_printf(line, "  %.0f min left", seconds / 60);
    else ct_buf_printf(line, "  %.0f h left", seconds / 3600);
}

/* The end of a name tells more than its start. */
static void add_name(struct ct_buf *line, ct_str name)
{
    struct ct_buf text;
    ct_buf_init(&text, line->arena, 32u << 10);
    ct_print_text(&text, ct_str_slice(name, name.n > NAME_MAX_SHOWN ? name.n - NAME_MAX_SHOWN : 0, name.n));
    ct_buf_text(line, "  ");
    ct_print_clipped(line, ct_buf_view(&text), NAME_MAX_SHOWN);
}

/* A line wider than the terminal could not be taken back: it stands on two rows. */
static void show(struct ct_progress *p, const struct ct_buf *line)
{
    struct ct_buf clipped;
    ct_buf_init(&clipped, line->arena, 4096);
    ct_print_clipped(&clipped, ct_buf_view(line), ct_terminal_columns(STDERR_FILENO) - 1);
    if (line->err || clipped.err) return;
    fprintf(stderr, "\r\033[K%.*s", CT_STR_ARG(ct_buf_view(&clipped)));
    p->shown = true;
}

/* It is time for a line, and its text goes into ret_line; whoever asked frees the arena. */
static bool is_due(struct ct_progress *p, double *ret_seconds, ct_arena **ret_arena, struct ct_buf *ret_line)
{
    if (!p->on) return false;
    int64_t now = ct_clock_mono_ms();
    if (now - p->last_ms < EVERY_MS || now <= p->started_ms || ct_arena_new(&ct_alloc_libc, 64u << 10, ret_arena) != CT_OK) return false;
    p->last_ms = now;
    *ret_seconds = (double)(now - p->started_ms) / 1e3;
    ct_buf_init(ret_line, *ret_arena, LINE_MAX_SHOWN);
    return true;
}

void ct_progress_show(struct ct_progress *p, uint64_t consumed, uint64_t size, uint64_t found)
{
    struct ct_buf line;
    ct_arena *arena = NULL;
    double seconds, done = (double)(p->before + consumed);
    if (!is_due(p, &seconds, &arena, &line)) return;
    if (size && p->total && done <= (double)p->total) ct_buf_printf(&line, "%3.0f%%", 100 * done / (double)p->total);
    ct_buf_printf(&line, "  %.0f MB  %.0f MB/s", done / 1e6, done / 1e6 / seconds);
    if (size && done > 0 && done <= (double)p->total) add_left(&line, seconds * ((double)p->total / done - 1));
    ct_buf_printf(&line, "  %llu found", (unsigned long long)found);
    if (p->name) add_name(&line, ct_str_from(p->name));
    show(p, &line);
    ct_arena_free(arena);
}

void ct_progress_share(struct ct_progress *p, uint64_t files, uint64_t bytes, double done, uint64_t found)
{
    struct ct_buf line;
    ct_arena *arena = NULL;
    double seconds;
    if (!is_due(p, &seconds, &arena, &line)) return;
    ct_buf_printf(&line, "%3.0f%%  %llu files  %.0f MB", 100 * done, (unsigned long long)files, (double)bytes / 1e6);
    if (done > 0.01 && seconds > 1) add_left(&line, seconds * (1 / done - 1));
    ct_buf_printf(&line, "  %llu found", (unsigned long long)found);
    show(p, &line);
    ct_arena_free(arena);
}

void ct_progress_hide(struct ct_progress *p)
{
    if (p->shown) fprintf(stderr, "\r\033[K");
    p->shown = false;
}
