/* The block functions of base/sha.h by the processor's own instructions, where it has them. Private to this folder. */
#ifndef CT_BASE_SHA_NI_H
#define CT_BASE_SHA_NI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define CT_SHA_NI 1
bool ct_sha_ni_here(void); /* asks the processor: not for every block */
/* n whole blocks of 64 bytes. */
void ct_sha_ni_1(uint32_t h[8], const unsigned char *p, size_t n);
void ct_sha_ni_256(uint32_t h[8], const unsigned char *p, size_t n);
#endif

#endif
