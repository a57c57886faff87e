/* Statements made of any bytes (texts end at NULs): both formats come out as JSON without a live "${", and come in again. */
#include "base/limits.h"
#include "text/json_value.h"
#include "vex/vex_out.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ct_err put(void *ctx, ct_str bytes)
{
    struct ct_buf *all = ctx;
    ct_buf_add(all, bytes);
    return all->err;
}

static ct_str next(ct_str *rest)
{
    if (!rest->p) return CT_STR("");
    return ct_str_cut(rest, 0);
}

static ct_err count(void *ctx, const struct ct_vex_statement *s)
{
    size_t *n = ctx;
    *n += s->status != CT_VEX_UNKNOWN;
    return CT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 32 };
    static struct ct_vex_known list[MOST];
    static const enum ct_vex_status statuses[] = {CT_VEX_NOT_AFFECTED, CT_VEX_FIXED, CT_VEX_UNDER_INVESTIGATION, CT_VEX_AFFECTED};
    ct_arena *arena, *out;
    if (size < 1 || size > 8192 || ct_arena_new(&ct_alloc_libc, 256u << 20, &arena)) return 0;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &out)) abort();
    ct_str rest = {data + 1, size - 1}, alias = next(&rest);
    size_t n = 0;
    for (; n < MOST && rest.p; n++)
        list[n] = (struct ct_vex_known){.status = statuses[(data[0] + n) % 4], .aliases = &alias, .n_aliases = n % 2, .since = CT_STR("2021-12-10T13:00:00Z"), .state = next(&rest),
                                        .asset = next(&rest), .purl = next(&rest), .name = next(&rest), .version = next(&rest), .vulnerability = next(&rest),
                                        .justification = next(&rest), .text = next(&rest), .action = next(&rest)};
    for (int format = CT_VEX_OUT_OPENVEX; format <= CT_VEX_OUT_CYCLONEDX; format++) {
        struct ct_buf all;
        struct ct_json_value root;
        size_t read = 0;
        const struct ct_vex_sink sink = {count, NULL, &read};
        ct_buf_init(&all, out, 32u << 20);
        if (ct_vex_write(arena, (enum ct_vex_out)format, CT_STR("author"), CT_STR("2021-12-10T13:00:00Z"), list, n, (struct ct_sbom_sink){put, &all})) abort();
        if (ct_str_find(ct_buf_view(&all), CT_STR("${")) != CT_STR_NONE || ct_json_document(ct_buf_view(&all), &root, NULL)) abort();
        if (ct_vex_read(arena, format == CT_VEX_OUT_OPENVEX ? CT_VEX_OPENVEX : CT_VEX_CYCLONEDX, ct_buf_view(&all), &sink, NULL) != CT_OK || read != n) abort();
    }
    ct_arena_free(out);
    ct_arena_free(arena);
    return 0;
}
