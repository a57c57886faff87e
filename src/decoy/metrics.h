/* Counts for Prometheus, over HTTP on loopback: whatever is asked, the answer is the page of counts. Internal to this folder. */
#ifndef CT_DECOY_METRICS_H
#define CT_DECOY_METRICS_H

#include "base/buf.h"
#include "decoy/wire.h"

struct ct_worker;
struct ct_watch_item;

void ct_metrics_ready(struct ct_worker *w, struct ct_watch_item *item, uint32_t events);
void ct_metrics_print(struct ct_buf *out, const struct ct_counts *c);

#endif
