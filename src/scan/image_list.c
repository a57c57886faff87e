#include "scan/image_list.h"

#include "base/limits.h"
#include "base/sha.h"
#include "scan/json_paths.h"

#include <string.h>

enum { IMAGES_MAX = 64, TAGS_MAX = 64, INDEXES_MAX = 16 };

/* A descriptor of an index, or a manifest, while it is read. */
struct draft {
    ct_str config, digest, media_type, architecture;
    ct_str tags[TAGS_MAX], layers[CT_IMAGE_LAYERS_MAX];
    size_t n_tags, n_layers;
};

struct reader {
    ct_arena *arena;
    struct ct_fault *fault;
    struct ct_image_entry_list *images;
    size_t n;
    struct draft d;
    ct_str indexes[INDEXES_MAX]; /* digests of indexes still to be read */
    size_t n_indexes, at_index;
    struct {
        ct_str digest, tag;
    } manifests[IMAGES_MAX];
    size_t n_manifests;
    bool flat;                   /* a folder of blobs named by their hex alone */
};

static ct_err dup_list(ct_arena *arena, const ct_str *list, size_t n, const ct_str **ret_list)
{
    ct_str *copy = ct_arena_array(arena, n + 1, sizeof *copy);
    if (!copy) return CT_ERR_NOMEM;
    if (n) memcpy(copy, list, n * sizeof *copy);
    *ret_list = copy;
    return CT_OK;
}

static ct_err push(struct reader *r)
{
    struct draft *d = &r->d;
    if (r->n == IMAGES_MAX) return ct_fault_set(r->fault, CT_ERR_CAP, 0, "more than %d images", IMAGES_MAX);
    if (d->n_layers == 0 && d->config.n == 0) return CT_OK;
    struct ct_image_entry_list *e = &r->images[r->n++];
    *e = (struct ct_image_entry_list){.config = d->config, .digest = d->digest, .n_tags = d->n_tags, .n_layers = d->n_layers};
    CT_TRY(dup_list(r->arena, d->tags, d->n_tags, &e->tags));
    return dup_list(r->arena, d->layers, d->n_layers, &e->layers);
}

static ct_err add_layer(struct reader *r, ct_str name)
{
    if (r->d.n_layers == CT_IMAGE_LAYERS_MAX) return ct_fault_set(r->fault, CT_ERR_CAP, 0, "more than %u layers", CT_IMAGE_LAYERS_MAX);
    r->d.layers[r->d.n_layers++] = name;
    return CT_OK;
}

/* "sha256:ab..." is kept as blobs/sha256/ab..., or as ab... and a manifest as ab....manifest.json; anything else in a digest is refused. */
static ct_err blob_of(struct reader *r, ct_str digest, bool manifest, ct_str *ret_name)
{
    struct ct_buf b;
    size_t colon = ct_str_chr(digest, ':');
    bool good = colon != CT_STR_NONE && colon > 0 && digest.n - colon > 32 && digest.n < 256;
    for (size_t i = 0; i < digest.n && good; i++)
        good = i == colon || ct_ascii_digit(digest.p[i]) || ct_ascii_alpha(digest.p[i]);
    if (!good) return ct_fault_set(r->fault, CT_ERR_SYNTAX, 0, "a digest that is none");
    ct_buf_init(&b, r->arena, 512);
    if (!r->flat) {
        ct_buf_text(&b, "blobs/");
        ct_buf_add(&b, ct_str_slice(digest, 0, colon));
        ct_buf_byte(&b, '/');
    }
    ct_buf_add(&b, ct_str_slice(digest, colon + 1, digest.n));
    if (r->flat && manifest) ct_buf_text(&b, ".manifest.json");
    return ct_buf_str(&b, ret_name);
}

/* docker save: [{"Config": "...", "RepoTags": [...], "Layers": [...]}] */
static ct_err on_docker(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct reader *r = ctx;
    ct_str text;
    if (t->kind == CT_JSON_OBJECT && !*path) r->d = (struct draft){0};
    if (t->kind == CT_JSON_OBJECT_END && !*path) return push(r);
    if (t->kind != CT_JSON_STRING) return CT_OK;
    CT_TRY(ct_json_token_text(r->arena, t, &text));
    if (strcmp(path, "Config") == 0) r->d.config = text;
    if (strcmp(path, "RepoTags") == 0 && r->d.n_tags < TAGS_MAX) r->d.tags[r->d.n_tags++] = text;
    return strcmp(path, "Layers") == 0 ? add_layer(r, text) : CT_OK;
}

static bool is_index(ct_str media_type)
{
    return ct_str_find(media_type, CT_STR("image.index")) != CT_STR_NONE || ct_str_find(media_type, CT_STR("manifest.list")) != CT_STR_NONE;
}

static ct_err on_index(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct reader *r = ctx;
    struct draft *d = &r->d;
    ct_str text;
    if (t->kind == CT_JSON_OBJECT && strcmp(path, "manifests") == 0) *d = (struct draft){0};
    if (t->kind == CT_JSON_OBJECT_END && strcmp(path, "manifests") == 0) {
        if (ct_str_eq(d->architecture, CT_STR("unknown")) || d->digest.n == 0) return CT_OK; /* signatures and their like */
        if (is_index(d->media_type)) {
            if (r->n_indexes < INDEXES_MAX) r->indexes[r->n_indexes++] = d->digest;
            return CT_OK;
        }
        if (r->n_manifests == IMAGES_MAX) return ct_fault_set(r->fault, CT_ERR_CAP, 0, "more than %d images", IMAGES_MAX);
        r->manifests[r->n_manifests].digest = d->digest;
        r->manifests[r->n_manifests++].tag = d->n_tags ? d->tags[0] : CT_STR("");
        return CT_OK;
    }
    if (t->kind != CT_JSON_STRING) return CT_OK;
    CT_TRY(ct_json_token_text(r->arena, t, &text));
    if (strcmp(path, "manifests.mediaType") == 0) d->media_type = text;
    if (strcmp(path, "manifests.digest") == 0) d->digest = text;
    if (strcmp(path, "manifests.platform.architecture") == 0) d->architecture = text;
    bool full = strcmp(path, "manifests.annotations.io.containerd.image.name") == 0;
    if (full) d->tags[0] = text, d->n_tags = 1;
    if (strcmp(path, "manifests.annotations.org.opencontainers.image.ref.name") == 0 && d->n_tags == 0) d->tags[0] = text, d->n_tags = 1;
    return CT_OK;
}

static ct_err on_manifest(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct reader *r = ctx;
    ct_str text, name;
    if (t->kind != CT_JSON_STRING) return CT_OK;
    bool config = strcmp(path, "config.digest") == 0, layer = strcmp(path, "layers.digest") == 0;
    if (!config && !layer) return CT_OK;
    CT_TRY(ct_json_token_text(r->arena, t, &text));
    CT_TRY(blob_of(r, text, false, &name));
    if (layer) return add_layer(r, name);
    r->d.config = name;
    return CT_OK;
}

static ct_err read_index(struct reader *r, ct_image_load *load, void *ctx, ct_str name)
{
    ct_str bytes;
    CT_TRY(load(ctx, r->arena, name, &bytes));
    return ct_json_paths(bytes, on_index, r);
}

/* Whatever the index at hand leads to. */
static ct_err read_listed(struct reader *r, ct_image_load *load, void *ctx)
{
    for (; r->at_index < r->n_indexes; r->at_index++) {
        ct_str name;
        CT_TRY(blob_of(r, r->indexes[r->at_index], true, &name));
        ct_err e = read_index(r, load, ctx, name);
        if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    }
    for (size_t i = 0; i < r->n_manifests; i++) {
        ct_str name, bytes;
        CT_TRY(blob_of(r, r->manifests[i].digest, true, &name));
        ct_err e = load(ctx, r->arena, name, &bytes);
        if (e == CT_ERR_NOT_FOUND) continue; /* an index may list platforms that were not saved */
        CT_TRY(e);
        r->d = (struct draft){.digest = r->manifests[i].digest};
        if (r->manifests[i].tag.n) r->d.tags[r->d.n_tags++] = r->manifests[i].tag;
        CT_TRY(ct_json_paths(bytes, on_manifest, r));
        CT_TRY(push(r));
    }
    return r->n ? CT_OK : CT_ERR_NOT_FOUND;
}

static ct_err read_oci(struct reader *r, ct_image_load *load, void *ctx)
{
    CT_TRY(read_index(r, load, ctx, CT_STR("index.json")));
    return read_listed(r, load, ctx);
}

static ct_err digest_of(ct_arena *arena, ct_str bytes, ct_str *ret_digest)
{
    struct ct_sha s;
    struct ct_buf b;
    unsigned char digest[CT_SHA256_DIGEST];
    ct_sha256_init(&s);
    ct_sha_add(&s, bytes);
    ct_sha_done(&s, digest);
    ct_buf_init(&b, arena, 128);
    ct_buf_text(&b, "sha256:");
    for (size_t i = 0; i < sizeof digest; i++) ct_buf_printf(&b, "%02x", digest[i]);
    return ct_buf_str(&b, ret_digest);
}

/* What skopeo's "dir:" and podman's "docker-dir" write: manifest.json is the manifest itself, or an index. */
static ct_err read_flat(struct reader *r, ct_image_load *load, void *ctx, ct_str bytes)
{
    r->flat = true;
    r->d = (struct draft){0};
    CT_TRY(ct_json_paths(bytes, on_manifest, r));
    CT_TRY(digest_of(r->arena, bytes, &r->d.digest));
    CT_TRY(push(r));
    if (r->n) return CT_OK;
    CT_TRY(ct_json_paths(bytes, on_index, r));
    ct_err e = read_listed(r, load, ctx);
    r->flat = e != CT_ERR_NOT_FOUND;
    return e;
}

/* "abc.json" and "blobs/sha256/abc" are named after the configuration's digest: the image id. */
static ct_err image_id(ct_arena *arena, struct ct_image_entry_list *e)
{
    struct ct_buf b;
    size_t slash = ct_str_rchr(e->config, '/');
    ct_str hex = slash == CT_STR_NONE ? e->config : ct_str_slice(e->config, slash + 1, e->config.n);
    if (ct_str_ends(hex, CT_STR(".json"))) hex.n -= 5;
    if (e->digest.n || hex.n != 64) return CT_OK;
    for (size_t i = 0; i < hex.n; i++)
        if (ct_hex_value(hex.p[i]) < 0) return CT_OK;
    ct_buf_init(&b, arena, 128);
    ct_buf_text(&b, "sha256:");
    ct_buf_add(&b, hex);
    return ct_buf_str(&b, &e->digest);
}

ct_err ct_image_list(ct_arena *arena, ct_image_load *load, void *ctx, struct ct_image_list *ret_list, struct ct_fault *fault)
{
    struct reader *r = ct_arena_zalloc(arena, sizeof *r);
    ct_str bytes;
    if (!r) return CT_ERR_NOMEM;
    r->arena = arena;
    r->fault = fault;
    r->images = ct_arena_array(arena, IMAGES_MAX, sizeof *r->images);
    if (!r->images) return CT_ERR_NOMEM;
    ct_err e = load(ctx, arena, CT_STR("manifest.json"), &bytes);
    if (e == CT_OK) e = ct_json_paths(bytes, on_docker, r);
    if (e == CT_OK && r->n == 0) e = read_flat(r, load, ctx, bytes);
    if (e == CT_ERR_NOT_FOUND) e = read_oci(r, load, ctx);
    if (e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, e, 0, "no container image: neither manifest.json nor index.json lead to one");
    CT_TRY(e);
    for (size_t i = 0; i < r->n; i++) CT_TRY(image_id(arena, &r->images[i]));
    ret_list->images = r->images;
    ret_list->n = r->n;
    return CT_OK;
}
