#include "scan/running.h"

#include "assess/assess.h"
#include "base/buf.h"
#include "base/limits.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BUCKETS = 4096, SHOWN_MAX = 64, UNREADABLE_NAMED = 5 };

struct looked_at {             /* an inode: what it is called, and what is in it */
    ct_str path;
    struct verdict *first;
};

struct verdict {
    struct verdict *next;
    enum ct_state state;
    const struct ct_scan_finding *finding; /* in the private report */
};

struct attached {
    struct attached *next;
    struct ct_scan_process shown;
    struct ct_process_evidence evidence;
    bool touched;              /* the inode changed, its content perhaps not */
};

struct user_of {               /* every process that uses a file, by the path that findings have */
    struct user_of *in_bucket;
    ct_str path;
    struct attached *first;
    size_t n;
};

struct place {                 /* a finding of the walk at the same path */
    struct place *next;
    struct ct_scan_item *item;
};

struct target {
    struct target *in_bucket, *next;
    const struct ct_scan_finding *finding;
    enum ct_state state, disk; /* of what the processes run; of the file that now has this path */
    bool own_file;             /* state is also that of a file on disk */
    struct place *places;
    struct attached *first, **last;
    size_t n;
};

struct ct_running {
    const struct ct_alloc *alloc;
    const struct ct_running_opts *opts;
    ct_scan_report *report, *private;
    ct_processes *processes;
    const struct ct_process *now;
    struct ct_loose loose;
    struct ct_inspect_opts inspect;
    ct_inspector *inspector;
    ct_arena *arena;
    struct ct_seen inodes;     /* with index + 1 into files */
    struct looked_at *files;
    size_t n_files, cap_files;
    struct target *buckets[BUCKETS], *targets, **last;
    struct user_of *users[BUCKETS];
    struct attached like;      /* of the process at hand: what does not depend on the file */
    bool described;
    uint64_t unreadable;
    int fd;
};

static ct_err read_fd(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    ct_running *r = ctx;
    size_t done = 0;
    while (done < n) {
        ssize_t got = ct_sys->pread(r->fd, (unsigned char *)to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return ct_sys_err(errno, CT_ERR_READ);
        if (got == 0) break;
        done += (size_t)got;
    }
    *ret_n = done;
    return CT_OK;
}

/* The name under which it is reported. */
static ct_err label(ct_running *r, const struct ct_process_file *f, ct_str *ret_label)
{
    const struct ct_process *p = r->now;
    struct ct_buf b;
    if (p->same_tree) return ct_arena_dup(r->arena, f->host_path.n ? f->host_path : f->path, ret_label);
    ct_buf_init(&b, r->arena, CT_SCAN_LABEL_MAX);
    if (p->group.container.n) {
        ct_buf_text(&b, *p->group.runtime ? p->group.runtime : "container");
        ct_buf_text(&b, "://");
        ct_buf_add(&b, p->group.container);
    } else if (p->group.unit.n) {
        ct_buf_text(&b, "unit://");
        ct_buf_add(&b, p->group.unit);
    } else ct_buf_printf(&b, "proc://%llu", (unsigned long long)p->pid);
    ct_buf_add(&b, f->path);
    return ct_buf_str(&b, ret_label);
}

static ct_err keep_verdicts(ct_running *r, struct ct_scan_item *items, struct verdict **ret_first)
{
    struct verdict **last = ret_first;
    *ret_first = NULL;
    for (; items; items = items->next) {
        struct verdict *v = ct_arena_zalloc(r->arena, sizeof *v);
        if (!v) return CT_ERR_NOMEM;
        v->state = items->state;
        v->finding = &items->finding;
        *last = v;
        last = &v->next;
    }
    return CT_OK;
}

static ct_err look_into(ct_running *r, const struct ct_process_file *f, struct looked_at *at)
{
    CT_TRY(label(r, f, &at->path));
    ct_err e = ct_process_open(r->processes, f, &r->fd);
    if (e == CT_ERR_NOMEM) return e;
    if (e != CT_OK) { /* of what is gone by now nothing can be said */
        if (e != CT_ERR_NOT_FOUND) ct_scan_report_note(r->report, at->path, true, "open in process %llu: %s", (unsigned long long)r->now->pid, ct_err_text(e));
        return CT_OK;
    }
    struct ct_scan_item **before = r->private->last_item;
    struct ct_scan_note_item **notes = r->private->last_note;
    struct ct_bytes_at bytes = {.read = read_fd, .ctx = r, .size = f->size};
    e = ct_inspector_file(r->inspector, bytes, at->path, NULL);
    (void)ct_sys->close(r->fd);
    if (e == CT_OK) e = keep_verdicts(r, *before, &at->first);
    /* Where the walk came too, it has noted the same. */
    for (const struct ct_scan_note_item *n = *notes; n && !f->host_path.n; n = n->next)
        ct_scan_report_note(r->report, n->note.path, n->note.incomplete, "%.*s", CT_STR_ARG(n->note.text));
    return e;
}

/* An inode is looked into at its first sight. */
static ct_err look_once(ct_running *r, const struct ct_process_file *f, const struct looked_at **ret_at)
{
    uint64_t first;
    CT_TRY(ct_seen_add(&r->inodes, f->dev, f->ino, r->n_files + 1, &first));
    if (first <= r->n_files) {
        *ret_at = &r->files[first - 1];
        return CT_OK;
    }
    if (r->n_files == r->cap_files) {
        size_t cap = r->cap_files ? r->cap_files * 2 : 256;
        struct looked_at *grown = ct_arena_grow(r->arena, r->files, r->cap_files * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        r->files = grown;
        r->cap_files = cap;
    }
    r->files[r->n_files] = (struct looked_at){0};
    *ret_at = &r->files[r->n_files++];
    return look_into(r, f, &r->files[r->n_files - 1]);
}

static bool same(const struct ct_scan_finding *a, const struct ct_scan_finding *b)
{
    return ct_str_eq(a->path, b->path) && ct_str_eq(a->vulnerability, b->vulnerability) && ct_str_eq(a->product, b->product);
}

static size_t bucket_of(const struct ct_scan_finding *f)
{
    uint64_t h = ct_str_hash(f->path) * 31 + ct_str_hash(f->vulnerability) * 7 + ct_str_hash(f->product);
    return (size_t)(h ^ h >> 32) % BUCKETS;
}

static struct target *find(const ct_running *r, const struct ct_scan_finding *f)
{
    struct target *t = r->buckets[bucket_of(f)];
    while (t && !same(t->finding, f)) t = t->in_bucket;
    return t;
}

static ct_err target_for(ct_running *r, const struct verdict *v, bool own_file, struct target **ret_target)
{
    struct target *t = find(r, v->finding);
    if (!t) {
        t = ct_arena_zalloc(r->arena, sizeof *t);
        if (!t) return CT_ERR_NOMEM;
        *t = (struct target){.finding = v->finding, .state = v->state, .in_bucket = r->buckets[bucket_of(v->finding)]};
        t->last = &t->first;
        r->buckets[bucket_of(v->finding)] = t;
        *r->last = t;
        r->last = &t->next;
    }
    t->state = ct_state_worst(t->state, v->state);
    if (own_file) {
        t->disk = t->own_file ? ct_state_worst(t->disk, v->state) : v->state;
        t->own_file = true;
    }
    *ret_target = t;
    return CT_OK;
}

static enum ct_security_manager manager_of(ct_running *r, const struct ct_process_file *f, bool nested)
{
    struct ct_policy_answer a = {0};
    switch (r->now->security.manager) {
    case CT_JAVA_MANAGER_NONE:
    case CT_JAVA_MANAGER_MAYBE: return CT_SECURITY_MANAGER_NONE; /* more_controls has the words */
    case CT_JAVA_MANAGER_CLASS:
    case CT_JAVA_MANAGER_IN_CODE: return CT_SECURITY_MANAGER_UNKNOWN;
    case CT_JAVA_MANAGER_DEFAULT: break;
    }
    /* A jar within a jar has a code source of its own, which only its class loader knows. */
    if (ct_process_policy(r->processes, nested ? (ct_str){0} : f->path, &a) != CT_OK) return CT_SECURITY_MANAGER_UNKNOWN;
    if (a.connect >= CT_REACH_SOME) return CT_SECURITY_MANAGER_GRANTS;
    if (a.may_connect >= CT_REACH_SOME) return CT_SECURITY_MANAGER_UNKNOWN;
    if (a.resolve >= CT_REACH_SOME) return CT_SECURITY_MANAGER_RESOLVES;
    return a.may_resolve >= CT_REACH_SOME ? CT_SECURITY_MANAGER_UNKNOWN : CT_SECURITY_MANAGER_DENIES;
}

/* How the process uses the file, and whether it may run something else than what lies on disk. A jar that is on the class path and not
 * open was never read: a JVM keeps open what it has read. */
static const char *how(const struct ct_process *p, const struct ct_process_file *f, struct attached *a)
{
    bool in_use = f->uses & (CT_USE_OPEN | CT_USE_MAPPED);
    int64_t start = p->started_us + CT_PROCESS_CLOCK_US;
    a->evidence.old_code = true;
    if (f->deleted) return f->uses & CT_USE_OPEN ? "holds the deleted file open" : "maps the deleted file";
    if (p->jvm && in_use && f->modified_us > start) return "started before the file changed";
    a->touched = p->jvm && in_use && f->changed_us > start;
    if (a->touched) return "started before the file's inode changed, whose time stamp is older";
    a->evidence.old_code = false;
    return f->uses & CT_USE_OPEN ? "holds it open" : f->uses & CT_USE_MAPPED ? "maps it" : "has it on its class path";
}

/* What the arguments say beyond what bears on a state. */
static ct_err more_controls(ct_running *r, ct_str *ret_text)
{
    const struct ct_process *p = r->now;
    struct ct_buf b;
    ct_buf_init(&b, r->arena, CT_SCAN_LABEL_MAX);
    if (p->jvm && p->security.manager == CT_JAVA_MANAGER_MAYBE) ct_buf_text(&b, "; Security Manager unknown: none by flag, the program may have installed one");
    if (p->security.manager == CT_JAVA_MANAGER_IN_CODE) ct_buf_printf(&b, "; %s installs a Security Manager in its code", p->security.program);
    if (p->security.manager == CT_JAVA_MANAGER_CLASS) {
        ct_buf_text(&b, "; Security Manager of class ");
        ct_buf_add(&b, p->security.manager_class);
    }
    if (p->jvm && ct_java_trusts_urls(&p->args)) ct_buf_text(&b, "; loads remote classes (trustURLCodebase=true)");
    if (p->hotpatch) ct_buf_printf(&b, "; agent %s", p->hotpatch);
    if (p->hotpatch && p->hotpatch_class.n) ct_buf_printf(&b, " (class %.*s)", CT_STR_ARG(p->hotpatch_class));
    if (p->attach_socket) ct_buf_text(&b, "; something has attached to this JVM since it started");
    if (p->jvm && !p->environment_read) ct_buf_text(&b, "; environment not read");
    if (p->problem.n) {
        ct_buf_text(&b, "; ");
        ct_buf_add(&b, p->problem);
    }
    CT_TRY(b.err);
    *ret_text = ct_str_slice(ct_buf_view(&b), 2, b.n);
    return CT_OK;
}

/* "Java 17.0.9": what people look for first. */
static ct_err describe(ct_running *r, struct ct_scan_process *shown)
{
    const struct ct_process *p = r->now;
    *shown = (struct ct_scan_process){.pid = p->pid, .started_us = p->started_us};
    CT_TRY(ct_arena_dup(r->arena, p->name, &shown->name));
    CT_TRY(ct_arena_dup(r->arena, p->user, &shown->user));
    CT_TRY(ct_arena_dup(r->arena, p->group.unit, &shown->unit));
    CT_TRY(ct_arena_dup(r->arena, p->group.container, &shown->container));
    CT_TRY(ct_arena_dup(r->arena, p->java_version, &shown->java));
    return more_controls(r, &shown->controls);
}

/* Flags count where it is sure that the JVM has read them as we did. The property wins over the environment. */
static ct_err read_flags(ct_running *r, struct ct_process_evidence *e)
{
    const struct ct_process *p = r->now;
    ct_str value = p->no_lookups_env, *to = &e->no_lookups_env;
    bool sure = p->args.launcher && !p->args.unread && !p->args.cut && !p->cut;
    if (ct_log4j_no_lookups(&p->args, &value)) to = &e->no_lookups_property;
    if (value.p && sure) {
        *to = CT_STR("");
        if (value.n) CT_TRY(ct_arena_dup(r->arena, value, to));
    }
    e->hotpatch_agent = p->hotpatch != NULL;
    return CT_OK;
}

/* What is the same for all its files, at the first that matters. */
static ct_err describe_once(ct_running *r)
{
    if (r->described) return CT_OK;
    r->like = (struct attached){0};
    CT_TRY(describe(r, &r->like.shown));
    if (r->now->jvm) CT_TRY(read_flags(r, &r->like.evidence));
    r->described = true;
    return CT_OK;
}

static ct_err add_user(ct_running *r, ct_str path, const struct attached *like)
{
    struct user_of **bucket = &r->users[ct_str_hash(path) % BUCKETS], *u = *bucket;
    while (u && !ct_str_eq(u->path, path)) u = u->in_bucket;
    if (!u) {
        u = ct_arena_zalloc(r->arena, sizeof *u);
        if (!u) return CT_ERR_NOMEM;
        *u = (struct user_of){.in_bucket = *bucket, .path = path};
        *bucket = u;
    }
    if (u->n++ >= SHOWN_MAX) return CT_OK;
    struct attached *a = ct_arena_alloc(r->arena, sizeof *a);
    if (!a) return CT_ERR_NOMEM;
    *a = *like;
    a->next = u->first;
    u->first = a;
    return CT_OK;
}

static ct_err attach(ct_running *r, const struct ct_process_file *f, const struct verdict *v, const struct attached *like)
{
    struct target *t;
    CT_TRY(target_for(r, v, !f->deleted, &t));
    if (f->uses == CT_USE_SUCCESSOR || t->n++ >= SHOWN_MAX) return CT_OK;
    struct attached *a = ct_arena_alloc(r->arena, sizeof *a);
    if (!a) return CT_ERR_NOMEM;
    *a = *like;
    a->next = NULL;
    a->evidence.old_state = v->state;
    a->evidence.old_state_known = f->deleted;
    if (f->deleted && v->finding->version.n) { /* what stands at its path by now may be another release */
        struct ct_buf b;
        ct_buf_init(&b, r->arena, CT_SCAN_LABEL_MAX);
        ct_buf_add(&b, like->shown.how);
        ct_buf_text(&b, ": ");
        ct_buf_add(&b, v->finding->product);
        ct_buf_byte(&b, ' ');
        ct_buf_add(&b, v->finding->version);
        CT_TRY(ct_buf_str(&b, &a->shown.how));
    }
    *t->last = a;
    t->last = &a->next;
    return CT_OK;
}

static ct_err add_file(ct_running *r, const struct ct_process_file *f)
{
    const struct looked_at *at;
    ct_str path;
    if (!r->now->jvm) { /* runs nothing of it, and only stands beside what the walk finds there */
        if (!f->host_path.n) return CT_OK;
        CT_TRY(label(r, f, &path));
        CT_TRY(describe_once(r));
        r->like.shown.how = CT_STR("holds it open");
        return add_user(r, path, &r->like);
    }
    CT_TRY(look_once(r, f, &at));
    if (!at->path.n) return CT_OK;
    CT_TRY(describe_once(r));
    struct attached like = r->like;
    like.shown.how = like.evidence.old_code_how = ct_str_from(how(r->now, f, &like));
    if (f->uses != CT_USE_SUCCESSOR) CT_TRY(add_user(r, at->path, &like));
    bool asked = false;
    for (const struct verdict *v = at->first; v; v = v->next) {
        if (!ct_scan_state_open(v->state) && !(v->state == CT_STATE_FIXED && (like.evidence.old_code || f->uses == CT_USE_SUCCESSOR))) continue;
        if (!asked) like.evidence.security_manager = manager_of(r, f, ct_str_find(v->finding->path, CT_STR("!/")) != CT_STR_NONE);
        asked = true;
        CT_TRY(attach(r, f, v, &like));
    }
    return CT_OK;
}

static ct_err add_process(ct_running *r)
{
    const struct ct_process *p = r->now;
    r->report->host.n_processes_seen++;
    r->described = false;
    if (p->unreadable && r->unreadable++ < UNREADABLE_NAMED && geteuid() == 0)
        ct_scan_report_note(r->report, p->name, true, "process %llu may not be looked into", (unsigned long long)p->pid);
    for (size_t i = 0; i < p->n_files; i++) CT_TRY(add_file(r, &p->files[i]));
    if (p->jvm && p->cut) ct_scan_report_note(r->report, p->name, true, "process %llu: not all of its files or arguments were looked at", (unsigned long long)p->pid);
    return CT_OK;
}

static ct_err each_process(ct_running *r)
{
    for (uint64_t n = 0;; n++) {
        if (r->opts->between && r->opts->between(r->opts->ctx, n)) {
            r->report->interrupted = true;
            return CT_OK;
        }
        ct_err e = ct_processes_next(r->processes, &r->now);
        if (e == CT_ERR_END) return CT_OK;
        CT_TRY(e);
        CT_TRY(add_process(r));
    }
}

struct outcome {
    enum ct_state state;
    ct_str reason;
    struct ct_scan_process *processes;
    size_t n;
};

static ct_err join_controls(ct_running *r, ct_str first, ct_str second, ct_str *ret_both)
{
    struct ct_buf b;
    ct_buf_init(&b, r->arena, CT_SCAN_LABEL_MAX);
    ct_buf_add(&b, first);
    if (first.n && second.n) ct_buf_text(&b, "; ");
    ct_buf_add(&b, second);
    return ct_buf_str(&b, ret_both);
}

static ct_err judge_one(ct_running *r, const struct target *t, const struct attached *a, struct outcome *o)
{
    const struct ct_scan_finding *f = t->finding;
    bool on_disk = t->places || t->own_file;
    enum ct_state disk = on_disk ? t->disk : CT_STATE_FIXED;
    ct_str reason = on_disk ? f->reason : CT_STR("nothing of it is left on disk at this path");
    struct ct_assess_input in = {.cve = f->vulnerability, .version = f->version, .process = &a->evidence};
    struct ct_assessment as = {.state = t->state, .reason = f->reason};
    if (strcmp(f->source, "class") == 0) {
        in.classes = &disk;
        in.classes_reason = reason;
    } else {
        in.metadata = &disk;
        in.metadata_reason = reason;
    }
    if (strcmp(f->source, "suspect") != 0) CT_TRY(ct_assess(r->arena, &in, &as));
    if (a->touched && as.state == CT_STATE_FIXED_ON_DISK) as.state = CT_STATE_UNDER_INVESTIGATION;
    o->processes[o->n] = a->shown;
    CT_TRY(join_controls(r, as.controls, a->shown.controls, &o->processes[o->n].controls));
    o->n++;
    if (as.state < o->state) {
        o->state = as.state;
        o->reason = as.reason;
    }
    return CT_OK;
}

/* The worst over all that run it. */
static ct_err judge(ct_running *r, const struct target *t, struct outcome *ret_outcome)
{
    struct outcome o = {.state = CT_STATE_COUNT};
    o.processes = ct_arena_array(r->arena, t->n + 1, sizeof *o.processes);
    if (!o.processes) return CT_ERR_NOMEM;
    for (const struct attached *a = t->first; a; a = a->next) CT_TRY(judge_one(r, t, a, &o));
    *ret_outcome = o;
    return CT_OK;
}

/* What the walk says of the same places is what lies on disk there. */
static ct_err join_places(ct_running *r)
{
    for (struct ct_scan_item *i = r->report->items; i; i = i->next) {
        struct target *t = find(r, &i->finding);
        if (!t) continue;
        struct place *p = ct_arena_alloc(r->arena, sizeof *p);
        if (!p) return CT_ERR_NOMEM;
        t->disk = t->places || t->own_file ? ct_state_worst(t->disk, i->state) : i->state;
        *p = (struct place){t->places, i};
        t->places = p;
    }
    return CT_OK;
}

static struct ct_scan_finding with(const struct ct_scan_finding *f, const struct outcome *o)
{
    struct ct_scan_finding changed = *f;
    changed.processes = o->processes;
    changed.n_processes = o->n;
    changed.state = ct_state_name(o->state);
    if (o->reason.n) changed.reason = o->reason;
    return changed;
}

static ct_err apply(ct_running *r)
{
    CT_TRY(join_places(r));
    for (const struct target *t = r->targets; t; t = t->next) {
        struct outcome o;
        if (!t->first) continue; /* what replaced a file, and is used by nobody */
        CT_TRY(judge(r, t, &o));
        for (const struct place *p = t->places; p; p = p->next) {
            struct ct_scan_finding f = with(&p->item->finding, &o);
            ct_scan_report_replace(r->report, p->item, o.state, &f);
        }
        if (t->places) continue;
        struct ct_scan_finding f = with(t->finding, &o);
        ct_scan_report_finding(r->report, o.state, &f, NULL);
    }
    return CT_OK;
}

static ct_err run(ct_running *r)
{
    CT_TRY(ct_arena_new(r->alloc, CT_RUNNING_ARENA_MAX, &r->arena));
    CT_TRY(ct_scan_report_new(r->alloc, &r->private));
    CT_TRY(ct_loose_init(&r->loose, r->alloc, r->inspect.fingerprints));
    CT_TRY(ct_inspector_new(r->alloc, &r->inspect, r->private, &r->loose, &r->inspector));
    CT_TRY(each_process(r));
    return apply(r);
}

ct_err ct_running_new(const struct ct_alloc *alloc, const struct ct_running_opts *opts, ct_scan_report *report, ct_running **ret_running)
{
    ct_running *r = ct_alloc_get(alloc, sizeof *r);
    if (!r) return CT_ERR_NOMEM;
    memset(r, 0, sizeof *r);
    r->alloc = alloc;
    r->opts = opts;
    r->report = report;
    r->inspect = opts->inspect;
    r->inspect.families = CT_FAMILY_ZIP; /* JVMs read no other */
    r->inspect.components = false;
    r->last = &r->targets;
    ct_seen_init(&r->inodes, alloc);
    ct_err e = ct_processes_new(alloc, &opts->processes, &r->processes);
    if (e == CT_OK) {
        e = run(r);
        report->host.processes = geteuid() == 0 ? "yes" : "own user only";
        if (r->unreadable > UNREADABLE_NAMED && geteuid() == 0)
            ct_scan_report_note(report, CT_STR(""), true, "and %llu more processes", (unsigned long long)(r->unreadable - UNREADABLE_NAMED));
    } else if (e == CT_ERR_UNSUPPORTED) {
        ct_scan_report_note(report, CT_STR("/proc"), true, "no processes were looked at: it is not there");
        e = CT_OK;
    }
    if (e == CT_OK) *ret_running = r;
    else ct_running_free(r);
    return e;
}

void ct_running_free(ct_running *r)
{
    if (!r) return;
    ct_inspector_free(r->inspector);
    ct_loose_done(&r->loose);
    ct_scan_report_free(r->private);
    ct_processes_free(r->processes);
    ct_seen_done(&r->inodes);
    ct_arena_free(r->arena);
    ct_alloc_put(r->alloc, r, sizeof *r);
}

ct_err ct_running_join(ct_running *r)
{
    for (struct ct_scan_item *i = r ? r->report->items : NULL; i; i = i->next) {
        ct_str outer = ct_str_slice(i->finding.path, 0, ct_str_find(i->finding.path, CT_STR("!/")));
        struct user_of *u = i->finding.n_processes ? NULL : r->users[ct_str_hash(outer) % BUCKETS];
        while (u && !ct_str_eq(u->path, outer)) u = u->in_bucket;
        if (!u) continue;
        struct ct_scan_process list[SHOWN_MAX];
        size_t n = 0;
        for (const struct attached *a = u->first; a; a = a->next) list[n++] = a->shown;
        struct ct_scan_finding f = i->finding;
        f.processes = list;
        f.n_processes = n;
        ct_scan_report_replace(r->report, i, i->state, &f);
    }
    return CT_OK;
}
