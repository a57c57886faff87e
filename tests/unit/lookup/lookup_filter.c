/* Lines "U HEX", "L HEX", "D HEX", "A HEX" on stdin: upper case, lower case, date, allow-list; hex or 0/1 on stdout. */
#include "lookup/jndi.h"
#include "lookup/mapping.h"

#include <stdio.h>
#include <string.h>

enum { INPUT_MAX = 4096 };

int main(void)
{
    static char line[2 * INPUT_MAX + 8];
    static unsigned char in[INPUT_MAX], out[INPUT_MAX * CT_DATE_GROWTH + CT_DATE_DEFAULT_MAX];
    while (fgets(line, sizeof line, stdin)) {
        size_t n = 0;
        for (const char *p = line + 2; n < INPUT_MAX && ct_hex_value((unsigned char)p[0]) >= 0; p += 2)
            in[n++] = (unsigned char)(ct_hex_value((unsigned char)p[0]) * 16 + ct_hex_value((unsigned char)p[1]));
        ct_str s = {in, n};
        if (line[0] == 'A') {
            (void)puts(ct_jndi_allowed_2_15(s) ? "1" : "0");
            continue;
        }
        size_t k = line[0] == 'D' ? ct_date_format(s, out) : ct_case_map(s, line[0] == 'U', out);
        for (size_t i = 0; i < k; i++) (void)printf("%02x", out[i]);
        (void)puts("");
    }
    return 0;
}
