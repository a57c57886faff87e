/* The gist of an event for people: what a mail, a chat message, a page or a line of the journal says of an event's JSON.
 *
 * Takes any JSON object; what it knows are the fields that our own events have. All strings are as in the event, unescaped, and
 * may hold any byte: the ct_gist_print functions escape and defang. Pure. Weak side: details beyond CT_GIST_DETAILS_MAX are counted, not
 * shown; values are cut at CT_GIST_VALUE_MAX. */
#ifndef CT_OUTLET_GIST_H
#define CT_OUTLET_GIST_H

#include "base/buf.h"

struct ct_gist_detail {
    ct_str name;       /* "caltrop.indicators.host" */
    ct_str value;      /* of a list: ", " between its members */
};

struct ct_gist {
    ct_str message, kind, dataset, action, id, timestamp, sensor, source, grade, news, actor, campaign, canary, state;
    unsigned severity; /* 0 to 99, as events have it; made of the grade where an event has none */
    bool evicted;
    struct ct_gist_detail details[48];
    size_t n_details, n_more;
};

/* CT_ERR_SYNTAX: no JSON object. Strings live in arena, or borrow from event. */
CT_MUST_USE ct_err ct_gist_read(ct_arena *arena, ct_str event, struct ct_gist *ret_gist);
/* Something that somebody should see: no record of a contact, and no heartbeat. */
bool ct_gist_is_alert(const struct ct_gist *g);
/* A heartbeat that says all is well. */
bool ct_gist_is_alive(const struct ct_gist *g);
/* What people were told of a decoy's state last: deaf for the same reason is said once and not each minute, and that it hears again is said too. */
struct ct_gist_memory {
    bool deaf;
    unsigned char why[16];
};
/* Somebody should see it: an alert that is no repetition, or a first heartbeat after deafness. */
bool ct_gist_is_news(const struct ct_gist_memory *m, const struct ct_gist *g);
/* Once it was delivered, or let pass. */
void ct_gist_remember(struct ct_gist_memory *m, const struct ct_gist *g);
/* What belongs together: an actor's events, a campaign's, one host's calls of one canary, else the event alone. At most 64 printable ASCII characters. */
void ct_gist_print_key(struct ct_buf *out, const struct ct_gist *g);
/* One line, escaped, without live links, at most `columns` wide. */
void ct_gist_print_title(struct ct_buf *out, const struct ct_gist *g, size_t columns);
/* "caltrop.users_distinct" as "users_distinct", "source.ip" as "source ip". */
void ct_gist_print_name(struct ct_buf *out, ct_str name);
/* A value as people may see it: addresses as they are, all else defanged. */
void ct_gist_print_value(struct ct_buf *out, ct_str value, size_t columns);
/* "name: value" by line, each value at most `columns` wide, until room bytes are used up. */
void ct_gist_print_details(struct ct_buf *out, const struct ct_gist *g, size_t columns, size_t room);

#endif
