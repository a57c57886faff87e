/* Core metadata of Python distributions: METADATA in *.dist-info, PKG-INFO in *.egg-info, or *.egg-info itself. The fields end
 * at the first empty line; a README may follow. */
#include "packages/emit.h"
#include "packages/stanza.h"

#define TROVE "License :: "

ct_err ct_read_python(struct ct_emitter *e, ct_str bytes)
{
    struct ct_stanza s = ct_stanza_open(bytes);
    struct ct_component c = {.ecosystem = CT_ECOSYSTEM_PYPI, .source = CT_COMPONENT_METADATA};
    ct_str key, value, expression = {0}, free_text = {0}, trove = {0};
    if (ct_stanza_next(&s)) {
        while (ct_stanza_field(&s, &key, &value)) {
            if (ct_str_eq_fold(key, CT_STR("Name")))
                c.name = value;
            else if (ct_str_eq_fold(key, CT_STR("Version")))
                c.version = value;
            else if (ct_str_eq_fold(key, CT_STR("License-Expression")))
                expression = value;
            else if (ct_str_eq_fold(key, CT_STR("License")))
                free_text = value;
            else if (ct_str_eq_fold(key, CT_STR("Author")) && value.n)
                c.supplier = value;
            else if (ct_str_eq_fold(key, CT_STR("Author-email")) && c.supplier.n == 0)
                c.supplier = value;
            else if (ct_str_eq_fold(key, CT_STR("Classifier")) && ct_str_starts(value, CT_STR(TROVE)) && trove.n == 0)
                trove = ct_str_slice(value, ct_str_rchr(value, ':') + 2, SIZE_MAX);
        }
    }
    if (ct_str_eq_fold(free_text, CT_STR("UNKNOWN"))) free_text = (ct_str){0};
    if (ct_str_eq_fold(c.supplier, CT_STR("UNKNOWN"))) c.supplier = (ct_str){0};
    c.licence = expression.n ? expression : free_text.n ? free_text : trove;
    if (c.name.n == 0 || c.version.n == 0) {
        ct_emitter_fault(e, CT_ERR_SYNTAX, 0, "no Name or no Version field");
        if (c.name.n == 0) return CT_OK;
    }
    return ct_emitter_put(e, &c);
}
