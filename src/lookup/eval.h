/* The Log4j 2 lookup evaluator: what would StrSubstitutor do with this text?
 *
 * Exact for log4j-core as measured against the real jars; the semantics are in docs/log4j-lookups.md. It performs no
 * lookup for real: a jndi lookup is recorded and answers null (as a failed or refused one does), environment and the
 * like answer by policy. Work and depth are bounded; a spent budget is an outcome, not an error.
 *
 * What ends within 64 units of work a byte: everything that Log4j does in linear time, at any length, and nesting whose names
 * stay short; so flat padding ("${a}", "${::-x}", "${lower:A}", whole calls) hides nothing behind it. What still spends them
 * is what Java does in quadratic time or worse: values that hold the message itself (${event:Message} behind an escape),
 * a message that changes in each of many passes ("$$$$...${" or chains of escapes with many variables around them), names
 * that grow with their depth (hundreds of levels around text that does not resolve: "${a${a${a...}}}").
 *
 * Input is bytes; every special character is ASCII, so UTF-8 is evaluated exactly, and other bytes pass through.
 */
#ifndef CT_LOOKUP_EVAL_H
#define CT_LOOKUP_EVAL_H

#include "base/buf.h"
#include "lookup/profile.h"

enum ct_sink {
    CT_SINK_MESSAGE,  /* %m of an ordinary message: whole-message pass, repeated from 2.6 on */
    CT_SINK_SINGLE,   /* other message classes (Logger.printf ...): one pass, nolookups not consulted */
    CT_SINK_CONTEXT,  /* a thread-context value that the layout's pattern looks up: ${ctx:...} */
};

/* How lookups of values that only the host knows (env, sys, ctx, map, sd, main, bundle, ...) are answered. Values every
 * JVM has (sys:java.version, java:os, hostName ...) always answer with a made-up value. */
enum ct_values {
    CT_VALUES_UNSET,           /* null, as in Log4j when not set: defaults apply */
    CT_VALUES_SET_NO_DEFAULT,  /* set where the expression carries no ":-" default, null elsewhere */
    CT_VALUES_SET,             /* set */
};

/* One step, for explain. Everything borrows from the evaluation's arena, whose scratch is then kept. Passes that would only
 * repeat the one before are counted in ct_eval_result.passes and not shown. */
struct ct_eval_step {
    enum { CT_STEP_PASS, CT_STEP_LOOKUP, CT_STEP_UNCLOSED, CT_STEP_ESCAPE, CT_STEP_THROW } kind;
    unsigned pass;     /* message pass, from 1 */
    unsigned depth;    /* nesting, 0 at the top */
    ct_str text;       /* PASS: the message before it; LOOKUP: expression as written; THROW: why */
    ct_str name;       /* LOOKUP: after inner expansion, without the default */
    ct_str value;      /* LOOKUP: the result */
    bool has_value;
    bool from_default; /* value is the ":-" default */
};
typedef void ct_eval_step_fn(void *ctx, const struct ct_eval_step *step);

/* What a host-only value answers when the policy sets it: a word that is valid as a host label and in a path. */
#define CT_EVAL_VALUE "caltropvalue"

struct ct_eval_opts {
    enum ct_sink sink;
    enum ct_values values;
    uint64_t *work;        /* budget in bytes touched, shared between evaluations of one line; counted down. Not null. */
    ct_eval_step_fn *step; /* null: none */
    void *step_ctx;
};

enum ct_eval_end {
    CT_EVAL_DONE,
    CT_EVAL_THREW,      /* an exception ended the rendering of the event; calls made before it stay made */
    CT_EVAL_OVERFLOWED, /* deeper than CT_EVAL_DEPTH_MAX: Java's stack overflows somewhere between 1000 and 2000 levels */
    CT_EVAL_SPENT,      /* the work budget ran out: the answer is unknown */
};

struct ct_eval_call {
    ct_str key;     /* what the jndi lookup was given; the end of name */
    ct_str name;    /* what goes to InitialContext: the key, or java:comp/env/ + key when it has no ':' */
    unsigned pass;  /* 1: the first pass, which the single-pass sinks share */
};

/* What stood after the first pass of a message. */
struct ct_eval_first {
    enum ct_eval_end end;
    size_t n_calls, n_unknowns;
    uint64_t n_reached;
    unsigned touched;
    bool cycle, nested_context, asks_secret, leaks_in_name;
};

struct ct_eval_result {
    enum ct_eval_end end;
    struct ct_eval_call *calls; /* the first CT_EVAL_CALLS_MAX */
    size_t n_calls;             /* kept in calls */
    uint64_t n_reached;         /* calls in all, repeated passes multiplied in: connections a listener would see */
    unsigned passes;
    unsigned touched;           /* enum ct_feature whose presence or absence mattered */
    bool cycle;                 /* threw because a value referred to itself */
    bool nested_context;        /* ${ctx:...} stood inside a name or default: the CVE-2021-45105 form */
    bool asks_secret;           /* env, sys, bundle, ctx ... looked up a value of the host (see secrets) */
    bool leaks_in_name;         /* such a value stands in a resolved JNDI name behind the scheme */
    ct_str *unknowns;           /* distinct names ("env:USER") answered as set, or null without a default; at most 16 */
    size_t n_unknowns;
    ct_str text;                /* the message after the last pass; as given when end is not DONE */
    struct ct_eval_first first; /* CT_SINK_MESSAGE alone */
};

/* Of a message's result: what a profile gives that lacks CT_FEAT_REPEAT_PASS and is the same otherwise, but for its text, which
 * is null. Shares the arrays. */
struct ct_eval_result ct_eval_first_pass(const struct ct_eval_result *r);

/* Does some Log4j artifact register a lookup of this name, letter case aside? */
bool ct_eval_knows_prefix(ct_str name);

/* arena holds the result and scratch. Fails with CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_eval(ct_arena *arena, const struct ct_profile *profile, const struct ct_eval_opts *opts, ct_str text,
                           struct ct_eval_result *ret_result);

#endif
