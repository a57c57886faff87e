/* Following a growing log through rotation (rename and create, copytruncate), truncation and late creation, and the
 * positions that let a rerun go on where the last one stopped. */
#ifndef CT_LOGS_FOLLOW_H
#define CT_LOGS_FOLLOW_H

#include "logs/source.h"

/* Where a file was read up to. Identity is device, inode and a hash of its first bytes (up to 256), so that a reused
 * inode or a copytruncated file is noticed; and of the last bytes before offset, since many logs begin with the same banner.
 * In compressed files head, tail, offset and lines are those of the content. */
struct ct_position {
    uint64_t device, inode, offset, head_hash;
    uint64_t line;   /* lines before offset */
    uint32_t head_n; /* bytes hashed */
    uint32_t tail_n; /* 0: not known; then tail_hash is the size of the compressed file, or 0 */
    uint64_t tail_hash;
    bool whole;      /* a compressed file, read to its end: there is no more in it as long as it has that size */
};

/* --state FILE: positions by path. Saved atomically (write, fsync, rename, fsync of the directory); a damaged or foreign
 * file is refused, never overwritten. One process at a time: the file is locked (CT_ERR_PERMISSION with detail when held). */
typedef struct ct_state ct_state;
CT_MUST_USE ct_err ct_state_open(const struct ct_alloc *alloc, const char *path, ct_state **ret_state, struct ct_fault *fault);
void ct_state_close(ct_state *s);
/* Position to go on from in the file now at `path`; CT_ERR_NOT_FOUND: never seen. When the file seen last time has been
 * rotated away, *ret_rotated names where it is now (same directory, by inode, also when its new name ends in .1 or a date;
 * compressed rotations are found by their decompressed head) so that its tail is read first; null otherwise.
 * ret_rotated is owned by the state until the next call. */
CT_MUST_USE ct_err ct_state_resume(ct_state *s, const char *path, struct ct_position *ret_position, const char **ret_rotated,
                                   struct ct_position *ret_rotated_position);
/* What else that call learnt. Owned by the state until the next resume or note. */
struct ct_resumed {
    /* Files rotated between that one and the current file since the last run, oldest first: nothing of them was read. */
    char *const *missed;
    size_t n_missed;
    /* The absolute name under which the current, and the rotated, file was read first; null: its own. Events are told under it,
     * so that those read again have the ids they had. */
    const char *origin, *rotated_origin;
    bool renewed;    /* another file than last time has this name */
    bool moved_here; /* a file read under another name has this one, which no file had before */
    bool lost;       /* the file read last time lies nowhere any more: its tail, and what was rotated since, cannot be read */
};
const struct ct_resumed *ct_state_resumed(const ct_state *s);
/* origin as above: of a file that is read under a new name. */
CT_MUST_USE ct_err ct_state_note(ct_state *s, const char *path, const struct ct_position *p, const char *origin);
CT_MUST_USE ct_err ct_state_save(ct_state *s, struct ct_fault *fault);
/* Identity of an open file, offset 0. */
CT_MUST_USE ct_err ct_position_of(int fd, struct ct_position *ret_position);
/* Learns the last bytes before p->offset of an open file; of a compressed one its size, for it does not grow. */
void ct_position_learn_tail(int fd, struct ct_position *p);

/* Follows many files. Never loses a line that could be read, never delivers one twice within a run. A last line without
 * newline is held back until it is whole; when its file was rotated away, deleted or cut, it comes as it is after a second of
 * silence. A file rotated away is looked at for a minute more, for writers that reopen late: such late lines come with the
 * `after` of the newer file. Rotated files that came and went between two looks, and what copytruncate copied before it was
 * read, are read where they lie now, also when compressed. Refuses: anything but regular files. Weak side: see follow.c.
 * Wakes on change (inotify, with a poll of one second as fallback for file systems without it). */
typedef struct ct_follow ct_follow;
CT_MUST_USE ct_err ct_follow_new(const struct ct_alloc *alloc, ct_follow **ret_follow);
void ct_follow_free(ct_follow *f);
/* The file may not exist yet. from null: start at its end if it exists now (the start of its last unfinished line; lines are
 * counted, so the file is read once), at its start if it appears later. from a position in a file that has been rotated away
 * since: its rest comes first, then what was rotated after it, then this file from its start. */
CT_MUST_USE ct_err ct_follow_add(ct_follow *f, const char *path, const struct ct_position *from);
/* Where a rerun would go on now. False: it is not followed, or no such file has been seen yet. */
bool ct_follow_position(const ct_follow *f, const char *path, struct ct_position *ret_position);
/* Follows it no longer; what waits to be read of it is left. A path that is not followed is fine. */
void ct_follow_drop(ct_follow *f, const char *path);
struct ct_follow_chunk {
    const char *path;       /* as given to add */
    const unsigned char *p; /* valid until the next call; whole lines, except when `partial` */
    size_t n;
    uint64_t offset, line;    /* of the first byte; line from 1 */
    struct ct_position after; /* position behind this chunk, for the state */
    bool partial;             /* a last line without newline at the end of a file that was rotated away or deleted, or a piece
                                 of a line longer than the buffer */
    const char *notice;       /* "rotated", "truncated", "appeared", "vanished": something happened; n may be 0 */
};
/* Waits at most timeout_ms (-1: for ever). CT_ERR_AGAIN: nothing. CT_ERR_INTERRUPTED: a signal. Any other error is about one
 * file; following goes on with the next call. */
CT_MUST_USE ct_err ct_follow_next(ct_follow *f, int timeout_ms, struct ct_follow_chunk *ret_chunk, struct ct_fault *fault);
/* The path of the file that the last error was about; null: all of them, or none yet. */
const char *ct_follow_failed(const ct_follow *f);

#endif
