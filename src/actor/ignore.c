#include "actor/ignore.h"

#include "actor/list_line.h"
#include "base/limits.h"
#include "event/attempt.h"
#include "text/printable.h"

#include <string.h>

struct ct_ignore {
    struct ct_ignore_rule *rules;
    size_t n;
};

static bool add_ports(struct ct_ignore_rule *r, unsigned char transport, uint16_t first, uint16_t last)
{
    if (r->n_ports == sizeof r->ports / sizeof *r->ports) return false;
    r->ports[r->n_ports++] = (struct ct_ignore_ports){transport, first, last};
    return true;
}

/* "tcp", "udp/53", "tcp/80,443,8000-8080" */
static ct_err parse_what(const struct ct_list_line *l, struct ct_ignore_rule *r, ct_str word, struct ct_fault *fault)
{
    ct_str ports = word, name = ct_str_cut(&ports, '/');
    enum ct_transport transport;
    if (!ct_list_transport(name, &transport))
        return ct_list_fail(l, fault, "is none of tcp, udp, ping, until TIME, with-payloads", word);
    if (!ports.p)
        return add_ports(r, (unsigned char)transport, 0, UINT16_MAX) ? CT_OK : ct_list_fail(l, fault, "is one too many: write a second rule", word);
    if (transport == CT_TRANSPORT_ICMP) return ct_list_fail(l, fault, "names a port, and a ping has none", word);
    while (ports.p) {
        ct_str part = ct_str_cut(&ports, ',');
        uint16_t first, last;
        if (!ct_list_ports(part, &first, &last)) return ct_list_fail(l, fault, "names no port (1 to 65535) or range of ports", word);
        if (!add_ports(r, (unsigned char)transport, first, last))
            return ct_list_fail(l, fault, "names more than 8 ranges of ports: write a second rule", word);
    }
    return CT_OK;
}

static ct_err parse_rule(struct ct_list_line *l, struct ct_ignore_rule *r, struct ct_fault *fault)
{
    struct ct_cidr range;
    uint32_t scope;
    *r = (struct ct_ignore_rule){.until_us = INT64_MAX, .line = l->number, .text = l->rest, .comment = l->comment, .last_us = INT64_MIN};
    ct_str word = ct_list_word(l);
    if (!ct_list_address(word, &range, &scope) || scope)
        return ct_list_fail(l, fault, "is neither an address, nor ADDRESS/BITS, nor \"any\"", word);
    memcpy(r->address, range.address, sizeof r->address);
    r->bits = range.bits;
    for (word = ct_list_word(l); word.n; word = ct_list_word(l)) {
        if (ct_str_eq(word, CT_STR("with-payloads"))) {
            r->with_payloads = true;
        } else if (ct_str_eq(word, CT_STR("until"))) {
            ct_str time = ct_list_word(l);
            if (r->until_us != INT64_MAX) return ct_list_fail(l, fault, "is there twice", word);
            if (!ct_list_time(time, &r->until_us))
                return ct_list_fail(l, fault, "is no time as 2026-12-01T08:00:00Z, and no date", time.n ? time : word);
        } else {
            CT_TRY(parse_what(l, r, word, fault));
        }
    }
    static const unsigned char all_v4[16] = {[10] = 0xff, [11] = 0xff};
    bool everybody = range.bits == 0 || (range.bits == 96 && memcmp(range.address, all_v4, sizeof all_v4) == 0);
    if (everybody && r->n_ports == 0)
        return ct_list_fail(l, fault, "would silence everything: name a transport, a port or an address", (ct_str){NULL, 0});
    return CT_OK;
}

ct_err ct_ignore_parse(ct_arena *arena, ct_str text, struct ct_ignore **ret_list, struct ct_fault *fault)
{
    if (text.n > CT_LIST_FILE_MAX) return ct_fault_set(fault, CT_ERR_CAP, 0, "the list is longer than %u bytes", CT_LIST_FILE_MAX);
    ct_str copy;
    struct ct_ignore *list = ct_arena_zalloc(arena, sizeof *list);
    if (!list || ct_arena_dup(arena, text, &copy) != CT_OK) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    struct ct_list_line l = {.text = copy};
    size_t cap = 0;
    for (;;) {
        ct_err err = ct_list_next(&l, fault);
        if (err == CT_ERR_END) break;
        if (err != CT_OK) return err;
        if (list->n == CT_IGNORE_RULES_MAX) {
            err = ct_fault_set(fault, CT_ERR_CAP, 0, "more than %u rules", CT_IGNORE_RULES_MAX);
            if (fault) fault->line = l.number;
            return err;
        }
        if (list->n == cap) {
            size_t wider = cap ? cap * 2 : 16;
            void *p = ct_arena_grow(arena, list->rules, cap * sizeof *list->rules, wider * sizeof *list->rules);
            if (!p) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
            list->rules = p;
            cap = wider;
        }
        CT_TRY(parse_rule(&l, &list->rules[list->n], fault));
        list->n++;
    }
    *ret_list = list;
    return CT_OK;
}

static bool ports_match(const struct ct_ignore_rule *r, const struct ct_touch *t)
{
    if (r->n_ports == 0) return true;
    for (size_t i = 0; i < r->n_ports; i++) {
        const struct ct_ignore_ports *p = &r->ports[i];
        if (p->transport == t->transport && t->dest_port >= p->first && t->dest_port <= p->last) return true;
    }
    return false;
}

const struct ct_ignore_rule *ct_ignore_match(struct ct_ignore *list, const struct ct_touch *t, bool serious, bool counted,
                                             int64_t real_us)
{
    for (size_t i = 0; list && i < list->n; i++) {
        struct ct_ignore_rule *r = &list->rules[i];
        struct ct_cidr range = {.bits = r->bits};
        memcpy(range.address, r->address, sizeof range.address);
        if ((serious && !r->with_payloads) || real_us >= r->until_us) continue;
        if (!ct_cidr_covers(&range, t->source) || !ports_match(r, t)) continue;
        if (counted) {
            r->hits++;
            r->last_us = real_us;
        }
        return r;
    }
    return NULL;
}

uint64_t ct_ignore_hits(const struct ct_ignore *list)
{
    uint64_t n = 0;
    for (size_t i = 0; list && i < list->n; i++) n += list->rules[i].hits;
    return n;
}

static unsigned kind_of(const struct ct_ignore_rule *r, int64_t real_us) { return real_us >= r->until_us ? 1 : r->hits ? 2 : 0; }

void ct_ignore_print(const struct ct_ignore *list, int64_t real_us, struct ct_buf *out)
{
    static const char *const words[] = {"unused ", "expired", "used   "};
    ct_buf_text(out, "# What each rule of the ignore list silenced since the start. Written by the decoy; the list itself is where it was given.\n"
                     "#   unused, expired or used; hits=N last=TIME line=N; the rule\n");
    for (unsigned kind = 0; list && kind < 3; kind++)
        for (size_t i = 0; i < list->n; i++) {
            const struct ct_ignore_rule *r = &list->rules[i];
            if (kind_of(r, real_us) != kind) continue;
            ct_buf_printf(out, "%s hits=%llu", words[kind], (unsigned long long)r->hits);
            if (r->last_us != INT64_MIN) {
                ct_buf_text(out, " last=");
                ct_print_time(out, r->last_us);
            }
            ct_buf_printf(out, " line=%llu  ", (unsigned long long)r->line);
            ct_print_text(out, r->text);
            if (r->comment.n) ct_buf_text(out, "  # ");
            ct_print_text(out, r->comment);
            ct_buf_byte(out, '\n');
        }
}

size_t ct_ignore_count(const struct ct_ignore *list) { return list ? list->n : 0; }
const struct ct_ignore_rule *ct_ignore_at(const struct ct_ignore *list, size_t i) { return &list->rules[i]; }
