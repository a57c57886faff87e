#include "formats/record.h"

static const struct {
    ct_str name;
    const char *hides;
} FORMATS[CT_FORMAT_COUNT] = {
#define HTTP_HIDES "request body, form fields, response"
    [CT_FORMAT_RAW] = {CT_STR_INIT("raw"), "whatever the program did not log"},
    [CT_FORMAT_COMMON] = {CT_STR_INIT("common"), "all headers (User-Agent and Referer too), cookies, " HTTP_HIDES},
    [CT_FORMAT_COMBINED] = {CT_STR_INIT("combined"), "other headers, cookies, " HTTP_HIDES},
    [CT_FORMAT_VHOST_COMBINED] = {CT_STR_INIT("vhost_combined"), "other headers, cookies, " HTTP_HIDES},
    [CT_FORMAT_JSON] = {CT_STR_INIT("json"), "what the template leaves out: mostly other headers, cookies, request body, response"},
    [CT_FORMAT_HAPROXY] = {CT_STR_INIT("haproxy"), "headers that are not captured, the end of captured ones, " HTTP_HIDES},
    [CT_FORMAT_ALB] = {CT_STR_INIT("alb"), "headers other than User-Agent, cookies, " HTTP_HIDES},
    [CT_FORMAT_S3] = {CT_STR_INIT("s3"), "headers other than User-Agent and Referer, " HTTP_HIDES},
    [CT_FORMAT_IIS] = {CT_STR_INIT("iis"), "all headers (User-Agent and Referer too), cookies, " HTTP_HIDES},
    [CT_FORMAT_API_GATEWAY] = {CT_STR_INIT("api_gateway"), "what the template leaves out: mostly the path as it was sent, its query, all headers, " HTTP_HIDES},
    [CT_FORMAT_AWS_WAF] = {CT_STR_INIT("aws_waf"), "redacted fields, request body (but for matched parts), response"},
    [CT_FORMAT_W3C] = {CT_STR_INIT("w3c"), "columns not in #Fields: mostly other headers, cookies, " HTTP_HIDES},
    [CT_FORMAT_MODSECURITY] = {CT_STR_INIT("modsecurity"),
                               "sections left out of SecAuditLogParts (C: request body), transactions that are not relevant"},
    [CT_FORMAT_POSTFIX] = {CT_STR_INIT("postfix"), "message headers without a header check, message body"},
    [CT_FORMAT_EXIM] = {CT_STR_INIT("exim"), "message headers other than the subject (with +subject), message body"},
    [CT_FORMAT_ENVOY] = {CT_STR_INIT("envoy"), "headers other than User-Agent and X-Forwarded-For, cookies, " HTTP_HIDES},
    [CT_FORMAT_ERROR_LOG] = {CT_STR_INIT("error_log"), "requests that the server did not complain of"},
    [CT_FORMAT_SYSLOG] = {CT_STR_INIT("syslog"), "whatever the program did not log; long messages are cut"},
};

const char *ct_format_name(enum ct_format f)
{
    if (f == CT_FORMAT_AUTO) return "auto";
    return (unsigned)f < CT_FORMAT_COUNT ? (const char *)FORMATS[f].name.p : "raw";
}

bool ct_format_by_name(ct_str name, enum ct_format *ret_format)
{
    for (unsigned f = 0; f < CT_FORMAT_COUNT; f++)
        if (ct_str_eq(name, FORMATS[f].name)) {
            *ret_format = (enum ct_format)f;
            return true;
        }
    if (!ct_str_eq(name, CT_STR("auto"))) return false;
    *ret_format = CT_FORMAT_AUTO;
    return true;
}

const char *ct_format_hides(enum ct_format f)
{
    return FORMATS[(unsigned)f < CT_FORMAT_COUNT ? f : CT_FORMAT_RAW].hides;
}
