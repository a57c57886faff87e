/* An SMTP reply, whole and in pieces: the same answer, and never more than the caps. */
#include "outlet/smtp_reply.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ct_smtp_reply whole, pieces;
    size_t used = 0, at = 0;
    ct_smtp_reply_init(&whole);
    ct_smtp_reply_init(&pieces);
    ct_err err = ct_smtp_reply_feed(&whole, (ct_str){data, size}, &used);
    while (at < size && !pieces.done && pieces.err == CT_OK) {
        size_t n = 1 + data[at] % 7u, took = 0;
        if (n > size - at) n = size - at;
        (void)!ct_smtp_reply_feed(&pieces, (ct_str){data + at, n}, &took);
        check(took <= n && (took == n || pieces.done || pieces.err != CT_OK));
        at += took;
    }
    check(pieces.err == err && pieces.done == whole.done && at == used);
    check(pieces.code == whole.code && pieces.starttls == whole.starttls && strcmp(pieces.text, whole.text) == 0);
    if (whole.done) check(err == CT_OK && whole.code >= 200 && whole.code <= 599);
    for (const char *p = whole.text; *p; p++) check(*p >= ' ' && *p <= '~');
    return 0;
}
