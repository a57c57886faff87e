/* Inside of the walk: one level per open container, on an explicit stack.
 *
 * A level has an input (its container's bytes), a format that steps from entry to entry, and a body: the bytes of the
 * current entry. The body of a level is the input of the level above it. Bytes move by ct_nest_fill and ct_body_step alone:
 * a step never waits, it says CT_ERR_AGAIN when its level's window is empty, and ct_nest_fill then steps the level below,
 * in a loop and not by recursion.
 */
#ifndef CT_ARCHIVE_LEVEL_H
#define CT_ARCHIVE_LEVEL_H

#include "archive/decoder.h"
#include "archive/input.h"
#include "archive/nest.h"
#include "archive/zip.h"

struct ct_bytes {                 /* grows; kept for the next use */
    unsigned char *p;
    size_t n, cap;
};

enum ct_body_kind {
    CT_BODY_NONE,    /* nothing to read, or nothing that can be (err says why) */
    CT_BODY_STORED,  /* left bytes as they are; left unknown: up to the end of the input */
    CT_BODY_CODED,   /* through a decoder; left packed bytes, or unknown: until the decoder says so */
    CT_BODY_SCAN,    /* zip: stored, size unknown, until a data descriptor that fits */
    CT_BODY_SPARSE,  /* tar: pieces of the file, holes between them */
};

struct ct_sparse {
    uint64_t at, n;
};

struct ct_body {
    enum ct_body_kind kind;
    struct ct_input *in;          /* the level's own input, or its second one */
    uint64_t start;               /* where the body starts in it */
    uint64_t packed;              /* bytes it takes there, or unknown */
    uint64_t left;                /* of these, not yet taken */
    uint64_t declared;            /* what comes out, or unknown */
    uint64_t made;                /* has come out */
    const struct ct_codec_ops *ops;
    void *decoder;                /* open, of codecs[] below */
    bool members;                 /* further frames of the same codec may follow */
    bool started, frames;         /* inside a frame; behind the first one */
    bool full;                    /* the decoder used all the room it had: more may come without input */
    bool crc_known, crc_on;       /* compare at the end; keep the sum */
    uint32_t crc, crc_want;
    bool ended, finished;         /* everything came out; that has been checked */
    bool checked, told;           /* once, also of an earlier reading; its faults are told */
    ct_err err;                   /* why nothing more comes */
    /* Bytes that were made ahead of being read: peeked, or the whole entry. */
    unsigned char *ahead;
    size_t ahead_n, ahead_at;
    bool read;                    /* some were handed to the caller */
    uint64_t hole;                /* sparse: position in the file */
    size_t piece;
    size_t safe;                  /* scan: bytes of the window that are data; found: the descriptor stands behind them */
    bool found;
};

enum { CT_CODECS_MAX = 9 };

struct ct_level;
struct ct_format {
    /* Steps to the next entry, whose predecessor is through (its body may be anywhere): fills l->entry, l->name, l->body.
     * CT_ERR_END: no more. Faults are told with ct_nest_odd; other errors are not returned. */
    CT_MUST_USE ct_err (*next)(ct_nest *nest, struct ct_level *l);
    /* The current entry is done with: move the input behind it. May be null: then the body is taken to its end. */
    void (*finish)(ct_nest *nest, struct ct_level *l);
};

struct ct_tar {
    unsigned zero_blocks, damaged;
    bool ended;                   /* the end mark has been seen */
    uint64_t after;               /* where the next header stands */
    struct ct_sparse *sparse;
    size_t sparse_n, sparse_cap;
};

struct ct_ar {
    struct ct_bytes names;        /* GNU's table of long names */
    uint64_t after;
};

struct ct_cpio {
    uint64_t after;
    bool trailer;
};

struct ct_rpm {
    unsigned step;
    uint64_t header, header_n, payload;
};

struct ct_level {
    enum ct_container container;
    const struct ct_format *format;
    uint64_t id;
    unsigned index;               /* in the stack; 0: the root */
    struct ct_input in, data;     /* data: second input of randomly read zips */
    struct ct_nest_tap tap;       /* what comes into a streamed input */
    struct ct_nest_event entry;   /* of the current entry, without name and link */
    bool has_entry, finished;
    bool stop;                    /* left, or over a cap: no further entries */
    bool end;                     /* the format has no more entries */
    bool codec_name;              /* adds nothing to paths */
    struct ct_bytes name, link, root_name;
    struct ct_body body;
    unsigned char head[CT_CONTAINER_HEAD];
    unsigned char *held;          /* the current entry, made whole */
    size_t held_cap;
    void *codecs[CT_CODECS_MAX];  /* decoders once opened stay */
    uint64_t spent;               /* work done inside of it: see ct_nest_charge */
    uint32_t odd[CT_ODDITY_COUNT];
    uint64_t odd_more;
    struct ct_zip zip;
    struct ct_tar tar;
    struct ct_ar ar;
    struct ct_cpio cpio;
    struct ct_rpm rpm;
};

enum { CT_QUEUE_MAX = 32 };

struct ct_odd {
    unsigned level;
    bool about_entry, incomplete;
    enum ct_oddity oddity;
    ct_err err;
    uint64_t offset, count;
    char detail[96];
};

struct libdeflate_decompressor;

struct ct_nest {
    const struct ct_alloc *outer; /* what the caller gave */
    struct ct_alloc alloc;        /* the same, counted */
    size_t live, live_max;
    struct ct_nest_limits limits;
    unsigned families;
    struct ct_level *levels[CT_NEST_DEPTH_MAX + 1];
    unsigned n;                   /* levels open; 0: no root */
    unsigned shown;               /* level whose entry the last event was about */
    bool shown_entry;
    uint64_t ids, entries, inflated;
    size_t held;
    bool incomplete;
    struct ct_odd queue[CT_QUEUE_MAX];
    unsigned queue_at, queue_n;
    uint64_t queue_lost;
    struct libdeflate_decompressor *fast;
    struct ct_codec_peek *peek;
};

/* codec_level.c: of a compressed file */
const struct ct_codec_ops *ct_codec_of(enum ct_container c);

extern const struct ct_format ct_format_zip, ct_format_tar, ct_format_ar, ct_format_cpio, ct_format_rpm, ct_format_codec;

/* oddity.c. About the current entry of the level, or about the container. offset: in the container. */
void ct_nest_odd(ct_nest *nest, struct ct_level *l, bool about_entry, enum ct_oddity o, ct_err e, uint64_t offset, const char *fmt, ...)
    CT_PRINTF(7, 8);
bool ct_nest_odd_next(ct_nest *nest, struct ct_nest_event *ret_event);
void ct_nest_odd_name(ct_nest *nest, struct ct_level *l);      /* looks the entry's name over */
/* Work of n units (bytes made, or what an entry costs). False when some container is over its measure: it is told and stopped. */
bool ct_nest_charge(ct_nest *nest, struct ct_level *l, uint64_t n);

/* pump.c. Until the level's input has need bytes, or its end (in.end, in.err). */
void ct_nest_fill(ct_nest *nest, struct ct_level *l, struct ct_input *in, size_t need);
/* Moves the level's input to pos, which lies ahead (random inputs: anywhere). */
void ct_nest_skip_to(ct_nest *nest, struct ct_level *l, uint64_t pos);
/* Sequential reading of the body, with everything below stepped as needed. CT_ERR_END at its end. */
CT_MUST_USE ct_err ct_nest_pull(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n);

/* body.c */
CT_MUST_USE ct_err ct_body_step(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n);
/* Back to the start, where the input allows it. */
bool ct_body_rewind(struct ct_level *l);
void ct_body_none(struct ct_level *l, ct_err why);
void ct_body_stored(struct ct_level *l, struct ct_input *in, uint64_t n);
void ct_body_coded(struct ct_level *l, struct ct_input *in, const struct ct_codec_ops *ops, uint64_t packed, uint64_t declared);
/* Makes bytes ahead until there are n or the end; false: over what may be held, or an error (body.err). */
ct_err ct_body_peek(ct_nest *nest, struct ct_level *l, size_t n, ct_str *ret_head);
bool ct_body_hold(ct_nest *nest, struct ct_level *l);
void ct_body_release(ct_nest *nest, struct ct_level *l);
/* deflate whose packed bytes are at hand and whose size is known, at once; false: another way has to be taken */
bool ct_body_fast(ct_nest *nest, struct ct_level *l, unsigned char *to, size_t n);

bool ct_bytes_set(ct_nest *nest, struct ct_bytes *b, ct_str s);
bool ct_bytes_room(ct_nest *nest, struct ct_bytes *b, size_t n);

/* zip_open.c: settles how it is read. False: no zip (only behind prefixes). */
bool ct_zip_open(ct_nest *nest, struct ct_level *l);
void ct_zip_body(ct_nest *nest, struct ct_level *l);           /* before a body is used: see ct_zip.is_lazy */

#endif
