/* What spool.c, spool_disk.c and spool_memory.c share. */
#ifndef CT_OUTLET_SPOOL_IMPL_H
#define CT_OUTLET_SPOOL_IMPL_H

#include "outlet/spool.h"

struct ct_spool_segment {
    uint64_t seq, size; /* size: bytes of whole records */
    uint64_t waiting;   /* records not yet delivered */
};

/* Where the record lies that peek returned last. */
enum ct_spool_place {
    CT_SPOOL_NOWHERE,
    CT_SPOOL_ON_DISK,   /* in segments[0], at position.offset */
    CT_SPOOL_IN_MEMORY, /* the front of the memory queue */
    CT_SPOOL_LOST,      /* dropped meanwhile, and counted */
};

struct ct_spool_bytes {
    unsigned char *p;
    size_t cap;
};

struct ct_spool {
    const struct ct_alloc *alloc;
    uint64_t max, segment_max;
    char path[3500];          /* the folder */
    int dir_fd, position_fd, write_fd, read_fd; /* -1: none */
    uint64_t read_seq;        /* what read_fd is open on */
    struct ct_spool_segment segments[CT_SPOOL_SEGMENTS_MAX]; /* oldest first */
    size_t n_segments;
    uint64_t next_seq;
    /* Always points into segments[0], or is {next_seq, 0} when there is none. */
    struct {
        uint64_t generation, seq, offset;
    } position;
    struct ct_spool_counts counts; /* waiting, in_memory and disk_error are put in when asked for */
    int disk_error;
    enum ct_spool_place current;
    size_t current_n;         /* bytes of its record */
    unsigned read_failures;
    struct ct_spool_bytes in, out; /* a record being read, a record being written */
    struct {
        unsigned char *p;     /* CT_OUTLET_MEMORY_MAX bytes once needed */
        size_t head, end;
        uint64_t n;
    } memory;
};

bool ct_spool_bytes_reserve(ct_spool *s, struct ct_spool_bytes *b, size_t n);

/* spool_disk.c */
/* Moves *offset to the next whole record at or after it and reads it into s->in. CT_ERR_END: none, *offset is where the last
 * stretch without records begins. ret_gap: bytes were passed over (also set at the end). */
CT_MUST_USE ct_err ct_spool_find(ct_spool *s, int fd, uint64_t size, uint64_t *offset, struct ct_spool_record *ret_record,
                                 bool *ret_gap);
CT_MUST_USE ct_err ct_spool_load(ct_spool *s, struct ct_fault *fault); /* position and segments of a locked folder */
CT_MUST_USE ct_err ct_spool_open_to_read(ct_spool *s, uint64_t seq);
CT_MUST_USE ct_err ct_spool_append(ct_spool *s, ct_str record);
void ct_spool_save_position(ct_spool *s);
void ct_spool_remove_oldest(ct_spool *s);          /* its waiting records are counted as dropped */
void ct_spool_set_aside(ct_spool *s, ct_str event); /* to the refused file; counted, or counted as dropped when that fails */

/* spool_memory.c */
void ct_spool_memory_push(ct_spool *s, ct_str record);
ct_str ct_spool_memory_front(const ct_spool *s);   /* empty: none */
void ct_spool_memory_pop(ct_spool *s);
void ct_spool_memory_flush(ct_spool *s);           /* to the disk, as far as it takes them */

#endif
