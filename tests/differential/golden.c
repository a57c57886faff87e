#include "golden.h"

static const ct_str sinks[] = {CT_STR_INIT("message"), CT_STR_INIT("single"), CT_STR_INIT("context"), CT_STR_INIT("self")};
static const ct_str ends[] = {CT_STR_INIT("done"), CT_STR_INIT("threw"), CT_STR_INIT("overflowed")};

void golden_escape(struct ct_buf *b, ct_str s)
{
    if (s.n == 0) ct_buf_byte(b, '-');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c <= 0x20 || c >= 0x7F || c == '\\' || (c == '-' && s.n == 1)) ct_buf_printf(b, "\\x%02x", (unsigned)c);
        else ct_buf_byte(b, c);
    }
}

void golden_write(struct ct_buf *b, const struct question *q, const struct answer *a)
{
    ct_buf_printf(b, "%.*s\t%s\t%.*s\t%u\t", CT_STR_ARG(sinks[q->self ? 3 : (int)q->sink]), q->set ? "set" : "unset", CT_STR_ARG(ends[a->end]),
                  (unsigned)a->n_calls);
    for (uint32_t i = 0; i < a->n_keys; i++) {
        if (i > 0) ct_buf_byte(b, ' ');
        golden_escape(b, a->keys[i]);
    }
    ct_buf_byte(b, '\t');
    golden_escape(b, q->text);
    ct_buf_byte(b, '\t');
    golden_escape(b, a->text);
    ct_buf_byte(b, '\n');
}

static bool unescape(ct_arena *arena, ct_str s, ct_str *ret_text)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 1u << 20);
    if (ct_str_eq(s, CT_STR("-"))) s.n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\') {
            ct_buf_byte(&b, s.p[i]);
            continue;
        }
        if (s.n - i < 4 || s.p[i + 1] != 'x' || ct_hex_value(s.p[i + 2]) < 0 || ct_hex_value(s.p[i + 3]) < 0) return false;
        ct_buf_byte(&b, (unsigned char)(ct_hex_value(s.p[i + 2]) << 4 | ct_hex_value(s.p[i + 3])));
        i += 3;
    }
    return ct_buf_str(&b, ret_text) == CT_OK;
}

static bool index_of(ct_str s, const ct_str *table, size_t n, size_t *ret_i)
{
    for (size_t i = 0; i < n; i++) {
        if (!ct_str_eq(s, table[i])) continue;
        *ret_i = i;
        return true;
    }
    return false;
}

static bool read_keys(ct_arena *arena, ct_str rest, struct answer *a)
{
    a->n_keys = 0;
    a->keys = ct_arena_array(arena, ORACLE_KEYS_MAX, sizeof *a->keys);
    if (rest.n == 0) return a->keys != NULL;
    while (rest.p && a->keys) {
        if (a->n_keys == ORACLE_KEYS_MAX || !unescape(arena, ct_str_cut(&rest, ' '), &a->keys[a->n_keys++])) return false;
    }
    return a->keys != NULL;
}

bool golden_read(ct_arena *arena, ct_str line, struct golden_case *ret_case, bool *ret_blank)
{
    *ret_blank = line.n == 0 || line.p[0] == '#';
    if (*ret_blank) return false;
    struct golden_case c = {0};
    size_t sink, end;
    uint64_t calls;
    ct_str field[8], rest = line;
    for (size_t i = 0; i < 8; i++) {
        if (!rest.p) return false;
        field[i] = ct_str_cut(&rest, '\t');
    }
    if (rest.p || !index_of(field[1], sinks, 4, &sink) || !index_of(field[3], ends, 3, &end) || !ct_str_u64(field[4], &calls)) return false;
    c.releases = field[0];
    c.q.self = sink == 3;
    c.q.sink = c.q.self ? CT_SINK_CONTEXT : (enum ct_sink)sink;
    c.q.set = ct_str_eq(field[2], CT_STR("set"));
    c.a.end = end == 0 ? ANSWER_DONE : end == 1 ? ANSWER_THREW : ANSWER_OVERFLOWED;
    c.a.n_calls = (uint32_t)calls;
    if (!read_keys(arena, field[5], &c.a) || !unescape(arena, field[6], &c.q.text) || !unescape(arena, field[7], &c.a.text)) return false;
    c.a.text_n = (uint32_t)c.a.text.n;
    *ret_case = c;
    return true;
}
