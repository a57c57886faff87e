/* rpm's SQLite database: table Packages(hnum, blob), a header in each row. */
#include "packages/sqlite_pages.h"

static uint64_t integer_of(const struct ct_sqlite_column *c)
{
    if (c->type == 9) return 1;
    uint64_t v = 0;
    for (size_t i = 0; i < c->bytes.n; i++) v = v << 8 | c->bytes.p[i];
    return c->type >= 1 && c->type <= 6 ? v : 0;
}

static bool is_text(const struct ct_sqlite_column *c, const char *z)
{
    return c->type >= 13 && (c->type & 1) && ct_str_eq(c->bytes, ct_str_from(z));
}

/* sqlite_schema: type, name, tbl_name, rootpage, sql */
static ct_err schema_row(struct ct_sqlite *s, ct_str record, uint64_t at, void *ctx)
{
    uint32_t *root = ctx;
    struct ct_sqlite_column type, name, page;
    if (!ct_sqlite_column(record, 0, &type) || !ct_sqlite_column(record, 1, &name) || !ct_sqlite_column(record, 3, &page)) {
        ct_emitter_fault(s->e, CT_ERR_SYNTAX, at, "a broken row of the schema");
        return CT_OK;
    }
    uint64_t number = integer_of(&page);
    if (is_text(&type, "table") && is_text(&name, "Packages") && number && number <= UINT32_MAX) *root = (uint32_t)number;
    return CT_OK;
}

static ct_err package_row(struct ct_sqlite *s, ct_str record, uint64_t at, void *ctx)
{
    (void)ctx;
    struct ct_sqlite_column blob;
    if (!ct_sqlite_column(record, 1, &blob) || blob.type < 12) {
        ct_emitter_fault(s->e, CT_ERR_SYNTAX, at, "a row without a header");
        return CT_OK;
    }
    return ct_read_rpm_header(s->e, blob.bytes, at);
}

ct_err ct_read_rpm_sqlite(struct ct_emitter *e, const struct ct_bytes_at *bytes, const struct ct_bytes_at *wal)
{
    struct ct_sqlite s;
    uint32_t root = 0;
    CT_TRY(ct_sqlite_open(&s, e, bytes, wal));
    CT_TRY(ct_sqlite_rows(&s, 1, schema_row, &root));
    if (!root) {
        ct_emitter_fault(e, CT_ERR_NOT_FOUND, 0, "no table Packages");
        return CT_OK;
    }
    return ct_sqlite_rows(&s, root, package_row, NULL);
}
