/* Lines "RANGE ADDRESS" in; "?" when the range is none, else "1" or "0" out. */
#include "text/cidr.h"

#include <stdio.h>

int main(void)
{
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        struct ct_cidr c;
        ct_str rest = ct_str_trim(ct_str_from(line)), range = ct_str_cut(&rest, ' ');
        if (!ct_cidr_parse(range, &c)) puts("?");
        else puts(ct_cidr_has(&c, 1, rest) ? "1" : "0");
    }
    return 0;
}
