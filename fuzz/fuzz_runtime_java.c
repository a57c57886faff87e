/* Command lines, options variables and argument files of a JVM. Input: up to four texts parted by 0xFF - arguments (each ending
 * with NUL), JDK_JAVA_OPTIONS, JAVA_TOOL_OPTIONS, the content of every file. */
#include "runtime/java_args.h"
#include "runtime/java_security.h"
#include "runtime/procfs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ct_err read_any(void *ctx, ct_str path, ct_str *ret_text)
{
    (void)path;
    *ret_text = *(ct_str *)ctx;
    return CT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_str rest = {data, size}, args = ct_str_cut(&rest, 0xFF), jdk = ct_str_cut(&rest, 0xFF), tool = ct_str_cut(&rest, 0xFF), argv[64];
    struct ct_java_input in = {.argv = argv, .jdk_java_options = jdk, .java_tool_options = tool, .read = read_any, .ctx = &rest};
    while (in.n_argv < 64 && ct_proc_entry_next(&args, &argv[in.n_argv])) in.n_argv++;
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK) abort();
    for (unsigned i = 0; i < 4; i++) {
        struct ct_java_args a;
        in.launcher = i & 1;
        in.major = i & 2 ? 8 : 17;
        if (ct_java_args_read(arena, &in, &a) != CT_OK) continue;
        for (size_t k = 0; k < a.n_definitions; k++) {
            ct_str d = a.definitions[k], value;
            if (!ct_java_property(&a, ct_str_slice(d, 0, ct_str_chr(d, '=')), &value)) abort();
            (void)ct_log4j_is_no_lookups(d);
        }
        struct ct_java_security s;
        ct_java_security_read(&a, in.major, &s);
        ct_str value;
        (void)ct_log4j_no_lookups(&a, &value);
        (void)ct_java_trusts_urls(&a);
        (void)ct_java_hotpatch(a.main);
        ct_arena_clear(arena);
    }
    ct_arena_free(arena);
    return 0;
}
