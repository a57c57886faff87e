/* Campaign keys: what stays the same when an attacker's tool sends the same attack again.
 *
 * Folding is a judgement on single words of a path, so it errs both ways: "20211210" folds though it may be a name, and
 * a payload kept under a random word of few letters stays apart. Either costs a row in a table, nothing else.
 */
#include "base/limits.h"
#include "campaign/campaign.h"
#include "campaign/host.h"
#include "detect/verdict.h"

/* Writes at most CT_CAMPAIGN_KEY_MAX bytes, so that one long attack cannot fill the table. */
struct key {
    struct ct_buf *out;
    size_t left;
};

static void put(struct key *k, ct_str s)
{
    if (s.n > k->left) s.n = k->left;
    ct_buf_add(k->out, s);
    k->left -= s.n;
}

static void put_lower(struct key *k, ct_str s)
{
    for (size_t i = 0; i < s.n && k->left; i++, k->left--) ct_buf_byte(k->out, ct_ascii_lower(s.p[i]));
}

enum { RANDOM_MIN = 12 }; /* shorter ones look like words too often */
enum { CLASS_UPPER, CLASS_LOWER, CLASS_DIGIT, CLASS_OTHER };

static int class_of(unsigned char c)
{
    if (ct_ascii_digit(c)) return CLASS_DIGIT;
    if (c >= 'a' && c <= 'z') return CLASS_LOWER;
    return c >= 'A' && c <= 'Z' ? CLASS_UPPER : CLASS_OTHER;
}

/* Letters of base64 and UUIDs that part words elsewhere: "hostname-99421". */
static bool is_joint(unsigned char c) { return c == '+' || c == '_' || c == '=' || c == '-'; }

/* Text that nobody thought up: how often the kind of character changes tells random letters from words put together.
 *   ExploitClassRunner  kept     (5 changes in 18, as capitals at word starts make)
 *   KGN1cmwgLXMg        folded   (base64)
 *   c6rb3k2vtc000h5fe   folded   (letters and digits mixed)
 */
static bool is_random(ct_str s)
{
    if (s.n < RANDOM_MIN) return false;
    if (s.p[s.n - 1] == '=') return true;
    size_t changes = 0;
    bool digits = false;
    int before = CLASS_OTHER;
    for (size_t i = 0; i < s.n; i++) {
        int c = class_of(s.p[i]);
        digits |= c == CLASS_DIGIT;
        if (c == CLASS_OTHER) continue;
        changes += before != CLASS_OTHER && c != before;
        before = c;
    }
    return changes * (digits ? 4 : 3) >= s.n;
}

/* Eight hexadecimal digits or more, dashes between them as in a UUID. */
static bool is_hex(ct_str s)
{
    size_t digits = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-' && i) continue;
        if (ct_hex_value(s.p[i]) < 0) return false;
        digits++;
    }
    return digits >= 8;
}

static bool is_noise(ct_str word)
{
    bool number = word.n >= 3;
    for (size_t i = 0; i < word.n && number; i++) number = ct_ascii_digit(word.p[i]);
    return number || is_hex(word) || is_random(word) || ct_str_find(word, CT_STR(CT_EVAL_VALUE)) != CT_STR_NONE;
}

static void put_word(struct key *k, ct_str s)
{
    if (is_noise(s)) {
        put(k, CT_STR("*"));
        return;
    }
    for (size_t i = 0, end; i < s.n && k->left; i = end + 1) {
        for (end = i; end < s.n && !is_joint(s.p[end]);) end++;
        ct_str part = ct_str_slice(s, i, end);
        put(k, is_noise(part) ? CT_STR("*") : part);
        put(k, ct_str_slice(s, end, end + 1));
    }
}

static void put_folded_words(struct key *k, ct_str s)
{
    for (size_t i = 0, end; i < s.n && k->left; i = end + 1) {
        for (end = i; end < s.n && (class_of(s.p[end]) != CLASS_OTHER || is_joint(s.p[end]));) end++;
        put_word(k, ct_str_slice(s, i, end));
        put(k, ct_str_slice(s, end, end + 1));
    }
}

static void put_folded_path(struct key *k, ct_str path)
{
    size_t query = ct_str_chr(path, '?');
    ct_str rest = ct_str_slice(path, 0, query);
    for (bool first = true; rest.p && k->left; first = false) {
        ct_str element = ct_str_cut(&rest, '/');
        if (!first) put(k, CT_STR("/"));
        if (ct_str_find(element, CT_STR("${")) != CT_STR_NONE || ct_str_chr(element, '}') != CT_STR_NONE)
            put(k, CT_STR("*"));
        else put_folded_words(k, element);
        /* Base64 has '/' among its letters: what follows the word that announces it is one value. */
        if (ct_str_eq_fold(element, CT_STR("base64")) && rest.n) {
            put(k, CT_STR("/*"));
            break;
        }
    }
    if (query != CT_STR_NONE) put(k, CT_STR("?*"));
}

/* The lookups alone: what stood behind them in the line is the request's, not the attack's. */
static ct_str lookups_of(ct_str normal)
{
    size_t from = ct_str_find(normal, CT_STR("${"));
    size_t to = ct_str_rchr(normal, '}');
    if (from == CT_STR_NONE) return normal;
    return ct_str_slice(normal, from, to == CT_STR_NONE || to < from ? normal.n : to + 1);
}

static void put_callback(struct key *k, ct_str host, uint16_t port)
{
    ct_str name = ct_registrable(host);
    struct ct_address a = ct_host_address(name);
    unsigned char text[CT_ADDRESS_TEXT_MAX];
    ct_str address = {text, ct_address_text(&a, text)};
    if (a.kind == CT_ADDRESS_V6 && port) {
        put(k, CT_STR("["));
        put(k, address);
        put(k, CT_STR("]"));
    } else if (a.kind != CT_ADDRESS_NONE) put(k, address);
    else put_lower(k, name);
    if (!port) return;
    unsigned char digits[5];
    size_t at = sizeof digits;
    for (unsigned v = port; v; v /= 10) digits[--at] = (unsigned char)('0' + v % 10);
    put(k, CT_STR(":"));
    put(k, (ct_str){digits + at, sizeof digits - at});
}

void ct_campaign_callback(struct ct_buf *out, ct_str host, uint16_t port)
{
    struct key k = {out, CT_CAMPAIGN_KEY_MAX};
    if (host.n) put_callback(&k, host, port);
}

void ct_campaign_key(struct ct_buf *out, ct_str scheme, ct_str host, uint16_t port, ct_str path, ct_str normal)
{
    struct key k = {out, CT_CAMPAIGN_KEY_MAX};
    if (host.n == 0) {
        put_folded_words(&k, lookups_of(normal));
        return;
    }
    put_lower(&k, scheme);
    if (scheme.n) put(&k, CT_STR(" "));
    put_callback(&k, host, port);
    if (path.n == 0) return;
    put(&k, CT_STR(" "));
    put_folded_path(&k, path);
}
