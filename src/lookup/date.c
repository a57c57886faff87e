#include "lookup/mapping.h"

#include <string.h>

/* The pattern letters, what they give for the moment: a number, or a short and a long text (from `texts_from` letters on).
 * Java's locale data for English, zone UTC. */
static const struct letter {
    unsigned char texts_from; /* fewer letters than this give the number; 0: never a text */
    uint16_t number;
    const char *short_text, *long_text; /* long from four letters on; null: no pattern letter */
} letters[] = {
    ['G'] = {1, 0, "AD", "AD"},         ['y'] = {0, 2021, "", ""},
    ['Y'] = {0, 2021, "", ""},          ['M'] = {3, 12, "Dec", "December"},
    ['L'] = {3, 12, "Dec", "December"}, ['d'] = {0, 10, "", ""},
    ['k'] = {0, 13, "", ""},            ['H'] = {0, 13, "", ""},
    ['m'] = {0, 57, "", ""},            ['s'] = {0, 46, "", ""},
    ['S'] = {0, 789, "", ""},           ['E'] = {1, 0, "Fri", "Friday"},
    ['D'] = {0, 344, "", ""},           ['F'] = {0, 2, "", ""},
    ['w'] = {0, 50, "", ""},            ['W'] = {0, 2, "", ""},
    ['a'] = {1, 0, "PM", "PM"},         ['h'] = {0, 1, "", ""},
    ['K'] = {0, 1, "", ""},             ['u'] = {0, 5, "", ""},
    ['z'] = {1, 0, "UTC", "Coordinated Universal Time"},
    ['Z'] = {1, 0, "+0000", "+0000"},   ['X'] = {1, 0, "Z", "Z"},
};
static const char default_format[] = "12/10/21, 1:57 PM";

static size_t put(unsigned char *to, const char *z)
{
    size_t n = strlen(z);
    memcpy(to, z, n);
    return n;
}

static size_t put_number(unsigned char *to, unsigned value, size_t width)
{
    unsigned char digits[8];
    size_t n = 0, out = 0;
    do digits[n++] = (unsigned char)('0' + value % 10);
    while (value /= 10);
    for (; width > n; width--) to[out++] = '0';
    while (n) to[out++] = digits[--n];
    return out;
}

/* The letter c, count times in a row. */
static size_t put_field(unsigned char *to, unsigned char c, size_t count)
{
    const struct letter *l = &letters[c];
    if (l->texts_from && count >= l->texts_from) return put(to, count >= 4 ? l->long_text : l->short_text);
    if ((c == 'y' || c == 'Y') && count == 2) return put_number(to, l->number % 100, 2);
    return put_number(to, l->number, count);
}

size_t ct_date_format(ct_str s, unsigned char *to)
{
    size_t out = 0;
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == '\'') {
            if (i + 1 < s.n && s.p[i + 1] == '\'') { /* a quote, inside quotes and outside */
                to[out++] = '\'';
                i++;
            } else {
                quoted = !quoted;
            }
            continue;
        }
        if (quoted || !ct_ascii_alpha(c)) {
            to[out++] = c;
            continue;
        }
        size_t count = 1;
        while (i + count < s.n && s.p[i + count] == c) count++;
        if (!letters[c].short_text || (c == 'X' && count > 3)) return put(to, default_format);
        out += put_field(to + out, c, count);
        i += count - 1;
    }
    return quoted ? put(to, default_format) : out;
}
