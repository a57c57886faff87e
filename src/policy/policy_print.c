#include "policy/policy.h"
#include "text/printable.h"

#include <inttypes.h>

enum { NOTHING_SET = 0 };

static void date(struct ct_buf *out, int64_t day)
{
    int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097; /* as event/civil.c explains */
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365, of_year = of_era - (365 * year + year / 4 - year / 100), march = (5 * of_year + 2) / 153;
    ct_buf_printf(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, era * 400 + year + (march >= 10), march < 10 ? march + 3 : march - 9, of_year - (153 * march + 2) / 5 + 1);
}

void ct_policy_print_length(struct ct_buf *out, enum ct_policy_length length, int64_t us)
{
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    int64_t s = us / 1000000;
    switch (length) {
    case CT_POLICY_UPGRADE: ct_buf_text(out, "with the next upgrade"); return;
    case CT_POLICY_WORKING_DAYS: ct_buf_printf(out, "%" PRId64 " working days", us); return;
    case CT_POLICY_BY:
        ct_buf_text(out, "by ");
        date(out, s / 86400 - (s % 86400 < 0));
        s = (s % 86400 + 86400) % 86400;
        ct_buf_printf(out, "T%02" PRId64 ":%02" PRId64 ":%02" PRId64 "Z", s / 3600, s / 60 % 60, s % 60);
        return;
    default: break;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (s % units[i].seconds || (i == 0 && s < 3 * 86400)) continue; /* 48 h stays 48 h */
        ct_buf_printf(out, "%" PRId64 "%s", s / units[i].seconds, units[i].unit);
        return;
    }
}

static void conditions(struct ct_buf *out, const struct ct_policy_rule *r)
{
    bool any = false;
    for (int f = 0; f < CT_POLICY_FACTS; f++) {
        const char *between = " ";
        if (r->fits[f] == NOTHING_SET) continue;
        ct_buf_text(out, any ? "; " : "");
        ct_buf_text(out, ct_policy_fact_key((enum ct_policy_fact)f));
        for (unsigned v = 0; ct_policy_fact_word((enum ct_policy_fact)f, v); v++) {
            if (!(r->fits[f] & 1u << v)) continue;
            ct_buf_text(out, between);
            ct_buf_text(out, ct_policy_fact_word((enum ct_policy_fact)f, v));
            between = " or ";
        }
        any = true;
    }
    if (!any) ct_buf_text(out, "everything else");
}

void ct_policy_print(struct ct_buf *out, const struct ct_policy *p)
{
    static const char *const from[CT_POLICY_ANCHORS] = {"publication, or the first sight of the component on the asset if that is later", "publication", "notification", "when it was first found on the asset"};
    ct_print_text(out, p->name);
    if (p->about.n) ct_buf_text(out, ": ");
    ct_print_text(out, p->about);
    ct_buf_printf(out, "\nCounts from %s. ", from[p->anchor]);
    ct_buf_text(out, p->mitigation_stops ? "A mitigated finding is not overdue. " : "A mitigation does not stop the clock. ");
    ct_buf_text(out, p->acceptance_restarts ? "After an acceptance the whole time starts again.\n" : "After an acceptance what was left of the time goes on.\n");
    for (size_t i = 0; i < p->n_rules; i++) {
        ct_buf_text(out, "  ");
        ct_print_text(out, p->rules[i].name);
        ct_buf_text(out, ": ");
        ct_policy_print_length(out, p->rules[i].length, p->rules[i].us);
        ct_buf_text(out, p->rules[i].forensics ? ", and a forensic investigation, when " : " when ");
        conditions(out, &p->rules[i]);
        ct_buf_byte(out, '\n');
    }
    for (size_t i = 0; i < p->n_clocks; i++) {
        ct_buf_text(out, "  clock of the incident: ");
        ct_print_text(out, p->clocks[i].name);
        ct_buf_byte(out, ' ');
        ct_policy_print_length(out, p->clocks[i].length, p->clocks[i].us);
        ct_buf_printf(out, " from %s\n", p->clocks[i].from == CT_POLICY_ANCHOR_FIRST_SIGHT ? "its opening" : ct_policy_anchor_name(p->clocks[i].from));
    }
}
