/* What a thing is, by its bytes. Sources: APPNOTE, POSIX pax (ustar), ar(5), cpio(5), the rpm file format, RFC 1952, RFC 8878,
 * the formats of bzip2, .xz and .lzma. */
#include "archive/sniff.h"

#include "archive/input.h"
#include "archive/zip.h"

#include <string.h>

#define LEAST(a, b) ((a) < (b) ? (a) : (b))

/* The sum over a tar header, its own field taken as blanks; some old writers summed signed bytes. */
bool ct_tar_sum_fits(const unsigned char *h)
{
    uint64_t want = 0;
    unsigned i = 148;
    while (i < 156 && (h[i] == ' ' || h[i] == 0)) i++;
    if (i == 156 || h[i] < '0' || h[i] > '7') return false;
    for (; i < 156 && h[i] >= '0' && h[i] <= '7'; i++) want = want * 8 + (h[i] - '0');
    if (i < 156 && h[i] != ' ' && h[i] != 0) return false;
    uint64_t sum = 0;
    int64_t signed_sum = 0;
    for (i = 0; i < 512; i++) {
        unsigned c = i >= 148 && i < 156 ? ' ' : h[i];
        sum += c;
        signed_sum += c < 128 ? (int)c : (int)c - 256;
    }
    return sum == want || signed_sum == (int64_t)want;
}

/* The oldest tar has no magic, and a small signed sum fits other files by chance: its numbers must be numbers too. */
static bool is_old_tar(ct_str h)
{
    if (h.n < 512 || h.p[0] == 0) return false;
    for (unsigned i = 100; i < 148; i++) /* mode, owner, group, size, time */
        if ((h.p[i] < '0' || h.p[i] > '7') && h.p[i] != ' ' && h.p[i] != 0) return false;
    return ct_tar_sum_fits(h.p);
}

/* .lzma has no magic: properties as everybody writes them, a dictionary of 2^n or 2^n + 2^(n-1), a size that is unknown or
 * sane. Source: liblzma's own rule. */
static bool is_lzma(ct_str h)
{
    if (h.n < 13 || h.p[0] != 0x5d) return false;
    uint32_t d = ct_le32(h.p + 1), low = d & (~d + 1);
    bool dictionary = d >= 4096 && (d == low || d == low * 3 || d == UINT32_MAX);
    uint64_t size = ct_le64(h.p + 5);
    return dictionary && (size == UINT64_MAX || size < (1ull << 38));
}

static bool starts(ct_str head, const char *magic, size_t n) { return head.n >= n && memcmp(head.p, magic, n) == 0; }

static bool is_zip(ct_str h)
{
    return starts(h, "PK\3\4", 4) || starts(h, "PK\5\6", 4) || starts(h, "PK\6\6", 4) || starts(h, "PK\7\x8PK\3\4", 8) ||
           starts(h, "PK00PK\3\4", 8) || (starts(h, "JM\1\0PK", 6));
}

enum ct_container ct_container_sniff(ct_str h, ct_str tail)
{
    if (h.n < 2) return CT_CONTAINER_NONE;
    if (h.n >= 512 && memcmp(h.p + 257, "ustar", 5) == 0 && ct_tar_sum_fits(h.p)) return CT_CONTAINER_TAR;
    switch (h.p[0]) {
    case 'P':
    case 'J':
        if (is_zip(h)) return CT_CONTAINER_ZIP;
        break;
    case 0x1f:
        if (h.n >= 3 && h.p[1] == 0x8b) return CT_CONTAINER_GZIP; /* of another method or cut: its reader says so */
        break;
    case 'B':
        if (h.n >= 10 && starts(h, "BZh", 3) && h.p[3] >= '1' && h.p[3] <= '9' &&
            (memcmp(h.p + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 || memcmp(h.p + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0))
            return CT_CONTAINER_BZIP2;
        break;
    case 0xfd:
        if (starts(h, "\xfd" "7zXZ\0", 6)) return CT_CONTAINER_XZ;
        break;
    case 0x28:
        if (starts(h, "\x28\xb5\x2f\xfd", 4)) return CT_CONTAINER_ZSTD;
        break;
    case 0x04:
        if (starts(h, "\x04\x22\x4d\x18", 4)) return CT_CONTAINER_LZ4;
        break;
    case 0x5d:
        if (is_lzma(h)) return CT_CONTAINER_LZMA;
        break;
    case '!':
        if (starts(h, "!<arch>\n", 8)) return CT_CONTAINER_AR;
        break;
    case '0':
        if (starts(h, "070701", 6) || starts(h, "070702", 6) || starts(h, "070707", 6)) return CT_CONTAINER_CPIO;
        break;
    case 0xed:
        if (starts(h, "\xed\xab\xee\xdb", 4)) return CT_CONTAINER_RPM;
        break;
    default:
        if (h.n >= 4 && (h.p[0] & 0xf0) == 0x50 && memcmp(h.p + 1, "\x2a\x4d\x18", 3) == 0) return CT_CONTAINER_ZSTD; /* skippable */
        break;
    }
    if (is_old_tar(h)) return CT_CONTAINER_TAR;
    if (tail.n >= CT_ZIP_END_N && ct_zip_find_end(tail, true) != CT_STR_NONE) return CT_CONTAINER_ZIP;
    return CT_CONTAINER_NONE;
}

bool ct_sniff_runs(ct_str h) { return starts(h, "#!", 2) || starts(h, "MZ", 2) || starts(h, "\x7f" "ELF", 4); }

/* ---- does a deflate stream start with these literals? Without building decoding tables, for a tenth of the price: most
 * entries of a jar are classes, and need no further look. RFC 1951 3.2. ---- */

struct bits {
    const unsigned char *p, *end;
    uint64_t have;
    unsigned count;
    bool out; /* asked for more than there is: zeros were given */
};

static inline void refill(struct bits *b)
{
    if (b->end - b->p >= 8) {
        b->have |= ct_le64(b->p) << b->count;
        b->p += (63 - b->count) >> 3;
        b->count |= 56;
        return;
    }
    while (b->count <= 56 && b->p < b->end) {
        b->have |= (uint64_t)*b->p++ << b->count;
        b->count += 8;
    }
}

static unsigned take(struct bits *b, unsigned n)
{
    if (b->count < n) {
        refill(b);
        if (b->count < n) {
            b->out = true;
            return 0;
        }
    }
    unsigned v = (unsigned)(b->have & ((1u << n) - 1));
    b->have >>= n;
    b->count -= n;
    return v;
}

static unsigned reversed(unsigned code, unsigned n)
{
    unsigned r = 0;
    for (; n; n--, code >>= 1) r = r << 1 | (code & 1);
    return r;
}

/* What a code of the code lengths says: one length, or a run of many alike. One word, since all of it is needed at once:
 * bits 0-3 the length, or nothing where bit 4 says that it is the one before; 8-12 bits of the code and the number behind it; 13-15 of the code;
 * 16-23 how many, 24-31 the mask of what is added to them. */
typedef uint32_t run;
#define RUN(value, before, used, extra, times) \
    ((run)(value) | (run)(before) << 4 | (run)((used) + (extra)) << 8 | (run)(used) << 13 | (run)(times) << 16 | (run)((1u << (extra)) - 1) << 24)
#define RUN_BEFORE 0x10u
#define RUN_NONE (31u << 8) /* no code: more bits than there ever are behind a length */

/* The code of the code lengths as a table of its seven bits. False: more codes than fit. */
static bool length_table(const unsigned char small[19], run table[128])
{
    static const unsigned char extra[] = {2, 3, 7}, times[] = {3, 3, 11};
    unsigned count[8] = {0}, next[8] = {0}, code = 0, filled = 0;
    for (unsigned i = 0; i < 19; i++) count[small[i]]++;
    count[0] = 0;
    for (unsigned n = 1; n < 8; n++) {
        code = (code + count[n - 1]) << 1;
        next[n] = code;
        if (code + count[n] > 1u << n) return false;
        filled += count[n] << (7 - n);
    }
    for (unsigned i = 0; filled < 128 && i < 128; i++) table[i] = RUN_NONE;
    for (unsigned i = 0; i < 19; i++) {
        unsigned n = small[i];
        if (n == 0) continue;
        run r = i < 16 ? RUN(i, 0, n, 0, 1) : RUN(0, i == 16, n, extra[i - 16], times[i - 16]);
        for (unsigned at = reversed(next[n]++, n); at < 128; at += 1u << n) table[at] = r;
    }
    return true;
}

enum { CODES = 288 + 32, RUN_MAX = 138, LENGTHS = CODES + RUN_MAX + 16 };

/* The lengths of the literals' codes of a dynamic block, the rest of 288 zero; those of distances are passed over. False:
 * malformed or cut. Which run comes next cannot be guessed, so nothing branches on it: sixteen bytes are written, and the next run
 * overwrites what was too many. */
static bool dynamic_lengths(struct bits *b, unsigned char lengths[LENGTHS])
{
    static const unsigned char order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    unsigned literals = take(b, 5) + 257, distances = take(b, 5) + 1, n = take(b, 4) + 4;
    unsigned char small[19] = {0};
    run table[128];
    if (literals > 286 || distances > 30) return false;
    for (unsigned i = 0; i < n; i++) small[order[i]] = (unsigned char)take(b, 3);
    if (b->out || !length_table(small, table)) return false;
    struct bits at = *b; /* a copy of its own stays in registers */
    unsigned i = 0, all = literals + distances;
    unsigned char before = 0;
    if (at.count < 14) refill(&at);
    if (table[at.have & 127] & RUN_BEFORE) return false; /* nothing stands before */
    while (i < all) {
        if (at.count < 14) refill(&at);
        run r = table[at.have & 127];
        unsigned used = r >> 8 & 31;
        if (used > at.count || used == 31) return false; /* cut, or no code */
        unsigned times = (r >> 16 & 255) + (unsigned)(at.have >> (r >> 13 & 7) & (r >> 24));
        at.have >>= used;
        at.count -= used;
        before = (unsigned char)((r & RUN_BEFORE ? before : 0) | (r & 15));
        memset(lengths + i, before, 16);
        if (times > 16) memset(lengths + i + 16, before, RUN_MAX - 16);
        i += times;
    }
    if (i > all) return false;
    *b = at;
    memset(lengths + literals, 0, 288 + 32 - literals);
    return true;
}

typedef unsigned char bytes16 __attribute__((vector_size(16)));

/* How many of the first n (at most 288) are `what`. */
static unsigned count_equal(const unsigned char *p, size_t n, unsigned char what)
{
    bytes16 sums = {0}, v, wanted = {0};
    wanted += what;
    size_t i = 0;
    unsigned sum = 0;
    for (; i + 16 <= n; i += 16) {
        memcpy(&v, p + i, 16);
        sums -= (bytes16)(v == wanted);
    }
    for (unsigned k = 0; k < 16; k++) sum += sums[k];
    for (; i < n; i++) sum += p[i] == what;
    return sum;
}

static bool starts_with_codes(struct bits *b, const unsigned char lengths[288], const unsigned char *want, size_t n)
{
    unsigned count[4][16] = {{0}}, first[16] = {0}; /* four counters: the same length often comes twice in a row */
    for (unsigned i = 0; i < 288; i += 4)
        for (unsigned k = 0; k < 4; k++) count[k][lengths[i + k]]++;
    for (unsigned i = 1, code = 0; i < 16; i++) {
        first[i] = code;
        code = (code + count[0][i] + count[1][i] + count[2][i] + count[3][i]) << 1;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned len = lengths[want[i]];
        if (len == 0) return false;
        unsigned rank = count_equal(lengths, want[i], (unsigned char)len);
        if (take(b, len) != reversed(first[len] + rank, len) || b->out) return false;
    }
    return true;
}

bool ct_sniff_deflate(ct_str packed, const unsigned char *want, size_t n)
{
    struct bits b = {.p = packed.p, .end = packed.p + packed.n};
    unsigned char lengths[LENGTHS];
    (void)take(&b, 1);
    switch (take(&b, 2)) {
    case 0: /* stored: two lengths on a byte border, then the bytes */
        return packed.n >= 5 + n && ct_le16(packed.p + 1) >= n && memcmp(packed.p + 5, want, n) == 0;
    case 1:
        for (unsigned i = 0; i < 288; i++) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
        return starts_with_codes(&b, lengths, want, n);
    case 2: return dynamic_lengths(&b, lengths) && starts_with_codes(&b, lengths, want, n);
    default: return false;
    }
}
