/* Parts of the log generator: seeded randomness, a line being built, and attack expressions.
 * Made for measuring and for the sample log; not an input of any verdict test (tests/support has the strict generators). */
#ifndef CT_BENCH_LOGGEN_H
#define CT_BENCH_LOGGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gen {
    uint64_t state; /* splitmix64: the same seed gives the same bytes everywhere */
};

uint64_t gen_next(struct gen *g);
uint32_t gen_below(struct gen *g, uint32_t n); /* n > 0 */
bool gen_chance(struct gen *g, double p);

/* One line or a piece of one; what does not fit is left out. */
struct line {
    char p[16384];
    size_t n;
};

void line_byte(struct line *l, char c);
void line_text(struct line *l, const char *z);
void line_printf(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void line_hex(struct line *l, struct gen *g, unsigned digits);

/* Who attacks, and how. */
enum obfuscation { OBF_PLAIN, OBF_LOWER, OBF_DEFAULT, OBF_ENV, OBF_MIXED, OBF_NESTED, OBF_COUNT };
enum encoding { ENC_NONE, ENC_PERCENT, ENC_PERCENT_TWICE, ENC_BACKSLASH_X, ENC_BACKSLASH_U, ENC_HTML, ENC_COUNT };

struct campaign {
    const char *scheme, *host; /* a '*' in front of host: a fresh label per request */
    const char *path;          /* a '*' in it: a fresh token per request */
    enum obfuscation obfuscation;
    enum encoding encoding;
    const char *literal;       /* not null: this text instead of all that, '*' as in path */
};

/* "${jndi:...}" of the campaign, obfuscated and encoded. */
void attack_put(struct line *out, struct gen *g, const struct campaign *c);
/* Some campaign, obfuscation and encoding. */
void attack_random(struct line *out, struct gen *g);

#endif
