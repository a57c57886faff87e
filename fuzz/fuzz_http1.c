/* One response, whole and in pieces: the outcome is the same, and never more is taken than was given. The first byte of the
 * input chooses the size of the pieces. */
#include "net/http1.h"

#include <stdlib.h>
#include <string.h>

struct outcome {
    ct_err err;
    struct ct_http1 h;
    size_t used;
};

static void run(ct_str in, size_t cut, struct outcome *o)
{
    o->err = CT_OK;
    o->used = 0;
    ct_http1_init(&o->h, false);
    while (o->err == CT_OK && o->used < in.n && o->h.state != CT_HTTP1_DONE) {
        size_t used = 0;
        ct_str piece = ct_str_slice(in, o->used, o->used + cut);
        o->err = ct_http1_feed(&o->h, piece, &used);
        if (used > piece.n) abort();
        if (o->err == CT_OK && used < piece.n && o->h.state != CT_HTTP1_DONE) abort();
        o->used += used;
    }
    if (o->err == CT_OK) o->err = ct_http1_eof(&o->h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole, pieces;
    if (size == 0) return 0;
    ct_str in = {data + 1, size - 1};
    run(in, in.n + 1, &whole);
    run(in, 1 + data[0] % 64u, &pieces);
    if (whole.err != pieces.err || whole.h.head_done != pieces.h.head_done) abort();
    if (whole.err == CT_OK && (whole.used != pieces.used || whole.h.body_n != pieces.h.body_n ||
                               whole.h.status != pieces.h.status || whole.h.keep_alive != pieces.h.keep_alive))
        abort();
    if (whole.h.head_done && (whole.h.status < 200 || whole.h.status > 599)) abort();
    if (whole.h.body_n > CT_HTTP1_BODY_MAX) abort();
    uint64_t seconds = 0;
    (void)ct_http1_retry_after(in, 784111777, &seconds);
    (void)ct_http1_retry_after(ct_str_from(whole.h.retry_after), 784111777, &seconds);
    return 0;
}
