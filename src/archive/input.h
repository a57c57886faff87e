/* The bytes of one container: in order through a window, and where they can be had at any place, at any place.
 *
 * A window of a source in memory is the source itself; other windows are copies in a buffer that grows on demand. Streams
 * are filled by the walk (nest_pump.c), random sources by themselves. Positions count from the start of the container.
 */
#ifndef CT_ARCHIVE_INPUT_H
#define CT_ARCHIVE_INPUT_H

#include "base/alloc.h"
#include "base/bytes_at.h"

#define CT_INPUT_UNKNOWN UINT64_MAX

struct ct_input {
    bool random;
    struct ct_bytes_at at;        /* random */
    uint64_t start, size;         /* the part of `at` that is the container; size of a stream: CT_INPUT_UNKNOWN */
    const unsigned char *win;     /* bytes at hand: n of them, the first one at pos */
    size_t n;
    size_t more;                  /* bytes at hand right behind them that lie behind the end of this part; then end is set */
    uint64_t pos;
    bool end;                     /* nothing comes behind the window */
    bool ahead;                   /* parts follow closely: reads go on behind this one's end */
    bool warm;                    /* read in order: the first read of a place takes little, since little may be wanted */
    ct_err err;                   /* why the end is early */
    unsigned char *buf;           /* own memory, kept for the next use */
    size_t cap;
};

/* Part of at, clamped to it. Keeps the buffer. */
void ct_input_random(struct ct_input *in, const struct ct_bytes_at *at, uint64_t start, uint64_t size);
/* The same, where parts are taken one behind the other: what is at hand of the last one and behind it is used again, and as long as
 * parts follow closely, more than the part is read at once. Whoever changes what `at` reads empties the window first. */
void ct_input_part(struct ct_input *in, const struct ct_bytes_at *at, uint64_t start, uint64_t size);
void ct_input_stream(struct ct_input *in);
void ct_input_done(struct ct_input *in, const struct ct_alloc *alloc);

/* Moves behind n bytes of the window. */
static inline void ct_input_take(struct ct_input *in, size_t n)
{
    in->win += n;
    in->n -= n;
    in->pos += n;
}
/* Random: to any place; beyond the end is the end. */
void ct_input_seek(struct ct_input *in, uint64_t pos);
/* Moves the window to the front of its buffer and makes room for `need` bytes in all: where to put further ones and how
 * many fit. */
CT_MUST_USE ct_err ct_input_room(struct ct_input *in, const struct ct_alloc *alloc, size_t need, unsigned char **ret_to, size_t *ret_n);
/* Random: until the window has `need` bytes, or the end. Errors are kept in err and end it. */
void ct_input_fill(struct ct_input *in, const struct ct_alloc *alloc, size_t need);
/* Random: exactly n bytes at pos (of the container) into to; how many there were. */
CT_MUST_USE ct_err ct_input_read_at(const struct ct_input *in, uint64_t pos, void *to, size_t n, size_t *ret_n);

static inline unsigned ct_le16(const unsigned char *p) { return (unsigned)p[0] | (unsigned)p[1] << 8; }
static inline uint32_t ct_le32(const unsigned char *p) { return (uint32_t)ct_le16(p) | (uint32_t)ct_le16(p + 2) << 16; }
static inline uint64_t ct_le64(const unsigned char *p) { return (uint64_t)ct_le32(p) | (uint64_t)ct_le32(p + 4) << 32; }
static inline uint32_t ct_be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#endif
