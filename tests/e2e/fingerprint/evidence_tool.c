/* evidence_tool [-f FILE.fp]... [-s CLASS]: judges one container, for tests.
 *
 * Reads records from standard input, the lengths in decimal:
 *   class PATH-LENGTH BYTES-LENGTH\n PATH BYTES     said PATH-LENGTH GROUP ARTIFACT VERSION\n PATH     unread PATH-LENGTH\n PATH
 *   incomplete\n     end\n
 * A container ends with `end`; for each copy it prints one line of JSON, and an empty line behind the last. */
#include "fingerprint/evidence.h"
#include "text/json_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what)
{
    fprintf(stderr, "evidence_tool: %s\n", what);
    exit(2);
}

static ct_str take(ct_arena *arena, size_t n)
{
    unsigned char *p = ct_arena_alloc(arena, n + 1);
    if (!p || fread(p, 1, n, stdin) != n) die("short input");
    return (ct_str){p, n};
}

static void member(struct ct_json_out *j, const char *key, ct_str value)
{
    ct_json_key(j, key);
    ct_json_str(j, value);
}

static ct_err print(void *ctx, const struct ct_evidence_copy *c)
{
    ct_arena *arena = ctx;
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, arena, 4u << 20);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    member(&j, "product", c->product);
    member(&j, "purl", c->purl);
    member(&j, "version", c->version);
    member(&j, "said", c->said);
    member(&j, "place", c->place);
    member(&j, "package", c->package);
    ct_json_key(&j, "relocated");
    ct_json_bool(&j, c->relocated);
    ct_json_key(&j, "disagree");
    ct_json_bool(&j, c->disagree);
    ct_json_key(&j, "classes");
    ct_json_bool(&j, c->classes);
    ct_json_key(&j, "items");
    ct_json_array(&j);
    for (size_t i = 0; i < c->n_items; i++) {
        ct_json_object(&j);
        member(&j, "path", c->items[i].path);
        member(&j, "what", c->items[i].what);
        ct_json_object_end(&j);
    }
    ct_json_array_end(&j);
    ct_json_key(&j, "cves");
    ct_json_object(&j);
    for (size_t i = 0; i < c->n_cves; i++) {
        char id[64];
        snprintf(id, sizeof id, "%.*s", CT_STR_ARG(c->cves[i].id));
        ct_json_key(&j, id);
        ct_json_array(&j);
        ct_json_str(&j, ct_str_from(ct_state_name(c->cves[i].state)));
        ct_json_str(&j, c->cves[i].reason);
        ct_json_array_end(&j);
    }
    ct_json_object_end(&j);
    ct_json_object_end(&j);
    if (b.err) return b.err;
    printf("%.*s\n", CT_STR_ARG(ct_buf_view(&b)));
    return CT_OK;
}

static void container(const ct_fingerprints *f, ct_arena *arena, char *line)
{
    ct_evidence *ev;
    if (ct_evidence_begin(arena, f, &ev)) die("out of memory");
    do {
        size_t path_n, n;
        char group[256], artifact[256], version[256];
        ct_err err = CT_OK;
        if (strcmp(line, "end\n") == 0) {
            if (ct_evidence_judge(ev, print, arena)) die("judging failed");
            printf("\n");
            fflush(stdout);
            return;
        }
        if (sscanf(line, "class %zu %zu", &path_n, &n) == 2) {
            ct_str path = take(arena, path_n), bytes = take(arena, n);
            unsigned wants = ct_fingerprints_wants(f, path);
            if (wants) err = ct_evidence_class(ev, path, wants, bytes);
        } else if (sscanf(line, "said %zu %255s %255s %255s", &path_n, group, artifact, version) == 4) {
            err = ct_evidence_identity(ev, take(arena, path_n), ct_str_from(group), ct_str_from(artifact), ct_str_from(version));
        } else if (sscanf(line, "unread %zu", &path_n) == 1) {
            ct_str path = take(arena, path_n);
            err = ct_evidence_unread(ev, path, ct_fingerprints_wants(f, path), CT_STR("encrypted"));
        } else if (strcmp(line, "incomplete\n") == 0) {
            ct_evidence_incomplete(ev);
        } else {
            die("unknown record");
        }
        if (err) die(ct_err_text(err));
    } while (fgets(line, 1024, stdin));
    die("no end");
}

int main(int argc, char **argv)
{
    ct_fingerprints *f;
    struct ct_fault fault = {0};
    static char text[1 << 20], line[1024];
    if (ct_fingerprints_new(&ct_alloc_libc, &f) || ct_fingerprints_add_shipped(f, &fault)) {
        fprintf(stderr, "evidence_tool: shipped file, line %llu: %s\n", (unsigned long long)fault.line, fault.detail);
        return 2;
    }
    for (int i = 1; i + 1 < argc; i += 2) {
        ct_err err = CT_ERR_USAGE;
        if (strcmp(argv[i], "-s") == 0) err = ct_fingerprints_add_suspect(f, ct_str_from(argv[i + 1]), &fault);
        FILE *in = strcmp(argv[i], "-f") == 0 ? fopen(argv[i + 1], "rb") : NULL;
        if (in) {
            err = ct_fingerprints_add(f, (ct_str){(unsigned char *)text, fread(text, 1, sizeof text, in)}, &fault);
            fclose(in);
        }
        if (err) {
            fprintf(stderr, "evidence_tool: %s, line %llu: %s\n", argv[i + 1], (unsigned long long)fault.line, fault.detail);
            return 2;
        }
    }
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, (size_t)1 << 30, &arena)) die("out of memory");
    while (fgets(line, sizeof line, stdin)) {
        container(f, arena, line);
        ct_arena_clear(arena);
    }
    ct_arena_free(arena);
    ct_fingerprints_free(f);
    return 0;
}
