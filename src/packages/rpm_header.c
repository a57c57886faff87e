/* An rpm header as the databases keep it: index length, data length, index entries of 16 bytes (tag, type, offset, count),
 * data. All numbers are big-endian. Source: rpm's documentation of its package format, section "Header structure". */
#include "base/buf.h"
#include "base/limits.h"
#include "packages/bytes_in.h"
#include "packages/emit.h"

enum {
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
    TAG_VENDOR = 1011,
    TAG_LICENSE = 1014,
    TAG_ARCH = 1022,
    TAG_SOURCERPM = 1044
};
enum { TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_STRING_ARRAY = 8, TYPE_I18NSTRING = 9 };

struct header {
    ct_str data;
    ct_str name, version, release, arch, vendor, licence, source;
    uint32_t epoch;
    bool has_epoch;
};

/* The NUL-terminated text at an offset of the data; of an array the first. */
static bool text_at(const struct header *h, uint32_t type, uint32_t offset, ct_str *ret_text)
{
    if (type != TYPE_STRING && type != TYPE_STRING_ARRAY && type != TYPE_I18NSTRING) return false;
    ct_str from = ct_str_slice(h->data, offset, SIZE_MAX);
    size_t end = ct_str_chr(from, 0);
    if (end == CT_STR_NONE) return false;
    *ret_text = ct_str_slice(from, 0, end);
    return true;
}

static bool take(struct header *h, const unsigned char *entry)
{
    uint32_t tag = ct_be32(entry), type = ct_be32(entry + 4), offset = ct_be32(entry + 8), count = ct_be32(entry + 12);
    switch (tag) {
    case TAG_NAME: return text_at(h, type, offset, &h->name);
    case TAG_VERSION: return text_at(h, type, offset, &h->version);
    case TAG_RELEASE: return text_at(h, type, offset, &h->release);
    case TAG_ARCH: return text_at(h, type, offset, &h->arch);
    case TAG_VENDOR: return text_at(h, type, offset, &h->vendor);
    case TAG_LICENSE: return text_at(h, type, offset, &h->licence);
    case TAG_SOURCERPM: return text_at(h, type, offset, &h->source);
    case TAG_EPOCH:
        if (type != TYPE_INT32 || count == 0 || offset > h->data.n || h->data.n - offset < 4) return false;
        h->epoch = ct_be32(h->data.p + offset);
        h->has_epoch = true;
        return true;
    default: return true;
    }
}

static ct_err version_of(ct_arena *arena, const struct header *h, ct_str *ret_version)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, h->version.n + h->release.n + 24);
    if (h->has_epoch) {
        ct_buf_u64(&b, h->epoch);
        ct_buf_byte(&b, ':');
    }
    ct_buf_add(&b, h->version);
    if (h->release.n) ct_buf_byte(&b, '-');
    ct_buf_add(&b, h->release);
    return ct_buf_str(&b, ret_version);
}

ct_err ct_read_rpm_header(struct ct_emitter *e, ct_str blob, uint64_t offset)
{
    struct header h = {0};
    uint32_t entries = blob.n >= 8 ? ct_be32(blob.p) : 0, data_n = blob.n >= 8 ? ct_be32(blob.p + 4) : 0;
    if (entries == 0 || entries > CT_RPM_TAGS_MAX || (blob.n - 8) / 16 < entries ||
        blob.n - 8 - 16 * (size_t)entries < data_n) {
        ct_emitter_fault(e, CT_ERR_SYNTAX, offset, "an rpm header whose lengths do not fit its record");
        return CT_OK;
    }
    h.data = ct_str_slice(blob, 8 + 16 * (size_t)entries, 8 + 16 * (size_t)entries + data_n);
    for (uint32_t i = 0; i < entries; i++)
        if (!take(&h, blob.p + 8 + 16 * (size_t)i))
            ct_emitter_fault(e, CT_ERR_SYNTAX, offset, "an rpm header with a broken entry");
    if (ct_str_eq(h.name, CT_STR("gpg-pubkey"))) return CT_OK; /* an imported key, kept as if it were a package */
    struct ct_component c = {.ecosystem = CT_ECOSYSTEM_REDHAT,
                             .source = CT_COMPONENT_PACKAGE_DB,
                             .name = h.name,
                             .arch = h.arch,
                             .supplier = h.vendor,
                             .licence = h.licence,
                             .origin = h.source};
    struct ct_arena_mark mark = ct_arena_mark(e->arena);
    ct_err err = version_of(e->arena, &h, &c.version);
    if (!err) err = ct_emitter_put(e, &c);
    ct_arena_reset(e->arena, mark);
    return err;
}
