/* smtp: Postfix (RFC 5321) for its own domain only.
 *
 * Logins are refused, relaying too. Mail to the own domain is read, looked at, and then refused for the time being (451): what a misled program sent
 * in good faith waits in its own queue and is not lost here. */
#include "face/face_list.h"
#include "face/face_out.h"

enum { ERRORS_MAX = 20, DATA_MAX = 10240000, DATA_OVERLAP = 1024, COMMANDS_MAX = 1000 };
enum phase { PHASE_COMMAND, PHASE_LOGIN_USER, PHASE_LOGIN_PASSWORD, PHASE_PLAIN, PHASE_DATA };

struct smtp {
    unsigned char phase, errors, logins;
    bool mail, recipient;
    uint16_t commands;
    uint32_t data;
    struct ct_kept user;
};

static void smtp_open(void *state, const struct ct_face_io *io)
{
    (void)state;
    struct ct_reply r = {0};
    ct_reply_printf(&r, "220 %.*s.%.*s ESMTP Postfix (Debian/GNU)\r\n", CT_STR_ARG(io->host->name), CT_STR_ARG(io->host->domain));
    ct_reply_send(&r, io);
}

static void say(const struct ct_face_io *io, const char *text) { io->send(io->ctx, ct_str_from(text)); }

static void refuse_login(struct smtp *s, const struct ct_face_io *io)
{
    s->phase = PHASE_COMMAND;
    say(io, "535 5.7.8 Error: authentication failed: authentication failure\r\n");
    if (++s->logins >= CT_FACE_LOGINS_MAX) io->close(io->ctx);
}

static void take_plain(struct smtp *s, const struct ct_face_io *io, ct_str encoded)
{
    unsigned char plain[1024];
    ct_str rest = ct_face_base64(encoded, plain, sizeof plain);
    ct_face_fact(io, CT_FACT_PAYLOAD, encoded);
    ct_str_cut(&rest, 0);
    ct_str user = ct_str_cut(&rest, 0);
    ct_face_told(io, CT_FACT_USER, user);
    ct_face_told(io, CT_FACT_PASSWORD, rest);
    refuse_login(s, io);
}

static void take_login(struct smtp *s, const struct ct_face_io *io, ct_str encoded)
{
    unsigned char plain[1024];
    ct_face_fact(io, CT_FACT_PAYLOAD, encoded);
    ct_str value = ct_face_base64(encoded, plain, sizeof plain);
    if (s->phase == PHASE_LOGIN_USER) {
        ct_face_told(io, CT_FACT_USER, value);
        ct_kept_set(&s->user, value);
    } else {
        ct_face_login(io, &s->user, value);
        refuse_login(s, io);
        return;
    }
    s->phase = PHASE_LOGIN_PASSWORD;
    say(io, "334 UGFzc3dvcmQ6\r\n");
}

static void auth(struct smtp *s, const struct ct_face_io *io, ct_str rest)
{
    ct_str mechanism = ct_face_word(&rest);
    if (ct_str_eq_fold(mechanism, CT_STR("PLAIN"))) {
        if (rest.n) {
            take_plain(s, io, rest);
            return;
        }
        s->phase = PHASE_PLAIN;
        say(io, "334 \r\n");
    } else if (ct_str_eq_fold(mechanism, CT_STR("LOGIN"))) {
        s->phase = PHASE_LOGIN_USER;
        if (rest.n) take_login(s, io, rest);
        else say(io, "334 VXNlcm5hbWU6\r\n");
    } else {
        say(io, "535 5.7.8 Error: authentication failed: Invalid authentication mechanism\r\n");
    }
}

static void hello(struct smtp *s, const struct ct_face_io *io, bool extended, ct_str name)
{
    struct ct_reply r = {0};
    ct_face_told(io, CT_FACT_WORKSTATION, name);
    s->mail = s->recipient = false;
    ct_reply_printf(&r, "250%c%.*s.%.*s\r\n", extended ? '-' : ' ', CT_STR_ARG(io->host->name), CT_STR_ARG(io->host->domain));
    if (extended) {
        ct_reply_text(&r, "250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n250-ETRN\r\n");
        if (io->start_tls) ct_reply_text(&r, "250-STARTTLS\r\n");
        ct_reply_text(&r, "250-AUTH PLAIN LOGIN\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n");
    }
    ct_reply_send(&r, io);
}

static void recipient(struct smtp *s, const struct ct_face_io *io, ct_str address)
{
    size_t at = ct_str_rchr(address, '@');
    ct_str domain = at == CT_STR_NONE ? (ct_str){0} : ct_str_slice(address, at + 1, address.n);
    if (!s->mail) {
        say(io, "503 5.5.1 Error: need MAIL command\r\n");
    } else if (ct_str_starts_fold(domain, io->host->domain) && domain.n <= io->host->domain.n + 2) {
        s->recipient = true;
        say(io, "250 2.1.5 Ok\r\n");
    } else {
        say(io, "554 5.7.1 Relay access denied\r\n");
    }
}

static void unknown(struct smtp *s, const struct ct_face_io *io, ct_str word)
{
    if (ct_str_eq_fold(word, CT_STR("GET")) || ct_str_eq_fold(word, CT_STR("POST")) || ct_str_eq_fold(word, CT_STR("CONNECT"))) {
        say(io, "221 2.7.0 Error: I can break rules, too. Goodbye.\r\n");
        io->close(io->ctx);
    } else if (++s->errors >= ERRORS_MAX) {
        say(io, "421 4.7.0 Error: too many errors\r\n");
        io->close(io->ctx);
    } else {
        say(io, "502 5.5.2 Error: command not recognized\r\n");
    }
}

static void command(struct smtp *s, const struct ct_face_io *io, ct_str line)
{
    ct_str rest = line, word = ct_face_word(&rest);
    if (ct_str_eq_fold(word, CT_STR("EHLO")) || ct_str_eq_fold(word, CT_STR("HELO"))) {
        hello(s, io, ct_ascii_lower(word.p[0]) == 'e', rest);
        return;
    }
    if (ct_str_eq_fold(word, CT_STR("AUTH"))) {
        ct_face_fact(io, CT_FACT_COMMAND, word);
        auth(s, io, rest);
        return;
    }
    ct_face_told(io, CT_FACT_COMMAND, line);
    if (ct_str_eq_fold(word, CT_STR("MAIL"))) {
        s->mail = true;
        say(io, "250 2.1.0 Ok\r\n");
    } else if (ct_str_eq_fold(word, CT_STR("RCPT"))) {
        recipient(s, io, rest);
    } else if (ct_str_eq_fold(word, CT_STR("DATA"))) {
        s->phase = s->recipient ? PHASE_DATA : PHASE_COMMAND;
        s->data = 0;
        say(io, s->recipient ? "354 End data with <CR><LF>.<CR><LF>\r\n" : "554 5.5.1 Error: no valid recipients\r\n");
    } else if (ct_str_eq_fold(word, CT_STR("RSET")) || ct_str_eq_fold(word, CT_STR("NOOP"))) {
        if (ct_ascii_lower(word.p[0]) == 'r') s->mail = s->recipient = false;
        say(io, "250 2.0.0 Ok\r\n");
    } else if (ct_str_eq_fold(word, CT_STR("VRFY"))) {
        say(io, "550 5.1.1 Recipient address rejected: User unknown in local recipient table\r\n");
    } else if (ct_str_eq_fold(word, CT_STR("STARTTLS")) && io->start_tls) {
        say(io, "220 2.0.0 Ready to start TLS\r\n");
        s->mail = s->recipient = false;
        io->start_tls(io->ctx);
    } else if (ct_str_eq_fold(word, CT_STR("QUIT"))) {
        say(io, "221 2.0.0 Bye\r\n");
        io->close(io->ctx);
    } else {
        unknown(s, io, word);
    }
}

/* Up to the line with the dot; at a full buffer all but an overlap is taken. */
static size_t take_data(struct smtp *s, const struct ct_face_io *io, ct_str in)
{
    size_t end = ct_str_starts(in, CT_STR(".\r\n")) ? 0 : ct_str_find(in, CT_STR("\r\n.\r\n"));
    if (end == CT_STR_NONE && in.n < CT_FACE_BUFFER_MAX) return 0;
    bool whole = end != CT_STR_NONE;
    ct_face_fact(io, CT_FACT_PAYLOAD, whole ? ct_str_slice(in, 0, end) : in);
    size_t n = whole ? end + (end || in.p[0] != '.' ? 5 : 3) : in.n - DATA_OVERLAP;
    s->data += (uint32_t)n;
    if (whole) {
        s->phase = PHASE_COMMAND;
        s->mail = s->recipient = false;
        say(io, "451 4.3.0 Error: queue file write error\r\n");
    } else if (s->data > DATA_MAX) {
        say(io, "552 5.3.4 Error: message file too big\r\n");
        io->close(io->ctx);
    }
    return n;
}

static size_t smtp_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct smtp *s = state;
    ct_str line;
    if (s->phase == PHASE_DATA) return take_data(s, io, in);
    size_t n = ct_face_line(in, &line);
    if (!n) return 0;
    if (s->phase == PHASE_COMMAND) command(s, io, line);
    else if (s->phase == PHASE_PLAIN) take_plain(s, io, line);
    else take_login(s, io, line);
    if (++s->commands == COMMANDS_MAX) io->close(io->ctx);
    return n;
}

static const uint16_t ports[] = {25, 587, 2525};

const struct ct_face ct_face_smtp = {.name = "smtp", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .speaks_first = true,
                                     .state_size = sizeof(struct smtp), .open = smtp_open, .bytes = smtp_bytes, .end = ct_face_end_left};
