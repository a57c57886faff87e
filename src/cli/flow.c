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
