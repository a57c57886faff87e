#include "packages/emit.h"
ct_err ct_read_go(struct ct_emitter *e, const struct ct_bytes_at *bytes) { (void)e; (void)bytes; return CT_ERR_UNSUPPORTED; }
ct_err ct_read_rpm_sqlite(struct ct_emitter *e, const struct ct_bytes_at *bytes, const struct ct_bytes_at *wal) { (void)e; (void)bytes; (void)wal; return CT_ERR_UNSUPPORTED; }
ct_err ct_read_rpm_ndb(struct ct_emitter *e, const struct ct_bytes_at *bytes) { (void)e; (void)bytes; return CT_ERR_UNSUPPORTED; }
ct_err ct_read_rpm_bdb(struct ct_emitter *e, const struct ct_bytes_at *bytes) { (void)e; (void)bytes; return CT_ERR_UNSUPPORTED; }
