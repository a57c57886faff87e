#include "version/range.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    ct_arena *arena;
    struct ct_fault *fault;
    ct_str text;
    size_t at;
    enum ct_order order;
    struct ct_interval *intervals;
    size_t n;
};

static ct_err refuse(const struct reader *r, ct_err err, size_t at, const char *why)
{
    return ct_fault_set(r->fault, err, at, "version range: %s", why);
}

static ct_err no_memory(const struct reader *r) { return refuse(r, CT_ERR_NOMEM, r->at, "out of memory"); }

static bool at_end(const struct reader *r) { return r->at == r->text.n; }
static unsigned char here(const struct reader *r) { return at_end(r) ? 0 : r->text.p[r->at]; }
static bool is_blank(unsigned char c) { return c == ' ' || c == '\t'; }

static void skip_blanks(struct reader *r)
{
    while (!at_end(r) && is_blank(here(r))) r->at++;
}

/* The key of text[from, to), in the arena. */
static ct_err read_key(struct reader *r, ct_str version, size_t at, ct_str *ret_key)
{
    unsigned char key[CT_VERSION_KEY_MAX];
    size_t n;
    if (version.n == 0) return refuse(r, CT_ERR_SYNTAX, at, "a version is missing");
    ct_err err = ct_version_key(r->order, version, key, sizeof key, &n);
    if (err == CT_ERR_CAP) return refuse(r, err, at, "a version is too long");
    if (err) return refuse(r, err, at, "not a version of this ecosystem");
    if (ct_arena_dup(r->arena, (ct_str){key, n}, ret_key)) return no_memory(r);
    return CT_OK;
}

static ct_err add_interval(struct reader *r, const struct ct_interval *interval, size_t at)
{
    if (r->n == CT_RANGE_PARTS_MAX) return refuse(r, CT_ERR_CAP, at, "too many parts");
    struct ct_interval *all = ct_arena_grow(r->arena, r->intervals, r->n * sizeof *all, (r->n + 1) * sizeof *all);
    if (!all) return no_memory(r);
    all[r->n++] = *interval;
    r->intervals = all;
    return CT_OK;
}

static bool is_empty(const struct reader *r, const struct ct_interval *i)
{
    if (!i->low.p || !i->high.p) return false;
    int c = ct_version_key_cmp(r->order, i->low, i->high);
    return c > 0 || (c == 0 && !(i->low_in && i->high_in));
}

/* --- Maven's intervals --- */

static ct_err read_interval(struct reader *r)
{
    size_t open = r->at;
    if (here(r) != '[' && here(r) != '(') return refuse(r, CT_ERR_SYNTAX, r->at, "'[' or '(' must open an interval");
    struct ct_interval i = {.low_in = here(r) == '['};
    size_t comma = CT_STR_NONE;
    for (r->at++; !at_end(r) && here(r) != ']' && here(r) != ')'; r->at++) {
        if (here(r) == '[' || here(r) == '(') return refuse(r, CT_ERR_SYNTAX, r->at, "the interval before this one is not closed");
        if (here(r) != ',') continue;
        if (comma != CT_STR_NONE) return refuse(r, CT_ERR_SYNTAX, r->at, "an interval has one comma");
        comma = r->at;
    }
    if (at_end(r)) return refuse(r, CT_ERR_SYNTAX, r->at, "']' or ')' is missing");
    i.high_in = here(r) == ']';
    ct_str low = ct_str_trim(ct_str_slice(r->text, open + 1, comma == CT_STR_NONE ? r->at : comma));
    if (comma == CT_STR_NONE) {
        if (!i.low_in || !i.high_in) return refuse(r, CT_ERR_SYNTAX, open, "a single version stands between '[' and ']'");
        CT_TRY(read_key(r, low, open + 1, &i.low));
        i.high = i.low;
    } else {
        ct_str high = ct_str_trim(ct_str_slice(r->text, comma + 1, r->at));
        if (low.n) CT_TRY(read_key(r, low, open + 1, &i.low));
        if (high.n) CT_TRY(read_key(r, high, comma + 1, &i.high));
    }
    if (is_empty(r, &i)) return refuse(r, CT_ERR_SYNTAX, open, "the lower bound is not below the upper one");
    r->at++;
    return add_interval(r, &i, open);
}

static ct_err read_intervals(struct reader *r)
{
    for (;;) {
        CT_TRY(read_interval(r));
        skip_blanks(r);
        if (at_end(r)) return CT_OK;
        if (here(r) != ',') return refuse(r, CT_ERR_SYNTAX, r->at, "a comma must separate intervals");
        r->at++;
        skip_blanks(r);
    }
}

/* --- comparators --- */

enum comparator { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, MORE, MORE_EQUAL };

static enum comparator read_comparator(struct reader *r)
{
    static const struct {
        ct_str text;
        enum comparator comparator;
    } all[] = {{CT_STR_INIT("=="), EQUAL},     {CT_STR_INIT("!="), NOT_EQUAL}, {CT_STR_INIT("<="), LESS_EQUAL},
               {CT_STR_INIT(">="), MORE_EQUAL}, {CT_STR_INIT("="), EQUAL},      {CT_STR_INIT("<"), LESS},
               {CT_STR_INIT(">"), MORE}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!ct_str_starts(ct_str_slice(r->text, r->at, SIZE_MAX), all[i].text)) continue;
        r->at += all[i].text.n;
        return all[i].comparator;
    }
    return EQUAL;
}

/* Narrows i by one comparator. */
static ct_err narrow(struct reader *r, struct ct_interval *i, enum comparator c, ct_str key)
{
    if (c == NOT_EQUAL) {
        ct_str *except = ct_arena_array(r->arena, i->except_n + 1, sizeof *except);
        if (!except) return no_memory(r);
        if (i->except_n) memcpy(except, i->except, i->except_n * sizeof *except);
        except[i->except_n++] = key;
        i->except = except;
        return CT_OK;
    }
    if (c == EQUAL || c == MORE || c == MORE_EQUAL) {
        int d = i->low.p ? ct_version_key_cmp(r->order, key, i->low) : 1;
        if (d > 0 || (d == 0 && c == MORE)) {
            i->low = key;
            i->low_in = c != MORE;
        }
    }
    if (c == EQUAL || c == LESS || c == LESS_EQUAL) {
        int d = i->high.p ? ct_version_key_cmp(r->order, key, i->high) : -1;
        if (d < 0 || (d == 0 && c == LESS)) {
            i->high = key;
            i->high_in = c != LESS;
        }
    }
    return CT_OK;
}

/* One list, up to "||" or the end. */
static ct_err read_list(struct reader *r)
{
    struct ct_interval i = {0};
    size_t start = r->at, parts = 0;
    for (;;) {
        while (!at_end(r) && (is_blank(here(r)) || here(r) == ',')) r->at++;
        if (at_end(r) || here(r) == '|') break;
        if (++parts > CT_RANGE_PARTS_MAX) return refuse(r, CT_ERR_CAP, r->at, "too many parts");
        if (here(r) == '*') {
            r->at++;
            continue;
        }
        enum comparator c = read_comparator(r);
        skip_blanks(r);
        size_t from = r->at;
        for (; !at_end(r) && !is_blank(here(r)) && !strchr(",|", here(r)); r->at++)
            if (strchr("[]()", here(r))) return refuse(r, CT_ERR_SYNTAX, r->at, "brackets stand around an interval, as in [2.0,2.15.0)");
        ct_str key;
        CT_TRY(read_key(r, ct_str_slice(r->text, from, r->at), from, &key));
        CT_TRY(narrow(r, &i, c, key));
    }
    if (parts == 0) return refuse(r, CT_ERR_SYNTAX, r->at, "a version is missing");
    if (is_empty(r, &i)) return refuse(r, CT_ERR_SYNTAX, start, "no version can meet all of these");
    return add_interval(r, &i, start);
}

static ct_err read_lists(struct reader *r)
{
    for (;;) {
        CT_TRY(read_list(r));
        if (at_end(r)) return CT_OK;
        if (r->at + 1 == r->text.n || r->text.p[r->at + 1] != '|') return refuse(r, CT_ERR_SYNTAX, r->at, "\"||\" must separate lists");
        r->at += 2;
    }
}

/* --- vers --- */

struct constraint {
    enum comparator comparator;
    ct_str key;
};

static int by_key(const void *a, const void *b, enum ct_order order)
{
    const struct constraint *x = a, *y = b;
    return ct_version_key_cmp(order, x->key, y->key);
}

/* At most CT_RANGE_PARTS_MAX of them, and qsort has no place for the ordering. */
static void sort(struct constraint *c, size_t n, enum ct_order order)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && by_key(&c[k - 1], &c[k], order) > 0; k--) {
            struct constraint swap = c[k];
            c[k] = c[k - 1];
            c[k - 1] = swap;
        }
}

static ct_err decode(const struct reader *r, ct_str in, size_t at, ct_str *ret_out)
{
    unsigned char *to = ct_arena_alloc(r->arena, in.n);
    size_t n = 0;
    if (!to) return no_memory(r);
    for (size_t i = 0; i < in.n; i++) {
        to[n] = in.p[i];
        if (in.p[i] == '%') {
            int high = i + 2 < in.n ? ct_hex_value(in.p[i + 1]) : -1, low = high >= 0 ? ct_hex_value(in.p[i + 2]) : -1;
            if (low < 0) return refuse(r, CT_ERR_SYNTAX, at + i, "two hexadecimal digits must follow '%'");
            to[n] = (unsigned char)(high << 4 | low);
            i += 2;
        }
        n++;
    }
    *ret_out = (ct_str){to, n};
    return CT_OK;
}

static ct_err read_constraints(struct reader *r, struct constraint *c, size_t *ret_n)
{
    size_t n = 0;
    for (;; r->at++) {
        if (n == CT_RANGE_PARTS_MAX) return refuse(r, CT_ERR_CAP, r->at, "too many parts");
        skip_blanks(r);
        c[n].comparator = read_comparator(r);
        size_t from = r->at, end = ct_str_chr(ct_str_slice(r->text, from, SIZE_MAX), '|');
        r->at = end == CT_STR_NONE ? r->text.n : from + end;
        ct_str version;
        CT_TRY(decode(r, ct_str_trim(ct_str_slice(r->text, from, r->at)), from, &version));
        CT_TRY(read_key(r, version, from, &c[n].key));
        n++;
        if (at_end(r)) break;
    }
    *ret_n = n;
    return CT_OK;
}

/* Sorted bounds make intervals: a lower one opens (the first of several counts), an upper one closes (the last counts). */
static ct_err bounds_to_intervals(struct reader *r, const struct constraint *c, size_t n, const ct_str *except, size_t except_n)
{
    struct ct_interval open = {.except = except, .except_n = except_n};
    bool is_open = false, any = false, points = false;
    for (size_t i = 0; i < n; i++) {
        if (c[i].comparator == EQUAL) {
            struct ct_interval point = {.low = c[i].key, .high = c[i].key, .low_in = true, .high_in = true};
            CT_TRY(add_interval(r, &point, 0));
            points = true;
        } else if (c[i].comparator == MORE || c[i].comparator == MORE_EQUAL) {
            any = true;
            if (is_open) continue;
            is_open = true;
            open.low = c[i].key;
            open.low_in = c[i].comparator == MORE_EQUAL;
        } else if (c[i].comparator == LESS || c[i].comparator == LESS_EQUAL) {
            if (is_open || !any) {
                open.high = c[i].key;
                open.high_in = c[i].comparator == LESS_EQUAL;
                CT_TRY(add_interval(r, &open, 0));
                if (is_empty(r, &open)) return refuse(r, CT_ERR_SYNTAX, 0, "no version can meet this");
            } else if (r->n) {
                r->intervals[r->n - 1].high = c[i].key;
                r->intervals[r->n - 1].high_in = c[i].comparator == LESS_EQUAL;
            }
            any = true;
            is_open = false;
            open.low = open.high = (ct_str){NULL, 0};
        }
    }
    /* Only exclusions: everything else is in. */
    if (is_open || (!any && !points)) return add_interval(r, &open, 0);
    return CT_OK;
}

static ct_err read_vers(struct reader *r, enum ct_ecosystem e)
{
    size_t slash = ct_str_chr(r->text, '/');
    if (slash == CT_STR_NONE) return refuse(r, CT_ERR_SYNTAX, r->text.n, "\"vers:\" needs a scheme and a '/'");
    ct_str scheme = ct_str_slice(r->text, 5, slash);
    /* Names of the vers scheme that are no types of package URLs. */
    if (ct_str_eq_fold(scheme, CT_STR("alpine"))) scheme = CT_STR("apk");
    if (ct_str_eq_fold(scheme, CT_STR("semver"))) scheme = CT_STR("npm");
    enum ct_ecosystem said = ct_ecosystem_of_purl(scheme, CT_STR(""));
    if (said == CT_ECOSYSTEM_UNKNOWN) return refuse(r, CT_ERR_UNSUPPORTED, 5, "no ordering is known for this scheme");
    if (e != CT_ECOSYSTEM_UNKNOWN && r->order != ct_version_order(said)) return refuse(r, CT_ERR_SYNTAX, 5, "the scheme is of another ecosystem than the package");
    r->order = ct_version_order(said);
    r->at = slash + 1;
    if (ct_str_eq(ct_str_trim(ct_str_slice(r->text, r->at, SIZE_MAX)), CT_STR("*"))) {
        struct ct_interval all = {0};
        return add_interval(r, &all, r->at);
    }
    struct constraint c[CT_RANGE_PARTS_MAX];
    size_t n = 0, except_n = 0;
    CT_TRY(read_constraints(r, c, &n));
    ct_str *except = ct_arena_array(r->arena, n, sizeof *except);
    if (!except) return no_memory(r);
    for (size_t i = 0; i < n; i++)
        if (c[i].comparator == NOT_EQUAL) except[except_n++] = c[i].key;
    sort(c, n, r->order);
    return bounds_to_intervals(r, c, n, except, except_n);
}

ct_err ct_range_parse(ct_arena *arena, enum ct_ecosystem e, ct_str text, struct ct_range *ret_range, struct ct_fault *fault)
{
    struct reader r = {.arena = arena, .fault = fault, .text = text, .order = ct_version_order(e)};
    bool vers = ct_str_starts_fold(text, CT_STR("vers:"));
    if (r.order == CT_ORDER_NONE && !vers) return refuse(&r, CT_ERR_UNSUPPORTED, 0, "no ordering is known for this ecosystem");
    skip_blanks(&r);
    while (r.text.n > r.at && is_blank(r.text.p[r.text.n - 1])) r.text.n--;
    if (vers) CT_TRY(read_vers(&r, e));
    else if (here(&r) == '[' || here(&r) == '(') CT_TRY(read_intervals(&r));
    else CT_TRY(read_lists(&r));
    *ret_range = (struct ct_range){r.order, r.intervals, r.n};
    return CT_OK;
}

static bool in_interval(enum ct_order order, const struct ct_interval *i, ct_str key)
{
    if (i->low.p) {
        int c = ct_version_key_cmp(order, key, i->low);
        if (c < 0 || (c == 0 && !i->low_in)) return false;
    }
    if (i->high.p) {
        int c = ct_version_key_cmp(order, key, i->high);
        if (c > 0 || (c == 0 && !i->high_in)) return false;
    }
    for (size_t k = 0; k < i->except_n; k++)
        if (ct_version_key_cmp(order, key, i->except[k]) == 0) return false;
    return true;
}

bool ct_range_contains_key(const struct ct_range *range, ct_str key)
{
    for (size_t i = 0; i < range->n; i++)
        if (in_interval(range->order, &range->intervals[i], key)) return true;
    return false;
}

ct_err ct_range_contains(const struct ct_range *range, ct_str version, bool *ret_in)
{
    unsigned char key[CT_VERSION_KEY_MAX];
    size_t n;
    CT_TRY(ct_version_key(range->order, version, key, sizeof key, &n));
    *ret_in = ct_range_contains_key(range, (ct_str){key, n});
    return CT_OK;
}
