/* Requests and the log lines they leave. */
#ifndef CT_BENCH_LOGGEN_LINES_H
#define CT_BENCH_LOGGEN_LINES_H

#include "loggen.h"

#define SAMPLE_START 1639144800 /* 2021-12-10 14:00:00 UTC */

struct request {
    int64_t time;
    char client[48];
    const char *method;
    struct line path, referrer, agent;
    unsigned status, size, millis;
};

typedef void line_fn(struct line *l, struct gen *g, const struct request *r);
line_fn line_combined; /* as nginx and Apache write it */
line_fn line_json;     /* as an nginx escape=json format writes it */
line_fn line_dense;    /* combined, every line full of % & and backslashes */

/* True: it holds an attack. */
bool request_random(struct request *r, struct gen *g, int64_t time, double attacks, double encoded);

/* The sample: how many requests come in this second of the hour, and one of them. */
unsigned sample_requests(struct gen *g, unsigned second);
void sample_request(struct request *r, struct gen *g, unsigned second);

#endif
