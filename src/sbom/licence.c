#include "sbom/licence.h"

static const char *const ids[] = {"0BSD",
                                  "AFL-2.1",
                                  "AFL-3.0",
                                  "AGPL-3.0-only",
                                  "AGPL-3.0-or-later",
                                  "Apache-1.1",
                                  "Apache-2.0",
                                  "Artistic-1.0",
                                  "Artistic-2.0",
                                  "BSD-2-Clause",
                                  "BSD-3-Clause",
                                  "BSD-4-Clause",
                                  "BSL-1.0",
                                  "BlueOak-1.0.0",
                                  "CC-BY-3.0",
                                  "CC-BY-4.0",
                                  "CC-BY-SA-4.0",
                                  "CC0-1.0",
                                  "CDDL-1.0",
                                  "CDDL-1.1",
                                  "CPL-1.0",
                                  "EPL-1.0",
                                  "EPL-2.0",
                                  "EUPL-1.2",
                                  "GFDL-1.3-or-later",
                                  "GPL-1.0-or-later",
                                  "GPL-2.0-only",
                                  "GPL-2.0-or-later",
                                  "GPL-3.0-only",
                                  "GPL-3.0-or-later",
                                  "HPND",
                                  "ICU",
                                  "ISC",
                                  "LGPL-2.0-only",
                                  "LGPL-2.0-or-later",
                                  "LGPL-2.1-only",
                                  "LGPL-2.1-or-later",
                                  "LGPL-3.0-only",
                                  "LGPL-3.0-or-later",
                                  "MIT",
                                  "MIT-0",
                                  "MPL-1.1",
                                  "MPL-2.0",
                                  "MS-PL",
                                  "NCSA",
                                  "OFL-1.1",
                                  "OLDAP-2.8",
                                  "OpenSSL",
                                  "PHP-3.01",
                                  "PSF-2.0",
                                  "PostgreSQL",
                                  "Python-2.0",
                                  "Ruby",
                                  "SSPL-1.0",
                                  "TCL",
                                  "UPL-1.0",
                                  "Unicode-DFS-2016",
                                  "Unlicense",
                                  "Vim",
                                  "W3C",
                                  "WTFPL",
                                  "X11",
                                  "ZPL-2.1",
                                  "Zlib",
                                  "bzip2-1.0.6",
                                  "curl"};
static const char *const exceptions[] = {"Classpath-exception-2.0", "GCC-exception-3.1",      "LLVM-exception",
                                         "Bison-exception-2.2",     "Autoconf-exception-3.0", "OpenSSL-exception",
                                         "Linux-syscall-note"};

static const char *find_id(ct_str s)
{
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ct_str_eq_fold(s, ct_str_from(ids[i]))) return ids[i];
    return NULL;
}

static bool is_exception(ct_str s)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (ct_str_eq(s, ct_str_from(exceptions[i]))) return true;
    return false;
}

/* The next word or parenthesis; empty at the end. */
static ct_str next_token(ct_str *rest)
{
    *rest = ct_str_trim(*rest);
    size_t n = 0;
    if (rest->n && (rest->p[0] == '(' || rest->p[0] == ')'))
        n = 1;
    else
        while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '(' && rest->p[n] != ')') n++;
    ct_str token = ct_str_slice(*rest, 0, n);
    *rest = ct_str_slice(*rest, n, SIZE_MAX);
    return token;
}

/* Operands and operators in turn, parentheses in pairs: all that this small grammar asks. */
static bool is_expression(ct_str text)
{
    unsigned open = 0, operators = 0;
    bool operand = true, with = false; /* what must come next */
    for (;;) {
        ct_str t = next_token(&text);
        if (t.n == 0) return !operand && open == 0 && operators > 0;
        if (operand && with) {
            if (!is_exception(t)) return false;
            operand = with = false;
        } else if (operand) {
            const char *id = find_id(t);
            if (ct_str_eq(t, CT_STR("(")))
                open++;
            else if (id && ct_str_eq(t, ct_str_from(id)))
                operand = false;
            else
                return false;
        } else if (ct_str_eq(t, CT_STR(")"))) {
            if (open-- == 0) return false;
        } else {
            with = ct_str_eq(t, CT_STR("WITH"));
            if (!with && !ct_str_eq(t, CT_STR("AND")) && !ct_str_eq(t, CT_STR("OR"))) return false;
            operators++;
            operand = true;
        }
    }
}

enum ct_licence_kind ct_licence_of(ct_str text, ct_str *ret_id)
{
    ct_str s = ct_str_trim(text);
    const char *id = find_id(s);
    *ret_id = id ? ct_str_from(id) : s;
    if (s.n == 0) return CT_LICENCE_NONE;
    if (id) return CT_LICENCE_ID;
    return is_expression(s) ? CT_LICENCE_EXPRESSION : CT_LICENCE_WORDS;
}
