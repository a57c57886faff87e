#include "cli/flow.h"

#include <stdio.h>

/* Columns that s takes: colours take none. */
static size_t width_of(ct_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == 0x1b)
            while (i + 1 < s.n && s.p[i] != 'm') i++;
        else n += (s.p[i] & 0xc0) != 0x80;
    }
    return n;
}

/* A text in lines of at most `columns`, broken at blanks; lines after the first are indented. Newlines stay. */
void ct_flow(struct ct_buf *out, ct_str text, size_t columns, size_t indent)
{
    while (text.p && text.n) {
        ct_str line = ct_str_cut(&text, '\n');
        size_t at = 0;
        for (bool first = true; line.p; first = false) {
            ct_str word = ct_str_cut(&line, ' ');
            size_t width = width_of(word);
            bool breaks = !first && at + 1 + width > columns && at > indent;
            if (breaks) ct_buf_printf(out, "\n%*s", (int)indent, "");
            else if (!first) ct_buf_byte(out, ' ');
            at = breaks ? indent + width : at + width + !first;
            ct_buf_add(out, word);
        }
        ct_buf_byte(out, '\n');
    }
}

/* Bytes that stay together at the start of s: \xHH, "[.]", "[:]" of addresses that nothing shall follow, a character. */
static size_t unit_of(ct_str s)
{
    if (s.n >= 4 && s.p[0] == '\\' && s.p[1] == 'x') return 4;
    if (s.n >= 3 && s.p[0] == '[' && s.p[2] == ']') return 3;
    size_t n = 1;
    while (n < s.n && (s.p[n] & 0xc0) == 0x80) n++;
    return n;
}

static void break_line(struct ct_buf *out, size_t indent, size_t *at)
{
    ct_buf_printf(out, "\n%*s", (int)indent, "");
    *at = indent;
}

static void flow_word(struct ct_buf *out, ct_str word, size_t columns, size_t indent, size_t *at)
{
    while (word.n) {
        ct_str unit = ct_str_slice(word, 0, unit_of(word));
        size_t width = width_of(unit);
        if (*at + width > columns && *at > indent) break_line(out, indent, at);
        ct_buf_add(out, unit);
        *at += width;
        word = ct_str_slice(word, unit.n, SIZE_MAX);
    }
}

void ct_flow_indented(struct ct_buf *out, ct_str text, size_t columns)
{
    if (!columns) ct_buf_add(out, text);
    while (columns && text.p && text.n) {
        ct_str line = ct_str_cut(&text, '\n');
        size_t own = 0;
        while (own < line.n && line.p[own] == ' ') own++;
        line = ct_str_slice(line, own, SIZE_MAX);
        if (own > columns / 3) own = columns / 3; /* deeply nested */
        size_t at = own, indent = own + 4 < columns / 2 ? own + 4 : columns / 2;
        ct_buf_printf(out, "%*s", (int)own, "");
        for (bool first = true; line.p && line.n; first = false) {
            ct_str word = ct_str_cut(&line, ' ');
            size_t width = width_of(word);
            bool fits = at + 1 + width <= columns, never = indent + width > columns;
            if (!first && !fits && (!never || at + 2 > columns)) break_line(out, indent, &at);
            else if (!first) ct_buf_byte(out, ' '), at++;
            flow_word(out, word, columns, indent, &at);
        }
        ct_buf_byte(out, '\n');
    }
}

void ct_number(struct ct_buf *out, uint64_t v)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) ct_buf_byte(out, ',');
        ct_buf_byte(out, (unsigned char)digits[i]);
    }
}

void ct_counted(struct ct_buf *out, uint64_t n, const char *one, const char *many)
{
    ct_number(out, n);
    ct_buf_printf(out, " %s", n == 1 ? one : many);
}
