/* Random bytes of cryptographic quality, also inside of the sandbox and on kernels before 3.17, which have no getrandom: from /dev/urandom, opened
 * early; where that is missing too (an empty root), from the 16 random bytes that the kernel gave this process at its start, hashed with a
 * counter. Internal to this folder; process-wide. */
#ifndef CT_DECOY_CHANCE_H
#define CT_DECOY_CHANCE_H

#include <stddef.h>

void ct_chance_prepare(void);                     /* before the sandbox; once is enough */
void ct_chance(unsigned char *to, size_t n);

#endif
