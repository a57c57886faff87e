/* Any bytes as lines of events: what is read is held against assets; every answer has words, and what was read once is written and read again the same. */
#include "respond/against_judge.h"
#include "respond/json_list.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(ct_arena *arena, const struct ct_attempt_read *a)
{
    static const struct ct_fact_state states[] = {{100, CT_FACT_MESSAGE, CT_STATE_AFFECTED}, {200, CT_FACT_MESSAGE, CT_STATE_MITIGATED}, {200, CT_FACT_CONTEXT, CT_STATE_FIXED_ON_DISK}};
    static const char *const versions[] = {"2.14.1", "2.12.0-2.15.0", "", "2.17.1", "1.2.17"};
    static const int64_t looks[] = {50, 150, 250};
    struct ct_shape_row row = {.grade = a->grade, .certainty = a->certainty};
    struct ct_shape shape;
    struct ct_fires_read again[CT_ATTEMPT_FIRES_MAX];
    size_t n;
    if (ct_fires_write(arena, a->fires, a->n_fires, &row.fires) != CT_OK || ct_json_list_write(arena, a->conditions, a->n_conditions, &row.conditions) != CT_OK) return;
    if (ct_fires_parse(arena, row.fires, again, CT_ATTEMPT_FIRES_MAX, &n) != CT_OK || n != a->n_fires) abort();
    if (ct_shape_parse(arena, &row, &shape) != CT_OK) return;
    for (size_t v = 0; v < sizeof versions / sizeof *versions; v++) {
        struct ct_fact_presence p = {.component = 1, .first_seen = 100, .gone = 220, .purl = CT_STR("pkg:maven/a/log4j-core"), .version = ct_str_from(versions[v]), .states = states, .n_states = 3};
        p.release_known = ct_version_profiles(p.version, &p.first, &p.last);
        struct ct_fact_asset asset = {.id = 1, .looked = 250, .presences = &p, .n_presences = 1, .looks = looks, .n_looks = 3};
        for (int64_t at = 0; at < 300; at += 30) {
            struct ct_buf words;
            struct ct_ground g = ct_judge_asset(&shape, &asset, at, 60);
            ct_buf_init(&words, arena, 8192);
            ct_ground_words(&words, &shape, &g);
            if ((unsigned)g.would >= CT_WOULDS || words.n == 0) abort();
            asset.n_looks = 0; /* nobody looked: never safer */
            struct ct_ground blind = ct_judge_asset(&shape, &asset, at, 60);
            if (blind.would > g.would) abort();
            asset.n_looks = 3;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 32u << 20, &arena) != CT_OK) return 0;
    for (ct_str rest = {data, size}; rest.p;) {
        struct ct_attempt_read a;
        ct_str line = ct_str_cut(&rest, '\n');
        ct_arena_clear(arena);
        if (ct_attempt_read(arena, line, &a) != CT_OK) continue;
        if (a.stands_for == 0 || a.n_fires > CT_ATTEMPT_FIRES_MAX || a.n_conditions > CT_ATTEMPT_CONDITIONS_MAX) abort();
        judge(arena, &a);
    }
    ct_arena_free(arena);
    return 0;
}
