/* Internal to face: the rows of faces.c, each defined in its own face_NAME.c. */
#ifndef CT_FACE_FACE_LIST_H
#define CT_FACE_FACE_LIST_H

#include "face/face.h"

extern const struct ct_face ct_face_elastic, ct_face_ftp, ct_face_http, ct_face_https, ct_face_ldap, ct_face_ldaps, ct_face_mongodb, ct_face_mysql,
    ct_face_postgres, ct_face_raw, ct_face_rdp, ct_face_redis, ct_face_rmi, ct_face_smb, ct_face_smtp, ct_face_ssh, ct_face_telnet, ct_face_vnc;

#endif
