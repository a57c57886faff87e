/* Any bytes in a letter: the mail is ASCII, its lines end with CR LF and have at most 76 columns where no address stands, no header is more than those
 * that we write, and nothing of it holds a live "${". The first byte says where to cut the rest into names. */
#include "respond/letter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void must(bool ok)
{
    if (!ok) abort();
}

static void look_at(ct_str mail)
{
    size_t column = 0, headers = 0;
    bool body = false;
    for (size_t i = 0; i < mail.n; i++) {
        unsigned char c = mail.p[i];
        must(c == '\r' || c == '\n' || (c >= ' ' && c < 0x7f));
        if (c == '\r') must(i + 1 < mail.n && mail.p[i + 1] == '\n');
        if (c == '\n') {
            must(i > 0 && mail.p[i - 1] == '\r');
            body |= column == 1;
            column = 0;
            continue;
        }
        if (column == 0 && !body && c != ' ' && c != '\r') headers++;
        column++;
        must(column <= (body ? 77 : 254 + 40)); /* an address is never folded */
    }
    must(body && headers == 8 + 2);
    must(ct_str_find(mail, CT_STR("${")) == CT_STR_NONE);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    ct_str parts[6], rest = {data, size};
    struct ct_buf b;
    ct_arena *arena;
    if (size == 0 || ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK) return 0;
    unsigned char cut = data[0];
    for (size_t i = 0; i < 6; i++) parts[i] = ct_str_cut(&rest, cut);
    const struct ct_letter l = {.vendor = parts[0], .from = CT_STR("a@us.example"), .to = ct_letter_address(parts[1]) ? parts[1] : CT_STR("b@them.example"), .data = parts[2],
                                .vulnerabilities = &parts[3], .n_vulnerabilities = 2, .products = &parts[4], .n_products = 2, .now_us = 1639144800000000, .due = cut & 1 ? 1639317600000000 : 0,
                                .asked = cut & 2 ? 1639144800000000 : 0, .message = CT_STR("1@us.example"), .refers_to = CT_STR("0@us.example")};
    ct_buf_init(&b, arena, 16u << 20);
    ct_letter_mail(&b, &l);
    if (b.err == CT_OK) look_at(ct_buf_view(&b));
    ct_arena_free(arena);
    return 0;
}
