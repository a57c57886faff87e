#include "support/edge.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct edge edge_new(ct_str input)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (input.n + page - 1) / page * page;
    if (room == 0) room = page;
    unsigned char *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0) abort();
    unsigned char *at = map + room - input.n;
    if (input.n) memcpy(at, input.p, input.n);
    return (struct edge){map, room + page, {at, input.n}};
}

void edge_free(struct edge *e)
{
    if (munmap(e->map, e->map_n) != 0) abort();
    *e = (struct edge){0};
}
