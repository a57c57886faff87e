/* The evaluator against the real Log4j: generated lines, one JVM per release, every difference shrunk and printed.
 *
 *   test_differential [--count LINES] [--seconds S] [--release R] [--keep] [--golden] [--build FOLDER] [TEXT...]
 *
 *   --count    lines over all releases together (default 240000, shared out as releases.txt says)
 *   --seconds  go on with fresh lines until the time is up
 *   --release  this release alone
 *   --keep     append the shrunk differences to golden.txt, with the answer of the real Log4j
 *   --golden   no random lines: print every known shape on every release as rows of golden.txt, sorted
 *   TEXT       no random lines: compare these texts in every sink, and print what Log4j said
 *
 * Exit status: 0 no difference, 1 differences, 2 usage, 4 a JVM failed, 77 no Java or no jars (the last line says which).
 */
#include "golden.h"
#include "judge.h"
#include "shrink.h"
#include "support/gen_lookup.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RELEASES_MAX 32u
#define BATCH 512u
#define TEXT_MAX (16u * 1024u)      /* a longer line is generated anew: Java's cost is quadratic */
#define OPENS_MAX 48u               /* "${" in a line that is rendered as an ordinary message */
#define SHRINK_MAX 6u               /* differences shrunk per release; further ones are counted */
#define UNCOMPARED_MAX_PERCENT 1.0
#define LIVELY_FROM 100000u
#define JVMS 2u                     /* at a time */

struct release {
    char name[32];
    unsigned weight;
    uint64_t lines, deep, spent, different;
    uint64_t reached, threw, overflowed; /* what Log4j did */
    bool failed;
};

struct run {
    struct release releases[RELEASES_MAX];
    size_t n_releases, next;
    uint64_t count, seed;
    time_t deadline; /* 0: none */
    const char *folder;
    char *const *texts;
    size_t n_texts;
    bool keep, golden;
    pthread_mutex_t lock;
};

static bool read_releases(struct run *run, const char *only)
{
    FILE *f = fopen(CT_DIFFERENTIAL_SOURCE "/releases.txt", "re");
    char line[256];
    if (!f) return false;
    while (fgets(line, sizeof line, f)) {
        struct release r = {0};
        if (line[0] == '#' || sscanf(line, "%31s %u", r.name, &r.weight) != 2) continue;
        if (only && strcmp(only, r.name) != 0) continue;
        if (run->n_releases < RELEASES_MAX) run->releases[run->n_releases++] = r;
    }
    (void)fclose(f);
    return run->n_releases > 0;
}

/* In the mode --golden: rows without their release, and the releases that gave them. */
struct row {
    char *text;
    char releases[RELEASES_MAX * 12];
};

static struct row *rows;
static size_t n_rows, cap_rows;

static void collect(const char *text, size_t n, const char *release)
{
    if (n_rows == cap_rows) {
        cap_rows = cap_rows ? cap_rows * 2 : 1024;
        rows = realloc(rows, cap_rows * sizeof *rows);
    }
    if (!rows) abort();
    struct row *r = &rows[n_rows++];
    r->text = strndup(text, n);
    (void)snprintf(r->releases, sizeof r->releases, "%s", release);
    if (!r->text) abort();
}

static int by_text(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int c = strcmp(x->text, y->text);
    return c ? c : strverscmp(x->releases, y->releases);
}

static void print_rows(void)
{
    if (n_rows > 0) qsort(rows, n_rows, sizeof *rows, by_text);
    for (size_t i = 0; i < n_rows; i++) {
        printf("%s", rows[i].releases);
        while (i + 1 < n_rows && strcmp(rows[i].text, rows[i + 1].text) == 0) {
            free(rows[i].text);
            printf(",%s", rows[++i].releases);
        }
        printf("\t%s", rows[i].text);
        free(rows[i].text);
    }
    free(rows);
}

static void append_golden(struct run *run, ct_arena *arena, const struct release *rel, const struct question *q, const struct answer *a)
{
    struct ct_buf row;
    ct_buf_init(&row, arena, 1u << 20);
    golden_write(&row, q, a);
    if (row.err) return;
    if (run->golden) {
        (void)pthread_mutex_lock(&run->lock);
        collect((const char *)row.p, row.n, rel->name);
        (void)pthread_mutex_unlock(&run->lock);
        return;
    }
    FILE *f = fopen(CT_DIFFERENTIAL_SOURCE "/golden.txt", "ae");
    if (!f) return;
    (void)fprintf(f, "%s\t%.*s", rel->name, (int)row.n, (const char *)row.p);
    (void)fclose(f);
}

static void print_question(ct_arena *arena, const struct release *rel, const struct question *q, const char *why)
{
    static const char *const sinks[] = {"message", "single", "context"};
    struct ct_buf text;
    ct_buf_init(&text, arena, 1u << 20);
    golden_escape(&text, q->text);
    printf("%s, %s, values %s: %.*s\n    %s\n", rel->name, q->self ? "self" : sinks[q->sink], q->set ? "set" : "unset", (int)text.n, (const char *)text.p, why);
}

/* Shrinks, prints and keeps one difference. */
static bool report(struct run *run, struct release *rel, const struct ct_profile *profile, struct oracle *o, struct question q, char *why, size_t n)
{
    ct_arena *arena = NULL;
    struct answer a;
    if (ct_arena_new(&ct_alloc_libc, (size_t)4 << 30, &arena) != CT_OK) return false;
    bool ok = shrink(o, arena, profile, &q, why, n) && oracle_ask(o, &q, 1, arena, &a);
    (void)pthread_mutex_lock(&run->lock);
    print_question(arena, rel, &q, why);
    if (ok && run->keep) append_golden(run, arena, rel, &q, &a);
    (void)fflush(stdout);
    (void)pthread_mutex_unlock(&run->lock);
    ct_arena_free(arena);
    return ok;
}

/* Log4j passes over the message again for each "${" left, each pass quadratic: a deep text goes where there is one pass. */
static bool costs_java(ct_str text)
{
    size_t opens = 0;
    for (size_t i = 0; i + 1 < text.n; i++) opens += text.p[i] == '$' && text.p[i + 1] == '{';
    return opens > OPENS_MAX;
}

static void draw(struct rng *r, ct_arena *arena, const struct ct_profile *profile, struct release *rel, struct question *ret_q)
{
    for (;;) {
        struct ct_buf b;
        uint32_t sink = rng_below(r, 20);
        ct_buf_init(&b, arena, 1u << 20);
        gen_lookup_line(r, &b);
        ret_q->sink = sink < 12 ? CT_SINK_MESSAGE : sink < 15 ? CT_SINK_SINGLE : CT_SINK_CONTEXT;
        ret_q->set = rng_below(r, 4) == 0;
        ret_q->self = ret_q->sink == CT_SINK_CONTEXT && rng_below(r, 4) == 0;
        if (b.n > TEXT_MAX || ct_buf_str(&b, &ret_q->text) != CT_OK) continue;
        if (ret_q->sink == CT_SINK_MESSAGE && costs_java(ret_q->text)) ret_q->sink = CT_SINK_SINGLE;
        if (judge_affordable(arena, profile, ret_q)) return;
        rel->lines++;
        rel->spent++;
    }
}

/* Judges one batch. False: the JVM failed. */
static bool settle(struct run *run, struct release *rel, const struct ct_profile *profile, struct oracle *o, ct_arena *arena,
                   const struct question *q, size_t n)
{
    struct answer answers[BATCH];
    if (!oracle_ask(o, q, n, arena, answers)) {
        printf("%s: the JVM died or hangs\n", rel->name);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char why[1024] = "";
        rel->lines++;
        rel->reached += answers[i].n_calls > 0;
        rel->threw += answers[i].end == ANSWER_THREW;
        rel->overflowed += answers[i].end == ANSWER_OVERFLOWED;
        if (run->golden) append_golden(run, arena, rel, &q[i], &answers[i]);
        switch (judge(arena, profile, &q[i], &answers[i], why, sizeof why)) {
        case JUDGED_SAME: break;
        case JUDGED_DEEP: rel->deep++; break;
        case JUDGED_SPENT: rel->spent++; break;
        case JUDGED_DIFFERENT:
            if (rel->different++ < SHRINK_MAX && !report(run, rel, profile, o, q[i], why, sizeof why)) return false;
            break;
        }
    }
    return true;
}

static bool compare_random(struct run *run, struct release *rel, const struct ct_profile *profile, struct oracle *o, ct_arena *arena,
                           uint64_t lines, struct rng *rng)
{
    struct question q[BATCH];
    for (uint64_t done = 0; done < lines;) {
        size_t n = lines - done < BATCH ? (size_t)(lines - done) : BATCH;
        ct_arena_clear(arena);
        for (size_t i = 0; i < n; i++) draw(rng, arena, profile, rel, &q[i]);
        if (!settle(run, rel, profile, o, arena, q, n)) return false;
        done += n;
        if (run->deadline && time(NULL) >= run->deadline) break;
    }
    return true;
}

/* Each text in each sink, with and without values. */
static bool compare_texts(struct run *run, struct release *rel, const struct ct_profile *profile, struct oracle *o, ct_arena *arena,
                          const ct_str *texts, size_t n_texts)
{
    for (size_t i = 0; i < n_texts; i++) {
        struct question q[7];
        ct_arena_clear(arena);
        for (unsigned k = 0; k < 6; k++) q[k] = (struct question){.sink = (enum ct_sink)(k % 3), .set = k >= 3, .text = texts[i]};
        q[6] = (struct question){.sink = CT_SINK_CONTEXT, .self = true, .text = texts[i]};
        if (!settle(run, rel, profile, o, arena, q, 7)) return false;
    }
    return true;
}

static bool compare_fixed(struct run *run, struct release *rel, const struct ct_profile *profile, struct oracle *o, ct_arena *arena)
{
    size_t n = 0;
    const ct_str *shapes = gen_lookup_shapes(&n);
    if (run->n_texts == 0) return compare_texts(run, rel, profile, o, arena, shapes, n);
    for (size_t i = 0; i < run->n_texts; i++) {
        ct_str text = ct_str_from(run->texts[i]);
        if (!compare_texts(run, rel, profile, o, arena, &text, 1)) return false;
    }
    return true;
}

static void run_release(struct run *run, struct release *rel, uint64_t lines)
{
    const struct ct_profile *profile = ct_profile_find(ct_str_from(rel->name));
    struct oracle o;
    ct_arena *arena = NULL;
    if (!profile || ct_arena_new(&ct_alloc_libc, (size_t)2 << 30, &arena) != CT_OK ||
        !oracle_start(run->folder, rel->name, profile->message == CT_MSG_OPT_IN, &o)) {
        printf("%s: no profile, no memory or no JVM\n", rel->name);
        ct_arena_free(arena);
        rel->failed = true;
        return;
    }
    struct rng rng = {run->seed ^ ct_str_hash(ct_str_from(rel->name))};
    bool ok = compare_fixed(run, rel, profile, &o, arena);
    if (ok && !run->golden && run->n_texts == 0) {
        ok = compare_random(run, rel, profile, &o, arena, lines, &rng);
    }
    if (!jvm_stop(&o.jvm)) ok = false;
    rel->failed = !ok;
    ct_arena_free(arena);
}

static void *work(void *arg)
{
    struct run *run = arg;
    uint64_t weights = 0;
    for (size_t i = 0; i < run->n_releases; i++) weights += run->releases[i].weight;
    for (;;) {
        (void)pthread_mutex_lock(&run->lock);
        size_t i = run->next < run->n_releases ? run->next++ : SIZE_MAX;
        (void)pthread_mutex_unlock(&run->lock);
        if (i == SIZE_MAX) return NULL;
        struct release *rel = &run->releases[i];
        run_release(run, rel, run->count * rel->weight / weights);
    }
}

static void run_all(struct run *run)
{
    pthread_t threads[JVMS];
    size_t started = 0;
    run->next = 0;
    while (started < JVMS && pthread_create(&threads[started], NULL, work, run) == 0) started++;
    if (started == 0) (void)work(run);
    for (size_t i = 0; i < started; i++) (void)pthread_join(threads[i], NULL);
}

static void print_row(const struct release *r)
{
    printf("%-10s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "%s\n", r->name, r->lines,
           r->reached, r->threw, r->overflowed, r->different, r->deep, r->spent, r->failed ? "  FAILED" : "");
}

/* A run in which hardly anything happens proves nothing. */
static bool lively(const struct release *all)
{
    return all->lines < LIVELY_FROM || (all->reached > all->lines / 10 && all->threw > all->lines / 200 && all->overflowed > all->lines / 5000);
}

static int summary(const struct run *run)
{
    struct release all = {.name = "all"};
    printf("%-10s %10s %10s %10s %10s %10s %10s %10s\n", "release", "lines", "reach jndi", "throw", "overflow", "different", "too deep", "spent");
    for (size_t i = 0; i < run->n_releases; i++) {
        const struct release *r = &run->releases[i];
        print_row(r);
        all.lines += r->lines;
        all.reached += r->reached;
        all.threw += r->threw;
        all.overflowed += r->overflowed;
        all.different += r->different;
        all.deep += r->deep;
        all.spent += r->spent;
        all.failed = all.failed || r->failed;
    }
    print_row(&all);
    double uncompared = all.lines ? 100.0 * (double)(all.deep + all.spent) / (double)all.lines : 0;
    printf("%" PRIu64 " lines compared, %" PRIu64 " differences, %.3f %% not comparable\n", all.lines - all.deep - all.spent, all.different, uncompared);
    if (all.failed) return 4;
    if (run->n_texts == 0 && !lively(&all)) {
        printf("the generated lines reach too little\n");
        return 1;
    }
    return all.different > 0 || uncompared >= UNCOMPARED_MAX_PERCENT ? 1 : 0;
}

static int usage(void)
{
    (void)fputs("usage: test_differential [--count LINES] [--seconds S] [--release R] [--keep] [--golden] [--build FOLDER] [TEXT...]\n", stderr);
    return 2;
}

static int parse(int argc, char **argv, struct run *run, const char **ret_only)
{
    for (int i = 1; i < argc; i++) {
        uint64_t v = 0;
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--keep") == 0) run->keep = true;
        else if (strcmp(argv[i], "--golden") == 0) run->golden = true;
        else if (more && strcmp(argv[i], "--release") == 0) *ret_only = argv[++i];
        else if (more && strcmp(argv[i], "--build") == 0) run->folder = argv[++i];
        else if (more && strcmp(argv[i], "--count") == 0 && ct_str_u64(ct_str_from(argv[i + 1]), &run->count)) i++;
        else if (more && strcmp(argv[i], "--seconds") == 0 && ct_str_u64(ct_str_from(argv[i + 1]), &v) && v < 1u << 30) {
            run->deadline = time(NULL) + (time_t)v;
            i++;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            return usage();
        } else {
            run->texts = argv + i;
            run->n_texts = (size_t)(argc - i);
            return 0;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct run run = {.count = 240000, .folder = CT_DIFFERENTIAL_BUILD, .lock = PTHREAD_MUTEX_INITIALIZER};
    const char *only = NULL;
    if (parse(argc, argv, &run, &only) != 0 || !read_releases(&run, only)) return usage();
    (void)signal(SIGPIPE, SIG_IGN); /* a JVM that died is reported, not fatal */
    int ready = jvm_prepare(run.folder);
    if (ready != 0) return ready == 77 ? 77 : 4;
    if (run.golden) {
        run_all(&run);
        print_rows();
        return 0;
    }
    struct rng rng = rng_new("differential");
    do {
        run.seed = rng_next(&rng);
        run_all(&run);
    } while (run.deadline && time(NULL) < run.deadline && run.n_texts == 0);
    return summary(&run);
}
