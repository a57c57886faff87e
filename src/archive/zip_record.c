#include "archive/zip.h"

#include "archive/input.h"

#include <string.h>

/* Civil date to days, by the usual count from March on. */
int64_t ct_zip_dos_time(uint32_t dos)
{
    if (dos >> 16 == 0) return 0;
    int64_t y = 1980 + (dos >> 25), m = dos >> 21 & 15, d = dos >> 16 & 31;
    int64_t h = dos >> 11 & 31, min = dos >> 5 & 63, s = (dos & 31) * 2;
    if (m < 1 || m > 12) return 0;
    y -= m <= 2;
    int64_t era = y / 400, yoe = y - era * 400, doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t days = era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
    return days * 86400 + h * 3600 + min * 60 + s;
}

/* The extra fields that matter: zip64 sizes (APPNOTE 4.5.3), and time and owner as Info-ZIP writes them. */
static void read_extra(const unsigned char *p, size_t n, bool local, struct ct_zip_record *r)
{
    while (n >= 4) {
        unsigned id = ct_le16(p);
        size_t len = ct_le16(p + 2);
        p += 4;
        n -= 4;
        if (len > n) return;
        if (id == 1) {
            const unsigned char *q = p;
            size_t left = len;
            uint64_t *const fields[] = {&r->size, &r->packed, &r->at};
            r->zip64 = true;
            for (size_t i = 0; i < (local ? 2u : 3u); i++) {
                if (*fields[i] != UINT32_MAX || left < 8) continue;
                *fields[i] = ct_le64(q);
                q += 8;
                left -= 8;
            }
        } else if (id == 0x5455 && len >= 5 && (p[0] & 1)) {
            r->mtime = (int32_t)ct_le32(p + 1);
        } else if (id == 0x7875 && len >= 11 && p[0] == 1 && p[1] == 4 && p[6] == 4) {
            r->uid = ct_le32(p + 2);
            r->gid = ct_le32(p + 7);
        }
        p += len;
        n -= len;
    }
}

void ct_zip_central_lengths(const unsigned char *p, size_t *ret_name, size_t *ret_extra, size_t *ret_all)
{
    *ret_name = ct_le16(p + 28);
    *ret_extra = ct_le16(p + 30);
    *ret_all = CT_ZIP_CENTRAL_N + *ret_name + *ret_extra + ct_le16(p + 32);
}

void ct_zip_central_parse(const unsigned char *p, struct ct_zip_record *ret)
{
    size_t name_n, extra_n, all;
    ct_zip_central_lengths(p, &name_n, &extra_n, &all);
    *ret = (struct ct_zip_record){.made_by = ct_le16(p + 4), .flags = ct_le16(p + 8), .method = ct_le16(p + 10), .dos_time = ct_le32(p + 12),
                                  .crc = ct_le32(p + 16), .packed = ct_le32(p + 20), .size = ct_le32(p + 24), .attributes = ct_le32(p + 38),
                                  .at = ct_le32(p + 42), .name = {p + CT_ZIP_CENTRAL_N, name_n}, .length = all};
    if (extra_n) read_extra(p + CT_ZIP_CENTRAL_N + name_n, extra_n, false, ret);
    if (!ret->mtime) ret->mtime = ct_zip_dos_time(ret->dos_time);
}

void ct_zip_local_parse(const unsigned char *p, struct ct_zip_record *ret)
{
    size_t name_n = ct_le16(p + 26), extra_n = ct_le16(p + 28);
    *ret = (struct ct_zip_record){.flags = ct_le16(p + 6), .method = ct_le16(p + 8), .dos_time = ct_le32(p + 10), .crc = ct_le32(p + 14),
                                  .packed = ct_le32(p + 18), .size = ct_le32(p + 22), .name = {p + CT_ZIP_LOCAL_N, name_n},
                                  .length = CT_ZIP_LOCAL_N + name_n + extra_n};
    if (extra_n) read_extra(p + CT_ZIP_LOCAL_N + name_n, extra_n, true, ret);
    if (!ret->mtime) ret->mtime = ct_zip_dos_time(ret->dos_time);
}

/* For marks met anywhere in other data: programs that read zips hold the mark as a constant. */
bool ct_zip_local_plausible(const unsigned char *p, size_t n)
{
    if (n < CT_ZIP_LOCAL_N || ct_le32(p) != CT_ZIP_LOCAL_MARK) return false;
    unsigned needed = ct_le16(p + 4) & 0xffu, method = ct_le16(p + 8), name_n = ct_le16(p + 26);
    if (needed > 63 || method > 99 || name_n == 0 || name_n > 4096) return false;
    for (size_t i = CT_ZIP_LOCAL_N; i < n && i < CT_ZIP_LOCAL_N + name_n; i++)
        if (p[i] < 0x20) return false;
    return true;
}

size_t ct_zip_find_end(ct_str tail, bool exact)
{
    if (tail.n < CT_ZIP_END_N) return CT_STR_NONE;
    for (size_t end = tail.n - CT_ZIP_END_N + 1; end > 0;) {
        const unsigned char *p = memrchr(tail.p, 'P', end);
        if (!p) break;
        size_t i = (size_t)(p - tail.p);
        if (ct_le32(p) == CT_ZIP_END_MARK) {
            size_t room = tail.n - i - CT_ZIP_END_N, comment = ct_le16(p + 20);
            if (exact ? comment == room : comment <= room) return i;
        }
        end = i;
    }
    return CT_STR_NONE;
}
