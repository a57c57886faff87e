/* Envoy's default text format, and Istio's, which has more columns:
 *
 *   [2026-11-26T00:29:10.548Z] "GET /path HTTP/1.1" 200 - 0 5 0 - "forwarded" "agent" "request id" "authority" "upstream"
 *   ... 200 - via_upstream - "-" 0 5 4 4 "forwarded" "agent" "id" "authority" "upstream" cluster local local remote name route
 *
 * Envoy appends the peer to X-Forwarded-For, so the last address there is the client, unless the line names one of its own.
 */
#include "formats/line_in.h"

static const ct_str BETWEEN = CT_STR_INIT("\" \"");

/* The last address of a list. */
static ct_str last_address(ct_str list)
{
    size_t comma = ct_str_rchr(list, ',');
    ct_str last = ct_str_trim(comma == CT_STR_NONE ? list : ct_str_slice(list, comma + 1, SIZE_MAX));
    return ct_is_address(last) ? last : (ct_str){NULL, 0};
}

/* Cuts what stands behind the last `" "` off s. */
static ct_str cut_last(ct_str *s)
{
    for (size_t i = s->n; i-- > 0;) {
        if (!ct_str_starts(ct_str_slice(*s, i, SIZE_MAX), BETWEEN)) continue;
        ct_str last = ct_str_slice(*s, i + BETWEEN.n, SIZE_MAX);
        *s = ct_str_slice(*s, 0, i);
        return last;
    }
    return (ct_str){NULL, 0};
}

/* Istio's columns behind the quoted ones: a cluster, then addresses, of which the third is the peer's; "-" is one too, where nothing was
 * connected. */
static ct_str take_bare(struct ct_line *l, ct_str rest)
{
    ct_str word, peer = {NULL, 0};
    for (size_t i = 0, addresses = 0; (word = ct_next_word(&rest)).n; i++) {
        ct_str host = ct_cut_port(word);
        bool address = ct_is_address(host);
        addresses += address || (i > 0 && ct_str_eq(word, CT_STR("-")));
        if (address && addresses == 3) peer = host;
        ct_line_add_unless_plain(l, CT_STR("envoy.column"), word);
    }
    return peer;
}

/* Quotes in a header are not escaped: the agent is whatever stands between the first quoted column and the last three. A name
 * of the agent that holds `" "` may as well be the end of a forwarded address: no client then. */
static bool take_columns(struct ct_line *l, ct_str s)
{
    size_t end = ct_str_rchr(s, '"');
    if (end == CT_STR_NONE) return false;
    ct_str quoted = ct_str_slice(s, 0, end), forwarded;
    ct_str upstream = cut_last(&quoted), authority = cut_last(&quoted), id = cut_last(&quoted), agent = quoted;
    if (!id.p) return false;
    size_t open = ct_str_chr(agent, '"');
    if (open == CT_STR_NONE) return false;
    size_t failure = ct_str_find(ct_str_slice(agent, open + 1, SIZE_MAX), CT_STR("\" "));
    if (failure != CT_STR_NONE && open + failure + 3 < agent.n && ct_ascii_digit(agent.p[open + failure + 3])) {
        size_t next = ct_str_chr(ct_str_slice(agent, open + failure + 3, SIZE_MAX), '"'); /* why the upstream failed, then numbers */
        if (next == CT_STR_NONE) return false;
        open += failure + 3 + next;
    }
    ct_str bare = ct_str_slice(agent, 0, open), word;
    while ((word = ct_next_word(&bare)).n) ct_line_add_unless_plain(l, CT_STR("envoy.column"), word);
    forwarded = ct_str_slice(agent, open + 1, SIZE_MAX);
    size_t close = ct_str_find(forwarded, BETWEEN);
    if (close == CT_STR_NONE) return false;
    agent = ct_str_slice(forwarded, close + BETWEEN.n, SIZE_MAX);
    forwarded = ct_str_slice(forwarded, 0, close);
    ct_line_header(l, CT_STR("x-forwarded-for"), forwarded);
    ct_line_header(l, CT_STR("user-agent"), agent);
    ct_line_header(l, CT_STR("x-request-id"), id);
    ct_line_header(l, CT_STR("host"), authority);
    ct_line_add_unless_plain(l, CT_STR("destination.address"), upstream);
    ct_str peer = take_bare(l, ct_str_slice(s, end + 1, SIZE_MAX));
    if (!peer.n && ct_str_find(agent, BETWEEN) == CT_STR_NONE) peer = last_address(forwarded);
    if (peer.n) ct_line_client(l, peer);
    return true;
}

bool ct_parse_envoy(struct ct_line *l, ct_str s)
{
    int64_t us;
    struct ct_token request, status;
    size_t first = l->rec->n_fields;
    if (s.n == 0 || s.p[0] != '[') return false;
    ct_str rest = ct_str_slice(s, 1, SIZE_MAX);
    size_t stamp = ct_time_iso_at(rest, &us);
    rest = ct_str_slice(rest, stamp, SIZE_MAX);
    if (!stamp || !ct_str_starts(rest, CT_STR("] \""))) return false;
    rest = ct_str_slice(rest, 1, SIZE_MAX);
    if (!ct_next_token(&rest, CT_QUOTES_PLAIN, &request) || !ct_next_token(&rest, CT_QUOTES_PLAIN, &status)) return false;
    if (!ct_is_number(status.text)) return false;
    l->rec->format = CT_FORMAT_ENVOY;
    l->rec->time_us = us;
    if (status.text.n == 3) l->rec->status = status.text;
    if (!ct_str_eq(request.text, CT_STR("- - -"))) ct_line_request(l, request.text); /* that: TCP */
    if (!take_columns(l, rest)) l->torn = true;
    ct_line_end(l, first, s);
    return true;
}
