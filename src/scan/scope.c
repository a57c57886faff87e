#include "scan/scope.h"

int ct_scope_processes(ct_str word) { return ct_str_eq(word, CT_STR("yes")) ? 2 : ct_str_eq(word, CT_STR("own user only")) ? 1 : 0; }

bool ct_scope_within(ct_str path, ct_str root)
{
    return ct_str_eq(root, path) || ct_str_eq(root, CT_STR("/")) || (root.n && ct_str_starts(path, root) && path.n > root.n && path.p[root.n] == '/');
}

bool ct_scope_covers(const struct ct_scope *s, const struct ct_scope *other)
{
    if (!s->complete || s->processes < other->processes) return false;
    if (!ct_str_eq(s->families, CT_STR("all")) && !ct_str_eq(s->families, other->families)) return false;
    bool all = s->n_roots == 0; /* an image */
    for (size_t k = 0; k < s->n_roots && !all; k++) all = ct_str_eq(s->roots[k], CT_STR("/"));
    if (other->n_roots == 0 && !all) return false; /* an image, or a report that was cut: nobody knows how far it went */
    for (size_t i = 0; i < other->n_roots; i++) {
        bool inside = false;
        for (size_t k = 0; k < s->n_roots && !inside; k++) inside = ct_scope_within(other->roots[i], s->roots[k]);
        if (!inside) return false;
    }
    for (size_t i = 0; i < s->n_exclusions; i++) {
        bool known = false;
        for (size_t k = 0; k < other->n_exclusions && !known; k++) known = ct_str_eq(s->exclusions[i], other->exclusions[k]);
        if (!known) return false;
    }
    return true;
}
