/* smtp://HOST[:PORT]?from=ADDRESS&to=ADDRESS[,ADDRESS]...[&tls=auto|require|off][&login-file=PATH]: one mail per alert, through a relay. See
 * mail_format.h for the mail.
 *
 * TLS: auto (the default) takes STARTTLS where it is offered, except on loopback, and then insists on a certificate that is
 * good for HOST; require gives nothing away without it; off never asks. A login (see smtp_auth.h) asks for TLS by itself, also on
 * loopback, and is given away inside it alone.
 * A 5xx to the mail itself refuses this mail; one to what comes before speaks of the set-up, and is tried again. A recipient that is
 * refused while another is taken is complained of and left out.
 * Records of contacts and heartbeats are not mailed, save the first heartbeat after deafness: they count as delivered. */
#include "outlet/sink.h"

#include "net/socket.h"
#include "net/tls.h"
#include "net/url.h"
#include "outlet/mail_format.h"
#include "outlet/smtp_auth.h"
#include "outlet/smtp_reply.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum smtp_tls { TLS_AUTO, TLS_REQUIRE, TLS_OFF };

struct smtp_sink {
    struct ct_sink base;
    int64_t answer_ms;
    ct_arena *arena;
    struct ct_gist_memory memory;
    struct ct_mail_addresses addresses;
    struct ct_smtp_login login;
    char host[256], own_name[256];
    const char *ca_file;
    char ca_path[4096];
    uint16_t port;
    bool literal;
    enum smtp_tls want;
    ct_tls *tls;           /* made when it is first needed */
    bool encrypted;        /* this connection is */
    int fd;
    unsigned char in[2048];
    size_t in_at, in_n;
};

static ct_err send_all(struct smtp_sink *s, ct_str bytes, const struct ct_deadline *d, struct ct_fault *fault)
{
    return s->encrypted ? ct_tls_send_all(s->tls, bytes, d, fault) : ct_socket_send_all(s->fd, bytes, d, fault);
}

static ct_err read_reply(struct smtp_sink *s, struct ct_smtp_reply *r, const struct ct_deadline *d, struct ct_fault *fault)
{
    ct_smtp_reply_init(r);
    while (!r->done) {
        if (s->in_at == s->in_n) {
            size_t n = 0;
            CT_TRY(s->encrypted ? ct_tls_recv(s->tls, s->in, sizeof s->in, d, &n, fault)
                                : ct_socket_recv(s->fd, s->in, sizeof s->in, d, &n, fault));
            if (n == 0) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the relay hung up");
            s->in_at = 0;
            s->in_n = n;
        }
        size_t used = 0;
        ct_err err = ct_smtp_reply_feed(r, (ct_str){s->in + s->in_at, s->in_n - s->in_at}, &used);
        s->in_at += used;
        if (err != CT_OK) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the relay's answer is no SMTP: %s", ct_err_text(err));
    }
    return CT_OK;
}

/* One command and its reply, which must be of the class asked for; called by another name where it holds a secret. */
static ct_err command_as(struct smtp_sink *s, const char *name, const char *text, unsigned want, struct ct_smtp_reply *r, struct ct_fault *fault)
{
    struct ct_deadline d = ct_deadline_in(s->base.step_ms, s->base.cancel_fd);
    CT_TRY(send_all(s, ct_str_from(text), &d, fault));
    CT_TRY(read_reply(s, r, &d, fault));
    if (r->code / 100 == want) return CT_OK;
    return ct_fault_set(fault, CT_ERR_NETWORK, 0, "%.*s: %u %s", (int)strcspn(name, "\r:"), name, r->code, r->text);
}

static ct_err command(struct smtp_sink *s, const char *text, unsigned want, struct ct_smtp_reply *r, struct ct_fault *fault)
{
    return command_as(s, text, text, want, r, fault);
}

static ct_err greet(struct smtp_sink *s, struct ct_smtp_reply *r, struct ct_fault *fault)
{
    char line[300];
    (void)snprintf(line, sizeof line, "EHLO %s\r\n", s->own_name);
    return command(s, line, 2, r, fault);
}

static ct_err start_tls(struct smtp_sink *s, struct ct_smtp_reply *r, struct ct_fault *fault)
{
    struct ct_deadline d = ct_deadline_in(s->base.step_ms, s->base.cancel_fd);
    if (!s->tls) CT_TRY(ct_tls_new(s->base.alloc, s->host, s->literal, s->ca_file, &s->tls, fault));
    CT_TRY(command(s, "STARTTLS\r\n", 2, r, fault));
    /* What came in clear behind the answer would be taken for a secret one's. */
    if (s->in_at != s->in_n) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the relay said more than it was asked before TLS");
    CT_TRY(ct_tls_handshake(s->tls, s->fd, &d, fault));
    s->encrypted = true;
    return greet(s, r, fault);
}

static ct_err log_in(struct smtp_sink *s, const struct ct_smtp_reply *offer, struct ct_fault *fault)
{
    char line[CT_SMTP_AUTH_LINE];
    struct ct_smtp_reply r;
    if (offer->auth_plain) {
        ct_smtp_auth_plain(&s->login, line);
        return command_as(s, "AUTH PLAIN", line, 2, &r, fault);
    }
    if (!offer->auth_login) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the relay offers neither AUTH PLAIN nor LOGIN");
    CT_TRY(command(s, "AUTH LOGIN\r\n", 3, &r, fault));
    ct_smtp_auth_word(s->login.name, line);
    CT_TRY(command_as(s, "AUTH LOGIN", line, 3, &r, fault));
    ct_smtp_auth_word(s->login.password, line);
    return command_as(s, "AUTH LOGIN", line, 2, &r, fault);
}

static ct_err open_session(struct smtp_sink *s, struct ct_fault *fault)
{
    struct ct_addrs addrs;
    struct ct_smtp_reply r;
    struct ct_deadline d = ct_deadline_in(s->base.step_ms, s->base.cancel_fd);
    s->in_at = s->in_n = 0;
    s->encrypted = false;
    CT_TRY(ct_resolve(s->host, s->port, &d, &addrs, fault));
    CT_TRY(ct_socket_connect_any(&addrs, SOCK_STREAM, &d, &s->fd, fault));
    CT_TRY(read_reply(s, &r, &d, fault));
    if (r.code != 220) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the relay greets with %u %s", r.code, r.text);
    CT_TRY(greet(s, &r, fault));
    bool far = !ct_host_is_loopback(s->host);
    if (s->want == TLS_REQUIRE && !r.starttls) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "the relay offers no STARTTLS");
    if (r.starttls && (s->want == TLS_REQUIRE || (s->want == TLS_AUTO && far))) CT_TRY(start_tls(s, &r, fault));
    return s->login.name[0] && s->encrypted ? log_in(s, &r, fault) : CT_OK;
}

/* ret_refused: of some recipient, while another was taken. */
static ct_err envelope(struct smtp_sink *s, struct ct_fault *ret_refused, struct ct_fault *fault)
{
    struct ct_smtp_reply r;
    struct ct_fault refused = {0};
    char line[300];
    size_t taken = 0;
    (void)snprintf(line, sizeof line, "MAIL FROM:<%s>\r\n", s->addresses.from);
    CT_TRY(command(s, line, 2, &r, fault));
    for (size_t i = 0; i < s->addresses.n_to; i++) {
        (void)snprintf(line, sizeof line, "RCPT TO:<%s>\r\n", s->addresses.to[i]);
        ct_err err = command(s, line, 2, &r, &refused);
        if (err == CT_OK) taken++;
        else if (err == CT_ERR_INTERRUPTED || !r.done || r.code / 100 != 5) return ct_fault_set(fault, err, 0, "%s", refused.detail);
    }
    *ret_refused = refused;
    return taken ? CT_OK : ct_fault_set(fault, CT_ERR_NETWORK, 0, "%s", refused.detail);
}

static enum ct_delivery hand_over(struct smtp_sink *s, ct_str mail, struct ct_fault *fault)
{
    struct ct_smtp_reply r;
    struct ct_fault refused = {0};
    if (open_session(s, fault) != CT_OK || envelope(s, &refused, fault) != CT_OK) return CT_DELIVERY_FAILED;
    if (command(s, "DATA\r\n", 3, &r, fault) != CT_OK) return CT_DELIVERY_FAILED;
    struct ct_deadline d = ct_deadline_in(s->base.step_ms, s->base.cancel_fd);
    if (send_all(s, mail, &d, fault) != CT_OK) return CT_DELIVERY_FAILED;
    d = ct_deadline_in(s->answer_ms, s->base.cancel_fd);
    if (read_reply(s, &r, &d, fault) != CT_OK) return CT_DELIVERY_FAILED;
    if (r.code / 100 != 2) {
        (void)ct_fault_set(fault, CT_ERR_NETWORK, 0, "the mail: %u %s", r.code, r.text);
        return r.code / 100 == 5 ? CT_DELIVERY_REFUSED : CT_DELIVERY_FAILED;
    }
    /* Whoever does not wait for the answer still says goodbye. */
    d = ct_deadline_in(s->base.step_ms, s->base.cancel_fd);
    (void)!send_all(s, CT_STR("QUIT\r\n"), &d, NULL);
    if (refused.err == CT_OK) return CT_DELIVERED;
    (void)ct_fault_set(fault, refused.err, 0, "%s", refused.detail);
    return CT_DELIVERED_IN_PART;
}

static enum ct_delivery deliver(struct ct_sink *sink, const struct ct_spool_record *r, int64_t *ret_retry_after_ms,
                                struct ct_fault *fault)
{
    struct smtp_sink *s = (struct smtp_sink *)sink;
    struct ct_gist *g = NULL;
    struct ct_buf mail;
    (void)ret_retry_after_ms;
    ct_arena_clear(s->arena);
    g = ct_arena_alloc(s->arena, sizeof *g);
    ct_err err = g ? ct_gist_read(s->arena, r->event, g) : CT_ERR_NOMEM;
    if (err == CT_OK && !ct_gist_is_news(&s->memory, g)) {
        ct_gist_remember(&s->memory, g);
        return CT_DELIVERED;
    }
    ct_buf_init(&mail, s->arena, CT_MAIL_MAX);
    if (err == CT_OK) ct_mail_print(&mail, &s->addresses, g, r->id, r->time_us, s->own_name);
    if (err == CT_OK) err = mail.err;
    if (err != CT_OK) {
        (void)ct_fault_set(fault, err, 0, "no mail can be made of the event: %s", ct_err_text(err));
        return err == CT_ERR_NOMEM ? CT_DELIVERY_FAILED : CT_DELIVERY_REFUSED;
    }
    enum ct_delivery d = hand_over(s, ct_buf_view(&mail), fault);
    if (s->encrypted) ct_tls_goodbye(s->tls);
    ct_socket_close(&s->fd);
    if (d == CT_DELIVERED || d == CT_DELIVERED_IN_PART) ct_gist_remember(&s->memory, g);
    return d;
}

static void sink_free(struct ct_sink *sink)
{
    struct smtp_sink *s = (struct smtp_sink *)sink;
    ct_socket_close(&s->fd);
    ct_tls_free(s->tls);
    ct_arena_free(s->arena);
    ct_alloc_put(sink->alloc, s, sizeof *s);
}

/* %XX of a query's value; false for what is none, or does not fit. */
static bool percent_decode(ct_str s, char *to, size_t room, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == '%') {
            int high = i + 2 < s.n ? ct_hex_value(s.p[i + 1]) : -1, low = i + 2 < s.n ? ct_hex_value(s.p[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = (unsigned char)(high * 16 + low);
            i += 2;
        }
        if (n == room) return false;
        to[n++] = (char)c;
    }
    *ret_n = n;
    return true;
}

static ct_err parse_option(struct smtp_sink *s, ct_str name, ct_str value, struct ct_fault *fault)
{
    static const ct_str words[] = {CT_STR_INIT("auto"), CT_STR_INIT("require"), CT_STR_INIT("off")};
    char text[255];
    size_t n = 0;
    if (ct_str_eq(name, CT_STR("tls"))) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (ct_str_eq(value, words[i])) {
                s->want = (enum smtp_tls)i;
                return CT_OK;
            }
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "tls= is auto, require or off");
    }
    if (ct_str_eq(name, CT_STR("from"))) {
        if (percent_decode(value, text, sizeof text, &n) && ct_mail_address((ct_str){(unsigned char *)text, n}, s->addresses.from)) return CT_OK;
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "from= is one mail address");
    }
    if (ct_str_eq(name, CT_STR("login-file"))) {
        char path[4096];
        if (!percent_decode(value, path, sizeof path - 1, &n) || !n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "login-file= is a path");
        path[n] = 0;
        return ct_smtp_login_read(s->base.alloc, path, &s->login, fault);
    }
    if (!ct_str_eq(name, CT_STR("to"))) return ct_fault_set(fault, CT_ERR_USAGE, 0, "smtp: knows from=, to=, tls= and login-file=");
    while (value.p) {
        ct_str one = ct_str_cut(&value, ',');
        if (s->addresses.n_to == CT_MAIL_TO_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "to= names more than %u addresses", CT_MAIL_TO_MAX);
        if (!percent_decode(one, text, sizeof text, &n) || !ct_mail_address((ct_str){(unsigned char *)text, n}, s->addresses.to[s->addresses.n_to]))
            return ct_fault_set(fault, CT_ERR_USAGE, 0, "to= is one mail address, or several with commas between them");
        s->addresses.n_to++;
    }
    return CT_OK;
}

static ct_err parse(struct smtp_sink *s, ct_str rest, struct ct_fault *fault)
{
    ct_str where = ct_str_cut(&rest, '?');
    if (ct_str_starts(where, CT_STR("//"))) where = ct_str_slice(where, 2, where.n);
    if (where.n && where.p[where.n - 1] == '/') where.n--;
    CT_TRY(ct_host_port_parse(where, 25, s->host, &s->port, &s->literal, fault));
    while (rest.p) {
        ct_str value = ct_str_cut(&rest, '&'), name = ct_str_cut(&value, '=');
        CT_TRY(parse_option(s, name, value, fault));
    }
    if (s->login.name[0] && s->want == TLS_OFF) return ct_fault_set(fault, CT_ERR_USAGE, 0, "login-file= is for TLS alone, and tls=off is said");
    if (s->login.name[0]) s->want = TLS_REQUIRE;
    if (!s->addresses.from[0] || !s->addresses.n_to) return ct_fault_set(fault, CT_ERR_USAGE, 0, "smtp: wants ?from=ADDRESS&to=ADDRESS");
    return CT_OK;
}

/* What EHLO takes: a name, or an address in brackets. */
static void set_own_name(struct smtp_sink *s)
{
    if (gethostname(s->own_name, sizeof s->own_name - 1) != 0) s->own_name[0] = 0;
    for (const char *p = s->own_name; *p; p++)
        if (!ct_ascii_alpha((unsigned char)*p) && !ct_ascii_digit((unsigned char)*p) && *p != '.' && *p != '-') s->own_name[0] = 0;
    if (!s->own_name[0]) (void)snprintf(s->own_name, sizeof s->own_name, "localhost");
}

ct_err ct_sink_smtp_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    struct smtp_sink *s = ct_alloc_get(env->alloc, sizeof *s);
    if (!s) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    *s = (struct smtp_sink){.base = {deliver, sink_free, env->alloc, env->tuning.step_ms, env->cancel_fd},
                            .answer_ms = env->tuning.answer_ms, .fd = -1};
    set_own_name(s);
    ct_err err = parse(s, rest, fault);
    if (err == CT_OK && env->opts->ca_file) { /* the options may be gone when it is needed */
        int n = snprintf(s->ca_path, sizeof s->ca_path, "%s", env->opts->ca_file);
        if (n < 0 || (size_t)n >= sizeof s->ca_path) err = ct_fault_set(fault, CT_ERR_USAGE, 0, "the CA file's name is too long");
        s->ca_file = s->ca_path;
    }
    if (err == CT_OK && ct_arena_new(env->alloc, CT_GIST_ARENA_MAX, &s->arena) != CT_OK)
        err = ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    if (err != CT_OK) {
        sink_free(&s->base);
        return err;
    }
    *ret_sink = &s->base;
    return CT_OK;
}
