#include "lookup/mapping.h"
#include "lookup/span.h"
#include "text/unicode.h"

/* Code points first, first + step ... last map to themselves + delta. */
struct case_run {
    uint32_t first, last;
    uint32_t step;
    int32_t delta;
};
/* One code point that becomes several; zeros behind them. */
struct case_special {
    uint32_t code;
    uint16_t to[3];
};
#include "lookup/case_table.h"

enum { SIGMA = 0x3a3, FINAL_SIGMA = 0x3c2 };

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct case_special *find_special(uint32_t c, bool upper)
{
    const struct case_special *table = upper ? upper_specials : lower_specials;
    size_t lo = 0, hi = upper ? COUNT(upper_specials) : COUNT(lower_specials);
    if (c > table[hi - 1].code) return NULL;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (table[mid].code < c) lo = mid + 1;
        else hi = mid;
    }
    return table[lo].code == c ? &table[lo] : NULL;
}

/* The mapping of c, up to three code points; returns how many. */
static unsigned map_code(uint32_t c, bool upper, uint32_t to[3])
{
    const struct case_special *special = find_special(c, upper);
    if (special) {
        unsigned n = 0;
        while (n < 3 && special->to[n]) to[n] = special->to[n], n++;
        return n;
    }
    const struct case_run *runs = upper ? upper_runs : lower_runs;
    size_t lo = 0, n_runs = upper ? COUNT(upper_runs) : COUNT(lower_runs), hi = n_runs;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (runs[mid].last < c) lo = mid + 1;
        else hi = mid;
    }
    to[0] = c;
    if (lo < n_runs && c >= runs[lo].first && (c - runs[lo].first) % runs[lo].step == 0)
        to[0] = (uint32_t)((int64_t)c + runs[lo].delta);
    return 1;
}

static bool is_cased(uint32_t c)
{
    uint32_t to[3];
    if (c < 0x80) return ct_ascii_alpha((unsigned char)c);
    if (c == SIGMA) return true; /* the one letter that asks for its neighbours: a run of it is common in poison */
    return map_code(c, true, to) != 1 || to[0] != c || map_code(c, false, to) != 1 || to[0] != c;
}

static inline unsigned char map_ascii(unsigned char c, bool upper)
{
    return (unsigned char)(c ^ ((unsigned char)(c - (upper ? 'a' : 'A')) < 26 ? 0x20 : 0));
}

/* From the i-th byte on, where something beyond ASCII stands; what is before it is mapped. */
CT_RARE static size_t map_from(ct_str s, size_t i, bool upper, unsigned char *to)
{
    size_t out = i;
    uint32_t before = i ? s.p[i - 1] : 0;
    while (i < s.n) {
        unsigned char c = s.p[i];
        uint32_t code = c, mapped[3], next;
        if (c < 0x80) {
            to[out++] = map_ascii(c, upper);
            before = c;
            i++;
            continue;
        }
        unsigned n = ct_utf8_get(ct_str_slice(s, i, s.n), &code);
        if (n == 0) {
            to[out++] = c;
            before = 0;
            i++;
            continue;
        }
        unsigned k = map_code(code, upper, mapped);
        i += n;
        if (!upper && code == SIGMA && is_cased(before)
            && !(ct_utf8_get(ct_str_slice(s, i, s.n), &next) && is_cased(next)))
            mapped[0] = FINAL_SIGMA;
        for (unsigned j = 0; j < k; j++) out += ct_utf8_write(to + out, mapped[j]);
        before = code;
    }
    return out;
}

size_t ct_case_map(ct_str s, bool upper, unsigned char *to)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= 0x80) return map_from(s, i, upper, to);
        to[i] = map_ascii(s.p[i], upper);
    }
    return s.n;
}
