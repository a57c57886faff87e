#include "policy/policy.h"

static const int64_t day_us = 86400 * (int64_t)1000000;

int64_t ct_policy_anchor_of(enum ct_policy_anchor anchor, const struct ct_policy_times *t)
{
    int64_t published = t->published ? t->published : t->notified ? t->notified : t->found;
    switch (anchor) {
    case CT_POLICY_ANCHOR_PUBLICATION: return published;
    case CT_POLICY_ANCHOR_NOTIFICATION: return t->notified ? t->notified : published;
    case CT_POLICY_ANCHOR_FIRST_SIGHT: return t->found;
    default: return t->seen > published ? t->seen : published;
    }
}

static bool works(const struct ct_policy *p, int64_t day)
{
    int64_t weekday = ((day + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 is Sunday */
    if (weekday == 0 || weekday == 6) return false;
    for (size_t i = 0; i < p->n_holidays; i++)
        if (p->holidays[i] == day) return false;
    return true;
}

/* So many working days later, at the same time of day. */
static int64_t working_days(const struct ct_policy *p, int64_t n, int64_t at)
{
    int64_t local = at + p->zone_us, day = local / day_us - (local % day_us < 0), of_day = local - day * day_us;
    for (int64_t i = 0; i < n; i++) {
        int64_t end = day + 1000; /* holidays without end do not hold us */
        do day++;
        while (!works(p, day) && day < end);
    }
    return day * day_us + of_day - p->zone_us;
}

int64_t ct_policy_after(const struct ct_policy *p, enum ct_policy_length length, int64_t us, int64_t anchor_us)
{
    switch (length) {
    case CT_POLICY_WITHIN: return anchor_us + us;
    case CT_POLICY_WORKING_DAYS: return working_days(p, us, anchor_us);
    case CT_POLICY_BY: return us;
    default: return 0;
    }
}

enum fit { NO, MAYBE, YES };

static enum fit fits(const struct ct_policy_rule *r, const unsigned facts[CT_POLICY_FACTS])
{
    enum fit all = YES;
    for (int f = 0; f < CT_POLICY_FACTS; f++) {
        if (r->fits[f] == 0 || r->fits[f] & 1u << facts[f]) continue;
        if (facts[f] != 0) return NO;
        all = MAYBE;
    }
    return all;
}

struct ct_policy_answer ct_policy_due(const struct ct_policy *p, const unsigned facts[CT_POLICY_FACTS], int64_t anchor_us)
{
    struct ct_policy_answer a = {.rule = NULL};
    bool maybe = false;
    for (size_t i = 0; i < p->n_rules; i++) {
        const struct ct_policy_rule *r = &p->rules[i];
        enum fit fit = fits(r, facts);
        if (fit == NO) continue;
        int64_t due = ct_policy_after(p, r->length, r->us, anchor_us);
        if (!a.rule || (due && (!a.due || due < a.due))) {
            a.rule = r;
            a.due = due;
            a.assumed = fit == MAYBE;
        }
        a.forensics |= r->forensics;
        maybe |= fit == MAYBE;
        if (fit == YES) break;
    }
    /* The rule that is certain may be the earliest one; that others were weighed is then of no interest. */
    a.assumed = a.assumed && maybe;
    return a;
}

size_t ct_policy_uncovered(const struct ct_policy *p, size_t *ret_all)
{
    unsigned facts[CT_POLICY_FACTS];
    size_t all = 0, open = 0;
    for (int f = 0; f < CT_POLICY_FACTS; f++) facts[f] = 1;
    for (int f = 0; f < CT_POLICY_FACTS;) {
        bool any = false;
        for (size_t i = 0; i < p->n_rules && !any; i++) any = fits(&p->rules[i], facts) == YES;
        all++;
        open += !any;
        for (f = 0; f < CT_POLICY_FACTS; f++) { /* the next combination, like a counter */
            if (ct_policy_fact_word((enum ct_policy_fact)f, ++facts[f])) break;
            facts[f] = 1;
        }
    }
    *ret_all = all;
    return open;
}
