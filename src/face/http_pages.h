/* Internal to face: what the web faces answer, by route. No page holds a byte of the request. */
#ifndef CT_FACE_HTTP_PAGES_H
#define CT_FACE_HTTP_PAGES_H

#include "face/face_out.h"

enum ct_http_flavour { CT_HTTP_TOMCAT, CT_HTTP_ELASTIC };

enum ct_http_route {
    CT_ROUTE_NONE, CT_ROUTE_LOGIN, CT_ROUTE_MANAGER, CT_ROUTE_OPTIONS, CT_ROUTE_METHOD,      /* Tomcat */
    CT_ROUTE_INFO, CT_ROUTE_INDICES, CT_ROUTE_HEALTH, CT_ROUTE_SEARCH,                       /* Elasticsearch */
};

enum ct_http_route ct_http_route(enum ct_http_flavour flavour, ct_str method, ct_str target);

/* How a response is framed. */
struct ct_http_frame {
    enum ct_http_flavour flavour;
    bool head_only, keep, old; /* old: asked in HTTP/1.0 */
};
void ct_http_page(const struct ct_face_io *io, const struct ct_http_frame *frame, enum ct_http_route route, bool login_failed);
void ct_http_refusal(const struct ct_face_io *io, const struct ct_http_frame *frame, unsigned status);

#endif
