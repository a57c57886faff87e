#include "logs/known.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Logs that hold text from outside: requests, mail, what applications print. Rotated ones match too. The last rows catch
 * applications by the habit of a folder of their own; what an earlier row named is not read twice. */
static const char *const places[] = {
    "/var/log/nginx/*",     "/usr/local/nginx/logs/*",   "/var/log/openresty/*",    "/var/log/apache2/*",
    "/var/log/httpd/*",     "/var/log/lighttpd/*",       "/var/log/haproxy*",       "/var/log/haproxy/*",
    "/var/log/squid/*",     "/var/log/tomcat*/*",        "/var/lib/tomcat*/logs/*", "/opt/tomcat*/logs/*",
    "/opt/*tomcat*/logs/*", "/usr/share/tomcat*/logs/*", "/var/log/jetty*/*",       "/opt/jetty*/logs/*",
    "/var/log/caddy/*",     "/var/lib/caddy/*.log*",     "/var/log/traefik/*",      "/var/log/traefik*.log*",
    "/var/log/mail.log*",   "/var/log/maillog*",         "/var/log/mail/*",         "/var/log/postfix*",
    "/var/log/exim*/*",     "/var/log/syslog*",          "/var/log/messages*",      "/var/log/daemon.log*",
    "/var/log/user.log*",   "/var/log/auth.log*",        "/var/solr/logs/*",        "/opt/*/logs/*.log*",
    "/var/log/*.log*",      "/var/log/*/*.log*",         "/var/log/*/*_log*",
};
#define N_PLACES (sizeof places / sizeof *places)

enum answer { NOTHING, READABLE, DENIED };

static enum answer look(const char *pattern)
{
    glob_t g;
    if (glob(pattern, GLOB_NOSORT, NULL, &g) != 0) return NOTHING;
    enum answer a = NOTHING;
    for (size_t i = 0; a != READABLE && i < g.gl_pathc; i++) {
        struct stat st;
        if (stat(g.gl_pathv[i], &st) != 0 || !S_ISREG(st.st_mode)) continue;
        a = access(g.gl_pathv[i], R_OK) == 0 ? READABLE : DENIED;
    }
    globfree(&g);
    return a;
}

static char *copy(const struct ct_alloc *alloc, const char *z)
{
    size_t n = strlen(z) + 1;
    char *p = ct_alloc_get(alloc, n);
    if (p) memcpy(p, z, n);
    return p;
}

static ct_err add(const struct ct_alloc *alloc, struct ct_path_list *list, const char *pattern, enum answer a)
{
    char *path = copy(alloc, pattern);
    if (!path) return CT_ERR_NOMEM;
    if (a == READABLE) {
        list->paths[list->n++] = path;
        return CT_OK;
    }
    struct ct_path_problem *p = &list->problems[list->n_problems++];
    *p = (struct ct_path_problem){.path = path, .err = CT_ERR_PERMISSION};
    (void)snprintf(p->detail, sizeof p->detail, "no file of this kind may be read by this user");
    return CT_OK;
}

ct_err ct_paths_known_below(const struct ct_alloc *alloc, const char *root, struct ct_path_list *ret_list)
{
    char pattern[PATH_MAX];
    enum answer answers[N_PLACES];
    size_t n = 0, n_problems = 0;
    for (size_t i = 0; i < N_PLACES; i++) {
        int length = snprintf(pattern, sizeof pattern, "%s%s", root, places[i]);
        if (length < 0 || (size_t)length >= sizeof pattern) return CT_ERR_CAP;
        answers[i] = look(pattern);
        n += answers[i] == READABLE;
        n_problems += answers[i] == DENIED;
    }
    struct ct_path_list list = {0};
    ct_err e = CT_OK;
    if (n) list.paths = ct_alloc_get(alloc, n * sizeof *list.paths);
    if (n_problems) list.problems = ct_alloc_get(alloc, n_problems * sizeof *list.problems);
    if ((n && !list.paths) || (n_problems && !list.problems)) e = CT_ERR_NOMEM;
    for (size_t i = 0; e == CT_OK && i < N_PLACES; i++) {
        if (answers[i] == NOTHING) continue;
        (void)snprintf(pattern, sizeof pattern, "%s%s", root, places[i]);
        e = add(alloc, &list, pattern, answers[i]);
    }
    if (e == CT_OK) {
        *ret_list = list;
        return CT_OK;
    }
    for (size_t i = 0; i < list.n; i++) ct_alloc_put(alloc, list.paths[i], strlen(list.paths[i]) + 1);
    for (size_t i = 0; i < list.n_problems; i++) ct_alloc_put(alloc, list.problems[i].path, strlen(list.problems[i].path) + 1);
    ct_alloc_put(alloc, list.paths, n * sizeof *list.paths);
    ct_alloc_put(alloc, list.problems, n_problems * sizeof *list.problems);
    return e;
}

ct_err ct_paths_known(const struct ct_alloc *alloc, struct ct_path_list *ret_list)
{
    return ct_paths_known_below(alloc, "", ret_list);
}
