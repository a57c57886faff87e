/* The readers of src/runtime as a filter, for comparison with the JDK: records "letter, length, bytes" on stdin, answers
 * "status, length, bytes" on stdout.
 *
 *   f  words of an argument file, each followed by NUL     p  policy: code path, NUL, text -> "connect resolve maybe maybe"
 *   v  words of an options variable                        n  property name -> "1": Log4j takes it for its switch
 */
#include "runtime/java_args.h"
#include "runtime/java_policy.h"
#include "runtime/java_security.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

static ct_err add_word(void *ctx, ct_str word)
{
    ct_buf_add(ctx, word);
    ct_buf_byte(ctx, 0);
    return CT_OK;
}

static bool property(void *ctx, ct_str name, ct_str *ret_value)
{
    (void)ctx;
    bool home = ct_str_eq(name, CT_STR("app.home")), host = ct_str_eq(name, CT_STR("ldap.host"));
    *ret_value = home ? CT_STR("/opt/app") : CT_STR("ldap.example.test");
    return home || host;
}

static ct_err answer(ct_arena *arena, int what, ct_str in, struct ct_buf *out)
{
    if (what == 'f') return ct_java_words_each(arena, in, CT_JAVA_WORDS_FILE, add_word, out);
    if (what == 'v') return ct_java_words_each(arena, in, CT_JAVA_WORDS_VARIABLE, add_word, out);
    if (what == 'n') {
        ct_buf_text(out, ct_log4j_is_no_lookups(in) ? "1" : "0");
        return CT_OK;
    }
    ct_str rest = in, code = ct_str_cut(&rest, 0);
    struct ct_policy_question q = {.code = code, .property = property};
    struct ct_policy_answer a = {0};
    CT_TRY(ct_java_policy_ask(arena, rest, &q, &a, NULL));
    ct_buf_printf(out, "%d %d %d %d", a.connect, a.resolve, a.may_connect, a.may_resolve);
    return CT_OK;
}

int main(void)
{
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 256u << 20, &arena) != CT_OK) return 4;
    int what;
    while ((what = getchar()) != EOF) {
        uint32_t n;
        if (fread(&n, sizeof n, 1, stdin) != 1) return 2;
        unsigned char *p = malloc((size_t)n + 1);
        if (!p || fread(p, 1, n, stdin) != n) return 2;
        struct ct_buf out;
        ct_buf_init(&out, arena, 64u << 20);
        ct_err e = answer(arena, what, (ct_str){p, n}, &out);
        if (e == CT_OK) e = out.err;
        uint32_t out_n = (uint32_t)out.n;
        putchar((int)e);
        (void)fwrite(&out_n, sizeof out_n, 1, stdout);
        if (out.n) (void)fwrite(out.p, 1, out.n, stdout);
        free(p);
        ct_arena_clear(arena);
    }
    ct_arena_free(arena);
    return 0;
}
