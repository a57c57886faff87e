/* rpm's own database "ndb", Packages.db: a header of 32 bytes, slots of 16 bytes to the end of its pages, then blobs in blocks
 * of 16 bytes. Little-endian. Source: rpm's ndb backend. The checksums at the blobs' ends are not checked: rpm's header inside
 * a blob has its own bounds, and a damaged record is better read than hidden. */
#include "base/limits.h"
#include "packages/bytes_in.h"
#include "packages/emit.h"

enum { HEADER = 32, SLOT = 16, BLOB_HEAD = 16, BLOCK = 16, PAGE = 4096, SLOTS_AT_ONCE = 256 };
#define MAGIC_DB   0x506d7052u /* "RpmP" */
#define MAGIC_SLOT 0x746f6c53u /* "Slot" */
#define MAGIC_BLOB 0x53626c42u /* "BlbS" */

struct ndb {
    struct ct_emitter *e;
    const struct ct_bytes_at *in;
    uint64_t budget; /* blob bytes still to be read: slots that share blobs are no package database */
};

static ct_err fail(struct ndb *d, ct_err err, uint64_t at, const char *what)
{
    if (err == CT_ERR_SYNTAX || err == CT_ERR_TRUNCATED || err == CT_ERR_CAP) {
        ct_emitter_fault(d->e, err, at, what);
        return CT_OK;
    }
    return ct_fault_set(d->e->fault, err, at, "%s", what);
}

static ct_err read_blob(struct ndb *d, uint32_t index, uint64_t at, uint64_t room)
{
    unsigned char head[BLOB_HEAD];
    ct_err err = ct_bytes_at_exact(d->in, at, head, sizeof head);
    if (err) return fail(d, err, at, "an ndb blob beyond the end");
    uint32_t n = ct_le32(head + 12);
    if (ct_le32(head) != MAGIC_BLOB || ct_le32(head + 4) != index || room < BLOB_HEAD || n > room - BLOB_HEAD)
        return fail(d, CT_ERR_SYNTAX, at, "a slot that leads to no ndb blob");
    if (n > CT_RPM_HEADER_MAX || n > d->in->size) return fail(d, CT_ERR_CAP, at, "an rpm header is too long");
    if (n > d->budget) return ct_fault_set(d->e->fault, CT_ERR_CAP, at, "ndb slots share their blobs");
    d->budget -= n;
    struct ct_arena_mark mark = ct_arena_mark(d->e->arena);
    unsigned char *p = ct_arena_alloc(d->e->arena, n);
    if (!p) return ct_fault_set(d->e->fault, CT_ERR_NOMEM, at, "an rpm header");
    err = ct_bytes_at_exact(d->in, at + BLOB_HEAD, p, n);
    err = err ? fail(d, err, at, "an ndb blob is cut") : ct_read_rpm_header(d->e, (ct_str){p, n}, at);
    ct_arena_reset(d->e->arena, mark);
    return err;
}

static ct_err read_slot(struct ndb *d, const unsigned char *slot, uint64_t at)
{
    if (ct_le32(slot) != MAGIC_SLOT) return fail(d, CT_ERR_SYNTAX, at, "an ndb slot without its mark");
    uint32_t index = ct_le32(slot + 4);
    if (index == 0) return CT_OK; /* free */
    return read_blob(d, index, (uint64_t)ct_le32(slot + 8) * BLOCK, (uint64_t)ct_le32(slot + 12) * BLOCK);
}

ct_err ct_read_rpm_ndb(struct ct_emitter *e, const struct ct_bytes_at *bytes)
{
    struct ndb d = {.e = e, .in = bytes, .budget = 2 * bytes->size};
    unsigned char head[HEADER], slots[SLOT * SLOTS_AT_ONCE];
    ct_err err = ct_bytes_at_exact(bytes, 0, head, sizeof head);
    if (err) return fail(&d, err, 0, "no ndb header");
    if (ct_le32(head) != MAGIC_DB) return ct_fault_set(e->fault, CT_ERR_SYNTAX, 0, "no ndb database");
    if (ct_le32(head + 4) != 0)
        return ct_fault_set(e->fault, CT_ERR_UNSUPPORTED, 4, "ndb version %u", (unsigned)ct_le32(head + 4));
    uint64_t end = (uint64_t)ct_le32(head + 12) * PAGE;
    if (end > bytes->size) {
        ct_emitter_fault(e, CT_ERR_TRUNCATED, 12, "ndb slots beyond the end");
        end = bytes->size;
    }
    for (uint64_t at = HEADER; at + SLOT <= end;) {
        size_t n = end - at < sizeof slots ? (size_t)(end - at) / SLOT * SLOT : sizeof slots;
        err = ct_bytes_at_exact(bytes, at, slots, n);
        if (err) return fail(&d, err, at, "ndb slots are cut");
        for (size_t i = 0; i < n; i += SLOT) CT_TRY(read_slot(&d, slots + i, at + i));
        at += n;
    }
    return CT_OK;
}
