/* Campaigns: attempts grouped by what they do and whom they call, never by who sent them.
 *
 * The key is the normal form with the callback host reduced to its registrable domain (public suffix list) or address
 * and port, and with per-request noise (random path elements, hex and base64 tokens, numbers, looked-up values) folded
 * to '*'. A fresh subdomain per request is one campaign; blocking addresses does not work, so addresses do not group.
 *
 * Weak sides: folding is by the look of a word (see key.c), and an attacker with many domains is many campaigns. Keys,
 * hosts and samples are attacker bytes: print them through text/printable.h.
 */
#ifndef CT_CAMPAIGN_CAMPAIGN_H
#define CT_CAMPAIGN_CAMPAIGN_H

#include "base/arena.h"
#include "base/buf.h"

/* Appends the key, such as "ldap registrable.example:1389 /Basic/Command/Base64/" and a '*' for what followed. scheme, host,
 * path as in an indicator (host may be empty: then the folded lookups of the normal form are the key). */
void ct_campaign_key(struct ct_buf *out, ct_str scheme, ct_str host, uint16_t port, ct_str path, ct_str normal);

/* Appends whom it calls: "registrable.example:1389", "192.0.2.1:389", "[2001:db8::1]:389"; port 0: none. Addresses are
 * written canonically, whatever their spelling. Both functions append at most CT_CAMPAIGN_KEY_MAX bytes, cut where they
 * reach it. */
void ct_campaign_callback(struct ct_buf *out, ct_str host, uint16_t port);

/* The registrable domain of a host name (borrowed from host), the host itself for addresses and names without one.
 * Only what is dialled counts: "127.0.0.1#evil.example" and "user@evil.example" are evil.example; brackets of an IPv6
 * address and dots at the end are dropped. Works on ASCII host names; case is kept. */
ct_str ct_registrable(ct_str host);

/* A label when the host belongs to a research scanner or bug-bounty callback service of the shipped list, else null. */
const char *ct_scanner_label(ct_str host);

struct ct_campaign {
    ct_str key;
    uint64_t n, n_sources;        /* attempts; distinct client addresses: exact up to 4096, then estimated within some 3 %;
                                     estimated earlier where a set of very many campaigns used up the room for lists */
    int64_t first_us, last_us;    /* INT64_MIN: unknown */
    unsigned grade;               /* highest, as the caller orders grades */
    ct_str sample_normal;         /* of the first attempt with the highest grade */
    ct_str sample_fires;          /* and on which versions it would fire, in the caller's words */
    ct_str callback;              /* registrable domain or address, port */
    const char *scanner;
    bool contacted, ran;          /* ran: a lookup of it was evaluated, says Log4j's own line */
    uint64_t by_status[6];        /* 1xx..5xx at 1..5, others at 0 */
};

typedef struct ct_campaigns ct_campaigns;
/* At most `max` campaigns are kept apart; further ones fold into one row "(others)". Owns its memory. */
CT_MUST_USE ct_err ct_campaigns_new(const struct ct_alloc *alloc, size_t max, ct_campaigns **ret_set);
void ct_campaigns_free(ct_campaigns *set);
struct ct_campaign_hit {
    ct_str key, client, normal, fires, callback;
    int64_t time_us;
    unsigned grade, status_class;
    const char *scanner;
    bool contacted, ran;
};
/* Would such an attempt become its campaign's sample? If not, its hit needs no normal, fires and callback. */
bool ct_campaigns_samples(const ct_campaigns *set, ct_str key, unsigned grade);
/* ret_campaign (may be null) is valid until the next add. *ret_new: the campaign was not known. */
CT_MUST_USE ct_err ct_campaigns_add(ct_campaigns *set, const struct ct_campaign_hit *hit, const struct ct_campaign **ret_campaign,
                                    bool *ret_new);
/* All, highest grade first, those that ran first among them, then contacted before not, then by count; the array lives until the next add. */
CT_MUST_USE ct_err ct_campaigns_sorted(ct_campaigns *set, const struct ct_campaign ***ret_list, size_t *ret_n);

#endif
