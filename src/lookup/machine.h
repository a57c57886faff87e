/* The substitutor at work on one message. Internal to src/lookup.
 *
 * How it works. A text is looked through once: its openers and the braces that close them form an index. Java's recursion
 * is a stack of frames, each of which reads one range of a text that does not change under it and appends what it makes to
 * one output. A NAME frame reads an expression in place, inside the text and the index of the frame below; its output is
 * the name, and is taken back when the variable is resolved. A VALUE frame reads a replacement, which is kept with its name
 * (for the cycle check) until the frame ends. So neither depth nor the number of variables costs more than the bytes they
 * produce.
 *
 * Limits. Each byte indexed, written, kept or compared is charged to the caller's budget, and each opener CT_EVAL_STEP, so
 * that a unit of it means about a nanosecond whatever the text is made of. Output and kept texts stay under
 * CT_EVAL_TEXT_MAX, the frames under CT_EVAL_DEPTH_MAX. Everything here is scratch: the caller resets the arena.
 */
#ifndef CT_LOOKUP_MACHINE_H
#define CT_LOOKUP_MACHINE_H

#include "base/limits.h"
#include "lookup/eval.h"

enum {
    CT_EVAL_UNKNOWNS_MAX = 16,
    CT_EVAL_STEP = 32,                           /* what an opener costs besides its bytes */
    CT_EVAL_OPENERS_MAX = CT_EVAL_TEXT_MAX / 8,  /* indexed at a time: those of the longest form, twice over */
};

enum frame_kind {
    FRAME_TOP,   /* the message */
    FRAME_NAME,  /* an expression: its own cycle stack */
    FRAME_VALUE, /* a replacement: shares the cycle stack of the frame around it */
};

/* A "${" and its brace, as offsets into the text that was indexed. */
struct opener {
    uint32_t at, close;
};
#define CT_OPENER_UNCLOSED UINT32_MAX

/* Kept strings lie in a chain of chunks, used as a stack; they never move. */
struct chunk {
    struct chunk *next;
    size_t size;
    unsigned char data[];
};
struct kept_mark {
    struct chunk *chunk;
    size_t used, total;
};

struct frame {
    enum frame_kind kind;
    bool has_prior;          /* range is set, or in a VALUE frame the cycle stack is */
    bool escaped;            /* a '$' was taken out */
    const unsigned char *src;
    size_t start, at, end;   /* the range in src, and where reading goes on: the variable while its name is evaluated */
    size_t next;             /* opener to come */
    size_t base;             /* where its output starts */
    ct_str range;            /* TOP, NAME: its text when the first variable was looked up; first of the cycle stack */
    size_t prior;            /* VALUE: first entry of the cycle stack */
    size_t n_entries;        /* TOP, VALUE: to go back to when the frame ends */
    size_t n_openers;        /* the same */
    struct kept_mark kept;
};

struct machine {
    ct_arena *arena;
    const struct ct_profile *profile;
    const struct ct_eval_opts *opts;
    uint64_t work;           /* left of the budget */
    ct_str message;          /* what the event's message is */
    unsigned pass;

    unsigned char *out;      /* of this pass */
    size_t left, cap;
    unsigned char *spare;    /* output of the pass before: the text of this one */
    size_t spare_cap;
    struct opener *openers;
    size_t n_openers, cap_openers;
    struct frame *frames;
    size_t n_frames, cap_frames;
    size_t n_names;          /* NAME frames: what happens there does not alter the text itself */
    ct_str *entries;         /* names whose values are under evaluation, and before them the range they stand in */
    size_t n_entries, cap_entries;
    struct chunk *first_chunk;
    struct kept_mark kept;
    unsigned char *scratch;  /* the value of one lookup */
    size_t cap_scratch;

    struct ct_eval_call *calls; /* name only; key is its end */
    size_t n_calls, cap_calls;
    uint64_t reached;        /* calls of this pass */
    ct_str *unknowns;        /* null until there is one */
    size_t n_unknowns;
    unsigned touched;
    bool altered;            /* this pass replaced or unescaped something */
    bool cycle, nested_context, asks_secret, leaks_in_name;
    bool names_host;         /* answered hostName */
    bool stopped;
    enum ct_eval_end end;    /* why, when stopped */
    ct_err err;              /* not CT_OK: memory ran out; stopped is set too */
};

CT_MUST_USE ct_err ct_machine_init(struct machine *m, size_t n);
/* Evaluates text[from..) as one range; text[0..from) stays. The answer is the output; text may be the output before. */
void ct_machine_run(struct machine *m, ct_str text, size_t from, enum frame_kind kind);

void ct_machine_stop(struct machine *m, enum ct_eval_end end);
void ct_machine_no_memory(struct machine *m);
void ct_machine_spent(struct machine *m);
/* False: the budget is spent, and m stopped. */
static inline bool ct_machine_charge(struct machine *m, size_t n)
{
    if (m->work < n) {
        ct_machine_spent(m);
        return false;
    }
    m->work -= n;
    return true;
}
void ct_machine_emit(struct machine *m, struct ct_eval_step step); /* fills pass and depth, copies the strings */
void ct_machine_throw(struct machine *m, const char *why);

/* openers.c. Appends the openers of text[from..) to the index. False: m stopped. */
bool ct_openers_add(struct machine *m, ct_str text, size_t from);
size_t ct_lookup_find_open(ct_str s, size_t from); /* the next "${", or CT_STR_NONE */

/* For the lookups (lookups.c). */

/* The value of a variable, null p: none. m->stopped is set when the lookup throws. colon: the first in name, or name.n. The
 * value lives until the next lookup. */
ct_str ct_lookup_value(struct machine *m, ct_str name, size_t colon, bool has_default);
/* The names that stand for nothing but their default ("::-j") need no search: "hostName" is the shortest that would. */
static inline ct_str ct_machine_lookup(struct machine *m, ct_str name, size_t colon, bool has_default)
{
    return colon == 0 && name.n < 9 ? (ct_str){NULL, 0} : ct_lookup_value(m, name, colon, has_default);
}
bool ct_machine_grow_scratch(struct machine *m, size_t n);
/* n bytes for it; null: m stopped. */
static inline unsigned char *ct_machine_scratch(struct machine *m, size_t n)
{
    return n <= m->cap_scratch || ct_machine_grow_scratch(m, n) ? m->scratch : NULL;
}

#endif
