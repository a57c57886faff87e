/* Reads a zip's directory for somebody who is going to write the archive anew.
 *
 * Strict where the walk (archive/nest.h) is lenient: a rewritten archive has to mean the same to every program that opens it, so
 * anything that two programs could read in two ways is refused with the reason: entries that overlap, local headers
 * that disagree with the directory, bytes behind the end record, several disks.
 * Weak side: bytes between entries are taken as padding and stay where they are.
 */
#ifndef CT_ARCHIVE_ZIP_STRICT_H
#define CT_ARCHIVE_ZIP_STRICT_H

#include "base/arena.h"
#include "base/bytes_at.h"
#include "base/fault.h"

struct ct_zip_strict_entry {
    ct_str name;             /* borrows from the directory */
    uint64_t header;         /* offset of the local header in the bytes */
    uint64_t data, packed;   /* offset and length of the compressed bytes */
    uint64_t end;            /* behind the data and, where there is one, the data descriptor */
    uint64_t size;
    uint32_t crc;
    unsigned method, flags;
    unsigned char *record;   /* its record in the directory */
    size_t record_n;
    unsigned char *wide_offset; /* the header's offset in a zip64 field of the record, or null: it is in the record itself */
};

struct ct_zip_strict {
    struct ct_zip_strict_entry *entries; /* by header offset */
    size_t n;
    uint64_t base;           /* what lies before the archive: offsets in it count from here */
    uint64_t directory;      /* offset in the bytes */
    unsigned char *records;  /* a copy of the directory that may be written to */
    size_t records_n;
    unsigned char *tail;     /* and of all that follows it: zip64 records, end record, comment */
    size_t tail_n;
    unsigned char *wide_end; /* the zip64 end record in tail, or null */
    unsigned char *end;      /* the end record in tail */
};

/* Everything lives in arena. CT_ERR_NOT_FOUND: no zip ends here; CT_ERR_UNSUPPORTED: it cannot be written anew safely, fault says
 * why; CT_ERR_NOMEM: over the arena's limit. */
CT_MUST_USE ct_err ct_zip_strict_open(ct_arena *arena, const struct ct_bytes_at *in, struct ct_zip_strict *ret_zip, struct ct_fault *fault);

/* Little-endian numbers, as zip keeps them. */
static inline unsigned ct_zip_get16(const unsigned char *p) { return (unsigned)p[0] | (unsigned)p[1] << 8; }
static inline uint32_t ct_zip_get32(const unsigned char *p) { return ct_zip_get16(p) | (uint32_t)ct_zip_get16(p + 2) << 16; }
static inline uint64_t ct_zip_get64(const unsigned char *p) { return ct_zip_get32(p) | (uint64_t)ct_zip_get32(p + 4) << 32; }
void ct_zip_put16(unsigned char *p, unsigned v);
void ct_zip_put32(unsigned char *p, uint32_t v);
void ct_zip_put64(unsigned char *p, uint64_t v);

#endif
