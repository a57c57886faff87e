/* redis: an open server (RESP2) that takes every order and keeps nothing.
 *
 * An open Redis is attacked by what it is told (CONFIG SET dir, SLAVEOF, MODULE LOAD, EVAL), so it has no password: each command is reported. Nothing is
 * stored, run, or connected to. Commands beyond the buffer end the connection with their beginning reported. */
#include "face/face_list.h"
#include "face/face_out.h"

#include <string.h>

enum { ARGUMENTS_MAX = 64, COMMANDS_MAX = 10000 };

struct redis {
    uint16_t commands;
};

struct command {
    ct_str argument[ARGUMENTS_MAX];
    size_t n;
};

static void say(const struct ct_face_io *io, const char *text) { io->send(io->ctx, ct_str_from(text)); }

/* "*2\r\n$3\r\nGET\r\n$1\r\na\r\n". Bytes it takes; 0: not whole; SIZE_MAX: malformed. */
static size_t parse_array(ct_str in, struct command *c)
{
    ct_str line;
    uint64_t count, size;
    size_t at = ct_face_line(in, &line);
    if (!at) return 0;
    if (!ct_str_u64(ct_str_slice(line, 1, line.n), &count) || count > 1024 * 1024) return SIZE_MAX;
    for (; count; count--) {
        size_t used = ct_face_line(ct_str_slice(in, at, in.n), &line);
        if (!used) return 0;
        if (!line.n || line.p[0] != '$' || !ct_str_u64(ct_str_slice(line, 1, line.n), &size)) return SIZE_MAX;
        at += used;
        if (size > CT_FACE_BUFFER_MAX || in.n - at < size + 2) return size > CT_FACE_BUFFER_MAX ? SIZE_MAX : 0;
        if (c->n < ARGUMENTS_MAX) c->argument[c->n++] = ct_str_slice(in, at, at + (size_t)size);
        at += (size_t)size + 2;
    }
    return at;
}

static size_t parse_inline(ct_str in, struct command *c)
{
    ct_str line;
    size_t n = ct_face_line(in, &line);
    while (n && line.n && c->n < ARGUMENTS_MAX) {
        ct_str word = ct_face_word(&line);
        if (word.n) c->argument[c->n++] = word;
    }
    return n;
}

static void report(const struct ct_face_io *io, const struct command *c)
{
    unsigned char text[CT_FACE_BUFFER_MAX];
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (c->argument[i].n + 1 > sizeof text - n) break;
        if (i) text[n++] = ' ';
        if (c->argument[i].n) memcpy(text + n, c->argument[i].p, c->argument[i].n);
        n += c->argument[i].n;
    }
    /* What holds a password shows its name alone. */
    bool secret = ct_str_eq_fold(c->argument[0], CT_STR("auth")) || ct_str_eq_fold(c->argument[0], CT_STR("hello"));
    ct_face_fact(io, CT_FACT_COMMAND, secret ? c->argument[0] : (ct_str){text, n});
    ct_face_fact(io, CT_FACT_PAYLOAD, (ct_str){text, n});
}

static void info(const struct ct_face_io *io)
{
    struct ct_reply text = {0}, r = {0};
    uint64_t up = 86400 * 11 + ct_face_seeded(io->host, "redis up") % (86400 * 60);
    unsigned long long id = ct_face_seeded(io->host, "redis id"), id2 = ct_face_seeded(io->host, "redis id2");
    ct_reply_printf(&text, "# Server\r\nredis_version:7.0.15\r\nredis_git_sha1:00000000\r\nredis_git_dirty:0\r\nredis_mode:standalone\r\n"
                           "os:Linux 6.1.0-18-amd64 x86_64\r\narch_bits:64\r\ngcc_version:12.2.0\r\nprocess_id:%u\r\nrun_id:%016llx%016llx%08x\r\n"
                           "tcp_port:%u\r\nuptime_in_seconds:%llu\r\nuptime_in_days:%llu\r\nexecutable:/usr/bin/redis-server\r\n"
                           "config_file:/etc/redis/redis.conf\r\n\r\n# Clients\r\nconnected_clients:3\r\n\r\n# Memory\r\nused_memory:1463880\r\n"
                           "used_memory_human:1.40M\r\n\r\n# Persistence\r\nloading:0\r\nrdb_last_bgsave_status:ok\r\naof_enabled:0\r\n\r\n"
                           "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n# Keyspace\r\ndb0:keys=214,expires=12,avg_ttl=0\r\n",
                    (unsigned)(300 + id % 900), id, id2, (unsigned)(id ^ id2), io->own_port, (unsigned long long)up, (unsigned long long)(up / 86400));
    ct_reply_printf(&r, "$%zu\r\n", text.n);
    ct_reply_bytes(&r, (ct_str){text.b, text.n});
    ct_reply_text(&r, "\r\n");
    ct_reply_send(&r, io);
}

static void login(const struct ct_face_io *io, const struct command *c)
{
    if (c->n > 2) ct_face_told(io, CT_FACT_USER, c->argument[1]);
    ct_face_told(io, CT_FACT_PASSWORD, c->argument[c->n > 2 ? 2 : 1]);
    if (c->n > 2) say(io, "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    else say(io, "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n");
}

static void answer(const struct ct_face_io *io, const struct command *c)
{
    static const struct {
        const char *name;
        unsigned char least; /* arguments with the name */
        const char *reply;
    } known[] = {
        {"ping", 1, "+PONG\r\n"}, {"quit", 1, "+OK\r\n"}, {"set", 3, "+OK\r\n"}, {"config", 2, "+OK\r\n"}, {"save", 1, "+OK\r\n"},
        {"bgsave", 1, "+Background saving started\r\n"}, {"slaveof", 3, "+OK\r\n"}, {"replicaof", 3, "+OK\r\n"}, {"select", 2, "+OK\r\n"},
        {"flushall", 1, "+OK\r\n"}, {"flushdb", 1, "+OK\r\n"}, {"client", 2, "+OK\r\n"}, {"get", 2, "$-1\r\n"}, {"keys", 2, "*0\r\n"},
        {"command", 1, "*0\r\n"}, {"dbsize", 1, ":214\r\n"}, {"exists", 2, ":0\r\n"}, {"del", 2, ":0\r\n"}, {"type", 2, "+none\r\n"},
        {"scan", 2, "*2\r\n$1\r\n0\r\n*0\r\n"}, {"module", 2, "-ERR Error loading the extension. Please check the server logs.\r\n"},
        {"eval", 3, "$-1\r\n"}, {"hello", 1, "-NOPROTO unsupported protocol version\r\n"}, {"lpush", 3, ":1\r\n"}, {"rpush", 3, ":1\r\n"},
        {"hset", 4, ":1\r\n"}, {"publish", 3, ":0\r\n"},
    };
    ct_str name = c->argument[0];
    if (ct_str_eq_fold(name, CT_STR("info"))) {
        info(io);
        return;
    }
    if (ct_str_eq_fold(name, CT_STR("auth")) && c->n > 1) {
        login(io, c);
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ct_str_eq_fold(name, ct_str_from(known[i].name))) {
            if (c->n < known[i].least) {
                struct ct_reply r = {0};
                ct_reply_printf(&r, "-ERR wrong number of arguments for '%s' command\r\n", known[i].name);
                ct_reply_send(&r, io);
            } else {
                say(io, ct_str_eq_fold(name, CT_STR("config")) && ct_str_eq_fold(c->argument[1], CT_STR("get")) ? "*0\r\n" : known[i].reply);
            }
            if (ct_str_eq_fold(name, CT_STR("quit"))) io->close(io->ctx);
            return;
        }
    ct_str plain = ct_face_plain(name);
    struct ct_reply r = {0};
    ct_reply_printf(&r, "-ERR unknown command '%.*s', with args beginning with: \r\n", CT_STR_ARG(plain));
    ct_reply_send(&r, io);
}

static size_t redis_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct redis *s = state;
    struct command c = {.n = 0};
    if (!in.n) return 0;
    bool array = in.p[0] == '*';
    size_t n = array ? parse_array(in, &c) : parse_inline(in, &c);
    if (n == 0 && in.n < CT_FACE_BUFFER_MAX) return 0;
    if (n == 0 || n == SIZE_MAX) {
        ct_face_nonsense(io, in);
        say(io, "-ERR Protocol error: invalid multibulk length\r\n");
        io->close(io->ctx);
        return in.n;
    }
    if (c.n) {
        /* What browsers are made to send; Redis ends these too. */
        bool web = !array && (ct_str_eq_fold(c.argument[0], CT_STR("post")) || ct_str_eq_fold(c.argument[0], CT_STR("host:")));
        report(io, &c);
        if (!web) answer(io, &c);
        if (web || ++s->commands == COMMANDS_MAX) io->close(io->ctx);
    }
    return n;
}

/* An array of bulk strings; inline commands look like too much else. */
static enum ct_claim redis_claims(ct_str first)
{
    size_t n = 1;
    if (first.n && first.p[0] != '*') return CT_CLAIM_NO;
    while (n < first.n && n < 8 && ct_ascii_digit(first.p[n])) n++;
    if (n >= first.n) return CT_CLAIM_MORE;
    if (n == 1) return CT_CLAIM_NO;
    ct_str rest = ct_str_slice(first, n, first.n), wanted = CT_STR("\r\n$");
    if (ct_str_starts(rest, wanted)) return CT_CLAIM_YES;
    return ct_str_starts(wanted, rest) ? CT_CLAIM_MORE : CT_CLAIM_NO;
}

static const uint16_t ports[] = {6379};

const struct ct_face ct_face_redis = {.name = "redis", .ports = ports, .n_ports = 1, .state_size = sizeof(struct redis), .claims = redis_claims,
                                      .open = ct_face_open_quiet, .bytes = redis_bytes, .end = ct_face_end_left};
