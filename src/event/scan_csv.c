/* Findings of a scan for spreadsheets. Columns are only ever added at the end. */
#include "event/scan_event.h"

#include "event/fields.h"
#include "text/printable.h"

#include <stdio.h>

void ct_scan_csv_header(struct ct_buf *out)
{
    ct_buf_text(out, "time,host,host_id,addresses,image,image_digest,state,vulnerability,severity,product,version,purl,path,source,reason,"
                     "fix,pids,units,containers,evidence,complete,interrupted,hardware_id,os,id,change,was\n");
}

static void cell(struct ct_buf *out, ct_str s)
{
    ct_print_csv(out, s);
    ct_buf_byte(out, ',');
}

static void list_cell(struct ct_buf *out, const ct_str *items, size_t n)
{
    struct ct_buf b = ct_scratch(out);
    for (size_t i = 0; i < n; i++) {
        if (i) ct_buf_text(&b, "; ");
        ct_buf_add(&b, items[i]);
    }
    if (b.err && !out->err) out->err = b.err;
    cell(out, ct_buf_view(&b));
}

static void process_cells(struct ct_buf *out, const struct ct_scan_finding *f)
{
    struct ct_buf pids = ct_scratch(out), units = ct_scratch(out), containers = ct_scratch(out);
    for (size_t i = 0; f && i < f->n_processes; i++) {
        const struct ct_scan_process *p = &f->processes[i];
        bool again = false; /* a process may run a copy in more than one way */
        for (size_t k = 0; k < i && !again; k++) again = f->processes[k].pid == p->pid;
        if (again) continue;
        if (pids.n) ct_buf_text(&pids, "; ");
        ct_buf_u64(&pids, p->pid);
        if (units.n && p->unit.n) ct_buf_text(&units, "; ");
        ct_buf_add(&units, p->unit);
        if (containers.n && p->container.n) ct_buf_text(&containers, "; ");
        ct_buf_add(&containers, p->container);
    }
    if (!out->err) out->err = pids.err ? pids.err : units.err ? units.err : containers.err;
    cell(out, ct_buf_view(&pids));
    cell(out, ct_buf_view(&units));
    cell(out, ct_buf_view(&containers));
}

void ct_scan_csv(struct ct_buf *out, const struct ct_scan_finding *f, const struct ct_scan_host *h)
{
    static const struct ct_scan_finding none = {.state = "clean", .severity = "", .source = ""};
    bool clean = !f;
    if (clean) f = &none;
    ct_print_time(out, h->ended_us);
    ct_buf_byte(out, ',');
    cell(out, h->who.name);
    cell(out, h->who.machine_id);
    list_cell(out, h->who.addresses, h->who.n_addresses);
    cell(out, h->image);
    cell(out, h->image_digest);
    cell(out, clean && !h->complete ? CT_STR("incomplete") : ct_str_from(f->state));
    cell(out, f->vulnerability);
    cell(out, ct_str_from(f->severity));
    cell(out, f->product);
    cell(out, f->version);
    cell(out, f->purl);
    cell(out, f->path);
    cell(out, ct_str_from(f->source));
    cell(out, f->reason);
    cell(out, f->fix);
    process_cells(out, f);
    list_cell(out, f->evidence, f->n_evidence);
    cell(out, h->complete ? CT_STR("yes") : CT_STR("no"));
    cell(out, h->interrupted ? CT_STR("yes") : CT_STR("no"));
    cell(out, h->who.hardware_id);
    cell(out, h->who.os_name);
    if (!clean) ct_print_id(out, f->id);
    ct_buf_byte(out, ',');
    cell(out, ct_str_from(f->change));
    ct_print_csv(out, f->was);
    ct_buf_byte(out, '\n');
}
