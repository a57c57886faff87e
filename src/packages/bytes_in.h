/* Numbers out of bytes, in the byte order that a format or a single file has. The caller has checked the room. */
#ifndef CT_PACKAGES_BYTES_IN_H
#define CT_PACKAGES_BYTES_IN_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t ct_be16(const unsigned char *p) { return (uint32_t)p[0] << 8 | p[1]; }
static inline uint32_t ct_be32(const unsigned char *p) { return ct_be16(p) << 16 | ct_be16(p + 2); }
static inline uint64_t ct_be64(const unsigned char *p) { return (uint64_t)ct_be32(p) << 32 | ct_be32(p + 4); }
static inline uint32_t ct_le16(const unsigned char *p) { return (uint32_t)p[1] << 8 | p[0]; }
static inline uint32_t ct_le32(const unsigned char *p) { return ct_le16(p + 2) << 16 | ct_le16(p); }
static inline uint64_t ct_le64(const unsigned char *p) { return (uint64_t)ct_le32(p + 4) << 32 | ct_le32(p); }
static inline uint32_t ct_in16(const unsigned char *p, bool big) { return big ? ct_be16(p) : ct_le16(p); }
static inline uint32_t ct_in32(const unsigned char *p, bool big) { return big ? ct_be32(p) : ct_le32(p); }
static inline uint64_t ct_in64(const unsigned char *p, bool big) { return big ? ct_be64(p) : ct_le64(p); }

#endif
