#include "fingerprint/words.h"

ct_err fp_words_refuse(const struct fp_words *ws, ct_err e, const char *what, ct_str which)
{
    if (which.n) (void)ct_fault_set(ws->fault, e, 0, "%s: %.*s", what, (int)(which.n < 80 ? which.n : 80), (const char *)which.p);
    else (void)ct_fault_set(ws->fault, e, 0, "%s", what);
    if (ws->fault) ws->fault->line = ws->line;
    return e;
}

static bool blank(unsigned char c) { return c == ' ' || c == '\t'; }

/* A quoted string; *at stands behind the opening quote and moves behind the closing one. */
static ct_err quoted(struct fp_words *ws, ct_str line, size_t *at, ct_str *ret_text)
{
    unsigned char *out = ct_arena_alloc(ws->arena, line.n - *at + 1);
    size_t n = 0, i = *at;
    if (!out) return CT_ERR_NOMEM;
    for (; i < line.n && line.p[i] != '"'; i++) {
        if (line.p[i] == '\\') {
            i++;
            if (i == line.n || (line.p[i] != '"' && line.p[i] != '\\'))
                return fp_words_refuse(ws, CT_ERR_SYNTAX, "a backslash stands before \" or \\ only", (ct_str){NULL, 0});
        }
        out[n++] = line.p[i];
    }
    if (i == line.n) return fp_words_refuse(ws, CT_ERR_SYNTAX, "a quote is not closed", (ct_str){NULL, 0});
    if (n == 0) return fp_words_refuse(ws, CT_ERR_SYNTAX, "an empty string is in every class", (ct_str){NULL, 0});
    *at = i + 1;
    *ret_text = (ct_str){out, n};
    return CT_OK;
}

ct_err fp_words_split(struct fp_words *ws, ct_str line, bool with_note)
{
    ws->n = 0;
    ws->note = (ct_str){NULL, 0};
    ws->whole = ct_str_trim(line);
    for (size_t at = 0; at < line.n;) {
        if (blank(line.p[at])) {
            at++;
            continue;
        }
        if (line.p[at] == '#') break;
        if (ws->n == CT_FINGERPRINT_WORDS_MAX) return fp_words_refuse(ws, CT_ERR_CAP, "too many words in a line", (ct_str){NULL, 0});
        struct fp_word *w = &ws->w[ws->n++];
        *w = (struct fp_word){.quoted = line.p[at] == '"'};
        if (w->quoted) {
            at++;
            CT_TRY(quoted(ws, line, &at, &w->text));
            continue;
        }
        size_t from = at;
        while (at < line.n && !blank(line.p[at])) at++;
        w->text = ct_str_slice(line, from, at);
        if (with_note && w->text.n == 1 && w->text.p[0] == ':') {
            ws->n--;
            return ct_arena_dup(ws->arena, ct_str_trim(ct_str_slice(line, at, line.n)), &ws->note);
        }
        CT_TRY(ct_arena_dup(ws->arena, w->text, &w->text));
    }
    return CT_OK;
}

ct_err fp_words_rest(struct fp_words *ws, ct_str *ret_text)
{
    size_t at = 0;
    while (at < ws->whole.n && !blank(ws->whole.p[at])) at++;
    ct_str rest = ct_str_trim(ct_str_slice(ws->whole, at, ws->whole.n));
    if (rest.n == 0) return fp_words_refuse(ws, CT_ERR_SYNTAX, "nothing follows", ws->whole);
    return ct_arena_dup(ws->arena, rest, ret_text);
}
