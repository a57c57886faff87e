#include "face/http_pages.h"

#include <string.h>

#define TOMCAT "Apache Tomcat/9.0.70"

static bool among(ct_str s, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ct_str_eq(s, ct_str_from(names[i]))) return true;
    return false;
}

static enum ct_http_route route_elastic(ct_str path)
{
    if (ct_str_eq(path, CT_STR("/"))) return CT_ROUTE_INFO;
    if (ct_str_starts(path, CT_STR("/_cat/indices"))) return CT_ROUTE_INDICES;
    if (ct_str_starts(path, CT_STR("/_cluster/health"))) return CT_ROUTE_HEALTH;
    return ct_str_ends(path, CT_STR("/_search")) ? CT_ROUTE_SEARCH : CT_ROUTE_NONE;
}

enum ct_http_route ct_http_route(enum ct_http_flavour flavour, ct_str method, ct_str target)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"};
    static const char *const logins[] = {"/login", "/index.", "/console", "/admin"};
    ct_str path = target;
    path = ct_str_cut(&path, '?');
    if (flavour == CT_HTTP_ELASTIC) return route_elastic(path);
    if (ct_str_eq(method, CT_STR("OPTIONS"))) return CT_ROUTE_OPTIONS;
    if (!among(method, known, sizeof known / sizeof *known)) return CT_ROUTE_METHOD;
    if (ct_str_starts(path, CT_STR("/manager")) || ct_str_starts(path, CT_STR("/host-manager"))) return CT_ROUTE_MANAGER;
    if (ct_str_eq(path, CT_STR("/"))) return CT_ROUTE_LOGIN;
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++)
        if (ct_str_starts(path, ct_str_from(logins[i]))) return CT_ROUTE_LOGIN;
    return CT_ROUTE_NONE;
}

/* --- Tomcat --- */

static void put_html(struct ct_reply *r, ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= ' ' && s.p[i] < 0x7f && !strchr("<>&\"'$", s.p[i])) ct_reply_u8(r, s.p[i]);
}

static void page_login(struct ct_reply *r, const struct ct_face_io *io, bool failed)
{
    ct_reply_text(r, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"UTF-8\">\n<title>");
    put_html(r, io->host->realm);
    ct_reply_text(r, " - Sign in</title>\n<style>\nbody{font-family:sans-serif;background:#eef1f5;margin:0}\n"
                     ".box{width:320px;margin:12% auto;background:#fff;border:1px solid #cfd6df;border-radius:4px;padding:28px}\n"
                     "h1{font-size:18px;color:#25476a;margin:0 0 18px}\nlabel{display:block;font-size:13px;margin-top:12px}\n"
                     "input[type=text],input[type=password]{width:100%;box-sizing:border-box;padding:7px;border:1px solid #b6c0cc}\n"
                     "button{margin-top:18px;padding:8px 18px;background:#25476a;color:#fff;border:0}\n.err{color:#a11;font-size:13px}\n"
                     "</style>\n</head>\n<body>\n<div class=\"box\">\n<h1>");
    put_html(r, io->host->realm);
    ct_reply_text(r, "</h1>\n");
    if (failed) ct_reply_text(r, "<p class=\"err\">Wrong user name or password.</p>\n");
    ct_reply_text(r, "<form method=\"post\" action=\"/login\">\n<label for=\"u\">User name</label>\n"
                     "<input id=\"u\" type=\"text\" name=\"username\" autocomplete=\"username\">\n<label for=\"p\">Password</label>\n"
                     "<input id=\"p\" type=\"password\" name=\"password\" autocomplete=\"current-password\">\n"
                     "<button type=\"submit\">Sign in</button>\n</form>\n</div>\n</body>\n</html>\n");
}

static const char *reason(unsigned status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Request Entity Too Large";
    default: return "HTTP Version Not Supported";
    }
}

static void page_error(struct ct_reply *r, unsigned status)
{
    ct_reply_printf(r, "<!doctype html><html lang=\"en\"><head><title>HTTP Status %u &ndash; %s</title><style type=\"text/css\">"
                       "body {font-family:Tahoma,Arial,sans-serif;} h1, h2, h3, b {color:white;background-color:#525D76;} h1 {font-size:22px;} "
                       "h2 {font-size:16px;} h3 {font-size:14px;} p {font-size:12px;} a {color:black;} "
                       ".line {height:1px;background-color:#525D76;border:none;}</style></head><body><h1>HTTP Status %u &ndash; %s</h1>"
                       "<hr class=\"line\" /><p><b>Type</b> Status Report</p><hr class=\"line\" /><h3>" TOMCAT "</h3></body></html>",
                    status, reason(status), status, reason(status));
}

/* The head in Tomcat's order and without reason phrases, then the page. */
static void send_tomcat(const struct ct_face_io *io, const struct ct_http_frame *frame, unsigned status, const struct ct_reply *extra, const struct ct_reply *page)
{
    struct ct_reply r CT_UNSET;
    ct_reply_begin(&r);
    struct ct_face_date d = ct_face_date(io->now_us);
    ct_reply_printf(&r, "HTTP/1.1 %u \r\n", status);
    if (extra) ct_reply_bytes(&r, (ct_str){extra->b, extra->n});
    if (status >= 400) ct_reply_text(&r, "Content-Type: text/html;charset=utf-8\r\nContent-Language: en\r\n");
    else if (page->n) ct_reply_text(&r, "Content-Type: text/html;charset=UTF-8\r\n");
    ct_reply_printf(&r, "Content-Length: %zu\r\nDate: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", page->n, ct_face_weekdays[d.weekday], d.day,
                    ct_face_months[d.month - 1], d.year, d.hour, d.minute, d.second);
    if (!frame->keep) ct_reply_text(&r, "Connection: close\r\n");
    ct_reply_text(&r, "\r\n");
    if (!frame->head_only) ct_reply_bytes(&r, (ct_str){page->b, page->n});
    ct_reply_send(&r, io);
}

static void put_session(struct ct_reply *r, const struct ct_face_io *io)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char id[16], text[32];
    io->random(io->ctx, id, sizeof id);
    for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)digits[i % 2 ? id[i / 2] & 15 : id[i / 2] >> 4];
    ct_reply_text(r, "Set-Cookie: JSESSIONID=");
    ct_reply_bytes(r, (ct_str){text, sizeof text});
    ct_reply_text(r, "; Path=/; HttpOnly\r\n");
}

static void tomcat(const struct ct_face_io *io, const struct ct_http_frame *frame, enum ct_http_route route, bool login_failed)
{
    struct ct_reply page CT_UNSET, extra CT_UNSET;
    ct_reply_begin(&page);
    ct_reply_begin(&extra);
    unsigned status = 200;
    switch (route) {
    case CT_ROUTE_LOGIN:
        put_session(&extra, io);
        page_login(&page, io, login_failed);
        break;
    case CT_ROUTE_MANAGER:
        status = 401;
        ct_reply_text(&extra, "WWW-Authenticate: Basic realm=\"Tomcat Manager Application\"\r\n");
        break;
    case CT_ROUTE_OPTIONS: ct_reply_text(&extra, "Allow: GET, HEAD, POST, OPTIONS\r\n"); break;
    case CT_ROUTE_METHOD: status = 405; break;
    default: status = 404;
    }
    if (status >= 400) page_error(&page, status);
    send_tomcat(io, frame, status, &extra, &page);
}

/* --- Elasticsearch --- */

static void put_info(struct ct_reply *r, const struct ct_face_io *io)
{
    unsigned long long id = ct_face_seeded(io->host, "elastic");
    ct_reply_printf(r, "{\n  \"name\" : \"%.*s\",\n  \"cluster_name\" : \"elasticsearch\",\n  \"cluster_uuid\" : \"%016llx%06x\",\n  \"version\" : {\n"
                       "    \"number\" : \"6.8.20\",\n    \"build_flavor\" : \"default\",\n    \"build_type\" : \"deb\",\n    \"build_hash\" : \"c859302\",\n"
                       "    \"build_date\" : \"2021-10-07T22:00:24.085009Z\",\n    \"build_snapshot\" : false,\n    \"lucene_version\" : \"7.7.3\",\n"
                       "    \"minimum_wire_compatibility_version\" : \"5.6.0\",\n    \"minimum_index_compatibility_version\" : \"5.0.0\"\n  },\n"
                       "  \"tagline\" : \"You Know, for Search\"\n}\n",
                    CT_STR_ARG(io->host->name), id, (unsigned)(id >> 13 & 0xffffff));
}

static void send_elastic(const struct ct_face_io *io, const struct ct_http_frame *frame, unsigned status, bool text, const struct ct_reply *page)
{
    struct ct_reply r = {0};
    ct_reply_printf(&r, "HTTP/1.%c %u %s\r\ncontent-type: %s; charset=UTF-8\r\ncontent-length: %zu\r\n\r\n", frame->old ? '0' : '1', status, reason(status),
                    text ? "text/plain" : "application/json", page->n);
    if (!frame->head_only) ct_reply_bytes(&r, (ct_str){page->b, page->n});
    ct_reply_send(&r, io);
}

static void put_elastic_error(struct ct_reply *r, const char *type, const char *why, unsigned status)
{
    ct_reply_printf(r, "{\"error\":{\"root_cause\":[{\"type\":\"%s\",\"reason\":\"%s\"}],\"type\":\"%s\",\"reason\":\"%s\"},\"status\":%u}", type, why, type, why, status);
}

static void elastic(const struct ct_face_io *io, const struct ct_http_frame *frame, enum ct_http_route route)
{
    struct ct_reply page = {0};
    unsigned status = 200;
    switch (route) {
    case CT_ROUTE_INFO: put_info(&page, io); break;
    case CT_ROUTE_INDICES:
        ct_reply_text(&page, "yellow open customers  kP0bq1yXQ8yKx0uR2yS5Qw 5 1  18233 0  14.2mb  14.2mb\n"
                             "yellow open app-logs   3oV7Jt5sT1mDh4wYc9aZ8A 5 1 902114 0 311.7mb 311.7mb\n");
        break;
    case CT_ROUTE_HEALTH:
        ct_reply_text(&page, "{\"cluster_name\":\"elasticsearch\",\"status\":\"yellow\",\"timed_out\":false,\"number_of_nodes\":1,\"number_of_data_nodes\":1,"
                             "\"active_primary_shards\":10,\"active_shards\":10,\"relocating_shards\":0,\"initializing_shards\":0,\"unassigned_shards\":10}");
        break;
    case CT_ROUTE_SEARCH:
        ct_reply_text(&page, "{\"took\":2,\"timed_out\":false,\"_shards\":{\"total\":10,\"successful\":10,\"skipped\":0,\"failed\":0},"
                             "\"hits\":{\"total\":0,\"max_score\":null,\"hits\":[]}}");
        break;
    default:
        status = 404;
        put_elastic_error(&page, "index_not_found_exception", "no such index", status);
    }
    send_elastic(io, frame, status, route == CT_ROUTE_INDICES, &page);
}

void ct_http_page(const struct ct_face_io *io, const struct ct_http_frame *frame, enum ct_http_route route, bool login_failed)
{
    if (frame->flavour == CT_HTTP_ELASTIC) elastic(io, frame, route);
    else tomcat(io, frame, route, login_failed);
}

void ct_http_refusal(const struct ct_face_io *io, const struct ct_http_frame *frame, unsigned status)
{
    struct ct_reply page = {0};
    if (frame->flavour == CT_HTTP_ELASTIC) {
        put_elastic_error(&page, "illegal_argument_exception", "the request cannot be read", status);
        send_elastic(io, frame, status, false, &page);
    } else {
        page_error(&page, status);
        send_tomcat(io, frame, status, NULL, &page);
    }
}
