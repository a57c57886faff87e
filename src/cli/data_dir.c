#include "cli/data_dir.h"

#include "cli/out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool ct_data_dir(const char *asked, char out[CT_DATA_DIR_SIZE])
{
    const char *dir = asked ? asked : getenv("CALTROP_DATA_DIR"), *below = "";
    if (!dir || !*dir) {
        dir = geteuid() == 0 ? "/var/lib/caltrop" : getenv("XDG_STATE_HOME");
        if (dir && *dir && geteuid() != 0) below = "/caltrop";
        if (!dir || !*dir) dir = getenv("HOME"), below = "/.local/state/caltrop";
    }
    int n = dir && *dir ? snprintf(out, CT_DATA_DIR_SIZE, "%s%s", dir, below) : -1;
    return n > 0 && n < CT_DATA_DIR_SIZE - 16;
}

bool ct_make_dirs(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool bad = mkdir(path, 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES;
        *slash = '/';
        if (bad) return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool ct_token_read(const char *who, const char *path, char token[CT_TOKEN_SIZE])
{
    FILE *f = fopen(path, "re");
    bool some = f && fgets(token, CT_TOKEN_SIZE, f);
    if (!some) *token = 0;
    token[strcspn(token, "\r\n")] = 0;
    if (!*token) ct_complain(who, "--token-file %s: %s", path, f && !ferror(f) ? "its first line is empty" : strerror(errno));
    if (f) (void)fclose(f);
    return *token != 0;
}
