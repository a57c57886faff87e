/* Prints the samples in one format, or the ids and times that another program checks. */
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(struct ct_buf *out, const char *format)
{
    bool sarif = strcmp(format, "sarif") == 0, csv = strcmp(format, "csv") == 0;
    if (csv) ct_attempt_csv_header(out);
    if (sarif) ct_attempt_sarif_begin(out);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        struct ct_attempt a = sample(i);
        if (csv) ct_attempt_csv(out, &a);
        else if (sarif) ct_attempt_sarif(out, &a, i == 0);
        else if (strcmp(format, "ecs") == 0) ct_attempt_ecs(out, &a);
        else ct_attempt_text(out, &a, 0, false);
    }
    const ct_str notes[] = {CT_STR("/logs/${x}.gz: damaged {0} [text](http://evil.example)\x1b"), CT_STR("second")};
    if (sarif) ct_attempt_sarif_end(out, false, notes, 2);
}

/* Lines of hexadecimal "source offset content" on stdin; the id of each on stdout. */
static ct_str unhex(char *z)
{
    size_t n = strlen(z) / 2;
    for (size_t i = 0; i < n; i++)
        z[i] = (char)(ct_hex_value((unsigned char)z[2 * i]) << 4 | ct_hex_value((unsigned char)z[2 * i + 1]));
    return (ct_str){(unsigned char *)z, n};
}

static void print_ids(void)
{
    static char line[1 << 16];
    while (fgets(line, sizeof line, stdin)) {
        char *rest = line, *source = strsep(&rest, " "), *offset = strsep(&rest, " "), *content = strsep(&rest, "\n");
        unsigned char id[16];
        if (!content) exit(2);
        ct_str s = unhex(source), c = unhex(content);
        ct_event_id(s, strtoull(offset, NULL, 10), c, id);
        for (unsigned i = 0; i < 16; i++) printf("%02x", id[i]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    ct_arena *arena = NULL;
    if (argc != 2) return 2;
    if (strcmp(argv[1], "ids") == 0) {
        print_ids();
        return 0;
    }
    if (ct_arena_new(&ct_alloc_libc, 1u << 24, &arena) != CT_OK) return 4;
    struct ct_buf out;
    ct_buf_init(&out, arena, 1u << 20);
    print(&out, argv[1]);
    bool ok = !out.err && fwrite(out.p, 1, out.n, stdout) == out.n;
    ct_arena_free(arena);
    return ok ? 0 : 4;
}
