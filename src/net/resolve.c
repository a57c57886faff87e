#include "net/resolve.h"

#include "base/alloc.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Shared by the asking thread and the helper; whoever lets go last frees it. */
struct lookup {
    char host[256], port[8];
    struct ct_addrs addrs;
    int status;     /* of getaddrinfo; read only after done became readable */
    int done;       /* eventfd */
    atomic_int owners;
};

static void let_go(struct lookup *l)
{
    if (atomic_fetch_sub(&l->owners, 1) != 1) return;
    (void)close(l->done);
    ct_alloc_put(&ct_alloc_libc, l, sizeof *l);
}

static int look_up(const char *host, const char *port, int flags, struct ct_addrs *ret_addrs)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int status = getaddrinfo(host, port, &hints, &list);
    /* An empty root has no /etc/hosts; what this name means needs none (RFC 6761, 6.3). */
    if (status != 0 && !(flags & AI_NUMERICHOST) && strcasecmp(host, "localhost") == 0) status = getaddrinfo(NULL, port, &hints, &list);
    if (status != 0) return status;
    ret_addrs->n = 0;
    for (struct addrinfo *a = list; a && ret_addrs->n < CT_ADDRS_MAX; a = a->ai_next) {
        if (a->ai_addrlen > sizeof ret_addrs->at[0]) continue;
        memcpy(&ret_addrs->at[ret_addrs->n], a->ai_addr, a->ai_addrlen);
        ret_addrs->len[ret_addrs->n++] = a->ai_addrlen;
    }
    freeaddrinfo(list);
    return ret_addrs->n ? 0 : EAI_NONAME;
}

static void *helper(void *arg)
{
    struct lookup *l = arg;
    l->status = look_up(l->host, l->port, 0, &l->addrs);
    uint64_t one = 1;
    ssize_t n = write(l->done, &one, sizeof one);
    (void)n; /* an eventfd at zero takes a one */
    let_go(l);
    return NULL;
}

static ct_err start_helper(struct lookup *l)
{
    pthread_attr_t attr;
    pthread_t thread;
    if (pthread_attr_init(&attr) != 0) return CT_ERR_NOMEM;
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    atomic_store(&l->owners, 2);
    int status = pthread_create(&thread, &attr, helper, l);
    (void)pthread_attr_destroy(&attr);
    if (status == 0) return CT_OK;
    atomic_store(&l->owners, 1);
    return CT_ERR_NOMEM;
}

ct_err ct_resolve(const char *host, uint16_t port, const struct ct_deadline *d, struct ct_addrs *ret_addrs,
                  struct ct_fault *fault)
{
    /* The caller's allocator may belong to one thread only, and this memory may outlive the call. */
    struct lookup *l = ct_alloc_get(&ct_alloc_libc, sizeof *l);
    if (!l) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    memset(l, 0, sizeof *l);
    atomic_init(&l->owners, 1);
    (void)snprintf(l->host, sizeof l->host, "%s", host);
    (void)snprintf(l->port, sizeof l->port, "%u", port);
    l->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ct_err err = CT_OK;
    if (look_up(l->host, l->port, AI_NUMERICHOST, &l->addrs) != 0) {
        if (l->done < 0 || start_helper(l) != CT_OK) err = ct_fault_set(fault, CT_ERR_NOMEM, 0, "cannot start the resolver");
        else err = ct_wait_fd(l->done, POLLIN, d, fault);
        if (err == CT_OK) {
            uint64_t seen;
            if (read(l->done, &seen, sizeof seen) < 0 || l->status != 0)
                err = ct_fault_set(fault, CT_ERR_NETWORK, 0, "cannot resolve %.120s: %s", host, gai_strerror(l->status));
        }
    }
    if (err == CT_OK) *ret_addrs = l->addrs;
    let_go(l);
    return err;
}

bool ct_addr_is_loopback(const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, a, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, a, sizeof v6);
    return a->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}
