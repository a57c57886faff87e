/* What every command on the store shares: opening it in the data directory, who acts and when, all-or-nothing changes, and output. */
#ifndef CT_CLI_STORED_H
#define CT_CLI_STORED_H

#include "cli/command.h"
#include "cli/data_dir.h"
#include "cli/out.h"
#include "store/asset.h"
#include "store/who.h"

struct ct_stored {
    const char *command;          /* "caltrop asset add": before complaints */
    const char *data_dir, *actor, *why; /* as given; may be null */
    char path[CT_DATA_DIR_SIZE];  /* the database */
    ct_db *db;
    ct_arena *arena;              /* for the command's whole life */
    struct ct_who who;
    struct ct_out out;
    char **args;                  /* of a command with verbs: what stands behind the verb */
    size_t n_args;
    struct ct_buf text;           /* and what it has to say, written at its end */
    int found;                    /* and its exit status when all went well */
};

/* --data-dir, --actor, --why; false: another option. */
bool ct_stored_option(struct ct_stored *s, enum ct_option_id id, const char *value);
/* Opens it; false after a complaint: end with *ret_status. */
bool ct_stored_begin(struct ct_stored *s, const char *command, int *ret_status);
/* Closes everything. err: of the work; complained about unless it is CT_ERR_USAGE, which was. The exit status: found when all went well. */
int ct_stored_end(struct ct_stored *s, ct_err err, int found);

/* A change: a transaction around work, rolled back when it fails, with the reason in *fault. */
typedef ct_err ct_stored_work(void *ctx, struct ct_stored *s, struct ct_fault *fault);
CT_MUST_USE ct_err ct_stored_change(struct ct_stored *s, ct_stored_work *work, void *ctx);

/* The whole file, or standard input for "-". The text lives in the arena of the caller. Complained about. */
CT_MUST_USE ct_err ct_stored_read(struct ct_stored *s, ct_arena *arena, const char *path, ct_str *ret_text);
/* The asset called NAME, or NAME@ENVIRONMENT when no asset is called that as a whole; the fault says what to do. */
CT_MUST_USE ct_err ct_stored_asset(struct ct_stored *s, const char *given, struct ct_asset *ret_asset, struct ct_fault *fault);
CT_MUST_USE ct_err ct_stored_write(struct ct_stored *s, const struct ct_buf *b);

#endif
