/* Commands whose first operand says what to do. */
#ifndef CT_CLI_VERBS_H
#define CT_CLI_VERBS_H

#include "cli/stored.h"
#include "store/answer.h"

struct ct_verb {
    const char *full;        /* "caltrop sla due": before complaints; its last word is the verb */
    const char *arguments;   /* "ASSET CVE" */
    size_t least, most;      /* operands behind the verb */
    ct_stored_work *change;  /* within a transaction; null: ask */
    ct_stored_work *ask;     /* outside of one: what is written may have to wait for its reader */
};

/* Such a command from its arguments to its exit status: chooses the verb, opens the store, does it, writes s->text. s: part of ctx, which
 * set and the verbs are given. */
int ct_verbs_run(const struct ct_command *command, const struct ct_verb *list, size_t n, int argc, char **argv, ct_option_set_fn *set, void *ctx, struct ct_stored *s);

/* "3 d 4 h", "2 h 10 min", "40 s": the two largest units. */
void ct_print_span(struct ct_buf *out, int64_t us);
/* Past its time, and nothing stops the clock. */
static inline bool ct_clock_late(int64_t due, bool stopped, int64_t now_us) { return due && !stopped && due < now_us; }
/* "overdue since ... by rule critical; accepted until ...": the clock of an open finding in words. */
void ct_print_clock(struct ct_buf *out, const struct ct_affected_row *r, int64_t now_us);

#endif
