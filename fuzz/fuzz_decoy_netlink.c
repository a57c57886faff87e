/* Netlink messages, and the attributes of one rule. */
#include "decoy/netlink.h"
#include "decoy/nft.h"

#include <stdlib.h>

static void seen(void *ctx, bool udp, uint16_t first, uint16_t last)
{
    (void)udp;
    if (!first || first > last) abort();
    ++*(size_t *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_str rest = {data, size};
    struct ct_nl_message m;
    size_t n = 0;
    while (ct_nl_message(&rest, &m)) {
        if (m.body.n && (m.body.p < data || m.body.p + m.body.n > data + size)) abort();
        ct_nft_rule_ports(m.body, seen, &n);
    }
    ct_nft_rule_ports((ct_str){data, size}, seen, &n);
    return 0;
}
