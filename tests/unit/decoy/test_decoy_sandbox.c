/* What the worker may not do any more, tried in a process of its own each: the kernel ends it. */
#include "decoy/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void go_on(void) { (void)!write(STDERR_FILENO, "", 0); }
static void open_a_file(void) { (void)open("/etc/passwd", O_RDONLY); }
static void make_a_socket(void) { (void)socket(AF_INET, SOCK_STREAM, 0); }
static void start_a_program(void) { (void)execl("/bin/true", "true", (char *)NULL); }
static void start_a_process(void) { (void)fork(); }
static void signal_somebody(void) { (void)kill(getppid(), 0); }
static void make_code(void) { (void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
static void connect_one(void)
{
    struct sockaddr a = {.sa_family = AF_UNSPEC};
    (void)connect(STDIN_FILENO, &a, sizeof a);
}
static void send_somewhere(void)
{
    struct sockaddr a = {.sa_family = AF_UNSPEC};
    (void)sendto(STDIN_FILENO, "x", 1, 0, &a, sizeof a);
}
static void message(int fd)
{
    struct sockaddr a = {.sa_family = AF_UNSPEC};
    struct msghdr m = {.msg_name = &a, .msg_namelen = sizeof a};
    (void)sendmsg(fd, &m, 0);
}
static void message_into_a_wire(void) { message(STDERR_FILENO); }
static void message_elsewhere(void) { message(STDIN_FILENO); }

static const struct {
    const char *name;
    void (*act)(void);
    bool dies;
} rows[] = {
    {"go on", go_on, false},
    {"open a file", open_a_file, true},
    {"make a socket", make_a_socket, true},
    {"start a program", start_a_program, true},
    {"start a process", start_a_process, true},
    {"signal somebody", signal_somebody, true},
    {"make code", make_code, true},
    {"connect", connect_one, true},
    {"send somewhere", send_somewhere, true},
    {"message into a wire", message_into_a_wire, false},
    {"message elsewhere", message_elsewhere, true},
};

/* 0: it went on; 1: it was killed; 2: this build or kernel has no filter. */
static int outcome(void (*act)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct ct_decoy_opts opts = {.uid = 64399};
        struct ct_wire_ready ready;
        ct_sandbox_enter(&opts, (const int[2]){STDOUT_FILENO, STDERR_FILENO}, &ready);
        if (!ready.seccomp) _exit(2);
        if (!ready.no_capability || !ready.no_new_privs || !ready.uid) _exit(3);
        act();
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? 1 : -WTERMSIG(status);
    return WEXITSTATUS(status);
}

static void test_what_it_may_not_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int got = outcome(rows[i].act);
        if (got == 2) return; /* sanitizers: said by the decoy itself, and here nothing to try */
        if (got != (int)rows[i].dies) fail_msg("%s: %d", rows[i].name, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_it_may_not_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
