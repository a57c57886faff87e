/* Inside src/advisory: one OSV record as plain parts, in a scratch arena or borrowed from the record's bytes. */
#ifndef CT_ADVISORY_OSV_H
#define CT_ADVISORY_OSV_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/str.h"
#include "version/range.h"

struct ct_osv_list {
    ct_str *p;
    size_t n, cap;
};

enum ct_osv_event_kind { CT_OSV_INTRODUCED, CT_OSV_FIXED, CT_OSV_LAST_AFFECTED, CT_OSV_LIMIT };

struct ct_osv_event {
    enum ct_osv_event_kind kind;
    unsigned range;       /* from 0, within its "affected" entry */
    ct_str version;
};

struct ct_osv_affected {
    ct_str ecosystem, name, purl, severity_word;
    struct ct_osv_event *events;
    size_t events_n, events_cap;
    unsigned ranges, git_ranges;
    struct ct_osv_list versions, vectors;
    const struct ct_range *range; /* of a local advisory, instead of events; else null */
};

struct ct_osv_record {
    ct_str id, summary, published, modified, withdrawn, severity_word;
    struct ct_osv_list aliases, upstream, vectors;
    struct ct_osv_affected *affected;
    size_t affected_n, affected_cap;
};

CT_MUST_USE ct_err ct_osv_read(ct_arena *scratch, ct_str json, struct ct_osv_record *ret_record, struct ct_fault *fault);

#endif
