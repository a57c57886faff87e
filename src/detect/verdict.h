/* The verdict: one input in, what an attack in it would do out.
 *
 * Input is one field, or the fields of one request or log line. Each field is decoded layer by layer and evaluated for
 * every Log4j profile, then all fields composed, since a brace may close in another field. The highest grade wins.
 */
#ifndef CT_DETECT_VERDICT_H
#define CT_DETECT_VERDICT_H

#include "base/arena.h"
#include "base/limits.h"
#include "lookup/eval.h"
#include "lookup/jndi.h"

#include <stddef.h>
#include <string.h>

enum ct_grade {
    CT_GRADE_NONE,
    CT_GRADE_RULE,    /* a rule matched, nothing evaluates */
    CT_GRADE_LEAK,    /* asks for values of the host */
    CT_GRADE_DOS,     /* recursion, or work without end */
    CT_GRADE_ATTEMPT, /* plainly a try, fires nowhere */
    CT_GRADE_REACH,   /* reaches JNDI on some version, cannot connect as written */
    CT_GRADE_EXPLOIT, /* reaches JNDI on some version with a name that connects */
};

enum ct_trait {
    CT_TRAIT_LEAK = 1u << 0,        /* also asks for values of the host */
    CT_TRAIT_DOS = 1u << 1,         /* also recursion */
    CT_TRAIT_COMPOSED = 1u << 2,    /* only fires across fields */
    CT_TRAIT_TRUNCATED = 1u << 3,   /* the logger cut the line */
    CT_TRAIT_CONDITIONAL = 1u << 4,
    CT_TRAIT_BUDGET = 1u << 5,      /* our budget was spent */
    CT_TRAIT_RULE = 1u << 6,
    CT_TRAIT_RAN = 1u << 7,         /* not by ct_judge: Log4j itself logged that it evaluated this */
};

enum ct_certainty { CT_CERTAIN, CT_CONDITIONAL, CT_UNKNOWN };

enum ct_layer {
    CT_LAYER_PERCENT, CT_LAYER_FORM, CT_LAYER_BACKSLASH, CT_LAYER_HTML, CT_LAYER_BASE64, CT_LAYER_WORDS,
    CT_LAYER_QUOTED, CT_LAYER_HASH, CT_LAYER_QUOTES, CT_LAYER_COUNT,
};

/* A setting that must hold for an evaluation to fire; none for the default configuration. */
enum ct_setting { CT_SETTING_NONE, CT_SETTING_MSG_LOOKUPS, CT_SETTING_ENABLE_JNDI, CT_SETTING_LAYOUT_CONTEXT,
                  CT_SETTING_LAYOUT_CONTEXT_ENABLE_JNDI };

struct ct_fires {
    const struct ct_profile *first, *last; /* neighbouring profiles that fire alike */
    enum ct_sink sink;
    enum ct_setting setting;
};

struct ct_indicator {
    ct_str scheme, host, path;
    uint16_t port;
    enum ct_connects connects;
};

struct ct_field {
    ct_str name;   /* "url.original", "user_agent.original", "http.request.referrer", "message" ... (ECS names) */
    ct_str value;
};

enum { CT_INDICATORS_MAX = 16, CT_FIRES_MAX = 24, CT_CONDITIONS_MAX = 8 };

struct ct_verdict {
    enum ct_grade grade;
    unsigned traits;               /* enum ct_trait */
    enum ct_certainty certainty;
    bool has_lookup;               /* a "${" stands in some decoded form */
    bool raw_lookup;               /* a "${" stands in the input as given */
    bool reads_message;            /* one of its lookups holds the text itself */
    ct_str field;                  /* name of the field; "composed" */
    enum ct_layer chain[CT_LAYERS_MAX];
    unsigned n_chain;
    ct_str decoded;                /* the form that was judged */
    ct_str normal;                 /* normal form: "${jndi:ldap://host:port/path}", else the decoded form from its first "${" */
    uint64_t n_calls;              /* JNDI calls one event makes on the worst profile */
    ct_str conditions[CT_CONDITIONS_MAX]; /* "env:USER" ... is set */
    unsigned n_conditions;
    struct ct_indicator indicators[CT_INDICATORS_MAX];
    unsigned n_indicators;
    struct ct_fires fires[CT_FIRES_MAX];
    unsigned n_fires;
};

/* Empties it; what lies behind the counts keeps whatever it held. A verdict is too large to be cleared for each form. */
static inline void ct_verdict_reset(struct ct_verdict *v)
{
    v->grade = CT_GRADE_NONE;
    v->certainty = CT_CERTAIN;
    v->traits = 0;
    v->has_lookup = v->raw_lookup = v->reads_message = false;
    v->field = v->decoded = v->normal = (ct_str){NULL, 0};
    v->n_calls = 0;
    v->n_chain = v->n_conditions = v->n_indicators = v->n_fires = 0;
}

/* Copies what it holds, a fraction of its size. */
static inline void ct_verdict_copy(struct ct_verdict *to, const struct ct_verdict *from)
{
    memcpy(to, from, offsetof(struct ct_verdict, conditions));
    memcpy(to->conditions, from->conditions, (to->n_conditions = from->n_conditions) * sizeof *to->conditions);
    memcpy(to->indicators, from->indicators, (to->n_indicators = from->n_indicators) * sizeof *to->indicators);
    memcpy(to->fires, from->fires, (to->n_fires = from->n_fires) * sizeof *to->fires);
}

struct ct_judge_opts {
    const struct ct_profile *only; /* judge as this profile alone; null: all */
    bool no_decode;                /* --decode none */
    bool truncated;                /* the logger cut the line */
    bool mail;                     /* what mail says: "=24" may be a '$' */
};

/* arena holds the verdict's strings; ret_verdict may borrow from the fields too. Fails with CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_judge(ct_arena *arena, const struct ct_judge_opts *opts, const struct ct_field *fields, size_t n_fields,
                            struct ct_verdict *ret_verdict);

/* Does the text hold a lookup as it stands? Asked first where many are: it costs less than the prefilter, which passes it too. */
static inline bool ct_has_lookup(ct_str text) { return ct_str_find(text, CT_STR("${")) != CT_STR_NONE; }

/* False: no decoding of this text can hold a lookup. Never false for text that could. Memory speed. */
bool ct_prefilter(ct_str text);
/* The first byte at or after `from` that may start something worth judging, or CT_STR_NONE; newlines passed on the way
 * are added to *lines. For blocks of many lines. */
size_t ct_prefilter_next(ct_str block, size_t from, uint64_t *lines);
/* The same for what the prefilter does not look for: where an encoded word ("=?") may start at or after `from`, or, in mail, what
 * is quoted-printable of a lookup; else CT_STR_NONE. For blocks that hold mail's logs, and for single fields. */
size_t ct_mail_next(ct_str text, size_t from, bool quoted);
/* Which form of the prefilter this processor runs: "AVX-512", "AVX2" or "portable". */
const char *ct_prefilter_form(void);

const char *ct_grade_name(enum ct_grade g);
const char *ct_layer_name(enum ct_layer l);
const char *ct_certainty_name(enum ct_certainty c);
const char *ct_sink_name(enum ct_sink s);
const char *ct_setting_name(enum ct_setting s);
/* "exploit" ... ; false when it names no grade. */
bool ct_grade_parse(ct_str s, enum ct_grade *ret_grade);

#endif
