#include "respond/against_judge.h"

#include "event/attempt.h"
#include "respond/json_list.h"

/*  code          verdict  */
#define WHYS(X)            \
    X(FIRES,      FIRE)    \
    X(FIRES_LATER, FIRE)  /* first seen after the attempt, by the first look of all */ \
    X(CAME_BETWEEN, MAYBE) \
    X(SOME_RELEASES, MAYBE) \
    X(OLD_CODE,   MAYBE)  /* a process runs what was there before */ \
    X(CONDITION,  MAYBE)   \
    X(BUDGET,     MAYBE)   \
    X(FORMATTED,  MAYBE)  /* plain messages are covered, those that the program formats itself are not */ \
    X(SETTING,    MAYBE)   \
    X(CONTEXT,    MAYBE)   \
    X(PROTECTED_LATER, MAYBE) \
    X(UNSETTLED,  MAYBE)   \
    X(NO_RELEASE, MAYBE)   \
    X(RECURSION,  MAYBE)   \
    X(RULE,       MAYBE)   \
    X(NEVER,      MAYBE)   \
    X(IN_PART,    MAYBE)   \
    X(STALE,      MAYBE)   \
    X(LATER,      MAYBE)   \
    X(COVERED,    NOT)     \
    X(SAFE,       NOT)     \
    X(OTHER_RELEASE, NOT)  \
    X(NOTHING,    NOT)     \
    X(DEAD,       NOT)     \
    X(REACHES,    NOT)     \
    X(LEAK,       NOT)

enum why {
#define X(code, verdict) WHY_##code,
    WHYS(X)
#undef X
    WHY_COUNT
};
static const enum ct_would verdicts[WHY_COUNT] = {
#define X(code, verdict) [WHY_##code] = CT_WOULD_##verdict,
    WHYS(X)
#undef X
};

const char *ct_would_name(enum ct_would w)
{
    static const char *const names[CT_WOULDS] = {"would fire", "cannot rule out", "would not"};
    return (unsigned)w < CT_WOULDS ? names[w] : "cannot rule out";
}

static enum ct_shape_kind kind_of(ct_str grade)
{
    static const struct {
        const char *grade;
        enum ct_shape_kind kind;
    } kinds[] = {{"exploit", CT_SHAPE_FIRES}, {"reach", CT_SHAPE_REACHES}, {"attempt", CT_SHAPE_DEAD}, {"leak", CT_SHAPE_LEAK}, {"dos", CT_SHAPE_RECURSION}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (ct_str_eq(grade, ct_str_from(kinds[i].grade))) return kinds[i].kind;
    return CT_SHAPE_RULE;
}

ct_err ct_shape_parse(ct_arena *arena, const struct ct_shape_row *row, struct ct_shape *ret_shape)
{
    struct ct_fires_read list[CT_ATTEMPT_FIRES_MAX];
    struct ct_shape s = {.id = row->id, .kind = kind_of(row->grade), .certain = ct_str_eq(row->certainty, CT_STR("certain"))};
    const ct_str *conditions;
    size_t n = 0, n_conditions = 0;
    CT_TRY(ct_fires_parse(arena, row->fires, list, CT_ATTEMPT_FIRES_MAX, &n));
    CT_TRY(ct_json_list_read(arena, row->conditions, &conditions, &n_conditions));
    if (n_conditions) s.condition = conditions[0];
    for (size_t i = 0; i < n; i++) {
        struct ct_shape_fires *f = &s.fires[s.n];
        ct_str versions = list[i].versions;
        if (ct_str_ends(versions, CT_STR(" and later"))) versions.n -= sizeof " and later" - 1;
        *f = (struct ct_shape_fires){.plain = ct_str_eq(list[i].sink, CT_STR("message")), .formatted = ct_str_eq(list[i].sink, CT_STR("single-pass message")),
                                     .setting = list[i].setting, .versions = list[i].versions};
        if (ct_version_profiles(versions, &f->first, &f->last) && f->first) s.n++;
        else s.certain = false; /* of releases that this program does not know */
    }
    *ret_shape = s;
    return CT_OK;
}

static struct ct_ground ground(enum why why, const struct ct_fact_presence *p, int64_t at)
{
    return (struct ct_ground){.would = verdicts[why], .why = (unsigned)why, .presence = p, .state = "", .at = at};
}

/* The state of a finding at a time. False: none was known by then; *ret_later: it was known later, as this. */
static bool state_at(const struct ct_fact_presence *p, enum ct_fact_cve cve, int64_t at, enum ct_state *ret_state, const struct ct_fact_state **ret_later)
{
    bool known = false;
    *ret_later = NULL;
    for (size_t i = 0; i < p->n_states; i++) {
        const struct ct_fact_state *s = &p->states[i];
        if (s->cve != cve) continue;
        if (s->at > at) {
            if (!known) *ret_later = s;
            break;
        }
        *ret_state = s->state;
        known = true;
    }
    return known;
}

/* The latest complete look that ended by then, and the first one after; 0: none. */
static void looks_around(const struct ct_fact_asset *a, int64_t at, int64_t *ret_before, int64_t *ret_after)
{
    *ret_before = *ret_after = 0;
    for (size_t i = 0; i < a->n_looks; i++) {
        if (a->looks[i] <= at) *ret_before = a->looks[i];
        else if (!*ret_after) *ret_after = a->looks[i];
    }
}

/* How one way of firing stands on one presence. */
static struct ct_ground one_way(const struct ct_shape *s, const struct ct_shape_fires *f, const struct ct_fact_presence *p, int64_t at)
{
    enum ct_state state = CT_STATE_AFFECTED;
    const struct ct_fact_state *later;
    struct ct_ground g;
    bool some = p->first < f->first || p->last > f->last, default_message = f->plain && f->setting.n == 0;
    bool known = state_at(p, default_message ? CT_FACT_MESSAGE : CT_FACT_CONTEXT, at, &state, &later);
    enum why why = default_message ? WHY_FIRES : f->formatted ? WHY_FORMATTED : f->plain ? WHY_SETTING : WHY_CONTEXT;
    int64_t other = 0;
    if (known && state == CT_STATE_MITIGATED) why = WHY_COVERED;
    else if (known && (state == CT_STATE_FIXED || state == CT_STATE_NOT_AFFECTED)) why = WHY_SAFE;
    else if (!known && later && later->state >= CT_STATE_MITIGATED) why = WHY_PROTECTED_LATER, other = later->at;
    else if (known && state == CT_STATE_UNDER_INVESTIGATION) why = WHY_UNSETTLED;
    else if (some) why = WHY_SOME_RELEASES;
    else if (why == WHY_FIRES && s->condition.n) why = WHY_CONDITION;
    else if (why == WHY_FIRES && !s->certain) why = WHY_BUDGET;
    g = ground(why, p, at);
    g.fires = f;
    g.other = other;
    g.state = known ? ct_state_name(state) : "";
    return g;
}

/* The least safe of two; the first of equals. */
static void worse(struct ct_ground *a, const struct ct_ground *b)
{
    if (b->would < a->would || (b->would == a->would && b->why < a->why)) *a = *b;
}

static struct ct_ground recursion(const struct ct_fact_presence *p, int64_t at)
{
    enum ct_state state = CT_STATE_AFFECTED;
    const struct ct_fact_state *later;
    bool known = state_at(p, CT_FACT_RECURSION, at, &state, &later), expands = false;
    for (const struct ct_profile *q = p->first; q && q <= p->last; q++) expands |= q->context_expands;
    enum why why = !expands ? WHY_OTHER_RELEASE : known && state == CT_STATE_MITIGATED ? WHY_COVERED : known && state > CT_STATE_MITIGATED ? WHY_SAFE : WHY_RECURSION;
    struct ct_ground g = ground(why, p, at);
    g.state = known ? ct_state_name(state) : "";
    return g;
}

static bool runs_old_code(const struct ct_fact_presence *p, int64_t at)
{
    const struct ct_fact_state *later;
    enum ct_state state;
    for (int cve = 0; cve < CT_FACT_CVES; cve++)
        if (state_at(p, (enum ct_fact_cve)cve, at, &state, &later) && state == CT_STATE_FIXED_ON_DISK) return true;
    return false;
}

/* Whatever was there when the attempt came; the component fires or not by its releases and its state. */
static struct ct_ground on_presence(const struct ct_shape *s, const struct ct_fact_presence *p, int64_t at)
{
    struct ct_ground best = ground(WHY_OTHER_RELEASE, p, at);
    if (runs_old_code(p, at)) {
        best = ground(WHY_OLD_CODE, p, at);
        best.state = ct_state_name(CT_STATE_FIXED_ON_DISK);
    }
    if (!p->release_known) return ground(WHY_NO_RELEASE, p, at);
    if (s->kind == CT_SHAPE_RECURSION) {
        struct ct_ground g = recursion(p, at);
        worse(&best, &g);
        return best;
    }
    if (!s->certain && !s->condition.n && best.would == CT_WOULD_NOT) best = ground(WHY_BUDGET, p, at);
    if (!p->first) return best;
    for (size_t i = 0; i < s->n; i++) {
        const struct ct_shape_fires *f = &s->fires[i];
        if (p->last < f->first || p->first > f->last) continue;
        struct ct_ground g = one_way(s, f, p, at);
        worse(&best, &g);
    }
    return best;
}

/* An answer that says "would not" needs a look that was complete and fresh when the attempt came. */
static struct ct_ground coverage(const struct ct_fact_asset *a, int64_t at, int64_t fresh_us, const struct ct_ground *would_not)
{
    struct ct_ground g;
    int64_t before, after;
    looks_around(a, at, &before, &after);
    if (before && at - before <= fresh_us) {
        g = *would_not;
        if (g.why == WHY_NOTHING) g.other = before;
        return g;
    }
    g = ground(before ? WHY_STALE : after ? WHY_LATER : a->looked ? WHY_IN_PART : WHY_NEVER, would_not->presence, at);
    g.other = before ? before : after;
    g.state = would_not->state;
    return g;
}

struct ct_ground ct_judge_asset(const struct ct_shape *s, const struct ct_fact_asset *a, int64_t at, int64_t fresh_us)
{
    struct ct_ground best = ground(WHY_NOTHING, NULL, at);
    if (s->kind == CT_SHAPE_DEAD && s->certain) return ground(WHY_DEAD, NULL, at);
    if (s->kind == CT_SHAPE_REACHES && s->certain) return ground(WHY_REACHES, NULL, at);
    if (s->kind == CT_SHAPE_LEAK && s->certain) return ground(WHY_LEAK, NULL, at);
    if (s->kind == CT_SHAPE_RULE) return ground(WHY_RULE, NULL, at);
    if (s->kind != CT_SHAPE_FIRES && s->kind != CT_SHAPE_RECURSION) return ground(WHY_BUDGET, NULL, at);
    bool none = true;
    for (size_t i = 0; i < a->n_presences; i++) {
        const struct ct_fact_presence *p = &a->presences[i];
        int64_t before, after;
        if (p->gone && at >= p->gone) continue;
        looks_around(a, p->first_seen - 1, &before, &after);
        if (at < p->first_seen && before > at) continue; /* a complete look after the attempt did not see it yet */
        struct ct_ground g = on_presence(s, p, at);
        if (at < p->first_seen && g.would == CT_WOULD_FIRE) {
            g = ground(before ? WHY_CAME_BETWEEN : WHY_FIRES_LATER, p, at);
            g.other = p->first_seen;
        }
        if (none) best = g;
        else worse(&best, &g);
        none = false;
    }
    return best.would == CT_WOULD_NOT ? coverage(a, at, fresh_us, &best) : best;
}

static void put_presence(struct ct_buf *out, const struct ct_fact_presence *p)
{
    ct_str name = p->purl;
    size_t slash = ct_str_rchr(name, '/');
    if (slash != CT_STR_NONE) name = ct_str_slice(name, slash + 1, name.n);
    name = ct_str_slice(name, 0, ct_str_chr(name, '@'));
    ct_buf_add(out, name);
    if (p->version.n) ct_buf_byte(out, ' ');
    ct_buf_add(out, p->version);
}

void ct_ground_words(struct ct_buf *out, const struct ct_shape *s, const struct ct_ground *g)
{
    const struct ct_fact_presence *p = g->presence;
    if (p) put_presence(out, p);
    if (p && *g->state) ct_buf_printf(out, " (%s then)", g->state);
    switch ((enum why)g->why) {
    case WHY_FIRES: ct_buf_text(out, " fires in a plain message, and nothing known covered it"); break;
    case WHY_FIRES_LATER: ct_buf_text(out, " fires in a plain message; first seen "), ct_print_second(out, g->other), ct_buf_text(out, ", and nobody had looked before"); break;
    case WHY_CAME_BETWEEN: ct_buf_text(out, " would fire; it was first seen "), ct_print_second(out, g->other), ct_buf_text(out, ", after the attempt, and the look before had not seen it"); break;
    case WHY_SOME_RELEASES: ct_buf_text(out, " is not told apart further, and it fires on some of these releases"); break;
    case WHY_OLD_CODE: ct_buf_text(out, ": a process still ran what the file had been before"); break;
    case WHY_CONDITION: ct_buf_text(out, " fires if "), ct_buf_add(out, s->condition), ct_buf_text(out, " is set there, which nobody knows"); break;
    case WHY_BUDGET: ct_buf_text(out, p ? " may fire: the attempt was not evaluated to its end" : "the attempt was not evaluated to its end"); break;
    case WHY_FORMATTED: ct_buf_text(out, " is covered in plain messages; in messages that the program formats itself (Logger.printf) it fires"); break;
    case WHY_SETTING: ct_buf_text(out, " fires where "), ct_buf_add(out, g->fires->setting), ct_buf_text(out, " is set, which nobody knows"); break;
    case WHY_CONTEXT: ct_buf_text(out, " fires where the value stands in the layout: "), ct_buf_add(out, g->fires->setting); break;
    case WHY_PROTECTED_LATER: ct_buf_text(out, " fires unprotected; what protects it was first known "), ct_print_second(out, g->other), ct_buf_text(out, ", after the attempt"); break;
    case WHY_UNSETTLED: ct_buf_text(out, ": whether it is affected is not settled"); break;
    case WHY_NO_RELEASE: ct_buf_text(out, ": which release it is, nobody knows"); break;
    case WHY_RECURSION: ct_buf_text(out, " overflows where the value stands in the layout"); break;
    case WHY_RULE: ct_buf_text(out, "a rule matched, and what it would do is not known"); break;
    case WHY_NEVER: ct_buf_text(out, p ? ", and nobody had looked at all of it" : "nobody ever looked at it"); break;
    case WHY_IN_PART: ct_buf_text(out, p ? "; only a part of the asset was looked at" : "only a part of it was looked at"); break;
    case WHY_STALE: ct_buf_text(out, p ? "; the last complete look was stale then, of " : "the last complete look was stale then, of "), ct_print_second(out, g->other); break;
    case WHY_LATER: ct_buf_text(out, p ? "; the first complete look came after the attempt, " : "the first complete look came after the attempt, "), ct_print_second(out, g->other); break;
    case WHY_COVERED: ct_buf_text(out, " was covered"); break;
    case WHY_SAFE: ct_buf_text(out, " is not affected"); break;
    case WHY_OTHER_RELEASE: ct_buf_text(out, " is none of the releases that it fires on"); break;
    case WHY_NOTHING: ct_buf_text(out, "the complete look of "), ct_print_second(out, g->other), ct_buf_text(out, " found no log4j-core"); break;
    case WHY_DEAD: ct_buf_text(out, "it fires on no release"); break;
    case WHY_REACHES: ct_buf_text(out, "it reaches JNDI, and cannot connect as it is written"); break;
    case WHY_LEAK: ct_buf_text(out, "it asks for values, and sends them nowhere"); break;
    case WHY_COUNT: break;
    }
}
