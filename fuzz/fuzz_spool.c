/* A spool folder with hostile content: any segment bytes, any position file. Opening and draining end, what is added is
 * delivered after everything else and in order, and a second opening finds the folder in order.
 * Input: one byte (1: write a position file; 2: with its checksums put right; 4: put the records' checksums right; the upper
 * half: where the segments are split), 128 bytes of position, segments. */
#include "outlet/spool.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POSITION 128u

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st;
    (void)kind;
    (void)f;
    return remove(path);
}

static void put(const char *dir, const char *name, ct_str bytes)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n) abort();
    (void)close(fd);
}

static void drain(const char *dir, bool fresh)
{
    static const ct_str EVENT = CT_STR_INIT("{\"ours\":1}");
    unsigned char id[16] = "0123456789abcde";
    struct ct_spool_record r;
    struct ct_spool_counts c;
    ct_spool *s = NULL;
    if (ct_spool_open(&ct_alloc_libc, dir, "s", 1u << 20, &s, NULL) != CT_OK) abort();
    ct_spool_counts(s, &c);
    if (!fresh && c.waiting != 2) abort();
    uint64_t damaged = c.damaged;
    for (int i = 0; fresh && i < 2; i++)
        if (ct_spool_add(s, id, i, EVENT) != CT_OK) abort();
    unsigned n = 0;
    bool ours = false;
    ct_err err;
    /* Leaves the two for the second round. */
    while ((err = ct_spool_peek(s, &r)) == CT_OK && n < 100000) {
        if (r.event.n == 0 || r.event.n > CT_OUTLET_EVENT_MAX) abort();
        ours = ct_str_eq(r.event, EVENT) && memcmp(r.id, id, 16) == 0;
        if (ours && fresh) break;
        if (n++ % 7 == 3) ct_spool_refuse(s);
        else ct_spool_take(s);
    }
    if (n == 100000 || (fresh && !ours) || (!fresh && (err != CT_ERR_END || n != 2))) abort();
    ct_spool_counts(s, &c);
    if (!fresh && c.damaged != damaged) abort();
    ct_spool_close(s);
}

/* A fuzzer does not find checksums by trying. */
static void right_position(unsigned char *p)
{
    for (unsigned char *q = p; q < p + POSITION; q += 64) {
        ct_put_u32(q, 0x50535443u);
        ct_put_u32(q + 4, ct_spool_crc((ct_str){q + 8, 56}));
    }
}

static void right_records(unsigned char *p, size_t n)
{
    for (size_t at = 0; (at = ct_spool_find_magic((ct_str){p, n}, at)) + CT_SPOOL_HEADER <= n; at++) {
        size_t event_n = ct_get_u32(p + at + 4);
        if (event_n <= n - at - CT_SPOOL_HEADER)
            ct_put_u32(p + at + 32, ct_spool_crc((ct_str){p + at + CT_SPOOL_HEADER, event_n}));
        ct_put_u32(p + at + 36, ct_spool_crc((ct_str){p + at, 36}));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + POSITION || size > (1u << 18)) return 0;
    const char *tmp = getenv("TMPDIR");
    char dir[200], sub[220];
    (void)snprintf(dir, sizeof dir, "%s/caltrop-fuzz-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) abort();
    (void)snprintf(sub, sizeof sub, "%s/s", dir);
    if (mkdir(sub, 0700) != 0) abort();
    unsigned char *copy = malloc(size);
    if (!copy) abort();
    memcpy(copy, data, size);
    ct_str rest = {copy + 1 + POSITION, size - 1 - POSITION};
    if (data[0] & 2) right_position(copy + 1);
    if (data[0] & 4) right_records(copy + 1 + POSITION, rest.n);
    if (data[0] & 1) put(dir, "position", (ct_str){copy + 1, POSITION});
    size_t cut = rest.n * (data[0] >> 4) / 16;
    put(dir, "0000000000000003.seg", ct_str_slice(rest, 0, cut));
    put(dir, "0000000000000007.seg", ct_str_slice(rest, cut, rest.n));
    free(copy);
    drain(dir, true);
    drain(dir, false);
    if (nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0) abort();
    return 0;
}
