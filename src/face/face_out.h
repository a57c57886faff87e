/* Internal to face: what the faces share. Answers are put together in a buffer on the stack, facts are reported by one line. */
#ifndef CT_FACE_FACE_OUT_H
#define CT_FACE_FACE_OUT_H

#include "base/unset.h"
#include "face/face.h"

/* An answer under construction. What does not fit is left out and `full` set: answers are our own text, so that is a mistake of ours (asserted when
 * sent). */
struct ct_reply {
    size_t n;
    bool full;
    unsigned char b[CT_FACE_SEND_MAX];
};

/* An empty one; with CT_UNSET behind its name its bytes are not zeroed first, for what is made thousands of times a second. */
static inline void ct_reply_begin(struct ct_reply *r)
{
    r->n = 0;
    r->full = false;
}

void ct_reply_bytes(struct ct_reply *r, ct_str bytes);
void ct_reply_text(struct ct_reply *r, const char *text);
void ct_reply_printf(struct ct_reply *r, const char *fmt, ...) CT_PRINTF(2, 3);
void ct_reply_zero(struct ct_reply *r, size_t n);
void ct_reply_u8(struct ct_reply *r, unsigned v);
void ct_reply_be16(struct ct_reply *r, unsigned v);
void ct_reply_be32(struct ct_reply *r, uint32_t v);
void ct_reply_le16(struct ct_reply *r, unsigned v);
void ct_reply_le32(struct ct_reply *r, uint32_t v);
void ct_reply_le64(struct ct_reply *r, uint64_t v);
void ct_reply_send(const struct ct_reply *r, const struct ct_face_io *io);

static inline unsigned ct_be16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }
static inline uint32_t ct_be32(const unsigned char *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }
static inline unsigned ct_le16(const unsigned char *p) { return (unsigned)p[1] << 8 | p[0]; }
static inline uint32_t ct_le32(const unsigned char *p) { return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0]; }

/* Empty values are no facts. The second reports the value as a payload, too. */
void ct_face_fact(const struct ct_face_io *io, enum ct_fact kind, ct_str value);
void ct_face_told(const struct ct_face_io *io, enum ct_fact kind, ct_str value);
/* CT_FACT_RESPONSE: "scheme:" and hexadecimal digits of the parts, with ':' between; parts over 512 bytes are cut. */
void ct_face_response(const struct ct_face_io *io, const char *scheme, const ct_str *parts, size_t n);

/* The line at the front of in without its CR LF or LF; returns the bytes it takes, 0 while there is no line end. A full buffer without one is a
 * line as it stands. */
size_t ct_face_line(ct_str in, ct_str *ret_line);
/* The first word of rest, and rest moved behind it and the blanks around. */
ct_str ct_face_word(ct_str *rest);

/* value if it may be sent back to whom it came from where the real server does so: letters, digits and "_.-@", at most 63 bytes; else "". */
ct_str ct_face_plain(ct_str value);

/* For faces that keep a user name until the password comes. */
struct ct_kept {
    unsigned char n;
    unsigned char b[95];
};
void ct_kept_set(struct ct_kept *k, ct_str value); /* cut to what fits */
/* The password, and ahead of it the name it belongs to once more (if it was kept whole): the two stand in one record then. */
void ct_face_login(const struct ct_face_io *io, const struct ct_kept *user, ct_str password);
static inline ct_str ct_kept_str(const struct ct_kept *k) { return (ct_str){k->b, k->n}; }

/* base64 (standard alphabet, padding optional, stops at what is none) into to; cut to room. */
ct_str ct_face_base64(ct_str in, unsigned char *to, size_t room);
/* %HH and '+' of forms into to; cut to room. */
ct_str ct_face_form(ct_str in, unsigned char *to, size_t room);

/* UTF-16LE as UTF-8 into to (room for 3 bytes per 2 of in; more is cut); an odd byte at the end is left out. */
ct_str ct_face_utf16(ct_str in, unsigned char *to, size_t room);

/* Parts of a date in UTC. */
struct ct_face_date {
    int year, month, day, hour, minute, second, weekday; /* month from 1; weekday 0 is Sunday */
    uint32_t us;
};
struct ct_face_date ct_face_date(int64_t us);
extern const char ct_face_months[12][4], ct_face_weekdays[7][4];

/* A number that differs between hosts and stays the same on one. */
uint64_t ct_face_seeded(const struct ct_face_host *host, const char *what);

/* What every face does with nonsense, and with what was left when the peer closed. */
void ct_face_nonsense(const struct ct_face_io *io, ct_str in);
void ct_face_end_left(void *state, const struct ct_face_io *io, ct_str left);
void ct_face_open_quiet(void *state, const struct ct_face_io *io);

#endif
