#include "cli/command.h"
#include "cli/out.h"

#include <errno.h>
#include <fcntl.h>
#ifdef CT_SENSOR
#include <nss.h>
#endif
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Asked by the build for what it installs: "--generate man [COMMAND]", "--generate completion". */
static int generate(int argc, char **argv)
{
    const struct ct_command *c = argc > 3 ? ct_command_find(argv[3]) : NULL;
    if (argc > 2 && strcmp(argv[2], "completion") == 0) ct_completion_bash(stdout);
    else if (argc > 2 && strcmp(argv[2], "man") == 0 && (argc == 3 || c)) ct_man_page(c, stdout);
    else return 2;
    return 0;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        const struct ct_command *c = argc > 2 ? ct_command_find(argv[2]) : NULL;
        if (c) ct_help_command(c, stdout);
        else if (argc <= 2) ct_help_all(argc > 1 ? stdout : stderr);
        else ct_complain(ct_program(), "'%s' is no command of %s. Try '%s --help'.", argv[2], ct_program(), ct_program());
        return argc > 1 && (c || argc == 2) ? 0 : 2;
    }
    if (strcmp(name, "--generate") == 0) return generate(argc, argv);
    if (strcmp(name, "--version") == 0) name = "version";
    const struct ct_command *c = ct_command_find(name);
    if (!c) {
        ct_complain(ct_program(), "'%s' is no command of %s. Try '%s --help'.", name, ct_program(), ct_program());
        return 2;
    }
    return c->run(c, argc - 1, argv + 1);
}

/* A standard descriptor that was closed stays of no use, rather than become the first file that we open. */
static void hold_closed_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    hold_closed_descriptors();
#ifdef CT_SENSOR
    /* A static program has the C library's own files and DNS resolvers in it. Any other would be loaded from the host, whose
     * C library may be a different one. */
    (void)__nss_configure_lookup("hosts", "files dns");
#endif
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe and a size limit are write errors, and are said */
    (void)signal(SIGXFSZ, SIG_IGN);
    int status = dispatch(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    ct_complain("caltrop", "cannot write the output: %s", strerror(errno));
    return 4;
}
