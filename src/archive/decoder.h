/* Decoders of compressed streams behind one shape: bytes in, bytes out, no I/O.
 *
 * A file is a row of frames (gzip members, zstd and lz4 frames, xz and bzip2 streams). A decoder does one frame at a time;
 * what lies between and behind frames is the caller's business. Raw deflate and the two old forms of LZMA have one frame.
 * Weak side: libzstd and liblz4 allocate through libc, since their allocator hooks are not part of the stable interface.
 */
#ifndef CT_ARCHIVE_DECODER_H
#define CT_ARCHIVE_DECODER_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

struct ct_codec_io {
    const unsigned char *in;
    size_t in_n;
    unsigned char *out;
    size_t out_n;
    char why[160]; /* on an error, what the decoder says */
};

struct ct_codec_ops {
    CT_MUST_USE ct_err (*open)(const struct ct_alloc *alloc, void **ret_state);
    void (*close)(void *state);
    /* Before each frame. */
    CT_MUST_USE ct_err (*start)(void *state);
    /* Moves io forward. CT_OK: goes on; CT_ERR_END: the frame is complete and checked. Other codes: damaged, over a cap. */
    CT_MUST_USE ct_err (*step)(void *state, struct ct_codec_io *io);
};
extern const struct ct_codec_ops ct_codec_gzip, ct_codec_zstd, ct_codec_xz, ct_codec_bzip2, ct_codec_lz4;
/* Text in UTF-16, as UTF-8: one frame without an end mark. May it end here, between two characters? */
extern const struct ct_codec_ops ct_codec_utf16;
bool ct_codec_utf16_may_end(const void *state);
/* Is text that begins so UTF-16? By its mark; without one four characters of ASCII in a row must begin it. */
enum ct_utf16 { CT_UTF16_NONE, CT_UTF16_LITTLE, CT_UTF16_BIG, CT_UTF16_LITTLE_UNMARKED, CT_UTF16_BIG_UNMARKED };
enum { CT_UTF16_TELLS = 8 }; /* bytes */
enum ct_utf16 ct_utf16_order(ct_str head);
/* Inside archives: raw deflate, and with a larger window; the .lzma file; the same as zip has it, behind its own header of four bytes. */
extern const struct ct_codec_ops ct_codec_deflate, ct_codec_deflate64, ct_codec_lzma, ct_codec_zip_lzma;

/* The first n bytes of a raw deflate stream whose first in.n bytes are at hand, for the price of these; fewer where it is short,
 * cut or damaged. *peek starts as null and is kept for the next time; null on return: no memory. */
struct ct_codec_peek;
size_t ct_codec_peek_deflate(const struct ct_alloc *alloc, struct ct_codec_peek **peek, ct_str in, unsigned char *to, size_t n);
void ct_codec_peek_close(struct ct_codec_peek *peek);

/* For libraries whose free does not tell the size. */
void *ct_codec_alloc(const struct ct_alloc *alloc, size_t items, size_t size);
void ct_codec_free(const struct ct_alloc *alloc, void *p);

/* Keeps the library's words; returns e. */
ct_err ct_codec_why(struct ct_codec_io *io, ct_err e, const char *what, const char *words);

#endif
