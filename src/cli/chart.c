/* A small terminal chart: one row of blocks for attempts, one for lines that hold "${". */
#include "cli/detect.h"
#include "cli/flow.h"

static const char *const letters[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
static const char *const blocks[] = {" ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};

static void row(struct ct_buf *out, const char *label, const char *paint, const uint32_t *counts, int first, int last, int per_column)
{
    uint32_t max = 0;
    for (int c = first; c <= last; c += per_column) {
        uint32_t sum = 0;
        for (int i = c; i < c + per_column && i <= last; i++) sum += counts[i];
        if (sum > max) max = sum;
    }
    const char *const *steps = ct_terminal_utf8() ? blocks : letters;
    ct_buf_printf(out, "  %-9s %s", label, paint);
    for (int c = first; c <= last; c += per_column) {
        uint32_t sum = 0;
        for (int i = c; i < c + per_column && i <= last; i++) sum += counts[i];
        /* Anything at all shows: rounding a lone attempt away would hide the first probe. */
        ct_buf_text(out, steps[sum ? 1 + (uint64_t)(sum - 1) * 7 / (max > 1 ? max - 1 : 1) : 0]);
    }
    ct_buf_printf(out, "%s  max %u\n", *paint ? "\033[0m" : "", max);
}

void ct_chart(struct ct_buf *out, const struct ct_histogram *h, size_t columns, bool colour)
{
    int last = ct_histogram_last(h), first = 0;
    if (last < 0) return;
    while (!h->attempts[first] && !h->lookups[first]) first++;
    int room = (int)(columns > 120 ? 120 : columns) - 24, used = last - first + 1;
    int per_column = (used + room - 1) / room;
    int64_t minutes = h->width_us / 60000000 * per_column;
    struct ct_buf about;
    ct_buf_init(&about, out->arena, 256);
    ct_buf_text(&about, "\nFrom ");
    ct_print_time(&about, h->start_us + first * h->width_us);
    ct_buf_text(&about, " to ");
    ct_print_time(&about, h->start_us + (last + 1) * h->width_us);
    if (minutes == 1) ct_buf_text(&about, ", per minute\n");
    else ct_buf_printf(&about, ", per %lld minutes\n", (long long)minutes);
    ct_flow_indented(out, ct_buf_view(&about), columns);
    row(out, "attempts", colour ? "\033[31m" : "", h->attempts, first, last, per_column);
    row(out, "lookups", colour ? "\033[33m" : "", h->lookups, first, last, per_column);
    ct_flow_indented(out, CT_STR("  (lookups: lines that hold a \"$\" and \"{\" pair, raw or decoded)\n"), columns);
}
