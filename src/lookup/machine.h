/* The substitutor at work on one message. Internal to src/lookup.
 *
 * How it works. One gap buffer: what is done lies at its left end, what is to come at its right end, so replacing a
 * variable costs the length of the variable and of its value, never of the rest. Java's recursion is a stack of frames
 * over that buffer: a NAME frame evaluates a copy of an expression, pushed in front of the rest; a VALUE frame evaluates
 * a replacement in its own range. Names under evaluation lie on a byte stack of their own, for the cycle check.
 *
 * Limits. Each byte scanned, copied or compared is charged to the caller's budget. The buffer stays under
 * CT_EVAL_TEXT_MAX, the frames under CT_EVAL_DEPTH_MAX. Everything here is scratch: the caller resets the arena.
 */
#ifndef CT_LOOKUP_MACHINE_H
#define CT_LOOKUP_MACHINE_H

#include "base/limits.h"
#include "lookup/eval.h"

enum { CT_EVAL_UNKNOWNS_MAX = 16 };

enum frame_kind {
    FRAME_TOP,   /* the message */
    FRAME_NAME,  /* a copy of an expression: its own cycle stack */
    FRAME_VALUE, /* a replacement: shares the cycle stack of the frame around it */
};

struct frame {
    enum frame_kind kind;
    bool has_prior;   /* the cycle stack has its first entry, the text of the range */
    bool escaped;     /* a '$' was taken out */
    size_t base;      /* where the range starts, left side */
    size_t tail;      /* bytes at the right end that lie behind the range */
    size_t prior;     /* first entry of the cycle stack */
    size_t entry;     /* VALUE: the entry of the variable it replaces */
    size_t var_n;     /* length of the variable whose name a NAME frame above is evaluating */
};

struct entry {
    size_t off, n;
};

struct machine {
    ct_arena *arena;
    const struct ct_profile *profile;
    const struct ct_eval_opts *opts;
    ct_str message;          /* what the event's message is */
    unsigned pass;

    unsigned char *buf;      /* [0, left) done, [right, cap) to come */
    size_t cap, left, right;
    struct frame *frames;
    size_t n_frames, cap_frames;
    size_t n_copies;         /* NAME frames: what happens there does not alter the text itself */
    struct entry *entries;
    size_t n_entries, cap_entries;
    unsigned char *names;    /* bytes of the entries, newest last */
    size_t names_n, names_cap;

    struct ct_eval_call *calls; /* name only; key is its end */
    size_t n_calls, cap_calls;
    uint64_t reached;        /* calls of this pass */
    ct_str unknowns[CT_EVAL_UNKNOWNS_MAX];
    size_t n_unknowns;
    unsigned touched;
    bool altered;            /* this pass replaced or unescaped something */
    bool cycle, nested_context, asks_secret, leaks_in_name;
    bool stopped;
    enum ct_eval_end end;    /* why, when stopped */
    ct_err err;              /* not CT_OK: memory ran out; stopped is set too */
};

CT_MUST_USE ct_err ct_machine_init(struct machine *m, size_t n);
/* Evaluates text[from..) as one range; text[0..from) stays. The answer is the left side. */
void ct_machine_run(struct machine *m, ct_str text, size_t from, enum frame_kind kind);

/* For the lookups (lookups.c). */
struct value {
    bool set;
    ct_str text;
};
/* The value of a variable; m->stopped is set when the lookup throws. May append to m->names. */
struct value ct_machine_lookup(struct machine *m, ct_str name, bool has_default);
bool ct_machine_charge(struct machine *m, size_t n); /* false: the budget is spent, and m stopped */
void ct_machine_emit(struct machine *m, struct ct_eval_step step); /* fills pass and depth, copies the strings */
void ct_machine_throw(struct machine *m, const char *why);
/* Room for n bytes behind m->names + m->names_n; null when memory ran out. Moves m->names. */
unsigned char *ct_machine_name_room(struct machine *m, size_t n);

size_t ct_lookup_find_open(ct_str s, size_t from); /* the next "${", or CT_STR_NONE */

#endif
