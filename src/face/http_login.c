#include "face/http_login.h"

#include "face/face_out.h"
#include "text/json_in.h"

static bool named(ct_str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ct_str_eq_fold(name, ct_str_from(names[i]))) return true;
    return false;
}

static enum ct_fact field_kind(ct_str name)
{
    static const char *const users[] = {"username", "user", "j_username", "login", "email", "user_name", "userid", "uname", "log", "name"};
    static const char *const passwords[] = {"password", "pass", "passwd", "j_password", "pwd", "user_password", "passphrase", "secret"};
    if (named(name, users, sizeof users / sizeof *users)) return CT_FACT_USER;
    if (named(name, passwords, sizeof passwords / sizeof *passwords)) return CT_FACT_PASSWORD;
    return CT_FACT_COUNT;
}

/* The user before the password, whatever their order in the form. */
struct pair {
    ct_str user, password;
};

static void pair_take(struct pair *p, ct_str name, ct_str value)
{
    enum ct_fact kind = field_kind(name);
    if (kind == CT_FACT_USER && !p->user.n) p->user = value;
    if (kind == CT_FACT_PASSWORD && !p->password.n) p->password = value;
}

static struct pair json_pair(ct_str body)
{
    struct pair p = {0};
    struct ct_json_in j;
    struct ct_json_token t;
    ct_str key = {0};
    ct_json_open(&j, body);
    while (ct_json_next(&j, &t) == CT_OK) {
        if (t.kind == CT_JSON_KEY) key = t.text;
        else if (t.kind == CT_JSON_STRING) pair_take(&p, key, t.text);
    }
    return p;
}

bool ct_http_login_form(const struct ct_face_io *io, ct_str body)
{
    unsigned char user[256], password[256];
    struct pair p = {0};
    body = ct_str_trim(body);
    if (body.n && body.p[0] == '{') {
        p = json_pair(body);
    } else {
        while (body.p) {
            ct_str value = ct_str_cut(&body, '&');
            ct_str name = ct_str_cut(&value, '=');
            pair_take(&p, name, value);
        }
        p.user = ct_face_form(p.user, user, sizeof user);
        p.password = ct_face_form(p.password, password, sizeof password);
    }
    if (!p.password.n) return false;
    ct_face_told(io, CT_FACT_USER, p.user);
    ct_face_told(io, CT_FACT_PASSWORD, p.password);
    return true;
}

void ct_http_login_header(const struct ct_face_io *io, ct_str value)
{
    unsigned char plain[512];
    ct_str scheme = ct_face_word(&value);
    if (!ct_str_eq_fold(scheme, CT_STR("basic"))) return;
    ct_str password = ct_face_base64(value, plain, sizeof plain);
    ct_str user = ct_str_cut(&password, ':');
    ct_face_told(io, CT_FACT_USER, user);
    ct_face_told(io, CT_FACT_PASSWORD, password);
}
