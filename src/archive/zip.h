/* Inside of the walk: zip records and how a zip is read. Source: PKWARE's APPNOTE 6.3.x. */
#ifndef CT_ARCHIVE_ZIP_H
#define CT_ARCHIVE_ZIP_H

#include "base/err.h"
#include "base/str.h"

enum {
    CT_ZIP_LOCAL_MARK = 0x04034b50,
    CT_ZIP_CENTRAL_MARK = 0x02014b50,
    CT_ZIP_END_MARK = 0x06054b50,
    CT_ZIP_END64_MARK = 0x06064b50,
    CT_ZIP_LOCATOR_MARK = 0x07064b50,
    CT_ZIP_DESCRIPTOR_MARK = 0x08074b50,
    CT_ZIP_EXTRA_MARK = 0x08064b50,
    CT_ZIP_SIGNATURE_MARK = 0x05054b50,
    CT_ZIP_SPLIT_MARK = 0x30304b50,
    CT_ZIP_LOCAL_N = 30,
    CT_ZIP_CENTRAL_N = 46,
    CT_ZIP_END_N = 22,
    CT_ZIP_END64_N = 56,
    CT_ZIP_LOCATOR_N = 20,
    CT_ZIP_COMMENT_MAX = 65535,
    CT_ZIP_GAPS_MAX = 64,      /* places in one zip that are looked through for entries the directory does not list */
    CT_ZIP_ENCRYPTED = 1,      /* flag bits */
    CT_ZIP_DESCRIPTOR = 8,
};

struct ct_zip_record {
    unsigned made_by, flags, method;
    uint32_t dos_time, crc, attributes;
    uint64_t packed, size, at;
    ct_str name;
    size_t length;             /* of the whole record with name, extra field and comment */
    int64_t mtime;
    uint32_t uid, gid;
    bool zip64;                /* has that extra field */
};
/* p holds the fixed part; whole: name and extra field as well (then they are read). */
void ct_zip_central_lengths(const unsigned char *p, size_t *ret_name, size_t *ret_extra, size_t *ret_all);
void ct_zip_central_parse(const unsigned char *p, struct ct_zip_record *ret);
void ct_zip_local_parse(const unsigned char *p, struct ct_zip_record *ret);
int64_t ct_zip_dos_time(uint32_t dos);
bool ct_zip_local_plausible(const unsigned char *p, size_t n);
/* In tail: where the end record stands that fits the end of it, or CT_STR_NONE. */
size_t ct_zip_find_end(ct_str tail, bool exact);

enum ct_zip_mode { CT_ZIP_CENTRAL, CT_ZIP_GAPS, CT_ZIP_LOCAL };

struct ct_zip_gap {
    uint64_t before;           /* local header of the entry in front, or UINT64_MAX */
    uint64_t from, to;
};

struct ct_zip_seen {           /* a local header that went by in a stream */
    uint64_t at;               /* top bit: the directory has it */
    uint32_t name, crc;
};

struct ct_zip {
    enum ct_zip_mode mode;
    uint64_t shift;            /* what stands before the zip: added to its offsets */
    uint64_t directory, directory_end, next;
    uint64_t limit;            /* local headers are read up to here */
    struct ct_zip_gap gaps[CT_ZIP_GAPS_MAX];
    unsigned gaps_n, gap;
    bool gaps_more;
    uint64_t overlaps, overlap_at;
    bool is_lazy;              /* the local header of the current entry has not been looked at */
    struct ct_zip_record lazy;
    uint64_t lazy_at;
    /* by local headers */
    bool descriptor, zip64;
    bool resync, silent;       /* look for the next header; and say nothing of what is skipped */
    bool quiet;                /* nothing here is sure to be a zip */
    bool compared;             /* a directory is expected */
    unsigned found;            /* entries in this gap */
    struct ct_zip_seen *seen;
    size_t seen_n, seen_cap, seen_at;
    bool seen_over;
};

#endif
