#include "cli/stored.h"

#include "base/limits.h"
#include "cli/when.h"
#include "os/file.h"
#include "respond/control.h"
#include "respond/due.h"
#include "respond/incident.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_MAX = 1 << 30 };

bool ct_stored_option(struct ct_stored *s, enum ct_option_id id, const char *value)
{
    if (id == CT_OPT_DATA_DIR) s->data_dir = value;
    else if (id == CT_OPT_ACTOR) s->actor = value;
    else if (id == CT_OPT_WHY) s->why = value;
    else return false;
    return true;
}

static ct_err who_acts(struct ct_stored *s)
{
    const char *actor = s->actor && *s->actor ? s->actor : getenv("SUDO_USER");
    char number[32];
    if (!actor || !*actor) {
        const struct passwd *user = getpwuid(getuid());
        (void)snprintf(number, sizeof number, "uid %u", (unsigned)getuid());
        actor = user && *user->pw_name ? user->pw_name : number;
    }
    CT_TRY(ct_arena_dup(s->arena, ct_str_from(actor), &s->who.actor));
    s->who.why = s->why ? ct_str_from(s->why) : CT_STR("");
    return CT_OK;
}

/* What the clock changed since somebody last asked. */
static ct_err by_the_clock(struct ct_stored *s)
{
    struct ct_derived derived = {0};
    int64_t *ids;
    size_t n;
    uint64_t expired;
    bool late, incidents;
    const struct ct_who clock = {.actor = CT_STR("clock"), .why = CT_STR(""), .now_us = s->who.now_us};
    CT_TRY(ct_controls_past(s->db, s->arena, s->who.now_us, &ids, &n));
    CT_TRY(ct_clocks_late(s->db, s->who.now_us, &late));
    CT_TRY(ct_incidents_due(s->db, s->who.now_us, &incidents));
    if (n == 0 && !late && !incidents) return CT_OK;
    CT_TRY(ct_db_begin(s->db));
    ct_err e = n ? ct_controls_expire(s->db, s->arena, &s->who, &derived, &expired) : CT_OK;
    if (e == CT_OK && late) e = ct_clocks_mark(s->db, &clock, &expired);
    if (e == CT_OK && incidents) e = ct_incidents_mark(s->db, s->arena, &clock);
    if (e == CT_OK) e = ct_db_commit(s->db);
    if (e != CT_OK) ct_db_rollback(s->db);
    return e;
}

bool ct_stored_begin(struct ct_stored *s, const char *command, int *ret_status)
{
    struct ct_fault fault = {0};
    char dir[CT_DATA_DIR_SIZE];
    s->command = command;
    ct_out_init(&s->out, STDOUT_FILENO);
    *ret_status = 2;
    if (!ct_now(&s->who.now_us)) return ct_complain(command, "CALTROP_NOW is no time like 2021-12-10T14:00:00Z"), false;
    if (!ct_data_dir(s->data_dir, dir)) return ct_complain(command, "nobody says where the store is: --data-dir DIR or CALTROP_DATA_DIR"), false;
    *ret_status = 4;
    if (!ct_make_dirs(dir)) return ct_complain(command, "%s: %s", dir, strerror(errno)), false;
    (void)snprintf(s->path, sizeof s->path, "%s/caltrop.db", dir);
    ct_err e = ct_arena_new(&ct_alloc_libc, ARENA_MAX, &s->arena);
    if (e == CT_OK) e = who_acts(s);
    if (e == CT_OK) e = ct_db_open(&ct_alloc_libc, s->path, &s->db, &fault);
    if (e == CT_OK) e = by_the_clock(s);
    if (e == CT_OK) return true;
    ct_complain(command, "%s: %s", s->path, *fault.detail ? fault.detail : s->db ? ct_db_why(s->db) : ct_err_text(e));
    *ret_status = e == CT_ERR_AGAIN ? 4 : ct_err_exit(e);
    ct_db_close(s->db);
    ct_arena_free(s->arena);
    return false;
}

int ct_stored_end(struct ct_stored *s, ct_err err, int found)
{
    ct_err flushed = ct_out_flush(&s->out);
    if (flushed != CT_OK) ct_complain(s->command, "cannot write the output: %s", strerror(s->out.sys));
    else if (err == CT_ERR_NOMEM || err == CT_ERR_CAP) ct_complain(s->command, "%s", ct_err_text(err));
    else if (err != CT_OK && err != CT_ERR_USAGE) ct_complain(s->command, "%s: %s", s->path, ct_db_why(s->db));
    ct_db_close(s->db);
    ct_arena_free(s->arena);
    if (flushed != CT_OK) return ct_err_exit(flushed);
    return err == CT_OK ? found : err == CT_ERR_AGAIN ? 4 : ct_err_exit(err);
}

ct_err ct_stored_change(struct ct_stored *s, ct_stored_work *work, void *ctx)
{
    struct ct_fault fault = {0};
    CT_TRY(ct_db_begin(s->db));
    ct_err e = work(ctx, s, &fault);
    if (e == CT_OK) e = ct_db_commit(s->db);
    if (e == CT_OK) return CT_OK;
    if (*fault.detail) {
        if (fault.line) ct_complain(s->command, "line %llu: %s; nothing was changed", (unsigned long long)fault.line, fault.detail);
        else ct_complain(s->command, "%s", fault.detail);
        e = e == CT_ERR_NOMEM || e == CT_ERR_WRITE ? e : CT_ERR_USAGE;
    }
    ct_db_rollback(s->db);
    s->out.n = 0; /* what was to be said of it did not happen */
    return e;
}

ct_err ct_stored_read(struct ct_stored *s, ct_arena *arena, const char *path, ct_str *ret_text)
{
    struct ct_fault fault = {0};
    unsigned char *p;
    size_t n;
    ct_err e = strcmp(path, "-") == 0 ? ct_file_read_stream(&ct_alloc_libc, STDIN_FILENO, CT_RESPOND_FILE_MAX, &p, &n, &fault)
                                      : ct_file_read(&ct_alloc_libc, path, CT_RESPOND_FILE_MAX, &p, &n, &fault);
    if (e == CT_OK) {
        e = ct_arena_dup(arena, (ct_str){p, n}, ret_text);
        ct_alloc_put(&ct_alloc_libc, p, n + 1);
    }
    if (e == CT_OK) return CT_OK;
    ct_complain(s->command, "%s: %s", path, *fault.detail ? fault.detail : ct_err_text(e));
    return e == CT_ERR_NOMEM ? e : CT_ERR_USAGE;
}

ct_err ct_stored_write(struct ct_stored *s, const struct ct_buf *b) { return b->err ? b->err : ct_out_write(&s->out, ct_buf_view(b)); }

static ct_err unknown(const char *name, struct ct_fault *fault)
{
    return ct_fault_set(fault, CT_ERR_USAGE, 0, "no asset is called '%s': 'caltrop asset list' shows them", name);
}

ct_err ct_stored_asset(struct ct_stored *s, const char *given, struct ct_asset *ret_asset, struct ct_fault *fault)
{
    const char *at = strrchr(given, '@');
    ct_err e = ct_asset_find(s->db, s->arena, ct_str_from(given), (ct_str){NULL, 0}, ret_asset);
    if (e == CT_ERR_USAGE) return ct_fault_set(fault, e, 0, "several environments hold '%s': name it as %s@ENVIRONMENT", given, given);
    if (e != CT_ERR_NOT_FOUND) return e;
    ct_str environment = at && at[1] ? ct_environment_word(ct_str_from(at + 1)) : (ct_str){NULL, 0};
    if (!environment.n) return unknown(given, fault);
    e = ct_asset_find(s->db, s->arena, ct_str_slice(ct_str_from(given), 0, (size_t)(at - given)), environment, ret_asset);
    return e == CT_ERR_NOT_FOUND ? unknown(given, fault) : e;
}
