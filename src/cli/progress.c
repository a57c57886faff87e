/* One line on the terminal: how far, how fast, how long still. */
#include "cli/detect.h"

#include "os/clock.h"
#include "text/printable.h"

#include <sys/stat.h>
#include <unistd.h>

enum { EVERY_MS = 200, NAME_MAX_SHOWN = 30 };

void ct_progress_begin(struct ct_progress *p, bool wanted)
{
    *p = (struct ct_progress){.on = wanted && isatty(STDERR_FILENO), .started_ms = ct_clock_mono_ms()};
}

void ct_progress_total(struct ct_progress *p, const struct ct_path_list *list)
{
    for (size_t i = 0; p->on && i < list->n; i++) {
        struct stat st;
        if (stat(list->paths[i], &st) == 0 && S_ISREG(st.st_mode)) p->total += (uint64_t)st.st_size;
    }
}

static void print_left(double seconds)
{
    if (seconds < 100) fprintf(stderr, "  %.0f s left", seconds);
    else if (seconds < 6000) fprintf(stderr, "  %.0f min left", seconds / 60);
    else fprintf(stderr, "  %.0f h left", seconds / 3600);
}

void ct_progress_show(struct ct_progress *p, uint64_t consumed, uint64_t size, uint64_t found)
{
    if (!p->on) return;
    int64_t now = ct_clock_mono_ms();
    if (now - p->last_ms < EVERY_MS || now <= p->started_ms) return;
    p->last_ms = now;
    double seconds = (double)(now - p->started_ms) / 1e3, done = (double)(p->before + consumed);
    fprintf(stderr, "\r\033[K");
    if (size && p->total && done <= (double)p->total) fprintf(stderr, "%3.0f%%", 100 * done / (double)p->total);
    fprintf(stderr, "  %.0f MB  %.0f MB/s", done / 1e6, done / 1e6 / seconds);
    if (size && done > 0 && done <= (double)p->total) print_left(seconds * ((double)p->total / done - 1));
    fprintf(stderr, "  %llu found", (unsigned long long)found);
    ct_arena *arena = NULL;
    if (p->name && ct_arena_new(&ct_alloc_libc, 64u << 10, &arena) == CT_OK) {
        struct ct_buf text, clipped;
        ct_buf_init(&text, arena, 32u << 10);
        ct_buf_init(&clipped, arena, 4096);
        ct_str name = ct_str_from(p->name);
        ct_print_text(&text, ct_str_slice(name, name.n > NAME_MAX_SHOWN ? name.n - NAME_MAX_SHOWN : 0, name.n));
        ct_print_clipped(&clipped, ct_buf_view(&text), NAME_MAX_SHOWN);
        if (!clipped.err) fprintf(stderr, "  %.*s", CT_STR_ARG(ct_buf_view(&clipped)));
    }
    ct_arena_free(arena);
    p->shown = true;
}

void ct_progress_share(struct ct_progress *p, uint64_t files, uint64_t bytes, double done, uint64_t found)
{
    if (!p->on) return;
    int64_t now = ct_clock_mono_ms();
    if (now - p->last_ms < EVERY_MS || now <= p->started_ms) return;
    p->last_ms = now;
    double seconds = (double)(now - p->started_ms) / 1e3;
    fprintf(stderr, "\r\033[K%3.0f%%  %llu files  %.0f MB", 100 * done, (unsigned long long)files, (double)bytes / 1e6);
    if (done > 0.01 && seconds > 1) print_left(seconds * (1 / done - 1));
    fprintf(stderr, "  %llu found", (unsigned long long)found);
    p->shown = true;
}

void ct_progress_hide(struct ct_progress *p)
{
    if (p->shown) fprintf(stderr, "\r\033[K");
    p->shown = false;
}
