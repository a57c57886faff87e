#include "actor/list_line.h"

#include "formats/record.h"
#include "text/ip.h"
#include "text/unicode.h"

static bool blank(unsigned char c) { return c == ' ' || c == '\t'; }

/* A comment begins with '#' at the start of a word: '#' within one is no comment, and no word that any list knows. */
static ct_str cut_comment(ct_str *line)
{
    for (size_t i = 0; i < line->n; i++) {
        if (line->p[i] != '#' || (i && !blank(line->p[i - 1]))) continue;
        ct_str comment = ct_str_trim(ct_str_slice(*line, i + 1, line->n));
        line->n = i;
        return comment;
    }
    return (ct_str){NULL, 0};
}

ct_err ct_list_next(struct ct_list_line *l, struct ct_fault *fault)
{
    while (l->text.n) {
        ct_str line = ct_str_cut(&l->text, '\n');
        l->number++;
        if (line.n && line.p[line.n - 1] == '\r') line.n--;
        for (size_t i = 0; i < line.n; i++)
            if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
                return ct_list_fail(l, fault, "holds a control byte", (ct_str){NULL, 0});
        if (!ct_utf8_valid(line)) return ct_list_fail(l, fault, "is no UTF-8", (ct_str){NULL, 0});
        l->comment = cut_comment(&line);
        l->rest = ct_str_trim(line);
        if (l->rest.n) return CT_OK;
    }
    return CT_ERR_END;
}

ct_str ct_list_word(struct ct_list_line *l)
{
    size_t n = 0;
    while (n < l->rest.n && !blank(l->rest.p[n])) n++;
    ct_str word = ct_str_slice(l->rest, 0, n);
    l->rest = ct_str_trim(ct_str_slice(l->rest, n, l->rest.n));
    return word;
}

ct_err ct_list_fail(const struct ct_list_line *l, struct ct_fault *fault, const char *what, ct_str word)
{
    if (word.n > 60) word.n = 60;
    ct_err err = word.n ? ct_fault_set(fault, CT_ERR_SYNTAX, 0, "\"%.*s\" %s", CT_STR_ARG(word), what)
                        : ct_fault_set(fault, CT_ERR_SYNTAX, 0, "the line %s", what);
    if (fault) fault->line = l->number;
    return err;
}

bool ct_list_address(ct_str word, struct ct_cidr *ret_range, uint32_t *ret_scope)
{
    struct ct_cidr range = {{0}, 0};
    uint64_t scope = 0;
    size_t percent = ct_str_chr(word, '%');
    if (percent != CT_STR_NONE) {
        if (!ct_str_u64(ct_str_slice(word, percent + 1, word.n), &scope) || scope == 0 || scope > UINT32_MAX) return false;
        word.n = percent;
        if (!ct_ip_parse(word, range.address) || range.address[0] != 0xfe || (range.address[1] & 0xc0) != 0x80) return false;
        range.bits = 128;
    } else if (!ct_str_eq(word, CT_STR("any")) && !ct_cidr_parse(word, &range)) {
        return false;
    }
    *ret_range = range;
    *ret_scope = (uint32_t)scope;
    return true;
}

bool ct_list_transport(ct_str word, enum ct_transport *ret_transport)
{
    static const struct {
        ct_str name;
        enum ct_transport transport;
    } names[] = {{CT_STR_INIT("tcp"), CT_TRANSPORT_TCP}, {CT_STR_INIT("udp"), CT_TRANSPORT_UDP}, {CT_STR_INIT("ping"), CT_TRANSPORT_ICMP}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ct_str_eq_fold(word, names[i].name)) {
            *ret_transport = names[i].transport;
            return true;
        }
    return false;
}

static bool port(ct_str s, uint16_t *ret_port)
{
    uint64_t v;
    if (!ct_str_u64(s, &v) || v == 0 || v > UINT16_MAX) return false;
    *ret_port = (uint16_t)v;
    return true;
}

bool ct_list_ports(ct_str word, uint16_t *ret_first, uint16_t *ret_last)
{
    uint16_t first, last;
    ct_str rest = word, low = ct_str_cut(&rest, '-');
    if (!port(low, &first)) return false;
    last = first;
    if (rest.p && (!port(rest, &last) || last < first)) return false;
    *ret_first = first;
    *ret_last = last;
    return true;
}

bool ct_list_time(ct_str word, int64_t *ret_us)
{
    enum { DATE = 10 };
    unsigned char day[32];
    int64_t us;
    if (word.n == DATE) {
        for (size_t i = 0; i < DATE; i++) day[i] = word.p[i];
        ct_str midnight = CT_STR("T00:00:00Z");
        for (size_t i = 0; i < midnight.n; i++) day[DATE + i] = midnight.p[i];
        us = ct_time_iso((ct_str){day, DATE + midnight.n});
    } else {
        /* A time without a zone would be another one on each host. */
        if (word.n < DATE + 1 || (word.p[word.n - 1] | 0x20) != 'z') {
            size_t n = word.n;
            if (n < DATE + 7 || word.p[n - 3] != ':' || (word.p[n - 6] != '+' && word.p[n - 6] != '-')) return false;
        }
        us = ct_time_iso(word);
    }
    if (us == CT_TIME_NONE) return false;
    *ret_us = us;
    return true;
}
