/* Table rows for ct_judge. A row names its own line, and all that it does not name is expected to be absent: traits,
 * chain and conditions are always compared whole. Indicators, fires and normal are compared where a row has them; indicators must be empty
 * below "attempt", fires below "reach". */
#ifndef CT_TESTS_JUDGE_ROW_H
#define CT_TESTS_JUDGE_ROW_H

#include <stdbool.h>
#include <stddef.h>

struct judge_row {
    int line;
    const char *text;      /* the field "message" ... */
    const char *fields[4]; /* ... or several fields, named "0" to "3" */
    const char *grade;
    const char *certainty; /* null: certain */
    const char *traits, *chain, *conditions; /* null: none */
    const char *indicators, *fires, *normal, *field;
    const char *only;      /* judge as this release alone */
    bool no_decode, truncated;
    unsigned calls;        /* 0: not compared */
};

/* ROW(text, grade, .member = ...); the text is null where .fields are given. */
#define ROW(t, ...) {.line = __LINE__, .text = t, .grade = __VA_ARGS__}

/* Every sink of releases that substitute messages on their own. */
#define FIRES(range) range " message; " range " single; " range " context +layout"
#define FIRES_ALL FIRES("2.0-beta9-2.14.1")
#define FIRES_2_8 FIRES("2.8-2.14.1")
#define FIRES_2_13 FIRES("2.13.0-2.14.1")
/* And where 2.15.0's allow-list lets a local name pass. */
#define FIRES_LOCAL "; 2.15.0 message +lookups; 2.15.0 context +layout; 2.16.0 context +layout+jndi"

/* Judges all rows; fails the running cmocka test after the last one, when any row failed. */
void judge_rows(const struct judge_row *rows, size_t n);

#endif
