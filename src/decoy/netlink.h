/* Netlink, as little as is needed: messages with nested attributes out, messages and attributes in. Internal to this folder.
 *
 * Reading is pure and trusts no length: the bytes are the kernel's, but what they describe was set up by others. */
#ifndef CT_DECOY_NETLINK_H
#define CT_DECOY_NETLINK_H

#include "base/buf.h"

struct ct_nl {
    unsigned char *p;
    size_t n, cap, message; /* message: where the open one begins */
    uint32_t sequence;
    bool full;
};

void ct_nl_begin(struct ct_nl *b, uint16_t type, uint16_t flags, const void *head, size_t head_n);
void ct_nl_end(struct ct_nl *b);
void ct_nl_put(struct ct_nl *b, uint16_t type, const void *value, size_t n);
void ct_nl_text(struct ct_nl *b, uint16_t type, const char *z); /* with its NUL */
void ct_nl_be32(struct ct_nl *b, uint16_t type, uint32_t v);
size_t ct_nl_nest(struct ct_nl *b, uint16_t type);
void ct_nl_nest_end(struct ct_nl *b, size_t nest);

/* The next message at the front of *rest; false: none whole is left. */
struct ct_nl_message {
    uint16_t type, flags;
    uint32_t sequence;
    ct_str body;
};
bool ct_nl_message(ct_str *rest, struct ct_nl_message *ret_message);
struct ct_nl_attribute {
    uint16_t type; /* without its flags */
    ct_str value;
};
bool ct_nl_attribute(ct_str *rest, struct ct_nl_attribute *ret_attribute);
/* The value of the first attribute of that type among these; empty with null p: none. */
ct_str ct_nl_find(ct_str attributes, uint16_t type);
uint32_t ct_nl_value_be32(ct_str value); /* 0 when it is not four bytes */

/* A socket of a netlink family; -1 with errno. */
int ct_nl_open(int family, unsigned groups);
/* Sends what was built and reads the answers: acknowledgements until the last sequence is acknowledged. *ret_errno: the first refusal, 0 none.
 * CT_ERR_NETWORK: it could not be sent or read. */
CT_MUST_USE ct_err ct_nl_ask(int fd, const struct ct_nl *b, uint32_t last, int *ret_errno);
/* A dump, or one question with an acknowledgement: each message is handed to take until the end. CT_ERR_NETWORK: it broke off or was refused;
 * CT_ERR_INTERRUPTED: it is over, and what it tells of changed meanwhile. */
typedef void ct_nl_take_fn(void *ctx, const struct ct_nl_message *m);
CT_MUST_USE ct_err ct_nl_dump(int fd, const struct ct_nl *b, ct_nl_take_fn *take, void *ctx);

#endif
