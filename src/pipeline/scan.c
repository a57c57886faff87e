#include "pipeline/scan.h"

#include "base/limits.h"
#include "formats/log4j_status.h"
#include "pipeline/finding.h"
#include "text/unicode.h"

#include <string.h>

struct ct_scanner {
    const struct ct_alloc *alloc;
    struct ct_scan_opts opts;
    ct_arena *line;  /* one line's work */
    ct_arena *kept;  /* the findings of one block */
    size_t trim;     /* to this size when they are forgotten; 0: not */
    struct ct_fires_cache fires;
};

ct_err ct_scanner_new(const struct ct_alloc *alloc, const struct ct_scan_opts *opts, ct_scanner **ret_scanner)
{
    ct_scanner *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    *s = (ct_scanner){.alloc = alloc, .opts = *opts};
    ct_err e = ct_arena_new(alloc, CT_LINE_ARENA_MAX, &s->line);
    if (e == CT_OK) e = ct_scanner_spare(alloc, &s->kept);
    if (e != CT_OK) {
        ct_scanner_free(s);
        return e;
    }
    *ret_scanner = s;
    return CT_OK;
}

void ct_scanner_free(ct_scanner *s)
{
    if (!s) return;
    ct_arena_free(s->line);
    ct_arena_free(s->kept);
    ct_alloc_put(s->alloc, s, sizeof *s);
}

void ct_scanner_forget(ct_scanner *s)
{
    ct_arena_clear(s->kept);
    if (s->trim) ct_arena_trim(s->kept, s->trim);
    s->trim = 0;
    s->fires.list = NULL;
}

void ct_scanner_count_once(struct ct_counted *counted, const struct ct_block *block, struct ct_block_result *r)
{
    if (!block->continues) *counted = (struct ct_counted){false, false};
    r->tally.lookups -= counted->lookup && r->first_lookup;
    r->tally.raw_lookups -= counted->raw_lookup && r->first_raw_lookup;
    if (!block->goes_on) return;
    counted->lookup |= r->first_lookup;
    counted->raw_lookup |= r->first_raw_lookup;
}

ct_err ct_scanner_spare(const struct ct_alloc *alloc, ct_arena **ret_spare)
{
    return ct_arena_new(alloc, CT_BLOCK_ARENA_MAX, ret_spare);
}

bool ct_scanner_swap(ct_scanner *s, size_t most, ct_arena **spare)
{
    s->trim = ct_arena_used(s->kept) > most ? most : 0;
    if (s->trim) return false;
    ct_arena *kept = s->kept;
    s->kept = *spare;
    s->fires.list = NULL;
    *spare = kept;
    return true;
}

static bool in_time(const struct ct_scan_opts *o, int64_t time_us)
{
    if (time_us == CT_TIME_NONE) return true;
    return (o->since_us == CT_TIME_NONE || time_us >= o->since_us) && (o->until_us == CT_TIME_NONE || time_us < o->until_us);
}

static bool is_wanted(const struct ct_scan_opts *o, const struct ct_verdict *v)
{
    return v->grade != CT_GRADE_NONE && (v->grade >= o->min_grade || v->certainty == CT_UNKNOWN);
}

static ct_err note_sighting(ct_scanner *s, struct ct_block_result *r, int64_t time_us, bool attempt)
{
    if (r->n_sightings == r->cap_sightings) {
        size_t cap = r->cap_sightings ? r->cap_sightings * 2 : 32;
        void *grown = ct_arena_grow(s->kept, r->sightings, r->n_sightings * sizeof *r->sightings, cap * sizeof *r->sightings);
        if (!grown) return CT_ERR_NOMEM;
        r->sightings = grown;
        r->cap_sightings = cap;
        r->kept += cap * sizeof *r->sightings;
    }
    r->sightings[r->n_sightings++] = (struct ct_sighting){time_us, attempt};
    return CT_OK;
}

/* 1..5 of an HTTP status; 0 for none, and for a mail server's reply code. */
static unsigned status_class(const struct ct_record *r)
{
    bool mail = r->format == CT_FORMAT_POSTFIX || r->format == CT_FORMAT_EXIM;
    return r->status.n == 3 && !mail && r->status.p[0] >= '1' && r->status.p[0] <= '5' ? (unsigned)(r->status.p[0] - '0') : 0;
}

/* Only lines that a reader of the report will look at: a look at each byte of a log costs more than the search for attacks. */
static void note_odd_bytes(struct ct_tally *t, const struct ct_block *block, uint64_t offset, ct_str line)
{
    if (block->goes_on || (block->continues && offset == block->offset)) return;
    t->not_utf8 += !ct_utf8_valid(line);
    t->with_nul += ct_str_chr(line, 0) != CT_STR_NONE;
}

/* Counts a judged record and keeps it when it is wanted. */
static ct_err settle(ct_scanner *s, const struct ct_block *block, const struct ct_record *record, const struct ct_verdict *v,
                     uint64_t offset, uint64_t line, ct_str content, struct ct_block_result *r)
{
    struct ct_tally *t = &r->tally;
    if (!in_time(&s->opts, record->time_us)) {
        t->out_of_time++;
        return CT_OK;
    }
    t->by_format[record->format]++;
    t->truncated += record->truncated;
    t->lookups += v->has_lookup;
    t->raw_lookups += v->raw_lookup;
    if (offset == block->offset) {
        r->first_lookup = v->has_lookup;
        r->first_raw_lookup = v->raw_lookup;
    }
    bool wanted = is_wanted(&s->opts, v);
    if (v->has_lookup || wanted) {
        note_odd_bytes(t, block, offset, content);
        CT_TRY(note_sighting(s, r, record->time_us, wanted));
    }
    if (!wanted) return CT_OK;
    t->attempts++;
    t->by_grade[v->grade]++;
    t->ran += (v->traits & CT_TRAIT_RAN) != 0;
    t->unknown += v->certainty == CT_UNKNOWN;
    t->blocked += ct_str_eq(record->waf, CT_STR("block"));
    t->by_status[status_class(record)]++;
    struct ct_finding *f = NULL;
    CT_TRY(ct_finding_make(s->kept, &s->fires, &s->opts, block, record, v, offset, content, &f));
    r->kept += f->bytes;
    f->attempt.line = block->entry ? 0 : line;
    *r->last = f;
    r->last = &f->next;
    return CT_OK;
}

static ct_err judge_window(ct_scanner *s, ct_str line, size_t from, bool goes_on, struct ct_verdict *ret_verdict)
{
    struct ct_field field = {CT_STR_INIT("message"), ct_str_slice(line, from, from + CT_WINDOW)};
    struct ct_judge_opts opts = s->opts.judge;
    opts.truncated = goes_on || from + CT_WINDOW < line.n; /* its brace may close in the next window */
    return ct_judge(s->line, &opts, &field, 1, ret_verdict);
}

/* Where the next window starts: with the lookup that this one leaves open, but half a window on at least, so that nobody makes us judge a
 * line many times. */
static size_t next_window(ct_str line, size_t from)
{
    size_t open = 0, depth = 0, end = from + CT_WINDOW, least = from + CT_WINDOW / 2, usual = end - CT_WINDOW_OVERLAP;
    for (size_t i = from; i + 1 < end; i++) {
        if (line.p[i] == '}') depth -= depth > 0;
        else if (line.p[i] == '$' && line.p[i + 1] == '{' && depth++ == 0) open = i;
    }
    return depth && open >= least && open < usual ? open : usual;
}

/* An over-long line, or a piece of one: judged as raw text in overlapping windows around the places the prefilter finds. The
 * best verdict stands for the line; it is made twice, so that only one window's work is in memory at a time. What starts in
 * the part that the next piece repeats is left to that piece. */
static ct_err judge_long(ct_scanner *s, ct_str line, bool goes_on, struct ct_verdict *ret_best, ct_str *ret_where)
{
    enum { BEFORE = 4096 };
    struct ct_verdict best = {0}, v;
    size_t best_from = 0, best_hit = 0, end = goes_on && line.n > CT_WINDOW_OVERLAP ? line.n - CT_WINDOW_OVERLAP : line.n;
    bool has_lookup = false, raw_lookup = false;
    uint64_t ignored = 0;
    struct ct_arena_mark mark = ct_arena_mark(s->line);
    for (size_t at = 0;;) {
        size_t hit = ct_prefilter_next(line, at, &ignored);
        if (hit == CT_STR_NONE || hit >= end) break;
        size_t from = hit > at + BEFORE ? hit - BEFORE : at;
        CT_TRY(judge_window(s, line, from, goes_on, &v));
        ct_arena_reset(s->line, mark);
        has_lookup |= v.has_lookup;
        raw_lookup |= v.raw_lookup;
        if (v.grade > best.grade || (v.grade == best.grade && v.certainty < best.certainty)) {
            best = v; /* its strings are gone: only what it says counts here */
            best_from = from;
            best_hit = hit;
        }
        if (from + CT_WINDOW >= line.n || (best.grade == CT_GRADE_EXPLOIT && best.certainty == CT_CERTAIN)) break;
        at = next_window(line, from);
    }
    if (best.grade != CT_GRADE_NONE) CT_TRY(judge_window(s, line, best_from, goes_on, &best));
    best.has_lookup = has_lookup;
    best.raw_lookup = raw_lookup;
    best.field = CT_STR("message");
    *ret_best = best;
    *ret_where = ct_str_slice(line, best_hit, best_hit + BEFORE);
    return CT_OK;
}

/* A raw line may quote several values: an application logs them one by one, so each is judged by itself too. */
static void add_quoted(struct ct_record *r, ct_str line)
{
    ct_str rest = line;
    (void)ct_str_cut(&rest, '"');
    while (rest.p && r->n_fields < CT_FIELDS_MAX) {
        ct_str part = ct_str_cut(&rest, '"');
        if (part.n && part.n < line.n) r->fields[r->n_fields++] = (struct ct_field){CT_STR_INIT("message"), part};
    }
}

/* In January a log still ends with December's stamps. */
static ct_err parse(ct_scanner *s, struct ct_format_state *state, ct_str line, struct ct_record *ret_record)
{
    CT_TRY(ct_format_parse(s->line, state, s->opts.format, line, ret_record));
    bool future = s->opts.now_us && ret_record->in_syslog && ret_record->time_us != CT_TIME_NONE &&
                  ret_record->time_us > s->opts.now_us + INT64_C(86400000000);
    if (!future) return CT_OK;
    state->year--;
    ct_err e = ct_format_parse(s->line, state, s->opts.format, line, ret_record);
    state->year++;
    return e;
}

/* Judges a record. Where Log4j itself says that a lookup failed, the lookup it speaks of is judged too, as it was asked of JNDI; then that
 * is what counts, and the line as it stands is shown. */
static ct_err judge_record(ct_scanner *s, const struct ct_judge_opts *opts, struct ct_record *record, bool status, struct ct_verdict *ret_verdict)
{
    static const ct_str field = CT_STR_INIT("log4j.status");
    ct_str name;
    struct ct_buf lookup;
    if (!status || record->n_fields == CT_FIELDS_MAX || !ct_status_name(record, &name))
        return ct_judge(s->line, opts, record->fields, record->n_fields, ret_verdict);
    ct_buf_init(&lookup, s->line, name.n + 8);
    ct_buf_text(&lookup, "${jndi:");
    ct_buf_add(&lookup, name);
    ct_buf_byte(&lookup, '}');
    CT_TRY(lookup.err);
    record->fields[record->n_fields] = (struct ct_field){field, ct_buf_view(&lookup)};
    CT_TRY(ct_judge(s->line, opts, record->fields, record->n_fields + 1, ret_verdict));
    if (ret_verdict->field.p != field.p) return CT_OK;
    ret_verdict->traits |= CT_TRAIT_RAN;
    ret_verdict->has_lookup = ret_verdict->raw_lookup = false; /* the log holds none */
    return CT_OK;
}

/* One line, or a piece of one, at b[from..to). status: it may be Log4j's own. */
static ct_err judge_line(ct_scanner *s, struct ct_format_state *state, const struct ct_block *block, ct_str line, size_t from,
                         uint64_t number, bool status, struct ct_block_result *r)
{
    ct_arena_clear(s->line);
    struct ct_record *record = ct_arena_alloc(s->line, sizeof *record);
    struct ct_verdict v;
    if (!record) return CT_ERR_NOMEM;
    r->tally.judged++;
    bool continues = block->continues && from == 0;
    if (line.n > CT_WINDOW || continues || block->goes_on) {
        *record = (struct ct_record){.format = CT_FORMAT_RAW, .time_us = CT_TIME_NONE};
        if (!continues) CT_TRY(ct_format_parse(s->line, state, s->opts.format, ct_str_slice(line, 0, CT_WINDOW), record));
        if (record->time_us == CT_TIME_NONE && block->entry) record->time_us = block->entry->time_us;
        r->tally.long_lines += !continues;
        ct_str where;
        CT_TRY(judge_long(s, line, block->goes_on, &v, &where));
        record->n_fields = 1;
        record->fields[0] = (struct ct_field){v.field, where};
        return settle(s, block, record, &v, block->offset + from, number, line, r);
    }
    CT_TRY(parse(s, state, line, record));
    if (record->time_us == CT_TIME_NONE && block->entry) record->time_us = block->entry->time_us;
    if (record->format == CT_FORMAT_RAW || record->format == CT_FORMAT_SYSLOG) add_quoted(record, line);
    struct ct_judge_opts opts = s->opts.judge;
    opts.truncated = record->truncated;
    opts.mail = record->format == CT_FORMAT_POSTFIX || record->format == CT_FORMAT_EXIM;
    if (record->more_fields) {
        struct ct_field whole = {CT_STR_INIT("message"), line};
        record->fields[CT_FIELDS_MAX - 1] = whole;
    }
    CT_TRY(judge_record(s, &opts, record, status, &v));
    return settle(s, block, record, &v, block->offset + from, number, line, r);
}

static size_t line_end(ct_str b, size_t at)
{
    const unsigned char *nl = at < b.n ? memchr(b.p + at, '\n', b.n - at) : NULL;
    return nl ? (size_t)(nl - b.p) : b.n;
}

/* Of the line that holds `at`; from: the start of a line before it, or the newline there. */
static size_t line_start(ct_str b, size_t from, size_t at)
{
    const unsigned char *nl = memrchr(b.p + from, '\n', at - from);
    return nl ? (size_t)(nl - b.p) + 1 : from;
}

static ct_str without_cr(ct_str line)
{
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    return line;
}

void ct_scanner_note(struct ct_format_state *state, ct_str lines)
{
    for (size_t at = 0; at < lines.n;) {
        size_t end = line_end(lines, at);
        (void)ct_format_note(state, without_cr(ct_str_slice(lines, at, end)));
        at = end + 1;
    }
}

/* Is this a mail server's log? Its lines hold "from=<a@b>" or " <= a@b", and a '<' stands in few others; Postfix names itself. Taking another
 * log for one costs time alone. */
static bool is_mail(const ct_scanner *s, ct_str b)
{
    enum { LOOK = 4096, FIRST = 128 };
    if (s->opts.format != CT_FORMAT_AUTO) return s->opts.format == CT_FORMAT_POSTFIX || s->opts.format == CT_FORMAT_EXIM;
    ct_str rest = ct_str_slice(b, 0, LOOK);
    for (size_t at; (at = ct_str_chr(rest, '<')) != CT_STR_NONE; rest = ct_str_slice(rest, at + 1, rest.n)) {
        bool address = at > 0 && rest.p[at - 1] == '=', arrival = at + 1 < rest.n && rest.p[at + 1] == '=';
        if (address || arrival) return true;
    }
    return ct_str_find(ct_str_slice(b, 0, FIRST), CT_STR("postfix/")) != CT_STR_NONE;
}

/* May it hold Log4j's own lines? */
static bool is_program(const ct_scanner *s, ct_str b)
{
    enum ct_format f = s->opts.format;
    return (f == CT_FORMAT_AUTO || f == CT_FORMAT_RAW || f == CT_FORMAT_SYSLOG || f == CT_FORMAT_JSON) && ct_status_may(b);
}

/* Where something worth judging may start, as ct_prefilter_next says, in mail what only mail encodes, and what Log4j itself says. Each is
 * asked again only once it was passed. */
struct hits {
    bool mail, status, begun;
    size_t lead, word, said;
};

static size_t next_hit(struct hits *h, ct_str b, size_t at, uint64_t *lines)
{
    uint64_t passed = 0; /* newlines before the lead */
    if (!h->mail && !h->status) return ct_prefilter_next(b, at, lines);
    bool searched = !h->begun || h->lead < at;
    if (searched) h->lead = ct_prefilter_next(b, at, &passed);
    if (!h->begun || h->word < at) h->word = h->mail ? ct_mail_next(b, at, true) : CT_STR_NONE;
    if (!h->begun || h->said < at) h->said = h->status ? ct_status_next(b, at) : CT_STR_NONE;
    h->begun = true;
    size_t hit = h->lead < h->word ? h->lead : h->word;
    if (h->said < hit) hit = h->said;
    if (searched && hit == h->lead) {
        *lines += passed;
        return hit;
    }
    for (size_t i = at, end = hit < b.n ? hit : b.n; (i = line_end(ct_str_slice(b, 0, end), i)) < end; i++) ++*lines;
    return hit;
}

/* A line that holds a hit: where, and how many lines of the block lie before it. */
struct hit_line {
    size_t start, end;
    uint64_t before;
};

/* The next ones, at most `most`, from *at on. The newline of the last is counted by the next search. */
static size_t next_hit_lines(struct hits *h, ct_str b, size_t *at, uint64_t *lines, struct hit_line *ret_found, size_t most)
{
    size_t n = 0;
    while (n < most && *at < b.n) {
        size_t hit = next_hit(h, b, *at, lines);
        if (hit == CT_STR_NONE) {
            *at = b.n;
            break;
        }
        ret_found[n] = (struct hit_line){line_start(b, *at, hit), line_end(b, hit), *lines};
        *at = ret_found[n++].end;
    }
    return n;
}

ct_err ct_scanner_block(ct_scanner *s, struct ct_format_state *state, const struct ct_block *block, size_t from,
                        struct ct_block_result *ret_result)
{
    enum { TOGETHER = 16 }; /* judged one behind the other: the first finds the caches cold */
    struct ct_block_result *r = ret_result;
    struct ct_format_state none = {.year = s->opts.year};
    struct hit_line found[TOGETHER];
    ct_str b = block->bytes;
    *r = (struct ct_block_result){.next = b.n};
    r->last = &r->first;
    uint64_t lines = 0;
    struct hits hits = {.mail = is_mail(s, b), .status = is_program(s, b)};
    for (size_t at = from, noted = from; at < b.n && r->next == b.n;) {
        size_t n = next_hit_lines(&hits, b, &at, &lines, found, TOGETHER);
        for (size_t i = 0; i < n && r->next == b.n; i++) {
            const struct hit_line *l = &found[i];
            if (state) ct_scanner_note(state, ct_str_slice(b, noted, l->end));
            noted = l->end;
            CT_TRY(judge_line(s, state ? state : &none, block, without_cr(ct_str_slice(b, l->start, l->end)), l->start, l->before + 1, hits.status, r));
            if (r->kept < CT_FINDINGS_MAX) continue;
            r->next = l->end;
            lines = l->before;
        }
        if (state && at == b.n && r->next == b.n) ct_scanner_note(state, ct_str_slice(b, noted, b.n));
    }
    r->tally.bytes = r->next - from;
    r->tally.lines = lines;
    return CT_OK;
}

ct_err ct_scanner_sample(ct_scanner *s, struct ct_format_state *state, ct_str bytes, unsigned most, struct ct_tally *tally,
                         bool *ret_stateful)
{
    bool stateful = false;
    for (size_t at = 0; at < bytes.n && most; most--) {
        ct_arena_clear(s->line);
        size_t end = line_end(bytes, at);
        ct_str line = without_cr(ct_str_slice(bytes, at, end));
        at = end + 1;
        struct ct_record *record = ct_arena_alloc(s->line, sizeof *record);
        if (!record) return CT_ERR_NOMEM;
        if (ct_format_note(state, line)) {
            stateful = true;
            continue;
        }
        if (line.n == 0 || line.n > CT_WINDOW) continue;
        CT_TRY(ct_format_parse(s->line, state, s->opts.format, line, record));
        tally->by_format[record->format]++;
    }
    *ret_stateful = stateful;
    return CT_OK;
}
