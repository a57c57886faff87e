/* What all long commands share: how far they are, whether Ctrl-C was pressed, how many threads. */
#ifndef CT_CLI_PROGRESS_H
#define CT_CLI_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ct_path_list;

/* How far a run over files is. Bytes are those on disk. */
struct ct_progress {
    bool on;                 /* stderr is a terminal, and somebody wants to see it */
    bool shown;              /* a line stands there now */
    const char *name;        /* of the file that is read */
    uint64_t total, before;  /* of all files; of those read to their end */
    int64_t started_ms, last_ms;
};

unsigned ct_detect_jobs(void);                       /* threads when nobody says: one per processor, at most 8 */

/* Set by SIGINT, SIGTERM and SIGHUP; the second one ends the program at once. */
bool ct_interrupted(void);
void ct_interrupt_catch(void);
atomic_bool *ct_interrupt_flag(void);                /* the same, for those who look at a flag */

void ct_progress_begin(struct ct_progress *p, bool wanted);
void ct_progress_total(struct ct_progress *p, const struct ct_path_list *list);
void ct_progress_show(struct ct_progress *p, uint64_t consumed, uint64_t size, uint64_t found);
/* The same where only a share is known: of a tree that is walked for the first time. */
void ct_progress_share(struct ct_progress *p, uint64_t files, uint64_t bytes, double done, uint64_t found);
void ct_progress_hide(struct ct_progress *p); /* before anything else is printed on the terminal */

#endif
