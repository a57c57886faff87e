/* runtime: what /proc says, control groups, release files, arguments of JVMs, and what they mean. */
#include "runtime/cgroup.h"
#include "runtime/java_args.h"
#include "runtime/java_policy.h"
#include "runtime/java_security.h"
#include "runtime/procfs.h"
#include "runtime/release_file.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static ct_arena *arena;

static int set_up(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK;
}

static int tear_down(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

#define assert_text(have, want) assert_text_(have, want, __LINE__)
static void assert_text_(ct_str have, const char *want, int line)
{
    if (ct_str_eq(have, ct_str_from(want))) return;
    print_error("line %d: have \"%.*s\", want \"%s\"\n", line, CT_STR_ARG(have), want);
    fail();
}

static void stat_and_status(void **state)
{
    (void)state;
    struct ct_proc_stat s;
    ct_str text = CT_STR("42 (a) b (c)) S 7 42 42 0 -1 4194304 1 0 0 0 1 2 3 4 20 0 1 0 98765 1000 200 18446744073709551615\n");
    assert_int_equal(ct_proc_stat_parse(text, &s), CT_OK);
    assert_text(s.name, "a) b (c)");
    assert_int_equal(s.parent, 7);
    assert_int_equal(s.start_ticks, 98765);
    for (size_t n = 0; n < text.n; n++) { /* cut anywhere: an answer or an error, nothing read behind it */
        struct edge e = edge_new(ct_str_slice(text, 0, n));
        ct_err err = ct_proc_stat_parse(e.input, &s);
        assert_true(err == CT_OK || err == CT_ERR_SYNTAX);
        edge_free(&e);
    }
    struct ct_proc_status u;
    assert_int_equal(ct_proc_status_parse(CT_STR("Name:\tx\\nUid:\\t0\nUid:\t1000\t1001\t1002\t1003\nNSpid:\t500\t31\t1\n"), &u), CT_OK);
    assert_int_equal(u.uid, 1001);
    assert_int_equal(u.inner_pid, 1);
    assert_int_equal(ct_proc_status_parse(CT_STR("Name:\tx\n"), &u), CT_ERR_SYNTAX);
}

static ct_str unescaped(ct_str s)
{
    static unsigned char plain[64];
    return (ct_str){plain, ct_proc_unescape(s, plain)};
}

static void maps_and_mounts(void **state)
{
    (void)state;
    ct_str rest = CT_STR("5594-5598 r-xp 00002000 fe:01 131 /usr/bin/a b (deleted)\n"
                         "7ffe-7fff rw-p 00000000 00:00 0      [stack]\n"
                         "garbage\n7f00-7f01 r--s 00000000 00:2a 77                         /srv/l\\012ib.jar\n7f02-7f03 r--p 0 0:0 0\n");
    struct ct_proc_map m;
    assert_true(ct_proc_map_next(&rest, &m));
    assert_text(m.path, "/usr/bin/a b");
    assert_true(m.deleted);
    assert_text(m.range, "5594-5598");
    assert_true(ct_proc_map_next(&rest, &m));
    assert_int_equal(m.from, 0x7f00);
    assert_int_equal(m.inode, 77);
    assert_text(unescaped(m.path), "/srv/l\nib.jar");
    assert_false(m.deleted);
    assert_false(ct_proc_map_next(&rest, &m));

    rest = CT_STR("36 35 98:0 /root /mnt\\040x rw,noatime master:1 shared:2 - ext3 /dev/root rw\nshort 1 2\n"
                  "37 36 0:30 / /net rw - nfs4 filer:/x rw\n");
    struct ct_proc_mount mount;
    assert_true(ct_proc_mount_next(&rest, &mount));
    assert_text(unescaped(mount.point), "/mnt x");
    assert_text(mount.type, "ext3");
    assert_true(ct_proc_mount_next(&rest, &mount));
    assert_int_equal(mount.id, 37);
    assert_text(mount.type, "nfs4");
    assert_false(ct_proc_mount_next(&rest, &mount));
}

static void entries(void **state)
{
    (void)state;
    ct_str rest = CT_STR("java\0\0-cp\0last"), e, value;
    assert_true(ct_proc_entry_next(&rest, &e));
    assert_text(e, "java");
    assert_true(ct_proc_entry_next(&rest, &e));
    assert_int_equal(e.n, 0);
    assert_true(ct_proc_entry_next(&rest, &e) && ct_proc_entry_next(&rest, &e));
    assert_text(e, "last");
    assert_false(ct_proc_entry_next(&rest, &e));
    assert_true(ct_proc_entry_is(CT_STR("CLASSPATH="), CT_STR("CLASSPATH"), &value));
    assert_non_null(value.p);
    assert_false(ct_proc_entry_is(CT_STR("CLASSPATH2=x"), CT_STR("CLASSPATH"), &value));
    assert_false(ct_proc_entry_is(CT_STR("CLASSPATH"), CT_STR("CLASSPATH"), &value));
}

static void units_and_containers(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text, *unit, *container, *runtime, *pod;
    } rows[] = {
        {__LINE__, "0::/system.slice/tomcat9.service\n", "tomcat9.service", "", "", ""},
        {__LINE__, "12:cpu:/\n1:name=systemd:/system.slice/ssh.service\n0::/\n", "ssh.service", "", "", ""},
        {__LINE__, "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.service\n", "app-x.service", "", "", ""},
        {__LINE__, "0::/user.slice/user-0.slice/session-1.scope", "session-1.scope", "", "", ""},
        {__LINE__, "5:memory:/docker/" ID "\n0::/docker/" ID "\n", "", ID, "docker", ""},
        {__LINE__, "0::/system.slice/docker-" ID ".scope\n", "", ID, "docker", ""},
        {__LINE__, "0::/docker/" ID "/system.slice/app.service\n", "app.service", ID, "docker", ""},
        {__LINE__, "0::/machine.slice/libpod-" ID ".scope/container\n", "", ID, "podman", ""},
        {__LINE__, "0::/system.slice/web.service/libpod-payload-" ID "\n", "web.service", ID, "podman", ""},
        {__LINE__, "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f_2e.slice/cri-containerd-" ID ".scope\n", "", ID,
         "containerd", "1f_2e"},
        {__LINE__, "3:cpu:/kubepods/burstable/pod12345678-1234-1234-1234-123456789012/" ID "\n", "", ID, "kubernetes",
         "12345678-1234-1234-1234-123456789012"},
        {__LINE__, "0::/kubepods.slice/kubepods-poda.slice/crio-" ID ".scope\n", "", ID, "cri-o", "a"},
        {__LINE__, "0::/lxc.payload.web1/system.slice/x.service\n", "x.service", "web1", "lxc", ""},
        {__LINE__, "2:cpu:/lxc/web2\n", "", "web2", "lxc", ""},
        {__LINE__, "0::/machine.slice/machine-old.scope\n", "", "old", "nspawn", ""},
        {__LINE__, "9:cpu:/ecs/0123456789abcdef0123456789abcdef/" ID "\n", "", ID, "ecs", ""},
        {__LINE__, "4:memory:/some/0123456789abcdef0123456789abcdef\n", "", "", "", ""},
        {__LINE__, "0::/docker-notanid.scope\n", "docker-notanid.scope", "", "", ""},
        {__LINE__, "0::/\n", "", "", "", ""},
        {__LINE__, "", "", "", "", ""},
        {__LINE__, "::::\n0\n:\n", "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ct_cgroup g;
        struct edge e = edge_new(ct_str_from(rows[i].text));
        ct_cgroup_parse(e.input, &g);
        assert_text_(g.unit, rows[i].unit, rows[i].line);
        assert_text_(g.container, rows[i].container, rows[i].line);
        assert_text_(ct_str_from(g.runtime), rows[i].runtime, rows[i].line);
        assert_text_(g.pod, rows[i].pod, rows[i].line);
        edge_free(&e);
    }
    struct ct_cgroup g;
    ct_cgroup_parse(CT_STR("0::/\n"), &g);
    ct_cgroup_from_mounts(CT_STR("1 2 8:1 /var/lib/docker/containers/" ID "/hostname /etc/hostname rw - ext4 /dev/x rw\n"), &g);
    assert_text(g.container, ID);
    assert_string_equal(g.runtime, "docker");
}

static void release_files(void **state)
{
    (void)state;
    ct_str text = CT_STR("# NAME=no\nNAME=\"De\\\"b\"'ian'\nVERSION_ID='12'\nID=debian\nID_LIKE=\n"), v;
    assert_int_equal(ct_release_value(arena, text, CT_STR("NAME"), &v), CT_OK);
    assert_text(v, "De\"bian");
    assert_int_equal(ct_release_value(arena, text, CT_STR("VERSION_ID"), &v), CT_OK);
    assert_text(v, "12");
    assert_int_equal(ct_release_value(arena, text, CT_STR("ID_LIKE"), &v), CT_OK);
    assert_int_equal(v.n, 0);
    assert_int_equal(ct_release_value(arena, text, CT_STR("VERSION"), &v), CT_ERR_NOT_FOUND);
    assert_int_equal(ct_java_major(CT_STR("1.8.0_392")), 8);
    assert_int_equal(ct_java_major(CT_STR("17.0.9+8")), 17);
    assert_int_equal(ct_java_major(CT_STR("24-ea")), 24);
    assert_int_equal(ct_java_major(CT_STR("9")), 9);
    assert_int_equal(ct_java_major(CT_STR("x")), 0);
    assert_int_equal(ct_java_major(CT_STR("99999999999999999999999")), 0);
}

static ct_err read_stub(void *ctx, ct_str path, ct_str *ret_text)
{
    (void)ctx;
    if (ct_str_eq(path, CT_STR("opts"))) *ret_text = CT_STR("-Dlog4j2.formatMsgNoLookups=true\n-cp \"a b.jar\" @opts");
    else if (ct_str_eq(path, CT_STR("vm"))) *ret_text = CT_STR("-Dx=vm -XX:VMOptionsFile=vm");
    else return CT_ERR_NOT_FOUND;
    return CT_OK;
}

/* argv is one text with blanks between. */
static struct ct_java_args args_of(const char *line, struct ct_java_input in)
{
    static ct_str argv[64];
    ct_str rest = ct_str_from(line);
    in.n_argv = 0;
    while (rest.p) argv[in.n_argv++] = ct_str_cut(&rest, ' ');
    in.argv = argv;
    in.read = read_stub;
    in.launcher = ct_str_ends(argv[0], CT_STR("java"));
    struct ct_java_args a;
    assert_int_equal(ct_java_args_read(arena, &in, &a), CT_OK);
    return a;
}

static void command_lines(void **state)
{
    (void)state;
    struct ct_java_input none = {0}, eight = {.major = 8};
    ct_str v;
    struct ct_java_args a = args_of("java -Da=1 -cp x.jar:lib/* -javaagent:/p/agent.jar=secret org.example.Main -Da=2 -cp y", none);
    assert_text(a.main, "org.example.Main");
    assert_int_equal(a.kind, CT_JAVA_MAIN_CLASS);
    assert_text(a.class_path, "x.jar:lib/*");
    assert_true(ct_java_property(&a, CT_STR("a"), &v));
    assert_text(v, "1");
    assert_int_equal(a.n_agents, 1);
    assert_text(a.agents[0], "/p/agent.jar");

    a = args_of("java -jar app.jar -Dlog4j2.formatMsgNoLookups=true", none); /* behind the jar: nothing is set */
    assert_int_equal(a.kind, CT_JAVA_MAIN_JAR);
    assert_text(a.class_path, "app.jar");
    assert_false(ct_log4j_no_lookups(&a, &v));
    a = args_of("java -jar -Dlog4j2.formatMsgNoLookups=TRUE app.jar", none); /* in between: it is */
    assert_text(a.main, "app.jar");
    assert_true(ct_log4j_no_lookups(&a, &v));
    assert_text(v, "TRUE");

    a = args_of("java -p mods --add-modules ALL-SYSTEM -m org.example/org.example.Main x", none);
    assert_int_equal(a.kind, CT_JAVA_MAIN_MODULE);
    assert_text(a.main, "org.example/org.example.Main");
    assert_text(a.module_path, "mods");
    a = args_of("java --module=m --class-path=z", none);
    assert_text(a.main, "m");
    assert_int_equal(a.class_path.n, 0);

    a = args_of("java @opts Main @none", none);
    assert_true(ct_log4j_no_lookups(&a, &v));
    assert_text(a.class_path, "a b.jar");
    assert_text(a.main, "@opts"); /* one inside a file is a word */
    assert_int_equal(a.unread, 0);
    a = args_of("java @missing Main", none);
    assert_int_equal(a.unread, 1);
    assert_text(a.main, "Main");
    a = args_of("java @opts Main", eight); /* no such files there */
    assert_text(a.main, "@opts");
    a = args_of("java @@opts", none);
    assert_text(a.main, "@opts");
    a = args_of("java -Dx=1 -XX:VMOptionsFile=vm Main", none);
    assert_true(ct_java_property(&a, CT_STR("x"), &v));
    assert_text(v, "vm");

    struct ct_java_input all = {.jdk_java_options = CT_STR("-Dx=jdk -Dy=jdk '-Dz=a b'"), .java_tool_options = CT_STR("-Dx=tool -Dw=tool"),
                                .java_options = CT_STR("-Du=under"), .class_path = CT_STR("env.jar")};
    a = args_of("java -Dy=cmd -Du=cmd Main", all);
    static const char *const want[][2] = {{"x", "jdk"}, {"y", "cmd"}, {"z", "a b"}, {"w", "tool"}, {"u", "under"}};
    for (size_t i = 0; i < 5; i++) {
        assert_true(ct_java_property(&a, ct_str_from(want[i][0]), &v));
        assert_text(v, want[i][1]);
    }
    assert_text(a.class_path, "env.jar");
    assert_true(a.class_path_env);
    all.major = 8;
    a = args_of("java -Dy=cmd Main", all);
    assert_true(ct_java_property(&a, CT_STR("x"), &v));
    assert_text(v, "tool");

    a = args_of("jsvc -cp a.jar -Dx=1 Main -Dx=2", none);
    assert_false(a.launcher);
    assert_text(a.class_path, "a.jar");
    assert_int_equal(a.kind, CT_JAVA_MAIN_UNKNOWN);
}

static void managers(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *args;
        unsigned major;
        enum ct_java_manager want;
    } rows[] = {
        {__LINE__, "java Main", 8, CT_JAVA_MANAGER_MAYBE},
        {__LINE__, "java Main", 17, CT_JAVA_MANAGER_MAYBE},
        {__LINE__, "java Main", 18, CT_JAVA_MANAGER_NONE},
        {__LINE__, "java Main", 0, CT_JAVA_MANAGER_MAYBE},
        {__LINE__, "java -Djava.security.manager Main", 11, CT_JAVA_MANAGER_DEFAULT},
        {__LINE__, "java -Djava.security.manager= Main", 21, CT_JAVA_MANAGER_DEFAULT},
        {__LINE__, "java -Djava.security.manager=default Main", 8, CT_JAVA_MANAGER_DEFAULT},
        {__LINE__, "java -Djava.security.manager=allow Main", 17, CT_JAVA_MANAGER_MAYBE},
        {__LINE__, "java -Djava.security.manager=allow Main", 21, CT_JAVA_MANAGER_MAYBE},
        {__LINE__, "java -Djava.security.manager=allow Main", 24, CT_JAVA_MANAGER_NONE},
        {__LINE__, "java -Djava.security.manager=disallow Main", 17, CT_JAVA_MANAGER_NONE},
        {__LINE__, "java -Djava.security.manager=disallow Main", 11, CT_JAVA_MANAGER_MAYBE},
        {__LINE__, "java -Djava.security.manager=org.example.SM Main", 17, CT_JAVA_MANAGER_CLASS},
        {__LINE__, "java org.elasticsearch.bootstrap.Elasticsearch", 17, CT_JAVA_MANAGER_IN_CODE},
        {__LINE__, "java -m org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch", 17, CT_JAVA_MANAGER_IN_CODE},
        {__LINE__, "java -Djava.security.manager=allow org.elasticsearch.bootstrap.Elasticsearch", 21, CT_JAVA_MANAGER_IN_CODE},
        {__LINE__, "java org.elasticsearch.bootstrap.Elasticsearch", 21, CT_JAVA_MANAGER_NONE},
        {__LINE__, "java org.example.Elasticsearch", 17, CT_JAVA_MANAGER_MAYBE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ct_java_input none = {0};
        struct ct_java_args a = args_of(rows[i].args, none);
        struct ct_java_security s;
        ct_java_security_read(&a, rows[i].major, &s);
        if (s.manager != rows[i].want) print_error("line %d: %d\n", rows[i].line, s.manager);
        assert_int_equal(s.manager, rows[i].want);
    }
    struct ct_java_input none = {0};
    struct ct_java_args a = args_of("java -Djava.security.manager -Djava.security.policy==/etc/p Main", none);
    struct ct_java_security s;
    ct_java_security_read(&a, 17, &s);
    assert_text(s.policy, "/etc/p");
    assert_true(s.policy_alone);
    a = args_of("java -Dcom.sun.jndi.ldap.object.trustURLCodebase=true Main", none);
    assert_true(ct_java_trusts_urls(&a));
    assert_non_null(ct_java_hotpatch(CT_STR("/usr/share/x/Log4jHotPatchFat.jar")));
    assert_null(ct_java_hotpatch(CT_STR("/usr/share/log4jhotpatch/other.jar")));
    assert_non_null(ct_java_hotpatch_class(CT_STR("Log4jHotPatch")));
    assert_non_null(ct_java_hotpatch_class(CT_STR("trust.nccgroup.jndibegone.AgentMain")));
    assert_null(ct_java_hotpatch_class(CT_STR("org.example.Log4jHotPatch")));
    assert_null(ct_java_hotpatch_class(CT_STR("")));
    /* two spellings that say different things: not relied on */
    ct_str v;
    a = args_of("java -Dlog4j2.formatMsgNoLookups=true -DformatMsgNoLookups=false Main", none);
    assert_true(ct_log4j_no_lookups(&a, &v));
    assert_text(v, "false");
}

static const ct_str POLICY = CT_STR_INIT("grant codeBase \"file:/a/-\" { permission java.net.SocketPermission \"*\", \"connect\"; };\n"
                                         "grant { permission java.net.SocketPermission \"localhost:0\", \"listen\"; };\n");

static void policies(void **state)
{
    (void)state;
    struct ct_policy_question q = {.code = CT_STR("/a/b.jar")};
    struct ct_policy_answer a = {0};
    assert_int_equal(ct_java_policy_ask(arena, POLICY, &q, &a, NULL), CT_OK);
    assert_int_equal(a.connect, CT_REACH_ANY);
    q.code = CT_STR("/c/b.jar");
    a = (struct ct_policy_answer){0};
    assert_int_equal(ct_java_policy_ask(arena, POLICY, &q, &a, NULL), CT_OK);
    assert_int_equal(a.connect, CT_REACH_NONE);
    assert_int_equal(a.may_connect, CT_REACH_NONE);
    assert_int_equal(a.resolve, CT_REACH_LOCAL);
    q.code = (ct_str){0}; /* whose code is not known */
    a = (struct ct_policy_answer){0};
    assert_int_equal(ct_java_policy_ask(arena, POLICY, &q, &a, NULL), CT_OK);
    assert_int_equal(a.connect, CT_REACH_NONE);
    assert_int_equal(a.may_connect, CT_REACH_ANY);
    struct ct_fault fault = {0};
    a.connect = CT_REACH_SOME;
    assert_int_equal(ct_java_policy_ask(arena, CT_STR("grant {\n permision x; };"), &q, &a, &fault), CT_ERR_SYNTAX);
    assert_int_equal(a.connect, CT_REACH_SOME);
    assert_non_null(strstr(fault.detail, "line 2"));
    for (size_t n = 0; n < POLICY.n; n++) {
        struct edge e = edge_new(ct_str_slice(POLICY, 0, n));
        ct_err err = ct_java_policy_ask(arena, e.input, &q, &a, NULL);
        assert_true(err == CT_OK || err == CT_ERR_SYNTAX);
        edge_free(&e);
    }
}

/* Certain reach of a connection by one grant, for /a/b.jar. */
static enum ct_reach connects(const char *code_base, const char *permission)
{
    char text[256];
    int n = snprintf(text, sizeof text, "grant codeBase \"file:%s\" { permission %s; };", code_base, permission);
    struct ct_policy_question q = {.code = CT_STR("/a/b.jar")};
    struct ct_policy_answer a = {0};
    assert_int_equal(ct_java_policy_ask(arena, (ct_str){(unsigned char *)text, (size_t)n}, &q, &a, NULL), CT_OK);
    return a.connect;
}

static void policies_as_the_jdk_reads_them(void **state)
{
    (void)state;
    static const char *const covering[] = {"/a/b.jar", "/a/b.jar/", "/-", "/a/*", "/a/-/", "/a/*//.", "/a/-/x/..", "/a/./x/../b.jar"};
    static const char *const others[] = {"/a", "/a/", "/*", "/a/-/x", "/a/b.jar/-", "/a-", "/"};
    for (size_t i = 0; i < sizeof covering / sizeof *covering; i++)
        assert_int_equal(connects(covering[i], "java.security.AllPermission"), CT_REACH_ANY);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(connects(others[i], "java.security.AllPermission"), CT_REACH_NONE);
    assert_int_equal(connects("/-", "\"java.net.SocketPermission\" \"*\", \"connect\""), CT_REACH_ANY);
    static const char *const open_ports[] = {"0", "0-0", "0--0", "+80", "0000000080", "-", "1-70000"};
    static const char *const no_ports[] = {"65536-", "70000", "4294967376", "90-80", "-1-", "0--1", "x", "+"};
    char permission[64];
    for (size_t i = 0; i < sizeof open_ports / sizeof *open_ports; i++) {
        (void)snprintf(permission, sizeof permission, "java.net.SocketPermission \"*:%s\", \"connect\"", open_ports[i]);
        assert_int_equal(connects("/-", permission), CT_REACH_ANY);
    }
    for (size_t i = 0; i < sizeof no_ports / sizeof *no_ports; i++) {
        (void)snprintf(permission, sizeof permission, "java.net.SocketPermission \"*:%s\", \"connect\"", no_ports[i]);
        assert_int_equal(connects("/-", permission), CT_REACH_NONE);
    }
}

static void memory_runs_out(void **state)
{
    (void)state;
    for (unsigned persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            fault_alloc_init(&f, n, persistent);
            ct_arena *mine = NULL;
            ct_err e = ct_arena_new(&f.alloc, 1 << 20, &mine);
            ct_str argv[] = {CT_STR("java"), CT_STR("@opts"), CT_STR("-Da"), CT_STR("Main")};
            struct ct_java_input in = {.argv = argv, .n_argv = 4, .launcher = true, .read = read_stub, .java_tool_options = CT_STR("-Dx 'y z'")};
            struct ct_java_args a;
            struct ct_policy_question q = {.code = CT_STR("/a/b.jar")};
            struct ct_policy_answer answer = {0};
            if (e == CT_OK) e = ct_java_args_read(mine, &in, &a);
            if (e == CT_OK) e = ct_java_policy_ask(mine, POLICY, &q, &answer, NULL);
            ct_arena_free(mine);
            assert_int_equal(f.live, 0);
            if (!f.failed) break;
            assert_int_equal(e, CT_ERR_NOMEM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_and_status), cmocka_unit_test(maps_and_mounts), cmocka_unit_test(entries), cmocka_unit_test(units_and_containers),
        cmocka_unit_test(release_files), cmocka_unit_test(command_lines), cmocka_unit_test(managers), cmocka_unit_test(policies),
        cmocka_unit_test(policies_as_the_jdk_reads_them), cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
