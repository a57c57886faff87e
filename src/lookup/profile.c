#include "lookup/profile.h"

enum {
    F_2_0_RC2 = CT_FEAT_DEFAULTS,
    F_2_1 = F_2_0_RC2 | CT_FEAT_JAVA_LOOKUP,
    F_2_6 = F_2_1 | CT_FEAT_REPEAT_PASS,
    F_2_8 = F_2_6 | CT_FEAT_NAMES_EXPAND | CT_FEAT_PREFIX_FOLD,
    F_2_13_0 = F_2_8 | CT_FEAT_CASE_LOOKUPS,
    F_2_13_1 = F_2_13_0 | CT_FEAT_ESCAPED_DELIM,
    F_2_13_2 = F_2_13_1 | CT_FEAT_EVENT_LOOKUP,
    /* No message is substituted by default from here on: what is left substitutes once. */
    F_2_16 = F_2_13_2 & ~(unsigned)CT_FEAT_REPEAT_PASS,
    F_2_15 = F_2_16 | CT_FEAT_FROM_FIRST,
    F_2_12_2 = F_2_8 & ~(unsigned)CT_FEAT_REPEAT_PASS,
};

#define ROW(a, b, label, f, m, j, c) \
    {CT_STR_INIT(a), CT_STR_INIT(b), CT_STR_INIT(label), f, CT_MSG_##m, CT_JNDI_##j, c}
static const struct ct_profile profiles[] = {
    ROW("2.0-beta9", "2.0-rc1", "2.0-beta9-2.0-rc1", 0, DEFAULT, ANY, true),
    ROW("2.0-rc2", "2.0.2", "2.0-rc2-2.0.2", F_2_0_RC2, DEFAULT, ANY, true),
    ROW("2.1", "2.5", "2.1-2.5", F_2_1, DEFAULT, ANY, true),
    ROW("2.6", "2.7", "2.6-2.7", F_2_6, DEFAULT, ANY, true),
    ROW("2.8", "2.12.1", "2.8-2.12.1", F_2_8, DEFAULT, ANY, true),
    ROW("2.13.0", "2.13.0", "2.13.0", F_2_13_0, DEFAULT, ANY, true),
    ROW("2.13.1", "2.13.1", "2.13.1", F_2_13_1, DEFAULT, ANY, true),
    ROW("2.13.2", "2.14.1", "2.13.2-2.14.1", F_2_13_2, DEFAULT, ANY, true),
    ROW("2.15.0", "2.15.0", "2.15.0", F_2_15, OPT_IN, ALLOW_LIST, true),
    ROW("2.16.0", "2.16.0", "2.16.0", F_2_16, NEVER, OPT_IN, true),
    ROW("2.17.0", "", "2.17.0 and later", F_2_16, NEVER, JAVA_ONLY, false),
    ROW("2.3.1", "2.3.2", "2.3.1-2.3.2", F_2_1, NEVER, JAVA_ONLY, false),
    ROW("2.12.2", "2.12.2", "2.12.2", F_2_12_2, NEVER, STUB, true),
    ROW("2.12.3", "2.12.4", "2.12.3-2.12.4", F_2_12_2, NEVER, JAVA_ONLY, false),
};
enum { N_PROFILES = sizeof profiles / sizeof profiles[0], FIRST_BRANCH = N_PROFILES - 3 };

const struct ct_profile *ct_profiles(size_t *ret_n)
{
    *ret_n = N_PROFILES;
    return profiles;
}

/* A release as numbers. A pre-release of 2.0 sorts before 2.0 as Maven has it: alpha, beta, rc, release. */
struct release {
    uint64_t part[3];
    unsigned stage; /* 0 alpha, 1 beta, 2 milestone, 3 rc, 4 release */
    uint64_t stage_no;
};

static ct_str take_digits(ct_str *s)
{
    size_t n = 0;
    while (n < s->n && ct_ascii_digit(s->p[n])) n++;
    ct_str digits = {s->p, n};
    *s = ct_str_slice(*s, n, s->n);
    return digits;
}

static bool read_release(ct_str s, struct release *ret_release)
{
    static const struct {
        ct_str word;
        unsigned stage;
    } stages[] = {{CT_STR_INIT("alpha"), 0}, {CT_STR_INIT("beta"), 1}, {CT_STR_INIT("milestone"), 2}, {CT_STR_INIT("rc"), 3},
                  {CT_STR_INIT("cr"), 3}};
    struct release r = {.stage = 4};
    for (unsigned i = 0; i < 3; i++) {
        if (!ct_str_u64(take_digits(&s), &r.part[i])) return false;
        if (s.n < 2 || s.p[0] != '.' || !ct_ascii_digit(s.p[1])) break;
        if (i < 2) s = ct_str_slice(s, 1, s.n);
    }
    if (s.n && s.p[0] != '-' && s.p[0] != '.' && s.p[0] != '_' && s.p[0] != '+') return false;
    s = ct_str_slice(s, 1, s.n);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        if (!ct_str_starts_fold(s, stages[i].word)) continue;
        s = ct_str_slice(s, stages[i].word.n, s.n);
        if (s.n && (s.p[0] == '-' || s.p[0] == '.')) s = ct_str_slice(s, 1, s.n);
        r.stage = stages[i].stage;
        if (!ct_str_u64(take_digits(&s), &r.stage_no)) r.stage_no = 0;
        break;
    }
    /* The candidates of a later release behave as that release does; only 2.0's were made over years. */
    if (r.part[0] != 2 || r.part[1] != 0 || r.part[2] != 0) r.stage = 4, r.stage_no = 0;
    *ret_release = r;
    return true;
}

static int compare(const struct release *a, const struct release *b)
{
    for (unsigned i = 0; i < 3; i++)
        if (a->part[i] != b->part[i]) return a->part[i] < b->part[i] ? -1 : 1;
    if (a->stage != b->stage) return a->stage < b->stage ? -1 : 1;
    return (a->stage_no > b->stage_no) - (a->stage_no < b->stage_no);
}

static bool at_least(const struct release *r, const char *other)
{
    struct release o;
    return read_release(ct_str_from(other), &o) && compare(r, &o) >= 0;
}

const struct ct_profile *ct_profile_find(ct_str release)
{
    struct release r;
    if (!read_release(release, &r)) return NULL;
    size_t from = 0, to = FIRST_BRANCH;
    if (at_least(&r, "2.3.1") && !at_least(&r, "2.4")) from = FIRST_BRANCH, to = FIRST_BRANCH + 1;
    if (at_least(&r, "2.12.2") && !at_least(&r, "2.13.0")) from = FIRST_BRANCH + 1, to = N_PROFILES;
    /* Between two rows lie only releases that were never made; the earlier row is the nearer guess. */
    while (to-- > from) {
        struct release first;
        if (read_release(profiles[to].first, &first) && compare(&r, &first) >= 0) return &profiles[to];
    }
    return NULL;
}
