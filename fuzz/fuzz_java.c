/* An archive's name and its entries, each with lengths of two bytes in front: what the archive is said to be keeps what
 * components keep, and no template comes through. */
#include "component_check.h"
#include "packages/java.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ct_str take(ct_str *rest, size_t n)
{
    ct_str part = ct_str_slice(*rest, 0, n);
    *rest = ct_str_slice(*rest, part.n, SIZE_MAX);
    return part;
}

static size_t number(ct_str *rest)
{
    ct_str two = take(rest, 2);
    return two.n == 2 ? (size_t)two.p[0] | (size_t)two.p[1] << 8 : 0;
}

static ct_err check(void *ctx, const struct ct_component *c)
{
    if (ct_str_find(c->version, CT_STR("${")) != CT_STR_NONE && c->source != CT_COMPONENT_FILE_NAME) abort();
    return check_component(ctx, c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena, *scratch;
    ct_java *j;
    ct_str rest = {data, size};
    if (ct_arena_new(&ct_alloc_libc, 16u << 20, &arena)) return 0;
    if (ct_arena_new(&ct_alloc_libc, 4u << 20, &scratch)) abort();
    size_t name_n = number(&rest);
    ct_str name = take(&rest, name_n);
    if (name.n && ct_java_new(arena, name, &j) == CT_OK) {
        while (rest.n) {
            size_t entry_n = number(&rest), bytes_n = number(&rest);
            ct_str entry = take(&rest, entry_n), bytes = take(&rest, bytes_n);
            enum ct_packages_kind kind = ct_packages_wants(entry);
            (void)!ct_java_add(j, kind, entry, bytes);
        }
        (void)!ct_java_components(j, (ct_str){0}, (ct_str){0}, check, scratch);
    }
    ct_arena_free(arena);
    ct_arena_free(scratch);
    return 0;
}
