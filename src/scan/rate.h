/* A limit on files and bytes a second, shared by all threads of a scan: a bucket that holds at most a tenth of a second. */
#ifndef CT_SCAN_RATE_H
#define CT_SCAN_RATE_H

#include "base/err.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ct_rate {
    pthread_mutex_t lock;
    uint64_t per_second[2];  /* files, bytes; 0: no limit */
    int64_t free_at_us[2];   /* when what was taken so far is paid for */
};
enum ct_rate_of { CT_RATE_FILES, CT_RATE_BYTES };

CT_MUST_USE ct_err ct_rate_init(struct ct_rate *r, uint64_t files_per_second, uint64_t bytes_per_second);
void ct_rate_done(struct ct_rate *r);
/* Waits until n more may be used, or until *stop. */
void ct_rate_take(struct ct_rate *r, enum ct_rate_of what, uint64_t n, const atomic_bool *stop);

#endif
