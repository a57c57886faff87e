/* What the tests of text share: one arena per program, and hostile random text. */
#ifndef CT_TESTS_TEXT_TEST_H
#define CT_TESTS_TEXT_TEST_H

#include "base/limits.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"
#include "text/decode.h"
#include "text/unicode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static inline int set_up(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) == CT_OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

#define assert_str_equal(have, want, line) assert_str_equal_(have, want, __FILE__, line)
static inline void assert_str_equal_(ct_str have, ct_str want, const char *file, int line)
{
    if (ct_str_eq(have, want)) return;
    print_error("have: \"%.*s\"\nwant: \"%.*s\"\n", CT_STR_ARG(have), CT_STR_ARG(want));
    _fail(file, line);
}

/* Runs of the bytes that mean something to some decoder or printer, between any others. */
static inline ct_str random_text(struct rng *r, size_t max)
{
    static const char *const pieces[] = {
        "$", "{", "}", "${", "%", "%24", "%7b", "%u0024", "%uD83D%uDE00", "%uD83D", "+", "\\", "\\\\", "\\x24", "\\u007b",
        "\\u{24}", "\\44", "\\ud83d\\ude00", "\\ude00", "&", "&#36;", "&#x7B", "&dollar;", "&lcub", "&lt", ";", "\"", "'",
        "://", "token=", "\"key\": ", "user:pass@", "Bearer ", "evil.example", "/", "?", ",", "[", "]", ":", "\n", "\x1b[2J",
        "\xe2\x80\xae", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xc3", "\xff", "\xed\xa0\x80", " ", "=", "@", "true", "1.5e3",
    };
    unsigned char *p = ct_arena_alloc(arena, max ? max : 1);
    assert_non_null(p);
    size_t n = 0, want = rng_below(r, (uint32_t)max + 1);
    while (n < want) {
        const char *piece = pieces[rng_below(r, sizeof pieces / sizeof *pieces)];
        size_t len = strlen(piece);
        if (rng_below(r, 4) == 0 || len > want - n) {
            p[n++] = (unsigned char)rng_below(r, 256);
        } else {
            memcpy(p + n, piece, len);
            n += len;
        }
    }
    return (ct_str){p, n};
}

#endif
