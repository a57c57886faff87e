#include "decoy/learned.h"

#include "actor/background.h"
#include "actor/ignore.h"
#include "decoy/worker.h"
#include "os/file.h"

#include <string.h>
#include <sys/stat.h>

enum { PIECE = 48 * 1024, EVERY_MS = 60000, PATH_SIZE = 4096 };

/* Ahead of each piece. */
struct piece_head {
    uint32_t kind, at, total;
};

static bool hand_over(struct ct_worker *w, enum ct_learned_list kind, ct_str list)
{
    for (size_t at = 0; at < list.n; at += PIECE) {
        struct piece_head head = {kind, (uint32_t)at, (uint32_t)list.n};
        ct_str piece = ct_str_slice(list, at, at + PIECE);
        if (ct_wire_send(w->teller.fd, CT_WIRE_BACKGROUND, (ct_str){(const unsigned char *)&head, sizeof head}, piece, -1) != CT_OK) return false;
    }
    return true;
}

static void ignored(struct ct_worker *w, bool last)
{
    uint64_t hits = ct_ignore_hits(w->opts->ignore);
    bool news = !w->ignored_ms || hits != w->ignored_told;
    if (!w->opts->ignore || !w->opts->data_dir || !(last || (news && w->now.mono_ms >= w->ignored_ms))) return;
    struct ct_arena_mark mark = ct_arena_mark(w->arena);
    struct ct_buf list;
    ct_buf_init(&list, w->arena, CT_LIST_FILE_MAX);
    ct_ignore_print(w->opts->ignore, w->now.real_us, &list);
    if (list.err == CT_OK && hand_over(w, CT_LEARNED_IGNORED, ct_buf_view(&list))) {
        w->ignored_told = hits;
        w->ignored_ms = w->now.mono_ms + EVERY_MS;
    }
    ct_arena_reset(w->arena, mark);
}

void ct_worker_learned(struct ct_worker *w, bool last)
{
    ignored(w, last);
    struct ct_background *b = w->opts->background;
    bool learning = ct_background_learning(b, w->now.mono_ms), over = w->was_learning && !learning;
    if (ct_background_changed(b)) w->learned_waits = true;
    w->was_learning = learning;
    if (!w->learned_waits || !w->opts->data_dir || (!last && !over && w->now.mono_ms < w->learned_ms)) return;
    w->learned_ms = w->now.mono_ms + EVERY_MS;
    struct ct_arena_mark mark = ct_arena_mark(w->arena);
    struct ct_buf list;
    ct_buf_init(&list, w->arena, CT_LIST_FILE_MAX);
    ct_background_print(b, &list);
    /* A teller that is busy gets it a little later. */
    if (list.err == CT_OK && hand_over(w, CT_LEARNED_BACKGROUND, ct_buf_view(&list))) w->learned_waits = false;
    else w->learned_ms = w->now.mono_ms;
    ct_arena_reset(w->arena, mark);
}

static bool path_of(const struct ct_learned *l, const char *name, char path[PATH_SIZE])
{
    int n = snprintf(path, PATH_SIZE, "%s/%s", l->opts->data_dir ? l->opts->data_dir : "", name);
    return l->opts->data_dir && n > 0 && n < PATH_SIZE;
}

ct_str ct_learned_text(const struct ct_decoy_opts *opts)
{
    const struct ct_learned l = {.opts = opts};
    char path[PATH_SIZE];
    unsigned char *p;
    size_t n;
    struct ct_fault fault = {0};
    if (!path_of(&l, "background", path) || ct_file_read(&ct_alloc_libc, path, CT_LIST_FILE_MAX, &p, &n, &fault) != CT_OK) return (ct_str){NULL, 0};
    return (ct_str){p, n};
}

static void look(const struct ct_learned *l, int64_t *ret_at_ns, int64_t *ret_size)
{
    char path[PATH_SIZE];
    struct stat st;
    *ret_at_ns = *ret_size = -1;
    if (!path_of(l, "background", path) || stat(path, &st) != 0) return;
    *ret_at_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    *ret_size = (int64_t)st.st_size;
}

void ct_learned_init(struct ct_learned *l, const struct ct_decoy_opts *opts)
{
    *l = (struct ct_learned){.opts = opts};
    look(l, &l->at_ns, &l->size);
}

static void write_down(struct ct_learned *l)
{
    char path[PATH_SIZE], text[PATH_SIZE + 200];
    struct ct_fault fault = {0};
    int64_t at_ns, size;
    look(l, &at_ns, &size);
    bool ours = l->kind == CT_LEARNED_IGNORED, edited = !ours && (at_ns != l->at_ns || size != l->size);
    if (!path_of(l, ours ? "ignored" : edited ? "background.new" : "background", path)) return;
    if (ct_file_write_atomic(path, (ct_str){l->list, l->n}, 0600, &fault) != CT_OK) {
        (void)snprintf(text, sizeof text, "a list is not written down: %s", fault.detail);
        l->opts->say(l->opts->ctx, text);
        return;
    }
    if (ours) return;
    if (!edited) {
        look(l, &l->at_ns, &l->size);
    } else if (!l->said) {
        (void)snprintf(text, sizeof text, "background was edited and is read at the next start; what was learned meanwhile is in %.4000s", path);
        l->opts->say(l->opts->ctx, text);
        l->said = true;
    }
}

void ct_learned_piece(struct ct_learned *l, ct_str message)
{
    struct piece_head head;
    if (message.n <= sizeof head) return;
    memcpy(&head, message.p, sizeof head);
    ct_str piece = ct_str_slice(message, sizeof head, message.n);
    if (head.at == 0) {
        l->n = 0;
        l->kind = head.kind;
    }
    if (head.at != l->n || head.kind != l->kind || head.total > CT_LIST_FILE_MAX || piece.n > head.total - head.at) return;
    if (head.total > l->cap) {
        void *p = ct_alloc_libc.resize(ct_alloc_libc.ctx, l->list, l->cap, head.total);
        if (!p) return;
        l->list = p;
        l->cap = head.total;
    }
    memcpy(l->list + head.at, piece.p, piece.n);
    l->n = head.at + (uint32_t)piece.n;
    if (l->n == head.total) write_down(l);
}

void ct_learned_done(struct ct_learned *l)
{
    ct_alloc_put(&ct_alloc_libc, l->list, l->cap);
    *l = (struct ct_learned){0};
}
