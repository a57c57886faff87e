/* Touches and contacts made of an attacker's bytes, in any order: the table keeps its limits, nothing serious is taken for background, and
 * what is written is harmless.
 *
 * An input does a bounded amount of work, so that there can be many a second: so many steps, so many touches in sweeps, and of what there is to
 * write the first is written, and one in sixteen of what follows; the input says which. */
#include "actor/actor.h"
#include "base/limits.h"
#include "detect/verdict.h"
#include "harmless.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *p;
    size_t n;
};

static uint8_t byte(struct input *in)
{
    if (in->n == 0) return 0;
    in->n--;
    return *in->p++;
}

static ct_str text(struct input *in)
{
    size_t n = byte(in) % 80u;
    if (n > in->n) n = in->n;
    ct_str s = {in->p, n};
    in->p += n;
    in->n -= n;
    return s;
}

enum { STEPS = 24, SWEPT = 320, ONE_IN = 16 };

static ct_arena *arena;
static unsigned written; /* of the later ones, this one in ONE_IN */

static bool is_written(uint64_t number) { return number == 1 || number % ONE_IN == written; }

static void tell(void *ctx, const struct ct_actor_event *e)
{
    struct ct_buf out[3];
    uint64_t *told = ctx;
    ++*told;
    if (!is_written(*told)) return;
    struct ct_arena_mark mark = ct_arena_mark(arena);
    for (size_t i = 0; i < 3; i++) ct_buf_init(&out[i], arena, 1u << 20);
    ct_actor_ecs(&out[0], e);
    ct_actor_csv(&out[1], e);
    ct_actor_text(&out[2], e, 0, false);
    for (size_t i = 0; i < 3; i++) check(out[i].err == CT_OK);
    check_json_object(ct_buf_view(&out[0]));
    check_text(ct_buf_view(&out[1]));
    check_text(ct_buf_view(&out[2]));
    ct_arena_reset(arena, mark);
}

static void touch_of(struct input *in, struct ct_touch *t)
{
    uint8_t a = byte(in), what = byte(in);
    *t = (struct ct_touch){.technique = (enum ct_technique)(what % CT_TECHNIQUE_COUNT), .source_port = (uint16_t)(what & 0x80 ? 53 : 40000),
                           .dest_port = (uint16_t)(byte(in) << 8 | byte(in)), .scope = a == 77, .to_many = (what & 0x60) == 0x60};
    t->transport = t->technique == CT_TECHNIQUE_UDP ? CT_TRANSPORT_UDP : t->technique == CT_TECHNIQUE_PING ? CT_TRANSPORT_ICMP : CT_TRANSPORT_TCP;
    if (what & 0x10) t->source[10] = t->source[11] = 0xff;
    t->source[12] = 10;
    t->source[15] = a;
}

static void one_contact(ct_actors *actors, struct input *in, struct ct_moment now, uint64_t number)
{
    struct ct_contact_fact facts[6];
    struct ct_contact c = {.facts = facts, .opened_us = now.real_us, .session = byte(in)};
    static const char *const faces[] = {"http", "ssh", NULL};
    touch_of(in, &c.touch);
    if (c.touch.technique != CT_TECHNIQUE_UDP) {
        c.touch.technique = CT_TECHNIQUE_CONNECT;
        c.touch.transport = CT_TRANSPORT_TCP;
    }
    c.face = faces[byte(in) % 3];
    c.user = text(in);
    struct ct_field fields[6];
    bool login = false;
    for (c.n_facts = 0; c.n_facts < 6 && byte(in) % 4; c.n_facts++) {
        struct ct_contact_fact *f = &facts[c.n_facts];
        *f = (struct ct_contact_fact){(enum ct_fact)(byte(in) % CT_FACT_COUNT), text(in)};
        fields[c.n_facts] = (struct ct_field){CT_STR("message"), f->value};
        login = login || (f->value.n && (f->kind == CT_FACT_USER || f->kind == CT_FACT_PASSWORD));
    }
    struct ct_verdict *v = ct_arena_alloc(arena, sizeof *v);
    static const struct ct_judge_opts opts = {0};
    check(v != NULL);
    ct_verdict_reset(v);
    if (c.n_facts) check(ct_judge(arena, &opts, fields, c.n_facts, v) == CT_OK);
    if (v->grade > CT_GRADE_NONE) c.verdict = v;
    struct ct_contact_event e;
    check(ct_actors_contact(actors, &c, now, arena, &e) == CT_OK);
    if (login || c.verdict) check(!e.background);
    if (!is_written(number)) return;
    struct ct_buf out[3];
    for (size_t i = 0; i < 3; i++) ct_buf_init(&out[i], arena, 1u << 20);
    ct_contact_ecs(&out[0], &e);
    ct_contact_csv(&out[1], &e);
    ct_contact_text(&out[2], &e, 0, false);
    for (size_t i = 0; i < 3; i++) check(out[i].err == CT_OK);
    check_json_object(ct_buf_view(&out[0]));
    check_text(ct_buf_view(&out[1]));
    check_text(ct_buf_view(&out[2]));
}

/* How far a sweep goes: mostly a port or two, sometimes as far as there is room for. */
static unsigned swept(uint8_t what, unsigned left)
{
    static const unsigned far[8] = {1, 1, 1, 1, 2, 5, 20, SWEPT};
    unsigned n = far[what / 8u % 8];
    return n < left ? n : left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint64_t told = 0, contacts = 0;
    struct ct_background *b = NULL;
    ct_actors *actors = NULL;
    if (!arena) check(ct_arena_new(&ct_alloc_libc, 256u << 20, &arena) == CT_OK); /* kept: what it costs is not what is looked at */
    check(ct_background_new(&ct_alloc_libc, byte(&in) * 100, 3, &b) == CT_OK);
    struct ct_actor_opts opts = {.sensor = CT_STR("${sensor}"), .actors_max = 1 + byte(&in) % 8, .memory_max = 60000, .settle_ms = byte(&in) % 3 * 100,
                                 .background = b, .tell = tell, .ctx = &told, .keep_passwords = byte(&in) & 1};
    written = byte(&in) % ONE_IN;
    check(ct_actors_new(&ct_alloc_libc, &opts, &actors) == CT_OK);
    struct ct_moment now = {INT64_C(1700000000000000), 0};
    struct ct_actor_stats s;
    unsigned left = SWEPT;
    for (unsigned step = 0; in.n && step < STEPS; step++) {
        uint8_t what = byte(&in);
        struct ct_touch t;
        if (what % 8 == 0) {
            now.mono_ms += (int64_t)what * what * what;
            ct_actors_tick(actors, now);
        } else if (what % 8 == 1) {
            now.real_us += (int64_t)(int8_t)byte(&in) * (INT64_C(1) << 40);
        } else if (what % 8 < 4) {
            one_contact(actors, &in, now, ++contacts);
            ct_arena_clear(arena);
        } else {
            touch_of(&in, &t);
            unsigned n = swept(what, left);
            left -= n;
            for (; n; n--, t.dest_port = (uint16_t)(t.dest_port + (what & 0xc0) + 1u)) check(ct_actors_touch(actors, &t, now) == CT_OK);
        }
        ct_actors_stats(actors, &s);
        check(s.memory <= opts.memory_max && s.actors <= opts.actors_max);
    }
    ct_actors_flush(actors, now);
    ct_actors_stats(actors, &s);
    check(told == s.told_new + s.told_grew + s.told_rose + s.told_ended);
    ct_actors_free(actors);
    ct_background_free(b);
    ct_arena_clear(arena);
    return 0;
}
