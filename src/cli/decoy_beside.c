/* The decoy that `up` has beside it for as long as it runs: it observes as root, answers on high ports otherwise, keeps nothing. */
#include "cli/command.h"
#include "cli/out.h"
#include "decoy/chance.h"
#include "decoy/decoy.h"
#include "os/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKER_UID = 64399, LINE = 1024 };

struct ct_beside {
    pid_t pid;
    FILE *said;         /* unlinked: what it had to say, lines that are safe to print */
    int64_t started_ms;
    bool root;
};

static void say(void *ctx, const char *text)
{
    (void)ctx, (void)text; /* what it cannot hear is said here in other words */
}

static int child(const struct ct_beside *b)
{
    struct ct_fault fault = {0};
    char host[256] = "localhost";
    int status = 0;
    (void)gethostname(host, sizeof host - 1);
    struct ct_decoy_opts opts = {.answer = b->root ? CT_ANSWER_NONE : CT_ANSWER_LIST, .plain = !b->root, .no_probe = true, .uid = WORKER_UID,
                                 .sensor = ct_str_from(host), .say = say};
    ct_chance_prepare();
    ct_chance(opts.key, sizeof opts.key);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* also when `up` is killed */
    if (dup2(fileno(b->said), STDOUT_FILENO) < 0) return 4;
    (void)dup2(fileno(b->said), STDERR_FILENO);
    return ct_decoy_run(&opts, &status, &fault) == CT_OK ? status : 4;
}

struct ct_beside *ct_beside_begin(void)
{
    struct ct_beside *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->said = tmpfile();
    b->root = geteuid() == 0;
    b->started_ms = ct_clock_mono_ms();
    (void)fflush(stdout);
    sigset_t term, before; /* held back until the decoy asks for it: its end may come before it has begun */
    (void)sigemptyset(&term), (void)sigaddset(&term, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &term, &before);
    b->pid = b->said ? fork() : -1;
    if (b->pid != 0) (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (b->pid == 0) _exit(child(b));
    if (b->pid > 0) return b;
    if (b->said) (void)fclose(b->said);
    free(b);
    return NULL;
}

void ct_beside_end(struct ct_beside *b)
{
    char line[LINE];
    unsigned told = 0;
    int status = 4;
    if (!b) return;
    (void)kill(b->pid, SIGTERM);
    while (waitpid(b->pid, &status, 0) < 0) {}
    long long seconds = (long long)(ct_clock_mono_ms() - b->started_ms + 500) / 1000;
    printf("\nWHO KNOCKED MEANWHILE\n\n");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        printf("Not known: the decoy could not listen. 'caltrop decoy' says why.\n");
    } else {
        rewind(b->said);
        while (fgets(line, sizeof line, b->said)) {
            if (strstr(line, "  decoy ")) continue; /* of its own coming and going */
            printf("%s", line);
            told++;
        }
        if (!told)
            printf("Nobody in %lld second%s, %s. 'caltrop decoy' goes on listening.\n", seconds, seconds == 1 ? "" : "s",
                   b->root ? "on any port" : "on a list of high ports");
    }
    (void)fclose(b->said);
    free(b);
}
