/* The public library over the internal verdict. */
#include "caltrop/caltrop.h"

#include "detect/verdict.h"

#include <string.h>

_Static_assert((int)CALTROP_EXPLOIT == (int)CT_GRADE_EXPLOIT && (int)CALTROP_LEAK == (int)CT_GRADE_LEAK, "grades agree");
_Static_assert((int)CALTROP_UNKNOWN == (int)CT_UNKNOWN, "certainties agree");
_Static_assert((int)CALTROP_TRAIT_RULE == (int)CT_TRAIT_RULE && (int)CALTROP_TRAIT_COMPOSED == (int)CT_TRAIT_COMPOSED, "traits agree");

struct caltrop_verdict {
    struct ct_verdict v;
};

struct caltrop_judge {
    ct_arena *arena;
    struct ct_judge_opts opts;
    struct caltrop_verdict verdict;
};

static caltrop_text text_of(ct_str s) { return (caltrop_text){(const char *)s.p, s.n}; }

const char *caltrop_version(void) { return CT_VERSION; }

caltrop_judge *caltrop_judge_new(void)
{
    ct_arena *arena = NULL;
    if (ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena) != CT_OK) return NULL;
    caltrop_judge *j = ct_alloc_get(&ct_alloc_libc, sizeof *j);
    if (!j) {
        ct_arena_free(arena);
        return NULL;
    }
    *j = (caltrop_judge){.arena = arena};
    return j;
}

void caltrop_judge_free(caltrop_judge *judge)
{
    if (!judge) return;
    ct_arena_free(judge->arena);
    ct_alloc_put(&ct_alloc_libc, judge, sizeof *judge);
}

caltrop_status caltrop_judge_set_version(caltrop_judge *judge, const char *release)
{
    const struct ct_profile *p = release ? ct_profile_find(ct_str_from(release)) : NULL;
    if (release && !p) return CALTROP_UNKNOWN_VERSION;
    judge->opts.only = p;
    return CALTROP_OK;
}

void caltrop_judge_set_decoding(caltrop_judge *judge, int on) { judge->opts.no_decode = !on; }

int caltrop_may_matter(const void *bytes, size_t n) { return ct_prefilter((ct_str){bytes, n}); }

caltrop_status caltrop_judge_text(caltrop_judge *judge, const void *bytes, size_t n, const caltrop_verdict **ret_verdict)
{
    caltrop_field field = {"text", {bytes, n}};
    return caltrop_judge_fields(judge, &field, 1, ret_verdict);
}

caltrop_status caltrop_judge_fields(caltrop_judge *judge, const caltrop_field *fields, size_t n, const caltrop_verdict **ret_verdict)
{
    struct ct_field own[CT_FIELDS_MAX];
    if (n > CT_FIELDS_MAX) return CALTROP_TOO_MANY;
    for (size_t i = 0; i < n; i++) {
        if (fields[i].value.n > CT_WINDOW) return CALTROP_TOO_MANY;
        own[i] = (struct ct_field){ct_str_from(fields[i].name), {(const unsigned char *)fields[i].value.p, fields[i].value.n}};
    }
    ct_arena_clear(judge->arena);
    if (ct_judge(judge->arena, &judge->opts, own, n, &judge->verdict.v) != CT_OK) return CALTROP_NO_MEMORY;
    *ret_verdict = &judge->verdict;
    return CALTROP_OK;
}

caltrop_grade caltrop_verdict_grade(const caltrop_verdict *v) { return (caltrop_grade)v->v.grade; }
const char *caltrop_grade_name(caltrop_grade grade) { return ct_grade_name((enum ct_grade)grade); }
caltrop_certainty caltrop_verdict_certainty(const caltrop_verdict *v) { return (caltrop_certainty)v->v.certainty; }
unsigned caltrop_verdict_traits(const caltrop_verdict *v) { return v->v.traits; }
caltrop_text caltrop_verdict_field(const caltrop_verdict *v) { return text_of(v->v.field); }
caltrop_text caltrop_verdict_normal(const caltrop_verdict *v) { return text_of(v->v.normal); }
uint64_t caltrop_verdict_calls(const caltrop_verdict *v) { return v->v.n_calls; }

size_t caltrop_verdict_chain_count(const caltrop_verdict *v) { return v->v.n_chain; }
const char *caltrop_verdict_chain(const caltrop_verdict *v, size_t i) { return i < v->v.n_chain ? ct_layer_name(v->v.chain[i]) : NULL; }

size_t caltrop_verdict_indicator_count(const caltrop_verdict *v) { return v->v.n_indicators; }
caltrop_indicator caltrop_verdict_indicator(const caltrop_verdict *v, size_t i)
{
    if (i >= v->v.n_indicators) return (caltrop_indicator){{NULL, 0}, {NULL, 0}, {NULL, 0}, 0};
    const struct ct_indicator *k = &v->v.indicators[i];
    return (caltrop_indicator){text_of(k->scheme), text_of(k->host), text_of(k->path), k->port};
}

size_t caltrop_verdict_fires_count(const caltrop_verdict *v) { return v->v.n_fires; }
caltrop_fires caltrop_verdict_fires(const caltrop_verdict *v, size_t i)
{
    if (i >= v->v.n_fires) return (caltrop_fires){{NULL, 0}, {NULL, 0}, NULL, NULL};
    const struct ct_fires *f = &v->v.fires[i];
    return (caltrop_fires){text_of(f->first->first), text_of(f->last->last), ct_sink_name(f->sink), ct_setting_name(f->setting)};
}

size_t caltrop_verdict_condition_count(const caltrop_verdict *v) { return v->v.n_conditions; }
caltrop_text caltrop_verdict_condition(const caltrop_verdict *v, size_t i)
{
    return i < v->v.n_conditions ? text_of(v->v.conditions[i]) : (caltrop_text){NULL, 0};
}
