/* telnet: a Linux host's login (RFC 854; options of RFC 1091, 1572).
 *
 * Asks for the options that telnetd asks for and waits: the prompt follows the client's first byte. What a client says of its terminal and its
 * environment is reported; the environment's USER is one of the ways to attack such servers. Nothing is echoed: the client does it, and stops for the
 * password when told. Weak side: lines beyond LINE_MAX are judged in pieces. */
#include "face/face_list.h"
#include "face/face_out.h"

#include <string.h>

enum { IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, SB = 250, SE = 240 };
enum { OPT_ECHO = 1, OPT_TTYPE = 24, OPT_ENVIRON = 39 };
enum { LINE_MAX = 512, TRIES_MAX = 5 };

struct telnet {
    bool prompted, wants_password, after_cr;
    unsigned char tries, options;
    uint16_t n;
    struct ct_kept user;
    unsigned char line[LINE_MAX];
};

static void telnet_open(void *state, const struct ct_face_io *io)
{
    (void)state;
    io->send(io->ctx, CT_STR("\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27"));
}

static void prompt(const struct ct_face_io *io, const char *before)
{
    struct ct_reply r = {0};
    ct_reply_text(&r, before);
    ct_reply_bytes(&r, io->host->name);
    ct_reply_text(&r, " login: ");
    ct_reply_send(&r, io);
}

static void take_line(struct telnet *s, const struct ct_face_io *io)
{
    ct_str line = {s->line, s->n};
    s->n = 0;
    if (!s->wants_password) {
        ct_face_told(io, CT_FACT_USER, line);
        if (!line.n) {
            prompt(io, "");
            return;
        }
        s->wants_password = true;
        ct_kept_set(&s->user, line);
        io->send(io->ctx, CT_STR("\xff\xfb\x01Password: "));
        return;
    }
    ct_face_login(io, &s->user, line);
    s->wants_password = false;
    io->send(io->ctx, CT_STR("\xff\xfc\x01"));
    if (++s->tries >= TRIES_MAX) {
        io->send(io->ctx, CT_STR("\r\nMaximum number of tries exceeded (5)\r\n"));
        io->close(io->ctx);
        return;
    }
    prompt(io, "\r\nLogin incorrect\r\n");
}

/* A line ends with CR LF, CR NUL, LF or CR. */
static size_t take_text(struct telnet *s, const struct ct_face_io *io, ct_str in)
{
    size_t n = 0;
    while (n < in.n && in.p[n] != IAC) {
        unsigned char c = in.p[n++];
        bool second = s->after_cr && (c == '\n' || c == 0);
        s->after_cr = c == '\r';
        if (second) continue;
        if (c == '\r' || c == '\n') {
            take_line(s, io);
            return n;
        }
        if (s->n == LINE_MAX) {
            ct_face_fact(io, CT_FACT_PAYLOAD, (ct_str){s->line, s->n});
            memmove(s->line, s->line + LINE_MAX / 2, LINE_MAX / 2);
            s->n = LINE_MAX / 2;
        }
        s->line[s->n++] = c;
    }
    return n;
}

/* "IS" and pairs of VAR (0 or 3) name VALUE (1) value. */
static void take_environment(const struct ct_face_io *io, ct_str list)
{
    ct_face_told(io, CT_FACT_COMMAND, list);
    size_t at = ct_str_find(list, CT_STR("USER\x01"));
    if (at == CT_STR_NONE) return;
    ct_str value = ct_str_slice(list, at + 5, list.n);
    size_t n = 0;
    while (n < value.n && value.p[n] > 3) n++;
    ct_face_told(io, CT_FACT_USER, ct_str_slice(value, 0, n));
}

static size_t subnegotiation(const struct ct_face_io *io, ct_str in)
{
    size_t end = 2;
    while (end + 1 < in.n && !(in.p[end] == IAC && in.p[end + 1] == SE)) end++;
    if (end + 1 >= in.n) {
        if (in.n < CT_FACE_BUFFER_MAX) return 0;
        ct_face_nonsense(io, in);
        io->close(io->ctx);
        return in.n;
    }
    ct_str body = ct_str_slice(in, 2, end);
    if (body.n > 2 && body.p[0] == OPT_TTYPE && body.p[1] == 0) ct_face_told(io, CT_FACT_CLIENT_SOFTWARE, ct_str_slice(body, 2, body.n));
    else if (body.n > 2 && body.p[0] == OPT_ENVIRON) take_environment(io, ct_str_slice(body, 2, body.n));
    else ct_face_fact(io, CT_FACT_PAYLOAD, body);
    return end + 2;
}

static size_t option(struct telnet *s, const struct ct_face_io *io, ct_str in)
{
    if (in.n < 2) return 0;
    unsigned verb = in.p[1];
    if (verb == SB) return subnegotiation(io, in);
    if (verb < WILL || verb == IAC) return 2; /* are you there, go ahead ...; a byte 255 is no name's */
    if (in.n < 3) return 0;
    if (s->options < 64) {
        unsigned char what = in.p[2];
        s->options++;
        if (verb == WILL && what == OPT_TTYPE) io->send(io->ctx, CT_STR("\xff\xfa\x18\x01\xff\xf0"));
        if (verb == WILL && what == OPT_ENVIRON) io->send(io->ctx, CT_STR("\xff\xfa\x27\x01\xff\xf0"));
        if (verb == DO && what != OPT_ECHO) {
            const unsigned char wont[] = {IAC, WONT, what};
            io->send(io->ctx, (ct_str){wont, 3});
        }
    }
    return 3;
}

static size_t telnet_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct telnet *s = state;
    if (!in.n) return 0;
    if (!s->prompted) {
        s->prompted = true;
        prompt(io, "Debian GNU/Linux 12\r\n");
    }
    return in.p[0] == IAC ? option(s, io, in) : take_text(s, io, in);
}

static void telnet_end(void *state, const struct ct_face_io *io, ct_str left)
{
    struct telnet *s = state;
    ct_face_nonsense(io, (ct_str){s->line, s->n});
    ct_face_nonsense(io, left);
}

static const uint16_t ports[] = {23, 2323};

const struct ct_face ct_face_telnet = {.name = "telnet", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .speaks_first = true,
                                       .state_size = sizeof(struct telnet), .open = telnet_open, .bytes = telnet_bytes, .end = telnet_end};
