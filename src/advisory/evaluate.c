/* The evaluation algorithm of the OSV schema over what advisory_table.h keeps. */
#include "advisory/advisory_table.h"

#include <string.h>

struct question {
    const struct ct_advisory_query *q;
    enum ct_order order;
    unsigned char key[CT_VERSION_KEY_MAX];
    ct_str version_key;    /* a null p: the version is not known or cannot be ordered */
    const char *why_not;
};

/* A record's release names the query's when one of its parts is the same: "enterprise_linux:8::baseos" and "8", "v3.18" and
 * "3.18", "22.04:LTS" and "22.04". */
static bool is_release(ct_str have, ct_str want)
{
    if (want.n == 0 || have.n == 0 || ct_str_eq_fold(have, want)) return true;
    if (ct_ascii_lower(want.p[0]) == 'v') want = ct_str_slice(want, 1, SIZE_MAX);
    for (ct_str rest = have; rest.p;) {
        ct_str part = ct_str_cut(&rest, ':');
        if (part.n && ct_ascii_lower(part.p[0]) == 'v') part = ct_str_slice(part, 1, SIZE_MAX);
        if (ct_str_eq_fold(part, want)) return true;
    }
    return false;
}

static bool is_listed(const struct ct_entry *e, ct_str version)
{
    size_t low = 0, high = e->versions_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = ct_str_cmp(e->versions[mid], version);
        if (c == 0) return true;
        if (c < 0) low = mid + 1;
        else high = mid;
    }
    return false;
}

static enum ct_affected evaluate(const struct question *ask, const struct ct_entry *e, struct ct_advisory_match *m)
{
    if (ask->q->version.n && is_listed(e, ask->q->version)) {
        m->why = "the version is listed";
        return CT_AFFECTED;
    }
    bool within = false;
    for (size_t i = 0; i < e->spans_n; i++) {
        const struct ct_span *s = &e->spans[i];
        bool every = !s->low.p && !s->high.p;
        if (!every && (!ask->version_key.p || !ct_span_holds(ask->order, s, ask->version_key))) continue;
        within = true;
        if (e->less) break;
        m->why = every ? "every version is affected" : "the version is in an affected range";
        m->fixed = s->fixed;
        return CT_AFFECTED;
    }
    bool unreadable = within || e->more;
    bool unknown = !ask->version_key.p && (e->spans_n || ask->q->version.n == 0);
    m->why = e->silent ? "the record names no versions that can be read" : unreadable ? "a version in the record cannot be ordered" : ask->why_not;
    return e->silent || unreadable || unknown ? CT_UNDECIDED : CT_NOT_AFFECTED;
}

void ct_advisories_match(const ct_advisories *db, const struct ct_advisory_query *query,
                         bool (*found)(void *ctx, const struct ct_advisory_match *match), void *ctx)
{
    struct question ask = {.q = query, .order = ct_version_order(query->ecosystem), .why_not = "the version is not known"};
    unsigned char spelling[CT_PACKAGE_NAME_MAX];
    ct_str name;
    size_t n;
    if (!ct_package_spelling(query->ecosystem, query->name, spelling, &name)) return;
    const struct ct_package *package = ct_package_find(db, query->ecosystem, name);
    if (!package) return;
    if (query->version.n) {
        ask.why_not = "the version cannot be ordered";
        if (ct_version_key(ask.order, query->version, ask.key, sizeof ask.key, &n) == CT_OK) ask.version_key = (ct_str){ask.key, n};
    }
    for (const struct ct_entry *e = package->first; e;) {
        const struct ct_record *record = e->record;
        struct ct_advisory_match best = {.advisory = &record->a};
        bool counts = !record->replaced && record->a.withdrawn.n == 0;
        for (; e && e->record == record; e = e->next) {
            if (!counts || best.verdict == CT_AFFECTED || !is_release(e->release, query->release)) continue;
            struct ct_advisory_match m = {.advisory = &record->a, .release = e->release};
            m.verdict = evaluate(&ask, e, &m);
            if (m.verdict > best.verdict) best = m;
        }
        if (best.verdict != CT_NOT_AFFECTED && !found(ctx, &best)) return;
    }
}
