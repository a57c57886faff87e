/* Replays a fuzz corpus as an ordinary test: every file below the folders named runs once through the target. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static int replay_file(const char *path, size_t size)
{
    FILE *f = fopen(path, "rbe");
    uint8_t *data = malloc(size ? size : 1); /* exact size: the sanitizer sees a read past the end */
    if (!f || !data || fread(data, 1, size, f) != size) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        exit(4);
    }
    (void)fclose(f);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    replayed++;
    return 0;
}

static void replay(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) return;
    if (S_ISREG(st.st_mode)) {
        replay_file(path, (size_t)st.st_size);
        return;
    }
    DIR *d = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));) {
        char below[4096];
        if (e->d_name[0] == '.') continue;
        if (snprintf(below, sizeof below, "%s/%s", path, e->d_name) < (int)sizeof below) replay(below);
    }
    (void)closedir(d);
}

int main(int argc, char **argv)
{
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) replay(argv[i]);
    printf("%u inputs replayed\n", replayed);
    return replayed ? 0 : 1;
}
