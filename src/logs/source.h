/* Log sources: files, directories, globs, stdin, compressed streams, the journal: blocks of bytes with positions.
 *
 * A source delivers its (decompressed) bytes in order; UTF-16, with a byte order mark or in a file that begins with ASCII, as UTF-8. It never aborts for bad input: a truncated or damaged archive
 * delivers what could be read and then the error with its offset. Files may shrink, grow or vanish while they are read
 * (nothing is mapped into memory): the end or an error comes, as the kernel tells it.
 * Refuses: directories, block devices, zip, compress (.Z), legacy lz4 and journal files (CT_ERR_UNSUPPORTED, with advice);
 * zstd and xz windows over CT_CODEC_WINDOW_MAX (CT_ERR_CAP). Garbage behind compressed data is an error with its offset;
 * zeros there are padding, counted. Weak sides: xz and bzip2 damage has one code, CT_ERR_CHECKSUM, since their libraries do
 * not say more; a frame's last bytes are delivered before its checksum is looked at.
 */
#ifndef CT_LOGS_SOURCE_H
#define CT_LOGS_SOURCE_H

#include "base/alloc.h"
#include "base/fault.h"

enum ct_codec { CT_CODEC_PLAIN, CT_CODEC_GZIP, CT_CODEC_ZSTD, CT_CODEC_XZ, CT_CODEC_BZIP2, CT_CODEC_LZ4, CT_CODEC_UTF16 };
const char *ct_codec_name(enum ct_codec c);

typedef struct ct_source ct_source;

/* Opens a path ("-" is stdin). The codec comes from the first bytes, not the name. Never blocks on a FIFO that nobody
 * writes (opened non-blocking, then waited on by read), refuses directories and devices other than character streams. */
CT_MUST_USE ct_err ct_source_open(const struct ct_alloc *alloc, const char *path, ct_source **ret_source,
                                  struct ct_fault *fault);
void ct_source_close(ct_source *s);
/* Reads at most cap bytes. CT_ERR_END at the end; any other error ends the source too, with fault filled in (offset in
 * the compressed input, detail). ret_n is 0 then. Only CT_ERR_INTERRUPTED (a signal while waiting for a pipe) ends nothing:
 * the next call goes on. */
CT_MUST_USE ct_err ct_source_read(ct_source *s, unsigned char *to, size_t cap, size_t *ret_n, struct ct_fault *fault);
enum ct_codec ct_source_codec(const ct_source *s); /* of a pipe: known after the first read */
/* A plain regular file that is read from its start: it can be read anywhere, by several threads at once. */
bool ct_source_is_plain(const ct_source *s);
/* Of such a source: n bytes at offset, fewer only where it ends. Does not move where ct_source_read goes on. */
CT_MUST_USE ct_err ct_source_pread(const ct_source *s, unsigned char *to, size_t n, uint64_t offset, size_t *ret_n,
                                   struct ct_fault *fault);
/* Where ct_source_read goes on; what lies before counts as consumed. */
CT_MUST_USE ct_err ct_source_seek(ct_source *s, uint64_t offset);
/* Size in bytes on disk, or 0 when unknown (pipes); and how much of that has been consumed: for a progress bar. */
uint64_t ct_source_size(const ct_source *s);
/* A plain file that was read to its end, which lies before the one it had when it was opened. */
bool ct_source_was_cut(const ct_source *s);
uint64_t ct_source_consumed(const ct_source *s); /* may be asked from another thread */
/* Zero bytes found between and behind compressed frames. */
uint64_t ct_source_padding(const ct_source *s);

/* Every regular file that the arguments name: paths, directories (recursive, symbolic links to files followed, to
 * directories not), globs (*, ?, [..], quoted from the shell). Sorted within each argument so that rotated logs come oldest
 * first where their names say so (access.log.2.gz before access.log.1 before access.log). Each inode once.
 * A path that is no directory is taken as it is, whatever it is ("-", a FIFO, a binary file); in directories and globs, what is no
 * regular file, files whose names say that they are no text logs (*.journal, wtmp, *.swp ...), and /proc and the like below the
 * directory, are left out. A problem with err CT_OK is such a
 * note: left out by default, not a failure. */
struct ct_path_list {
    char **paths;
    size_t n;
    struct ct_path_problem {
        char *path;
        ct_err err;
        char detail[120];
    } * problems; /* unreadable directories, no match ... */
    size_t n_problems;
};
CT_MUST_USE ct_err ct_paths_expand(const struct ct_alloc *alloc, const char *const *args, size_t n_args,
                                   struct ct_path_list *ret_list);
void ct_paths_free(const struct ct_alloc *alloc, struct ct_path_list *list);
/* This host's own web, mail and application logs that exist and can be read, as arguments for ct_paths_expand: a table of
 * well-known places (nginx, Apache, HAProxy, Tomcat, Jetty, Caddy, Traefik, Postfix, Exim, syslog, app logs in
 * /var/log/<name>/). */
CT_MUST_USE ct_err ct_paths_known(const struct ct_alloc *alloc, struct ct_path_list *ret_list);

#endif
