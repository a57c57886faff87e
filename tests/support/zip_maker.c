#include "support/zip_maker.h"

#include <string.h>

static void le(unsigned char *p, uint32_t v, size_t n)
{
    for (size_t i = 0; i < n; i++) p[i] = (unsigned char)(v >> 8 * i);
}

static uint32_t crc_of(ct_str s)
{
    uint32_t c = ~0u;
    for (size_t i = 0; i < s.n; i++) {
        c ^= s.p[i];
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    }
    return ~c;
}

void zip_maker_add(struct zip_maker *m, const char *name, ct_str data)
{
    unsigned char *l = m->p + m->n, *d = m->directory + m->directory_n;
    size_t name_n = strlen(name);
    le(l, 0x04034b50, 4);
    le(d, 0x02014b50, 4);
    le(l + 14, crc_of(data), 4);
    le(l + 18, (uint32_t)data.n, 4);
    le(l + 22, (uint32_t)data.n, 4);
    le(l + 26, (uint32_t)name_n, 2);
    memcpy(d + 16, l + 14, 14);
    le(d + 42, (uint32_t)m->n, 4);
    memcpy(l + 30, name, name_n);
    memcpy(d + 46, name, name_n);
    memcpy(l + 30 + name_n, data.p, data.n);
    m->n += 30 + name_n + data.n;
    m->directory_n += 46 + name_n;
    m->count++;
}

ct_str zip_maker_finish(struct zip_maker *m)
{
    unsigned char *e = m->p + m->n + m->directory_n;
    memcpy(m->p + m->n, m->directory, m->directory_n);
    le(e, 0x06054b50, 4);
    le(e + 8, (uint32_t)m->count, 2);
    le(e + 10, (uint32_t)m->count, 2);
    le(e + 12, (uint32_t)m->directory_n, 4);
    le(e + 16, (uint32_t)m->n, 4);
    return (ct_str){m->p, m->n + m->directory_n + 22};
}
