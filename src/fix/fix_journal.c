#include "fix/fix_journal.h"
#include "base/limits.h"

#include <limits.h>
#include <string.h>

static int hex_of(unsigned char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void add_hex(struct ct_buf *out, unsigned char c)
{
    ct_buf_byte(out, (unsigned char)"0123456789abcdef"[c >> 4]);
    ct_buf_byte(out, (unsigned char)"0123456789abcdef"[c & 15]);
}

static void add_digest(struct ct_buf *out, const unsigned char *digest)
{
    for (size_t i = 0; i < CT_BLAKE2B_DIGEST; i++) add_hex(out, digest[i]);
}

void ct_fix_journal_file(struct ct_buf *out, size_t n, const struct stat *was, const unsigned char digest[CT_BLAKE2B_DIGEST], ct_str path)
{
    ct_buf_printf(out, "file %zu %u %u %o %lld %ld ", n, was->st_uid, was->st_gid, was->st_mode & 07777u, (long long)was->st_mtim.tv_sec,
                  was->st_mtim.tv_nsec);
    add_digest(out, digest);
    ct_buf_byte(out, ' ');
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] > ' ' && path.p[i] < 0x7f && path.p[i] != '%') {
            ct_buf_byte(out, path.p[i]);
        } else {
            ct_buf_byte(out, '%');
            add_hex(out, path.p[i]);
        }
    ct_buf_byte(out, '\n');
}

void ct_fix_journal_ready(struct ct_buf *out, size_t n, const unsigned char *digest)
{
    ct_buf_printf(out, "ready %zu ", n);
    if (digest) add_digest(out, digest);
    else ct_buf_byte(out, '-');
    ct_buf_byte(out, '\n');
}

static bool number(ct_str *rest, unsigned base, uint64_t max, uint64_t *ret)
{
    ct_str word = ct_str_cut(rest, ' ');
    uint64_t v = 0;
    if (word.n == 0 || word.n > 20) return false;
    for (size_t i = 0; i < word.n; i++) {
        unsigned d = (unsigned)word.p[i] - '0';
        if (d >= base || v > (max - d) / base) return false;
        v = v * base + d;
    }
    *ret = v;
    return true;
}

static bool digest_of(ct_str word, unsigned char ret[CT_BLAKE2B_DIGEST])
{
    if (word.n != 2 * CT_BLAKE2B_DIGEST) return false;
    for (size_t i = 0; i < CT_BLAKE2B_DIGEST; i++) {
        int high = hex_of(word.p[2 * i]), low = hex_of(word.p[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        ret[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* Absolute, without NUL and within what the system takes; null otherwise. */
static const char *path_of(ct_arena *arena, ct_str word)
{
    char *path = ct_arena_alloc(arena, word.n + 1);
    size_t n = 0;
    for (size_t i = 0; path && i < word.n; i++, n++) {
        path[n] = (char)word.p[i];
        if (word.p[i] != '%') continue;
        int high = i + 2 < word.n ? hex_of(word.p[i + 1]) : -1, low = i + 2 < word.n ? hex_of(word.p[i + 2]) : -1;
        if (high < 0 || low < 0 || high + low == 0) return NULL;
        path[n] = (char)(high << 4 | low);
        i += 2;
    }
    if (!path || n == 0 || n >= PATH_MAX || path[0] != '/' || memchr(path, 0, n)) return NULL;
    path[n] = 0;
    return path;
}

static bool read_file_line(ct_arena *arena, struct ct_fix_journal *j, uint64_t n, ct_str rest)
{
    struct ct_fix_entry *e = &j->entries[j->n];
    uint64_t uid, gid, mode, seconds, nanoseconds;
    *e = (struct ct_fix_entry){0};
    if (n != j->n || j->n == CT_FIX_FILES_MAX || !number(&rest, 10, UINT32_MAX, &uid) || !number(&rest, 10, UINT32_MAX, &gid) ||
        !number(&rest, 8, 07777, &mode)) return false;
    bool before_1970 = rest.n > 0 && rest.p[0] == '-';
    if (before_1970) rest = ct_str_slice(rest, 1, rest.n);
    if (!number(&rest, 10, INT64_MAX, &seconds) || !number(&rest, 10, 999999999, &nanoseconds) || !digest_of(ct_str_cut(&rest, ' '), e->old) ||
        !(e->path = path_of(arena, rest))) return false;
    e->was = (struct stat){.st_uid = (uid_t)uid, .st_gid = (gid_t)gid, .st_mode = (mode_t)mode,
                           .st_mtim = {before_1970 ? -(time_t)seconds : (time_t)seconds, (long)nanoseconds}};
    j->n++;
    return true;
}

static bool read_line(ct_arena *arena, struct ct_fix_journal *j, ct_str line)
{
    ct_str word = ct_str_cut(&line, ' ');
    uint64_t n;
    if (!number(&line, 10, CT_FIX_FILES_MAX, &n)) return false;
    if (ct_str_eq(word, CT_STR("file"))) return read_file_line(arena, j, n, line);
    if (n >= j->n) return false;
    struct ct_fix_entry *e = &j->entries[n];
    if (ct_str_eq(word, CT_STR("ready")) && !e->ready) {
        e->ready = true;
        e->whole = ct_str_eq(line, CT_STR("-"));
        return e->whole || digest_of(line, e->now);
    }
    if (!e->ready || line.n != 0) return false;
    if (ct_str_eq(word, CT_STR("done"))) e->done = true;
    else if (ct_str_eq(word, CT_STR("undone"))) e->undone = true;
    else return false;
    return true;
}

ct_err ct_fix_journal_read(ct_arena *arena, ct_str text, struct ct_fix_journal *ret_journal, struct ct_fault *fault)
{
    struct ct_fix_journal j = {0};
    size_t files = 0;
    for (size_t i = 0; i < text.n; i++) files += text.p[i] == 'f' && (i == 0 || text.p[i - 1] == '\n');
    if (files > CT_FIX_FILES_MAX) files = CT_FIX_FILES_MAX;
    j.entries = ct_arena_array(arena, files + 1, sizeof *j.entries);
    if (!j.entries) return CT_ERR_NOMEM;
    for (uint64_t number_of_line = 1; text.n > 0; number_of_line++) {
        size_t end = ct_str_chr(text, '\n');
        if (end == CT_STR_NONE) break;
        ct_str line = ct_str_slice(text, 0, end);
        bool good = number_of_line == 1 ? ct_str_eq(line, CT_STR("caltrop-fix 1")) : read_line(arena, &j, line);
        if (!good) {
            if (fault) fault->line = number_of_line;
            return ct_fault_set(fault, CT_ERR_SYNTAX, 0, "line %llu of the journal", (unsigned long long)number_of_line);
        }
        text = ct_str_slice(text, end + 1, text.n);
    }
    *ret_journal = j;
    return CT_OK;
}
