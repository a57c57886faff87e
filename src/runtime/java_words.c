#include "runtime/java_args.h"

#include "base/buf.h"

/* Words out of text, each in one piece of memory: a word is never longer than the text it stands in. */
struct splitter {
    ct_str s;
    size_t i;
    struct ct_buf word;
    unsigned char quote;
    bool open;    /* a word has begun, perhaps an empty quoted one */
    size_t solid; /* so much of the word a comment does not take away: what stands before its last quote or escape */
};

static bool blank_in_file(unsigned char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
static bool blank_in_variable(unsigned char c) { return blank_in_file(c) || c == '\v'; }

static void skip_line(struct splitter *w)
{
    while (w->i < w->s.n && w->s.p[w->i] != '\n' && w->s.p[w->i] != '\r') w->i++;
}

/* Behind a backslash inside quotes of a file. A line end there goes away, with the blanks that begin the next line. */
static void escape(struct splitter *w)
{
    unsigned char c = w->i < w->s.n ? w->s.p[w->i++] : '\n';
    if (c == '\n' || c == '\r') {
        while (w->i < w->s.n && blank_in_file(w->s.p[w->i])) w->i++;
        if (w->i == w->s.n) w->open = false; /* a word that nothing goes on with is lost */
        return;
    }
    ct_buf_byte(&w->word, c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == 'f' ? '\f' : c);
}

/* One byte of a file; true: the word has ended. */
static bool step_file(struct splitter *w)
{
    unsigned char c = w->s.p[w->i++];
    if (w->quote) {
        if (c == '\n' || c == '\r') { /* an open quote ends with its line */
            w->quote = 0;
            return true;
        }
        if (c == w->quote) {
            w->quote = 0;
            w->solid = w->word.n;
        } else if (c == '\\') escape(w);
        else ct_buf_byte(&w->word, c);
        return false;
    }
    if (blank_in_file(c)) return w->open;
    /* A comment begins in the middle of a word too. It takes the end of the word with it, up to the last quote, and what the
     * next line begins with is joined to the rest. So does the real one. */
    if (c == '#') {
        skip_line(w);
        w->word.n = w->solid;
        w->open = false;
        return false;
    }
    w->open = true;
    if (c == '"' || c == '\'') {
        w->quote = c;
        w->solid = w->word.n;
    } else ct_buf_byte(&w->word, c);
    return false;
}

static bool step_variable(struct splitter *w)
{
    unsigned char c = w->s.p[w->i++];
    if (!w->quote && blank_in_variable(c)) return w->open;
    w->open = true;
    if (w->quote ? c == w->quote : c == '"' || c == '\'') w->quote = w->quote ? 0 : c;
    else ct_buf_byte(&w->word, c);
    return false;
}

ct_err ct_java_words_each(ct_arena *arena, ct_str text, enum ct_java_words how, ct_java_word_fn *each, void *ctx)
{
    struct splitter w = {.s = text};
    ct_buf_init(&w.word, arena, text.n + 1);
    while (w.i < text.n) {
        bool ended = how == CT_JAVA_WORDS_FILE ? step_file(&w) : step_variable(&w);
        /* What is open at the end is a word, but for an empty one in a file: the real one loses it. */
        bool last = w.i == text.n && w.open && (w.word.n || how == CT_JAVA_WORDS_VARIABLE);
        if (!ended && !last) continue;
        ct_str word, kept = CT_STR("");
        CT_TRY(ct_buf_str(&w.word, &word));
        if (word.n) CT_TRY(ct_arena_dup(arena, word, &kept));
        CT_TRY(each(ctx, kept));
        w.word.n = w.solid = 0;
        w.open = false;
    }
    return CT_OK;
}
