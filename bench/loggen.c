/* Log generator: deterministic request logs for the bench and for the sample that `caltrop up` shows.
 *
 *   loggen --format combined|json|dense --bytes 1G --attacks 0.001 --encoded 0.05 --seed 1 [--out FILE]
 *       --count: how many lines hold an attack, on stderr
 *   loggen --sample --seed 1 [--out FILE]       one hour with several campaigns 
 *
 * Addresses and names come from the blocks reserved for documentation. Weak side: traffic is drawn from small tables, so it
 * compresses better than a real log.
 */
#include "loggen.h"
#include "loggen_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *format, *out;
    uint64_t bytes, seed;
    double attacks, encoded;
    bool sample, count;
};

static int usage(const char *what)
{
    fprintf(stderr, "loggen: %s\nusage: loggen [--format combined|json|dense] [--bytes N[K|M|G]] [--attacks P] [--encoded P] [--seed N] "
                    "[--sample] [--count] [--out FILE]\n", what);
    return 2;
}

static bool parse_size(const char *z, uint64_t *ret)
{
    char *end = NULL;
    uint64_t v = strtoull(z, &end, 10);
    unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    if (end == z || (*end && (shift == 0 || end[1])) || v > UINT64_MAX >> shift) return false;
    *ret = v << shift;
    return true;
}

static bool parse_share(const char *z, double *ret)
{
    char *end = NULL;
    double v = strtod(z, &end);
    if (end == z || *end || !(v >= 0 && v <= 1)) return false;
    *ret = v;
    return true;
}

static const char *parse(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--sample") == 0) {
            o->sample = true;
            continue;
        }
        if (strcmp(argv[i], "--count") == 0) {
            o->count = true;
            continue;
        }
        if (i + 1 >= argc) return "unknown option, or no value after it";
        const char *name = argv[i], *value = argv[++i];
        bool ok = true;
        if (strcmp(name, "--format") == 0) o->format = value;
        else if (strcmp(name, "--out") == 0) o->out = value;
        else if (strcmp(name, "--bytes") == 0) ok = parse_size(value, &o->bytes);
        else if (strcmp(name, "--seed") == 0) ok = parse_size(value, &o->seed);
        else if (strcmp(name, "--attacks") == 0) ok = parse_share(value, &o->attacks);
        else if (strcmp(name, "--encoded") == 0) ok = parse_share(value, &o->encoded);
        else ok = false;
        if (!ok) return "unknown option or malformed value";
    }
    return NULL;
}

static bool flush(FILE *f, struct line *l, uint64_t *written)
{
    bool ok = fwrite(l->p, 1, l->n, f) == l->n;
    *written += l->n;
    l->n = 0;
    return ok;
}

static bool generate(FILE *f, const struct options *o, line_fn *put)
{
    static struct line l;
    struct gen g = {o->seed};
    uint64_t written = 0, n = 0, attacks = 0;
    for (; written < o->bytes; n++) {
        struct request r;
        attacks += request_random(&r, &g, SAMPLE_START + (int64_t)(n / 400), o->attacks, o->encoded);
        put(&l, &g, &r);
        if (!flush(f, &l, &written)) return false;
    }
    if (o->count) fprintf(stderr, "%" PRIu64 " attacks in %" PRIu64 " lines\n", attacks, n);
    return true;
}

static bool generate_sample(FILE *f, const struct options *o)
{
    static struct line l;
    struct gen g = {o->seed};
    uint64_t written = 0;
    for (unsigned second = 0; second < 3600; second++) {
        unsigned n = sample_requests(&g, second);
        while (n-- > 0) {
            struct request r;
            sample_request(&r, &g, second);
            line_combined(&l, &g, &r);
            if (!flush(f, &l, &written)) return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options o = {.format = "combined", .bytes = 1u << 20, .seed = 1};
    const char *wrong = parse(argc, argv, &o);
    if (wrong) return usage(wrong);
    line_fn *put = strcmp(o.format, "combined") == 0 ? line_combined
                   : strcmp(o.format, "json") == 0   ? line_json
                   : strcmp(o.format, "dense") == 0  ? line_dense
                                                     : NULL;
    if (!put) return usage("no such format");
    FILE *f = o.out ? fopen(o.out, "wbe") : stdout;
    if (!f) {
        perror(o.out);
        return 4;
    }
    bool ok = o.sample ? generate_sample(f, &o) : generate(f, &o, put);
    if (fflush(f) != 0 || (o.out && fclose(f) != 0)) ok = false;
    if (!ok) perror("loggen: write");
    return ok ? 0 : 4;
}
