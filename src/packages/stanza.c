#include "packages/stanza.h"

static ct_str line_of(struct ct_stanza *s)
{
    ct_str line = ct_str_cut(&s->rest, '\n');
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    return line;
}

bool ct_stanza_next(struct ct_stanza *s)
{
    ct_str key, value;
    while (!s->ended && s->start && s->rest.p && s->rest.p != s->start && ct_stanza_field(s, &key, &value)) continue;
    s->ended = false;
    while (s->rest.p && s->rest.n && (s->rest.p[0] == '\n' || s->rest.p[0] == '\r'))
        s->rest = ct_str_slice(s->rest, 1, SIZE_MAX);
    return s->rest.p && s->rest.n;
}

bool ct_stanza_field(struct ct_stanza *s, ct_str *ret_key, ct_str *ret_value)
{
    while (!s->ended && s->rest.p && s->rest.n) {
        ct_str line = line_of(s);
        if (line.n == 0) {
            s->ended = true;
            return false;
        }
        if (line.p[0] == ' ' || line.p[0] == '\t') continue;
        size_t colon = ct_str_chr(line, ':');
        if (colon == CT_STR_NONE || colon == 0) {
            s->bad++;
            continue;
        }
        *ret_key = ct_str_slice(line, 0, colon);
        *ret_value = ct_str_trim(ct_str_slice(line, colon + 1, SIZE_MAX));
        return true;
    }
    return false;
}
