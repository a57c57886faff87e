/* Internal to face: credentials in what web clients send. */
#ifndef CT_FACE_HTTP_LOGIN_H
#define CT_FACE_HTTP_LOGIN_H

#include "face/face.h"

/* "a=1&b=2" of a form or a query, or a JSON object: reports USER and PASSWORD by the usual names of such fields. True when there was a password. */
bool ct_http_login_form(const struct ct_face_io *io, ct_str body);
/* The value of an Authorization header: Basic is taken apart. */
void ct_http_login_header(const struct ct_face_io *io, ct_str value);

#endif
