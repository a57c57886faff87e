/* Lines of /proc/net/tcp, and of the file of ports that services had. */
#include "decoy/owned.h"
#include "decoy/procnet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t now = 1764100000;
    ct_str rest = {data, size};
    struct ct_procnet_row row;
    struct ct_owned *o;
    while (rest.p) (void)ct_procnet_row(ct_str_cut(&rest, '\n'), &row);
    if (ct_owned_new(&ct_alloc_libc, &o) != CT_OK) return 0;
    ct_owned_parse(o, (ct_str){data, size}, now);
    size_t n;
    const struct ct_owned_port *list = ct_owned_list(o, &n);
    for (size_t i = 0; i < n; i++) {
        if (list[i].last_s > now || !ct_owned_has(o, list[i].udp, list[i].port)) abort();
        if (i && (list[i - 1].port > list[i].port || (list[i - 1].port == list[i].port && list[i - 1].udp == list[i].udp))) abort();
    }
    ct_owned_free(o);
    return 0;
}
