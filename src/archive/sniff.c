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
    uint64_t sum = 0;
    int64_t signed_sum = 0;
    for (i = 0; i < 512; i++) {
        unsigned c = i >= 148 && i < 156 ? ' ' : h[i];
        sum += c;
        signed_sum += c < 128 ? (int)c : (int)c - 256;
    }
    return sum == want || signed_sum == (int64_t)want;
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
        if (h.n >= 10 && h.p[1] == 0x8b && h.p[2] == 8 && h.p[3] < 0x20) return CT_CONTAINER_GZIP;
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
    if (h.n >= 512 && h.p[0] != 0 && ct_tar_sum_fits(h.p)) return CT_CONTAINER_TAR; /* v7: no magic */
    if (tail.n >= CT_ZIP_END_N && ct_zip_find_end(tail, true) != CT_STR_NONE) return CT_CONTAINER_ZIP;
    return CT_CONTAINER_NONE;
}

bool ct_sniff_runs(ct_str h) { return starts(h, "#!", 2) || starts(h, "MZ", 2) || starts(h, "\x7f" "ELF", 4); }

/* ---- the first bytes of a deflate stream, without tables: a quarter of a microsecond against several ---- */

struct bits {
    const unsigned char *p;
    size_t n, at;
    uint64_t have;
    unsigned count;
    bool out;
};

static unsigned take(struct bits *b, unsigned n)
{
    while (b->count < n) {
        if (b->at == b->n) {
            b->out = true;
            return 0;
        }
        b->have |= (uint64_t)b->p[b->at++] << b->count;
        b->count += 8;
    }
    unsigned v = (unsigned)(b->have & ((1u << n) - 1));
    b->have >>= n;
    b->count -= n;
    return v;
}

/* A canonical code as counts per length and symbols in order; RFC 1951 3.2.2. */
struct code {
    uint16_t count[16];
    uint16_t symbol[288];
};

static bool code_make(struct code *c, const unsigned char *lengths, unsigned n)
{
    uint16_t offsets[16];
    memset(c->count, 0, sizeof c->count);
    for (unsigned i = 0; i < n; i++) c->count[lengths[i]]++;
    c->count[0] = 0;
    offsets[1] = 0;
    for (unsigned i = 1; i < 15; i++) offsets[i + 1] = (uint16_t)(offsets[i] + c->count[i]);
    for (unsigned i = 0; i < n; i++)
        if (lengths[i]) c->symbol[offsets[lengths[i]]++] = (uint16_t)i;
    return true;
}

static int code_take(const struct code *c, struct bits *b)
{
    int word = 0, first = 0, index = 0;
    for (unsigned len = 1; len < 16; len++) {
        word |= (int)take(b, 1);
        if (b->out) return -1;
        int count = c->count[len];
        if (word - count < first) return c->symbol[index + (word - first)];
        index += count;
        first = (first + count) << 1;
        word <<= 1;
    }
    return -1;
}

/* The lengths of the literal code of a dynamic block; false: malformed or cut. */
static bool dynamic_lengths(struct bits *b, unsigned char lengths[288 + 32], unsigned *ret_n)
{
    static const unsigned char order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    unsigned literals = take(b, 5) + 257, distances = take(b, 5) + 1, n = take(b, 4) + 4;
    unsigned char small[19] = {0};
    struct code c;
    if (literals > 286 || distances > 30) return false;
    for (unsigned i = 0; i < n; i++) small[order[i]] = (unsigned char)take(b, 3);
    (void)code_make(&c, small, 19);
    for (unsigned i = 0; i < literals;) { /* the distances behind are of no use here */
        int s = code_take(&c, b);
        if (s < 0 || b->out) return false;
        if (s < 16) {
            lengths[i++] = (unsigned char)s;
            continue;
        }
        if (s == 16 && i == 0) return false;
        unsigned char fill = s == 16 ? lengths[i - 1] : 0;
        unsigned times = s == 16 ? 3 + take(b, 2) : s == 17 ? 3 + take(b, 3) : 11 + take(b, 7);
        if (i + times > literals + distances) return false;
        for (; times && i < literals; times--) lengths[i++] = fill;
    }
    *ret_n = literals;
    return !b->out;
}

size_t ct_sniff_deflate(ct_str packed, unsigned char *to, size_t n)
{
    struct bits b = {.p = packed.p, .n = packed.n};
    unsigned char lengths[288 + 32];
    unsigned literals = 288;
    struct code c;
    (void)take(&b, 1);
    switch (take(&b, 2)) {
    case 0: /* stored: two lengths on a byte border */
        if (packed.n < 5) return 0;
        n = LEAST(n, LEAST(packed.n - 5, ct_le16(packed.p + 1)));
        memcpy(to, packed.p + 5, n);
        return n;
    case 1:
        for (unsigned i = 0; i < 288; i++) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
        break;
    case 2:
        if (!dynamic_lengths(&b, lengths, &literals)) return 0;
        break;
    default: return 0;
    }
    (void)code_make(&c, lengths, literals);
    size_t got = 0;
    while (got < n) {
        int s = code_take(&c, &b);
        if (s < 0 || s > 255) break; /* a match or the end */
        to[got++] = (unsigned char)s;
    }
    return got;
}
