/* libcaltrop: what would an attack in this text do?
 *
 * One text or the fields of one request go in; out comes a verdict: a grade, on which Log4j versions it would fire, whom it
 * calls back to, through which decodings it was found. Nothing is resolved, dialled, read or written: the library is pure
 * computation with bounded time (about 20 ms at the very worst) and memory (16 MiB a judge) for any input.
 *
 * A judge is not thread-safe; use one per thread. Everything a verdict gives out belongs to the judge and lives until its
 * next call or its end. Text in a verdict may hold attacker bytes, is not NUL-terminated and must be escaped before it is
 * shown. Functions never print, never exit and never call back.
 */
#ifndef CALTROP_H
#define CALTROP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CALTROP_API __attribute__((visibility("default")))
#else
#define CALTROP_API
#endif

typedef struct caltrop_judge caltrop_judge;
typedef struct caltrop_verdict caltrop_verdict;

/* Bytes with a length; p may be null when n is 0. */
typedef struct caltrop_text {
    const char *p;
    size_t n;
} caltrop_text;

typedef struct caltrop_field {
    const char *name;   /* NUL-terminated, e.g. "user_agent.original"; comes back in caltrop_verdict_field */
    caltrop_text value;
} caltrop_field;

typedef enum caltrop_status {
    CALTROP_OK = 0,
    CALTROP_NO_MEMORY = 1,
    CALTROP_UNKNOWN_VERSION = 2, /* no log4j-core release with lookups */
    CALTROP_TOO_MANY = 3         /* more than 64 fields, or a field over 64 KiB: judge it in overlapping pieces */
} caltrop_status;

/* Highest last. */
typedef enum caltrop_grade {
    CALTROP_NONE = 0,
    CALTROP_RULE = 1,    /* reserved for rules */
    CALTROP_LEAK = 2,    /* asks for values of the host */
    CALTROP_DOS = 3,     /* recursion, or work without end */
    CALTROP_ATTEMPT = 4, /* plainly a try, fires nowhere */
    CALTROP_REACH = 5,   /* reaches JNDI on some version, cannot connect as written */
    CALTROP_EXPLOIT = 6  /* reaches JNDI on some version with a name that connects */
} caltrop_grade;

typedef enum caltrop_certainty {
    CALTROP_CERTAIN = 0,
    CALTROP_CONDITIONAL = 1, /* only if the values in caltrop_verdict_condition are set on the host */
    CALTROP_UNKNOWN = 2      /* the budget was spent: treat as suspicious */
} caltrop_certainty;

/* Bits of caltrop_verdict_traits. */
enum {
    CALTROP_TRAIT_LEAK = 1,
    CALTROP_TRAIT_DOS = 2,
    CALTROP_TRAIT_COMPOSED = 4,    /* fires only across fields */
    CALTROP_TRAIT_TRUNCATED = 8,
    CALTROP_TRAIT_CONDITIONAL = 16,
    CALTROP_TRAIT_BUDGET = 32,
    CALTROP_TRAIT_RULE = 64
};

typedef struct caltrop_indicator {
    caltrop_text scheme, host, path;
    uint16_t port;           /* 0: unknown */
} caltrop_indicator;

typedef struct caltrop_fires {
    caltrop_text first, last; /* log4j-core releases, inclusive; last empty: and later */
    const char *sink;         /* "message", "single-pass message", "context value in the layout" */
    const char *setting;      /* what must be set for it; "" for the default configuration */
} caltrop_fires;

/* Static text, e.g. "0.1.0". */
CALTROP_API const char *caltrop_version(void);

/* Null when memory is short. */
CALTROP_API caltrop_judge *caltrop_judge_new(void);
CALTROP_API void caltrop_judge_free(caltrop_judge *judge); /* null is fine */
/* Judge as this release alone ("2.14.1"); null: as all of them, the default. */
CALTROP_API caltrop_status caltrop_judge_set_version(caltrop_judge *judge, const char *release);
/* 0: judge texts as they stand. The default is to search over decodings. */
CALTROP_API void caltrop_judge_set_decoding(caltrop_judge *judge, int on);

/* 0: no decoding of these bytes can hold a lookup, and any verdict would be CALTROP_NONE. Memory speed, no judge needed. */
CALTROP_API int caltrop_may_matter(const void *bytes, size_t n);

/* *ret_verdict is untouched unless CALTROP_OK is returned. */
CALTROP_API caltrop_status caltrop_judge_text(caltrop_judge *judge, const void *bytes, size_t n,
                                              const caltrop_verdict **ret_verdict);
CALTROP_API caltrop_status caltrop_judge_fields(caltrop_judge *judge, const caltrop_field *fields, size_t n,
                                                const caltrop_verdict **ret_verdict);

CALTROP_API caltrop_grade caltrop_verdict_grade(const caltrop_verdict *v);
CALTROP_API const char *caltrop_grade_name(caltrop_grade grade); /* "exploit" */
CALTROP_API caltrop_certainty caltrop_verdict_certainty(const caltrop_verdict *v);
CALTROP_API unsigned caltrop_verdict_traits(const caltrop_verdict *v);
/* Name of the field that decided; "composed" when only all of them together fire; empty for CALTROP_NONE. */
CALTROP_API caltrop_text caltrop_verdict_field(const caltrop_verdict *v);
/* The lookup with everything inside it resolved, e.g. "${jndi:ldap://h/a}". */
CALTROP_API caltrop_text caltrop_verdict_normal(const caltrop_verdict *v);
/* JNDI calls that one log event makes, at the worst version. */
CALTROP_API uint64_t caltrop_verdict_calls(const caltrop_verdict *v);

/* Lists: index from 0; out of range gives null or an empty value. */
CALTROP_API size_t caltrop_verdict_chain_count(const caltrop_verdict *v);
CALTROP_API const char *caltrop_verdict_chain(const caltrop_verdict *v, size_t i); /* "percent", outermost first */
CALTROP_API size_t caltrop_verdict_indicator_count(const caltrop_verdict *v);
CALTROP_API caltrop_indicator caltrop_verdict_indicator(const caltrop_verdict *v, size_t i);
CALTROP_API size_t caltrop_verdict_fires_count(const caltrop_verdict *v);
CALTROP_API caltrop_fires caltrop_verdict_fires(const caltrop_verdict *v, size_t i);
CALTROP_API size_t caltrop_verdict_condition_count(const caltrop_verdict *v);
CALTROP_API caltrop_text caltrop_verdict_condition(const caltrop_verdict *v, size_t i); /* "env:USER" */

#ifdef __cplusplus
}
#endif

#endif
