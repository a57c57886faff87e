/* Client sockets: connect, send everything, receive some; never blocking, each call with a deadline, no SIGPIPE. */
#ifndef CT_NET_SOCKET_H
#define CT_NET_SOCKET_H

#include "net/resolve.h"

/* type: SOCK_STREAM or SOCK_DGRAM. */
CT_MUST_USE ct_err ct_socket_connect(const struct sockaddr *to, socklen_t len, int type, const struct ct_deadline *d, int *ret_fd,
                                     struct ct_fault *fault);
/* Each address in turn until one answers; the time that is left is shared among the addresses that are left. */
CT_MUST_USE ct_err ct_socket_connect_any(const struct ct_addrs *addrs, int type, const struct ct_deadline *d, int *ret_fd,
                                         struct ct_fault *fault);
/* CT_ERR_UNSUPPORTED when the path names a socket of the other type. */
CT_MUST_USE ct_err ct_socket_connect_unix(const char *path, int type, const struct ct_deadline *d, int *ret_fd,
                                          struct ct_fault *fault);
CT_MUST_USE ct_err ct_socket_send_all(int fd, ct_str bytes, const struct ct_deadline *d, struct ct_fault *fault);
/* One datagram, whole or not at all. */
CT_MUST_USE ct_err ct_socket_send_one(int fd, ct_str bytes, const struct ct_deadline *d, struct ct_fault *fault);
/* ret_n 0: the peer has closed. */
CT_MUST_USE ct_err ct_socket_recv(int fd, unsigned char *to, size_t n, const struct ct_deadline *d, size_t *ret_n,
                                  struct ct_fault *fault);
/* The peer has closed, or says something though nothing was asked: such a connection is not used again. */
bool ct_socket_is_stale(int fd);
void ct_socket_close(int *fd); /* sets it to -1; -1 is fine */

#endif
