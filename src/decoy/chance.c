#include "decoy/chance.h"

#include "base/blake2b.h"

#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int device = -1;

void ct_chance_prepare(void)
{
    unsigned char b;
    if (device < 0 && getrandom(&b, 1, 0) != 1) device = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
}

/* One block of the last resort. */
static void hashed(unsigned char block[16])
{
    static unsigned long counter;
    struct ct_blake2b s;
    struct timespec now = {0};
    pid_t pid = getpid();
    const unsigned char *seed = (const unsigned char *)getauxval(AT_RANDOM);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    counter++;
    ct_blake2b_init(&s);
    if (seed) ct_blake2b_add(&s, (ct_str){seed, 16});
    ct_blake2b_add(&s, (ct_str){(const unsigned char *)&now, sizeof now});
    ct_blake2b_add(&s, (ct_str){(const unsigned char *)&pid, sizeof pid});
    ct_blake2b_add(&s, (ct_str){(const unsigned char *)&counter, sizeof counter});
    ct_blake2b_done(&s, block);
}

void ct_chance(unsigned char *to, size_t n)
{
    while (n) {
        unsigned char block[16];
        ssize_t got = getrandom(to, n, 0);
        if (got <= 0 && device >= 0) got = read(device, to, n);
        if (got <= 0) {
            hashed(block);
            got = n < sizeof block ? (ssize_t)n : (ssize_t)sizeof block;
            memcpy(to, block, (size_t)got);
        }
        to += got;
        n -= (size_t)got;
    }
}
