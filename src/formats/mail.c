/* Postfix (behind syslog) and Exim's main log: the parts of an SMTP session that a sender chooses.
 *
 * Both logs quote nothing, so a sender can write text that looks like further parts. The named fields are a reader's
 * help; the whole message is always a field, which is why nothing can hide.
 */
#include "formats/line_in.h"

#define NONE ((ct_str){NULL, 0})

/* Behind the first `key` at the start or after a blank, or NONE. */
static ct_str behind(ct_str s, ct_str key)
{
    for (size_t from = 0; from < s.n;) {
        size_t at = ct_str_find(ct_str_slice(s, from, SIZE_MAX), key);
        if (at == CT_STR_NONE) return NONE;
        at += from;
        if (at == 0 || s.p[at - 1] == ' ' || s.p[at - 1] == ';') return ct_str_slice(s, at + key.n, SIZE_MAX);
        from = at + 1;
    }
    return NONE;
}

static ct_str up_to(ct_str s, ct_str end)
{
    size_t at = ct_str_find(s, end);
    return at == CT_STR_NONE ? s : ct_str_slice(s, 0, at);
}

/* <address>: '>' ends it only before a blank, punctuation or the end. */
static ct_str angle(ct_str s)
{
    if (s.n == 0 || s.p[0] != '<') return NONE;
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] == '>' && (i + 1 == s.n || s.p[i + 1] == ' ' || s.p[i + 1] == ',' || s.p[i + 1] == ':' || s.p[i + 1] == ';'))
            return ct_str_slice(s, 1, i);
    return ct_str_slice(s, 1, SIZE_MAX);
}

/* "host[address]": the address becomes the client, the host a field, for reverse DNS is the sender's as well. */
static void take_peer(struct ct_line *l, ct_str s)
{
    size_t open = ct_str_chr(s, '[');
    if (open == CT_STR_NONE) return;
    ct_str host = ct_str_slice(s, 0, open), address = up_to(ct_str_slice(s, open + 1, SIZE_MAX), CT_STR("]"));
    if (!ct_is_address(address)) return;
    ct_line_client(l, address);
    if (!ct_str_eq(host, CT_STR("unknown"))) ct_line_add(l, CT_STR("source.domain"), host);
}

static void take_angle(struct ct_line *l, ct_str s, ct_str key, ct_str name) { ct_line_add(l, name, angle(behind(s, key))); }

static bool is_reply(ct_str s)
{
    return s.n >= 4 && s.p[0] >= '2' && s.p[0] <= '5' && ct_ascii_digit(s.p[1]) && ct_ascii_digit(s.p[2]) && s.p[3] == ' ';
}

/* "body TEXT from ...", "header Subject: TEXT from host[address]; from=<...": TEXT may hold the same words, so the last such place counts.
 * Returns what stands behind it. */
static ct_str take_content_check(struct ct_line *l, ct_str s, bool body)
{
    size_t end = CT_STR_NONE;
    for (size_t i = s.n; i-- > 0 && end == CT_STR_NONE;)
        if (ct_str_starts(ct_str_slice(s, i, SIZE_MAX), CT_STR("]; from=<"))) end = i;
    ct_str head = ct_str_slice(s, 0, end), text = head;
    for (size_t i = head.n; end != CT_STR_NONE && i-- > 0;)
        if (ct_str_starts(ct_str_slice(head, i, SIZE_MAX), CT_STR(" from "))) {
            take_peer(l, ct_str_slice(s, i + 6, end + 1));
            text = ct_str_slice(head, 0, i);
            break;
        }
    ct_str value = text, header = ct_str_cut(&value, ':');
    if (body) ct_line_add(l, CT_STR("email.body"), text);
    else if (!value.p || ct_str_chr(header, ' ') != CT_STR_NONE) ct_line_add(l, CT_STR("email.header"), text);
    else if (ct_str_eq_fold(header, CT_STR("subject"))) ct_line_add(l, CT_STR("email.subject"), ct_str_trim(value));
    else ct_line_add(l, ct_line_name(l, CT_STR("email.header."), header), ct_str_trim(value));
    return ct_str_slice(s, end, SIZE_MAX);
}

static void take_postfix(struct ct_line *l, ct_str s)
{
    static const struct {
        ct_str word, outcome;
        bool content_only; /* the word means something else before other text */
    } checks[] = {
        {CT_STR_INIT("reject: "), CT_STR_INIT("block"), false},  {CT_STR_INIT("milter-reject: "), CT_STR_INIT("block"), false},
        {CT_STR_INIT("discard: "), CT_STR_INIT("block"), false}, {CT_STR_INIT("milter-discard: "), CT_STR_INIT("block"), false},
        {CT_STR_INIT("hold: "), CT_STR_INIT("block"), false},    {CT_STR_INIT("milter-hold: "), CT_STR_INIT("block"), false},
        {CT_STR_INIT("warning: "), CT_STR_INIT("detect"), true}, {CT_STR_INIT("reject_warning: "), CT_STR_INIT("detect"), false},
    };
    ct_str rest = s, queue = ct_next_word(&rest), what = s;
    if (queue.n > 1 && queue.p[queue.n - 1] == ':' && ct_str_chr(queue, '=') == CT_STR_NONE) what = ct_str_trim(rest);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (!ct_str_starts(what, checks[i].word)) continue;
        what = ct_str_slice(what, checks[i].word.n, SIZE_MAX);
        bool body = ct_str_starts(what, CT_STR("body ")), content = body || ct_str_starts(what, CT_STR("header "));
        if (content || !checks[i].content_only) l->rec->waf = checks[i].outcome;
        if (content) {
            (void)ct_next_word(&what);
            what = take_content_check(l, ct_str_slice(what, 1, SIZE_MAX), body);
        }
        break;
    }
    if (l->rec->client.n == 0) {
        ct_str from = behind(what, CT_STR("from "));
        ct_str peer = behind(what, CT_STR("client="));
        size_t sasl = ct_str_find(what, CT_STR("]: SASL ")), blank = ct_str_chr(what, ' ');
        bool login = sasl != CT_STR_NONE && blank == sasl + 2; /* "HOST[A]: SASL LOGIN authentication failed" */
        take_peer(l, peer.n ? peer : login ? what : from);
        size_t code = ct_str_find(from, CT_STR("]: "));
        ct_str reply = ct_str_slice(from, code == CT_STR_NONE ? from.n : code + 3, SIZE_MAX);
        if (is_reply(reply)) l->rec->status = ct_str_slice(reply, 0, 3);
    }
    take_angle(l, what, CT_STR("from="), CT_STR("email.from.address"));
    take_angle(l, what, CT_STR("to="), CT_STR("email.to.address"));
    take_angle(l, what, CT_STR("helo="), CT_STR("smtp.helo"));
    take_angle(l, what, CT_STR("message-id="), CT_STR("email.message_id"));
    ct_line_add(l, CT_STR("user.name"), up_to(behind(what, CT_STR("sasl_username=")), CT_STR(", ")));
}

bool ct_parse_postfix(struct ct_line *l, ct_str s)
{
    if (s.n == 0) return false;
    l->rec->format = CT_FORMAT_POSTFIX;
    take_postfix(l, s);
    ct_line_add_message(l, s);
    return true;
}

static bool is_message_id(ct_str s)
{
    size_t dashes = 0;
    if (s.n != 16 && s.n != 23) return false; /* 6-6-2, since Exim 4.97 6-11-4 */
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-') dashes++;
        else if (!ct_ascii_digit(s.p[i]) && !ct_ascii_alpha(s.p[i])) return false;
    }
    return dashes == 2 && s.p[6] == '-';
}

/* T="...": a backslash stands before a quote or a backslash that belongs to the subject. */
static ct_str quoted_value(ct_str s)
{
    if (s.n == 0 || s.p[0] != '"') return NONE;
    size_t i = 1;
    while (i < s.n && s.p[i] != '"') i += s.p[i] == '\\' ? 2 : 1;
    return ct_str_slice(s, 1, i);
}

static void take_exim_host(struct ct_line *l, ct_str s)
{
    size_t open = ct_str_find(s, CT_STR(" ["));
    ct_str names = open == CT_STR_NONE ? up_to(s, CT_STR(" ")) : ct_str_slice(s, 0, open);
    ct_str address = open == CT_STR_NONE ? NONE : up_to(ct_str_slice(s, open + 2, SIZE_MAX), CT_STR("]"));
    ct_str host = up_to(names, CT_STR(" ("));
    if (ct_is_address(address)) ct_line_client(l, address);
    size_t helo = ct_str_chr(names, '(');
    if (helo != 0) ct_line_add(l, CT_STR("source.domain"), host);
    if (helo != CT_STR_NONE) ct_line_add(l, CT_STR("smtp.helo"), up_to(ct_str_slice(names, helo + 1, SIZE_MAX), CT_STR(")")));
}

/* Then H= is whom it went to: "ID => ADDRESS", "->", "**" and the like, or "ID H=HOST [A]: SMTP error from remote mail server ...". */
static bool is_exim_delivery(ct_str s, ct_str host)
{
    static const ct_str signs[] = {CT_STR_INIT("=>"), CT_STR_INIT("->"), CT_STR_INIT("**"), CT_STR_INIT("=="), CT_STR_INIT(">>"), CT_STR_INIT("*>")};
    ct_str first = ct_next_word(&s), sign = ct_next_word(&s);
    for (size_t i = 0; i < sizeof signs / sizeof *signs && is_message_id(first); i++)
        if (ct_str_eq(sign, signs[i])) return true;
    size_t open = ct_str_chr(host, '['), close = ct_str_chr(host, ']');
    return open < close && close != CT_STR_NONE && ct_str_starts(ct_str_slice(host, close, SIZE_MAX), CT_STR("]: SMTP error from remote mail server "));
}

static void take_exim(struct ct_line *l, ct_str s)
{
    ct_str arrow = behind(s, CT_STR("<= "));
    if (arrow.n) {
        ct_str sender = ct_next_word(&arrow);
        if (!ct_str_eq(sender, CT_STR("<>"))) ct_line_add(l, CT_STR("email.from.address"), sender);
    }
    take_angle(l, s, CT_STR("F="), CT_STR("email.from.address"));
    ct_str host = behind(s, CT_STR("H="));
    if (host.p && !is_exim_delivery(s, host)) take_exim_host(l, host);
    take_angle(l, s, CT_STR("RCPT "), CT_STR("email.to.address"));
    ct_line_add(l, CT_STR("email.subject"), quoted_value(behind(s, CT_STR("T="))));
    ct_str id = behind(s, CT_STR("id="));
    ct_line_add(l, CT_STR("email.message_id"), ct_next_word(&id));
    ct_str user = behind(s, CT_STR("U="));
    ct_line_add(l, CT_STR("user.name"), ct_next_word(&user));
    size_t rejected = ct_str_find(s, CT_STR(" rejected "));
    if (rejected != CT_STR_NONE) l->rec->waf = CT_STR("block");
    size_t reply = ct_str_find(s, CT_STR(": 5"));
    if (reply != CT_STR_NONE && is_reply(ct_str_slice(s, reply + 2, SIZE_MAX)))
        l->rec->status = ct_str_slice(s, reply + 2, reply + 5);
}

/* What Exim says of a session without a message: "rejected EHLO from NAMES [A]...: TEXT", "SMTP syntax error in "COMMAND" H=...",
 * "SMTP connection from NAMES [A]". Other programs' lines begin with such words too, so an address must follow. A command may
 * hold whatever its sender likes; behind it Exim's own words come last. */
static bool take_exim_session(struct ct_line *l, ct_str s)
{
    static const ct_str begins[] = {
        CT_STR_INIT("rejected "), CT_STR_INIT("SMTP "), CT_STR_INIT("no MAIL in SMTP connection from "),
        CT_STR_INIT("unexpected disconnection while reading SMTP command from "), CT_STR_INIT("TLS error on connection from "),
    };
    size_t i = 0, n = sizeof begins / sizeof begins[0];
    while (i < n && !ct_str_starts(s, begins[i])) i++;
    if (i == n) return false;
    size_t quote = ct_str_find(s, CT_STR(" in \"")), close = CT_STR_NONE;
    for (size_t at = s.n; quote != CT_STR_NONE && at-- > quote && close == CT_STR_NONE;)
        if (ct_str_starts(ct_str_slice(s, at, SIZE_MAX), CT_STR("\" H="))) close = at;
    ct_str peer = close == CT_STR_NONE ? behind(s, CT_STR("from ")) : ct_str_slice(s, close + 4, SIZE_MAX);
    size_t open = ct_str_chr(peer, '[');
    if (open == CT_STR_NONE || !ct_is_address(up_to(ct_str_slice(peer, open + 1, SIZE_MAX), CT_STR("]")))) return false;
    take_exim_host(l, open ? peer : ct_str_slice(s, (size_t)(peer.p - s.p) - 1, SIZE_MAX));
    if (close != CT_STR_NONE) ct_line_add(l, CT_STR("smtp.command"), ct_str_slice(s, quote + 5, close));
    size_t argument = ct_str_find(s, CT_STR("syntactically invalid argument(s): "));
    if (argument != CT_STR_NONE) ct_line_add(l, CT_STR("smtp.helo"), ct_str_slice(s, argument + 35, SIZE_MAX));
    if (ct_str_starts(s, CT_STR("rejected "))) l->rec->waf = CT_STR("block");
    return true;
}

/* "plain_login authenticator failed for NAMES [A]: 535 Incorrect authentication data (set_id=USER)". */
static bool take_exim_login(struct ct_line *l, ct_str s)
{
    ct_str rest = s;
    (void)ct_next_word(&rest);
    if (!ct_str_starts(rest, CT_STR(" authenticator failed for "))) return false;
    ct_str peer = ct_str_slice(rest, 25, SIZE_MAX); /* with the blank: a name may be missing */
    size_t open = ct_str_chr(peer, '['), user = ct_str_find(s, CT_STR("(set_id="));
    if (open == CT_STR_NONE) return false;
    take_exim_host(l, peer.n > 1 && peer.p[1] == '[' ? peer : ct_str_slice(peer, 1, SIZE_MAX));
    size_t colon = ct_str_find(peer, CT_STR(": ")); /* behind the address, or its port */
    ct_str reply = ct_str_slice(peer, colon == CT_STR_NONE ? peer.n : colon + 2, SIZE_MAX);
    if (is_reply(reply)) l->rec->status = ct_str_slice(reply, 0, 3);
    if (user != CT_STR_NONE) ct_line_add(l, CT_STR("user.name"), up_to(ct_str_slice(s, user + 8, SIZE_MAX), CT_STR(")")));
    return true;
}

bool ct_parse_exim(struct ct_line *l, ct_str s)
{
    int64_t us = CT_TIME_NONE;
    size_t n = ct_time_iso_at(s, &us);
    ct_str rest = ct_str_slice(s, n, SIZE_MAX);
    if (n && (rest.n == 0 || rest.p[0] != ' ')) return false;
    ct_str word = ct_next_word(&rest);
    if (word.n == 5 && (word.p[0] == '+' || word.p[0] == '-') && ct_is_number(word)) { /* log_timezone */
        us = ct_time_iso(ct_str_slice(s, 0, (size_t)(word.p - s.p) + word.n));
        word = ct_next_word(&rest);
    }
    if (word.n > 2 && word.p[0] == '[' && word.p[word.n - 1] == ']') word = ct_next_word(&rest); /* process id */
    ct_str message = word.p ? ct_str_slice(s, (size_t)(word.p - s.p), SIZE_MAX) : s;
    if (is_message_id(word) || ct_str_starts(word, CT_STR("H="))) take_exim(l, message);
    else if (!take_exim_session(l, message) && !take_exim_login(l, message)) return false;
    l->rec->format = CT_FORMAT_EXIM;
    if (us != CT_TIME_NONE) l->rec->time_us = us;
    ct_line_add_message(l, s);
    return true;
}
