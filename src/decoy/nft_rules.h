/* The rules of nf_tables, as the kernel lists them, into the graph of publish.h: rules first, then the elements of those sets and maps that they look
 * ports up in. Pure: bytes in, edges out; ct_nft_published does the asking. Internal to this folder.
 *
 * Known forms: "tcp dport 80", ranges, "!=", sets and maps of ports also with an address and a protocol before them, maps of verdicts, "ct original
 * proto-dst", and what iptables-nft writes (-m tcp, udp, multiport). Not understood, and told as such: ports behind arithmetic, ipsets, u32, bpf.
 * Refuses rules for one address that is not this host's (cluster addresses of Kubernetes): what comes for it is not diverted. */
#ifndef CT_DECOY_NFT_RULES_H
#define CT_DECOY_NFT_RULES_H

#include "decoy/publish.h"

struct ct_nft_rules_in;

/* is_local: is this address (4 or 16 bytes) one of this host? May be null: then all are. */
struct ct_nft_rules_in *ct_nft_rules_new(ct_arena *arena, struct ct_publish *to, bool (*is_local)(void *ctx, ct_str address), void *ctx);
/* The attributes of one NFT_MSG_NEWRULE. */
void ct_nft_rules_rule(struct ct_nft_rules_in *r, uint8_t family, ct_str attributes);
/* The sets to ask for, from 0 on; false: there are no more. */
struct ct_nft_set_name {
    uint8_t family;
    const char *table, *set; /* with their NUL */
};
bool ct_nft_rules_set(const struct ct_nft_rules_in *r, uint32_t i, struct ct_nft_set_name *ret_name);
/* The attributes of one NFT_MSG_NEWSETELEM of that set. One that nothing was heard of, or that had to be left (whole: false), was not understood. */
void ct_nft_rules_elements(struct ct_nft_rules_in *r, uint32_t i, ct_str attributes);
void ct_nft_rules_set_done(struct ct_nft_rules_in *r, uint32_t i, bool whole);
/* The last of it: rules that wait for their sets become edges. CT_ERR_NOMEM: some could not be kept. */
CT_MUST_USE ct_err ct_nft_rules_done(struct ct_nft_rules_in *r);

/* What iptables' matches say of ports, the same in both of its kinds: name, revision and bytes of an xt_entry_match. */
struct ct_xt_ports {
    struct ct_publish_ports ports[32];
    size_t n;
    uint8_t transports; /* of the match itself; 0: it says nothing of it */
    bool unread;
};
void ct_xt_match(struct ct_xt_ports *x, ct_str name, ct_str info);
/* Is it a target that translates? */
bool ct_xt_translates(ct_str name);

#endif
