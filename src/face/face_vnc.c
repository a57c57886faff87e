/* vnc: an RFB 3.8 server (RFC 6143) that asks for a password and refuses it. The answer to its challenge is reported. */
#include "face/face_list.h"
#include "face/face_out.h"

enum phase { PHASE_VERSION, PHASE_TYPE, PHASE_RESPONSE };

struct vnc {
    unsigned char phase, minor;
    unsigned char challenge[16];
};

static void vnc_open(void *state, const struct ct_face_io *io)
{
    (void)state;
    io->send(io->ctx, CT_STR("RFB 003.008\n"));
}

static void ask(struct vnc *s, const struct ct_face_io *io)
{
    io->random(io->ctx, s->challenge, sizeof s->challenge);
    io->send(io->ctx, (ct_str){s->challenge, sizeof s->challenge});
    s->phase = PHASE_RESPONSE;
}

static size_t vnc_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct vnc *s = state;
    ct_str known = CT_STR("RFB 003.00");
    if (!in.n) return 0;
    switch (s->phase) {
    case PHASE_VERSION:
        if (!ct_str_eq(ct_str_slice(in, 0, known.n), ct_str_slice(known, 0, in.n))) break;
        if (in.n < 12) return 0;
        if (!ct_ascii_digit(in.p[10]) || in.p[11] != '\n') break;
        ct_face_fact(io, CT_FACT_CLIENT_SOFTWARE, ct_str_slice(in, 0, 11));
        s->minor = in.p[10];
        if (s->minor < '7') { /* 3.3: the server decides */
            io->send(io->ctx, CT_STR("\0\0\0\x02"));
            ask(s, io);
        } else {
            io->send(io->ctx, CT_STR("\x01\x02"));
            s->phase = PHASE_TYPE;
        }
        return 12;
    case PHASE_TYPE:
        if (in.p[0] != 2) break;
        ask(s, io);
        return 1;
    default: {
        if (in.n < 16) return 0;
        ct_str parts[2] = {{s->challenge, sizeof s->challenge}, {in.p, 16}};
        ct_face_response(io, "vnc", parts, 2);
        io->send(io->ctx, s->minor < '8' ? CT_STR("\0\0\0\x01") : CT_STR("\0\0\0\x01\0\0\0\x17" "Authentication failure\n"));
        io->close(io->ctx);
        return 16;
    }
    }
    ct_face_nonsense(io, in);
    io->close(io->ctx);
    return in.n;
}

static const uint16_t ports[] = {5900, 5901};

const struct ct_face ct_face_vnc = {.name = "vnc", .ports = ports, .n_ports = sizeof ports / sizeof *ports, .speaks_first = true,
                                    .state_size = sizeof(struct vnc), .open = vnc_open, .bytes = vnc_bytes, .end = ct_face_end_left};
