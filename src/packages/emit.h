/* What the readers of one folder share: handing over components, and noting the first fault without stopping for it. */
#ifndef CT_PACKAGES_EMIT_H
#define CT_PACKAGES_EMIT_H

#include "packages/packages.h"

struct ct_emitter {
    ct_arena *arena;
    const struct ct_packages_in *in;
    ct_packages_emit emit;
    void *ctx;
    struct ct_fault *fault; /* may be null */
    ct_err first;           /* the first fault that did not stop the reading */
    size_t n;               /* records taken, for CT_PACKAGES_RECORDS_MAX */
};

/* Completes c (path, ecosystem, purl) and hands it over. A component without a name, or with a text over CT_PACKAGES_TEXT_MAX
 * where it is identity, is noted as a fault; over-long supplier, licence and cpe are dropped. Gives scratch back. */
CT_MUST_USE ct_err ct_emitter_put(struct ct_emitter *e, struct ct_component *c);
/* Notes a fault at a byte offset: the first one is kept. */
void ct_emitter_fault(struct ct_emitter *e, ct_err err, uint64_t offset, const char *what);
/* Builds c->purl from the parts; empty where they make none. os may be null. */
CT_MUST_USE ct_err ct_purl_of_component(ct_arena *arena, const struct ct_packages_os *os, struct ct_component *c);

/* One reader per kind. Each returns what stopped it; faults on the way are in e->first. */
CT_MUST_USE ct_err ct_read_dpkg(struct ct_emitter *e, ct_str bytes);
CT_MUST_USE ct_err ct_read_apk(struct ct_emitter *e, ct_str bytes);
CT_MUST_USE ct_err ct_read_python(struct ct_emitter *e, ct_str bytes);
CT_MUST_USE ct_err ct_read_npm(struct ct_emitter *e, ct_str bytes);
CT_MUST_USE ct_err ct_read_npm_lock(struct ct_emitter *e, ct_str bytes);
CT_MUST_USE ct_err ct_read_go(struct ct_emitter *e, const struct ct_bytes_at *bytes);
CT_MUST_USE ct_err ct_read_rpm_sqlite(struct ct_emitter *e, const struct ct_bytes_at *bytes, const struct ct_bytes_at *wal);
CT_MUST_USE ct_err ct_read_rpm_ndb(struct ct_emitter *e, const struct ct_bytes_at *bytes);
CT_MUST_USE ct_err ct_read_rpm_bdb(struct ct_emitter *e, const struct ct_bytes_at *bytes);

/* A package's header as the databases of rpm keep it: emits it, or notes why not. offset: of the header in the database. */
CT_MUST_USE ct_err ct_read_rpm_header(struct ct_emitter *e, ct_str blob, uint64_t offset);

#endif
