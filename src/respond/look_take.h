/* Taking a look into the store: what it saw, what it observed, and what it closes.
 *
 *   ct_look_begin; ct_look_list, ct_look_see and ct_look_observe as often as needed; ct_look_end
 *
 * For reports of scans, and for whatever else lists what is in an asset. Only a complete look of the same kind and of at least the same scope
 * (scan/scope.h) closes what it no longer sees, not below places that it left out; and only such a one makes what was observed safer. A look older than what
 * is known adds what nobody has seen, and one that a newer look would have covered adds nothing. The caller holds the transaction, and has made sure that
 * the asset has no look of this digest.
 */
#ifndef CT_RESPOND_LOOK_TAKE_H
#define CT_RESPOND_LOOK_TAKE_H

#include "fingerprint/state.h"
#include "respond/derive.h"
#include "scan/scope.h"
#include "store/asset.h"
#include "store/look.h"

struct ct_look_counts {
    uint64_t older, partial, components_new, instances_new, instances_back, instances_gone;
    struct ct_derived derived;
};

enum { CT_LOOKS_COMPARED = 64 };

struct ct_taking {
    ct_db *db;
    ct_arena *arena;         /* for the whole look */
    const struct ct_who *who;
    struct ct_asset asset;   /* in the store */
    struct ct_look look;     /* all but asset, taken and id, roots and exclusions: those of scope */
    struct ct_scope scope;
    const ct_str *left_out;
    size_t n_left_out;
    struct ct_look_counts counts;
    /* its own */
    bool older, covered, vex; /* vex: somebody says something of packages */
    bool was_new;             /* the component before was one that nobody held: the next one mostly is too */
    int64_t components_before; /* those above this id came with this look */
    struct ct_look_waiting *waiting;
    struct {
        int64_t look;
        bool covered;
    } known[CT_LOOKS_COMPARED];
    size_t n_known;
};

CT_MUST_USE ct_err ct_look_begin(struct ct_taking *t);
/* The component (respond/component_id.h) and the instance of it at this place: written now, or together with others, by ct_look_end at last. */
CT_MUST_USE ct_err ct_look_list(struct ct_taking *t, const struct ct_component_row *c, ct_str path, ct_str source);
/* The same, now. A look that adds nothing sees nothing: *ret_instance is 0. */
CT_MUST_USE ct_err ct_look_see(struct ct_taking *t, const struct ct_component_row *c, ct_str path, ct_str source, int64_t *ret_instance);
struct ct_look_observed {
    ct_str vulnerability, severity, source, reason, fix;
    ct_str evidence, processes; /* JSON; may be empty */
    enum ct_state state;
};
CT_MUST_USE ct_err ct_look_observe(struct ct_taking *t, int64_t instance, const struct ct_look_observed *observed);
CT_MUST_USE ct_err ct_look_end(struct ct_taking *t);

#endif
