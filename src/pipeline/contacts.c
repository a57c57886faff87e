#include "pipeline/contacts.h"

#include "base/limits.h"
#include "campaign/campaign.h"
#include "lookup/eval.h"
#include "text/ip.h"

#include <string.h>

/* Hashes of hosts and, with the last bit flipped, of their registrable domains. Open addressing; 0 is free. */
struct ct_contacts {
    const struct ct_alloc *alloc;
    uint64_t *slots;
    size_t cap, n;
    bool full;
};

ct_err ct_contacts_new(const struct ct_alloc *alloc, ct_contacts **ret_set)
{
    ct_contacts *c = ct_alloc_get(alloc, sizeof *c);
    if (!c) return CT_ERR_NOMEM;
    *c = (ct_contacts){.alloc = alloc};
    *ret_set = c;
    return CT_OK;
}

void ct_contacts_free(ct_contacts *c)
{
    if (!c) return;
    ct_alloc_put(c->alloc, c->slots, c->cap * sizeof *c->slots);
    ct_alloc_put(c->alloc, c, sizeof *c);
}

bool ct_contacts_full(const ct_contacts *c) { return c->full; }

/* Names without their case; addresses as their bytes, since IPv6 has many spellings. */
static uint64_t hash_fold(ct_str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    unsigned char address[16];
    if (ct_ip_parse(s, address)) s = (ct_str){address, sizeof address};
    for (size_t i = 0; i < s.n; i++) h = (h ^ ct_ascii_lower(s.p[i])) * 0x100000001b3u;
    h ^= h >> 32;
    return h & ~(uint64_t)1 ? h & ~(uint64_t)1 : 2;
}

static size_t find(const ct_contacts *c, uint64_t h)
{
    size_t i = (size_t)h & (c->cap - 1);
    while (c->slots[i] && c->slots[i] != h) i = (i + 1) & (c->cap - 1);
    return i;
}

static ct_err insert(ct_contacts *c, uint64_t h)
{
    if (c->n * 2 >= c->cap) {
        if (c->cap >= 2 * CT_CONTACTS_MAX) {
            c->full |= !c->slots[find(c, h)];
            return CT_OK;
        }
        size_t cap = c->cap ? c->cap * 2 : 4096;
        uint64_t *slots = ct_alloc_get(c->alloc, cap * sizeof *slots);
        if (!slots) return CT_ERR_NOMEM;
        memset(slots, 0, cap * sizeof *slots);
        ct_contacts old = *c;
        c->slots = slots;
        c->cap = cap;
        for (size_t i = 0; i < old.cap; i++)
            if (old.slots[i]) c->slots[find(c, old.slots[i])] = old.slots[i];
        ct_alloc_put(c->alloc, old.slots, old.cap * sizeof *old.slots);
    }
    size_t at = find(c, h);
    c->n += c->slots[at] == 0;
    c->slots[at] = h;
    return CT_OK;
}

static bool is_host_char(unsigned char ch)
{
    return ct_ascii_alpha(ch) || ct_ascii_digit(ch) || ch == '.' || ch == '-' || ch == '_' || ch == ':' || ch >= 0x80;
}

/* "192.0.2.1.389", as packet sniffers write a port: without it. */
static ct_str without_port(ct_str word)
{
    size_t dot = ct_str_rchr(word, '.');
    if (dot == CT_STR_NONE || !ct_ascii_digit(word.p[word.n - 1]) || ct_ip_parse(word, NULL)) return word;
    ct_str host = ct_str_slice(word, 0, dot);
    return ct_ip_parse(host, NULL) ? host : word;
}

/* "evil.example." -> "evil.example", "192.0.2.1:53" -> "192.0.2.1"; IPv6 addresses keep their colons. */
static ct_str host_of(ct_str word)
{
    size_t colon = ct_str_chr(word, ':');
    if (colon != CT_STR_NONE && ct_str_chr(ct_str_slice(word, colon + 1, word.n), ':') == CT_STR_NONE)
        word = ct_str_slice(word, 0, colon);
    while (word.n && (word.p[word.n - 1] == '.' || word.p[word.n - 1] == '-' || word.p[word.n - 1] == ':')) word.n--;
    return word.n ? without_port(word) : word;
}

ct_err ct_contacts_add(ct_contacts *c, ct_str lines)
{
    for (size_t i = 0; i < lines.n;) {
        while (i < lines.n && !is_host_char(lines.p[i])) i++;
        size_t start = i;
        while (i < lines.n && is_host_char(lines.p[i])) i++;
        ct_str host = host_of(ct_str_slice(lines, start, i));
        if (host.n < 3 || host.n > 253 || (ct_str_chr(host, '.') == CT_STR_NONE && ct_str_chr(host, ':') == CT_STR_NONE)) continue;
        CT_TRY(insert(c, hash_fold(host)));
        ct_str domain = ct_registrable(host);
        if (domain.n && domain.n < host.n) CT_TRY(insert(c, hash_fold(domain) | 1));
    }
    return CT_OK;
}

bool ct_contacts_has(const ct_contacts *c, ct_str host)
{
    if (c->n == 0 || host.n == 0) return false;
    ct_str bare = host_of(host);
    if (c->slots[find(c, hash_fold(bare))]) return true;
    bool asks = ct_str_find(host, CT_STR("${")) != CT_STR_NONE || ct_str_find(host, CT_STR(CT_EVAL_VALUE)) != CT_STR_NONE;
    return asks && c->slots[find(c, hash_fold(ct_registrable(host)) | 1)]; /* bare ends at the colon of a lookup */
}
