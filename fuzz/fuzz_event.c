/* Attempts made of an attacker's bytes: JSON stays JSON, one event stays one line, and nothing live gets out. */
#include "event/attempt.h"
#include "text/json_in.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok) abort();
}

static ct_str take(ct_str *rest)
{
    if (rest->n == 0) return *rest;
    size_t n = rest->p[0] % 64u + 1;
    ct_str part = ct_str_slice(*rest, 1, n);
    *rest = ct_str_slice(*rest, n, rest->n);
    return part;
}

/* Well-formed, no live lookup, no byte that a terminal acts on but the line ends our writer makes. */
static void check_harmless(ct_str out, size_t lines)
{
    check(ct_utf8_valid(out) && ct_str_find(out, CT_STR("${")) == CT_STR_NONE);
    for (size_t i = 0; i < out.n; i++) {
        check(out.p[i] == '\n' || (out.p[i] >= 0x20 && out.p[i] != 0x7f));
        if (lines) lines -= out.p[i] == '\n';
    }
    check(lines == 0 && out.p[out.n - 1] == '\n');
}

static void check_json(ct_str out)
{
    struct ct_json_in j;
    struct ct_json_token t;
    ct_err e;
    ct_json_open(&j, out);
    do e = ct_json_next(&j, &t);
    while (e == CT_OK);
    check(e == CT_ERR_END);
}

/* Cells outside quotes, so that a comma or a quote of the attacker's cannot shift columns. */
static size_t cells(ct_str row)
{
    size_t n = 1;
    bool quoted = false;
    for (size_t i = 0; i < row.n; i++) {
        if (row.p[i] == '"') quoted = !quoted;
        else if (row.p[i] == ',' && !quoted) n++;
    }
    check(!quoted);
    return n;
}

static void check_all(const struct ct_attempt *a, ct_arena *arena, size_t columns)
{
    struct ct_buf ecs, csv, header, sarif, text;
    struct ct_buf *all[] = {&ecs, &csv, &header, &sarif, &text};
    for (size_t i = 0; i < 5; i++) ct_buf_init(all[i], arena, 4u << 20);
    ct_attempt_ecs(&ecs, a);
    ct_attempt_csv_header(&header);
    ct_attempt_csv(&csv, a);
    ct_attempt_sarif_begin(&sarif);
    ct_attempt_sarif(&sarif, a, true);
    ct_attempt_sarif(&sarif, a, false);
    ct_attempt_sarif_end(&sarif, false, &a->raw, 1);
    ct_attempt_text(&text, a, columns, false);
    for (size_t i = 0; i < 5; i++) {
        check(all[i]->err == CT_OK);
        check_harmless(ct_buf_view(all[i]), all[i] == &sarif ? 0 : 1);
    }
    check_json(ct_buf_view(&ecs));
    check_json(ct_buf_view(&sarif));
    check(cells(ct_buf_view(&csv)) == cells(ct_buf_view(&header)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const grades[] = {"rule", "leak", "dos", "attempt", "reach", "exploit"};
    static const char *const formats[] = {"combined", "postfix"};
    if (size < 12) return 0;
    ct_arena *arena = NULL;
    check(ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) == CT_OK);
    ct_str rest = {data + 12, size - 12};
    struct ct_attempt a = {.grade = grades[data[0] % 6], .log_format = formats[data[1] & 1], .line = data[2],
                           .certainty = data[1] & 2 ? "unknown" : "certain", .masked = data[1] & 4, .contacted = data[1] & 8};
    memcpy(&a.time_us, data + 3, sizeof a.time_us);
    ct_str *strings[] = {&a.source, &a.client, &a.forwarded, &a.target, &a.method, &a.path, &a.status, &a.waf, &a.field, &a.normal,
                         &a.raw, &a.campaign, &a.scanner, &a.conditions[0], &a.conditions[1], &a.conditions[2]};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) *strings[i] = take(&rest);
    struct ct_attempt_indicator in[2] = {{take(&rest), take(&rest), take(&rest), data[11]}, {take(&rest), take(&rest), take(&rest), 0}};
    struct ct_attempt_fires fires[2] = {{take(&rest), "message", ""}, {take(&rest), "context", "${x}"}};
    a.n_conditions = data[1] >> 4 & 3;
    a.indicators = in;
    a.n_indicators = data[1] >> 6 & 1 ? 2 : 0;
    a.fires = fires;
    a.n_fires = data[1] >> 7 ? 2 : 0;
    a.traits[0] = "dos";
    a.n_traits = data[11] & 1;
    ct_event_id(a.source, a.offset, a.raw, a.id);
    check_all(&a, arena, data[11]);
    ct_arena_free(arena);
    return 0;
}
