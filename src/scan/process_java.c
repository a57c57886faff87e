#include "scan/process_read.h"

#include "os/inroot.h"
#include "os/sys.h"
#include "runtime/procfs.h"
#include "runtime/release_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A process is a JVM when it maps one: also jsvc, an application server's own launcher, a JVM inside another program. */
static ct_err find_jvm(ct_processes *p)
{
    ct_err e = ct_inroot_slurp(p->scratch, p->dir, "maps", CT_PROCESS_MAPS_MAX, &p->maps, NULL);
    if (e == CT_ERR_NOMEM) return e;
    p->now.unreadable = e == CT_ERR_PERMISSION;
    if (e != CT_OK) return p->now.unreadable ? CT_OK : CT_ERR_NOT_FOUND; /* it ends while we look */
    if (ct_str_find(p->maps, CT_STR("/libj")) == CT_STR_NONE) return CT_OK;
    struct ct_proc_map m;
    for (ct_str rest = p->maps; ct_proc_map_next(&rest, &m);) {
        size_t slash = ct_str_rchr(m.path, '/');
        ct_str name = ct_str_slice(m.path, slash + 1, m.path.n);
        if (!ct_str_eq(name, CT_STR("libjvm.so")) && !ct_str_starts(name, CT_STR("libj9vm"))) continue;
        p->now.jvm = true;
        p->libjvm = m.path;
        return CT_OK;
    }
    return CT_OK;
}

static ct_str cut_at_last(ct_str path, ct_str mark)
{
    for (size_t at = path.n; at-- > 0;)
        if (ct_str_starts(ct_str_slice(path, at, path.n), mark)) return ct_str_slice(path, 0, at);
    return (ct_str){0};
}

/* <java.home>/lib/server/libjvm.so, or <java.home>/lib/amd64/server/libjvm.so. The release file lies there, or one above where
 * that is the jre of a JDK 8. */
static ct_err read_version(ct_processes *p)
{
    p->java_home = cut_at_last(p->libjvm, CT_STR("/lib/"));
    ct_str folder = p->java_home;
    for (int i = 0; i < 2 && folder.n; i++) {
        struct ct_buf b;
        ct_str path, text;
        ct_buf_init(&b, p->arena, PATH_MAX);
        ct_buf_add(&b, folder);
        ct_buf_text(&b, "/release");
        CT_TRY(ct_buf_str(&b, &path));
        ct_err e = ct_process_file_text(p, path, CT_PROCESS_TEXT_MAX, &text, NULL);
        if (e == CT_OK) e = ct_release_value(p->arena, text, CT_STR("JAVA_VERSION"), &p->now.java_version);
        if (e == CT_ERR_NOMEM) return e;
        if (e == CT_OK) break;
        folder = ct_str_slice(folder, 0, ct_str_rchr(folder, '/') == CT_STR_NONE ? 0 : ct_str_rchr(folder, '/'));
    }
    p->now.java_major = ct_java_major(p->now.java_version);
    return CT_OK;
}

static ct_err read_argument_file(void *ctx, ct_str path, ct_str *ret_text)
{
    ct_processes *p = ctx;
    int64_t changed;
    CT_TRY(ct_process_file_text(p, path, CT_PROCESS_TEXT_MAX, ret_text, &changed));
    /* What it says now is not what the JVM has read. */
    return changed > p->now.started_us + CT_PROCESS_CLOCK_US ? CT_ERR_UNSUPPORTED : CT_OK;
}

/* Of the environment these are kept, and nothing else. Of a name given twice the first counts. */
static ct_err read_environment(ct_processes *p, struct ct_java_input *in)
{
    struct {
        ct_str name, *to;
    } wanted[] = {
        {CT_STR("CLASSPATH"), &in->class_path},
        {CT_STR("JDK_JAVA_OPTIONS"), &in->jdk_java_options},
        {CT_STR("JAVA_TOOL_OPTIONS"), &in->java_tool_options},
        {CT_STR("_JAVA_OPTIONS"), &in->java_options},
        {CT_STR("LOG4J_FORMAT_MSG_NO_LOOKUPS"), &p->now.no_lookups_env},
    };
    ct_str text, entry, value;
    ct_err e = ct_inroot_slurp(p->scratch, p->dir, "environ", CT_PROCESS_LINE_MAX, &text, &p->now.cut);
    if (e != CT_OK) return e == CT_ERR_NOMEM ? e : CT_OK;
    p->now.environment_read = true;
    while (ct_proc_entry_next(&text, &entry))
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            if (!wanted[i].to->p && ct_proc_entry_is(entry, wanted[i].name, &value)) {
                ct_str copy = CT_STR("");
                if (value.n) CT_TRY(ct_arena_dup(p->arena, value, &copy));
                *wanted[i].to = copy;
            }
    return CT_OK;
}

static ct_err read_arguments(ct_processes *p)
{
    struct ct_java_input in = {.major = p->now.java_major, .read = read_argument_file, .ctx = p};
    char exe[PATH_MAX];
    ct_str text = {0}, entry;
    bool cut = false;
    CT_TRY(read_environment(p, &in));
    ct_err e = ct_inroot_slurp(p->arena, p->dir, "cmdline", CT_PROCESS_LINE_MAX, &text, &cut);
    if (e == CT_ERR_NOMEM) return e;
    p->now.cut |= cut;
    size_t n = 0, max = 0;
    for (size_t i = 0; i < text.n; i++) max += text.p[i] == 0;
    max = max < CT_JAVA_WORDS_MAX ? max + 1 : CT_JAVA_WORDS_MAX;
    ct_str *argv = ct_arena_array(p->arena, max, sizeof *argv);
    if (!argv) return CT_ERR_NOMEM;
    while (n < max && ct_proc_entry_next(&text, &entry)) argv[n++] = entry;
    ssize_t exe_n = readlinkat(p->dir, "exe", exe, sizeof exe);
    ct_str program = {(unsigned char *)exe, exe_n > 0 ? (size_t)exe_n : 0};
    (void)ct_proc_cut_deleted(&program);
    in.launcher = ct_str_ends(program, CT_STR("/java"));
    in.argv = argv;
    in.n_argv = n;
    CT_TRY(ct_java_args_read(p->arena, &in, &p->now.args));
    ct_java_security_read(&p->now.args, p->now.java_major, &p->now.security);
    if (p->now.args.unread) ct_process_problem(p, "a file of arguments cannot be read, or has changed since");
    if (p->now.args.cut || p->now.cut) ct_process_problem(p, "too many arguments");
    return CT_OK;
}

/* The socket of the attach mechanism: some tool has talked to this JVM. */
static ct_err look_for_attach(ct_processes *p)
{
    struct ct_proc_status status;
    ct_str text;
    char name[64];
    int place;
    struct stat st;
    ct_err e = ct_inroot_slurp(p->scratch, p->dir, "status", 16384, &text, NULL);
    if (e != CT_OK || ct_proc_status_parse(text, &status) != CT_OK) return e == CT_ERR_NOMEM ? e : CT_OK;
    uint64_t pid = status.inner_pid ? status.inner_pid : p->now.pid;
    (void)snprintf(name, sizeof name, "/tmp/.java_pid%llu", (unsigned long long)pid);
    e = ct_inroot_open(p->root, ct_str_from(name), p->arena, &place, NULL);
    if (e != CT_OK) return e == CT_ERR_NOMEM ? e : CT_OK;
    p->now.attach_socket = fstat(place, &st) == 0 && S_ISSOCK(st.st_mode);
    (void)ct_sys->close(place);
    return CT_OK;
}

static ct_err find_home(ct_processes *p)
{
    ct_str text;
    if (ct_java_property(&p->now.args, CT_STR("user.home"), &p->user_home)) return CT_OK;
    ct_err e = ct_process_file_text(p, CT_STR("/etc/passwd"), CT_PROCESS_TEXT_MAX, &text, NULL);
    if (e == CT_OK) p->user_home = ct_process_passwd(text, p->now.uid, 5);
    return e == CT_ERR_NOMEM ? e : CT_OK;
}

ct_err ct_process_read_java(ct_processes *p)
{
    CT_TRY(find_jvm(p));
    if (!p->now.jvm) return CT_OK;
    CT_TRY(read_version(p));
    CT_TRY(read_arguments(p));
    CT_TRY(look_for_attach(p));
    return find_home(p);
}

/* ---- policy files ---- */

static bool property(void *ctx, ct_str name, ct_str *ret_value)
{
    ct_processes *p = ctx;
    if (ct_java_property(&p->now.args, name, ret_value)) return true;
    struct {
        ct_str name, value;
    } known[] = {
        {CT_STR("java.home"), p->java_home}, {CT_STR("user.home"), p->user_home}, {CT_STR("user.dir"), p->cwd},
        {CT_STR("user.name"), p->now.user}, {CT_STR("java.io.tmpdir"), CT_STR("/tmp")}, {CT_STR("path.separator"), CT_STR(":")},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (ct_str_eq(name, known[i].name) && known[i].value.n) {
            *ret_value = known[i].value;
            return true;
        }
    return false;
}

static ct_err canonical(void *ctx, ct_str path, ct_str *ret_path)
{
    ct_processes *p = ctx;
    int place;
    if (!ct_process_is_near(p, path)) return CT_ERR_UNSUPPORTED;
    CT_TRY(ct_inroot_open(p->root, path, p->arena, &place, ret_path));
    (void)ct_sys->close(place);
    return CT_OK;
}

/* "file:${java.home}/conf/security/java.policy" or a path; CT_ERR_UNSUPPORTED for what lies elsewhere. */
static ct_err policy_place(ct_processes *p, ct_str text, ct_str *ret_path)
{
    struct ct_buf b;
    ct_buf_init(&b, p->arena, PATH_MAX);
    for (;;) {
        size_t open = ct_str_find(text, CT_STR("${")), close = open == CT_STR_NONE ? open : ct_str_chr(ct_str_slice(text, open, text.n), '}');
        ct_buf_add(&b, ct_str_slice(text, 0, close == CT_STR_NONE ? text.n : open));
        if (close == CT_STR_NONE) break;
        ct_str name = ct_str_slice(text, open + 2, open + close), value;
        if (ct_str_eq(name, CT_STR("/"))) value = CT_STR("/");
        else if (!property(p, name, &value)) return CT_ERR_UNSUPPORTED;
        ct_buf_add(&b, value);
        text = ct_str_slice(text, open + close + 1, text.n);
    }
    ct_str path;
    CT_TRY(ct_buf_str(&b, &path));
    if (ct_str_starts_fold(path, CT_STR("file:"))) {
        path = ct_str_slice(path, 5, path.n);
        if (ct_str_starts(path, CT_STR("///"))) path = ct_str_slice(path, 2, path.n);
    } else if (ct_str_find(path, CT_STR(":/")) != CT_STR_NONE) return CT_ERR_UNSUPPORTED;
    return ct_process_absolute(p, path, ret_path);
}

static ct_err ask(ct_processes *p, ct_str where, ct_str code, bool must, struct ct_policy_answer *answer)
{
    struct ct_policy_question q = {.code = code, .property = property, .canonical = canonical, .ctx = p};
    ct_str path, text;
    int64_t changed;
    CT_TRY(policy_place(p, where, &path));
    ct_err e = ct_process_file_text(p, path, CT_PROCESS_TEXT_MAX, &text, &changed);
    if (e == CT_ERR_NOT_FOUND && !must) return CT_OK;
    if (e != CT_OK) return e;
    if (changed > p->now.started_us + CT_PROCESS_CLOCK_US) return CT_ERR_UNSUPPORTED; /* not what the JVM has read */
    return ct_java_policy_ask(p->scratch, text, &q, answer, NULL);
}

/* The JDK's own list of policy files: policy.url.N of java.security. */
static ct_err ask_defaults(ct_processes *p, ct_str code, struct ct_policy_answer *answer, bool *ret_system_property)
{
    struct ct_buf b;
    ct_str path, text;
    if (p->java_home.n == 0) return CT_ERR_NOT_FOUND;
    ct_buf_init(&b, p->arena, PATH_MAX);
    ct_buf_add(&b, p->java_home);
    ct_buf_text(&b, p->now.java_major && p->now.java_major < 9 ? "/lib/security/java.security" : "/conf/security/java.security");
    CT_TRY(ct_buf_str(&b, &path));
    CT_TRY(ct_process_file_text(p, path, CT_PROCESS_TEXT_MAX, &text, NULL));
    *ret_system_property = true;
    while (text.p) {
        ct_str line = ct_str_trim(ct_str_cut(&text, '\n')), value;
        if (ct_proc_entry_is(line, CT_STR("policy.allowSystemProperty"), &value)) *ret_system_property = ct_str_eq_fold(ct_str_trim(value), CT_STR("true"));
        if (ct_proc_entry_is(line, CT_STR("policy.provider"), &value) && !ct_str_eq(ct_str_trim(value), CT_STR("sun.security.provider.PolicyFile")))
            return CT_ERR_UNSUPPORTED;
        if (!ct_str_starts(line, CT_STR("policy.url."))) continue;
        size_t equals = ct_str_chr(line, '=');
        if (equals != CT_STR_NONE) CT_TRY(ask(p, ct_str_trim(ct_str_slice(line, equals + 1, line.n)), code, false, answer));
    }
    return CT_OK;
}

static ct_err ask_all(ct_processes *p, ct_str code, struct ct_policy_answer *answer)
{
    const struct ct_java_security *s = &p->now.security;
    struct ct_policy_answer defaults = {0};
    bool system_property = true;
    CT_TRY(ask_defaults(p, code, &defaults, &system_property));
    if (!s->policy.p || !s->policy_alone || !system_property) *answer = defaults;
    return s->policy.p && system_property ? ask(p, s->policy, code, true, answer) : CT_OK;
}

ct_err ct_process_policy(ct_processes *p, ct_str code, struct ct_policy_answer *ret_answer)
{
    const struct ct_java_security *s = &p->now.security;
    struct ct_policy_answer a = {0};
    if (s->manager != CT_JAVA_MANAGER_DEFAULT || s->policy_unknowable || !p->now.args.launcher || p->now.args.unread || p->now.cut)
        return CT_ERR_UNSUPPORTED;
    struct ct_arena_mark mark = ct_arena_mark(p->arena), scratch = ct_arena_mark(p->scratch);
    ct_err e = ask_all(p, code, &a);
    ct_arena_reset(p->arena, mark);
    ct_arena_reset(p->scratch, scratch);
    if (e == CT_OK) *ret_answer = a;
    return e;
}
