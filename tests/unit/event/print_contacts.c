/* Prints the samples of contacts and actors in one format; "decoy" the decoy's states. */
#include "contact_samples.h"

#include <stdio.h>
#include <string.h>

static void print(struct ct_buf *out, const char *what)
{
    bool actors = strncmp(what, "actor", 5) == 0;
    const char *format = strchr(what, '-');
    format = format ? format + 1 : "";
    for (int deaf = 0; strcmp(what, "decoy") == 0 && deaf < 2; deaf++) {
        struct ct_decoy_event d = decoy_sample(deaf);
        ct_decoy_ecs(out, &d);
    }
    if (strcmp(format, "csv") == 0) (actors ? ct_actor_csv_header : ct_contact_csv_header)(out);
    for (size_t i = 0; *format && i < (actors ? N_ACTOR_SAMPLES : N_CONTACT_SAMPLES); i++) {
        struct ct_actor_event a = actor_sample(actors ? i : 0);
        struct ct_contact_event c = contact_sample(actors ? 0 : i);
        if (strcmp(format, "ecs") == 0 && actors) ct_actor_ecs(out, &a);
        else if (strcmp(format, "ecs") == 0) ct_contact_ecs(out, &c);
        else if (strcmp(format, "csv") == 0 && actors) ct_actor_csv(out, &a);
        else if (strcmp(format, "csv") == 0) ct_contact_csv(out, &c);
        else if (actors) ct_actor_text(out, &a, 0, false);
        else ct_contact_text(out, &c, 0, false);
    }
}

int main(int argc, char **argv)
{
    ct_arena *arena = NULL;
    if (argc != 2 || ct_arena_new(&ct_alloc_libc, 1u << 24, &arena) != CT_OK) return 2;
    struct ct_buf out;
    ct_buf_init(&out, arena, 1u << 20);
    print(&out, argv[1]);
    bool ok = !out.err && fwrite(out.p, 1, out.n, stdout) == out.n;
    ct_arena_free(arena);
    return ok ? 0 : 4;
}
