/* The background list as a file: see background.h for its form. */
#include "actor/background_impl.h"
#include "actor/list_line.h"
#include "event/attempt.h"
#include "text/ip.h"
#include "text/printable.h"

#include <string.h>

static const ct_str states[] = {CT_STR_INIT("learned"), CT_STR_INIT("confirmed"), CT_STR_INIT("rejected")};

static bool state_of(ct_str word, enum ct_background_state *ret_state)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (ct_str_eq(word, states[i])) {
            *ret_state = (enum ct_background_state)i;
            return true;
        }
    return false;
}

static ct_err parse_what(const struct ct_list_line *l, struct ct_background_line *line, ct_str word, struct ct_fault *fault)
{
    ct_str ports = word, name = ct_str_cut(&ports, '/');
    if (!ct_list_transport(name, &line->transport)) return ct_list_fail(l, fault, "is none of tcp/PORT, udp/PORT, ping", word);
    if (line->transport == CT_TRANSPORT_ICMP) return ports.p ? ct_list_fail(l, fault, "names a port, and a ping has none", word) : CT_OK;
    if (!ports.p) line->first = 0, line->last = UINT16_MAX;
    else if (!ct_list_ports(ports, &line->first, &line->last)) return ct_list_fail(l, fault, "names no port (1 to 65535) or range of ports", word);
    return CT_OK;
}

static ct_err parse_count(const struct ct_list_line *l, struct ct_background_line *line, ct_str word, struct ct_fault *fault)
{
    ct_str value = word, name = ct_str_cut(&value, '=');
    if (ct_str_eq(name, CT_STR("count")) && ct_str_u64(value, &line->count)) return CT_OK;
    if (ct_str_eq(name, CT_STR("first")) && ct_list_time(value, &line->first_us)) return CT_OK;
    if (ct_str_eq(name, CT_STR("last")) && ct_list_time(value, &line->last_us)) return CT_OK;
    return ct_list_fail(l, fault, "is none of count=N, first=TIME, last=TIME, # comment", word);
}

static ct_err parse_line(struct ct_list_line *l, struct ct_background_line *line, struct ct_fault *fault)
{
    *line = (struct ct_background_line){.first_us = INT64_MIN, .last_us = INT64_MIN};
    ct_str word = ct_list_word(l);
    if (!state_of(word, &line->state)) return ct_list_fail(l, fault, "is none of learned, confirmed, rejected", word);
    word = ct_list_word(l);
    if (!ct_list_address(word, &line->range, &line->scope)) return ct_list_fail(l, fault, "is neither an address, nor ADDRESS/BITS, nor \"any\"", word);
    word = ct_list_word(l);
    CT_TRY(parse_what(l, line, word, fault));
    for (word = ct_list_word(l); word.n; word = ct_list_word(l)) CT_TRY(parse_count(l, line, word, fault));
    size_t n = l->comment.n < CT_BACKGROUND_COMMENT ? l->comment.n : CT_BACKGROUND_COMMENT;
    while (n < l->comment.n && n && (l->comment.p[n] & 0xc0) == 0x80) n--; /* cut between characters */
    /* What is cut must read the same when it was printed: no blank at its end, and no '$', which is printed longer there. */
    while (n < l->comment.n && n && (l->comment.p[n - 1] == ' ' || l->comment.p[n - 1] == '\t' || l->comment.p[n - 1] == '$')) n--;
    if (n) memcpy(line->comment, l->comment.p, n);
    line->comment_n = (unsigned char)n;
    return CT_OK;
}

/* A line that is there already takes the file's word; what it has counted stays. */
static ct_err merge(struct ct_background *b, const struct ct_background_line *line)
{
    struct ct_background_line *was = NULL;
    if (ct_background_is_exact(line)) {
        was = ct_background_find(b, line->range.address, line->scope, line->transport, line->first);
    } else {
        for (size_t i = 0; i < b->n_ranges && !was; i++) {
            struct ct_background_line *k = &b->lines[b->ranges[i]];
            if (!k->gone && k->first == line->first && k->last == line->last && k->transport == line->transport && k->scope == line->scope &&
                k->range.bits == line->range.bits && memcmp(k->range.address, line->range.address, 16) == 0)
                was = k;
        }
    }
    if (!was) return ct_background_add(b, line);
    was->state = line->state;
    if (line->count > was->count) was->count = line->count;
    if (was->first_us == INT64_MIN || (line->first_us != INT64_MIN && line->first_us < was->first_us)) was->first_us = line->first_us;
    if (line->last_us > was->last_us) was->last_us = line->last_us;
    was->comment_n = line->comment_n;
    memcpy(was->comment, line->comment, sizeof was->comment);
    return CT_OK;
}

/* Twice over the text: a file with one bad line changes nothing. */
ct_err ct_background_parse(struct ct_background *b, ct_str text, struct ct_fault *fault)
{
    if (text.n > CT_LIST_FILE_MAX) return ct_fault_set(fault, CT_ERR_CAP, 0, "the list is longer than %u bytes", CT_LIST_FILE_MAX);
    bool changed = b->changed;
    for (int pass = 0; pass < 2; pass++) {
        struct ct_list_line l = {.text = text};
        struct ct_background_line line;
        ct_err err;
        while ((err = ct_list_next(&l, fault)) == CT_OK) {
            CT_TRY(parse_line(&l, &line, fault));
            if (pass == 0) continue;
            err = merge(b, &line);
            if (err == CT_OK) continue;
            err = ct_fault_set(fault, err, 0, "%s", err == CT_ERR_CAP ? "more lines than a list may have" : "out of memory");
            if (fault) fault->line = l.number;
            return err;
        }
        if (err != CT_ERR_END) return err;
    }
    b->changed = changed;
    return CT_OK;
}

ct_err ct_background_reparse(struct ct_background *b, ct_str text, struct ct_fault *fault)
{
    struct ct_background *fresh;
    CT_TRY(ct_background_new(b->alloc, b->until_ms, b->seed.k[0], &fresh));
    ct_err e = ct_background_parse(fresh, text, fault);
    if (e == CT_OK) {
        struct ct_background had = *b;
        *b = *fresh;
        *fresh = had;
    }
    ct_background_free(fresh);
    return e;
}

static void print_line(struct ct_buf *out, const struct ct_background_line *l)
{
    char text[CT_IP_TEXT_MAX];
    bool v4 = l->range.bits >= 96 && l->range.address[10] == 0xff && l->range.address[11] == 0xff && l->range.address[0] == 0;
    ct_buf_add(out, states[l->state]);
    ct_buf_byte(out, ' ');
    if (l->range.bits == 0) ct_buf_text(out, "any");
    else ct_buf_add(out, ct_ip_text(l->range.address, l->scope, text));
    if (l->range.bits && l->range.bits < 128) ct_buf_printf(out, "/%u", v4 ? l->range.bits - 96 : l->range.bits);
    ct_buf_text(out, l->transport == CT_TRANSPORT_ICMP ? " ping" : l->transport == CT_TRANSPORT_UDP ? " udp" : " tcp");
    if (l->transport != CT_TRANSPORT_ICMP && (l->first || l->last != UINT16_MAX)) {
        ct_buf_printf(out, "/%u", l->first);
        if (l->last != l->first) ct_buf_printf(out, "-%u", l->last);
    }
    if (l->count) ct_buf_printf(out, " count=%llu", (unsigned long long)l->count);
    if (l->first_us != INT64_MIN) {
        ct_buf_text(out, " first=");
        ct_print_time(out, l->first_us);
    }
    if (l->last_us != INT64_MIN) {
        ct_buf_text(out, " last=");
        ct_print_time(out, l->last_us);
    }
    if (l->comment_n) {
        ct_buf_text(out, " # ");
        ct_print_text(out, (ct_str){(const unsigned char *)l->comment, l->comment_n});
    }
    ct_buf_byte(out, '\n');
}

void ct_background_print(struct ct_background *b, struct ct_buf *out)
{
    ct_buf_text(out, "# What knocks on this decoy and is expected: counted, and nobody is told. A line says\n"
                     "#   STATE SOURCE WHAT count=N first=TIME last=TIME # comment\n"
                     "# Change \"learned\" to \"confirmed\", or to \"rejected\" if you want to be told of it.\n");
    static const enum ct_background_state order[] = {CT_BACKGROUND_LEARNED, CT_BACKGROUND_REJECTED, CT_BACKGROUND_CONFIRMED};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < b->n; i++)
            if (!b->lines[i].gone && b->lines[i].state == order[k]) print_line(out, &b->lines[i]);
    if (out->err == CT_OK) b->changed = false;
}
