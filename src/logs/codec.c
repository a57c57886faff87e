#include "logs/codec.h"

static const char *const names[] = {"plain", "gzip", "zstd", "xz", "bzip2", "lz4", "UTF-16"};

const char *ct_codec_name(enum ct_codec c) { return names[c]; }

/* Sources: RFC 1952 2.3.1, RFC 8878 3.1.1 and 3.1.2, the .xz file format 2.1.1.1, LZ4 frame format 1.6.1. A bzip2 stream
 * starts with a block or, when empty, with its end mark. */
struct magic {
    unsigned char bytes[CT_CODEC_SNIFF], mask[CT_CODEC_SNIFF];
    size_t n;
    size_t enough; /* a file that ends within the magic is taken for a cut one from here on */
    enum ct_codec codec;
    const char *refused;
};
#define EXACT                                                                                                                  \
    {                                                                                                                          \
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255                                                                       \
    }
static const struct magic magics[] = {
    {{0x1f, 0x8b, 0x08}, EXACT, 3, 2, CT_CODEC_GZIP, NULL},
    {{0x1f, 0x8b}, EXACT, 2, 2, CT_CODEC_PLAIN, "gzip data that is damaged, or of another method than deflate"}, /* behind the one before */
    {{0x28, 0xb5, 0x2f, 0xfd}, EXACT, 4, 4, CT_CODEC_ZSTD, NULL},
    {{0x50, 0x2a, 0x4d, 0x18}, {0xf0, 255, 255, 255}, 4, 4, CT_CODEC_ZSTD, NULL}, /* skippable frame: pzstd starts with one */
    {{0xfd, '7', 'z', 'X', 'Z', 0}, EXACT, 6, 4, CT_CODEC_XZ, NULL},
    {{'B', 'Z', 'h', '0', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59},
     {255, 255, 255, 0xf0, 255, 255, 255, 255, 255, 255},
     10,
     4,
     CT_CODEC_BZIP2,
     NULL},
    {{'B', 'Z', 'h', '0', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90},
     {255, 255, 255, 0xf0, 255, 255, 255, 255, 255, 255},
     10,
     4,
     CT_CODEC_BZIP2,
     NULL},
    {{0x04, 0x22, 0x4d, 0x18}, EXACT, 4, 4, CT_CODEC_LZ4, NULL},
    {{0xff, 0xfe}, EXACT, 2, 2, CT_CODEC_UTF16, NULL},
    {{0xfe, 0xff}, EXACT, 2, 2, CT_CODEC_UTF16, NULL},
    {{0x02, 0x21, 0x4c, 0x18}, EXACT, 4, 4, CT_CODEC_PLAIN, "lz4 in its legacy format: recompress it with lz4"},
    {{'P', 'K', 3, 4}, EXACT, 4, 4, CT_CODEC_PLAIN, "a zip archive: unpack it first"},
    {{'7', 'z', 0xbc, 0xaf, 0x27, 0x1c}, EXACT, 6, 6, CT_CODEC_PLAIN, "a 7z archive: unpack it first"},
    {{'R', 'a', 'r', '!', 0x1a, 0x07}, EXACT, 6, 6, CT_CODEC_PLAIN, "a RAR archive: unpack it first"},
    {{'L', 'Z', 'I', 'P', 1}, EXACT, 5, 5, CT_CODEC_PLAIN, "lzip data: unpack it first"},
    {{0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'}, EXACT, 10, 10, CT_CODEC_PLAIN, "snappy data: unpack it first"},
    {{0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n'}, EXACT, 9, 9, CT_CODEC_PLAIN, "lzop data: unpack it first"},
    {{0x1f, 0x9d}, EXACT, 2, 2, CT_CODEC_PLAIN, "compress (.Z) data: unpack it with gzip -d"},
    {{'L', 'P', 'K', 'S', 'H', 'H', 'R', 'H'}, EXACT, 8, 8, CT_CODEC_PLAIN, "a systemd journal: read it with --journal"},
};

/* Two bytes are no proof: whoever could start a log with them would have its lines read as something else. What follows the mark
 * must look like text of some script: a Latin character, or four of one block; two ASCII characters side by side look like CJK. */
static enum ct_sniff sniff_wide(ct_str head, bool at_end)
{
    bool big = head.p[0] == 0xfe, ascii = true;
    size_t units = 0, small = 0, cjk = 0;
    for (size_t i = 2; i + 1 < head.n && i + 1 < CT_CODEC_SNIFF; i += 2, units++) {
        unsigned char high = head.p[big ? i : i + 1], low = head.p[big ? i + 1 : i];
        if (high == 0 && low) return CT_SNIFF_FRAME;
        small += high && high < 0x20;
        cjk += (high >= 0x30 && high < 0xa0) || (high >= 0xac && high < 0xd8);
        ascii = ascii && high < 0x80 && low < 0x80 && low >= ' ';
    }
    if (head.n < CT_CODEC_SNIFF && !at_end) return CT_SNIFF_MORE;
    return small == units || (cjk == units && !ascii) ? CT_SNIFF_FRAME : CT_SNIFF_PLAIN;
}

enum ct_sniff ct_codec_sniff(ct_str head, bool at_end, enum ct_codec *ret_codec, const char **ret_what)
{
    bool more = false;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const struct magic *m = &magics[i];
        size_t n = 0;
        while (n < m->n && n < head.n && (head.p[n] & m->mask[n]) == m->bytes[n]) n++;
        bool cut = n < m->n && n == head.n;
        if (n < m->n && !(cut && at_end && n >= m->enough)) {
            more = more || (cut && !at_end);
            continue;
        }
        if (m->refused && more) return CT_SNIFF_MORE; /* a longer one may still fit */
        if (m->refused) {
            *ret_what = m->refused;
            return CT_SNIFF_REFUSED;
        }
        enum ct_sniff sniff = m->codec == CT_CODEC_UTF16 && n == m->n ? sniff_wide(head, at_end) : CT_SNIFF_FRAME;
        if (sniff == CT_SNIFF_FRAME) *ret_codec = m->codec;
        return sniff;
    }
    if (more) return CT_SNIFF_MORE;
    /* Without a mark in files alone: a pipe's first bytes would have to be waited for. */
    if (!at_end || ct_utf16_order(head) == CT_UTF16_NONE) return CT_SNIFF_PLAIN;
    *ret_codec = CT_CODEC_UTF16;
    return CT_SNIFF_FRAME;
}

const struct ct_codec_ops *ct_codec_ops_of(enum ct_codec c)
{
    switch (c) {
    case CT_CODEC_GZIP: return &ct_codec_gzip;
    case CT_CODEC_ZSTD: return &ct_codec_zstd;
    case CT_CODEC_XZ: return &ct_codec_xz;
    case CT_CODEC_BZIP2: return &ct_codec_bzip2;
    case CT_CODEC_LZ4: return &ct_codec_lz4;
    case CT_CODEC_UTF16: return &ct_codec_utf16;
    case CT_CODEC_PLAIN: break;
    }
    return NULL;
}
