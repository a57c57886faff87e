/* Ignore and background lists as somebody might write them: refused with a line, or read; what is printed is read again, and says the same, comments cut. */
#include "actor/background.h"
#include "actor/ignore.h"
#include "base/limits.h"
#include "harmless.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena = NULL;
    struct ct_ignore *list = NULL;
    struct ct_background *one = NULL, *two = NULL, *three = NULL;
    struct ct_fault fault = {0};
    struct ct_buf first, second, third;
    ct_str text = {data, size};
    check(ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) == CT_OK);
    ct_err err = ct_ignore_parse(arena, text, &list, &fault);
    check(err == CT_OK || (err == CT_ERR_SYNTAX && fault.line > 0 && fault.detail[0]) || err == CT_ERR_CAP);
    struct ct_touch t = {.technique = CT_TECHNIQUE_SYN, .dest_port = 80};
    for (size_t i = 0; err == CT_OK && i < ct_ignore_count(list); i++) {
        /* A rule covers its own address, unless its time has come or it names other ports. */
        const struct ct_ignore_rule *r = ct_ignore_at(list, i);
        memcpy(t.source, r->address, sizeof t.source);
        if (r->n_ports == 0 && r->until_us > 0) check(ct_ignore_match(list, &t, r->with_payloads, true, 0) != NULL);
        if (!r->with_payloads && ct_ignore_count(list) == 1) check(ct_ignore_match(list, &t, true, true, 0) == NULL);
    }
    if (err == CT_OK) {
        ct_buf_init(&first, arena, 8u << 20);
        ct_ignore_print(list, 0, &first);
        check(first.err == CT_OK);
        check_text(ct_buf_view(&first));
    }
    check(ct_background_new(&ct_alloc_libc, 0, 1, &one) == CT_OK && ct_background_new(&ct_alloc_libc, 0, 2, &two) == CT_OK);
    fault = (struct ct_fault){0};
    err = ct_background_parse(one, text, &fault);
    check(err == CT_OK || (err == CT_ERR_SYNTAX && fault.line > 0 && fault.detail[0]) || err == CT_ERR_CAP);
    ct_buf_init(&first, arena, 8u << 20);
    ct_buf_init(&second, arena, 8u << 20);
    ct_background_print(one, &first);
    check(first.err == CT_OK && ct_background_parse(two, ct_buf_view(&first), &fault) == CT_OK);
    check_text(ct_buf_view(&first));
    ct_background_print(two, &second);
    check_text(ct_buf_view(&second));
    /* A comment may have grown by being escaped, and is cut then: after that nothing changes any more. */
    check(ct_background_new(&ct_alloc_libc, 0, 3, &three) == CT_OK && ct_background_parse(three, ct_buf_view(&second), &fault) == CT_OK);
    ct_buf_init(&third, arena, 8u << 20);
    ct_background_print(three, &third);
    check(ct_str_eq(ct_buf_view(&second), ct_buf_view(&third)));
    for (unsigned state = 0; state < 3; state++)
        check(ct_background_count(one, (enum ct_background_state)state) == ct_background_count(two, (enum ct_background_state)state));
    ct_background_free(three);
    ct_background_free(one);
    ct_background_free(two);
    ct_arena_free(arena);
    return 0;
}
