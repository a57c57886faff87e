#include "decoy/secure.h"

#include "decoy/session.h"

#include <errno.h>

struct ct_secure *ct_secure_new(struct ct_worker *w)
{
    (void)w;
    return NULL;
}
void ct_secure_tick(struct ct_secure *t) { (void)t; }
bool ct_secure_begin(struct ct_secure *t, struct ct_session *s)
{
    (void)t, (void)s;
    return false;
}
void ct_secure_end(struct ct_secure *t, struct ct_session *s) { (void)t, (void)s; }
ssize_t ct_secure_receive(struct ct_secure *t, struct ct_session *s, unsigned char *to, size_t n)
{
    (void)t, (void)s, (void)to, (void)n;
    errno = EIO;
    return -1;
}
ssize_t ct_secure_send(struct ct_secure *t, struct ct_session *s, const unsigned char *from, size_t n)
{
    (void)t, (void)s, (void)from, (void)n;
    errno = EIO;
    return -1;
}
