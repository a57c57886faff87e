/* Walks containers nested to any depth: zip in all its dresses, tar, ar (deb), cpio, rpm, and files compressed with gzip,
 * bzip2, xz, lzma or zstd. What a thing is, its bytes say, never its name.
 *
 *   ct_nest_open(nest, bytes, name, CT_FAMILIES_ALL);       CT_ERR_NOT_FOUND: no container
 *   while (ct_nest_next(nest, &event) == CT_OK)
 *       if (event.what == CT_NEST_ENTRY) ... peek, read or load it, or ct_nest_enter(nest) to go in
 *
 * Where the bytes can be had at any place (the root, what is stored in it, small archives held whole) a zip is read by its
 * central directory, and an entry that nobody asks for costs nothing. Everything else streams: a big inner zip is read by
 * its local headers and compared with its directory when that comes by. Memory does not depend on the input: one window per
 * level, and ct_nest_limits.hold_max in all for archives held whole.
 *
 * Nothing that is wrong with the input ends the walk. It becomes a CT_NEST_ODDITY event beside the entry it concerns, and
 * the rest is still read; event.incomplete says that something was not seen because of it. Oddities met while an entry
 * is peeked, read, loaded or entered come with the next call of ct_nest_next, while that entry is still the current one.
 *
 * Names and links are given as stored: any bytes but for the terminating NUL of formats that have one, never to be
 * printed raw or used as a path of this host. Not thread-safe: one walk per thread; no globals. For a root with a base
 * pointer read is never called and nothing is copied; a mapping is the caller's business (a file that shrinks under one
 * raises SIGBUS).
 * Weak sides: a zip behind an arbitrary prefix is looked for where its end record lies in the last 4 KiB; behind a script or
 * program in the last 64 KiB; in compressed entries behind scripts and programs only, and up to hold_max. The older
 * methods of zip are named as unsupported; compress (.Z) and the lz4 that only kernels use are no containers here.
 */
#ifndef CT_ARCHIVE_NEST_H
#define CT_ARCHIVE_NEST_H

#include "base/buf.h"
#include "base/bytes_at.h"

enum ct_container {
    CT_CONTAINER_NONE,
    CT_CONTAINER_ZIP,
    CT_CONTAINER_TAR,
    CT_CONTAINER_AR,
    CT_CONTAINER_CPIO,
    CT_CONTAINER_RPM,   /* entries: "header" (the main header's bytes) and "payload" (a cpio, mostly compressed) */
    CT_CONTAINER_GZIP,  /* from here on: one entry, the decompressed bytes */
    CT_CONTAINER_BZIP2,
    CT_CONTAINER_XZ,
    CT_CONTAINER_LZMA,
    CT_CONTAINER_ZSTD,
    CT_CONTAINER_LZ4,   /* frames; not the older form that only kernels use */
};
const char *ct_container_name(enum ct_container c); /* "zip", "tar", ... */

/* Which containers a walk opens; a bit set. */
enum {
    CT_FAMILY_ZIP = 1u,
    CT_FAMILY_TAR = 2u,
    CT_FAMILY_PACKAGE = 4u, /* ar, cpio, rpm */
    CT_FAMILY_CODEC = 8u,   /* single compressed files, and with TAR and PACKAGE their compressed forms */
    CT_FAMILIES_ALL = 15u
};

#define CT_CONTAINER_HEAD 512u /* first bytes that suffice to tell */
/* head: the first bytes, up to CT_CONTAINER_HEAD; tail: the last bytes or, where they are not at hand, empty. A tar is told
 * before a zip that is appended: a tar of stored jars ends like its last jar. */
enum ct_container ct_container_sniff(ct_str head, ct_str tail);

struct ct_nest_limits {
    unsigned depth_max;       /* containers within containers */
    uint64_t entries_max;     /* entries of all containers below one root */
    uint64_t inflated_floor;  /* a root may always make this many bytes of itself, all levels below it together; a container in
                                 it half as many, and so on, down to a 32nd ... */
    unsigned inflated_ratio;  /* ... plus this many for each of its own */
    size_t hold_max;          /* bytes of inner archives held whole at the same time */
    bool check_local;         /* compare every local header of a zip with the directory, also of entries not read */
};
extern const struct ct_nest_limits ct_nest_limits_default; /* from base/limits.h */

enum ct_nest_what {
    CT_NEST_ENTRY,  /* the next entry of the innermost container is the current one */
    CT_NEST_LEAVE,  /* the container entered last is through; the entry it was is current again until the next call */
    CT_NEST_ODDITY, /* something odd about the current entry or its container */
};

/* In a zip a directory is what ends in a slash, and a symlink is a file to Java, whatever Unix makes of it: its target is what
 * is read, and classes may hide behind that mark. Hard links of a tar have no contents of their own. */
enum ct_nest_kind { CT_NEST_FILE, CT_NEST_DIR, CT_NEST_SYMLINK, CT_NEST_HARDLINK, CT_NEST_OTHER };

/* name, text, leaves the answer incomplete */
#define CT_ODDITY_LIST(X)                                                                                                      \
    X(BOMB, "inflates beyond all measure", true)                                                                               \
    X(DEPTH, "nested too deep", true)                                                                                          \
    X(ENTRIES, "too many entries", true)                                                                                       \
    X(SIZE, "size is not what was declared", false)                                                                            \
    X(LOCAL_DIFFERS, "local header disagrees with the central directory", false)                                               \
    X(HIDDEN, "entry is not in the central directory", false)                                                                  \
    X(MISSING, "listed in the central directory, but no local header is there", true)                                          \
    X(OVERLAP, "entries overlap", false)                                                                                       \
    X(METHOD, "unsupported compression method", true)                                                                          \
    X(ENCRYPTED, "encrypted", true)                                                                                            \
    X(TRUNCATED, "ends early", true)                                                                                           \
    X(NO_DIRECTORY, "no usable central directory: read by local headers", true)                                                \
    X(DAMAGED, "damaged", true)                                                                                                \
    X(CHECKSUM, "checksum differs", true)                                                                                      \
    X(NO_END, "has no end mark", false)                                                                                        \
    X(TRAILING, "data after the end", false)                                                                                   \
    X(NAME_DOTDOT, "name climbs out with ..", false)                                                                           \
    X(NAME_ABSOLUTE, "name is absolute", false)                                                                                \
    X(NAME_NUL, "name holds a NUL", false)                                                                                     \
    X(NAME_EMPTY, "name is empty", false)                                                                                      \
    X(UNSUPPORTED, "variant is not supported", true)                                                                           \
    X(MEMORY, "not read: memory", true)                                                                                        \
    X(READ, "read failed", true)                                                                                               \
    X(MORE, "further oddities of the same kinds", false)
enum ct_oddity {
#define X(name, text, incomplete) CT_ODDITY_##name,
    CT_ODDITY_LIST(X)
#undef X
    CT_ODDITY_COUNT
};
const char *ct_oddity_text(enum ct_oddity o);

#define CT_NEST_SIZE_UNKNOWN UINT64_MAX

struct ct_nest_event {
    enum ct_nest_what what;
    unsigned depth;               /* 1: an entry of the root */
    uint64_t container;           /* number of the container that the entry lies in, from 1, unique per root; LEAVE: the one left */
    enum ct_container format;     /* of that container */
    /* The current entry (also with an oddity, where it has one: else name is null). Borrowed until the next ct_nest_next. */
    ct_str name, link;            /* link: target of a hard link or, where the format has it in the header, a symlink */
    enum ct_nest_kind kind;
    uint64_t size;                /* declared, or CT_NEST_SIZE_UNKNOWN */
    uint64_t packed;              /* bytes it takes in the container, or CT_NEST_SIZE_UNKNOWN */
    uint64_t offset;              /* of its header in the container; with an oddity, of what is odd */
    uint32_t crc;                 /* zip, where has_crc */
    uint32_t mode, uid, gid;      /* mode: permission bits, 0 where unknown */
    int64_t mtime;                /* seconds since 1970 as stored (zip: its local time taken as UTC), 0 where unknown */
    unsigned method;              /* zip's number of the compression method */
    bool has_crc, encrypted, hidden;
    /* CT_NEST_ODDITY */
    enum ct_oddity oddity;
    ct_err err;                   /* what it would be as an error */
    bool incomplete;
    uint64_t count;               /* how many it stands for: beyond the first few of one kind they come as one MORE */
    char detail[96];              /* numbers and words of ours, never bytes of the input */
};

typedef struct ct_nest ct_nest;

CT_MUST_USE ct_err ct_nest_new(const struct ct_alloc *alloc, const struct ct_nest_limits *limits, ct_nest **ret_nest);
void ct_nest_free(ct_nest *nest); /* null is fine */
/* Starts on a root, leaving the one before; buffers are kept. name is copied. CT_ERR_NOT_FOUND: not a container of these
 * families. CT_ERR_READ: its head cannot be read. */
CT_MUST_USE ct_err ct_nest_open(ct_nest *nest, struct ct_bytes_at bytes, ct_str name, unsigned families);

/* CT_OK, CT_ERR_END when the root is through, CT_ERR_USAGE without a root. */
CT_MUST_USE ct_err ct_nest_next(ct_nest *nest, struct ct_nest_event *ret_event);

/* The rest concern the current entry. An error other than CT_ERR_NOT_FOUND has been, or will be, told as an oddity.
 * The first bytes, up to n (at most CT_CONTAINER_HEAD); fewer only where the entry has no more. Cheap; may be repeated,
 * and reading afterwards starts with the same bytes. Borrowed until the next call. */
CT_MUST_USE ct_err ct_nest_peek(ct_nest *nest, size_t n, ct_str *ret_head);
/* What it is; CT_CONTAINER_NONE also where its family was not asked for. For almost all class files of a zip cheaper than a
 * peek. Zips behind a stub in compressed entries are only suspected (CT_CONTAINER_ZIP): enter settles it. */
CT_MUST_USE ct_err ct_nest_sniff(ct_nest *nest, enum ct_container *ret_container);
/* Goes in where the entry is a container: the next event is of its inside. CT_ERR_NOT_FOUND: it is none. After read (in a
 * stream also after load) it is too late: CT_ERR_USAGE. */
CT_MUST_USE ct_err ct_nest_enter(ct_nest *nest);
/* The same for who wants the bytes of the container itself as well, and can have them once only: what the walk takes of an entry that
 * comes by in order goes through the tap, piece by piece; where it can be read again, nothing does. After LEAVE, ct_nest_read gives the
 * rest: both together are the whole entry. */
struct ct_nest_tap {
    void (*bytes)(void *ctx, ct_str piece); /* null: none */
    void *ctx;
};
CT_MUST_USE ct_err ct_nest_enter_tapped(ct_nest *nest, struct ct_nest_tap tap);
/* Up to n bytes; CT_ERR_END at the end, CRC and size checked. */
CT_MUST_USE ct_err ct_nest_read(ct_nest *nest, void *to, size_t n, size_t *ret_n);
/* The whole entry, copied into arena; CT_ERR_CAP over max. On CT_ERR_CHECKSUM, CT_ERR_TRUNCATED and CT_ERR_SYNTAX *ret_bytes
 * holds what could be read. */
CT_MUST_USE ct_err ct_nest_load(ct_nest *nest, ct_arena *arena, size_t max, ct_str *ret_bytes);

/* Leaves the container of the current entry at once; its further entries are not seen. The next event is its LEAVE. */
void ct_nest_leave(ct_nest *nest);

/* "a.ear!/lib/b.war!/WEB-INF/lib/c.jar!/org/..." of the current entry. The single entry of a compressed file adds nothing:
 * "x.tar.gz!/b.jar". */
void ct_nest_path(const ct_nest *nest, struct ct_buf *out);
/* The same of the container that the current entry lies in. */
void ct_nest_container_path(const ct_nest *nest, struct ct_buf *out);
bool ct_nest_incomplete(const ct_nest *nest);    /* some oddity of this root so far left something unseen */
uint64_t ct_nest_inflated(const ct_nest *nest);  /* bytes decompressed for this root so far */

#endif
