/* Maven 4's org.apache.maven.artifact.versioning.ComparableVersion.
 *
 * How it works: a version is a list of items: numbers, qualifiers, combinations (a qualifier with a number, "rc1", "rc-1")
 * and lists. A hyphen, or a change between digits and letters, opens a list inside the list; nothing ever follows it
 * there, so the nested lists are one flat run of items with marks where the next list opens. Null items (0, empty lists)
 * are dropped at the end of a list and before qualifiers. Then two lists are compared item by item, a missing item against
 * null.
 *
 * Key: one token after the other:
 *   NUMBER length digits | TEXT rank length bytes | COMBINED rank length bytes length digits | LIST
 */
#include "version/order.h"

enum { NUMBER = 1, TEXT, COMBINED, LIST, END };

enum { RANK_RELEASE = 5, RANK_UNKNOWN = 7 };

/* Offsets into the version; small, since a parser full of them is cleared for each version. */
struct item {
    unsigned char kind;
    bool dropped;
    uint16_t text, text_n, digits, digits_n; /* letters in any case, digits without leading zeros */
};

static const struct {
    ct_str word;
    unsigned char rank;
} qualifiers[] = {
#define Q(word, rank) {CT_STR_INIT(word), rank}
    Q("alpha", 0), Q("beta", 1), Q("milestone", 2), Q("rc", 3), Q("cr", 3), Q("snapshot", 4), Q("ga", RANK_RELEASE),
    Q("final", RANK_RELEASE), Q("release", RANK_RELEASE), Q("sp", 6),
#undef Q
};

static unsigned rank_of(ct_str word, bool digit_follows)
{
    if (digit_follows && word.n == 1) {
        unsigned char c = ct_ascii_lower(word.p[0]);
        if (c == 'a') return 0;
        if (c == 'b') return 1;
        if (c == 'm') return 2;
    }
    for (size_t i = 0; i < sizeof qualifiers / sizeof *qualifiers; i++)
        if (ct_str_eq_fold(qualifiers[i].word, word)) return qualifiers[i].rank;
    return RANK_UNKNOWN;
}

struct parser {
    ct_str v;
    struct item items[2 * CT_VERSION_MAX + 2];
    size_t n, list_n; /* items; and those of the innermost list */
    size_t start;     /* of the item being read */
    bool digits, combined;
};

static void push(struct parser *p, struct item item)
{
    p->items[p->n++] = item;
    p->list_n++;
}

static void open_list(struct parser *p)
{
    if (p->list_n == 0) return;
    p->items[p->n++] = (struct item){.kind = LIST};
    p->list_n = 0;
}

static void push_zero(struct parser *p) { push(p, (struct item){.kind = NUMBER}); }

/* The item from start to end. A combination's hyphen stands between its two parts. */
static void push_item(struct parser *p, size_t end)
{
    size_t digits = p->start;
    if (p->combined || !p->digits)
        while (digits < end && !ct_ascii_digit(p->v.p[digits])) digits++;
    size_t text_n = digits - p->start;
    if (p->combined && text_n && p->v.p[digits - 1] == '-') text_n--;
    while (digits < end && p->v.p[digits] == '0') digits++;
    push(p, (struct item){.kind = p->combined ? COMBINED : p->digits ? NUMBER : TEXT, .text = (uint16_t)p->start, .text_n = (uint16_t)text_n,
                          .digits = (uint16_t)digits, .digits_n = (uint16_t)(end - digits)});
}

static void parse(struct parser *p)
{
    for (size_t i = 0; i < p->v.n; i++) {
        unsigned char c = p->v.p[i];
        if (c == '.') {
            if (i == p->start) push_zero(p);
            else push_item(p, i);
            p->combined = false;
            p->start = i + 1;
        } else if (c == '-') {
            if (i == p->start) {
                push_zero(p);
            } else {
                if (!p->digits && i + 1 < p->v.n && ct_ascii_digit(p->v.p[i + 1])) {
                    p->combined = true;
                    continue;
                }
                push_item(p, i);
            }
            p->start = i + 1;
            open_list(p);
            p->combined = false;
        } else if (ct_ascii_digit(c)) {
            if (!p->digits && i > p->start) {
                p->combined = true;
                open_list(p);
            }
            p->digits = true;
        } else {
            if (p->digits && i > p->start) {
                push_item(p, i);
                p->start = i;
                open_list(p);
                p->combined = false;
            }
            p->digits = false;
        }
    }
    if (p->v.n > p->start) {
        if (!p->digits) open_list(p);
        push_item(p, p->v.n);
    }
}

/* Backwards, so that each list is tidy before the one around it. next: what follows in the same list; behind: the first
 * item of the list that follows. */
static void drop_nulls(struct parser *p)
{
    unsigned next = END, first = END;
    for (size_t i = p->n; i-- > 0;) {
        struct item *item = &p->items[i];
        if (item->kind == LIST) {
            item->dropped = next == END;
            if (!item->dropped) {
                first = next;
                next = LIST;
            }
            continue;
        }
        bool null = item->kind == NUMBER && item->digits_n == 0;
        if (null && (next == END || next == TEXT || (next == LIST && (first == COMBINED || first == TEXT)))) {
            item->dropped = true;
            continue;
        }
        next = item->kind;
    }
}

static void write_word(struct ct_key *k, ct_str word, bool digit_follows)
{
    unsigned rank = rank_of(word, digit_follows);
    ct_key_byte(k, rank);
    if (rank != RANK_UNKNOWN) return;
    ct_key_byte(k, (unsigned)word.n);
    for (size_t i = 0; i < word.n; i++) {
        unsigned char c = word.p[i];
        bool latin1 = i > 0 && word.p[i - 1] == 0xc3 && c >= 0x80 && c <= 0x9e && c != 0x97; /* U+00C0..DE but the times sign */
        ct_key_byte(k, latin1 ? c + 0x20u : ct_ascii_lower(c));
    }
}

ct_err ct_key_maven(struct ct_key *k, ct_str v)
{
    struct parser p = {.v = v};
    parse(&p);
    drop_nulls(&p);
    for (size_t i = 0; i < p.n; i++) {
        const struct item *item = &p.items[i];
        if (item->dropped) continue;
        ct_key_byte(k, item->kind);
        if (item->kind == TEXT || item->kind == COMBINED) write_word(k, (ct_str){v.p + item->text, item->text_n}, item->kind == COMBINED);
        if (item->kind == NUMBER || item->kind == COMBINED) ct_key_number(k, (ct_str){v.p + item->digits, item->digits_n});
    }
    return CT_OK;
}

/* One token of a key. */
struct token {
    unsigned kind, rank;
    ct_str text, digits;
};

static ct_str counted(ct_str *rest)
{
    size_t n = rest->p[0];
    ct_str s = {rest->p + 1, n};
    *rest = ct_skip(*rest, n + 1);
    return s;
}

static struct token next_token(ct_str *rest)
{
    struct token t = {.kind = END};
    if (rest->n == 0) return t;
    t.kind = rest->p[0];
    *rest = ct_skip(*rest, 1);
    if (t.kind == TEXT || t.kind == COMBINED) {
        t.rank = rest->p[0];
        *rest = ct_skip(*rest, 1);
        if (t.rank == RANK_UNKNOWN) t.text = counted(rest);
    }
    if (t.kind == NUMBER || t.kind == COMBINED) t.digits = counted(rest);
    return t;
}

static int sign(int c) { return c < 0 ? -1 : c > 0; }

static int cmp_digits(ct_str a, ct_str b) { return a.n != b.n ? (a.n < b.n ? -1 : 1) : sign(ct_str_cmp(a, b)); }

static int cmp_word(const struct token *a, const struct token *b)
{
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    return sign(ct_str_cmp(a->text, b->text));
}

/* A token against null; for a list, all that is in it. */
static int cmp_null(struct token t, ct_str rest)
{
    for (; t.kind != END; t = next_token(&rest)) {
        if (t.kind == NUMBER && t.digits.n) return 1;
        if ((t.kind == TEXT || t.kind == COMBINED) && t.rank != RANK_RELEASE) return t.rank < RANK_RELEASE ? -1 : 1;
    }
    return 0;
}

/* Two tokens of which none is END and at most one a LIST. */
static int cmp_token(const struct token *a, const struct token *b)
{
    if (a->kind == NUMBER) return b->kind == NUMBER ? cmp_digits(a->digits, b->digits) : 1;
    if (b->kind == NUMBER) return -1;
    if (a->kind == LIST) return 1;
    if (b->kind == LIST) return -1;
    int c = cmp_word(a, b);
    if (c || (a->kind == TEXT && b->kind == TEXT)) return c;
    if (a->kind == COMBINED && b->kind == COMBINED) return cmp_digits(a->digits, b->digits);
    return a->kind == COMBINED ? 1 : -1; /* X1 > X */
}

int ct_key_cmp_maven(ct_str a, ct_str b)
{
    for (;;) {
        struct token ta = next_token(&a), tb = next_token(&b);
        if (ta.kind == END) return -cmp_null(tb, b);
        if (tb.kind == END) return cmp_null(ta, a);
        if (ta.kind == LIST && tb.kind == LIST) continue;
        int c = cmp_token(&ta, &tb);
        if (c) return c;
    }
}
