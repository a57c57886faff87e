/* Runs records through text for a test in another language. Each record on stdin: one byte naming the function, a 32-bit
 * little-endian length, the bytes. Each answer on stdout: one byte (0 done, 1 unchanged, 2 + ct_err), length, bytes. */
#include "base/limits.h"
#include "text/decode.h"
#include "text/json_in.h"
#include "text/json_out.h"
#include "text/printable.h"
#include "text/unicode.h"
#include "text/xml_in.h"

#include <stdio.h>
#include <stdlib.h>

/* The document again, written from the reader's tokens. */
static ct_err copy_json(ct_arena *arena, ct_str in, struct ct_buf *out)
{
    struct ct_json_in j;
    struct ct_json_token t;
    bool comma = false;
    ct_err err;
    ct_json_open(&j, in);
    while ((err = ct_json_next(&j, &t)) == CT_OK) {
        bool end = t.kind == CT_JSON_OBJECT_END || t.kind == CT_JSON_ARRAY_END;
        if (comma && !end) ct_buf_byte(out, ',');
        comma = t.kind != CT_JSON_KEY && t.kind != CT_JSON_OBJECT && t.kind != CT_JSON_ARRAY;
        if (t.kind != CT_JSON_KEY && t.kind != CT_JSON_STRING) {
            ct_buf_add(out, t.text);
            continue;
        }
        struct ct_buf plain;
        struct ct_json_out o;
        ct_buf_init(&plain, arena, CT_DECODE_MAX);
        ct_json_unescape(&plain, t.text);
        ct_json_begin(&o, out);
        ct_json_str(&o, ct_buf_view(&plain));
        if (t.kind == CT_JSON_KEY) ct_buf_byte(out, ':');
    }
    if (err != CT_ERR_END) return err;
    ct_str rest = ct_str_trim(ct_str_slice(in, ct_json_offset(&j), in.n));
    return rest.n ? CT_ERR_SYNTAX : CT_OK;
}

/* "<name", ">name" and text as they come, each ended by a NUL; runs of text are joined. */
static ct_err list_xml(ct_str in, struct ct_buf *out)
{
    struct ct_xml_in x;
    struct ct_xml_token t;
    bool text = false;
    ct_err err;
    ct_xml_open(&x, in);
    while ((err = ct_xml_next(&x, &t)) == CT_OK) {
        if (t.kind == CT_XML_TEXT) {
            if (t.text.n == 0) continue;
            text = true;
            if (t.cdata) ct_buf_add(out, t.text);
            else ct_xml_unescape(out, t.text);
            continue;
        }
        if (text) ct_buf_byte(out, 0);
        text = false;
        ct_buf_byte(out, t.kind == CT_XML_OPEN ? '<' : '>');
        ct_buf_add(out, t.name);
        ct_str value;
        if (t.kind == CT_XML_OPEN && ct_xml_attribute(t.attributes, CT_STR("a"), &value)) {
            ct_buf_byte(out, ' ');
            ct_xml_unescape(out, value);
        }
        ct_buf_byte(out, 0);
    }
    return err == CT_ERR_END ? CT_OK : err;
}

/* One byte per code point: shown or not. */
static void list_shown(struct ct_buf *out)
{
    for (uint32_t code = 0; code < 0x110000; code++) ct_buf_byte(out, ct_unicode_shows(code));
}

static ct_err run(ct_arena *arena, int what, ct_str in, struct ct_buf *out, bool *changed)
{
    struct ct_json_out j;
    ct_json_begin(&j, out);
    switch (what) {
    case 'p': return ct_decode_percent(in, out, changed);
    case 'f': return ct_decode_form(in, out, changed);
    case 'b': return ct_decode_backslash(in, out, changed);
    case 'h': return ct_decode_html(in, out, changed);
    case '6': return ct_decode_base64(in, out, changed);
    case 'w': return ct_decode_words(in, out, changed);
    case 'q': return ct_decode_quoted(in, out, changed);
    case 'J': ct_json_str(&j, in); break;
    case 'j': return copy_json(arena, in, out);
    case 'd': ct_json_f64(&j, strtod((const char *)in.p, NULL)); break; /* main ends every record with a NUL */
    case 'T': ct_print_text(out, in); break;
    case 'H': ct_print_html(out, in); break;
    case 'C': ct_print_csv(out, in); break;
    case 'v': ct_buf_byte(out, ct_utf8_valid(in)); break;
    case 's': list_shown(out); break;
    case 'x': return list_xml(in, out);
    default: return CT_ERR_USAGE;
    }
    return out->err;
}

static void put(unsigned char status, ct_str s)
{
    unsigned char head[5] = {status, (unsigned char)s.n, (unsigned char)(s.n >> 8), (unsigned char)(s.n >> 16),
                             (unsigned char)(s.n >> 24)};
    (void)fwrite(head, 1, sizeof head, stdout);
    if (s.n) (void)fwrite(s.p, 1, s.n, stdout);
}

int main(void)
{
    unsigned char head[5];
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &arena)) return 4;
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t n = head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 | (size_t)head[4] << 24;
        unsigned char *p = ct_arena_alloc(arena, n + 1);
        if (!p || fread(p, 1, n, stdin) != n) return 4;
        p[n] = 0;
        struct ct_buf out;
        bool changed = true;
        ct_str s = {NULL, 0};
        ct_buf_init(&out, arena, 8u << 20);
        ct_err err = run(arena, head[0], (ct_str){p, n}, &out, &changed);
        if (!err && changed) err = ct_buf_str(&out, &s);
        put((unsigned char)(err ? 2 + err : !changed), err ? (ct_str){NULL, 0} : s);
        ct_arena_clear(arena);
    }
    ct_arena_free(arena);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 4;
}
