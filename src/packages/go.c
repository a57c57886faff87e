/* The build information that Go's linker puts into programs: which Go, which modules. Source: Go's debug/buildinfo and
 * runtime/debug packages.
 *
 * 32 bytes that begin with a mark, at a multiple of 16 bytes. Since Go 1.18 the two texts follow in place, each after its
 * length; before, two pointers lead to Go strings somewhere in the program's memory. The second text has 16 bytes around it. */
#include "base/buf.h"
#include "base/limits.h"
#include "packages/bytes_in.h"
#include "packages/emit.h"
#include "packages/go_program.h"

#include <string.h>

enum { INFO_HEAD = 32, ALIGN = 16, CHUNK = 4096, VERSION_MAX = 256, FRAME = 16 };
static const unsigned char mark[14] = {0xff, ' ', 'G', 'o', ' ', 'b', 'u', 'i', 'l', 'd', 'i', 'n', 'f', ':'};

struct go {
    struct ct_emitter *e;
    const struct ct_bytes_at *in;
    struct ct_program program;
    ct_str version, modules;
};

/* Sets *ret_at to the mark's offset; CT_ERR_NOT_FOUND without one. Beyond CT_GO_SEARCH_MAX bytes it is no use looking. */
static ct_err find_mark(struct go *g, uint64_t *ret_at)
{
    struct ct_program_part part = g->program.info;
    unsigned char chunk[CHUNK];
    uint64_t n = part.n < CT_GO_SEARCH_MAX ? part.n : CT_GO_SEARCH_MAX;
    /* addresses are aligned, and so are the offsets where parts begin */
    for (uint64_t done = (ALIGN - part.address % ALIGN) % ALIGN; done + INFO_HEAD <= n; done += CHUNK) {
        size_t got = 0;
        CT_TRY(g->in->read(g->in->ctx, part.at + done, chunk, sizeof chunk, &got));
        if (got < sizeof mark) return CT_ERR_NOT_FOUND;
        for (size_t i = 0; i + sizeof mark <= got; i += ALIGN) {
            if (chunk[i] != mark[0] || memcmp(chunk + i, mark, sizeof mark) != 0) continue;
            *ret_at = part.at + done + i;
            return CT_OK;
        }
    }
    return CT_ERR_NOT_FOUND;
}

static ct_err load(struct go *g, uint64_t at, uint64_t n, size_t max, ct_str *ret_text)
{
    if (n > max) return CT_ERR_CAP;
    unsigned char *p = ct_arena_alloc(g->e->arena, (size_t)n);
    if (!p) return CT_ERR_NOMEM;
    CT_TRY(ct_bytes_at_exact(g->in, at, p, (size_t)n));
    *ret_text = (ct_str){p, (size_t)n};
    return CT_OK;
}

/* A length of seven bits a byte, and the text behind it; *at moves on. */
static ct_err read_inline(struct go *g, uint64_t *at, size_t max, ct_str *ret_text)
{
    uint64_t n = 0;
    for (unsigned shift = 0;; shift += 7) {
        unsigned char c;
        if (shift > 56) return CT_ERR_SYNTAX;
        CT_TRY(ct_bytes_at_exact(g->in, (*at)++, &c, 1));
        n |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80)) break;
    }
    CT_TRY(load(g, *at, n, max, ret_text));
    *at += n;
    return CT_OK;
}

/* A pointer to a Go string: pointer to the bytes, length. */
static ct_err read_pointed(struct go *g, const unsigned char *pointer, size_t word_n, bool big, size_t max, ct_str *ret_text)
{
    unsigned char header[16];
    uint64_t at, address = word_n == 8 ? ct_in64(pointer, big) : ct_in32(pointer, big);
    if (!ct_program_find(&g->program, address, 2 * word_n, &at)) return CT_ERR_SYNTAX;
    CT_TRY(ct_bytes_at_exact(g->in, at, header, 2 * word_n));
    uint64_t data = word_n == 8 ? ct_in64(header, big) : ct_in32(header, big);
    uint64_t n = word_n == 8 ? ct_in64(header + 8, big) : ct_in32(header + 4, big);
    if (n == 0) {
        *ret_text = (ct_str){0};
        return CT_OK;
    }
    if (!ct_program_find(&g->program, data, n, &at)) return CT_ERR_SYNTAX;
    return load(g, at, n, max, ret_text);
}

static ct_err read_info(struct go *g, uint64_t at)
{
    unsigned char head[INFO_HEAD];
    CT_TRY(ct_bytes_at_exact(g->in, at, head, sizeof head));
    if (head[15] & 2) {
        at += INFO_HEAD;
        CT_TRY(read_inline(g, &at, VERSION_MAX, &g->version));
        CT_TRY(read_inline(g, &at, CT_GO_INFO_MAX, &g->modules));
    } else {
        size_t word_n = head[14];
        if (word_n != 4 && word_n != 8) return CT_ERR_SYNTAX;
        CT_TRY(read_pointed(g, head + 16, word_n, head[15] & 1, VERSION_MAX, &g->version));
        CT_TRY(read_pointed(g, head + 16 + word_n, word_n, head[15] & 1, CT_GO_INFO_MAX, &g->modules));
    }
    /* programs made without modules have no second text */
    bool framed = g->modules.n > 2 * FRAME && g->modules.p[g->modules.n - FRAME - 1] == '\n';
    g->modules = framed ? ct_str_slice(g->modules, FRAME, g->modules.n - FRAME) : (ct_str){0};
    return CT_OK;
}

struct module {
    ct_str path, version;
};

static ct_err emit_module(struct go *g, struct module m, enum ct_confidence confidence)
{
    if (m.path.n == 0) return CT_OK;
    struct ct_component c = {.ecosystem = CT_ECOSYSTEM_GO,
                             .source = CT_COMPONENT_BUILD_INFO,
                             .confidence = confidence,
                             .name = m.path,
                             .version = m.version};
    return ct_emitter_put(g->e, &c);
}

/* The standard library is what advisories call "stdlib", its version Go's own: "go1.21.5 X:boringcrypto" is 1.21.5. */
static ct_err emit_library(struct go *g)
{
    ct_str rest = g->version, v = ct_str_cut(&rest, ' ');
    if (!ct_str_starts(v, CT_STR("go1"))) return CT_OK; /* a development version has no number to match */
    return emit_module(g, (struct module){CT_STR("stdlib"), ct_str_slice(v, 2, SIZE_MAX)}, CT_CONFIDENCE_HIGH);
}

/* What Go itself would call a version that has no tag: v0.0.0-TIME-COMMIT. time: "2021-12-10T13:00:00Z" */
static ct_err pseudo_version(ct_arena *arena, ct_str revision, ct_str time, ct_str *ret_version)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 64);
    ct_buf_text(&b, "v0.0.0-");
    for (size_t i = 0; i < time.n && i < 20; i++)
        if (ct_ascii_digit(time.p[i])) ct_buf_byte(&b, time.p[i]);
    ct_buf_byte(&b, '-');
    ct_buf_add(&b, ct_str_slice(revision, 0, 12));
    return ct_buf_str(&b, ret_version);
}

static ct_err emit_main(struct go *g, struct module m, ct_str revision, ct_str time)
{
    if (!ct_str_eq(m.version, CT_STR("(devel)"))) return emit_module(g, m, CT_CONFIDENCE_HIGH);
    m.version = (ct_str){0};
    if (revision.n >= 12 && time.n >= 19) CT_TRY(pseudo_version(g->e->arena, revision, time, &m.version));
    return emit_module(g, m, CT_CONFIDENCE_MEDIUM);
}

/* Lines of fields behind tabs: "mod" the program's own, "dep" the others, "=>" what stands in for the one before. */
static ct_err emit_modules(struct go *g)
{
    struct module own = {0}, last = {0}, *current = &own;
    enum ct_confidence confidence = CT_CONFIDENCE_HIGH;
    ct_str revision = {0}, time = {0};
    for (ct_str rest = g->modules; rest.p;) {
        ct_str line = ct_str_cut(&rest, '\n'), kind = ct_str_cut(&line, '\t');
        bool own_line = ct_str_eq(kind, CT_STR("mod")), dep = ct_str_eq(kind, CT_STR("dep"));
        if (ct_str_eq(kind, CT_STR("build"))) {
            ct_str value = line, key = ct_str_cut(&value, '=');
            if (ct_str_eq(key, CT_STR("vcs.revision"))) revision = value;
            if (ct_str_eq(key, CT_STR("vcs.time"))) time = value;
            continue;
        }
        struct module m = {ct_str_cut(&line, '\t'), {0}};
        if (line.p) m.version = ct_str_cut(&line, '\t');
        if (own_line) {
            own = m;
            current = &own;
        } else if (dep) {
            CT_TRY(emit_module(g, last, confidence));
            last = m;
            current = &last;
            confidence = CT_CONFIDENCE_HIGH;
        } else if (ct_str_eq(kind, CT_STR("=>"))) {
            bool folder = m.version.n == 0 || ct_str_eq(m.version, CT_STR("(devel)")) || ct_str_starts(m.path, CT_STR("."));
            if (!folder)
                *current = m;
            else
                confidence = CT_CONFIDENCE_LOW; /* what was in the folder nobody wrote down */
        }
    }
    CT_TRY(emit_module(g, last, confidence));
    return emit_main(g, own, revision, time);
}

ct_err ct_read_go(struct ct_emitter *e, const struct ct_bytes_at *bytes)
{
    struct go g = {.e = e, .in = bytes};
    uint64_t at = 0;
    ct_err err = ct_program_open(bytes, &g.program);
    if (!err) err = find_mark(&g, &at);
    if (err == CT_ERR_NOT_FOUND) return CT_OK; /* not made by Go */
    if (!err) err = read_info(&g, at);
    if (err == CT_ERR_SYNTAX || err == CT_ERR_TRUNCATED || err == CT_ERR_CAP) {
        ct_emitter_fault(e, err, at, "Go's build information is broken");
        return CT_OK;
    }
    if (err) return ct_fault_set(e->fault, err, at, "Go's build information");
    CT_TRY(emit_library(&g));
    return emit_modules(&g);
}
