#include "detect/spelled.h"

/* Nobody writes these by letters for another reason. Shorter schemes stand in words: "per${x:-mi}t". */
static const ct_str words[] = {CT_STR_INIT("jndi"), CT_STR_INIT("ldap")};

static size_t count(ct_str text, ct_str word)
{
    size_t n = 0;
    for (size_t at; (at = ct_str_find_fold(text, word)) != CT_STR_NONE; n++) text = ct_str_slice(text, at + word.n, text.n);
    return n;
}

bool ct_spelled_is_scheme(ct_str s)
{
    static const ct_str schemes[] = {CT_STR_INIT("ldap"), CT_STR_INIT("ldaps"), CT_STR_INIT("rmi"), CT_STR_INIT("dns"),
                                     CT_STR_INIT("iiop")};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (ct_str_eq_fold(s, schemes[i])) return true;
    return false;
}

static bool is_address(ct_str s)
{
    enum { SCHEME_MAX = 5 };
    if (s.n == 0 || ct_str_chr(CT_STR("ldri"), s.p[0] | 0x20) == CT_STR_NONE) return false;
    size_t colon = ct_str_chr(ct_str_slice(s, 0, SCHEME_MAX + 1), ':');
    return colon != CT_STR_NONE && ct_spelled_is_scheme(ct_str_slice(s, 0, colon)) && ct_str_starts(ct_str_slice(s, colon, s.n), CT_STR("://"));
}

/* Where in an expression an address stands behind a colon, or CT_STR_NONE. */
static size_t find_address(ct_str name)
{
    for (size_t at = 0, step; (step = ct_str_chr(ct_str_slice(name, at, name.n), ':')) != CT_STR_NONE; at += step + 1)
        if (is_address(ct_str_slice(name, at + step + 1, name.n))) return at + step + 1;
    return CT_STR_NONE;
}

/* Lookups that are not there ("${${const:x}:ldap://h}") stay as they are written. One that is not closed goes on behind: in settings a default
 * is often another's default. */
static bool holds_lookup(ct_str s)
{
    size_t at = ct_str_find(s, CT_STR("${"));
    ct_str lookup = ct_str_slice(s, at, s.n);
    size_t colon = ct_str_chr(lookup, ':');
    return colon != CT_STR_NONE && ct_str_chr(ct_str_slice(lookup, colon, lookup.n), '}') != CT_STR_NONE;
}

/* Prose may hold both: "a '${', then jndi:ldap://...". */
static bool ends_with_jndi(ct_str s)
{
    bool ends = s.n >= words[0].n && ct_str_eq_fold(ct_str_slice(s, s.n - words[0].n, s.n), words[0]);
    return ends && ct_str_chr(s, ' ') == CT_STR_NONE && ct_str_chr(s, '"') == CT_STR_NONE;
}

/* An inner lookup is part of all around it, so a text may be looked at as often as it is deep: what that may cost is `left`. */
struct watching {
    bool cut, found;
    uint64_t left;
};

/* The first letters come of a lookup, and no more followed or the rest was cut: "${${::-j}$". A single letter in braces is what
 * recursions end with. */
static bool begins_jndi(const struct ct_eval_step *s, bool cut)
{
    size_t n = s->name.n;
    if (n && s->name.p[n - 1] == '$') n--;
    return n >= (cut ? 1 : 2) && n <= words[0].n && ct_str_starts(s->text, CT_STR("${${")) &&
           ct_str_eq_fold(ct_str_slice(s->name, 0, n), ct_str_slice(words[0], 0, n));
}

static bool tells(const struct ct_eval_step *s, bool cut)
{
    size_t address = find_address(s->text);
    if (address != CT_STR_NONE && ends_with_jndi(ct_str_slice(s->text, 0, address - 1))) return true;
    if (ct_str_starts_fold(s->name, CT_STR("jndi${")) && ct_str_find(s->name, CT_STR("//")) != CT_STR_NONE) return true;
    address = find_address(s->name);
    if (address != CT_STR_NONE) { /* templates and settings have such defaults: "${LDAP_URL:ldap://localhost}" */
        ct_str before = ct_str_slice(s->name, 0, address - 1), written = ct_str_slice(s->text, 2, 2 + before.n);
        return before.n == 0 || !ct_str_eq(written, before) || holds_lookup(before) || ct_eval_knows_prefix(before);
    }
    if (begins_jndi(s, cut)) return true;
    bool maps = ct_str_starts_fold(s->name, CT_STR("lower:")) || ct_str_starts_fold(s->name, CT_STR("upper:"));
    return maps && (ct_str_find_fold(s->value, words[0]) != CT_STR_NONE || ct_spelled_is_scheme(s->value));
}

static void watch(void *ctx, const struct ct_eval_step *s)
{
    enum { COST = 4 }; /* a byte's */
    struct watching *w = ctx;
    if (s->kind != CT_STEP_LOOKUP || w->found) return;
    uint64_t cost = COST * ((uint64_t)s->text.n + s->name.n + s->value.n);
    if (cost > w->left) return;
    w->left -= cost;
    w->found = tells(s, w->cut);
}

bool ct_spelled(ct_arena *arena, ct_str text, bool cut, uint64_t *work)
{
    size_t n;
    const struct ct_profile *list = ct_profiles(&n);
    struct ct_eval_result r;
    uint64_t grant = CT_EVAL_WORK_BASE < *work ? CT_EVAL_WORK_BASE : *work;
    struct watching w = {.cut = cut, .left = grant};
    struct ct_eval_opts opts = {.sink = CT_SINK_SINGLE, .values = CT_VALUES_UNSET, .step = watch, .step_ctx = &w};
    if (!ct_weigh_watch(arena, ct_weigh_newest(list, n), opts, text, work, &r)) return false;
    uint64_t looked = grant - w.left;
    *work -= looked < *work ? looked : *work;
    for (size_t i = 0; i < sizeof words / sizeof *words && !w.found; i++)
        w.found = count(r.text, words[i]) > count(text, words[i]);
    return w.found;
}

bool ct_spelled_may(ct_str text)
{
    static const char jndi[] = "jndi", ldap[] = "ldap";
    size_t j = 0, l = 0;
    if (ct_str_find(text, CT_STR("${${")) != CT_STR_NONE) return true;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i] | 0x20;
        if (c == (unsigned char)jndi[j]) j++;
        if (c == (unsigned char)ldap[l]) l++;
        if (j == sizeof jndi - 1 || l == sizeof ldap - 1 || (j == 3 && c >= 0x80)) return true; /* an i of another alphabet */
        bool base64 = c == '6' && text.n - i > 2 && text.p[i + 1] == '4';
        if (base64 && (text.p[i + 2] == ':' || (text.p[i + 2] | 0x20) == 'd')) return true;
        if ((c != ':' && c != '}') || i < 3) continue; /* c is folded: '}' is ']' too */
        ct_str before = ct_str_slice(text, i - 3, i);
        if (ct_str_eq_fold(before, CT_STR("rmi")) || ct_str_eq_fold(before, CT_STR("dns"))) return true;
        if (ct_str_eq_fold(before, CT_STR("iop"))) return true;
    }
    return false;
}
