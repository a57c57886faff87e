#include "scan/advise.h"

#include "assess/assess.h"
#include "sbom/purl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SCRATCH_MAX = 16 << 20, TEXT_MAX = 65536, MATCHES_MAX = 512 };

struct look {
    const struct ct_advise *a;
    ct_scan_report *r;
    ct_arena *scratch;
    const struct ct_scan_part *part;
    struct match {
        ct_str vulnerability;
        struct ct_advisory_match m;
    } matches[MATCHES_MAX];
    size_t n_matches;
};

static ct_str text(ct_arena *arena, const char *fmt, ...) CT_PRINTF(2, 3);
static ct_str text(ct_arena *arena, const char *fmt, ...)
{
    char bytes[2048];
    va_list args;
    ct_str copy = {NULL, 0};
    va_start(args, fmt);
    (void)vsnprintf(bytes, sizeof bytes, fmt, args);
    va_end(args);
    return ct_arena_dup(arena, ct_str_from(bytes), &copy) == CT_OK ? copy : CT_STR("");
}

static ct_err add_finding(struct look *l, ct_str vulnerability, enum ct_state state, const char *severity, const char *source, ct_str reason, ct_str fix,
                          ct_str evidence)
{
    const struct ct_component *c = &l->part->component;
    struct ct_buf witness;
    ct_buf_init(&witness, l->scratch, TEXT_MAX);
    ct_buf_add(&witness, c->path);
    if (c->record.n) ct_buf_text(&witness, "!/");
    ct_buf_add(&witness, c->record);
    ct_buf_printf(&witness, ": %s says ", ct_component_source_name(c->source));
    ct_buf_add(&witness, c->name);
    ct_buf_byte(&witness, ' ');
    ct_buf_add(&witness, c->version);
    CT_TRY(witness.err);
    ct_str list[] = {ct_buf_view(&witness), evidence};
    struct ct_scan_finding f = {
        .vulnerability = vulnerability, .state = ct_state_name(state), .severity = severity, .source = source, .product = c->name, .purl = c->purl,
        .version = c->version, .path = c->path, .reason = reason, .fix = fix, .evidence = list, .n_evidence = evidence.n ? 2 : 1,
    };
    ct_scan_report_finding(l->r, state, &f, &l->part->origin);
    return CT_OK;
}

/* Class evidence about the same vulnerability of the same file. */
static struct ct_scan_item *class_item(const ct_scan_report *r, ct_str path, ct_str vulnerability)
{
    for (struct ct_scan_item *i = r->items; i; i = i->next)
        if (strcmp(i->finding.source, "class") == 0 && ct_str_eq(i->finding.vulnerability, vulnerability) && ct_str_eq(i->finding.path, path)) return i;
    return NULL;
}

static ct_err settle(struct look *l, const struct match *m)
{
    const struct ct_component *c = &l->part->component;
    const struct ct_advisory *adv = m->m.advisory;
    enum ct_state state = m->m.verdict == CT_AFFECTED ? CT_STATE_AFFECTED : CT_STATE_UNDER_INVESTIGATION;
    ct_str reason = text(l->scratch, "%.*s %.*s: %s (%.*s)%s%.*s", CT_STR_ARG(ct_str_slice(c->name, 0, 200)), CT_STR_ARG(ct_str_slice(c->version, 0, 100)),
                         m->m.why, CT_STR_ARG(ct_str_slice(adv->id, 0, 100)), adv->summary.n ? ": " : "", CT_STR_ARG(ct_str_slice(adv->summary, 0, 300)));
    struct ct_scan_item *known = class_item(l->r, c->path, m->vulnerability);
    /* A mitigation is no contradiction: the code is there, as the advisory says. */
    if (known && (known->state == state || known->state == CT_STATE_MITIGATED || known->state == CT_STATE_FIXED_ON_DISK)) return CT_OK;
    if (known) {
        struct ct_assessment said;
        struct ct_assess_input in = {
            .cve = m->vulnerability, .version = known->finding.version, .classes = &known->state, .classes_reason = known->finding.reason,
            .advisory = &state, .advisory_reason = reason,
        };
        CT_TRY(ct_assess(l->scratch, &in, &said));
        known->state = said.state;
        known->finding.state = ct_state_name(said.state);
        return ct_arena_dup(l->r->arena, said.reason, &known->finding.reason);
    }
    ct_str fix = m->m.fixed.n ? text(l->scratch, "upgrade to %.*s or later", CT_STR_ARG(ct_str_slice(m->m.fixed, 0, 100))) : CT_STR("");
    ct_str evidence = text(l->scratch, "advisory %.*s: %s", CT_STR_ARG(ct_str_slice(adv->id, 0, 100)), m->m.why);
    return add_finding(l, m->vulnerability, state, ct_severity_name(adv->severity), "package", reason, fix, evidence);
}

/* Records of one vulnerability are one finding, by the record that says most. */
static bool on_match(void *ctx, const struct ct_advisory_match *m)
{
    struct look *l = ctx;
    ct_str vulnerability = ct_advisories_vulnerability(l->a->db, m->advisory);
    size_t k = 0;
    while (k < l->n_matches && !ct_str_eq(l->matches[k].vulnerability, vulnerability)) k++;
    if (k == MATCHES_MAX) return false;
    if (k == l->n_matches) l->n_matches++;
    else if (l->matches[k].m.verdict > m->verdict || (l->matches[k].m.verdict == m->verdict && l->matches[k].m.fixed.n)) return true;
    l->matches[k] = (struct match){vulnerability, *m};
    return true;
}

static bool by_source_package(enum ct_ecosystem e)
{
    return e == CT_ECOSYSTEM_DEBIAN || e == CT_ECOSYSTEM_UBUNTU || e == CT_ECOSYSTEM_ALPINE || e == CT_ECOSYSTEM_CHAINGUARD || e == CT_ECOSYSTEM_WOLFI;
}

/* "12" for Debian, "v3.18" for Alpine: as OSV writes it behind the colon. */
static ct_str release_of(struct look *l, enum ct_ecosystem e)
{
    ct_str id = l->a->os_release;
    if (id.n == 0 || id.n > 40) return CT_STR("");
    if (e != CT_ECOSYSTEM_ALPINE) return e == CT_ECOSYSTEM_DEBIAN || e == CT_ECOSYSTEM_UBUNTU ? id : CT_STR("");
    size_t dots = 0, n = 0;
    while (n < id.n && !(id.p[n] == '.' && ++dots == 2)) n++;
    return text(l->scratch, "v%.*s", (int)n, (const char *)id.p);
}

static ct_err by_advisories(struct look *l, const struct ct_purl *purl)
{
    const struct ct_component *c = &l->part->component;
    bool source = by_source_package(c->ecosystem);
    struct ct_advisory_query q = {.ecosystem = c->ecosystem, .release = release_of(l, c->ecosystem), .version = c->version};
    if (source && c->origin.n) {
        q.name = c->origin;
        if (c->origin_version.n) q.version = c->origin_version;
    } else {
        CT_TRY(ct_purl_package(l->scratch, purl, &q.name));
    }
    l->n_matches = 0;
    ct_advisories_match(l->a->db, &q, on_match, l);
    for (size_t i = 0; i < l->n_matches; i++) CT_TRY(settle(l, &l->matches[i]));
    return CT_OK;
}

static bool names_it(const struct ct_suspicion *s, const struct ct_component *c, const struct ct_purl *purl, bool *ret_sure)
{
    *ret_sure = c->purl.n != 0;
    if (c->purl.n) return ct_suspicion_names(s, purl);
    return c->ecosystem == s->ecosystem && c->group.n == 0 && ct_str_eq(c->name, s->purl.name); /* the archive does not say its group */
}

static ct_err by_suspicion(struct look *l, size_t n, const struct ct_purl *purl)
{
    const struct ct_component *c = &l->part->component;
    const struct ct_suspicion *s = &l->a->suspects[n];
    bool sure_name, sure_version;
    if (!names_it(s, c, purl, &sure_name) || !ct_suspicion_holds(s, c->version, &sure_version)) return CT_OK;
    ct_str reason = !sure_version ? CT_STR("suspected package, of a version that cannot be compared")
                    : sure_name   ? CT_STR("suspected package and version")
                                  : CT_STR("suspected by its name and version; the archive does not say its group");
    enum ct_state state = sure_name && sure_version ? CT_STATE_AFFECTED : CT_STATE_UNDER_INVESTIGATION;
    return add_finding(l, l->a->suspect_texts[n], state, "high", "suspect", reason, CT_STR(""), CT_STR(""));
}

static ct_err look_at(struct look *l)
{
    const struct ct_component *c = &l->part->component;
    struct ct_purl purl = {0};
    ct_arena_clear(l->scratch);
    if (c->purl.n) {
        ct_err e = ct_purl_parse(l->scratch, c->purl, &purl, NULL);
        if (e == CT_ERR_NOMEM) return e;
        if (e != CT_OK) return CT_OK;
        if (l->a->db) CT_TRY(by_advisories(l, &purl));
    }
    for (size_t i = 0; i < l->a->n_suspects; i++) CT_TRY(by_suspicion(l, i, &purl));
    return CT_OK;
}

ct_err ct_advise(const struct ct_alloc *alloc, const struct ct_advise *a, ct_scan_report *r)
{
    struct look *l = ct_alloc_get(alloc, sizeof *l);
    if (!l) return CT_ERR_NOMEM;
    memset(l, 0, sizeof *l);
    l->a = a;
    l->r = r;
    ct_err e = ct_arena_new(alloc, SCRATCH_MAX, &l->scratch);
    for (const struct ct_scan_part *p = r->parts; p && e == CT_OK; p = p->next) {
        l->part = p;
        e = look_at(l);
    }
    ct_arena_free(l->scratch);
    ct_alloc_put(alloc, l, sizeof *l);
    return e;
}
