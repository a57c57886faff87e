/* dpkg's status file (deb-control(5), dpkg(1)) and the pieces of it that distroless images keep in status.d. */
#include "packages/emit.h"
#include "packages/stanza.h"

/* "want flag state": what is configured, or unpacked but not configured, has its files on the disk. status.d has no Status. */
static bool is_on_disk(ct_str status)
{
    size_t blank = ct_str_rchr(status, ' ');
    ct_str state = blank == CT_STR_NONE ? status : ct_str_slice(status, blank + 1, SIZE_MAX);
    return !ct_str_eq_fold(state, CT_STR("not-installed")) && !ct_str_eq_fold(state, CT_STR("config-files"));
}

/* "Source: glibc (2.36-9)": the version stands there only where it differs from the package's. */
static void set_source(struct ct_component *c, ct_str value)
{
    size_t open = ct_str_chr(value, '(');
    c->origin = ct_str_trim(ct_str_slice(value, 0, open == CT_STR_NONE ? value.n : open));
    if (open != CT_STR_NONE) {
        size_t close = ct_str_rchr(value, ')');
        c->origin_version = ct_str_trim(ct_str_slice(value, open + 1, close == CT_STR_NONE ? value.n : close));
    }
}

ct_err ct_read_dpkg(struct ct_emitter *e, ct_str bytes)
{
    struct ct_stanza s = ct_stanza_open(bytes);
    while (ct_stanza_next(&s)) {
        uint64_t offset = ct_stanza_offset(&s);
        struct ct_component c = {.ecosystem = CT_ECOSYSTEM_DEBIAN, .source = CT_COMPONENT_PACKAGE_DB};
        ct_str key, value, status = {0};
        while (ct_stanza_field(&s, &key, &value)) {
            if (ct_str_eq_fold(key, CT_STR("Package")))
                c.name = value;
            else if (ct_str_eq_fold(key, CT_STR("Version")))
                c.version = value;
            else if (ct_str_eq_fold(key, CT_STR("Architecture")))
                c.arch = value;
            else if (ct_str_eq_fold(key, CT_STR("Maintainer")))
                c.supplier = value;
            else if (ct_str_eq_fold(key, CT_STR("Source")))
                set_source(&c, value);
            else if (ct_str_eq_fold(key, CT_STR("Status")))
                status = value;
        }
        if (status.n && !is_on_disk(status)) continue;
        if (c.name.n == 0) {
            ct_emitter_fault(e, CT_ERR_SYNTAX, offset, "a paragraph without a Package field");
            continue;
        }
        if (c.version.n == 0) ct_emitter_fault(e, CT_ERR_SYNTAX, offset, "a package without a Version field");
        if (ct_str_eq(c.origin, c.name) && c.origin_version.n == 0) c.origin = (ct_str){0};
        CT_TRY(ct_emitter_put(e, &c));
    }
    if (s.bad) ct_emitter_fault(e, CT_ERR_SYNTAX, 0, "lines that are no fields");
    return CT_OK;
}
