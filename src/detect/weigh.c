#include "detect/weigh.h"

enum { PROFILES_MAX = 16, NAMES_MAX = 16, AHEAD_MAX = 3 };

/* A JNDI name that some evaluation reached, looked at once. */
struct name {
    ct_str text;
    struct ct_jndi_target target;
    bool allowed; /* by the list of 2.15.0 */
};

/* The best an evaluation's calls do: 0 nothing, 1 reach JNDI, 2 connect. [1]: calls of the first pass alone. */
struct strength {
    unsigned char any[2], allowed[2];
};

/* The evaluations of one form under one value policy: profiles that differ only in features which the text never touched
 * share one. */
struct runs {
    struct ct_eval_result done[PROFILES_MAX];
    unsigned features[PROFILES_MAX];
    size_t n;
    const struct ct_eval_result *of[PROFILES_MAX]; /* by profile */
    struct strength strengths[PROFILES_MAX];
    struct ct_eval_result ahead[AHEAD_MAX]; /* with all passes; their turn comes, but their first pass is asked for before */
    unsigned ahead_features[AHEAD_MAX];
    size_t n_ahead;
    bool abounds;          /* work is there for more runs ahead */
    struct ct_eval_result context[PROFILES_MAX]; /* of profiles whose messages are read otherwise than their context values */
    unsigned context_features[PROFILES_MAX];
    size_t n_context;
    struct strength context_strengths[PROFILES_MAX];
    const struct ct_eval_result *context_of[PROFILES_MAX]; /* by profile; null: as its messages */
    struct name names[NAMES_MAX];
    size_t n_names;
};

bool ct_weigh_watch(ct_arena *arena, const struct ct_profile *profile, struct ct_eval_opts opts, ct_str text, uint64_t *work,
                    struct ct_eval_result *ret_result)
{
    uint64_t grant = CT_EVAL_WORK_BASE + (uint64_t)CT_EVAL_WORK_PER_BYTE * text.n;
    *work -= *work < CT_EVAL_WORK_RUN ? *work : CT_EVAL_WORK_RUN;
    if (grant > *work) grant = *work;
    uint64_t left = grant;
    opts.work = &left;
    ct_err e = ct_eval(arena, profile, &opts, text, ret_result);
    *work -= grant - left;
    return e == CT_OK;
}

bool ct_weigh_evaluate(ct_arena *arena, const struct ct_profile *profile, enum ct_values values, enum ct_sink sink, ct_str text,
                       uint64_t *work, struct ct_eval_result *ret_result)
{
    return ct_weigh_watch(arena, profile, (struct ct_eval_opts){.sink = sink, .values = values}, text, work, ret_result);
}

static const struct name *look_at(struct runs *r, ct_str text)
{
    for (size_t i = 0; i < r->n_names; i++)
        if (ct_str_eq(r->names[i].text, text)) return &r->names[i];
    struct name *n = &r->names[r->n_names < NAMES_MAX ? r->n_names++ : NAMES_MAX - 1];
    *n = (struct name){text, ct_jndi_target(text), ct_jndi_allowed_2_15(text)};
    ct_jndi_name_meant(&n->target);
    return n;
}

static struct strength measure(struct runs *r, const struct ct_eval_result *result)
{
    struct strength s = {0};
    for (size_t i = 0; i < result->n_calls; i++) {
        const struct name *n = look_at(r, result->calls[i].name);
        unsigned char does = n->target.connects != CT_CONNECTS_NO ? 2 : 1;
        for (int first = 0; first <= (result->calls[i].pass == 1); first++) {
            if (does > s.any[first]) s.any[first] = does;
            if (n->allowed && does > s.allowed[first]) s.allowed[first] = does;
        }
    }
    return s;
}

/* What a message and a context value may do differently: where the first pass starts, and "${event:Message}", which is the
 * text itself in a message and another text in a context value. */
enum { TELLS_SINKS = CT_FEAT_FROM_FIRST | CT_FEAT_EVENT_LOOKUP };

/* In the first releases an escape before the first variable throws in a message, and in a context value, which lies in a variable, it
 * does not. */
static bool tells_sinks(const struct ct_profile *p, const struct ct_eval_result *message)
{
    bool first = !(p->features & CT_FEAT_DEFAULTS) && (message->touched & CT_FEAT_DEFAULTS) && message->end == CT_EVAL_THREW;
    return first || (p->features & message->touched & TELLS_SINKS);
}

/* The context value of profile i, where it may differ from the message. False when memory ran out. */
static bool run_context(ct_arena *arena, const struct ct_profile *list, size_t i, enum ct_values values, ct_str text, uint64_t *work,
                        struct runs *r)
{
    r->context_of[i] = NULL;
    if (!list[i].context_expands || !tells_sinks(&list[i], r->of[i])) return true;
    for (size_t k = 0; k < r->n_context && !r->context_of[i]; k++)
        if (((r->context_features[k] ^ list[i].features) & r->context[k].touched) == 0) r->context_of[i] = &r->context[k];
    if (r->context_of[i]) return true;
    if (!ct_weigh_evaluate(arena, &list[i], values, CT_SINK_CONTEXT, text, work, &r->context[r->n_context])) return false;
    r->context_features[r->n_context] = list[i].features;
    r->context_strengths[r->n_context] = measure(r, &r->context[r->n_context]);
    r->context_of[i] = &r->context[r->n_context++];
    return true;
}

/* Takes the message's run of a profile from one that was made ahead. False: none of them tells. */
static bool take_ahead(struct runs *r, unsigned features)
{
    for (size_t k = 0; k < r->n_ahead; k++) {
        unsigned differ = (r->ahead_features[k] ^ features) & r->ahead[k].touched;
        bool first = differ == CT_FEAT_REPEAT_PASS && (r->ahead_features[k] & CT_FEAT_REPEAT_PASS);
        if (differ && !first) continue;
        r->done[r->n] = first ? ct_eval_first_pass(&r->ahead[k]) : r->ahead[k];
        r->features[r->n] = first ? r->ahead_features[k] & ~(unsigned)CT_FEAT_REPEAT_PASS : r->ahead_features[k];
        return true;
    }
    return false;
}

const struct ct_profile *ct_weigh_newest(const struct ct_profile *list, size_t n)
{
    while (n > 1 && list[n - 1].message != CT_MSG_DEFAULT) n--;
    return &list[n - 1];
}

/* Evaluates ahead the profile of these features, where there is one. False when memory ran out. */
static bool run_ahead(ct_arena *arena, const struct ct_profile *list, size_t n, unsigned features, enum ct_values values, ct_str text,
                      uint64_t *work, struct runs *r)
{
    for (size_t i = n; i-- > 0 && r->n_ahead < AHEAD_MAX;) {
        if (list[i].features != features) continue;
        if (!ct_weigh_evaluate(arena, &list[i], values, CT_SINK_MESSAGE, text, work, &r->ahead[r->n_ahead])) return false;
        r->ahead_features[r->n_ahead++] = features;
        break;
    }
    return true;
}

/* The message's run of a profile. A release that makes one pass does what an older one, which repeats it, does first: so one
 * run tells both. The release with most features goes ahead of all; another only where work abounds, since what its further
 * passes spend is missing later. False when memory ran out. */
static bool run_message(ct_arena *arena, const struct ct_profile *list, size_t n, size_t i, enum ct_values values, ct_str text,
                        uint64_t *work, struct runs *r)
{
    enum { ABOUNDS = 16 };
    unsigned features = list[i].features;
    bool once = !(features & CT_FEAT_REPEAT_PASS);
    if (once && r->n_ahead == 0) {
        uint64_t before = *work;
        if (!run_ahead(arena, list, n, ct_weigh_newest(list, n)->features, values, text, work, r)) return false;
        r->abounds = (before - *work) * ABOUNDS < *work;
    }
    if (take_ahead(r, features)) return true;
    if (once && r->abounds && !run_ahead(arena, list, n, features | CT_FEAT_REPEAT_PASS, values, text, work, r)) return false;
    if (take_ahead(r, features)) return true;
    r->features[r->n] = features;
    return ct_weigh_evaluate(arena, &list[i], values, CT_SINK_MESSAGE, text, work, &r->done[r->n]);
}

/* False when memory ran out. */
static bool run_profiles(ct_arena *arena, const struct ct_profile *list, size_t n, const struct ct_profile *only,
                         enum ct_values values, ct_str text, uint64_t *work, struct runs *r)
{
    /* Releases that expand no names find "jndi" only where it stands in full: nothing they evaluate puts letters together. */
    bool literal = ct_str_find(text, CT_STR("jndi")) != CT_STR_NONE;
    r->n = r->n_names = r->n_context = r->n_ahead = 0;
    r->abounds = false;
    /* Newest first: the profile with most features tells most often that the others need no run of their own. */
    for (size_t i = n; i-- > 0;) {
        r->of[i] = NULL;
        if (only ? only != &list[i] : !literal && !(list[i].features & CT_FEAT_NAMES_EXPAND)) continue;
        for (size_t k = 0; k < r->n && !r->of[i]; k++)
            if (((r->features[k] ^ list[i].features) & r->done[k].touched) == 0) r->of[i] = &r->done[k];
        if (!r->of[i]) {
            r->features[r->n] = list[i].features;
            if (only ? !ct_weigh_evaluate(arena, &list[i], values, CT_SINK_MESSAGE, text, work, &r->done[r->n])
                      : !run_message(arena, list, n, i, values, text, work, r))
                return false;
            r->strengths[r->n] = measure(r, &r->done[r->n]);
            r->of[i] = &r->done[r->n++];
        }
        if (!run_context(arena, list, i, values, text, work, r)) return false;
        if (r->n == 1 && r->done[0].touched == 0 && !only) { /* no feature matters: all the others do the same */
            while (i-- > 0) {
                r->of[i] = literal || (list[i].features & CT_FEAT_NAMES_EXPAND) ? &r->done[0] : NULL;
                r->context_of[i] = NULL;
            }
            break;
        }
    }
    return true;
}

/* All evaluations: those of messages, then those of context values. */
static const struct ct_eval_result *nth_run(const struct runs *r, size_t i) { return i < r->n ? &r->done[i] : &r->context[i - r->n]; }
static size_t count_runs(const struct runs *r) { return r->n + r->n_context; }

/* What the sink of profile i did. */
static const struct ct_eval_result *run_of(const struct runs *r, size_t i, enum ct_sink sink)
{
    return sink == CT_SINK_CONTEXT && r->context_of[i] ? r->context_of[i] : r->of[i];
}

/* Does this profile let the call of this sink happen, and under which setting? */
static bool sink_applies(const struct ct_profile *p, enum ct_sink sink, enum ct_setting *ret_setting)
{
    switch (sink) {
    case CT_SINK_MESSAGE:
        *ret_setting = p->message == CT_MSG_OPT_IN ? CT_SETTING_MSG_LOOKUPS : CT_SETTING_NONE;
        return p->message != CT_MSG_NEVER;
    case CT_SINK_SINGLE:
        *ret_setting = CT_SETTING_NONE;
        return p->message == CT_MSG_DEFAULT;
    default:
        *ret_setting = p->jndi == CT_JNDI_OPT_IN ? CT_SETTING_LAYOUT_CONTEXT_ENABLE_JNDI : CT_SETTING_LAYOUT_CONTEXT;
        return p->context_expands;
    }
}

static inline int strength_of(const struct runs *r, const struct ct_profile *list, size_t i, enum ct_sink sink)
{
    bool own = sink == CT_SINK_CONTEXT && r->context_of[i];
    const struct strength *s = own ? &r->context_strengths[r->context_of[i] - r->context] : &r->strengths[r->of[i] - r->done];
    switch (list[i].jndi) {
    case CT_JNDI_ANY: return s->any[sink != CT_SINK_MESSAGE];
    case CT_JNDI_ALLOW_LIST:
    case CT_JNDI_OPT_IN: return s->allowed[sink != CT_SINK_MESSAGE];
    default: return 0;
    }
}

static void add_fires(struct ct_verdict *v, const struct ct_profile *p, enum ct_sink sink, enum ct_setting setting)
{
    for (unsigned i = 0; i < v->n_fires; i++) {
        struct ct_fires *f = &v->fires[i];
        if (f->sink == sink && f->setting == setting && f->last + 1 == p && p->jndi == f->last->jndi) {
            f->last = p;
            return;
        }
    }
    if (v->n_fires < CT_FIRES_MAX) v->fires[v->n_fires++] = (struct ct_fires){p, p, sink, setting};
}

/* What an old release cuts off at the first brace, or reads before an escape, is no address. */
static bool is_remnant(ct_str s) { return ct_str_chr(s, '{') != CT_STR_NONE || ct_str_chr(s, '\\') != CT_STR_NONE; }

bool ct_weigh_is_plain_host(ct_str host)
{
    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = host.p[i];
        if (!ct_ascii_alpha(c) && !ct_ascii_digit(c) && c != '.' && c != '-' && c != ':' && c != '_') return false;
    }
    return host.n > 0;
}

void ct_weigh_add_indicator(struct ct_verdict *v, struct ct_jndi_target t)
{
    if (t.scheme.n == 0 || t.host.n == 0) return;
    if (t.connects == CT_CONNECTS_NO && (is_remnant(t.scheme) || is_remnant(t.host))) return;
    for (unsigned i = 0; i < v->n_indicators; i++) {
        const struct ct_indicator *k = &v->indicators[i];
        if (ct_str_eq(k->scheme, t.scheme) && ct_str_eq(k->host, t.host) && k->port == t.port && ct_str_eq(k->path, t.path)) return;
    }
    if (v->n_indicators < CT_INDICATORS_MAX)
        v->indicators[v->n_indicators++] = (struct ct_indicator){t.scheme, t.host, t.path, t.port, t.connects};
}

/* Normal form: the lookup with everything inside it resolved; of the call that connects where there is one. */
static void set_normal(ct_arena *arena, struct ct_verdict *v, struct runs *r)
{
    const struct ct_eval_call *best = NULL;
    bool connects = false;
    for (size_t i = 0; i < count_runs(r); i++) /* newest first: an old release ends a name at its first brace */
        for (size_t k = 0; k < nth_run(r, i)->n_calls; k++) {
            const struct ct_eval_call *c = &nth_run(r, i)->calls[k];
            bool does = look_at(r, c->name)->target.connects != CT_CONNECTS_NO;
            if (!best || (does && !connects)) best = c;
            connects |= does;
        }
    if (!best) return;
    struct ct_buf b;
    ct_buf_init(&b, arena, CT_DECODE_MAX);
    ct_buf_text(&b, "${jndi:");
    ct_buf_add(&b, best->key);
    ct_buf_byte(&b, '}');
    if (b.err == CT_OK) v->normal = ct_buf_view(&b);
}

/* Reads one value policy's runs into v. Returns the strength: 0, 1 reach, 2 exploit. */
static int read_runs(ct_arena *arena, const struct ct_profile *list, size_t n, struct runs *r, struct ct_verdict *v)
{
    int best = 0;
    bool reached = false;
    v->n_fires = v->n_indicators = 0;
    v->n_calls = 0;
    for (size_t i = 0; i < count_runs(r); i++) reached |= nth_run(r, i)->n_calls > 0;
    for (size_t i = 0; reached && i < n; i++)
        for (enum ct_sink sink = CT_SINK_MESSAGE; r->of[i] && sink <= CT_SINK_CONTEXT; sink++) {
            enum ct_setting setting;
            int s = sink_applies(&list[i], sink, &setting) ? strength_of(r, list, i, sink) : 0;
            if (s == 0 || s < best) continue;
            if (s > best) v->n_fires = 0, v->n_calls = 0; /* what fires less strongly is not told */
            best = s;
            add_fires(v, &list[i], sink, setting);
            if (run_of(r, i, sink)->n_reached > v->n_calls) v->n_calls = run_of(r, i, sink)->n_reached;
        }
    for (size_t i = 0; best && i < count_runs(r); i++)
        for (size_t k = 0; k < nth_run(r, i)->n_calls; k++) ct_weigh_add_indicator(v, look_at(r, nth_run(r, i)->calls[k].name)->target);
    if (best) set_normal(arena, v, r);
    return best;
}

static void read_side_effects(const struct runs *r, struct ct_verdict *v, bool *asks)
{
    for (size_t i = 0; i < count_runs(r); i++) {
        const struct ct_eval_result *e = nth_run(r, i);
        if (e->leaks_in_name) v->traits |= CT_TRAIT_LEAK;
        if (e->end == CT_EVAL_OVERFLOWED || e->cycle || e->nested_context) v->traits |= CT_TRAIT_DOS;
        if (e->end == CT_EVAL_SPENT) v->traits |= CT_TRAIT_BUDGET;
        if (e->touched & CT_FEAT_EVENT_LOOKUP) v->reads_message = true;
        *asks |= e->asks_secret;
    }
}

/* Of the profiles that fire as strongly as the verdict says. */
static void add_conditions(const struct ct_profile *list, size_t n, const struct runs *r, int best, struct ct_verdict *v)
{
    for (size_t i = 0; i < n; i++) {
        enum ct_setting setting;
        const struct ct_eval_result *run = NULL;
        for (enum ct_sink sink = CT_SINK_MESSAGE; !run && r->of[i] && sink <= CT_SINK_CONTEXT; sink++)
            if (sink_applies(&list[i], sink, &setting) && strength_of(r, list, i, sink) == best) run = run_of(r, i, sink);
        for (size_t k = 0; run && k < run->n_unknowns; k++) {
            ct_str name = run->unknowns[k];
            bool known = false;
            for (unsigned c = 0; c < v->n_conditions; c++) known |= ct_str_eq(v->conditions[c], name);
            if (!known && v->n_conditions < CT_CONDITIONS_MAX) v->conditions[v->n_conditions++] = name;
        }
    }
}

/* A name that holds a value of the host behind a default: the value is sent where it is set. */
static unsigned leak_if_set(ct_arena *arena, const struct ct_profile *list, size_t n, const struct ct_profile *only, ct_str text,
                            uint64_t *work)
{
    struct ct_arena_mark mark = ct_arena_mark(arena);
    struct runs *r = ct_arena_alloc(arena, sizeof *r);
    bool leaks = false;
    if (r && run_profiles(arena, list, n, only, CT_VALUES_SET, text, work, r))
        for (size_t i = 0; i < count_runs(r); i++) leaks |= nth_run(r, i)->leaks_in_name;
    ct_arena_reset(arena, mark);
    return leaks ? CT_TRAIT_LEAK : 0;
}

/* Without a colon behind the first "${" no variable has a prefix or a default: only hostName and contextName have a value, and
 * nothing is deep enough to overflow. Shell, build files and templates are full of such variables. */
static bool is_bare(ct_str text, size_t open)
{
    ct_str rest = ct_str_slice(text, open, text.n);
    return rest.n < 2 * CT_EVAL_DEPTH_MAX && ct_str_chr(rest, ':') == CT_STR_NONE && ct_str_find(rest, CT_STR("Name")) == CT_STR_NONE;
}

/* Too large to be cleared for each form, as locals would be. */
struct weighing {
    struct runs runs;
    struct ct_verdict now;
};

void ct_weigh(ct_arena *arena, const struct ct_profile *only, ct_str text, uint64_t *work, struct ct_verdict *v)
{
    size_t n;
    const struct ct_profile *list = ct_profiles(&n);
    bool asks = false;
    ct_verdict_reset(v);
    size_t first = ct_str_find(text, CT_STR("${"));
    if (first == CT_STR_NONE || is_bare(text, first)) return;

    *work -= *work < CT_EVAL_WORK_RUN ? *work : CT_EVAL_WORK_RUN;
    struct weighing *w = ct_arena_alloc(arena, sizeof *w);
    /* Unset values first, as in Log4j; values set only where that could make it connect. */
    int best = -1;
    if (!w) v->traits |= CT_TRAIT_BUDGET;
    for (enum ct_values values = CT_VALUES_UNSET; w && values <= CT_VALUES_SET && best < 2; values++) {
        struct ct_verdict *now = values == CT_VALUES_UNSET ? v : &w->now;
        struct runs *r = &w->runs;
        unsigned traits = v->traits;
        if (!run_profiles(arena, list, n, only, values, text, work, r)) {
            v->traits |= CT_TRAIT_BUDGET;
            break;
        }
        ct_verdict_reset(now);
        now->traits = traits;
        read_side_effects(r, now, &asks);
        int s = read_runs(arena, list, n, r, now);
        now->certainty = values == CT_VALUES_UNSET ? CT_CERTAIN : CT_CONDITIONAL;
        if (values != CT_VALUES_UNSET && s > best) {
            add_conditions(list, n, r, s, now);
            *v = *now;
        }
        if (s > best) best = s;
        v->traits |= now->traits;
        bool unknowns = false;
        for (size_t i = 0; i < count_runs(r); i++) unknowns |= nth_run(r, i)->n_unknowns > 0;
        if (!unknowns) break;
    }
    if (best == 2 && asks && !(v->traits & CT_TRAIT_LEAK)) v->traits |= leak_if_set(arena, list, n, only, text, work);
    if (v->certainty == CT_CONDITIONAL) v->traits |= CT_TRAIT_CONDITIONAL;
    if (best >= 1) v->grade = best == 2 ? CT_GRADE_EXPLOIT : CT_GRADE_REACH;
    else if (v->traits & (CT_TRAIT_DOS | CT_TRAIT_BUDGET)) v->grade = CT_GRADE_DOS;
    else if (asks) v->grade = CT_GRADE_LEAK;
    /* Whatever was found is a lower bound when the budget ran out, except that nothing stands above exploit. */
    if ((v->traits & CT_TRAIT_BUDGET) && v->grade < CT_GRADE_EXPLOIT) v->certainty = CT_UNKNOWN;
}

bool ct_weigh_profile(ct_arena *arena, const struct ct_profile *profile, enum ct_values values, ct_str text, ct_eval_step_fn *step,
                      void *step_ctx, struct ct_weighed *ret_weighed)
{
    size_t n;
    const struct ct_profile *list = ct_profiles(&n);
    uint64_t work = CT_EVAL_WORK_MAX;
    struct ct_eval_opts opts = {.sink = CT_SINK_MESSAGE, .values = values, .work = &work, .step = step, .step_ctx = step_ctx};
    struct ct_weighed w = {0};
    struct runs *r = ct_arena_alloc(arena, sizeof *r);
    if (!r || !run_profiles(arena, list, n, profile, values, text, &work, r)) return false;
    if (step && ct_eval(arena, profile, &opts, text, &w.result) != CT_OK) return false;
    w.result = r->done[0];
    for (enum ct_sink sink = CT_SINK_MESSAGE; sink <= CT_SINK_CONTEXT; sink++) {
        static const enum ct_does by_strength[] = {CT_DOES_NOTHING, CT_DOES_REACH, CT_DOES_CONNECT};
        bool applies = sink_applies(profile, sink, &w.setting[sink]);
        w.does[sink] = applies ? by_strength[strength_of(r, list, (size_t)(profile - list), sink)] : CT_DOES_NOT_APPLY;
    }
    *ret_weighed = w;
    return true;
}
