/* apk's installed database: paragraphs of one-letter fields, the package's own first, then its folders and files (F: R: a: Z:
 * M:). */
#include "packages/emit.h"
#include "packages/stanza.h"

ct_err ct_read_apk(struct ct_emitter *e, ct_str bytes)
{
    struct ct_stanza s = ct_stanza_open(bytes);
    while (ct_stanza_next(&s)) {
        uint64_t offset = ct_stanza_offset(&s);
        struct ct_component c = {.ecosystem = CT_ECOSYSTEM_ALPINE, .source = CT_COMPONENT_PACKAGE_DB};
        ct_str key, value;
        while (ct_stanza_field(&s, &key, &value)) {
            if (key.n != 1) continue;
            switch (key.p[0]) {
            case 'P': c.name = value; break;
            case 'V': c.version = value; break;
            case 'A': c.arch = value; break;
            case 'L': c.licence = value; break;
            case 'm': c.supplier = value; break;
            case 'o': c.origin = value; break;
            default: break;
            }
        }
        if (c.name.n == 0) {
            ct_emitter_fault(e, CT_ERR_SYNTAX, offset, "a paragraph without a P: field");
            continue;
        }
        if (ct_str_eq(c.origin, c.name)) c.origin = (ct_str){0};
        CT_TRY(ct_emitter_put(e, &c));
    }
    if (s.bad) ct_emitter_fault(e, CT_ERR_SYNTAX, 0, "lines that are no fields");
    return CT_OK;
}
