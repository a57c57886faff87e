/* One outlet, driven by lines on stdin, one line of answer each:
 *   offer ID32HEX JSON      ok, or the error's text
 *   stats                   a JSON object
 *   fsize N                 limits the size of files this process writes (0: no limit)
 *   close MS                closed; then the program ends
 * At the end of stdin the program ends without closing anything. */
#include "outlet/sink.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static bool read_id(const char *hex, unsigned char id[16])
{
    for (size_t i = 0; i < 16; i++) {
        int high = ct_hex_value((unsigned char)hex[2 * i]);
        int low = high < 0 ? -1 : ct_hex_value((unsigned char)hex[2 * i + 1]);
        if (low < 0) return false;
        id[i] = (unsigned char)(high * 16 + low);
    }
    return hex[32] == ' ';
}

static void offer(ct_outlet *o, const char *line)
{
    unsigned char id[16];
    puts(read_id(line, id) ? ct_err_text(ct_outlet_offer(o, id, ct_str_from(line + 33))) : "bad id");
}

static void stats(ct_outlet *o)
{
    struct ct_outlet_stats s;
    ct_outlet_stats(o, &s);
    for (char *p = s.last_error; *p; p++)
        if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ') *p = '?';
    printf("{\"offered\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"failures\":%" PRIu64 ",\"waiting\":%" PRIu64
           ",\"dropped\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"damaged\":%" PRIu64 ",\"last_error\":\"%s\"}\n",
           s.offered, s.delivered, s.failures, s.waiting, s.dropped, s.refused, s.damaged, s.last_error);
}

static void limit(const char *n)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_FSIZE, &l) != 0) abort();
    rlim_t want = (rlim_t)strtoull(n, NULL, 10);
    l.rlim_cur = want ? want : l.rlim_max;
    puts(setrlimit(RLIMIT_FSIZE, &l) == 0 ? "ok" : "failed");
}

static int serve(ct_outlet *o)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "offer ", 6) == 0) offer(o, line + 6);
        else if (strcmp(line, "stats") == 0) stats(o);
        else if (strncmp(line, "fsize ", 6) == 0) limit(line + 6);
        else if (strncmp(line, "close ", 6) == 0) {
            ct_outlet_close(o, atoi(line + 6));
            free(line);
            puts("closed");
            return 0;
        } else puts("what?");
        (void)fflush(stdout);
    }
    free(line);
    _exit(0);
}

int main(int argc, char **argv)
{
    static const struct option LONG[] = {
        {"ca", 1, NULL, 'c'},     {"token", 1, NULL, 't'}, {"spool-max", 1, NULL, 'm'}, {"backoff", 1, NULL, 'b'},
        {"backoff-max", 1, NULL, 'B'}, {"step", 1, NULL, 's'}, {"answer", 1, NULL, 'a'}, {NULL, 0, NULL, 0},
    };
    struct ct_outlet_opts opts = {0};
    struct ct_outlet_tuning tuning = ct_outlet_tuning_default;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        switch (c) {
        case 'c': opts.ca_file = optarg; break;
        case 't': opts.token = optarg; break;
        case 'm': opts.spool_max = strtoull(optarg, NULL, 10); break;
        case 'b': tuning.backoff_ms = atoi(optarg); break;
        case 'B': tuning.backoff_max_ms = atoi(optarg); break;
        case 's': tuning.step_ms = atoi(optarg); break;
        case 'a': tuning.answer_ms = atoi(optarg); break;
        default: return 2;
        }
    }
    if (argc - optind != 2) return 2;
    opts.spool_dir = argv[optind + 1];
    (void)signal(SIGXFSZ, SIG_IGN);
    ct_outlet *o = NULL;
    struct ct_fault fault = {0};
    ct_err err = ct_outlet_open_tuned(&ct_alloc_libc, argv[optind], &opts, &tuning, &o, &fault);
    if (err != CT_OK) {
        printf("%s: %s\n", ct_err_text(err), fault.detail);
        return ct_err_exit(err);
    }
    puts("open");
    (void)fflush(stdout);
    return serve(o);
}
