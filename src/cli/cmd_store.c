/* store backup TO, store check. */
#include "cli/stored.h"
#include "store/timeline.h"

#include <string.h>

static const char *set_option(void *ctx, enum ct_option_id id, const char *value) { return ct_stored_option(ctx, id, value) ? NULL : "is not an option here"; }

static int backup(struct ct_stored *s, const char *to)
{
    struct ct_fault fault = {0};
    int status;
    if (!ct_stored_begin(s, "caltrop store backup", &status)) return status;
    ct_err e = ct_db_backup(s->db, to, &fault);
    if (e != CT_OK) ct_complain(s->command, "%s", fault.detail); /* it names the file */
    (void)ct_stored_end(s, CT_OK, 0);
    return ct_err_exit(e);
}

static void on_wrong(void *ctx, const char *what)
{
    const struct ct_stored *s = ctx;
    ct_complain(s->command, "%s", what);
}

static int check(struct ct_stored *s)
{
    struct ct_fault fault = {0};
    struct ct_buf b;
    uint64_t entries = 0;
    unsigned char head[CT_BLAKE2B_DIGEST];
    int status;
    if (!ct_stored_begin(s, "caltrop store check", &status)) return status;
    ct_err e = ct_db_check(s->db, on_wrong, s), chain = ct_timeline_verify(s->db, &entries, head, &fault);
    if (e == CT_ERR_SYNTAX || chain == CT_ERR_CHECKSUM) {
        if (chain == CT_ERR_CHECKSUM) ct_complain(s->command, "timeline: %s", fault.detail);
        (void)ct_stored_end(s, CT_OK, 0);
        return 3;
    }
    if (e == CT_OK) e = chain;
    if (e == CT_OK) {
        ct_buf_init(&b, s->arena, 4096);
        ct_buf_printf(&b, "The store is whole: file, references, and %llu entries of the timeline.\n", (unsigned long long)entries);
        e = ct_stored_write(s, &b);
    }
    return ct_stored_end(s, e, 0);
}

int ct_cmd_store(const struct ct_command *c, int argc, char **argv)
{
    struct ct_stored s = {.db = NULL};
    int first;
    ct_err e = ct_command_parse(c, argc, argv, set_option, &s, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    const char *verb = first < argc ? argv[first] : "";
    if (strcmp(verb, "backup") == 0 && argc - first == 2) return backup(&s, argv[first + 1]);
    if (strcmp(verb, "check") == 0 && argc - first == 1) return check(&s);
    ct_complain("caltrop store", "is 'caltrop store backup FILE' or 'caltrop store check'. Try 'caltrop store --help'.");
    return 2;
}
