#include "scan/copies.h"

#include "scan/inspect.h"

#include <string.h>

enum { STORE_MAX = 24 << 20, PATH_BYTES = 64 << 10 };

ct_err ct_loose_init(struct ct_loose *l, const struct ct_alloc *alloc, const ct_fingerprints *f)
{
    *l = (struct ct_loose){0};
    CT_TRY(ct_arena_new(alloc, STORE_MAX, &l->arena));
    ct_err e = ct_evidence_begin(l->arena, f, &l->evidence);
    if (e == CT_OK && pthread_mutex_init(&l->lock, NULL) != 0) e = CT_ERR_NOMEM;
    if (e != CT_OK) {
        ct_arena_free(l->arena);
        l->arena = NULL;
    }
    return e;
}

void ct_loose_done(struct ct_loose *l)
{
    if (!l->arena) return;
    (void)pthread_mutex_destroy(&l->lock);
    ct_arena_free(l->arena);
    l->arena = NULL;
}

static void join(struct ct_buf *out, ct_str container, ct_str entry)
{
    ct_buf_add(out, container);
    if (container.n && entry.n) ct_buf_text(out, "!/");
    ct_buf_add(out, entry);
}

static ct_err join_str(ct_arena *arena, ct_str container, ct_str entry, ct_str *ret_path)
{
    struct ct_buf b;
    if (entry.n == 0) {
        *ret_path = container;
        return CT_OK;
    }
    ct_buf_init(&b, arena, PATH_BYTES);
    join(&b, container, entry);
    return ct_buf_str(&b, ret_path);
}

static ct_err evidence_text(const struct ct_copies *em, ct_str path, const char *colon, ct_str what, ct_str *ret_text)
{
    struct ct_buf b;
    ct_buf_init(&b, em->arena, PATH_BYTES);
    join(&b, em->container, path);
    ct_buf_text(&b, colon);
    ct_buf_add(&b, what);
    return ct_buf_str(&b, ret_text);
}

static ct_err evidence_list(const struct ct_copies *em, const struct ct_evidence_copy *copy, ct_str **ret_list, size_t *ret_n)
{
    ct_str *list = ct_arena_array(em->arena, copy->n_items + 2, sizeof *list);
    size_t n = 0;
    if (!list) return CT_ERR_NOMEM;
    for (size_t i = 0; i < copy->n_items; i++)
        CT_TRY(evidence_text(em, copy->items[i].path, ": ", copy->items[i].what, &list[n++]));
    if (copy->said.n)
        CT_TRY(evidence_text(em, copy->said_path, copy->disagree ? " says, against the classes: " : " says: ", copy->said, &list[n++]));
    if (copy->relocated) CT_TRY(evidence_text(em, CT_STR(""), ": moved to package ", copy->package, &list[n++]));
    *ret_list = list;
    *ret_n = n;
    return CT_OK;
}

/* A copy that no metadata names is a component of its own: what was shaded in or renamed belongs into an inventory. */
static void add_component(const struct ct_copies *em, const struct ct_evidence_copy *copy, ct_str path)
{
    if (!em->components || !copy->classes || (copy->said.n && !copy->relocated)) return;
    struct ct_component c = {
        .purl = copy->purl, .ecosystem = ct_str_starts(copy->purl, CT_STR("pkg:maven/")) ? CT_ECOSYSTEM_MAVEN : CT_ECOSYSTEM_UNKNOWN,
        .name = copy->product, .version = copy->version, .path = path, .source = CT_COMPONENT_CLASSES, .confidence = CT_CONFIDENCE_MEDIUM,
    };
    ct_scan_report_component(em->report, &c, em->origin);
}

/* Where a copy lies: of one that was moved to another package, that package too, since one archive may hold several. */
static ct_err place_of(const struct ct_copies *em, const struct ct_evidence_copy *copy, ct_str *ret_path)
{
    struct ct_buf b;
    if (!copy->relocated) return join_str(em->arena, em->container, copy->place, ret_path);
    ct_buf_init(&b, em->arena, PATH_BYTES);
    ct_buf_add(&b, copy->place);
    if (copy->place.n) ct_buf_byte(&b, '/');
    ct_buf_add(&b, copy->package);
    ct_str inside;
    CT_TRY(ct_buf_str(&b, &inside));
    return join_str(em->arena, em->container, inside, ret_path);
}

static ct_err join_list(const struct ct_copies *em, const ct_str *entries, size_t n, const ct_str **ret_paths)
{
    ct_str *paths = ct_arena_array(em->arena, n, sizeof *paths);
    if (!paths) return CT_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) CT_TRY(join_str(em->arena, em->container, entries[i], &paths[i]));
    *ret_paths = paths;
    return CT_OK;
}

static ct_err on_copy(void *ctx, const struct ct_evidence_copy *copy)
{
    const struct ct_copies *em = ctx;
    ct_str *evidence, path;
    size_t n_evidence;
    CT_TRY(place_of(em, copy, &path));
    add_component(em, copy, path);
    CT_TRY(evidence_list(em, copy, &evidence, &n_evidence));
    for (size_t i = 0; i < copy->n_cves; i++) {
        const struct ct_evidence_cve *cve = &copy->cves[i];
        struct ct_buf reason;
        ct_buf_init(&reason, em->arena, PATH_BYTES);
        ct_buf_add(&reason, cve->reason);
        if (cve->condition.n) {
            ct_buf_text(&reason, "; ");
            ct_buf_add(&reason, cve->condition);
        }
        CT_TRY(reason.err);
        struct ct_scan_finding f = {
            .vulnerability = cve->id, .state = ct_state_name(cve->state), .severity = cve->severity ? cve->severity : "",
            .source = copy->classes ? "class" : "package", .product = copy->product, .purl = copy->purl,
            .version = copy->version.n ? copy->version : copy->said, .path = path, .reason = ct_buf_view(&reason), .fix = cve->fix,
            .evidence = evidence, .n_evidence = n_evidence, .n_remove = cve->n_remove,
        };
        CT_TRY(join_list(em, cve->remove, cve->n_remove, &f.remove));
        ct_scan_report_finding(em->report, cve->state, &f, em->origin);
    }
    return CT_OK;
}

ct_err ct_copies_judge(ct_evidence *evidence, const struct ct_copies *to)
{
    struct ct_copies em = *to;
    return ct_evidence_any(evidence) ? ct_evidence_judge(evidence, on_copy, &em) : CT_OK;
}

ct_err ct_loose_judge(struct ct_loose *l, ct_scan_report *r, bool components)
{
    struct ct_copies to = {.report = r, .arena = l->arena, .components = components};
    return ct_copies_judge(l->evidence, &to);
}
