#include "text/csv_in.h"

void ct_csv_open(struct ct_csv_in *c, ct_str text)
{
    static const unsigned char candidates[] = {',', ';', '\t'};
    size_t most = 0;
    *c = (struct ct_csv_in){.in = text, .next_line = 1, .separator = ','};
    if (ct_str_starts(text, CT_STR("\xEF\xBB\xBF"))) c->at = 3;
    for (size_t k = 0; k < sizeof candidates; k++) {
        size_t n = 0;
        bool quoted = false;
        for (size_t i = c->at; i < text.n && (quoted || (text.p[i] != '\n' && text.p[i] != '\r')); i++) {
            quoted ^= text.p[i] == '"';
            n += !quoted && text.p[i] == candidates[k];
        }
        if (n > most) most = n, c->separator = candidates[k];
    }
}

/* Past the end of a line; false when there is none here. */
static bool line_end(struct ct_csv_in *c)
{
    if (c->at >= c->in.n || (c->in.p[c->at] != '\n' && c->in.p[c->at] != '\r')) return false;
    if (c->in.p[c->at++] == '\r' && c->at < c->in.n && c->in.p[c->at] == '\n') c->at++;
    c->next_line++;
    return true;
}

static ct_err at_line(uint64_t line, struct ct_fault *fault, ct_err e)
{
    if (fault) fault->line = line;
    return e;
}

static ct_err quoted(struct ct_csv_in *c, ct_arena *arena, ct_str *ret_cell, struct ct_fault *fault)
{
    size_t start = ++c->at, doubled = 0, end;
    for (;; c->at++) {
        if (c->at >= c->in.n) {
            return at_line(c->line, fault, ct_fault_set(fault, CT_ERR_TRUNCATED, start - 1, "a quote is not closed"));
        }
        if (c->in.p[c->at] == '"') {
            if (c->at + 1 >= c->in.n || c->in.p[c->at + 1] != '"') break;
            doubled++;
            c->at++;
        } else if (c->in.p[c->at] == '\n') {
            c->next_line++;
        }
    }
    end = c->at++;
    *ret_cell = ct_str_slice(c->in, start, end);
    if (doubled == 0) return CT_OK;
    unsigned char *p = ct_arena_alloc(arena, end - start - doubled);
    if (!p) return ct_fault_set(fault, CT_ERR_NOMEM, start, "out of memory");
    size_t n = 0;
    for (size_t i = start; i < end; i++) {
        p[n++] = c->in.p[i];
        if (c->in.p[i] == '"') i++;
    }
    *ret_cell = (ct_str){p, n};
    return CT_OK;
}

ct_err ct_csv_next(struct ct_csv_in *c, ct_arena *arena, ct_str *cells, size_t max, size_t *ret_n, struct ct_fault *fault)
{
    size_t n = 0;
    while (line_end(c)) continue;
    if (c->at >= c->in.n) return CT_ERR_END;
    c->line = c->next_line;
    for (;;) {
        ct_str cell;
        if (n == max)
            return at_line(c->line, fault, ct_fault_set(fault, CT_ERR_CAP, c->at, "over %zu columns", max));
        if (c->at < c->in.n && c->in.p[c->at] == '"') {
            CT_TRY(quoted(c, arena, &cell, fault));
        } else {
            size_t start = c->at;
            while (c->at < c->in.n && c->in.p[c->at] != c->separator && c->in.p[c->at] != '\n' && c->in.p[c->at] != '\r') c->at++;
            cell = ct_str_slice(c->in, start, c->at);
        }
        cells[n++] = cell;
        if (c->at >= c->in.n || line_end(c)) break;
        if (c->in.p[c->at++] == c->separator) continue;
        return at_line(c->next_line, fault, ct_fault_set(fault, CT_ERR_SYNTAX, c->at - 1, "text behind a closing quote"));
    }
    *ret_n = n;
    return CT_OK;
}
