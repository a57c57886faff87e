#include "cli/detect.h"
#include "cli/flow.h"

#include "os/clock.h"
#include "text/printable.h"

#include <stdio.h>
#include <string.h>

enum { CAMPAIGNS_SHOWN = 20, PROBLEMS_SHOWN = 20, BEFORE_CALLBACK = 46, TABLE = BEFORE_CALLBACK + 18 }; /* columns of the table of campaigns, and how many it takes at least */

static const char *paint_of(unsigned grade, bool colour)
{
    if (!colour) return "";
    return grade >= CT_GRADE_EXPLOIT ? "\033[1;31m" : grade >= CT_GRADE_ATTEMPT ? "\033[33m" : "\033[36m";
}

/* What the web server or a WAF said of attempts. It is easily read as "nothing happened". */
static void answers(const struct ct_tally *t, struct ct_buf *out)
{
    const char *comma = "answered ";
    for (int i = 1; i < 6; i++) {
        if (!t->by_status[i]) continue;
        ct_buf_text(out, comma);
        ct_number(out, t->by_status[i]);
        ct_buf_printf(out, " x %dxx", i);
        comma = ", ";
    }
    if (t->blocked) {
        ct_buf_text(out, *comma == ',' ? "; " : "");
        ct_number(out, t->blocked);
        ct_buf_text(out, " blocked by a WAF, says the log");
    }
    if (*comma == ',' || t->blocked) ct_buf_text(out, " (whatever the answer, a logger may have fired first)\n");
}

static void head(struct ct_detect *d, struct ct_buf *out, bool colour)
{
    const struct ct_tally *t = &d->tally;
    double s = (double)(ct_clock_mono_ms() - d->started_ms) / 1e3;
    if (d->interrupted) ct_buf_text(out, "PARTIAL: interrupted before the end.\n");
    if (d->failed) ct_buf_text(out, "PARTIAL: failed before the end.\n");
    ct_counted(out, t->lines, "line", "lines");
    ct_buf_printf(out, " (%.1f MB) from ", (double)t->bytes / 1e6);
    ct_counted(out, d->n_sources, "source", "sources");
    ct_buf_printf(out, " in %.1f s; ", s);
    ct_counted(out, t->lookups, "line holds", "lines hold");
    ct_buf_text(out, " a lookup, ");
    ct_number(out, t->raw_lookups);
    ct_buf_text(out, " of them unencoded\n");
    if (d->found == 0) {
        ct_buf_printf(out, "No attempt found%s.\n", d->incomplete || d->interrupted || d->failed ? " in what could be read" : "");
        return;
    }
    ct_counted(out, d->found, "attempt: ", "attempts: ");
    const char *comma = "";
    for (int g = CT_GRADE_EXPLOIT; g > CT_GRADE_NONE; g--) {
        if (!t->by_grade[g]) continue;
        ct_buf_printf(out, "%s%s", comma, paint_of((unsigned)g, colour));
        ct_number(out, t->by_grade[g]);
        ct_buf_printf(out, " %s%s", ct_grade_name((enum ct_grade)g), colour ? "\033[0m" : "");
        comma = ", ";
    }
    if (t->unknown) ct_buf_printf(out, "; %llu of unknown certainty", (unsigned long long)t->unknown);
    ct_buf_byte(out, '\n');
    if (t->ran) {
        ct_buf_text(out, colour ? "\033[1;31m" : "");
        ct_counted(out, t->ran, "attempt", "attempts");
        ct_buf_printf(out, " RAN%s: Log4j itself logged that the lookup failed, so the host that wrote this evaluates lookups\n", colour ? "\033[0m" : "");
    }
    answers(t, out);
}

static void first_seen(struct ct_buf *out, const struct ct_campaign *c)
{
    struct ct_buf stamp;
    ct_buf_init(&stamp, out->arena, 64);
    if (c->first_us != CT_TIME_NONE) {
        ct_print_time(&stamp, c->first_us);
        stamp.n = stamp.n > 16 ? 16 : stamp.n;
        if (stamp.n > 10) stamp.p[10] = ' ';
    }
    ct_buf_add(out, ct_buf_view(&stamp));
}

/* Whom it calls back to, in at most `columns`. */
static void callback(struct ct_buf *out, const struct ct_campaign *c, size_t columns)
{
    struct ct_buf shown;
    ct_buf_init(&shown, out->arena, 8192);
    ct_print_defanged(&shown, c->callback.n ? c->callback : CT_STR("-"));
    ct_print_clipped(out, ct_buf_view(&shown), columns);
}

/* What is known of that address, in how many columns. */
static size_t labels(struct ct_buf *out, const struct ct_campaign *c, bool colour)
{
    if (c->contacted) ct_buf_printf(out, "  %sCONTACTED%s", colour ? "\033[1;31m" : "", colour ? "\033[0m" : "");
    if (c->scanner) ct_buf_printf(out, "  (%s)", c->scanner);
    return (c->contacted ? 11 : 0) + (c->scanner ? 4 + strlen(c->scanner) : 0);
}

static void campaign(struct ct_buf *out, const struct ct_campaign *c, size_t columns, bool colour)
{
    const char *paint = paint_of(c->grade, colour), *plain = colour ? "\033[0m" : "", *grade = ct_grade_name((enum ct_grade)c->grade);
    struct ct_buf line, normal;
    size_t indent = columns < TABLE ? 2 : 9;
    ct_buf_init(&line, out->arena, 8192);
    if (columns < TABLE) {
        ct_buf_printf(out, "%s%s%s: ", paint, grade, plain);
        ct_counted(out, c->n, "attempt", "attempts");
        ct_buf_text(out, ", ");
        ct_counted(out, c->n_sources, "source", "sources");
        ct_buf_text(out, c->first_us != CT_TIME_NONE ? "\n  first " : "");
        first_seen(out, c);
        ct_buf_text(out, "\n");
        if (c->callback.n) {
            ct_buf_text(out, "  to ");
            callback(out, c, columns - 5);
            ct_buf_byte(out, '\n');
        }
        if (labels(&line, c, colour)) ct_flow(out, ct_buf_view(&line), columns, 2);
    } else {
        ct_buf_printf(out, "%s%-8s%s %8llu %8llu  ", paint, grade, plain, (unsigned long long)c->n, (unsigned long long)c->n_sources);
        first_seen(&line, c);
        ct_buf_printf(out, "%-16.*s  ", CT_STR_ARG(ct_buf_view(&line)));
        size_t before = out->n, room = columns - BEFORE_CALLBACK;
        callback(out, c, room);
        line.n = 0;
        if (labels(&line, c, colour) + (out->n - before) > room) ct_buf_text(out, "\n       ");
        ct_buf_add(out, ct_buf_view(&line));
        ct_buf_byte(out, '\n');
    }
    line.n = 0;
    if (c->sample_fires.n > 1) {
        ct_buf_printf(&line, "%*s", (int)indent, "");
        ct_print_text(&line, c->sample_fires);
        ct_flow(out, ct_buf_view(&line), columns, indent + 2);
    }
    ct_buf_printf(out, "%*s", (int)indent, "");
    ct_buf_init(&normal, out->arena, 64 * 1024);
    ct_print_defanged(&normal, ct_str_slice(c->sample_normal, 0, 400));
    ct_print_clipped(out, ct_buf_view(&normal), columns - indent - 1);
    ct_buf_byte(out, '\n');
}

static void campaigns(struct ct_detect *d, struct ct_buf *out, size_t columns, bool colour)
{
    const struct ct_campaign **list;
    size_t n;
    if (ct_campaigns_sorted(d->campaigns, &list, &n) != CT_OK || n == 0) return;
    if (columns < TABLE) ct_buf_text(out, "\nCampaigns (times in UTC):\n");
    else ct_buf_printf(out, "\n%-8s %8s %8s  %-16s  %s\n", "grade", "attempts", "sources", "first seen (UTC)", "calls back to");
    for (size_t i = 0; i < n && i < CAMPAIGNS_SHOWN; i++) campaign(out, list[i], columns, colour);
    if (n <= CAMPAIGNS_SHOWN) return;
    struct ct_buf more;
    ct_buf_init(&more, out->arena, 256);
    ct_buf_printf(&more, "and %zu more campaigns: --json shows every attempt\n", n - CAMPAIGNS_SHOWN);
    ct_flow(out, ct_buf_view(&more), columns, 2);
}

static void cannot_show(struct ct_detect *d, struct ct_buf *out, size_t columns)
{
    const char *title = "\nWhat these logs cannot show:\n";
    struct ct_buf line;
    for (int f = 0; f < CT_FORMAT_COUNT; f++) {
        const char *hides = ct_format_hides((enum ct_format)f);
        if (!d->tally.by_format[f] || !hides || !*hides) continue;
        ct_buf_init(&line, out->arena, 1024);
        ct_buf_text(out, title);
        ct_buf_printf(&line, columns < TABLE ? "  %s: %s" : "  %-14s %s", ct_format_name((enum ct_format)f), hides);
        ct_flow(out, ct_buf_view(&line), columns, columns < TABLE ? 4 : 17);
        title = "";
    }
}

static void left_over(struct ct_detect *d, struct ct_buf *out)
{
    const struct ct_tally *t = &d->tally;
    if (t->truncated || t->long_lines || t->not_utf8 || t->with_nul || t->out_of_time) ct_buf_byte(out, '\n');
    if (t->truncated) {
        ct_counted(out, t->truncated, "suspicious line was", "suspicious lines were");
        ct_buf_text(out, " cut by the logger: what followed cannot be judged.\n");
    }
    if (t->long_lines) {
        ct_counted(out, t->long_lines, "line", "lines");
        ct_buf_text(out, " over 64 KiB judged piece by piece.\n");
    }
    if (t->not_utf8) {
        ct_counted(out, t->not_utf8, "suspicious line holds", "suspicious lines hold");
        ct_buf_text(out, " bytes that are no UTF-8; they are shown as \\xHH.\n");
    }
    if (t->with_nul) {
        ct_counted(out, t->with_nul, "suspicious line holds", "suspicious lines hold");
        ct_buf_text(out, " NUL bytes.\n");
    }
    if (t->out_of_time) {
        ct_counted(out, t->out_of_time, "suspicious line", "suspicious lines");
        ct_buf_text(out, " outside --since and --until left out.\n");
    }
    if (d->n_problems) ct_buf_text(out, d->incomplete || d->interrupted || d->failed ? "\nNOT READ, so this answer is incomplete:\n" : "\nLeft out:\n");
    for (size_t i = 0; i < d->n_problems && i < PROBLEMS_SHOWN; i++) ct_buf_printf(out, "  %.*s\n", CT_STR_ARG(d->problems[i]));
    size_t more = d->more_problems + (d->n_problems > PROBLEMS_SHOWN ? d->n_problems - PROBLEMS_SHOWN : 0);
    if (more) ct_buf_printf(out, "  and %zu more\n", more);
}

void ct_detect_summary(struct ct_detect *d, struct ct_buf *out, size_t columns, bool colour)
{
    struct ct_buf top;
    ct_buf_init(&top, out->arena, 8192);
    head(d, &top, colour);
    ct_flow(out, ct_buf_view(&top), columns, 2);
    if (d->found) campaigns(d, out, columns, colour);
    ct_chart(out, &d->histogram, columns, colour);
    cannot_show(d, out, columns);
    struct ct_buf bottom;
    ct_buf_init(&bottom, out->arena, 1u << 20);
    left_over(d, &bottom);
    ct_flow_indented(out, ct_buf_view(&bottom), d->columns); /* names of files go on as they are where it is no terminal */
}
