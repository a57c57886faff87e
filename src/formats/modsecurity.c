/* ModSecurity's serial audit log: sections of one transaction between boundary lines.
 *
 *   --c7036611-A--                          (version 3: ---NQDIcTjA---A--)
 *   [stamp] id client port server port      A: the audit log header
 *   --c7036611-B--                          B: request line and headers, C and I: body, F: response headers,
 *   ...                                     H: the trailer with the decision, Z: the end
 *
 * A transaction opens only at an A boundary, other boundaries count only with its id, and it closes again when section A
 * does not begin as above, so that a line which merely looks like a boundary cannot take over a log of another kind.
 * The JSON form is read with the other JSON lines.
 */
#include "formats/line_in.h"

#include <string.h>

static bool is_alnum(unsigned char c) { return ct_ascii_digit(c) || ct_ascii_alpha(c); }

static bool is_boundary(ct_str s, ct_str *ret_id, char *ret_part)
{
    size_t from = 0, to;
    if (s.n < 6 || !ct_str_starts(s, CT_STR("--")) || !ct_str_ends(s, CT_STR("--"))) return false;
    while (from < s.n && from < 3 && s.p[from] == '-') from++;
    for (to = from; to < s.n && is_alnum(s.p[to]); to++) {}
    ct_str id = ct_str_slice(s, from, to), part = ct_str_slice(s, to, s.n - 2);
    size_t dashes = part.n ? part.n - 1 : 0;
    if (id.n < 8 || id.n >= sizeof((struct ct_format_state *)0)->modsec_boundary || (dashes != 1 && dashes != 3)) return false;
    for (size_t i = 0; i < dashes; i++)
        if (part.p[i] != '-') return false;
    if (part.p[dashes] < 'A' || part.p[dashes] > 'Z') return false;
    *ret_id = id;
    *ret_part = (char)part.p[dashes];
    return true;
}

static void keep(struct ct_modsec_text *to, ct_str s)
{
    to->n = s.n < sizeof to->p ? s.n : sizeof to->p;
    if (to->n) memcpy(to->p, s.p, to->n);
}

static void forget(struct ct_format_state *state)
{
    state->modsec_part = 0;
    state->modsec_boundary[0] = 0;
    state->modsec_client.n = state->modsec_target.n = state->modsec_path.n = state->modsec_method.n = state->modsec_forwarded.n = 0;
    state->modsec_time_us = CT_TIME_NONE;
}

static bool is_open(const struct ct_format_state *state, ct_str id)
{
    return state->modsec_part && ct_str_eq(id, ct_str_from(state->modsec_boundary));
}

/* "Name: value"; a request line is none, since blanks stand before its first colon. */
static bool split_header(ct_str line, ct_str *ret_name, ct_str *ret_value)
{
    size_t colon = ct_str_chr(line, ':');
    if (colon == CT_STR_NONE || colon == 0) return false;
    ct_str name = ct_str_slice(line, 0, colon);
    if (ct_str_chr(name, ' ') != CT_STR_NONE) return false;
    *ret_name = name;
    *ret_value = ct_str_trim(ct_str_slice(line, colon + 1, SIZE_MAX));
    return true;
}

static void note_a(struct ct_format_state *state, ct_str line)
{
    int64_t us;
    ct_str rest = ct_str_slice(line, 1, SIZE_MAX);
    size_t n = line.n && line.p[0] == '[' ? ct_time_clf_at(rest, &us) : 0;
    if (n == 0 || n >= rest.n || rest.p[n] != ']') {
        forget(state);
        return;
    }
    rest = ct_str_slice(rest, n + 1, SIZE_MAX);
    (void)ct_next_word(&rest); /* the transaction's id */
    ct_str client = ct_next_word(&rest);
    (void)ct_next_word(&rest); /* its port */
    state->modsec_time_us = us;
    keep(&state->modsec_client, client);
    keep(&state->modsec_target, ct_next_word(&rest));
}

static void note_b(struct ct_format_state *state, ct_str line)
{
    ct_str name, value;
    if (split_header(line, &name, &value)) {
        if (ct_str_eq_fold(name, CT_STR("host"))) keep(&state->modsec_target, value);
        if (ct_str_eq_fold(name, CT_STR("x-forwarded-for"))) keep(&state->modsec_forwarded, value);
    } else if (!state->modsec_seen_line) {
        struct ct_record r = {.n_fields = CT_FIELDS_MAX}; /* full: only method and path are wanted */
        struct ct_line l = {.rec = &r};
        ct_line_request(&l, line);
        keep(&state->modsec_method, r.method);
        keep(&state->modsec_path, r.path);
    }
}

bool ct_modsec_note(struct ct_format_state *state, ct_str line)
{
    ct_str id;
    char part;
    if (is_boundary(line, &id, &part)) {
        if (part == 'A') {
            forget(state);
            memcpy(state->modsec_boundary, id.p, id.n);
            state->modsec_boundary[id.n] = 0;
        } else if (!is_open(state, id)) {
            return false;
        }
        state->modsec_part = part;
        state->modsec_seen_line = false;
        if (part == 'Z') forget(state);
        return true;
    }
    if (line.n && (state->modsec_part == 'A' || state->modsec_part == 'B')) {
        bool seen = state->modsec_seen_line;
        if (state->modsec_part == 'B') note_b(state, line);
        else if (!seen) note_a(state, line);
        state->modsec_seen_line = true;
    }
    return false;
}

static ct_str text(struct ct_line *l, const struct ct_modsec_text *t) { return ct_line_copy(l, (ct_str){t->p, t->n}); }

static void take_trailer(struct ct_line *l, ct_str s)
{
    if (ct_str_starts(s, CT_STR("Action: Intercepted")) || ct_str_find(s, CT_STR("Access denied")) != CT_STR_NONE)
        l->rec->waf = CT_STR("block");
    else if (ct_str_starts(s, CT_STR("Message: Warning")) || ct_str_starts(s, CT_STR("ModSecurity: Warning")))
        l->rec->waf = CT_STR("detect");
    ct_line_add_message(l, s);
}

bool ct_parse_modsec(struct ct_line *l, ct_str s)
{
    struct ct_format_state *state = l->state;
    struct ct_record *r = l->rec;
    ct_str id, name, value;
    char part;
    bool boundary = is_boundary(s, &id, &part);
    if (!state->modsec_part && !(boundary && part == 'Z')) return false;

    r->format = CT_FORMAT_MODSECURITY;
    if (boundary) {
        ct_line_add_unless_plain(l, CT_STR("message"), s);
        return true;
    }
    r->time_us = state->modsec_time_us;
    r->client = text(l, &state->modsec_client);
    r->target = text(l, &state->modsec_target);
    r->path = text(l, &state->modsec_path);
    r->method = text(l, &state->modsec_method);
    r->forwarded = text(l, &state->modsec_forwarded);
    switch (state->modsec_part) {
    case 'B':
        if (split_header(s, &name, &value)) {
            if (ct_str_eq_fold(name, CT_STR("x-forwarded-for"))) r->forwarded.n = 0; /* it stands here whole */
            if (ct_is_hot(name) || value.n == 0) ct_line_add(l, CT_STR("message"), s);
            else ct_line_header(l, name, value);
        } else {
            ct_line_request(l, s);
        }
        break;
    case 'C': case 'I': case 'J': ct_line_add(l, CT_STR("http.request.body.content"), s); break;
    case 'E': ct_line_add(l, CT_STR("http.response.body.content"), s); break;
    case 'H': take_trailer(l, s); break;
    default: ct_line_add_message(l, s); break;
    }
    return true;
}
