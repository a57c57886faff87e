/* Sources: every codec against the tool that made the input, whole, cut, damaged, in pieces, through pipes. */
#include "logs/codec.h"
#include "logs/source.h"
#include "scratch.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

static ct_str plain; /* what "log" holds */
static struct rng rng;

struct result {
    unsigned char *p;
    size_t n;
    ct_err err;
    struct ct_fault fault;
    enum ct_codec codec;
    uint64_t size, consumed, padding;
};

static struct result read_all_with(const struct ct_alloc *alloc, const char *path, size_t piece)
{
    struct result r = {0};
    size_t cap = plain.n * 3 + (1u << 20);
    r.p = malloc(cap);
    if (!r.p) abort();
    ct_source *s = NULL;
    r.err = ct_source_open(alloc, path, &s, &r.fault);
    while (r.err == CT_OK) {
        size_t n = 12345;
        size_t room = piece ? piece : 1 + rng_below(&rng, 70000);
        if (room > cap - r.n) abort();
        r.err = ct_source_read(s, r.p + r.n, room, &n, &r.fault);
        if (r.err == CT_OK) assert_true(n > 0 && n <= room);
        else assert_int_equal(n, 0);
        r.n += n;
    }
    if (s) {
        struct ct_fault again = {0};
        size_t n = 1;
        assert_int_equal(ct_source_read(s, r.p, 1, &n, &again), r.err); /* ended stays ended */
        assert_int_equal(n, 0);
        if (r.err != CT_ERR_END) assert_string_equal(again.detail, r.fault.detail);
        r.codec = ct_source_codec(s);
        r.size = ct_source_size(s);
        r.consumed = ct_source_consumed(s);
        r.padding = ct_source_padding(s);
    }
    ct_source_close(s);
    return r;
}
static struct result read_all(const char *path, size_t piece) { return read_all_with(&ct_alloc_libc, path, piece); }

static bool is_prefix(const struct result *r) { return r->n <= plain.n && memcmp(r->p, plain.p, r->n) == 0; }

static const struct packer {
    int line;
    enum ct_codec codec;
    const char *pack, *unpack;
} packers[] = {
    {__LINE__, CT_CODEC_GZIP, "gzip -c", "gzip -dcq"},
    {__LINE__, CT_CODEC_GZIP, "gzip -1cn", "gzip -dcq"},
    {__LINE__, CT_CODEC_ZSTD, "zstd -qc", "zstd -dqc"},
    {__LINE__, CT_CODEC_ZSTD, "zstd -qc --long=27 --no-check", "zstd -dqc --long=27"},
    {__LINE__, CT_CODEC_XZ, "xz -qc", "xz -dqc"},
    {__LINE__, CT_CODEC_XZ, "xz -qc -1 --block-size=100KiB -C crc32", "xz -dqc"},
    {__LINE__, CT_CODEC_BZIP2, "bzip2 -qc", "bzip2 -dqc"},
    {__LINE__, CT_CODEC_BZIP2, "bzip2 -qc -1", "bzip2 -dqc"},
    {__LINE__, CT_CODEC_LZ4, "lz4 -qc", "lz4 -dqc"},
    {__LINE__, CT_CODEC_LZ4, "lz4 -qc -9 -B4 -BX", "lz4 -dqc"},
};
#define N_PACKERS (sizeof packers / sizeof *packers)

static void what_the_tools_packed_comes_out_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PACKERS; i++) {
        must_sh("%s < log > packed", packers[i].pack);
        for (size_t piece = 0; piece < 3; piece++) {
            struct result r = read_all("packed", piece == 0 ? 0 : piece == 1 ? 1u << 20 : 997);
            ct_str packed = get_file("packed");
            assert_int_equal(r.err, CT_ERR_END);
            assert_int_equal(r.codec, packers[i].codec);
            assert_int_equal(r.n, plain.n);
            assert_true(is_prefix(&r));
            assert_int_equal(r.size, packed.n);
            assert_int_equal(r.consumed, packed.n);
            drop_str(&packed);
            free(r.p);
        }
    }
}

static void concatenated_frames_are_one_stream(void **state)
{
    (void)state;
    must_sh("split -n l/5 log part.");
    for (size_t i = 0; i < N_PACKERS; i++) {
        must_sh("for f in part.a?; do %s < $f; done > packed; : | %s >> packed", packers[i].pack, packers[i].pack);
        struct result r = read_all("packed", 0);
        assert_int_equal(r.err, CT_ERR_END);
        assert_int_equal(r.n, plain.n);
        assert_true(is_prefix(&r));
        assert_int_equal(r.consumed, r.size);
        free(r.p);
    }
}

static void empty_streams_are_empty(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PACKERS; i++) {
        must_sh("%s < /dev/null > packed", packers[i].pack);
        struct result r = read_all("packed", 0);
        assert_int_equal(r.err, CT_ERR_END);
        assert_int_equal(r.n, 0);
        assert_int_equal(r.codec, packers[i].codec);
        free(r.p);
    }
}

static void zeros_behind_are_counted_and_garbage_is_located(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PACKERS; i++) {
        must_sh("%s < log > packed; cp packed zeros; head -c 5000 /dev/zero >> zeros; cp zeros garbage; printf 'garbage here' >> garbage",
                packers[i].pack);
        ct_str packed = get_file("packed");
        struct result r = read_all("zeros", 0);
        assert_int_equal(r.err, CT_ERR_END);
        assert_int_equal(r.n, plain.n);
        assert_int_equal(r.padding, 5000);
        free(r.p);
        r = read_all("garbage", 0);
        assert_int_equal(r.err, CT_ERR_SYNTAX);
        assert_int_equal(r.n, plain.n);
        assert_int_equal(r.fault.offset, packed.n + 5000);
        assert_non_null(strstr(r.fault.detail, "garbage"));
        free(r.p);
        must_sh("cat zeros packed > twice");
        r = read_all("twice", 0);
        assert_int_equal(r.err, CT_ERR_END);
        assert_int_equal(r.n, 2 * plain.n);
        free(r.p);
        drop_str(&packed);
    }
}

/* The tools say how much of a cut file can be had: never deliver less. ISA-L decodes a few symbols at once and keeps back
 * those whose last bits are missing. */
static void cut_files_give_all_that_can_be_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PACKERS; i++) {
        must_sh("%s < log > packed", packers[i].pack);
        ct_str packed = get_file("packed");
        for (unsigned round = 0; round < 8; round++) {
            size_t cut = round == 0 ? packed.n - 1 : round == 1 ? 5 : 5 + rng_below(&rng, (uint32_t)packed.n - 5);
            put_file("cut", ct_str_slice(packed, 0, cut));
            struct result r = read_all("cut", 0);
            assert_int_equal(r.err, CT_ERR_TRUNCATED);
            assert_int_equal(r.fault.offset, cut);
            assert_true(is_prefix(&r));
            (void)sh("%s < cut > tool.out 2>/dev/null", packers[i].unpack);
            ct_str tool = get_file("tool.out");
            if (r.n + 4 < tool.n) fail_msg("line %d: cut at %zu gave %zu bytes, %s gave %zu", packers[i].line, cut, r.n, packers[i].unpack, tool.n);
            drop_str(&tool);
            free(r.p);
        }
        drop_str(&packed);
    }
}

static void damage_is_named_and_what_comes_before_it_is_delivered(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PACKERS; i++) {
        must_sh("%s < log > packed", packers[i].pack);
        ct_str packed = get_file("packed");
        unsigned char *copy = malloc(packed.n);
        if (!copy) abort();
        for (unsigned round = 0; round < 12; round++) {
            memcpy(copy, packed.p, packed.n);
            size_t at = packed.n / 2 + rng_below(&rng, (uint32_t)(packed.n / 2 - 64));
            copy[at] ^= (unsigned char)(1u << rng_below(&rng, 8));
            put_file("damaged", (ct_str){copy, packed.n});
            struct result r = read_all("damaged", 0);
            bool tool_fails = sh("%s < damaged > tool.out 2>/dev/null", packers[i].unpack) != 0;
            if (tool_fails != (r.err != CT_ERR_END))
                fail_msg("line %d: byte %zu: %s, the tool says otherwise", packers[i].line, at, ct_err_text(r.err));
            if (tool_fails) {
                assert_true(r.err == CT_ERR_CHECKSUM || r.err == CT_ERR_SYNTAX || r.err == CT_ERR_TRUNCATED);
                assert_true(r.fault.offset <= packed.n && r.fault.detail[0]);
                ct_str tool = get_file("tool.out");
                /* The bzip2 command writes 5,000 bytes at a time, also when the damage stands among them. */
                if (r.n + 5000 < tool.n) fail_msg("line %d: byte %zu gave %zu bytes, %s gave %zu", packers[i].line, at, r.n, packers[i].unpack, tool.n);
                drop_str(&tool);
            }
            free(r.p);
        }
        free(copy);
        drop_str(&packed);
    }
}

static void a_wrong_gzip_sum_is_a_checksum_error_behind_all_data(void **state)
{
    (void)state;
    must_sh("gzip -c < log > packed");
    ct_str packed = get_file("packed");
    union { const unsigned char *r; unsigned char *w; } bytes = {packed.p};
    bytes.w[packed.n - 6] ^= 1;
    put_file("packed", packed);
    struct result r = read_all("packed", 0);
    assert_int_equal(r.err, CT_ERR_CHECKSUM);
    assert_int_equal(r.n, plain.n);
    assert_true(r.fault.offset >= packed.n - 8 && r.fault.offset <= packed.n);
    free(r.p);
    bytes.w[packed.n - 6] ^= 1;
    bytes.w[packed.n - 2] ^= 1; /* the length */
    put_file("packed", packed);
    r = read_all("packed", 0);
    assert_int_equal(r.err, CT_ERR_CHECKSUM);
    free(r.p);
    drop_str(&packed);
}

static void windows_over_the_cap_are_refused_by_name(void **state)
{
    (void)state;
    must_sh("head -c 1000 log | zstd -qc --long=28 > packed");
    struct result r = read_all("packed", 0);
    assert_int_equal(r.err, CT_ERR_CAP);
    assert_non_null(strstr(r.fault.detail, "window over 128 MiB"));
    free(r.p);

    /* An xz block header, its dictionary size raised to 256 MiB and its sum set right (.xz format 3.1, 5.3.1). */
    must_sh("head -c 1000 log | xz -0 -c > packed");
    ct_str packed = get_file("packed");
    union { const unsigned char *r; unsigned char *w; } bytes = {packed.p};
    unsigned char *header = bytes.w + 12;
    size_t n = (header[0] + 1u) * 4u;
    assert_int_equal(header[2], 0x21);
    for (unsigned dictionary = 30; dictionary <= 32; dictionary += 2) { /* 30: exactly 128 MiB, taken */
        header[4] = (unsigned char)dictionary;
        unsigned long sum = crc32(0, header, (unsigned)(n - 4));
        for (size_t i = 0; i < 4; i++) header[n - 4 + i] = (unsigned char)(sum >> 8 * i);
        put_file("packed", packed);
        r = read_all("packed", 0);
        assert_int_equal(r.err, dictionary == 30 ? CT_ERR_END : CT_ERR_CAP);
        if (r.err == CT_ERR_CAP) assert_non_null(strstr(r.fault.detail, "window over 128 MiB"));
        free(r.p);
    }
    drop_str(&packed);
}

static void plain_files_are_for_pread_too(void **state)
{
    (void)state;
    struct result r = read_all("log", 0);
    assert_int_equal(r.err, CT_ERR_END);
    assert_int_equal(r.n, plain.n);
    assert_true(is_prefix(&r));
    assert_int_equal(r.consumed, plain.n);
    free(r.p);
    ct_source *s = NULL;
    assert_int_equal(ct_source_open(&ct_alloc_libc, "log", &s, NULL), CT_OK);
    unsigned char byte[5];
    size_t got = 0;
    assert_true(ct_source_is_plain(s));
    assert_int_equal(ct_source_pread(s, byte, 5, 100, &got, NULL), CT_OK);
    assert_int_equal(got, 5);
    assert_memory_equal(byte, plain.p + 100, 5);
    assert_int_equal(ct_source_pread(s, byte, 5, plain.n - 3, &got, NULL), CT_OK);
    assert_int_equal(got, 3);
    assert_int_equal(ct_source_read(s, byte, 5, &got, NULL), CT_OK); /* still at the start */
    assert_memory_equal(byte, plain.p, got);
    assert_int_equal(ct_source_seek(s, 200), CT_OK);
    assert_int_equal(ct_source_consumed(s), 200);
    assert_int_equal(ct_source_read(s, byte, 5, &got, NULL), CT_OK);
    assert_memory_equal(byte, plain.p + 200, got);
    ct_source_close(s);
    must_sh("gzip -c < log > packed; : > empty");
    assert_int_equal(ct_source_open(&ct_alloc_libc, "packed", &s, NULL), CT_OK);
    assert_false(ct_source_is_plain(s));
    assert_int_equal(ct_source_seek(s, 0), CT_ERR_READ);
    ct_source_close(s);
    r = read_all("empty", 0);
    assert_int_equal(r.err, CT_ERR_END);
    assert_int_equal(r.n, 0);
    free(r.p);
    r = read_all("/proc/self/status", 0); /* says size 0 */
    assert_int_equal(r.err, CT_ERR_END);
    assert_true(r.n > 100);
    free(r.p);
}

static void what_is_no_log_is_refused(void **state)
{
    (void)state;
    put_file("zip", CT_STR("PK\003\004....."));
    put_file("journal", CT_STR("LPKSHHRH....."));
    put_file("legacy", CT_STR("\002\041\114\030....."));
    put_file("sevenzip", CT_STR("7z\274\257\047\034...."));
    must_sh("mkdir -p dir");
    must_sh("gzip -c log > twice && gzip -c twice > twice.gz && xz -c zip > zip.xz && printf '\\377\\376a\\0b\\0c\\0d\\0\\n\\0' | gzip -c > wide.gz");
    static const struct { const char *path; ct_err err; const char *word; } rows[] = {
        {"dir", CT_ERR_UNSUPPORTED, "directory"}, {"zip", CT_ERR_UNSUPPORTED, "zip"},
        {"journal", CT_ERR_UNSUPPORTED, "--journal"}, {"legacy", CT_ERR_UNSUPPORTED, "legacy"},
        {"sevenzip", CT_ERR_UNSUPPORTED, "7z"}, {"twice.gz", CT_ERR_UNSUPPORTED, "gzip holds gzip"},
        {"zip.xz", CT_ERR_UNSUPPORTED, "xz holds what is no log"}, {"wide.gz", CT_ERR_UNSUPPORTED, "gzip holds UTF-16"},
        {"missing", CT_ERR_NOT_FOUND, "No such file"}, {"log/below", CT_ERR_NOT_FOUND, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result r = read_all(rows[i].path, 4096);
        assert_int_equal(r.err, rows[i].err);
        assert_int_equal(r.n, 0);
        assert_non_null(strstr(r.fault.detail, rows[i].word));
        free(r.p);
    }
}

static pid_t feed(const char *from, const char *to, bool slowly)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    ct_str s = get_file(from);
    int fd = open(to, O_WRONLY | O_CLOEXEC);
    for (size_t at = 0; at < s.n;) {
        size_t n = slowly ? 1 : 1 + rng_below(&rng, 9000);
        if (n > s.n - at) n = s.n - at;
        ssize_t put = write(fd, s.p + at, n);
        if (put <= 0) _exit(1);
        at += (size_t)put;
    }
    _exit(close(fd));
}

static void pipes_deliver_in_any_pieces(void **state)
{
    (void)state;
    must_sh("mkfifo fifo; head -c 3000 log > short");
    for (size_t i = 0; i <= N_PACKERS; i++) {
        for (unsigned slowly = 0; slowly < 2; slowly++) {
            must_sh("%s < %s > packed", i < N_PACKERS ? packers[i].pack : "cat", slowly ? "short" : "log");
            pid_t pid = feed("packed", "fifo", slowly);
            struct result r = read_all("fifo", 0); /* opens before or after the writer: both must do */
            int status = -1;
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_int_equal(status, 0);
            assert_int_equal(r.err, CT_ERR_END);
            assert_int_equal(r.n, slowly ? 3000 : plain.n);
            assert_true(is_prefix(&r));
            assert_int_equal(r.codec, i < N_PACKERS ? packers[i].codec : CT_CODEC_PLAIN);
            assert_int_equal(r.size, 0);
            free(r.p);
        }
    }
    must_sh("rm fifo");
}

static void on_alarm(int sig) { (void)sig; }

/* Nobody writes: opening returns, reading waits until a signal comes, and can then go on. */
static void a_fifo_without_writer_waits_in_read(void **state)
{
    (void)state;
    must_sh("mkfifo fifo");
    ct_source *s = NULL;
    assert_int_equal(ct_source_open(&ct_alloc_libc, "fifo", &s, NULL), CT_OK);
    struct sigaction action = {.sa_handler = on_alarm}, old;
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    struct itimerval every = {{0, 20000}, {0, 20000}};
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    unsigned char b[64];
    size_t n = 7;
    assert_int_equal(ct_source_read(s, b, sizeof b, &n, NULL), CT_ERR_INTERRUPTED);
    assert_int_equal(n, 0);
    struct itimerval never = {{0, 0}, {0, 0}};
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    int fd = open("fifo", O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, "one\n", 4), 4);
    assert_int_equal(ct_source_read(s, b, sizeof b, &n, NULL), CT_OK);
    assert_int_equal(n, 4);
    assert_int_equal(close(fd), 0);
    assert_int_equal(ct_source_read(s, b, sizeof b, &n, NULL), CT_ERR_END);
    ct_source_close(s);
    must_sh("rm fifo");
}

/* A short line on a pipe comes at once, though it could not be told for certain from a magic of ten bytes. */
static void a_short_line_is_not_held_back(void **state)
{
    (void)state;
    int p[2];
    assert_int_equal(pipe(p), 0);
    char path[32];
    (void)snprintf(path, sizeof path, "/dev/fd/%d", p[0]);
    ct_source *s = NULL;
    assert_int_equal(ct_source_open(&ct_alloc_libc, path, &s, NULL), CT_OK);
    assert_int_equal(write(p[1], "B\n", 2), 2);
    unsigned char b[64];
    size_t n = 0;
    assert_int_equal(ct_source_read(s, b, sizeof b, &n, NULL), CT_OK);
    assert_int_equal(n, 2);
    ct_source_close(s);
    (void)close(p[0]);
    (void)close(p[1]);
}

static void stdin_may_be_a_file_at_any_offset(void **state)
{
    (void)state;
    must_sh("gzip -c < log > packed");
    int keep = dup(STDIN_FILENO);
    static const struct { const char *file; off_t at; } rows[] = {{"log", 0}, {"packed", 0}, {"log", 1000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd = open(rows[i].file, O_RDONLY | O_CLOEXEC);
        assert_int_equal(lseek(fd, rows[i].at, SEEK_SET), rows[i].at);
        assert_true(dup2(fd, STDIN_FILENO) >= 0);
        (void)close(fd);
        ct_source *s = NULL;
        assert_int_equal(ct_source_open(&ct_alloc_libc, "-", &s, NULL), CT_OK);
        assert_int_equal(ct_source_is_plain(s), i == 0);
        ct_source_close(s); /* must leave stdin open and where it was */
        struct result r = read_all("-", 0);
        assert_int_equal(r.err, CT_ERR_END);
        assert_int_equal(r.n, plain.n - (size_t)rows[i].at);
        assert_memory_equal(r.p, plain.p + rows[i].at, r.n);
        free(r.p);
    }
    assert_true(dup2(keep, STDIN_FILENO) >= 0);
    (void)close(keep);
}

static void a_file_may_shrink_or_vanish_under_the_reader(void **state)
{
    (void)state;
    for (unsigned packed = 0; packed < 2; packed++) {
        for (unsigned vanish = 0; vanish < 2; vanish++) {
            /* Random bytes do not compress: the packed file is larger than one input buffer. */
            must_sh("head -c 3000000 /dev/urandom > raw; %s < raw > victim", packed ? "gzip -c" : "cat");
            ct_source *s = NULL;
            assert_int_equal(ct_source_open(&ct_alloc_libc, "victim", &s, NULL), CT_OK);
            unsigned char b[4096];
            size_t n = 0, total = 0;
            struct ct_fault fault = {0};
            assert_int_equal(ct_source_read(s, b, sizeof b, &n, &fault), CT_OK);
            if (vanish) must_sh("rm victim");
            else must_sh(": > victim");
            ct_err e;
            while ((e = ct_source_read(s, b, sizeof b, &n, &fault)) == CT_OK) total += n;
            if (vanish) assert_int_equal(total + 4096, 3000000); /* an open file lives on without its name */
            assert_int_equal(e, vanish || !packed ? CT_ERR_END : CT_ERR_TRUNCATED);
            ct_source_close(s);
        }
    }
}

static void every_read_may_fail(void **state)
{
    (void)state;
    must_sh("head -c 900000 /dev/urandom | gzip -c > packed");
    for (unsigned persistent = 0; persistent < 2; persistent++) {
        for (unsigned at = 0;; at++) {
            failing_sys(FAIL_READ | FAIL_OPEN, at, persistent, EIO);
            struct result r = read_all("packed", 65536);
            bool failed = failing_sys_done();
            free(r.p);
            if (!failed) {
                assert_int_equal(r.err, CT_ERR_END);
                assert_true(at > 3);
                break;
            }
            assert_int_equal(r.err, CT_ERR_READ);
            assert_non_null(strstr(r.fault.detail, strerror(EIO)));
        }
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PACKERS; i++) {
        must_sh("head -c 100000 log | %s > packed", packers[i].pack);
        for (unsigned persistent = 0; persistent < 2; persistent++) {
            for (unsigned n = 0;; n++) {
                struct fault_alloc f;
                fault_alloc_init(&f, n, persistent);
                struct result r = read_all_with(&f.alloc, "packed", 0);
                free(r.p);
                assert_int_equal(f.live, 0);
                if (!f.failed) {
                    assert_int_equal(r.err, CT_ERR_END);
                    break;
                }
                assert_int_equal(r.err, CT_ERR_NOMEM);
            }
        }
    }
}

static void ignore(int number) { (void)number; }

/* /proc/kmsg says that it can be read and has nothing: it is asked again, and a signal that is held back ends that. */
static void a_read_that_has_nothing_is_asked_again(void **state)
{
    (void)state;
    failing_sys(FAIL_READ, 1, false, EAGAIN); /* behind the look at its first bytes */
    struct result r = read_all("/proc/self/status", 4096);
    assert_true(failing_sys_done());
    assert_int_equal(r.err, CT_ERR_END);
    assert_true(r.n > 100);
    free(r.p);
    struct sigaction before, ignoring = {.sa_handler = ignore};
    unsigned char byte;
    size_t n;
    ct_source *s = NULL;
    struct ct_fault fault = {0};
    sigset_t set, was;
    assert_int_equal(sigaction(SIGINT, &ignoring, &before), 0);
    assert_int_equal(sigemptyset(&set) | sigaddset(&set, SIGINT) | pthread_sigmask(SIG_BLOCK, &set, &was), 0);
    assert_int_equal(raise(SIGINT), 0);
    failing_sys(FAIL_READ, 1, true, EAGAIN);
    assert_int_equal(ct_source_open(&ct_alloc_libc, "/proc/self/status", &s, &fault), CT_OK);
    assert_int_equal(ct_source_read(s, &byte, 1, &n, &fault), CT_ERR_INTERRUPTED);
    assert_true(failing_sys_done());
    ct_source_close(s);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &was, NULL), 0);
    assert_int_equal(sigaction(SIGINT, &before, NULL), 0);
}

static void sniffing_stays_within_its_bytes(void **state)
{
    (void)state;
    static const ct_str heads[] = {CT_STR_INIT("\x1f\x8b\x08\x00"), CT_STR_INIT("\x28\xb5\x2f\xfd"), CT_STR_INIT("\xfd" "7zXZ\0"),
                                   CT_STR_INIT("BZh91AY&SY"), CT_STR_INIT("BZh9\x17\x72\x45\x38\x50\x90"),
                                   CT_STR_INIT("\x04\x22\x4d\x18"), CT_STR_INIT("LPKSHHRH"), CT_STR_INIT("\x1f\x8b\x07"),
                                   CT_STR_INIT("BZh9 is a word")};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        for (size_t n = 0; n <= heads[i].n; n++) {
            struct edge e = edge_new(ct_str_slice(heads[i], 0, n));
            enum ct_codec codec = CT_CODEC_PLAIN;
            const char *what = NULL;
            enum ct_sniff a = ct_codec_sniff(e.input, false, &codec, &what);
            enum ct_sniff b = ct_codec_sniff(e.input, true, &codec, &what);
            assert_true(b != CT_SNIFF_MORE);
            if (a != CT_SNIFF_MORE) assert_int_equal(a, b);
            if (n == heads[i].n) assert_int_equal(b, i < 6 ? CT_SNIFF_FRAME : i < 8 ? CT_SNIFF_REFUSED : CT_SNIFF_PLAIN);
            edge_free(&e);
        }
    }
}

int main(void)
{
    static const char *const tools[] = {"gzip", "zstd", "xz", "bzip2", "lz4"};
    need_tools(tools, sizeof tools / sizeof *tools);
    rng = rng_new("logs_source");
    scratch_enter();
    plain = log_lines(700000, 1);
    put_file("log", plain);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_tools_packed_comes_out_the_same),
        cmocka_unit_test(concatenated_frames_are_one_stream),
        cmocka_unit_test(empty_streams_are_empty),
        cmocka_unit_test(zeros_behind_are_counted_and_garbage_is_located),
        cmocka_unit_test(cut_files_give_all_that_can_be_decoded),
        cmocka_unit_test(damage_is_named_and_what_comes_before_it_is_delivered),
        cmocka_unit_test(a_wrong_gzip_sum_is_a_checksum_error_behind_all_data),
        cmocka_unit_test(windows_over_the_cap_are_refused_by_name),
        cmocka_unit_test(plain_files_are_for_pread_too),
        cmocka_unit_test(what_is_no_log_is_refused),
        cmocka_unit_test(pipes_deliver_in_any_pieces),
        cmocka_unit_test(a_fifo_without_writer_waits_in_read),
        cmocka_unit_test(a_short_line_is_not_held_back),
        cmocka_unit_test(stdin_may_be_a_file_at_any_offset),
        cmocka_unit_test(a_file_may_shrink_or_vanish_under_the_reader),
        cmocka_unit_test(every_read_may_fail),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(sniffing_stays_within_its_bytes), cmocka_unit_test(a_read_that_has_nothing_is_asked_again),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    drop_str(&plain);
    scratch_leave();
    return failed;
}
