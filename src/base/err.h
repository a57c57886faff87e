/* Error codes: one list holds code, text and the exit status a program ends with.
 *
 * Functions that can fail return ct_err and are CT_MUST_USE; outputs come last, are named ret_x and stay untouched on
 * failure. "Ends early" (CT_ERR_TRUNCATED) and "over a cap" (CT_ERR_CAP) are separate codes: a cut-off file and a
 * hostile one are different answers to the user. Library code never prints and never exits.
 */
#ifndef CT_BASE_ERR_H
#define CT_BASE_ERR_H

/*        name         text                                        exit status */
#define CT_ERR_LIST(X)                                                          \
    X(OK,           "ok",                                              0)       \
    X(END,          "end of input",                                    0)       \
    X(AGAIN,        "nothing to read yet",                             0)       \
    X(NOMEM,        "out of memory, or over the memory limit",         4)       \
    X(CAP,          "over a size limit",                               3)       \
    X(TRUNCATED,    "ends early",                                      3)       \
    X(SYNTAX,       "malformed",                                       3)       \
    X(CHECKSUM,     "damaged: checksum differs",                       3)       \
    X(UNSUPPORTED,  "not supported",                                   3)       \
    X(NOT_FOUND,    "not found",                                       3)       \
    X(PERMISSION,   "permission denied",                               3)       \
    X(READ,         "read failed",                                     3)       \
    X(WRITE,        "write failed",                                    4)       \
    X(NETWORK,      "network failure",                                 4)       \
    X(USAGE,        "wrong usage",                                     2)       \
    X(INTERRUPTED,  "interrupted",                                   130)

typedef enum ct_err {
#define X(name, text, status) CT_ERR_##name,
    CT_ERR_LIST(X)
#undef X
} ct_err;
#define CT_OK CT_ERR_OK

#define CT_MUST_USE __attribute__((warn_unused_result))
#define CT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

const char *ct_err_text(ct_err e);   /* static text, lower case, no full stop */
int ct_err_exit(ct_err e);           /* exit status for a program that ends because of e */

#define CT_TRY(expr)                          \
    do {                                      \
        ct_err ct_try_err_ = (expr);          \
        if (ct_try_err_ != CT_OK)             \
            return ct_try_err_;               \
    } while (0)

#endif
