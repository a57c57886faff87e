/* Agents that patch a running JVM: named as -javaagent, or attached since.
 *
 * What was attached leaves its jar open and on no class path that the JVM was given. That a jar like that lies open says
 * nothing by itself: a program may read it, or bundle it. So the JVM must have been attached to. */
#include "scan/process_read.h"

#include "archive/manifest.h"
#include "archive/nest.h"
#include "os/sys.h"

#include <string.h>

static bool is_agent(const ct_processes *p, const struct ct_process_file *f)
{
    bool added = f->uses & (CT_USE_OPEN | CT_USE_MAPPED) && !(f->uses & CT_USE_CLASS_PATH);
    return f->uses & CT_USE_AGENT || (added && p->now.attach_socket);
}

/* "a.b.C" and "a/b/C.class" */
static bool is_entry_of(ct_str name, ct_str entry)
{
    if (entry.n != name.n + 6 || !ct_str_ends(entry, CT_STR(".class"))) return false;
    for (size_t i = 0; i < name.n; i++)
        if (entry.p[i] != (name.p[i] == '.' ? '/' : name.p[i])) return false;
    return true;
}

/* The agent class that a manifest gives, if it is one that is known. */
static ct_err known_agent(ct_processes *p, ct_str manifest, ct_str *ret_class)
{
    struct ct_manifest m;
    ct_str name, value;
    ct_manifest_open(&m, manifest);
    for (;;) {
        ct_err e = ct_manifest_next(&m, p->scratch, &name, &value);
        if (e == CT_ERR_NOMEM) return e;
        if (e == CT_ERR_END) return CT_OK;
        if (e != CT_OK) continue;
        bool agent = ct_str_eq_fold(name, CT_STR("Agent-Class")) || ct_str_eq_fold(name, CT_STR("Premain-Class"));
        value = ct_str_trim(value);
        if (agent && ct_java_hotpatch_class(value)) return ct_arena_dup(p->arena, value, ret_class);
    }
}

/* Its manifest stands in front of nearly every jar: most are left at once. */
static ct_err look_into(ct_processes *p, ct_nest *nest, struct ct_bytes_at bytes)
{
    static const unsigned char magic[] = {0xca, 0xfe, 0xba, 0xbe};
    struct ct_nest_event ev;
    ct_str class = {0}, text, head;
    ct_err e = ct_nest_open(nest, bytes, CT_STR("jar"), CT_FAMILY_ZIP);
    while (e == CT_OK && (e = ct_nest_next(nest, &ev)) == CT_OK) {
        if (ev.what != CT_NEST_ENTRY) continue;
        if (class.n == 0) {
            if (!ct_str_eq(ev.name, CT_STR("META-INF/MANIFEST.MF"))) continue;
            e = ct_nest_load(nest, p->scratch, CT_PROCESS_TEXT_MAX, &text);
            if (e == CT_OK) e = known_agent(p, text, &class);
            if (e == CT_OK && class.n == 0) return CT_OK;
            if (e == CT_OK) e = ct_nest_open(nest, bytes, CT_STR("jar"), CT_FAMILY_ZIP); /* the class may stand in front */
        } else if (is_entry_of(class, ev.name)) {
            e = ct_nest_peek(nest, sizeof magic, &head);
            if (e != CT_OK || head.n < sizeof magic || memcmp(head.p, magic, sizeof magic) != 0) break;
            p->now.hotpatch = ct_java_hotpatch_class(class);
            p->now.hotpatch_class = class;
            return CT_OK;
        }
    }
    return e == CT_ERR_NOMEM ? e : CT_OK; /* what cannot be read is no evidence */
}

static ct_err by_class(ct_processes *p, ct_nest *nest)
{
    for (size_t i = 0; i < p->n_files && !p->now.hotpatch; i++) {
        int fd;
        if (!is_agent(p, &p->files[i])) continue;
        ct_err e = ct_process_open(p, &p->files[i], &fd);
        if (e != CT_OK) {
            if (e == CT_ERR_NOMEM) return e;
            continue;
        }
        struct ct_arena_mark scratch = ct_arena_mark(p->scratch);
        e = look_into(p, nest, ct_process_bytes(&fd, p->files[i].size));
        ct_arena_reset(p->scratch, scratch);
        (void)ct_sys->close(fd);
        CT_TRY(e);
    }
    return CT_OK;
}

ct_err ct_process_read_agents(ct_processes *p)
{
    ct_nest *nest;
    CT_TRY(ct_nest_new(p->alloc, &ct_nest_limits_default, &nest));
    ct_err e = by_class(p, nest);
    ct_nest_free(nest);
    /* A jar that is gone or cannot be read has its name left. */
    for (size_t i = 0; i < p->now.args.n_agents && !p->now.hotpatch; i++) p->now.hotpatch = ct_java_hotpatch(p->now.args.agents[i]);
    for (size_t i = 0; i < p->n_files && !p->now.hotpatch; i++)
        if (is_agent(p, &p->files[i])) p->now.hotpatch = ct_java_hotpatch(p->files[i].path);
    return e;
}
