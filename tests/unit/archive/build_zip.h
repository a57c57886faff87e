/* Zips of any kind, also such as no tool writes: the local header, the directory and the data may each say something else. */
#ifndef CT_TESTS_BUILD_ZIP_H
#define CT_TESTS_BUILD_ZIP_H

#include "base/buf.h"

struct zip_part {
    const char *name;
    ct_str data;
    unsigned method;               /* 0 or 8 are packed so; others are stored and called so */
    bool descriptor, bare;         /* sizes behind the data; without the mark */
    bool wide;                     /* zip64 extra fields (and sizes behind the data of eight bytes) */
    bool hidden, ghost;            /* not in the directory; only there */
    const char *local_name;        /* null: the same */
    unsigned local_method;         /* 0: the same */
    unsigned flags;
    int64_t size_lie, packed_lie;  /* added to what is declared, in both places */
    int64_t local_size_lie;        /* in the local header only */
    bool crc_lie;
    unsigned same_as;              /* directory: points to the local header of part same_as - 1; nothing local is written */
    ct_str raw;                    /* written instead of the packed data, with its length as packed size */
    unsigned pad;                  /* bytes of extra field in the local header */
};

struct zip_form {
    ct_str prefix, comment, suffix;
    bool absolute;                 /* offsets count from the start of the prefix */
    bool no_directory, no_end, no_locals_end; /* stop there */
    bool reverse;                  /* directory in reverse order */
    int count_lie;
    int64_t directory_lie;         /* added to the directory's offset */
    bool wide_end;                 /* zip64 end record and locator, the old fields all ones */
};

/* Appends to out; parts up to 64. */
void build_zip(struct ct_buf *out, const struct zip_part *parts, size_t n, const struct zip_form *form);
/* Raw deflate. */
ct_str build_deflated(ct_arena *arena, ct_str in);

#endif
