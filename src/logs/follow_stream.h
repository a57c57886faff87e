/* The parts of following: one open file that grows, and a queue of finished files to be read to their end. Both deliver whole
 * lines from a buffer that the caller lends. */
#ifndef CT_LOGS_FOLLOW_STREAM_H
#define CT_LOGS_FOLLOW_STREAM_H

#include "logs/follow.h"

struct ct_lines {
    const unsigned char *p;
    size_t n;
    uint64_t offset, line; /* of the first byte; lines before it */
    bool partial;
};

/* A file that grows. An unfinished last line is read again each time (it lies in the page cache) and kept aside as well, for
 * the day the file is cut before the line is whole. */
struct ct_growing {
    int fd; /* -1: none */
    int watch;
    struct ct_position at; /* behind what was delivered */
    unsigned char *tail;
    size_t tail_n, tail_cap;
    int64_t written_ns;  /* the file's own time of its last change, when last looked at */
    int64_t quiet_since; /* when the tail last grew */
    int64_t until;       /* a file rotated away is still looked at until then */
};

void ct_growing_done(const struct ct_alloc *alloc, struct ct_growing *g);
/* CT_OK: lines; CT_ERR_AGAIN: nothing new. *ret_cut: the file is shorter than what was read, or another one by its head. */
CT_MUST_USE ct_err ct_growing_read(const struct ct_alloc *alloc, struct ct_growing *g, int64_t now, unsigned char *buffer,
                                   size_t cap, struct ct_lines *ret_lines, bool *ret_cut, struct ct_fault *fault);
/* Delivers the unfinished line; false when there is none. The bytes stay until the next read. */
bool ct_growing_flush(struct ct_growing *g, struct ct_lines *ret_lines);
/* To the start of the file's last unfinished line. Counts the lines before it, so it reads the whole file once. */
CT_MUST_USE ct_err ct_growing_to_end(struct ct_growing *g, unsigned char *buffer, size_t cap, struct ct_fault *fault);
/* The head grows with the file until it is full. */
void ct_growing_learn_head(struct ct_growing *g);
/* At the start again after truncation; where a writer has kept its offset, behind the hole it left. */
void ct_growing_restart(struct ct_growing *g);

/* A file that will not grow, perhaps compressed. */
struct ct_finished {
    char *path; /* owned */
    ct_source *source;
    struct ct_position at;
    uint64_t skip; /* bytes to pass over first */
    unsigned char *buffer;
    size_t from, n, cap;
    bool ended;
};

void ct_finished_done(const struct ct_alloc *alloc, struct ct_finished *f);
/* Opens now, so that renaming and removal do not matter any more. at->offset bytes are passed over. */
CT_MUST_USE ct_err ct_finished_open(const struct ct_alloc *alloc, const char *path, const struct ct_position *at,
                                    struct ct_finished *ret_f, struct ct_fault *fault);
/* CT_ERR_END when all is delivered; an error of the source comes once and ends it. */
CT_MUST_USE ct_err ct_finished_read(const struct ct_alloc *alloc, struct ct_finished *f, struct ct_lines *ret_lines,
                                    struct ct_fault *fault);

#endif
