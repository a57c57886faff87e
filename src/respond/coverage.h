/* Coverage: what an answer rests on. Of every asset that is known: was all of it looked at to the end, and is that fresh?
 *
 * Weak side: a bill of materials that somebody handed in counts as a look in part: nobody says that it lists everything.
 */
#ifndef CT_RESPOND_COVERAGE_H
#define CT_RESPOND_COVERAGE_H

#include "store/answer.h"
#include "store/vulnerability.h"

enum ct_cover { CT_COVER_FRESH, CT_COVER_STALE, CT_COVER_PART, CT_COVER_NEVER, CT_COVERS };
const char *ct_cover_name(enum ct_cover c); /* "fresh", "stale", "in part", "never" */
/* fresh_us: how old a complete look may be. */
enum ct_cover ct_cover_of(int64_t looked, int64_t assessed, int64_t now_us, int64_t fresh_us);

struct ct_cover_counts {
    uint64_t by[CT_COVERS];
    uint64_t known;
};

/* The vulnerability by any of its names. CT_ERR_NOT_FOUND: neither an advisory, nor a look, nor the class rules that this program carries know it; then no
 * answer may be given. Known by class rules alone: ret has its name and id 0. */
CT_MUST_USE ct_err ct_vulnerability_answerable(ct_db *db, ct_arena *arena, ct_str name, struct ct_vulnerability *ret_vulnerability);

#endif
