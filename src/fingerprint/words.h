/* The words of one line of a fingerprint file: bare words and "quoted strings" parted by blanks. Private to this folder.
 * Inside quotes \" and \\ stand for themselves; a '#' where a word could start ends the line. */
#ifndef CT_FINGERPRINT_WORDS_H
#define CT_FINGERPRINT_WORDS_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/limits.h"

struct fp_word {
    ct_str text;
    bool quoted;
};

struct fp_words {
    ct_arena *arena;
    struct ct_fault *fault;
    uint64_t line;        /* from 1 */
    ct_str whole;         /* the line without its indent */
    struct fp_word w[CT_FINGERPRINT_WORDS_MAX];
    unsigned n;
    ct_str note;          /* what stands behind " : ", trimmed; empty: nothing */
};

/* Splits a line. with_note: a bare ':' starts the note, which is not split. */
CT_MUST_USE ct_err fp_words_split(struct fp_words *ws, ct_str line, bool with_note);
/* The line behind its first word, trimmed and copied; refuses an empty one. */
CT_MUST_USE ct_err fp_words_rest(struct fp_words *ws, ct_str *ret_text);
/* Sets the fault, with the line. */
ct_err fp_words_refuse(const struct fp_words *ws, ct_err e, const char *what, ct_str which);

#endif
