/* A compressed file as a container of one entry. */
#include "archive/level.h"

const struct ct_codec_ops *ct_codec_of(enum ct_container c)
{
    switch (c) {
    case CT_CONTAINER_GZIP: return &ct_codec_gzip;
    case CT_CONTAINER_BZIP2: return &ct_codec_bzip2;
    case CT_CONTAINER_XZ: return &ct_codec_xz;
    case CT_CONTAINER_ZSTD: return &ct_codec_zstd;
    case CT_CONTAINER_LZ4: return &ct_codec_lz4;
    default: return &ct_codec_lzma;
    }
}

/* "x.tar.gz" holds "x.tar", "x.tgz" as well; a name without a known ending stays as it is. */
static ct_err set_name(ct_nest *nest, struct ct_level *l)
{
    static const struct {
        ct_str ending, instead;
    } endings[] = {
        {CT_STR_INIT(".gz"), {NULL, 0}},      {CT_STR_INIT(".bz2"), {NULL, 0}},     {CT_STR_INIT(".xz"), {NULL, 0}},
        {CT_STR_INIT(".lzma"), {NULL, 0}},    {CT_STR_INIT(".zst"), {NULL, 0}},     {CT_STR_INIT(".tgz"), CT_STR_INIT(".tar")},
        {CT_STR_INIT(".tbz2"), CT_STR_INIT(".tar")}, {CT_STR_INIT(".tbz"), CT_STR_INIT(".tar")}, {CT_STR_INIT(".txz"), CT_STR_INIT(".tar")},
        {CT_STR_INIT(".tzst"), CT_STR_INIT(".tar")}, {CT_STR_INIT(".svgz"), CT_STR_INIT(".svg")}, {CT_STR_INIT(".lz4"), {NULL, 0}},
    };
    const struct ct_level *outer = l->index ? nest->levels[l->index - 1] : NULL;
    ct_str name = outer ? (ct_str){outer->name.p, outer->name.n} : (ct_str){l->root_name.p, l->root_name.n};
    size_t slash = ct_str_rchr(name, '/');
    if (slash != CT_STR_NONE) name = ct_str_slice(name, slash + 1, name.n);
    ct_str instead = {NULL, 0};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = endings[i].ending.n;
        if (name.n <= n || !ct_str_eq_fold(ct_str_slice(name, name.n - n, name.n), endings[i].ending)) continue;
        name.n -= n;
        instead = endings[i].instead;
        break;
    }
    if (!ct_bytes_room(nest, &l->name, name.n + instead.n + 1) || !ct_bytes_set(nest, &l->name, name)) return CT_ERR_NOMEM;
    for (size_t i = 0; i < instead.n; i++) l->name.p[l->name.n++] = instead.p[i];
    return CT_OK;
}

static ct_err codec_next(ct_nest *nest, struct ct_level *l)
{
    if (l->finished) return CT_ERR_END; /* there is one */
    l->entry = (struct ct_nest_event){.kind = CT_NEST_FILE, .size = CT_NEST_SIZE_UNKNOWN, .packed = CT_NEST_SIZE_UNKNOWN};
    if (set_name(nest, l) != CT_OK) ct_nest_odd(nest, l, true, CT_ODDITY_MEMORY, CT_OK, 0, "%s", "name");
    if (l->container == CT_CONTAINER_GZIP) {
        ct_nest_fill(nest, l, &l->in, 8);
        if (l->in.n >= 8) l->entry.mtime = ct_le32(l->in.win + 4);
    }
    ct_body_coded(l, &l->in, ct_codec_of(l->container), CT_INPUT_UNKNOWN, CT_NEST_SIZE_UNKNOWN);
    l->body.members = l->container != CT_CONTAINER_LZMA;
    return CT_OK;
}

const struct ct_format ct_format_codec = {codec_next, NULL};
