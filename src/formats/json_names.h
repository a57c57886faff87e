/* What well-known spellings of JSON log keys mean. */
#ifndef CT_FORMATS_JSON_NAMES_H
#define CT_FORMATS_JSON_NAMES_H

#include "base/str.h"

enum ct_json_role {
    CT_ROLE_NONE,
    CT_ROLE_CLIENT, CT_ROLE_TIME,
    CT_ROLE_START,      /* of the request; goes before the time at which it was logged */
    CT_ROLE_NANOS, CT_ROLE_HOST,
    CT_ROLE_HOST_SENT,  /* what the client asked for, where HOST may be a name of the server's own */
    CT_ROLE_TOMCAT,     /* a key that says that "host" is the client's */
    CT_ROLE_SERVER,     /* Tomcat's own name, asked for by the client */
    CT_ROLE_DATE,       /* a day; the time of day stands in a TIME */
    CT_ROLE_STATUS, CT_ROLE_METHOD,
    CT_ROLE_URL,        /* target of the request, with or without query */
    CT_ROLE_REQUEST,    /* "GET /path HTTP/1.1" */
    CT_ROLE_HEADER,     /* a request header; name is the header's */
    CT_ROLE_WAF,
    CT_ROLE_TEXT,       /* only a name of ours */
    CT_ROLE_AWS_WAF,    /* says what kind of log it is */
};

struct ct_json_name {
    ct_str path;        /* dotted, lower case, without the wrappers that shippers put around a record */
    enum ct_json_role role;
    ct_str name;        /* of the field, or of the header; empty: the path as logged */
};

/* path as logged; null when it means nothing known. Folds case. */
const struct ct_json_name *ct_json_name(ct_str path);
/* Is the last container of a path a map of request headers ("request.headers", "httpRequest.headers")? */
bool ct_json_is_headers(ct_str path);

#endif
