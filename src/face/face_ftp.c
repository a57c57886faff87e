/* ftp: vsftpd before a login (RFC 959), that refuses every one. */
#include "face/face_list.h"
#include "face/face_out.h"

struct ftp {
    unsigned char failures;
    bool user_given;
    uint16_t commands;
    struct ct_kept user;
};

enum { FAILURES_MAX = 3, COMMANDS_MAX = 1000 }; /* vsftpd's max_login_fails */

static void ftp_open(void *state, const struct ct_face_io *io)
{
    (void)state;
    io->send(io->ctx, CT_STR("220 (vsFTPd 3.0.3)\r\n"));
}

static void say(const struct ct_face_io *io, const char *text) { io->send(io->ctx, ct_str_from(text)); }

static void password(struct ftp *s, const struct ct_face_io *io, ct_str argument)
{
    if (!s->user_given) s->user.n = 0;
    ct_face_login(io, &s->user, argument);
    if (!s->user_given) {
        say(io, "503 Login with USER first.\r\n");
        return;
    }
    s->user_given = false;
    say(io, "530 Login incorrect.\r\n");
    if (++s->failures >= FAILURES_MAX) io->close(io->ctx);
}

static size_t ftp_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct ftp *s = state;
    ct_str line, rest;
    size_t n = ct_face_line(in, &line);
    if (!n) return 0;
    rest = line;
    ct_str word = ct_face_word(&rest);
    if (ct_str_eq_fold(word, CT_STR("USER"))) {
        ct_face_told(io, CT_FACT_USER, rest);
        s->user_given = true;
        ct_kept_set(&s->user, rest);
        say(io, "331 Please specify the password.\r\n");
    } else if (ct_str_eq_fold(word, CT_STR("PASS"))) {
        password(s, io, rest);
    } else {
        ct_face_told(io, CT_FACT_COMMAND, line);
        if (ct_str_eq_fold(word, CT_STR("QUIT"))) {
            say(io, "221 Goodbye.\r\n");
            io->close(io->ctx);
        } else if (ct_str_eq_fold(word, CT_STR("FEAT"))) {
            say(io, "211-Features:\r\n");
            if (io->start_tls) say(io, " AUTH TLS\r\n");
            say(io, " EPRT\r\n EPSV\r\n MDTM\r\n PASV\r\n");
            if (io->start_tls) say(io, " PBSZ\r\n PROT\r\n");
            say(io, " REST STREAM\r\n SIZE\r\n TVFS\r\n211 End\r\n");
        } else if (ct_str_eq_fold(word, CT_STR("OPTS")) && ct_str_eq_fold(rest, CT_STR("UTF8 ON"))) {
            say(io, "200 Always in UTF8 mode.\r\n");
        } else if (ct_str_eq_fold(word, CT_STR("AUTH")) && ct_str_starts_fold(rest, CT_STR("TLS")) && io->start_tls) {
            say(io, "234 Proceed with negotiation.\r\n");
            io->start_tls(io->ctx);
        } else {
            say(io, "530 Please login with USER and PASS.\r\n");
        }
    }
    if (++s->commands == COMMANDS_MAX) io->close(io->ctx);
    return n;
}

static const uint16_t ports[] = {21, 2121};

const struct ct_face ct_face_ftp = {.name = "ftp", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .speaks_first = true,
                                    .state_size = sizeof(struct ftp), .open = ftp_open, .bytes = ftp_bytes, .end = ct_face_end_left};
