#include "fix_scratch.h"
#include "os/file.h"
#include "support/zip_maker.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ct_str chain[] = {CT_STR_INIT("lib.jar"), CT_STR_INIT("x")};

static size_t make(unsigned char *to, bool with_x)
{
    struct zip_maker inner = {0}, outer = {0};
    if (with_x) zip_maker_add(&inner, "x", CT_STR("to be removed"));
    zip_maker_add(&inner, "y", CT_STR("to stay"));
    zip_maker_add(&outer, "lib.jar", zip_maker_finish(&inner));
    zip_maker_add(&outer, "other", CT_STR("something else"));
    ct_str all = zip_maker_finish(&outer);
    memcpy(to, all.p, all.n);
    return all.n;
}

void fix_scratch_new(struct fix_scratch *s)
{
    const char *tmp = getenv("TMPDIR");
    *s = (struct fix_scratch){0};
    (void)snprintf(s->folder, sizeof s->folder, "%.40s/caltrop-fix-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(s->folder)) abort();
    (void)snprintf(s->jar, sizeof s->jar, "%s/app", s->folder);
    if (mkdir(s->jar, 0755) != 0) abort();
    (void)snprintf(s->jar, sizeof s->jar, "%s/app/app.jar", s->folder);
    (void)snprintf(s->runs, sizeof s->runs, "%s/runs", s->folder);
    s->old_n = make(s->old, true);
    s->fixed_n = make(s->fixed, false);
    if (ct_file_write_atomic(s->jar, (ct_str){s->old, s->old_n}, 0640, NULL) != CT_OK) abort();
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &s->arena) != CT_OK) abort();
    s->cut = (struct ct_fix_cut){ct_str_from(s->jar), chain, 2};
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st, (void)kind, (void)f;
    return remove(path);
}

void fix_scratch_free(struct fix_scratch *s)
{
    ct_arena_free(s->arena);
    if (nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) abort();
}

size_t fix_scratch_read(const char *path, unsigned char *to, size_t n)
{
    FILE *f = fopen(path, "rb");
    size_t got = f ? fread(to, 1, n, f) : 0;
    if (f) (void)fclose(f);
    return got;
}

bool fix_scratch_is(const struct fix_scratch *s, bool fixed)
{
    unsigned char now[8192];
    size_t n = fix_scratch_read(s->jar, now, sizeof now);
    return fixed ? n == s->fixed_n && memcmp(now, s->fixed, n) == 0 : n == s->old_n && memcmp(now, s->old, n) == 0;
}

static unsigned entries(const char *folder, const char *but, char *ret_last, size_t n)
{
    unsigned count = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || (but && strcmp(e->d_name, but) == 0)) continue;
        count++;
        if (ret_last) (void)snprintf(ret_last, n, "%s", e->d_name);
    }
    if (d) (void)closedir(d);
    return count;
}

unsigned fix_scratch_strays(const struct fix_scratch *s)
{
    char folder[96];
    (void)snprintf(folder, sizeof folder, "%s/app", s->folder);
    return entries(folder, "app.jar", NULL, 0);
}

void fix_scratch_run(const struct fix_scratch *s, char ret_id[CT_FIX_ID_SIZE])
{
    ret_id[0] = 0;
    (void)entries(s->runs, NULL, ret_id, CT_FIX_ID_SIZE);
}
