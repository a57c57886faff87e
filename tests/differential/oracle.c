#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_WAIT_MS 120000

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int oracle_prepare(const char *folder)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl(CT_DIFFERENTIAL_SOURCE "/prepare.sh", "prepare.sh", folder, (char *)NULL);
        _exit(127);
    }
    return pid < 0 ? -1 : wait_for(pid);
}

/* In the child: becomes the JVM. */
static void become_java(const char *folder, const char *release, bool opt_in)
{
    char path[4096];
    static char *const empty[] = {NULL};
    if (snprintf(path, sizeof path, "%s/classes:%s/jars/%s/log4j-api-%s.jar:%s/jars/%s/log4j-core-%s.jar", folder, folder, release,
                 release, folder, release, release) >= (int)sizeof path)
        return;
    /* One collector thread and the quick compiler: the cores belong to several JVMs, each short-lived. enableJndi: from
     * 2.16.0 on the release itself then decides whether it has a jndi lookup. */
    const char *args[] = {"java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g", "-Xss3m", "-Xshare:auto", "-Duser.language=en",
                          "-Duser.country=US", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Dlog4j2.enableJndi=true",
                          "-Dlog4j2.enableJndiLookup=true", "-Dlog4j2.disable.jmx=true", "-Dlog4j.disable.jmx=true",
                          "-Dorg.apache.logging.log4j.simplelog.StatusLogger.level=OFF",
                          "-Dlog4j.configurationFile=" CT_DIFFERENTIAL_SOURCE "/oracle/log4j2.xml", "-cp", path, "Oracle",
                          opt_in ? "optin" : "message", NULL};
    (void)execvpe("java", (char *const *)(uintptr_t)args, empty);
}

bool oracle_start(const char *folder, const char *release, bool opt_in, struct oracle *ret_oracle)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0) return false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        (void)close(in[0]);
        (void)close(in[1]);
        return false;
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1) become_java(folder, release, opt_in);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    if (pid < 0) {
        (void)close(in[1]);
        (void)close(out[0]);
        return false;
    }
    *ret_oracle = (struct oracle){pid, in[1], out[0]};
    return true;
}

static bool write_all(int fd, ct_str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        s = ct_str_slice(s, (size_t)n, s.n);
    }
    return true;
}

/* Buffered reading with a deadline per wait. */
struct reader {
    int fd;
    bool ok;
    size_t at, n;
    unsigned char bytes[1u << 16];
};

static void refill(struct reader *r)
{
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    int ready = poll(&p, 1, ANSWER_WAIT_MS);
    ssize_t n = ready > 0 ? read(r->fd, r->bytes, sizeof r->bytes) : ready < 0 && errno == EINTR ? -2 : 0;
    if (n == -2) return;
    r->at = 0;
    r->n = n > 0 ? (size_t)n : 0;
    if (n <= 0) r->ok = false;
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
    if (b.err || !write_all(o->to, ct_buf_view(&b))) return false;
    struct reader *r = malloc(sizeof *r);
    if (!r) return false;
    *r = (struct reader){.fd = o->from, .ok = true};
    for (size_t i = 0; i < n && r->ok; i++) take_answer(r, arena, &ret_answers[i]);
    bool ok = r->ok;
    free(r);
    return ok;
}

bool oracle_stop(struct oracle *o)
{
    (void)close(o->to);
    struct pollfd p = {.fd = o->from, .events = POLLIN};
    /* End of file on its output is the end of the JVM. */
    if (poll(&p, 1, ANSWER_WAIT_MS) == 0) (void)kill(o->pid, SIGKILL);
    (void)close(o->from);
    return wait_for(o->pid) == 0;
}
