/* decoy: listens where nobody should knock. */
#include "actor/background.h"
#include "actor/ignore.h"
#include "cli/command.h"
#include "cli/data_dir.h"
#include "cli/out.h"
#include "cli/when.h"
#include "decoy/canary.h"
#include "decoy/chance.h"
#include "decoy/decoy.h"
#include "decoy/plan.h"
#include "os/clock.h"
#include "os/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTLETS_MAX = 16, LIST_MAX = 4 << 20, WORKER_UID = 64399, KEY = 32 };

struct settings {
    struct ct_decoy_opts opts;
    uint16_t ports[CT_DECOY_PORTS_MAX], spared[CT_DECOY_PORTS_MAX];
    const char *outlets[OUTLETS_MAX];
    const char *data_dir, *ignore, *token_file;
    bool answer_given;
    int64_t quiet_us;
    char dir[CT_DATA_DIR_SIZE + 16], host[256], token[CT_TOKEN_SIZE];
    ct_arena *arena;
    ct_background *background;
};

static void say(void *ctx, const char *text)
{
    (void)ctx;
    ct_complain("caltrop decoy", "%s", text);
}

static const char *number(const char *value, uint64_t most, uint64_t *ret)
{
    return ct_str_u64(ct_str_from(value), ret) && *ret > 0 && *ret <= most ? NULL : "is no such number";
}

static const char *set_answer(struct settings *s, const char *value)
{
    static const char *const words[] = {"list", "all", "none"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(value, words[i]) == 0) {
            bool other = s->answer_given && s->opts.answer != (enum ct_decoy_answer)i; /* --observe --answer all */
            s->opts.answer = (enum ct_decoy_answer)i;
            s->answer_given = true;
            return other ? "asks for something else than an option before" : NULL;
        }
    return "is neither list, all nor none";
}

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct settings *s = ctx;
    uint64_t n;
    const char *wrong;
    switch ((int)id) {
    case CT_OPT_ANSWER: return set_answer(s, value);
    case CT_OPT_OBSERVE: return set_answer(s, "none");
    case CT_OPT_ANSWER_PORT:
        if (!s->opts.n_ports) s->opts.n_ports = ct_plan_default_ports(s->ports);
        wrong = ct_plan_parse_ports(value, s->ports, &s->opts.n_ports);
        return wrong ? wrong : s->opts.n_ports ? NULL : "leaves no port: that is --observe";
    case CT_OPT_SPARE: {
        uint16_t more[CT_DECOY_PORTS_MAX];
        size_t n_more = 0;
        wrong = ct_plan_parse_ports(value, more, &n_more);
        if (!wrong && s->opts.n_spared + n_more > CT_DECOY_PORTS_MAX) wrong = "has too many ports";
        for (size_t i = 0; !wrong && i < n_more; i++) s->spared[s->opts.n_spared++] = more[i];
        return wrong;
    }
    case CT_OPT_DRY_RUN: s->opts.dry_run = true; return NULL;
    case CT_OPT_RECORD: s->opts.record = value; return NULL;
    case CT_OPT_ALERTS_TO:
        if (s->opts.n_outlets == OUTLETS_MAX) return "is one outlet too many";
        s->outlets[s->opts.n_outlets++] = value;
        return NULL;
    case CT_OPT_EVENTS: s->opts.json = true; return NULL;
    case CT_OPT_IGNORE: s->ignore = value; return NULL;
    case CT_OPT_QUIET_START: return ct_how_long(value, &s->quiet_us) ? NULL : "is no time like 10m, 2h or 1d";
    case CT_OPT_METRICS:
        if ((wrong = number(value, 65535, &n))) return wrong;
        s->opts.metrics_port = (uint16_t)n;
        return NULL;
    case CT_OPT_UNPRIVILEGED: s->opts.plain = true; return NULL;
    case CT_OPT_KEEP_CREDENTIALS: s->opts.keep_credentials = true; return NULL;
    case CT_OPT_WORKER_UID:
        if ((wrong = number(value, 0xfffffffe, &n))) return wrong;
        s->opts.uid = (unsigned)n;
        return NULL;
    case CT_OPT_FOR:
        if ((wrong = number(value, 1u << 30, &n))) return wrong;
        s->opts.seconds = (unsigned)n;
        return NULL;
    case CT_OPT_DATA_DIR: s->data_dir = value; return NULL;
    case CT_OPT_CA_FILE: s->opts.ca_file = value; return NULL;
    case CT_OPT_TOKEN_FILE: s->token_file = value; return NULL;
    case CT_OPT_QUIET: s->opts.quiet = true; return NULL;
    default: return "is not an option here";
    }
}

/* The folder of the decoy below the data directory; without one nothing is kept, which only some things need. */
static bool folder(struct settings *s)
{
    char base[CT_DATA_DIR_SIZE];
    if (!ct_data_dir(s->data_dir, base)) return false;
    (void)snprintf(s->dir, sizeof s->dir, "%s/decoy", base);
    if (!ct_make_dirs(s->dir)) {
        ct_complain("caltrop decoy", "%s: %s", s->dir, strerror(errno));
        return false;
    }
    s->opts.data_dir = s->dir;
    return true;
}

/* Made once; who has it can link hashes of credentials to guesses, and make canaries up. */
static bool key(struct settings *s)
{
    char path[sizeof s->dir + 8];
    struct ct_fault fault = {0};
    unsigned char *p;
    size_t n;
    ct_chance_prepare();
    ct_chance(s->opts.key, KEY);
    if (!s->opts.data_dir) return true; /* for this run */
    (void)snprintf(path, sizeof path, "%s/key", s->dir);
    ct_err e = ct_file_read(&ct_alloc_libc, path, KEY, &p, &n, &fault);
    if (e == CT_OK && n == KEY) memcpy(s->opts.key, p, KEY);
    if (e == CT_OK) ct_alloc_put(&ct_alloc_libc, p, n + 1);
    if (e == CT_ERR_NOT_FOUND) e = ct_file_write_atomic(path, (ct_str){s->opts.key, KEY}, 0600, &fault);
    else if (e == CT_OK && n != KEY) e = ct_fault_set(&fault, CT_ERR_SYNTAX, 0, "is no key of ours");
    if (e != CT_OK) ct_complain("caltrop decoy", "%s: %s", path, *fault.detail ? fault.detail : ct_err_text(e));
    return e == CT_OK;
}

/* What is wrong with a file that somebody named, or wrote: and where. */
static bool blame(const char *what, const char *path, ct_err e, const struct ct_fault *f)
{
    const char *why = *f->detail ? f->detail : ct_err_text(e);
    if (f->line) ct_complain("caltrop decoy", "%s%s: line %llu: %s", what, path, (unsigned long long)f->line, why);
    else ct_complain("caltrop decoy", "%s%s: %s", what, path, why);
    return false;
}

/* A list of rules for people: the whole of it or nothing. */
static bool read_ignore(struct settings *s)
{
    struct ct_fault fault = {0};
    unsigned char *p;
    size_t n;
    if (!s->ignore) return true;
    ct_err e = ct_file_read(&ct_alloc_libc, s->ignore, LIST_MAX, &p, &n, &fault);
    if (e == CT_OK) {
        e = ct_ignore_parse(s->arena, (ct_str){p, n}, &s->opts.ignore, &fault);
        ct_alloc_put(&ct_alloc_libc, p, n + 1);
    }
    return e == CT_OK || blame("--ignore ", s->ignore, e, &fault);
}

static bool read_background(struct settings *s)
{
    char path[sizeof s->dir + 16];
    struct ct_fault fault = {0};
    unsigned char *p;
    size_t n;
    uint64_t seed;
    memcpy(&seed, s->opts.key + 8, sizeof seed);
    if (ct_background_new(&ct_alloc_libc, s->quiet_us ? ct_clock_mono_ms() + s->quiet_us / 1000 : 0, seed, &s->background) != CT_OK) return false;
    s->opts.background = s->background;
    if (!s->opts.data_dir) return true;
    (void)snprintf(path, sizeof path, "%s/background", s->dir);
    ct_err e = ct_file_read(&ct_alloc_libc, path, LIST_MAX, &p, &n, &fault);
    if (e == CT_ERR_NOT_FOUND) return true;
    if (e == CT_OK) {
        e = ct_background_parse(s->background, (ct_str){p, n}, &fault);
        ct_alloc_put(&ct_alloc_libc, p, n + 1);
    }
    return e == CT_OK || blame("", path, e, &fault);
}

static bool read_token(struct settings *s)
{
    if (s->token_file) s->opts.token = s->token;
    return !s->token_file || ct_token_read("caltrop decoy", s->token_file, s->token);
}

static int canary(struct settings *s, int n, char **argv)
{
    char name[CT_CANARY_NAME_SIZE];
    bool low = geteuid() == 0;
    if (n < 1 || n > 2) {
        ct_complain("caltrop decoy", "canary LABEL [HOST[:PORT]]: where it will be put, and where this decoy is reached");
        return 2;
    }
    if (!s->opts.data_dir) {
        ct_complain("caltrop decoy", "canary: no data directory, so the decoy would not know it: say --data-dir DIR");
        return 2;
    }
    if (ct_canary_name(s->opts.key, ct_str_from(argv[0]), name) != CT_OK) {
        ct_complain("caltrop decoy", "canary '%s': up to %d letters, digits, '.', '_' and '-'", argv[0], CT_CANARY_LABEL_MAX);
        return 2;
    }
    const char *host = n > 1 ? argv[1] : s->host;
    bool port = strrchr(host, ':') && (strchr(host, ':') == strrchr(host, ':') || strchr(host, ']'));
    if (strlen(host) > 255 || strcspn(host, " \t\r\n/${}") != strlen(host)) {
        ct_complain("caltrop decoy", "canary: '%s' is no host and port", host);
        return 2;
    }
    printf("${jndi:ldap://%s%s/%s}\n", host, port ? "" : low ? ":389" : ":1389", name);
    if (!port) printf("${jndi:rmi://%s:1099/%s}\n", host, name);
    return 0;
}

static int run(struct settings *s)
{
    struct ct_fault fault = {0};
    int status = 0;
    if (!s->opts.data_dir && s->opts.n_outlets) {
        ct_complain("caltrop decoy", "--to: no place for what cannot be delivered at once: say --data-dir DIR");
        return 2;
    }
    if (!s->opts.data_dir && !s->opts.record && !s->opts.dry_run) ct_complain("caltrop decoy", "no data directory: contacts are not kept, only told (--data-dir DIR, --record FILE)");
    ct_err e = ct_decoy_run(&s->opts, &status, &fault);
    if (e == CT_OK) return status;
    ct_complain("caltrop decoy", "%s", *fault.detail ? fault.detail : ct_err_text(e));
    return ct_err_exit(e);
}

int ct_cmd_decoy(const struct ct_command *c, int argc, char **argv)
{
    struct settings *s = calloc(1, sizeof *s);
    int first, status = 4;
    if (!s) return 4;
    s->opts.say = say;
    s->opts.ports = s->ports;
    s->opts.spared = s->spared;
    s->opts.outlets = s->outlets;
    s->opts.uid = WORKER_UID;
    if (gethostname(s->host, sizeof s->host - 1) != 0) memcpy(s->host, "localhost", 10);
    s->opts.sensor = ct_str_from(s->host);
    ct_err e = ct_command_parse(c, argc, argv, set_option, s, &first);
    if (e != CT_OK) {
        free(s);
        return e == CT_ERR_END ? 0 : 2;
    }
    bool asks_canary = first < argc && strcmp(argv[first], "canary") == 0;
    (void)folder(s);
    if (first < argc && !asks_canary) {
        ct_complain("caltrop decoy", "'%s' is nothing it does; it takes no arguments but 'canary'", argv[first]);
        status = 2;
    } else if (!key(s)) {
        status = 4;
    } else if (asks_canary) {
        status = canary(s, argc - first - 1, argv + first + 1);
    } else if (ct_arena_new(&ct_alloc_libc, 4u * LIST_MAX, &s->arena) == CT_OK) {
        status = read_ignore(s) && read_background(s) && read_token(s) ? run(s) : 2; /* as for every file that an option names */
    }
    ct_background_free(s->background);
    ct_arena_free(s->arena);
    free(s);
    return status;
}
