#include "spool_scratch.h"

#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *scratch_new(void)
{
    static char path[4096];
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%s/caltrop-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(path)) abort();
    return path;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st;
    (void)kind;
    (void)f;
    return remove(path);
}

void scratch_remove(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) abort();
}

ct_str event_of(uint64_t n, size_t size)
{
    static char text[CT_OUTLET_EVENT_MAX + 64];
    int head = snprintf(text, sizeof text, "{\"n\":%" PRIu64 ",\"pad\":\"", n);
    size_t at = (size_t)head;
    while (at + 2 < size) text[at++] = 'x';
    text[at++] = '"';
    text[at++] = '}';
    return (ct_str){(unsigned char *)text, at};
}

const unsigned char *id_of(uint64_t n)
{
    static unsigned char id[16];
    ct_put_u64(id, n);
    ct_put_u64(id + 8, ~n);
    return id;
}

uint64_t number_of(const struct ct_spool_record *r)
{
    char want[40];
    uint64_t n = ct_get_u64(r->id);
    int len = snprintf(want, sizeof want, "{\"n\":%" PRIu64 ",", n);
    if (r->event.n < (size_t)len || memcmp(r->event.p, want, (size_t)len) != 0) abort();
    return n;
}

static int only_segments(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 4 && strcmp(e->d_name + n - 4, ".seg") == 0;
}

bool segment_file(const char *folder, size_t k, char *out, size_t n)
{
    struct dirent **list;
    int found = scandir(folder, &list, only_segments, alphasort);
    bool hit = found > 0 && k < (size_t)found;
    if (hit) (void)snprintf(out, n, "%s/%s", folder, list[k]->d_name);
    for (int i = 0; i < found; i++) free(list[i]);
    if (found >= 0) free(list);
    return hit;
}
