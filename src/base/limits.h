/* Every cap of the program, each with its reason. */
#ifndef CT_BASE_LIMITS_H
#define CT_BASE_LIMITS_H

/* text */
#define CT_DECODE_MAX (256u * 1024u)      /* one decoded form: four times the largest window, since \u00e9 may grow */
#define CT_JSON_DEPTH_MAX 64u             /* real request logs nest under 10 deep */
#define CT_BASE64_MIN 12u                 /* shortest "${jndi:x}" in base64; shorter values are words and ids */

/* lines */
#define CT_WINDOW (64u * 1024u)           /* longest piece of a line judged at once */
#define CT_WINDOW_OVERLAP (8u * 1024u)    /* two windows share this: the longest attack that a cut cannot hide */

/* lookup: Java's default 1 MiB stack took 1000 nested levels and overflowed at 2000 (measured on 2.14.1) */
#define CT_EVAL_DEPTH_MAX 1000u
#define CT_EVAL_WORK_MAX (8u * 1024u * 1024u) /* bytes touched per line over all profiles: about 5 ms */
#define CT_EVAL_CALLS_MAX 64u             /* JNDI calls kept per evaluation; further ones are counted */

/* detect */
#define CT_FORMS_MAX 48u                  /* decoded forms tried per input */
#define CT_LAYERS_MAX 8u                  /* decoding layers in a chain; published attacks use up to 4 */
#define CT_FIELDS_MAX 64u                 /* fields of one record */

/* memory: one worker's arena for one line */
#define CT_LINE_ARENA_MAX (12u * 1024u * 1024u)

#endif
