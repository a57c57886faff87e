#include "sbom/sbom_out.h"

#include "base/blake2b.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>

bool ct_sbom_format_named(ct_str name, enum ct_sbom_format *ret_format)
{
    bool spdx = ct_str_eq_fold(name, CT_STR("spdx"));
    if (!spdx && !ct_str_eq_fold(name, CT_STR("cyclonedx"))) return false;
    *ret_format = spdx ? CT_SBOM_SPDX : CT_SBOM_CYCLONEDX;
    return true;
}

static bool ends_fold(ct_str s, const char *end)
{
    ct_str e = ct_str_from(end);
    return s.n >= e.n && ct_str_eq_fold(ct_str_slice(s, s.n - e.n, SIZE_MAX), e);
}

bool ct_sbom_format_of(ct_str file, enum ct_sbom_format *ret_format)
{
    bool spdx = ends_fold(file, ".spdx.json") || ends_fold(file, ".spdx");
    if (!spdx && !ends_fold(file, ".json") && !ends_fold(file, ".cdx")) return false;
    *ret_format = spdx ? CT_SBOM_SPDX : CT_SBOM_CYCLONEDX;
    return true;
}

ct_err ct_sbom_flush(struct ct_sbom_out *o, bool all)
{
    if (o->buf.err) return o->buf.err;
    if (o->buf.n == 0 || (!all && o->buf.n < CT_SBOM_PIECE)) return CT_OK;
    ct_err err = o->sink.write(o->sink.ctx, ct_buf_view(&o->buf));
    o->buf.n = 0;
    return err;
}

static bool same(const struct ct_component *a, const struct ct_component *b)
{
    return ct_str_eq(a->purl, b->purl) && a->ecosystem == b->ecosystem && ct_str_eq(a->group, b->group) &&
           ct_str_eq(a->name, b->name) && ct_str_eq(a->version, b->version) && ct_str_eq(a->arch, b->arch) &&
           ct_str_eq(a->sha256, b->sha256) && ct_str_eq(a->sha1, b->sha1);
}

size_t ct_sbom_group(const struct ct_sbom_out *o, size_t i)
{
    size_t end = i + 1;
    while (end < o->n && same(o->sorted[i], o->sorted[end])) end++;
    return end;
}

/* Lengths first, so that no two lists of texts run together into the same bytes. */
static void add(struct ct_blake2b *h, ct_str s)
{
    unsigned char n[8];
    for (unsigned i = 0; i < 8; i++) n[i] = (unsigned char)((uint64_t)s.n >> (8 * i));
    ct_blake2b_add(h, (ct_str){n, sizeof n});
    ct_blake2b_add(h, s);
}

static void add_identity(struct ct_blake2b *h, const struct ct_component *c)
{
    add(h, c->purl);
    add(h, ct_ecosystem_name(c->ecosystem));
    add(h, c->group);
    add(h, c->name);
    add(h, c->version);
    add(h, c->arch);
    add(h, c->sha1);
    add(h, c->sha256);
}

static void hex(char *to, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) (void)snprintf(to + 2 * i, 3, "%02x", bytes[i]);
}

void ct_sbom_id(const struct ct_component *c, char *to)
{
    struct ct_blake2b h;
    unsigned char digest[CT_BLAKE2B_DIGEST];
    ct_blake2b_init(&h);
    add_identity(&h, c);
    ct_blake2b_done(&h, digest);
    hex(to, digest, sizeof digest);
}

static void make_serial(struct ct_sbom_out *o)
{
    struct ct_blake2b h;
    unsigned char d[CT_BLAKE2B_DIGEST];
    const struct ct_sbom_subject *s = o->subject;
    ct_blake2b_init(&h);
    add(&h, s->kind == CT_SBOM_HOST ? CT_STR("host") : s->kind == CT_SBOM_IMAGE ? CT_STR("image") : s->kind == CT_SBOM_ASSET ? CT_STR("asset") : CT_STR("files"));
    add(&h, s->name);
    add(&h, s->id);
    add(&h, s->os_id);
    add(&h, s->os_version);
    for (size_t i = 0; i < o->n; i++) {
        const struct ct_component *c = o->sorted[i];
        add_identity(&h, c);
        add(&h, c->path);
        add(&h, c->record);
    }
    ct_blake2b_done(&h, d);
    d[6] = (unsigned char)((d[6] & 0x0f) | 0x80); /* RFC 9562: version 8, variant 2 */
    d[8] = (unsigned char)((d[8] & 0x3f) | 0x80);
    char *to = o->serial;
    static const unsigned char parts[] = {4, 2, 2, 2, 6};
    for (size_t part = 0, at = 0; part < sizeof parts; at += parts[part++]) {
        if (part) *to++ = '-';
        hex(to, d + at, parts[part]);
        to += 2 * (size_t)parts[part];
    }
}

bool ct_sbom_is_hash(ct_str s, size_t digits)
{
    if (s.n != digits) return false;
    for (size_t i = 0; i < s.n; i++)
        if (ct_hex_value(s.p[i]) < 0 || (s.p[i] >= 'A' && s.p[i] <= 'F')) return false;
    return true;
}

/* cpe:2.3:part:vendor:product:...: thirteen pieces, none empty, of the plain characters. */
bool ct_sbom_is_cpe(ct_str s)
{
    if (!ct_str_starts(s, CT_STR("cpe:2.3:")) || s.n < 10 || (s.p[8] != 'a' && s.p[8] != 'o' && s.p[8] != 'h')) return false;
    unsigned pieces = 1;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == ':') {
            if (i + 1 == s.n || s.p[i + 1] == ':') return false;
            pieces++;
        } else if (!ct_ascii_alpha(c) && !ct_ascii_digit(c) && c != '.' && c != '_' && c != '-' &&
                   !(c == '*' && s.p[i - 1] == ':')) {
            return false;
        }
    }
    return pieces == 13;
}

static int by_identity(const void *a, const void *b)
{
    return ct_component_cmp(*(const struct ct_component *const *)a, *(const struct ct_component *const *)b);
}

ct_err ct_sbom_write(ct_arena *arena, enum ct_sbom_format format, const struct ct_sbom_subject *subject,
                     const struct ct_component *components, size_t n, struct ct_sbom_sink sink)
{
    struct ct_arena_mark mark = ct_arena_mark(arena);
    const struct ct_component **sorted = ct_arena_array(arena, n, sizeof *sorted);
    if (!sorted) return CT_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) sorted[i] = &components[i];
    if (n) qsort(sorted, n, sizeof *sorted, by_identity);
    struct ct_sbom_out o = {.sink = sink, .subject = subject, .sorted = sorted, .n = n};
    ct_buf_init(&o.buf, arena, CT_SBOM_PIECE_MAX);
    ct_buf_init(&o.places, arena, CT_SBOM_PLACES_MAX);
    ct_json_begin(&o.json, &o.buf);
    make_serial(&o);
    ct_err err = format == CT_SBOM_SPDX ? ct_spdx_write(&o) : ct_cyclonedx_write(&o);
    if (!err) {
        ct_buf_byte(&o.buf, '\n');
        err = ct_sbom_flush(&o, true);
    }
    ct_arena_reset(arena, mark);
    return err;
}
