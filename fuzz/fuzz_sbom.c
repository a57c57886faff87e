/* Components made of any bytes (texts end at NULs): both formats come out as JSON without a live "${". */
#include "sbom/sbom.h"
#include "base/limits.h"
#include "text/json_in.h"

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
    if (!rest->p) return (ct_str){0};
    return ct_str_cut(rest, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 64 };
    static struct ct_component list[MOST];
    ct_arena *arena, *out;
    if (size < 1 || size > 16384 || ct_arena_new(&ct_alloc_libc, 64u << 20, &arena)) return 0;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &out)) abort();
    ct_str rest = {data + 1, size - 1};
    struct ct_sbom_subject s = {.kind = data[0] % 3,
                                .complete = data[0] & 4,
                                .created = CT_STR("2021-12-10T13:00:00Z"),
                                .name = next(&rest),
                                .id = next(&rest)};
    size_t n = 0;
    for (; n < MOST && rest.p; n++)
        list[n] = (struct ct_component){.ecosystem = (enum ct_ecosystem)(n % CT_ECOSYSTEM_COUNT),
                                        .source = (enum ct_component_source)(n % CT_COMPONENT_SOURCES),
                                        .group = next(&rest),
                                        .name = next(&rest),
                                        .version = next(&rest),
                                        .licence = next(&rest),
                                        .path = next(&rest),
                                        .purl = next(&rest),
                                        .sha1 = next(&rest),
                                        .supplier = next(&rest),
                                        .cpe = next(&rest)};
    for (enum ct_sbom_format format = CT_SBOM_CYCLONEDX; format <= CT_SBOM_SPDX; format++) {
        struct ct_buf all;
        struct ct_json_in j;
        struct ct_json_token t;
        ct_buf_init(&all, out, 32u << 20);
        ct_err err = ct_sbom_write(arena, format, &s, list, n, (struct ct_sbom_sink){put, &all});
        if (err) abort();
        if (ct_str_find(ct_buf_view(&all), CT_STR("${")) != CT_STR_NONE) abort();
        ct_json_open(&j, ct_buf_view(&all));
        while ((err = ct_json_next(&j, &t)) == CT_OK) continue;
        if (err != CT_ERR_END) abort();
        ct_arena_clear(out);
    }
    ct_arena_free(arena);
    ct_arena_free(out);
    return 0;
}
