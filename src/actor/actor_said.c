/* What was said in an actor's sessions, as far as it is kept with the actor: logins, sayings, the worst payload. */
#include "actor/actor_impl.h"
#include "base/blake2b.h"

#include <string.h>

uint16_t ct_actor_keep(unsigned char *to, size_t room, ct_str s)
{
    size_t n = s.n < room ? s.n : room;
    if (n) memcpy(to, s.p, n);
    return (uint16_t)n;
}

void ct_secret_hash(const unsigned char key[32], ct_str secret, char ret_hex[33])
{
    struct ct_blake2b b;
    unsigned char d[CT_BLAKE2B_DIGEST];
    ct_blake2b_init_keyed(&b, (ct_str){key, 32});
    ct_blake2b_add(&b, secret);
    ct_blake2b_done(&b, d);
    for (size_t i = 0; i < sizeof d; i++) {
        ret_hex[2 * i] = "0123456789abcdef"[d[i] >> 4];
        ret_hex[2 * i + 1] = "0123456789abcdef"[d[i] & 15];
    }
    ret_hex[32] = 0;
}

uint64_t ct_actors_keyed(const ct_actors *a, ct_str s)
{
    struct ct_blake2b b;
    unsigned char d[CT_BLAKE2B_DIGEST];
    uint64_t v;
    ct_blake2b_init_keyed(&b, (ct_str){a->opts.key, sizeof a->opts.key});
    ct_blake2b_add(&b, s);
    ct_blake2b_done(&b, d);
    memcpy(&v, d, sizeof v);
    return v;
}

bool ct_contact_is_serious(const struct ct_contact *c)
{
    if (ct_verdict_matters(c->verdict)) return true;
    for (size_t i = 0; i < c->n_facts; i++) {
        enum ct_fact k = c->facts[i].kind;
        if (c->facts[i].value.n && (k == CT_FACT_USER || k == CT_FACT_PASSWORD || k == CT_FACT_RESPONSE || k == CT_FACT_KEY || k == CT_FACT_CALLBACK)) return true;
    }
    return false;
}

bool ct_login_next(const struct ct_contact *c, size_t *at, ct_str *user, struct ct_login *ret_login)
{
    for (; *at < c->n_facts; (*at)++) {
        const struct ct_contact_fact *f = &c->facts[*at];
        if (f->kind == CT_FACT_USER) {
            bool alone = f->value.n > 0;
            /* Its password is the next of these facts, if that is one. */
            for (size_t k = *at + 1; k < c->n_facts; k++) {
                enum ct_fact kind = c->facts[k].kind;
                if (kind == CT_FACT_PASSWORD || kind == CT_FACT_RESPONSE) alone = false;
                if (kind == CT_FACT_PASSWORD || kind == CT_FACT_RESPONSE || kind == CT_FACT_USER) break;
            }
            *user = f->value;
            if (!alone) continue;
            *ret_login = (struct ct_login){f->value, {NULL, 0}};
            (*at)++;
            return true;
        }
        if (f->kind != CT_FACT_PASSWORD && f->kind != CT_FACT_RESPONSE) continue;
        *ret_login = (struct ct_login){*user, f->value};
        (*at)++;
        return true;
    }
    return false;
}

/* ret: it was not among them, and is now. */
static bool add_distinct(uint64_t *list, size_t *n, uint64_t v, bool *more)
{
    for (size_t i = 0; i < *n; i++)
        if (list[i] == v) return false;
    if (*n == CT_ACTOR_DISTINCT_MAX) {
        *more = true;
        return false;
    }
    list[(*n)++] = v;
    return true;
}

static void show_login(ct_actors *a, struct ct_actor_logins *l, const struct ct_login *login)
{
    struct ct_actor_login k = {0};
    char hex[33];
    uint64_t user = ct_actors_keyed(a, login->user), secret = login->secret.n ? ct_actors_keyed(a, login->secret) : 0;
    k.hash = user * 31 + secret;
    k.user_n = (uint8_t)ct_actor_keep(k.user, sizeof k.user, login->user);
    if (login->secret.n && !a->opts.keep_passwords) {
        ct_secret_hash(a->opts.key, login->secret, hex);
        k.secret_n = (uint8_t)ct_actor_keep(k.secret, sizeof k.secret, ct_str_from(hex));
    } else {
        k.secret_n = (uint8_t)ct_actor_keep(k.secret, sizeof k.secret, login->secret);
    }
    for (size_t i = 0; i < l->n; i++) {
        struct ct_actor_login *was = &l->shown[i];
        if (was->hash == k.hash) return;
        /* A name that was asked for first, and now comes with its password. */
        if (was->secret_n == 0 && was->hash == user * 31) {
            *was = k;
            return;
        }
    }
    if (l->n < CT_ACTOR_LOGINS_MAX) l->shown[l->n++] = k;
    else l->more = true;
}

static ct_err note_login(ct_actors *a, struct ct_actor *x, const struct ct_login *login)
{
    /* A name alone is asked for again with its password: counted as tried once it has one. */
    x->logins_tried += login->secret.n > 0;
    a->stats.logins += login->secret.n > 0;
    x->classes |= CT_CLASS_LOGIN;
    if (!x->logins) x->logins = ct_actors_get(a, x, sizeof *x->logins);
    if (!x->logins) return CT_ERR_NOMEM;
    bool more = false;
    if (login->user.n) (void)add_distinct(x->logins->users, &x->logins->n_users, ct_actors_keyed(a, login->user), &more);
    if (login->secret.n) (void)add_distinct(x->logins->secrets, &x->logins->n_secrets, ct_actors_keyed(a, login->secret), &more);
    x->logins->more = x->logins->more || more;
    show_login(a, x->logins, login);
    return CT_OK;
}

const char *ct_fact_field(enum ct_fact kind, const char *face)
{
    bool http = face && strncmp(face, "http", 4) == 0;
    switch (kind) {
    case CT_FACT_CLIENT_SOFTWARE: return http ? "user_agent.original" : "caltrop.client_software";
    case CT_FACT_METHOD: return http ? "http.request.method" : "caltrop.method";
    case CT_FACT_PATH: return http ? "url.original" : "caltrop.path";
    case CT_FACT_HOST: return "destination.domain";
    case CT_FACT_DOMAIN: return "user.domain";
    case CT_FACT_WORKSTATION: return "source.domain";
    case CT_FACT_SNI: return "tls.client.server_name";
    case CT_FACT_ALPN: return "caltrop.alpn";
    case CT_FACT_JA4: return "tls.client.ja4";
    case CT_FACT_HASSH: return "caltrop.hassh";
    case CT_FACT_KEY: return "caltrop.ssh_key";
    case CT_FACT_COMMAND: return "caltrop.command";
    case CT_FACT_DATABASE: return "caltrop.database";
    case CT_FACT_CALLBACK: return "caltrop.callback";
    case CT_FACT_FIRST_BYTES: return "caltrop.first_bytes";
    case CT_FACT_USER: case CT_FACT_PASSWORD: case CT_FACT_RESPONSE: case CT_FACT_PAYLOAD: case CT_FACT_COUNT: break;
    }
    return NULL;
}

/* Length of the secret that stands at value's `at`; 0: none. */
static size_t secret_at(const struct ct_contact *c, ct_str value, size_t at)
{
    size_t longest = 0;
    for (size_t i = 0; i < c->n_facts; i++) {
        ct_str s = c->facts[i].value;
        if ((c->facts[i].kind != CT_FACT_PASSWORD && c->facts[i].kind != CT_FACT_RESPONSE) || s.n < 3 || s.n > value.n - at) continue;
        if (s.n > longest && memcmp(s.p, value.p + at, s.n) == 0) longest = s.n;
    }
    return longest;
}

bool ct_contact_tells_secret(const struct ct_contact *c, ct_str value)
{
    for (size_t i = 0; i < c->n_facts; i++) {
        const struct ct_contact_fact *f = &c->facts[i];
        if ((f->kind == CT_FACT_PASSWORD || f->kind == CT_FACT_RESPONSE) && f->value.n >= 3 && ct_str_find(value, f->value) != CT_STR_NONE)
            return true;
    }
    return false;
}

size_t ct_contact_hide_secrets(const struct ct_contact *c, ct_str value, unsigned char *to, size_t room)
{
    size_t n = 0;
    for (size_t at = 0; at < value.n && n < room;) {
        size_t secret = secret_at(c, value, at);
        if (!secret) {
            to[n++] = value.p[at++];
            continue;
        }
        for (unsigned i = 0; i < 3 && n < room; i++) to[n++] = '*';
        at += secret;
    }
    return n;
}

/* The newest of each kind. */
static ct_err note_saying(ct_actors *a, struct ct_actor *x, const struct ct_contact *c, const char *name, ct_str value)
{
    if (!x->sayings) x->sayings = ct_actors_get(a, x, sizeof *x->sayings);
    if (!x->sayings) return CT_ERR_NOMEM;
    size_t at = 0;
    while (at < x->sayings->n && strcmp(x->sayings->of[at].name, name) != 0) at++;
    if (at == CT_ACTOR_SAID_MAX) return CT_OK; /* there are hardly more kinds than that */
    if (at == x->sayings->n) x->sayings->n++;
    struct ct_actor_saying *s = &x->sayings->of[at];
    s->name = name;
    bool hide = !a->opts.keep_passwords && ct_contact_tells_secret(c, value);
    s->n = hide ? (uint8_t)ct_contact_hide_secrets(c, value, s->text, sizeof s->text)
                : (uint8_t)ct_actor_keep(s->text, sizeof s->text, value);
    return CT_OK;
}

static void note_callback(struct ct_actor_payload *p, const struct ct_indicator *in)
{
    if (p->n_callbacks == CT_ACTOR_CALLBACKS_MAX) return;
    struct ct_actor_callback *c = &p->callbacks[p->n_callbacks];
    *c = (struct ct_actor_callback){.port = in->port};
    c->scheme_n = (uint8_t)ct_actor_keep(c->scheme, sizeof c->scheme, in->scheme);
    c->host_n = (uint8_t)ct_actor_keep(c->host, sizeof c->host, in->host);
    c->path_n = (uint8_t)ct_actor_keep(c->path, sizeof c->path, in->path);
    for (size_t i = 0; i < p->n_callbacks; i++) {
        const struct ct_actor_callback *was = &p->callbacks[i];
        /* A fresh path each time is one callback. */
        if (was->port == c->port && was->host_n == c->host_n && memcmp(was->host, c->host, c->host_n) == 0) return;
    }
    p->n_callbacks++;
}

static ct_err note_payload(ct_actors *a, struct ct_actor *x, const struct ct_verdict *v)
{
    x->payloads++;
    a->stats.payloads++;
    if (v->grade > x->grade) x->grade = v->grade;
    if (v->grade == CT_GRADE_NONE) x->classes |= CT_CLASS_UNJUDGED;
    if (!x->payload) x->payload = ct_actors_get(a, x, sizeof *x->payload);
    struct ct_actor_payload *p = x->payload;
    if (!p) return CT_ERR_NOMEM;
    for (unsigned i = 0; i < v->n_indicators; i++) note_callback(p, &v->indicators[i]);
    if (p->some && v->grade <= p->grade) return CT_OK;
    p->some = true;
    p->grade = v->grade;
    p->certainty = v->certainty;
    p->calls = v->n_calls;
    p->field_n = ct_actor_keep(p->field, sizeof p->field, v->field);
    p->normal_n = ct_actor_keep(p->normal, sizeof p->normal, v->normal);
    p->raw_n = ct_actor_keep(p->raw, sizeof p->raw, v->decoded);
    p->n_fires = v->n_fires < CT_ACTOR_FIRES_MAX ? v->n_fires : CT_ACTOR_FIRES_MAX;
    memcpy(p->fires, v->fires, p->n_fires * sizeof *p->fires);
    return CT_OK;
}

static void note_face(struct ct_actor *x, const char *face)
{
    for (size_t i = 0; i < x->n_faces; i++)
        if (strcmp(x->faces[i], face) == 0) return;
    if (x->n_faces < CT_ACTOR_FACES_MAX) x->faces[x->n_faces++] = face;
}

ct_err ct_actors_note_said(ct_actors *a, struct ct_actor *x, const struct ct_contact *c)
{
    ct_err worst = CT_OK;
    x->bytes_in += c->bytes_in;
    x->bytes_out += c->bytes_out;
    if (c->face) note_face(x, c->face);
    struct ct_login login;
    ct_str user = c->user;
    for (size_t at = 0; ct_login_next(c, &at, &user, &login);)
        if (note_login(a, x, &login) != CT_OK) worst = CT_ERR_NOMEM;
    for (size_t i = 0; i < c->n_facts; i++) {
        const char *name = ct_fact_field(c->facts[i].kind, c->face);
        if (name && c->facts[i].value.n && note_saying(a, x, c, name, c->facts[i].value) != CT_OK) worst = CT_ERR_NOMEM;
    }
    if (ct_verdict_matters(c->verdict) && note_payload(a, x, c->verdict) != CT_OK) worst = CT_ERR_NOMEM;
    if (worst != CT_OK) a->stats.forgotten++;
    return worst;
}
