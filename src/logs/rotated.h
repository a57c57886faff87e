/* Where a rotated log went: its neighbours in the folder, told apart by inode and by their first bytes.
 *
 * Weak side: two logs whose first 256 bytes are equal (a banner without a time) are one log to the comparison by head, as long as
 * nothing was read of them; then the bytes before the position decide.
 */
#ifndef CT_LOGS_ROTATED_H
#define CT_LOGS_ROTATED_H

#include "logs/follow.h"

#define CT_HEAD_MAX 256u

/* The first bytes of an open file as a reader sees them, decompressed; the file's offset stays. What cannot be decoded is not
 * part of it. */
CT_MUST_USE ct_err ct_head_of(int fd, unsigned char *to, size_t cap, size_t *ret_n);
/* ct_position_of, and the position's head_n first bytes. */
CT_MUST_USE ct_err ct_position_and_head(int fd, unsigned char head[CT_HEAD_MAX], struct ct_position *ret_position);
/* The file still starts with the bytes hashed in `was`. True for an empty head: it says nothing. */
bool ct_head_matches(int fd, const struct ct_position *was);
/* The bytes before was->offset are those hashed in `was`; true when they are not known. Reads compressed files up to there. */
bool ct_tail_matches(int fd, const struct ct_position *was);

struct ct_sibling {
    char *path;
    bool rotation; /* by its name; else it is here for its inode alone, which may have been reused */
    uint64_t device, inode, size;
    int64_t written_ns; /* last change of the content; packers keep it */
};
struct ct_siblings {
    const struct ct_alloc *alloc;
    struct ct_sibling *v; /* oldest first as far as the names say */
    size_t n, cap;
};
/* As the folder was at one moment, as far as asking twice can tell: names move while a folder is read.
 * Regular files beside `path`, without it: rotations of the same stem, and whatever has the inode of `was` (null, or an empty
 * head: none). A folder that cannot be read has none. */
CT_MUST_USE ct_err ct_siblings_scan(const struct ct_alloc *alloc, const char *path, const struct ct_position *was,
                                    struct ct_siblings *ret_siblings);
void ct_siblings_done(struct ct_siblings *s);

/* The sibling that holds what `was` was the position in: by inode, else by head (a copy, compressed or not). s->n:
 * none. */
size_t ct_siblings_find(const struct ct_siblings *s, const struct ct_position *was);
/* Sibling i was rotated after sibling `held`: by name, and not written before it, since names alone may mix two habits. */
bool ct_siblings_after(const struct ct_siblings *s, size_t held, size_t i);
/* a and b are the same place in the rotation: log.1 and the log.1.gz being made of it. */
bool ct_siblings_same_place(const struct ct_siblings *s, size_t a, size_t b);
/* Opens that file, its position (at the start) and its head_n first bytes; -1 when the name means another file by now. */
int ct_sibling_open(const struct ct_sibling *s, unsigned char head[CT_HEAD_MAX], struct ct_position *ret_position);
/* The head (of position at) starts with the bytes hashed in `was`; false when was has none. */
bool ct_head_continues(const unsigned char *head, const struct ct_position *at, const struct ct_position *was);

#endif
