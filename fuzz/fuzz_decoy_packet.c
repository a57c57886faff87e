/* One packet from its network header on: the sniffer's parser, and the probe's. What they hand on lies inside of it. */
#include "decoy/hear.h"
#include "decoy/probe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ct_touch t;
    ct_str payload, packet = {data, size};
    if (ct_sniff_parse(packet, &t, &payload)) {
        if (t.technique >= CT_TECHNIQUE_COUNT || t.transport >= CT_TRANSPORT_COUNT) abort();
        if (payload.n && (payload.p < data || payload.p + payload.n > data + size)) abort();
        if (t.transport == CT_TRANSPORT_ICMP && (t.source_port || t.dest_port)) abort();
    }
    struct ct_probe p = {.tun = -1, .loopback = -1, .dest = {10, 9, 0, 1}, .dest_port = 8080, .is = {.source_port = 4711}};
    uint32_t sequence = 0, length = 0;
    if (ct_probe_packet(&p, packet, &sequence, &length) != CT_PROBE_NOTHING && length > size) abort();
    return 0;
}
