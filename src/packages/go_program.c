#include "packages/go_program.h"
#include "packages/bytes_in.h"

#include <string.h>

enum { HEADERS_MAX = 4096 }; /* sections or segments looked at; linkers write some dozens */

static void add_part(struct ct_program *p, struct ct_program_part part)
{
    if (p->parts_n < CT_PROGRAM_PARTS && part.n) p->parts[p->parts_n++] = part;
}

bool ct_program_find(const struct ct_program *p, uint64_t address, uint64_t n, uint64_t *ret_at)
{
    for (unsigned i = 0; i < p->parts_n; i++) {
        const struct ct_program_part *part = &p->parts[i];
        if (address < part->address || address - part->address > part->n || n > part->n - (address - part->address)) continue;
        if (part->at > UINT64_MAX - (address - part->address)) continue;
        *ret_at = part->at + (address - part->address);
        return true;
    }
    return false;
}

/* Headers are many, small and close together, and every program and library of a host is asked: two blocks are kept, one for
 * a table and one for the names it refers to. */
enum { BLOCK = 4096, BLOCKS = 2 };

struct headers {
    const struct ct_bytes_at *in;
    struct {
        uint64_t at;
        size_t n;
        unsigned char bytes[BLOCK];
    } blocks[BLOCKS];
    unsigned next;
};

static ct_err block_at(struct headers *h, uint64_t at, unsigned *ret_block)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (h->blocks[i].n == 0 || h->blocks[i].at != at) continue;
        *ret_block = i;
        return CT_OK;
    }
    unsigned b = h->next++ % BLOCKS;
    h->blocks[b].n = 0;
    size_t n = 0;
    CT_TRY(h->in->read(h->in->ctx, at, h->blocks[b].bytes, BLOCK, &n));
    h->blocks[b].at = at;
    h->blocks[b].n = n;
    *ret_block = b;
    return CT_OK;
}

/* A header that is not there makes it no executable; a read that failed stays what it is. */
static ct_err get(struct headers *h, uint64_t at, void *to, size_t n)
{
    if (at > UINT64_MAX - n) return CT_ERR_NOT_FOUND;
    for (size_t done = 0; done < n;) {
        unsigned b = 0;
        uint64_t from = at + done;
        size_t in_block = (size_t)(from % BLOCK);
        CT_TRY(block_at(h, from - in_block, &b));
        if (h->blocks[b].n <= in_block) return CT_ERR_NOT_FOUND;
        size_t part = h->blocks[b].n - in_block < n - done ? h->blocks[b].n - in_block : n - done;
        memcpy((unsigned char *)to + done, h->blocks[b].bytes + in_block, part);
        done += part;
    }
    return CT_OK;
}

/* ELF: System V ABI, chapters 4 and 5 */
struct elf {
    struct headers *in;
    bool wide, big;
};

static uint64_t word(const struct elf *f, const unsigned char *p) { return f->wide ? ct_in64(p, f->big) : ct_in32(p, f->big); }

static ct_err elf_segments(const struct elf *f, const unsigned char *head, struct ct_program *p)
{
    uint64_t table = word(f, head + (f->wide ? 32 : 28));
    uint32_t size = ct_in16(head + (f->wide ? 54 : 42), f->big), n = ct_in16(head + (f->wide ? 56 : 44), f->big);
    if (size < (f->wide ? 56u : 32u) || n > HEADERS_MAX) return CT_OK;
    for (uint32_t i = 0; i < n; i++) {
        unsigned char h[56];
        CT_TRY(get(f->in, table + (uint64_t)i * size, h, f->wide ? 56 : 32));
        if (ct_in32(h, f->big) != 1) continue; /* PT_LOAD */
        uint32_t flags = ct_in32(h + (f->wide ? 4 : 24), f->big);
        struct ct_program_part part = {word(f, h + (f->wide ? 16 : 8)), word(f, h + (f->wide ? 8 : 4)),
                                       word(f, h + (f->wide ? 32 : 16))};
        add_part(p, part);
        if ((flags & 3) == 2 && p->info.n == 0) p->info = part; /* writable, not executable: the data */
    }
    return CT_OK;
}

/* The section ".go.buildinfo". A file that has sections, but not this one, was not made by Go's linker. */
static ct_err elf_sections(const struct elf *f, const unsigned char *head, struct ct_program *p)
{
    uint64_t table = word(f, head + (f->wide ? 40 : 32));
    uint32_t size = ct_in16(head + (f->wide ? 58 : 46), f->big), n = ct_in16(head + (f->wide ? 60 : 48), f->big);
    uint32_t names = ct_in16(head + (f->wide ? 62 : 50), f->big);
    unsigned char h[64], name[16];
    size_t header_n = f->wide ? 64 : 40;
    if (table == 0 || n == 0 || names >= n || size < header_n || n > HEADERS_MAX) return CT_OK;
    if (get(f->in, table + (uint64_t)names * size, h, header_n)) return CT_OK;
    uint64_t names_at = word(f, h + (f->wide ? 24 : 16));
    p->info.n = 0;
    for (uint32_t i = 1; i < n; i++) {
        CT_TRY(get(f->in, table + (uint64_t)i * size, h, header_n));
        uint32_t name_at = ct_in32(h, f->big);
        if (names_at > UINT64_MAX - name_at || get(f->in, names_at + name_at, name, sizeof name)) continue;
        if (memcmp(name, ".go.buildinfo", 14) != 0) continue;
        p->info = (struct ct_program_part){word(f, h + (f->wide ? 16 : 12)), word(f, h + (f->wide ? 24 : 16)),
                                           word(f, h + (f->wide ? 32 : 20))};
        return CT_OK;
    }
    return CT_OK;
}

static ct_err open_elf(struct headers *in, struct ct_program *p)
{
    unsigned char head[64];
    struct elf f = {.in = in};
    CT_TRY(get(in, 0, head, 52));
    f.wide = head[4] == 2;
    f.big = head[5] == 2;
    if (f.wide) CT_TRY(get(in, 0, head, 64));
    CT_TRY(elf_segments(&f, head, p));
    return elf_sections(&f, head, p);
}

/* PE: Microsoft's format description, sections 3 and 4 */
static ct_err open_pe(struct headers *in, struct ct_program *p)
{
    unsigned char head[64], coff[24], optional[32], s[40];
    CT_TRY(get(in, 0, head, sizeof head));
    uint64_t at = ct_le32(head + 60);
    CT_TRY(get(in, at, coff, sizeof coff));
    if (memcmp(coff, "PE\0", 4) != 0) return CT_ERR_NOT_FOUND;
    uint32_t sections = ct_le16(coff + 6), optional_n = ct_le16(coff + 20);
    if (optional_n < sizeof optional) return CT_ERR_NOT_FOUND;
    CT_TRY(get(in, at + 24, optional, sizeof optional));
    uint64_t base = ct_le16(optional) == 0x20b ? ct_le64(optional + 24) : ct_le32(optional + 28);
    for (uint32_t i = 0; i < sections; i++) {
        CT_TRY(get(in, at + 24 + optional_n + (uint64_t)i * 40, s, sizeof s));
        struct ct_program_part part = {base + ct_le32(s + 12), ct_le32(s + 20), ct_le32(s + 16)};
        if (ct_le32(s + 8) && ct_le32(s + 8) < part.n) part.n = ct_le32(s + 8);
        add_part(p, part);
        uint32_t flags = ct_le32(s + 36) & ~0x00f00000u;                      /* but for the alignment */
        if (flags == 0xc0000040u && part.n && p->info.n == 0) p->info = part; /* initialised data, to read and write */
    }
    return CT_OK;
}

/* Mach-O: Apple's loader.h */
static ct_err mach_segment(struct headers *in, uint64_t at, bool wide, bool big, struct ct_program *p)
{
    unsigned char h[72], s[80];
    CT_TRY(get(in, at, h, wide ? 72 : 56));
    struct ct_program_part part = {wide ? ct_in64(h + 24, big) : ct_in32(h + 24, big),
                                   wide ? ct_in64(h + 40, big) : ct_in32(h + 32, big),
                                   wide ? ct_in64(h + 48, big) : ct_in32(h + 36, big)};
    uint32_t initial = ct_in32(h + (wide ? 60 : 44), big), sections = ct_in32(h + (wide ? 64 : 48), big);
    add_part(p, part);
    if (initial == 3 && part.n && p->info.n == 0) p->info = part;
    if (sections > 256) return CT_OK;
    for (uint32_t i = 0; i < sections; i++) {
        CT_TRY(get(in, at + (wide ? 72 : 56) + (uint64_t)i * (wide ? 80 : 68), s, wide ? 80 : 68));
        if (memcmp(s, "__go_buildinfo", 15) != 0) continue;
        p->info =
            (struct ct_program_part){wide ? ct_in64(s + 32, big) : ct_in32(s + 32, big), ct_in32(s + (wide ? 48 : 40), big),
                                     wide ? ct_in64(s + 40, big) : ct_in32(s + 36, big)};
    }
    return CT_OK;
}

static ct_err open_mach(struct headers *in, bool wide, bool big, struct ct_program *p)
{
    unsigned char head[32], command[8];
    CT_TRY(get(in, 0, head, 28));
    uint32_t n = ct_in32(head + 16, big);
    uint64_t at = wide ? 32 : 28;
    for (uint32_t i = 0; i < n && i < HEADERS_MAX; i++) {
        CT_TRY(get(in, at, command, sizeof command));
        uint32_t kind = ct_in32(command, big), size = ct_in32(command + 4, big);
        if (size < 8) return CT_ERR_NOT_FOUND;
        if (kind == (wide ? 0x19u : 1u)) CT_TRY(mach_segment(in, at, wide, big, p)); /* LC_SEGMENT_64, LC_SEGMENT */
        at += size;
    }
    return CT_OK;
}

ct_err ct_program_open(const struct ct_bytes_at *in, struct ct_program *ret_program)
{
    unsigned char magic[4];
    struct ct_program p = {.parts_n = 0};
    struct headers h = {.in = in};
    CT_TRY(get(&h, 0, magic, sizeof magic));
    ct_err err = CT_ERR_NOT_FOUND;
    if (memcmp(magic, "\177ELF", 4) == 0)
        err = open_elf(&h, &p);
    else if (magic[0] == 'M' && magic[1] == 'Z')
        err = open_pe(&h, &p);
    else if (ct_be32(magic) == 0xfeedface || ct_be32(magic) == 0xfeedfacf)
        err = open_mach(&h, magic[3] == 0xcf, true, &p);
    else if (ct_le32(magic) == 0xfeedface || ct_le32(magic) == 0xfeedfacf)
        err = open_mach(&h, magic[0] == 0xcf, false, &p);
    if (err) return err;
    *ret_program = p;
    return CT_OK;
}
