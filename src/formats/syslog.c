/* What carries log lines: syslog in its three spellings, and the prefix of container runtimes.
 *
 *   <134>Dec 10 14:02:07 host tag[pid]: text           RFC 3164; the priority and the host may be missing
 *   2021-12-10T14:02:07.123+01:00 host tag[pid]: text  rsyslog's file format
 *   <134>1 2021-12-10T14:02:07Z host app pid id [sd] text   RFC 5424
 *   2021-12-10T14:02:07.123456789Z stdout F text        containerd and CRI-O; P for a part of a line
 *
 * Host and tag become fields only when they hold more than a name: over UDP anybody writes them.
 */
#include "formats/line_in.h"

/* <0> to <191>: bytes taken, or 0. */
static size_t priority(ct_str s)
{
    size_t n = 1;
    uint64_t value;
    if (s.n < 3 || s.p[0] != '<') return 0;
    while (n < s.n && n < 5 && ct_ascii_digit(s.p[n])) n++;
    if (n >= s.n || s.p[n] != '>' || !ct_str_u64(ct_str_slice(s, 1, n), &value) || value > 191) return 0;
    return n + 1;
}

/* Structured data: "-" or [..][..]; brackets inside quoted values do not count. Bytes taken, or 0. */
static size_t structured(ct_str s)
{
    if (s.n && s.p[0] == '-') return 1;
    size_t i = 0;
    while (i < s.n && s.p[i] == '[') {
        bool quoted = false;
        for (i++; i < s.n; i++) {
            if (quoted && s.p[i] == '\\') i++;
            else if (s.p[i] == '"') quoted = !quoted;
            else if (s.p[i] == ']' && !quoted) break;
        }
        if (i >= s.n) return 0;
        i++;
    }
    return i;
}

/* RFC 5424, 6.3.3: a backslash escapes '"', '\' and ']' and nothing else. */
static ct_str unescape_structured(struct ct_line *l, ct_str s)
{
    if (ct_str_chr(s, '\\') == CT_STR_NONE) return s;
    struct ct_buf b;
    ct_buf_init(&b, l->arena, s.n);
    for (size_t i = 0; i < s.n; i++) {
        bool escape = s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\' || s.p[i + 1] == ']');
        if (escape) i++;
        ct_buf_byte(&b, s.p[i]);
    }
    if (b.err) l->err = CT_ERR_NOMEM;
    return b.err ? s : ct_buf_view(&b);
}

static bool parse_5424(struct ct_line *l, ct_str s, ct_str *ret_tag, ct_str *ret_inner)
{
    int64_t us = CT_TIME_NONE;
    ct_str rest = ct_str_slice(s, 2, SIZE_MAX), stamp = ct_str_cut(&rest, ' ');
    if (!rest.p || !(ct_str_eq(stamp, CT_STR("-")) || ct_time_iso_at(stamp, &us) == stamp.n)) return false;
    ct_str part[4]; /* host, program, process, message id */
    for (size_t i = 0; i < 4; i++) {
        if (!rest.p) return false;
        part[i] = ct_str_cut(&rest, ' ');
    }
    size_t n = rest.p ? structured(rest) : 0;
    if (n == 0 || (n < rest.n && rest.p[n] != ' ')) return false;
    if (us != CT_TIME_NONE) l->rec->time_us = us;
    ct_line_add_unless_plain(l, CT_STR("host.name"), part[0]);
    ct_line_add_unless_plain(l, CT_STR("process.name"), part[1]);
    ct_line_add_unless_plain(l, CT_STR("process.pid"), part[2]);
    ct_line_add_unless_plain(l, CT_STR("event.code"), part[3]);
    ct_line_add(l, CT_STR("syslog.structured_data"), unescape_structured(l, ct_str_slice(rest, 0, n)));
    ct_str text = ct_str_slice(rest, n + 1, SIZE_MAX);
    if (ct_str_starts(text, CT_STR("\xEF\xBB\xBF"))) text = ct_str_slice(text, 3, SIZE_MAX);
    *ret_tag = part[1];
    *ret_inner = text;
    return true;
}

/* "tag:" or "tag[pid]:", at most 80 bytes; also without the colon when a pid says what it is. */
static bool is_tag(ct_str word)
{
    return word.n > 1 && word.n <= 80 && (word.p[word.n - 1] == ':' || word.p[word.n - 1] == ']');
}

static void take_tag(struct ct_line *l, ct_str word, ct_str *ret_tag)
{
    ct_line_add_unless_plain(l, CT_STR("process.name"), word);
    if (word.n && word.p[word.n - 1] == ':') word.n--;
    *ret_tag = ct_str_cut(&word, '[');
}

bool ct_parse_syslog_header(struct ct_line *l, ct_str s, ct_str *ret_tag, ct_str *ret_inner)
{
    int64_t us;
    size_t pri = priority(s);
    ct_str rest = ct_str_slice(s, pri, SIZE_MAX);
    if (pri && ct_str_starts(rest, CT_STR("1 "))) return parse_5424(l, rest, ret_tag, ret_inner);
    bool iso = rest.n > 10 && rest.p[10] == 'T';
    size_t n = iso ? ct_time_iso_at(rest, &us) : ct_time_rfc3164_at(rest, l->state->year, &us);
    if (n == 0 || n >= rest.n || rest.p[n] != ' ') return false;
    rest = ct_str_slice(rest, n + 1, SIZE_MAX);

    ct_str after = rest, host = ct_next_word(&after), body = after, tag = ct_next_word(&body);
    bool no_host = host.n && host.p[host.n - 1] == ':' && is_tag(host);
    /* Application logs also begin with an ISO stamp: without a tag behind the host it is none of ours. */
    if (iso && !pri && !is_tag(tag)) return false;
    l->rec->time_us = us;
    *ret_tag = (ct_str){NULL, 0};
    if (no_host) {
        take_tag(l, host, ret_tag);
        body = after;
    } else {
        ct_line_add_unless_plain(l, CT_STR("host.name"), host);
        if (is_tag(tag)) take_tag(l, tag, ret_tag);
        else body = after;
    }
    if (body.n && body.p[0] == ' ') body = ct_str_slice(body, 1, SIZE_MAX);
    *ret_inner = body;
    return true;
}

bool ct_parse_cri_header(struct ct_line *l, ct_str s, ct_str *ret_inner)
{
    int64_t us;
    ct_str rest = s, stamp = ct_str_cut(&rest, ' ');
    if (!rest.p || stamp.n < 20 || ct_time_iso_at(stamp, &us) != stamp.n) return false;
    ct_str stream = ct_str_cut(&rest, ' '), flag;
    if (!rest.p || (!ct_str_eq(stream, CT_STR("stdout")) && !ct_str_eq(stream, CT_STR("stderr")))) return false;
    flag = ct_str_cut(&rest, ' ');
    if (!rest.p || flag.n != 1 || (flag.p[0] != 'F' && flag.p[0] != 'P')) return false;
    l->rec->time_us = us;
    if (flag.p[0] == 'P') l->rec->truncated = true;
    *ret_inner = rest;
    return true;
}
