/* One JVM that runs one real release of log4j-core (oracle/Oracle.java), spoken to over pipes.
 *
 * A batch is sent whole and answered whole. The JVM gets an empty environment, so that no value of this machine is set,
 * and never dials: its jndi lookup only writes keys down. To be stopped by jvm_stop.
 */
#ifndef CT_TESTS_ORACLE_H
#define CT_TESTS_ORACLE_H

#include "base/arena.h"
#include "jvm.h"
#include "lookup/eval.h"

#define ORACLE_KEYS_MAX 64u

struct oracle {
    struct jvm jvm;
};

struct question {
    enum ct_sink sink;
    bool self; /* CT_SINK_CONTEXT: ${ctx:u} in the text is the text */
    bool set;
    ct_str text;
};

struct answer {
    enum { ANSWER_DONE, ANSWER_THREW, ANSWER_OVERFLOWED } end;
    ct_str thrown, why; /* exception class and message */
    uint32_t n_calls;   /* in all */
    uint32_t n_keys;    /* kept */
    ct_str *keys;
    uint32_t text_n;    /* of the rendered text, whose first bytes are kept */
    ct_str text;
};

/* folder: as prepare.sh left it. opt_in: render messages with %m{lookups}. False: the JVM could not be started. */
bool oracle_start(const char *folder, const char *release, bool opt_in, struct oracle *ret_oracle);
bool oracle_ask(struct oracle *o, const struct question *questions, size_t n, ct_arena *arena, struct answer *ret_answers);
#endif
