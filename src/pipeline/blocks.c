#include "pipeline/blocks.h"

#include "base/limits.h"
#include "os/signals.h"

#include <string.h>

static bool stopped(const struct ct_blocks *b)
{
    ct_ending_signals_arrive();
    return b->stop(b->ctx);
}

/* A block stands in its buffer as in the file: as far into a page. On some processors (measured: AMD's Zen 3) a copy takes four times
 * as long to a place up to 63 bytes further into its page than the one it comes from. */
static unsigned char *place_for(unsigned char *buffer, uint64_t offset)
{
    enum { PAGE = CT_BLOCK_BUFFER - CT_BLOCK };
    return buffer + (offset - (uintptr_t)buffer) % PAGE;
}

/* Bytes behind the carried ones, until the block is full, the source ends, or a pipe has whole lines to look at. */
static size_t fill(struct ct_blocks *b, unsigned char *buffer, size_t n, struct ct_reading *in)
{
    bool pipe = ct_source_size(b->source) == 0;
    while (n < CT_BLOCK) {
        size_t got = 0;
        ct_err e = stopped(b) ? CT_ERR_INTERRUPTED : ct_source_read(b->source, buffer + n, CT_BLOCK - n, &got, &in->fault);
        if (e != CT_OK) { /* what came before an error is still judged */
            in->ended = true;
            in->why = e;
            break;
        }
        n += got;
        if (pipe && memchr(buffer + n - got, '\n', got)) break;
    }
    return n;
}

/* The bytes up to and with the last newline of p[0..n). */
static size_t whole_lines(const unsigned char *p, size_t n)
{
    const unsigned char *nl = n ? memrchr(p, '\n', n) : NULL;
    return nl ? (size_t)(nl - p) + 1 : 0;
}

/* The last block of a source, n bytes of it. */
static void finish(const struct ct_blocks *b, const unsigned char *buffer, size_t n, struct ct_reading *in)
{
    size_t whole = whole_lines(buffer, n), take = n;
    in->cut = whole < n && b->whole_lines; /* a line that is still being written; but what an error cuts off may never come again */
    if (in->cut && (in->why == CT_ERR_END || in->why == CT_ERR_INTERRUPTED)) take = whole;
    in->unended = whole < take;
    in->block.bytes.n = take;
    in->block.goes_on = false;
    in->again = take == 0 || (in->cut && whole == 0) ? in->block.line_offset : in->block.offset + (in->cut ? whole : take);
}

/* A block with more behind it: `whole` bytes of lines, or 0: a piece of a line that is longer than the block. The next one
 * repeats the piece's tail, so that no attack is cut in two. */
static void take(struct ct_blocks *b, size_t whole, struct ct_reading *in)
{
    bool piece = whole == 0;
    size_t n = piece ? CT_BLOCK : whole;
    in->block.bytes.n = n;
    in->block.goes_on = piece;
    in->again = piece ? in->block.line_offset : b->offset + n;
    b->line_offset = in->block.line_offset;
    b->continues = piece;
    b->offset += n - (piece ? CT_WINDOW_OVERLAP : 0);
}

/* Finds the block's end from its last bytes; what was looked at is read. False: it is not to be had this way. */
static bool claim(struct ct_blocks *b, unsigned char *buffer, struct ct_reading *in)
{
    enum { LOOK = 4096 };
    size_t whole = 0, from = CT_BLOCK;
    if (!b->apart || b->number == 0 || b->offset + CT_BLOCK > ct_source_size(b->source) || stopped(b)) return false;
    for (size_t look = LOOK; whole == 0 && from; look *= 4) {
        size_t n = look < from ? look : from, got = 0;
        struct ct_fault ignored;
        ct_err e = ct_source_pread(b->source, buffer + from - n, n, b->offset + from - n, &got, &ignored);
        if (e != CT_OK || got < n) return false;
        from -= n;
        whole = whole_lines(buffer + from, n);
        if (whole) whole += from;
    }
    uint64_t at = b->offset + (whole ? whole : CT_BLOCK - CT_WINDOW_OVERLAP);
    if (ct_source_seek(b->source, at) != CT_OK) return false;
    b->carry_n = 0;
    in->to_load = from;
    take(b, whole, in);
    return true;
}

bool ct_blocks_next(struct ct_blocks *b, unsigned char *buffer, struct ct_reading *ret_reading)
{
    buffer = place_for(buffer, b->offset);
    struct ct_reading in = {.block = {.source = b->name, .offset = b->offset, .continues = b->continues,
                                      .line_offset = b->continues ? b->line_offset : b->offset, .bytes = {buffer, 0}},
                            .number = b->number};
    if (b->ended) return false;
    if (!claim(b, buffer, &in)) {
        if (b->carry_n) memcpy(buffer, b->carry, b->carry_n);
        size_t n = fill(b, buffer, b->carry_n, &in);
        b->ended = in.ended;
        b->carry_n = 0;
        if (in.ended) {
            finish(b, buffer, n, &in);
            if (in.block.bytes.n == 0 && in.why == CT_ERR_END && !in.cut) return false;
        } else {
            size_t whole = whole_lines(buffer, n);
            b->carry_n = whole ? n - whole : CT_WINDOW_OVERLAP;
            memcpy(b->carry, buffer + n - b->carry_n, b->carry_n);
            take(b, whole, &in);
        }
    }
    b->number++;
    *ret_reading = in;
    return true;
}

void ct_blocks_load(const struct ct_blocks *b, unsigned char *buffer, struct ct_reading *in)
{
    size_t got = 0;
    if (in->to_load == 0) return;
    buffer = place_for(buffer, in->block.offset);
    ct_err e = ct_source_pread(b->source, buffer, in->to_load, in->block.offset, &got, &in->fault);
    if (e == CT_OK && got == in->to_load) return;
    in->ended = true;
    in->why = e == CT_OK ? CT_ERR_END : e;
    finish(b, buffer, got, in);
}
