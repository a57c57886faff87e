#include "logs/rotation.h"

#include <string.h>

static const ct_str packed[] = {CT_STR_INIT(".gz"),  CT_STR_INIT(".bz2"), CT_STR_INIT(".xz"),
                                CT_STR_INIT(".zst"), CT_STR_INIT(".lz4"), CT_STR_INIT(".Z")};

static bool is_separator(unsigned char c) { return c == '.' || c == '-' || c == '_'; }

static size_t digits_at(ct_str s, size_t at)
{
    size_t n = 0;
    while (at + n < s.n && ct_ascii_digit(s.p[at + n])) n++;
    return n;
}

static unsigned two_digits(const unsigned char *p) { return (unsigned)(p[0] - '0') * 10u + (unsigned)(p[1] - '0'); }

/* Length of a date at `at`, or 0: 20211210 (more digits may follow: hours), 2021-12-10, 2021-12, 1639094400. */
static size_t date_at(ct_str s, size_t at)
{
    size_t run = digits_at(s, at);
    if (run >= 8 && run <= 14) {
        unsigned century = two_digits(s.p + at), month = two_digits(s.p + at + 4), day = two_digits(s.p + at + 6);
        if ((century == 19 || century == 20) && month >= 1 && month <= 12 && day >= 1 && day <= 31) return run;
        return run == 10 || run == 13 ? run : 0; /* seconds or milliseconds since 1970 */
    }
    if (run != 4 || at + 7 > s.n || !is_separator(s.p[at + 4]) || digits_at(s, at + 5) != 2) return 0;
    unsigned century = two_digits(s.p + at), month = two_digits(s.p + at + 5);
    if ((century != 19 && century != 20) || month < 1 || month > 12) return 0;
    if (at + 7 < s.n && s.p[at + 7] == s.p[at + 4] && digits_at(s, at + 8) == 2) return 10;
    return 7;
}

/* Behind the date: hours, a running number, fractions ("-13", "T13-00-00.000", "-1"). */
static size_t stamp_end(ct_str s, size_t at)
{
    while (at + 1 < s.n && (is_separator(s.p[at]) || s.p[at] == 'T') && digits_at(s, at + 1)) at += 1 + digits_at(s, at + 1);
    return at;
}

struct ct_rotation ct_rotation_of(ct_str name)
{
    struct ct_rotation r = {0};
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (name.n > packed[i].n && ct_str_ends(name, packed[i])) {
            name.n -= packed[i].n;
            break;
        }
    size_t dot = ct_str_rchr(name, '.');
    if (dot != CT_STR_NONE && dot > 0 && name.n - dot - 1 <= 5 && ct_str_u64(ct_str_slice(name, dot + 1, name.n), &r.count)) {
        r.counted = true;
        name.n = dot;
    }
    r.before = name;
    for (size_t i = 1; i + 1 < name.n; i++) {
        size_t n = is_separator(name.p[i]) ? date_at(name, i + 1) : 0;
        if (!n) continue;
        size_t end = stamp_end(name, i + 1 + n);
        r.before = ct_str_slice(name, 0, i);
        r.stamp = ct_str_slice(name, i + 1, end);
        r.after = ct_str_slice(name, end, name.n);
        break;
    }
    return r;
}

static unsigned char joined_at(ct_str a, ct_str b, size_t i) { return i < a.n ? a.p[i] : b.p[i - a.n]; }

/* Stems lie in two pieces each; compared byte by byte through both. */
static int stem_cmp(const struct ct_rotation *a, const struct ct_rotation *b)
{
    size_t an = a->before.n + a->after.n, bn = b->before.n + b->after.n, i = 0, j = 0;
    while (i < an && j < bn) {
        unsigned char c = joined_at(a->before, a->after, i), d = joined_at(b->before, b->after, j);
        if (!ct_ascii_digit(c) || !ct_ascii_digit(d)) {
            if (c != d) return c < d ? -1 : 1;
            i++;
            j++;
            continue;
        }
        size_t ni = i, nj = j;
        while (i < an && joined_at(a->before, a->after, i) == '0') i++;
        while (j < bn && joined_at(b->before, b->after, j) == '0') j++;
        int order = 0;
        for (;;) {
            bool x = i < an && ct_ascii_digit(c = joined_at(a->before, a->after, i));
            bool y = j < bn && ct_ascii_digit(d = joined_at(b->before, b->after, j));
            if (x != y) return x ? 1 : -1;
            if (!x) break;
            if (order == 0 && c != d) order = c < d ? -1 : 1;
            i++;
            j++;
        }
        if (order) return order;
        if (i - ni != j - nj) return i - ni < j - nj ? -1 : 1; /* same value, fewer leading zeros first */
    }
    return (i < an) - (j < bn);
}

int ct_natural_cmp(ct_str a, ct_str b)
{
    struct ct_rotation x = {.before = a}, y = {.before = b};
    return stem_cmp(&x, &y);
}

bool ct_rotation_same_stem(const struct ct_rotation *a, const struct ct_rotation *b) { return stem_cmp(a, b) == 0; }

int ct_rotation_cmp(const struct ct_rotation *a, const struct ct_rotation *b)
{
    int order = stem_cmp(a, b);
    if (order) return order;
    if ((a->stamp.n == 0) != (b->stamp.n == 0)) return a->stamp.n ? -1 : 1;
    order = ct_natural_cmp(a->stamp, b->stamp);
    if (order) return order;
    if (a->counted != b->counted) return a->counted ? -1 : 1;
    return a->count > b->count ? -1 : a->count < b->count;
}

static ct_str folder_of(const char *path, ct_str *ret_name)
{
    ct_str s = ct_str_from(path);
    size_t slash = ct_str_rchr(s, '/');
    *ret_name = ct_str_slice(s, slash == CT_STR_NONE ? 0 : slash + 1, s.n);
    return ct_str_slice(s, 0, slash == CT_STR_NONE ? 0 : slash);
}

static bool is_one_log(const char *x, const char *y, struct ct_rotation *ret_x, struct ct_rotation *ret_y)
{
    ct_str x_name, y_name;
    if (!ct_str_eq(folder_of(x, &x_name), folder_of(y, &y_name))) return false;
    *ret_x = ct_rotation_of(x_name);
    *ret_y = ct_rotation_of(y_name);
    return ct_rotation_same_stem(ret_x, ret_y);
}

bool ct_rotation_succeeds(const char *later, const char *path)
{
    struct ct_rotation a, b;
    return is_one_log(later, path, &a, &b) && ct_rotation_cmp(&a, &b) > 0;
}

/* Neither counted nor packed: such are never written to. */
static bool is_plain(ct_str name, const struct ct_rotation *r)
{
    size_t stamp = r->stamp.n ? r->stamp.n + 1 : 0;
    return !r->counted && r->before.n + stamp + r->after.n == name.n;
}

bool ct_rotation_is_dated(const char *path)
{
    ct_str name;
    (void)folder_of(path, &name);
    struct ct_rotation r = ct_rotation_of(name);
    return r.stamp.n && is_plain(name, &r);
}

bool ct_rotation_is_away(const char *path)
{
    ct_str name;
    (void)folder_of(path, &name);
    struct ct_rotation r = ct_rotation_of(name);
    return !is_plain(name, &r);
}

enum ct_rotation_place ct_rotation_place(char *const *paths, size_t n, size_t i)
{
    ct_str name;
    struct ct_rotation r, next;
    (void)folder_of(paths[i], &name);
    r = ct_rotation_of(name);
    if (!is_plain(name, &r)) return CT_ROTATION_AWAY;
    enum ct_rotation_place place = CT_ROTATION_NEWEST;
    for (size_t k = i + 1; r.stamp.n && k < n && is_one_log(paths[k], paths[i], &next, &r); k++) {
        if (next.stamp.n == 0) return CT_ROTATION_AWAY;
        if (ct_rotation_is_dated(paths[k])) place = CT_ROTATION_EARLIER;
    }
    return place;
}

bool ct_rotation_no_log(ct_str name, const char **ret_why)
{
    static const struct {
        ct_str ending;
        const char *why;
    } endings[] = {
        {CT_STR_INIT(".journal"), "systemd journal files: read them with --journal"},
        {CT_STR_INIT(".journal~"), "systemd journal files: read them with --journal"},
        {CT_STR_INIT(".swp"), NULL},
        {CT_STR_INIT(".pid"), NULL},
        {CT_STR_INIT(".lock"), NULL},
        {CT_STR_INIT(".lck"), NULL},
        {CT_STR_INIT(".sock"), NULL},
    };
    static const char binary[] = "login records (wtmp, btmp, lastlog, faillog): binary, no text log";
    static const ct_str records[] = {CT_STR_INIT("wtmp"), CT_STR_INIT("btmp"), CT_STR_INIT("utmp"), CT_STR_INIT("lastlog"),
                                     CT_STR_INIT("faillog")};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ct_str_ends(name, endings[i].ending)) {
            *ret_why = endings[i].why;
            return true;
        }
    struct ct_rotation r = ct_rotation_of(name);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        if (r.after.n == 0 && ct_str_eq(r.before, records[i])) {
            *ret_why = binary;
            return true;
        }
    return false;
}
