/* Lines of a log through the format parsers, with the state they keep between lines.
 *
 * First byte: the wanted format by its low bits, beyond the last none. Then lines. Held to: fields within the cap, names of harmless bytes, and no attack lost:
 * a "${" of the line, with what follows it up to the next byte that some format undoes or splits at, stands in a field. */
#include "formats/log4j_status.h"
#include "formats/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool truth)
{
    if (!truth) abort();
}

static bool name_byte(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c) || (c && strchr("._-@:", c)); }

static void check(const struct ct_record *r, ct_str line)
{
    hold(r->n_fields <= CT_FIELDS_MAX && (unsigned)r->format < CT_FORMAT_COUNT);
    for (size_t i = 0; i < r->n_fields; i++) {
        hold(r->fields[i].value.n > 0 && r->fields[i].name.n > 0 && r->fields[i].name.n < 256);
        for (size_t k = 0; k < r->fields[i].name.n; k++) hold(name_byte(r->fields[i].name.p[k]));
    }
    line = ct_str_trim(line); /* white space around a line is no part of it */
    size_t at = ct_str_find(line, CT_STR("${"));
    if (at == CT_STR_NONE || r->more_fields) return;
    size_t end = at;
    while (end < line.n && end < at + 64 && !strchr("\\#\" \t,]<", line.p[end] ? line.p[end] : '"')) end++;
    ct_str attack = ct_str_slice(line, at, end);
    for (size_t i = 0; i < r->n_fields; i++)
        if (ct_str_find(r->fields[i].value, attack) != CT_STR_NONE) return;
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ct_arena *arena;
    if (!arena && ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena) != CT_OK) abort();
    if (size < 1 || size > 8192) return 0;
    enum ct_format want = (data[0] & 31) < CT_FORMAT_COUNT ? (enum ct_format)(data[0] & 31) : CT_FORMAT_AUTO;
    struct ct_format_state state = {.year = data[0] & 0x80 ? 2021 : 0};
    ct_str rest = {data + 1, size - 1};
    while (rest.p && rest.n) {
        struct ct_record r;
        ct_str part = ct_str_cut(&rest, '\n');
        /* A copy of exact size, so that the sanitizer sees a read past the line. */
        unsigned char *copy = malloc(part.n ? part.n : 1);
        if (!copy) abort();
        if (part.n) memcpy(copy, part.p, part.n);
        ct_str line = {copy, part.n};
        (void)ct_format_note(&state, line);
        hold(ct_format_parse(arena, &state, want, line, &r) == CT_OK);
        check(&r, line);
        ct_str name;
        if (ct_status_name(&r, &name)) hold(name.n > 0 && ct_status_next(line, 0) != CT_STR_NONE);
        (void)ct_status_may(line);
        ct_arena_clear(arena);
        free(copy);
    }
    return 0;
}
