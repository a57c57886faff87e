#include "formats/w3c_columns.h"

#include <string.h>

static const struct ct_w3c_column COLUMNS[] = {
    {CT_STR_INIT(""), CT_STR_INIT(""), CT_W3C_OTHER}, /* index 0: a column this table does not know */
    {CT_STR_INIT("date"), CT_STR_INIT("date"), CT_W3C_DATE},
    {CT_STR_INIT("time"), CT_STR_INIT("time"), CT_W3C_TIME},
    {CT_STR_INIT("c-ip"), CT_STR_INIT("source.ip"), CT_W3C_CLIENT},
    {CT_STR_INIT("cs-method"), CT_STR_INIT("http.request.method"), CT_W3C_METHOD},
    {CT_STR_INIT("cs-uri-stem"), CT_STR_INIT("url.path"), CT_W3C_STEM},
    {CT_STR_INIT("cs-uri"), CT_STR_INIT("url.original"), CT_W3C_STEM},
    {CT_STR_INIT("cs-uri-query"), CT_STR_INIT("url.query"), CT_W3C_QUERY},
    {CT_STR_INIT("sc-status"), CT_STR_INIT("http.response.status_code"), CT_W3C_STATUS},
    {CT_STR_INIT("cs-host"), CT_STR_INIT("http.request.headers.host"), CT_W3C_HOST},
    {CT_STR_INIT("cs(Host)"), CT_STR_INIT("http.request.headers.host"), CT_W3C_HOST},
    {CT_STR_INIT("x-host-header"), CT_STR_INIT("http.request.headers.host"), CT_W3C_HOST_SENT},
    {CT_STR_INIT("cs(X-Forwarded-For)"), CT_STR_INIT("http.request.headers.x-forwarded-for"), CT_W3C_FORWARDED},
    {CT_STR_INIT("X-Forwarded-For"), CT_STR_INIT("http.request.headers.x-forwarded-for"), CT_W3C_FORWARDED},
    {CT_STR_INIT("cs(User-Agent)"), CT_STR_INIT("user_agent.original"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Referer)"), CT_STR_INIT("http.request.referrer"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Cookie)"), CT_STR_INIT("http.request.headers.cookie"), CT_W3C_TEXT},
    {CT_STR_INIT("cs-username"), CT_STR_INIT("user.name"), CT_W3C_TEXT},
    {CT_STR_INIT("cs-version"), CT_STR_INIT("http.version"), CT_W3C_TEXT},
    {CT_STR_INIT("cs-protocol"), CT_STR_INIT("url.scheme"), CT_W3C_TEXT},
    {CT_STR_INIT("s-sitename"), CT_STR_INIT("iis.site"), CT_W3C_TEXT},
    {CT_STR_INIT("s-computername"), CT_STR_INIT("host.name"), CT_W3C_TEXT},
    {CT_STR_INIT("x-waf-action"), CT_STR_INIT("waf.action"), CT_W3C_WAF},
    {CT_STR_INIT("s-ip"), CT_STR_INIT("destination.ip"), CT_W3C_NUMBER},
    {CT_STR_INIT("s-port"), CT_STR_INIT("destination.port"), CT_W3C_NUMBER},
    {CT_STR_INIT("sc-substatus"), CT_STR_INIT("iis.sub_status"), CT_W3C_NUMBER},
    {CT_STR_INIT("sc-win32-status"), CT_STR_INIT("iis.win32_status"), CT_W3C_NUMBER},
    {CT_STR_INIT("time-taken"), CT_STR_INIT("event.duration"), CT_W3C_NUMBER},
    {CT_STR_INIT("sc-bytes"), CT_STR_INIT("http.response.bytes"), CT_W3C_NUMBER},
    {CT_STR_INIT("cs-bytes"), CT_STR_INIT("http.request.bytes"), CT_W3C_NUMBER},
    {CT_STR_INIT("c-port"), CT_STR_INIT("source.port"), CT_W3C_NUMBER},
    {CT_STR_INIT("timestamp"), CT_STR_INIT("@timestamp"), CT_W3C_STAMP},
    {CT_STR_INIT("cs-user-agent"), CT_STR_INIT("user_agent.original"), CT_W3C_TEXT},
    {CT_STR_INIT("cs-referer"), CT_STR_INIT("http.request.referrer"), CT_W3C_TEXT},
    {CT_STR_INIT("cs-cookie"), CT_STR_INIT("http.request.headers.cookie"), CT_W3C_TEXT},
    {CT_STR_INIT("cs-headers"), CT_STR_INIT("http.request.headers"), CT_W3C_TEXT},
    {CT_STR_INIT("cs-protocol-version"), CT_STR_INIT("http.version"), CT_W3C_TEXT},
    /* headers that people add */
    {CT_STR_INIT("cs(X-Api-Version)"), CT_STR_INIT("http.request.headers.x-api-version"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Authorization)"), CT_STR_INIT("http.request.headers.authorization"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Accept)"), CT_STR_INIT("http.request.headers.accept"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Accept-Language)"), CT_STR_INIT("http.request.headers.accept-language"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Accept-Encoding)"), CT_STR_INIT("http.request.headers.accept-encoding"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Content-Type)"), CT_STR_INIT("http.request.mime_type"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Origin)"), CT_STR_INIT("http.request.headers.origin"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(X-Real-IP)"), CT_STR_INIT("http.request.headers.x-real-ip"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(X-Client-IP)"), CT_STR_INIT("http.request.headers.x-client-ip"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(True-Client-IP)"), CT_STR_INIT("http.request.headers.true-client-ip"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(CF-Connecting-IP)"), CT_STR_INIT("http.request.headers.cf-connecting-ip"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(X-Forwarded-Host)"), CT_STR_INIT("http.request.headers.x-forwarded-host"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(X-Forwarded-Proto)"), CT_STR_INIT("http.request.headers.x-forwarded-proto"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(X-Request-ID)"), CT_STR_INIT("http.request.headers.x-request-id"), CT_W3C_TEXT},
    {CT_STR_INIT("cs(Forwarded)"), CT_STR_INIT("http.request.headers.forwarded"), CT_W3C_TEXT},
    /* Exchange: HttpProxy, request filtering, message tracking, SMTP */
    {CT_STR_INIT("DateTime"), CT_STR_INIT("@timestamp"), CT_W3C_STAMP},
    {CT_STR_INIT("date-time"), CT_STR_INIT("@timestamp"), CT_W3C_STAMP},
    {CT_STR_INIT("ClientIpAddress"), CT_STR_INIT("source.ip"), CT_W3C_CLIENT},
    {CT_STR_INIT("client-ip"), CT_STR_INIT("source.ip"), CT_W3C_CLIENT},
    {CT_STR_INIT("remote-endpoint"), CT_STR_INIT("source.ip"), CT_W3C_CLIENT},
    {CT_STR_INIT("original-client-ip"), CT_STR_INIT("client.ip"), CT_W3C_NUMBER},
    {CT_STR_INIT("client-hostname"), CT_STR_INIT("source.domain"), CT_W3C_TEXT},
    {CT_STR_INIT("Method"), CT_STR_INIT("http.request.method"), CT_W3C_METHOD},
    {CT_STR_INIT("HttpMethod"), CT_STR_INIT("http.request.method"), CT_W3C_METHOD},
    {CT_STR_INIT("UrlHost"), CT_STR_INIT("http.request.headers.host"), CT_W3C_HOST},
    {CT_STR_INIT("UrlStem"), CT_STR_INIT("url.path"), CT_W3C_STEM},
    {CT_STR_INIT("UrlQuery"), CT_STR_INIT("url.query"), CT_W3C_QUERY},
    {CT_STR_INIT("HttpStatus"), CT_STR_INIT("http.response.status_code"), CT_W3C_STATUS},
    {CT_STR_INIT("UserAgent"), CT_STR_INIT("user_agent.original"), CT_W3C_TEXT},
    {CT_STR_INIT("AuthenticatedUser"), CT_STR_INIT("user.name"), CT_W3C_TEXT},
    {CT_STR_INIT("message-subject"), CT_STR_INIT("email.subject"), CT_W3C_TEXT},
    {CT_STR_INIT("sender-address"), CT_STR_INIT("email.from.address"), CT_W3C_TEXT},
    {CT_STR_INIT("return-path"), CT_STR_INIT("email.from.address"), CT_W3C_TEXT},
    {CT_STR_INIT("recipient-address"), CT_STR_INIT("email.to.address"), CT_W3C_TEXT},
    {CT_STR_INIT("message-id"), CT_STR_INIT("email.message_id"), CT_W3C_TEXT},
    {CT_STR_INIT("data"), CT_STR_INIT("smtp.command"), CT_W3C_TEXT},
};
enum { N_COLUMNS = sizeof COLUMNS / sizeof COLUMNS[0] };

unsigned char ct_w3c_column_by_name(ct_str column)
{
    for (size_t i = 1; i < N_COLUMNS; i++)
        if (ct_str_eq_fold(column, COLUMNS[i].column)) return (unsigned char)i;
    return 0;
}

const struct ct_w3c_column *ct_w3c_column_at(unsigned char index) { return &COLUMNS[index < N_COLUMNS ? index : 0]; }

bool ct_w3c_note(struct ct_format_state *state, ct_str line)
{
    static const ct_str directives[] = {CT_STR_INIT("#Version:"), CT_STR_INIT("#Date:"), CT_STR_INIT("#Software:"), CT_STR_INIT("#Log-type:"),
                                        CT_STR_INIT("#Start-Date:"), CT_STR_INIT("#End-Date:"), CT_STR_INIT("#Remark:")};
    if (ct_str_starts_fold(line, CT_STR("#Date:"))) {
        ct_str day = ct_str_slice(ct_str_trim(ct_str_slice(line, 6, SIZE_MAX)), 0, sizeof state->w3c_day);
        if (day.n == sizeof state->w3c_day) memcpy(state->w3c_day, day.p, day.n);
    }
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (ct_str_starts_fold(line, directives[i])) return true;
    if (!ct_str_starts_fold(line, CT_STR("#Fields:"))) return false;
    state->n_w3c = 0;
    ct_str rest = ct_str_trim(ct_str_slice(line, 8, SIZE_MAX)), name;
    bool commas = ct_str_chr(rest, ',') != CT_STR_NONE; /* Exchange */
    state->w3c_separator = commas ? ',' : 0;
    while (state->n_w3c < CT_W3C_COLUMNS_MAX && (name = commas ? ct_str_trim(ct_str_cut(&rest, ',')) : ct_next_word(&rest)).n)
        state->w3c[state->n_w3c++] = ct_w3c_column_by_name(name);
    return true;
}
