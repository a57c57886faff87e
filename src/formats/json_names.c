#include "formats/json_names.h"

#include <string.h>

#define CLIENT(p) {CT_STR_INIT(p), CT_ROLE_CLIENT, CT_STR_INIT("source.address")}
#define TIME(p) {CT_STR_INIT(p), CT_ROLE_TIME, CT_STR_INIT("")}
#define HOST(p) {CT_STR_INIT(p), CT_ROLE_HOST, CT_STR_INIT("url.domain")}
#define STATUS(p) {CT_STR_INIT(p), CT_ROLE_STATUS, CT_STR_INIT("")}
#define METHOD(p) {CT_STR_INIT(p), CT_ROLE_METHOD, CT_STR_INIT("http.request.method")}
#define URL(p) {CT_STR_INIT(p), CT_ROLE_URL, CT_STR_INIT("url.original")}
#define REQUEST(p) {CT_STR_INIT(p), CT_ROLE_REQUEST, CT_STR_INIT("http.request.line")}
#define HEADER(p, h) {CT_STR_INIT(p), CT_ROLE_HEADER, CT_STR_INIT(h)}
#define WAF(p) {CT_STR_INIT(p), CT_ROLE_WAF, CT_STR_INIT("")}
#define TEXT(p, n) {CT_STR_INIT(p), CT_ROLE_TEXT, CT_STR_INIT(n)}

/* nginx's usual variables, Envoy, Traefik, Caddy, ECS, Google Cloud, AWS WAF, Cloudflare, Azure, Log4j, ModSecurity. */
static const struct ct_json_name NAMES[] = {
    CLIENT("remote_addr"), CLIENT("remoteaddr"), CLIENT("remote_ip"), CLIENT("remoteip"), CLIENT("remote_address"),
    CLIENT("remote_host"), CLIENT("client_ip"), CLIENT("clientip"), CLIENT("client"), CLIENT("clientaddr"),
    {CT_STR_INIT("clienthost"), CT_ROLE_CLIENT, CT_STR_INIT("http.request.headers.x-forwarded-for")}, /* Traefik's, where it trusts it */
    CLIENT("client_addr"), CLIENT("client_address"), CLIENT("src_ip"), CLIENT("srcip"), CLIENT("src"),
    CLIENT("source_ip"), CLIENT("sourceip"), CLIENT("ip"), CLIENT("c_ip"), CLIENT("c-ip"), CLIENT("peer"),
    CLIENT("source.ip"), CLIENT("source.address"), CLIENT("client.ip"), CLIENT("client.address"), CLIENT("request.client_ip"),
    CLIENT("request.remote_ip"), CLIENT("request.remote_addr"), CLIENT("request.ip"), CLIENT("httprequest.clientip"),
    CLIENT("httprequest.remoteip"), CLIENT("downstream_remote_address"), CLIENT("downstream_direct_remote_address"),
    CLIENT("downstream_remote_address_without_port"), CLIENT("network.client.ip"), CLIENT("req.remoteaddress"),
    CLIENT("requestcontext.identity.sourceip"), CLIENT("identity.sourceip"), CLIENT("identity_sourceip"),

    TIME("time"), TIME("@timestamp"), TIME("timestamp"), TIME("ts"), TIME("time_iso8601"), TIME("time_local"), TIME("msec"),
    TIME("datetime"), {CT_STR_INIT("date"), CT_ROLE_DATE, CT_STR_INIT("")}, TIME("start_time"), TIME("starttime"), {CT_STR_INIT("startutc"), CT_ROLE_START, CT_STR_INIT("")}, TIME("requesttime"),
    TIME("eventtime"), TIME("event_time"), TIME("timemillis"), TIME("instant.epochsecond"), TIME("time_stamp"),
    TIME("edgestarttimestamp"), TIME("asctime"), TIME("requesttimeepoch"), TIME("requestcontext.requesttime"),
    TIME("logevents.timestamp"), TIME("timegenerated"),
    {CT_STR_INIT("instant.nanoofsecond"), CT_ROLE_NANOS, CT_STR_INIT("")},

    HOST("host"), HOST("http_host"), HOST("server_name"), HOST("vhost"), HOST("virtualhost"), HOST("authority"),
    HOST(":authority"), HOST("requesthost"), HOST("request_host"), HOST("request.host"), HOST("url.domain"), HOST("http.host"),
    HOST("clientrequesthost"), HOST("domain_name"), HOST("domainname"), HOST("destination.domain"),
    HOST("httprequest.host"),
    {CT_STR_INIT("logicalusername"), CT_ROLE_TOMCAT, CT_STR_INIT("")}, {CT_STR_INIT("localservername"), CT_ROLE_SERVER, CT_STR_INIT("url.domain")},

    STATUS("status"), STATUS("status_code"), STATUS("statuscode"), STATUS("response_code"), STATUS("responsecode"),
    STATUS("http.response.status_code"), STATUS("downstreamstatus"), STATUS("response.status"), STATUS("response.http_code"),
    STATUS("httprequest.status"), STATUS("edgeresponsestatus"), STATUS("httpstatus"), STATUS("http_status"),
    STATUS("res.statuscode"), STATUS("response_status"), STATUS("http.status_code"), STATUS("httpstatuscode"),
    STATUS("responsecodesent"),

    METHOD("method"), METHOD("request_method"), METHOD("requestmethod"), METHOD("request.method"),
    METHOD("http.request.method"), METHOD("httprequest.httpmethod"), METHOD("httprequest.requestmethod"), METHOD("httpmethod"),
    METHOD("req.method"), METHOD("http_method"), METHOD("verb"), METHOD("clientrequestmethod"), METHOD(":method"),
    METHOD("http.method"),

    URL("request_uri"), URL("requesturi"), URL("uri"), URL("url"), URL("path"), URL("requestpath"), URL("request_path"),
    URL("request_url"), URL("requesturl"), URL("request.uri"), URL("request.url"), URL("request.path"), URL("url.original"),
    URL("url.full"), URL("httprequest.uri"), URL("httprequest.requesturl"), URL("req.url"), URL("clientrequesturi"),
    URL("clientrequestpath"), URL(":path"), URL("http.url"), URL("http.target"), URL("resourcepath"), URL("rawpath"),
    URL("original_path"), URL("x_envoy_original_path"), URL("x-envoy-original-path"),
    {CT_STR_INIT("url.path"), CT_ROLE_URL, CT_STR_INIT("url.path")},
    TEXT("args", "url.query"), TEXT("query", "url.query"), TEXT("query_string", "url.query"), TEXT("querystring", "url.query"),
    TEXT("url.query", "url.query"), TEXT("httprequest.args", "url.query"), TEXT("request_query", "url.query"),

    REQUEST("request"), REQUEST("request_line"), REQUEST("requestline"), REQUEST("request.request_line"),
    REQUEST("http.request.line"), REQUEST("http_request"),

    HEADER("http_user_agent", "user-agent"), HEADER("user_agent", "user-agent"), HEADER("useragent", "user-agent"),
    HEADER("user-agent", "user-agent"), HEADER("agent", "user-agent"), HEADER("ua", "user-agent"),
    HEADER("user_agent.original", "user-agent"), HEADER("httprequest.useragent", "user-agent"),
    HEADER("clientrequestuseragent", "user-agent"), HEADER("http.user_agent", "user-agent"), HEADER("identity_useragent", "user-agent"),
    HEADER("requestcontext.identity.useragent", "user-agent"),
    HEADER("http.useragent", "user-agent"), HEADER("http_referer", "referer"), HEADER("http_referrer", "referer"),
    HEADER("referer", "referer"), HEADER("referrer", "referer"), HEADER("http.request.referrer", "referer"),
    HEADER("httprequest.referer", "referer"), HEADER("clientrequestreferer", "referer"), HEADER("http.referer", "referer"),
    HEADER("x_forwarded_for", "x-forwarded-for"), HEADER("http_x_forwarded_for", "x-forwarded-for"),
    HEADER("x-forwarded-for", "x-forwarded-for"), HEADER("xff", "x-forwarded-for"), HEADER("forwarded_for", "x-forwarded-for"),
    HEADER("xforwardedfor", "x-forwarded-for"), HEADER("http_cookie", "cookie"), HEADER("cookie", "cookie"),

    WAF("action"), WAF("waf_action"), WAF("wafaction"), WAF("waf.action"), WAF("securityaction"), WAF("firewallmatchesactions"),
    WAF("enforcedsecuritypolicy.outcome"), WAF("audit_data.action.intercepted"),
    {CT_STR_INIT("webaclid"), CT_ROLE_AWS_WAF, CT_STR_INIT("")},
    {CT_STR_INIT("terminatingruleid"), CT_ROLE_AWS_WAF, CT_STR_INIT("")},

    TEXT("remote_user", "user.name"), TEXT("user", "user.name"), TEXT("username", "user.name"), TEXT("user.name", "user.name"),
    TEXT("clientusername", "user.name"), TEXT("message", "message"), TEXT("msg", "message"), TEXT("log", "message"),
    TEXT("textpayload", "message"), TEXT("event.original", "event.original"),
    TEXT("request_body", "http.request.body.content"), TEXT("request.body", "http.request.body.content"),
    TEXT("http.request.body.content", "http.request.body.content"),
};

/* Columns of W3C logs, which come as cs(User-Agent), cs-user-agent, cs_user_agent and CsUserAgent. */
static const struct ct_json_name W3C_NAMES[] = {
    METHOD("csmethod"), URL("csuristem"), URL("csuri"), TEXT("csuriquery", "url.query"), STATUS("scstatus"), CLIENT("cip"), HOST("cshost"),
    {CT_STR_INIT("xhostheader"), CT_ROLE_HOST_SENT, CT_STR_INIT("http.request.headers.host")}, HEADER("csuseragent", "user-agent"),
    HEADER("csreferer", "referer"), HEADER("cscookie", "cookie"), TEXT("csusername", "user.name"),
    HEADER("csxforwardedfor", "x-forwarded-for"), TIME("timestampms"),
};

static const struct ct_json_name *w3c_name(ct_str path)
{
    unsigned char plain[32];
    size_t n = 0;
    if (path.n < 3 || path.n > sizeof plain || !strchr("cCsSxXtT", path.p[0])) return NULL; /* cs-, sc-, c-, x-, timestamp */
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] != '_' && path.p[i] != '-') plain[n++] = ct_ascii_lower(path.p[i]);
    for (size_t i = 0; i < sizeof W3C_NAMES / sizeof W3C_NAMES[0]; i++)
        if (ct_str_eq((ct_str){plain, n}, W3C_NAMES[i].path)) return &W3C_NAMES[i];
    return NULL;
}

/* Shippers and consoles put the record below a key of their own. */
static ct_str without_wrappers(ct_str path)
{
    static const ct_str wrappers[] = {CT_STR_INIT("jsonpayload."), CT_STR_INIT("fields."),      CT_STR_INIT("properties."),
                                      CT_STR_INIT("transaction."), CT_STR_INIT("json."),        CT_STR_INIT("data."),
                                      CT_STR_INIT("attributes."),  CT_STR_INIT("@fields."),     CT_STR_INIT("httprequestlog."),
                                      CT_STR_INIT("aws.")};
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++)
        if (ct_str_starts_fold(path, wrappers[i])) {
            path = ct_str_slice(path, wrappers[i].n, SIZE_MAX);
            i = SIZE_MAX; /* once more from the first */
        }
    return path;
}

const struct ct_json_name *ct_json_name(ct_str path)
{
    path = without_wrappers(path);
    unsigned char first = path.n ? ct_ascii_lower(path.p[0]) : 0;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (NAMES[i].path.n == path.n && NAMES[i].path.p[0] == first && ct_str_eq_fold(path, NAMES[i].path)) return &NAMES[i];
    return w3c_name(path);
}

bool ct_json_is_headers(ct_str path)
{
    static const ct_str names[] = {CT_STR_INIT("headers"), CT_STR_INIT("header"), CT_STR_INIT("request_headers"),
                                   CT_STR_INIT("requestheaders"), CT_STR_INIT("request-headers")};
    if (ct_str_find_fold(path, CT_STR("response")) != CT_STR_NONE) return false;
    size_t dot = ct_str_rchr(path, '.');
    ct_str last = ct_str_slice(path, dot == CT_STR_NONE ? 0 : dot + 1, SIZE_MAX);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ct_str_eq_fold(last, names[i])) return true;
    return false;
}
