#include "dump.h"

#include "text/printable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *const dump_samples[] = {"clf",         "json",    "haproxy", "alb", "s3", "w3c",
                                    "modsecurity", "postfix", "exim",    "envoy",   "error_log", "syslog", "iis", "api_gateway", NULL};

static void row(struct ct_buf *out, const char *name, ct_str value)
{
    if (value.n == 0) return;
    ct_buf_printf(out, "    %-10s ", name);
    ct_print_text(out, value);
    ct_buf_byte(out, '\n');
}

void dump_record(struct ct_buf *out, const struct ct_record *r)
{
    ct_buf_printf(out, "  %s%s%s%s\n", ct_format_name(r->format), r->in_syslog ? " in-syslog" : "",
                  r->truncated ? " truncated" : "", r->more_fields ? " more-fields" : "");
    if (r->time_us != CT_TIME_NONE)
        ct_buf_printf(out, "    %-10s %" PRId64 ".%06" PRId64 "\n", "time", r->time_us / 1000000, r->time_us % 1000000);
    row(out, "client", r->client);
    row(out, "forwarded", r->forwarded);
    row(out, "target", r->target);
    row(out, "method", r->method);
    row(out, "path", r->path);
    row(out, "status", r->status);
    row(out, "waf", r->waf);
    for (size_t i = 0; i < r->n_fields; i++) {
        ct_buf_text(out, "    > ");
        ct_print_text(out, r->fields[i].name);
        ct_buf_text(out, " = ");
        ct_print_text(out, r->fields[i].value);
        ct_buf_byte(out, '\n');
    }
}

void dump_path(char *to, size_t n, const char *sample, const char *suffix)
{
    (void)snprintf(to, n, "golden/formats/%s.%s", sample, suffix);
}

char *dump_read(const char *sample, const char *suffix, size_t *ret_n)
{
    char path[200];
    dump_path(path, sizeof path, sample, suffix);
    FILE *f = fopen(path, "rbe");
    long n = -1;
    if (f && fseek(f, 0, SEEK_END) == 0) n = ftell(f);
    char *p = n >= 0 ? malloc((size_t)n + 1) : NULL;
    if (!p || fseek(f, 0, SEEK_SET) != 0 || fread(p, 1, (size_t)n, f) != (size_t)n) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(4);
    }
    (void)fclose(f);
    *ret_n = (size_t)n;
    return p;
}
