/* JSON writer into a buffer. Attacker bytes are safe in it: '$' is always \u0024, controls, DEL, U+2028/9 and invisible
 * characters are \uHHHH, malformed UTF-8 bytes become the text \xHH (with the backslash escaped). Commas and nesting are
 * kept by the writer; depth at most CT_JSON_DEPTH_MAX. Errors are the buffer's sticky error. */
#ifndef CT_TEXT_JSON_OUT_H
#define CT_TEXT_JSON_OUT_H

#include "base/buf.h"
#include "base/limits.h"

struct ct_json_out {
    struct ct_buf *out;
    unsigned depth;
    bool comma[CT_JSON_DEPTH_MAX + 1];
    bool after_key;
};

void ct_json_begin(struct ct_json_out *j, struct ct_buf *out);
void ct_json_object(struct ct_json_out *j);
void ct_json_object_end(struct ct_json_out *j);
void ct_json_array(struct ct_json_out *j);
void ct_json_array_end(struct ct_json_out *j);
void ct_json_key(struct ct_json_out *j, const char *key);
void ct_json_str(struct ct_json_out *j, ct_str v);
void ct_json_u64(struct ct_json_out *j, uint64_t v);
void ct_json_i64(struct ct_json_out *j, int64_t v);
void ct_json_f64(struct ct_json_out *j, double v);   /* finite; shortest of %.15g..%.17g */
void ct_json_bool(struct ct_json_out *j, bool v);
void ct_json_null(struct ct_json_out *j);
/* key and value in one call */
void ct_json_kv(struct ct_json_out *j, const char *key, ct_str v);
void ct_json_kz(struct ct_json_out *j, const char *key, const char *v); /* v NUL-terminated */
void ct_json_ku(struct ct_json_out *j, const char *key, uint64_t v);
void ct_json_ko(struct ct_json_out *j, const char *key); /* opens an object; ct_json_object_end ends it */
void ct_json_ka(struct ct_json_out *j, const char *key); /* an array */

#endif
