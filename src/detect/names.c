#include "detect/verdict.h"

static const char *const grades[] = {"none", "rule", "leak", "dos", "attempt", "reach", "exploit"};
static const char *const layers[] = {"percent", "form", "backslash", "html", "base64", "encoded_word", "quoted_printable", "haproxy", "sql"};
static const char *const certainties[] = {"certain", "conditional", "unknown"};
static const char *const sinks[] = {"message", "single-pass message", "context value in the layout"};
static const char *const settings[] = {"", "%m{lookups}", "log4j2.enableJndi=true", "${ctx:...} in the layout",
                                       "${ctx:...} in the layout and log4j2.enableJndi=true"};

const char *ct_grade_name(enum ct_grade g) { return grades[g]; }
const char *ct_layer_name(enum ct_layer l) { return layers[l]; }
const char *ct_certainty_name(enum ct_certainty c) { return certainties[c]; }
const char *ct_sink_name(enum ct_sink s) { return sinks[s]; }
const char *ct_setting_name(enum ct_setting s) { return settings[s]; }

bool ct_grade_parse(ct_str s, enum ct_grade *ret_grade)
{
    for (unsigned g = 0; g < sizeof grades / sizeof *grades; g++)
        if (ct_str_eq_fold(s, ct_str_from(grades[g]))) {
            *ret_grade = (enum ct_grade)g;
            return true;
        }
    return false;
}
