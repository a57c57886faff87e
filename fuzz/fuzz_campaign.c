/* Hosts, paths and normal forms of an attacker: keys are bounded and deterministic, and reducing a host twice changes
 * nothing. The first byte cuts the rest into host, path and normal form. */
#include "base/limits.h"
#include "campaign/campaign.h"
#include "campaign/host.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok) abort();
}

static ct_str key(ct_arena *arena, ct_str host, ct_str path, ct_str normal, uint16_t port)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, CT_CAMPAIGN_KEY_MAX);
    ct_campaign_key(&b, CT_STR("ldap"), host, port, path, normal);
    check(b.err == CT_OK);
    return ct_buf_view(&b);
}

static void check_address(ct_str host)
{
    unsigned char text[CT_ADDRESS_TEXT_MAX], again[CT_ADDRESS_TEXT_MAX];
    struct ct_address a = ct_host_address(host);
    ct_str shown = {text, ct_address_text(&a, text)};
    check(shown.n <= CT_ADDRESS_TEXT_MAX && (shown.n == 0) == (a.kind == CT_ADDRESS_NONE));
    if (shown.n == 0) return;
    struct ct_address b = ct_host_address(shown);
    check(b.kind == a.kind && ct_str_eq((ct_str){again, ct_address_text(&b, again)}, shown));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    ct_str all = {data + 2, size - 2};
    size_t first = data[0] % (all.n + 1), second = first + data[1] % (all.n - first + 1);
    ct_str host = ct_str_slice(all, 0, first), path = ct_str_slice(all, first, second), normal = ct_str_slice(all, second, all.n);
    ct_arena *arena = NULL;
    check(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena) == CT_OK);

    ct_str name = ct_registrable(host);
    check(name.n <= host.n);
    if (ct_str_chr(name, '[') == CT_STR_NONE) check(ct_str_eq(ct_registrable(name), name));
    check_address(host);
    check_address(all);
    (void)ct_scanner_label(host);

    ct_str k = key(arena, host, path, normal, data[0]);
    check(ct_str_eq(k, key(arena, host, path, normal, data[0])));
    ct_campaigns *set = NULL;
    check(ct_campaigns_new(&ct_alloc_libc, 3, &set) == CT_OK);
    uint64_t sum = 0;
    for (size_t i = 0; i < all.n && i < 64; i++) {
        struct ct_campaign_hit hit = {.key = ct_str_slice(k, 0, data[i] % 8u), .client = ct_str_slice(all, i, i + 2), .normal = normal,
                                      .callback = name, .time_us = data[i], .grade = data[i] & 7u, .status_class = data[i]};
        check(ct_campaigns_add(set, &hit, NULL, NULL) == CT_OK);
        sum++;
    }
    const struct ct_campaign **list = NULL;
    size_t n = 0;
    check(ct_campaigns_sorted(set, &list, &n) == CT_OK);
    check(n <= 4);
    for (size_t i = 0; i < n; i++) {
        check(list[i]->n_sources <= list[i]->n && list[i]->first_us <= list[i]->last_us);
        check(i == 0 || list[i - 1]->grade >= list[i]->grade);
        sum -= list[i]->n;
    }
    check(sum == 0);
    ct_campaigns_free(set);
    ct_arena_free(arena);
    return 0;
}
