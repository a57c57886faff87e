/* Events of any JSON in the shapes for people: each well-formed, nothing live, a mail that SMTP takes. */
#include "base/limits.h"
#include "harmless.h"
#include "outlet/chat_shape.h"
#include "outlet/mail_format.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines of at most 1000 bytes with their CRLF, seven bits, headers, one end. */
static void check_mail(ct_str mail)
{
    size_t at = 0, lines = 0, ends = 0;
    bool in_head = true;
    check(ct_str_find(mail, CT_STR("${")) == CT_STR_NONE);
    while (at < mail.n) {
        ct_str rest = ct_str_slice(mail, at, mail.n);
        size_t n = ct_str_find(rest, CT_STR("\r\n"));
        check(n != CT_STR_NONE && n <= 998);
        ct_str line = ct_str_slice(rest, 0, n);
        for (size_t i = 0; i < line.n; i++) check(line.p[i] >= 0x20 && line.p[i] < 0x7f);
        if (in_head && line.n) check(ct_str_chr(line, ':') != CT_STR_NONE || line.p[0] == ' ');
        in_head = in_head && line.n;
        if (ct_str_eq(line, CT_STR("."))) ends++;
        else check(line.n == 0 || line.p[0] != '.');
        at += n + 2;
        lines++;
    }
    check(!in_head && lines > 10 && ends == 1 && ct_str_ends(mail, CT_STR("\r\n.\r\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena = NULL;
    static const struct ct_mail_addresses addresses = {"a@b.example", {"c@d.example"}, 1};
    static const unsigned char id[16] = {1};
    check(ct_arena_new(&ct_alloc_libc, CT_GIST_ARENA_MAX, &arena) == CT_OK);
    struct ct_gist *g = ct_arena_alloc(arena, sizeof *g);
    ct_err err = size <= CT_OUTLET_EVENT_MAX ? ct_gist_read(arena, (ct_str){data, size}, g) : CT_ERR_CAP;
    if (err == CT_OK) {
        struct ct_buf slack, pager, mail, key;
        ct_buf_init(&slack, arena, CT_OUTLET_EVENT_MAX);
        ct_buf_init(&pager, arena, CT_OUTLET_EVENT_MAX);
        ct_buf_init(&mail, arena, CT_MAIL_MAX);
        ct_buf_init(&key, arena, 64);
        ct_shape_slack(&slack, g);
        ct_shape_pagerduty(&pager, g, "key");
        ct_mail_print(&mail, &addresses, g, id, INT64_C(1764100800000000), "h\xff.example");
        ct_gist_print_key(&key, g);
        check(slack.err == CT_OK && pager.err == CT_OK && mail.err == CT_OK && key.err == CT_OK && key.n > 0);
        check_json_object(ct_buf_view(&slack));
        check_json_object(ct_buf_view(&pager));
        check(slack.n < 64u * 1024 && pager.n < 512u * 1024);
        check_mail(ct_buf_view(&mail));
    } else {
        check(err == CT_ERR_SYNTAX || err == CT_ERR_CAP);
    }
    ct_arena_free(arena);
    return 0;
}
