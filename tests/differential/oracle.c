#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool oracle_start(const char *folder, const char *release, bool opt_in, struct oracle *ret_oracle)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/classes:%s/jars/%s/log4j-api-%s.jar:%s/jars/%s/log4j-core-%s.jar", folder, folder, release,
                 release, folder, release, release) >= (int)sizeof path)
        return false;
    /* One collector thread and the quick compiler: the cores belong to several JVMs, each short-lived. enableJndi: from
     * 2.16.0 on the release itself then decides whether it has a jndi lookup. */
    const char *args[] = {"java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g", "-Xss3m", "-Xshare:auto", "-Duser.language=en",
                          "-Duser.country=US", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Dlog4j2.enableJndi=true",
                          "-Dlog4j2.enableJndiLookup=true", "-Dlog4j2.disable.jmx=true", "-Dlog4j.disable.jmx=true",
                          "-Dorg.apache.logging.log4j.simplelog.StatusLogger.level=OFF",
                          "-Dlog4j.configurationFile=" CT_DIFFERENTIAL_SOURCE "/oracle/log4j2.xml", "-cp", path, "Oracle",
                          opt_in ? "optin" : "message", NULL};
    return jvm_start(args, &ret_oracle->jvm);
}

struct reader {
    const struct jvm *jvm;
    bool ok;
    size_t at, n;
    unsigned char bytes[1u << 16];
};

static void refill(struct reader *r)
{
    r->at = 0;
    r->n = jvm_read(r->jvm, r->bytes, sizeof r->bytes);
    if (r->n == 0) r->ok = false;
}

static void take(struct reader *r, unsigned char *to, size_t n)
{
    while (n > 0 && r->ok) {
        size_t have = r->n - r->at;
        if (have == 0) {
            refill(r);
            continue;
        }
        if (have > n) have = n;
        memcpy(to, r->bytes + r->at, have);
        r->at += have;
        to += have;
        n -= have;
    }
}

static uint32_t take_u32(struct reader *r)
{
    unsigned char b[4] = {0};
    take(r, b, sizeof b);
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static ct_str take_bytes(struct reader *r, ct_arena *arena, uint32_t n)
{
    unsigned char *p = n <= 64u << 20 ? ct_arena_alloc(arena, n) : NULL;
    if (!p) {
        r->ok = false;
        return (ct_str){NULL, 0};
    }
    take(r, p, n);
    return (ct_str){p, n};
}

static void take_answer(struct reader *r, ct_arena *arena, struct answer *a)
{
    unsigned char end = 0;
    take(r, &end, 1);
    a->end = end == 0 ? ANSWER_DONE : end == 1 ? ANSWER_THREW : ANSWER_OVERFLOWED;
    a->thrown = take_bytes(r, arena, take_u32(r));
    a->why = take_bytes(r, arena, take_u32(r));
    a->n_calls = take_u32(r);
    a->n_keys = take_u32(r);
    if (a->n_keys > ORACLE_KEYS_MAX || !(a->keys = ct_arena_array(arena, a->n_keys, sizeof *a->keys))) {
        r->ok = false;
        return;
    }
    for (uint32_t i = 0; i < a->n_keys; i++) a->keys[i] = take_bytes(r, arena, take_u32(r));
    a->text_n = take_u32(r);
    a->text = take_bytes(r, arena, a->text_n < 1u << 16 ? a->text_n : 1u << 16);
}

static void put_u32(struct ct_buf *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8) ct_buf_byte(b, (unsigned char)(v >> shift));
}

bool oracle_ask(struct oracle *o, const struct question *questions, size_t n, ct_arena *arena, struct answer *ret_answers)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 256u << 20);
    put_u32(&b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        ct_buf_byte(&b, (unsigned char)(questions[i].self ? 3 : (int)questions[i].sink));
        ct_buf_byte(&b, questions[i].set);
        put_u32(&b, (uint32_t)questions[i].text.n);
        ct_buf_add(&b, questions[i].text);
    }
    if (b.err || !jvm_write(&o->jvm, ct_buf_view(&b))) return false;
    struct reader *r = malloc(sizeof *r);
    if (!r) return false;
    *r = (struct reader){.jvm = &o->jvm, .ok = true};
    for (size_t i = 0; i < n && r->ok; i++) take_answer(r, arena, &ret_answers[i]);
    bool ok = r->ok;
    free(r);
    return ok;
}
