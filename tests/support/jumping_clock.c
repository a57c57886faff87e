/* Preloaded into a program: its wall clock is off by as many seconds as stand in the file that JUMPING_CLOCK names (8 bytes, the machine's order), from one
 * moment to the next. The file is mapped, so that no system call is needed later. The monotonic clock stays as it is, as the kernel keeps it. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t *offset;
static int (*real)(clockid_t, struct timespec *);

int clock_gettime(clockid_t which, struct timespec *to);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("JUMPING_CLOCK");
    void *symbol = dlsym(RTLD_NEXT, "clock_gettime");
    memcpy(&real, &symbol, sizeof real);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *p = fd >= 0 ? mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0) (void)close(fd);
    if (p != MAP_FAILED) offset = p;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t which, struct timespec *to)
{
    if (!real) begin();
    int e = real(which, to);
    if (e == 0 && offset && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) to->tv_sec += (time_t)atomic_load(offset);
    return e;
}
