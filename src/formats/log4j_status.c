#include "formats/log4j_status.h"

#include "formats/line_in.h"

#include <string.h>

enum { LOOK = 1024, STAMP = sizeof "2021-12-10 14:02:07,123 " - 1, THREAD_MAX = 96, SOURCE_MAX = 64 };

#define RESOURCE "JNDI resource ["

/* "192.0.2.7,": the first of several. */
static bool is_client(ct_str word)
{
    if (word.n && word.p[word.n - 1] == ',') word.n--;
    return word.n && ct_is_address(ct_cut_port(word));
}

bool ct_status_may(ct_str block)
{
    ct_str line = ct_str_slice(block, 0, LOOK);
    line = ct_str_cut(&line, '\n');
    if (line.n && line.p[0] == '{')
        return ct_str_find(line, CT_STR("\"log\":")) != CT_STR_NONE || ct_str_find(line, CT_STR("\"message\":")) != CT_STR_NONE ||
               ct_str_find(line, CT_STR("\"msg\":")) != CT_STR_NONE;
    return !is_client(ct_next_word(&line)) && !is_client(ct_next_word(&line));
}

typedef unsigned char vector __attribute__((vector_size(16)));

static vector load(const unsigned char *p)
{
    vector v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Logs of Java are full of 'J': a pair of bytes is looked for, by 64 at a time. */
size_t ct_status_next(ct_str block, size_t from)
{
    enum { STEP = 64, DISTANCE = 2 };
    static const ct_str text = CT_STR_INIT(RESOURCE);
    while (from < block.n && block.n - from >= STEP + DISTANCE) {
        const unsigned char *p = block.p + from;
        vector seen = {0};
        for (size_t i = 0; i < STEP; i += sizeof seen)
            seen |= (vector)(load(p + i) == text.p[0]) & (vector)(load(p + i + DISTANCE) == text.p[DISTANCE]);
        uint64_t any[2];
        memcpy(any, &seen, sizeof any);
        if (any[0] | any[1]) {
            size_t hit = ct_str_find(ct_str_slice(block, from, from + STEP + text.n - 1), text);
            if (hit != CT_STR_NONE) return from + hit;
        }
        from += STEP;
    }
    size_t hit = ct_str_find(ct_str_slice(block, from, SIZE_MAX), text);
    return hit == CT_STR_NONE ? hit : from + hit;
}

/* A thread's name holds no word that layouts put before a message, and no second stamp. */
static bool is_thread(ct_str s)
{
    static const ct_str levels[] = {CT_STR_INIT("TRACE"), CT_STR_INIT("DEBUG"), CT_STR_INIT("INFO"), CT_STR_INIT("WARN"), CT_STR_INIT("ERROR"), CT_STR_INIT("FATAL")};
    if (s.n > THREAD_MAX) return false;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (ct_str_find(s, levels[i]) != CT_STR_NONE) return false;
    for (size_t i = 1; i + 1 < s.n; i++)
        if (s.p[i] == ':' && ct_ascii_digit(s.p[i - 1]) && ct_ascii_digit(s.p[i + 1])) return false;
    return true;
}

/* Log4j's stamp and thread before it, and before these nothing but the name that a console puts there: what an application logs of a
 * request begins otherwise. */
static bool is_own(ct_str before)
{
    int64_t us;
    size_t source = ct_str_find(ct_str_slice(before, 0, SOURCE_MAX), CT_STR("| "));
    if (source != CT_STR_NONE) before = ct_str_slice(before, source + 2, SIZE_MAX);
    if (before.n < STAMP || ct_time_iso_at(ct_str_slice(before, 0, STAMP - 1), &us) != STAMP - 1 || before.p[STAMP - 1] != ' ') return false;
    ct_str thread = ct_str_slice(before, STAMP, SIZE_MAX);
    if (ct_str_eq(thread, CT_STR("WARN "))) return true;
    return ct_str_ends(thread, CT_STR(" WARN ")) && is_thread(ct_str_slice(thread, 0, thread.n - 6));
}

static bool name_in(ct_str value, ct_str *ret_name)
{
    static const ct_str text = CT_STR_INIT("Error looking up " RESOURCE);
    size_t at = ct_str_find(value, text);
    if (at == CT_STR_NONE || !is_own(ct_str_slice(value, 0, at))) return false;
    ct_str name = ct_str_slice(value, at + text.n, SIZE_MAX);
    size_t end = ct_str_find(name, CT_STR("]. javax.naming."));
    if (end == CT_STR_NONE) end = ct_str_find(name, CT_STR("]."));
    if (end == CT_STR_NONE) return false;
    *ret_name = ct_str_slice(name, 0, end);
    return end > 0;
}

bool ct_status_name(const struct ct_record *r, ct_str *ret_name)
{
    bool program = r->format == CT_FORMAT_RAW || r->format == CT_FORMAT_SYSLOG || (r->format == CT_FORMAT_JSON && !r->client.n && !r->path.n);
    ct_str name;
    for (size_t i = 0; program && i < r->n_fields; i++)
        if (name_in(r->fields[i].value, &name) && ct_jndi_target(name).connects != CT_CONNECTS_NO) {
            *ret_name = name;
            return true;
        }
    return false;
}
