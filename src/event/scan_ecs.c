/* Results of a scan in Elastic Common Schema 8, one line of JSON each. What ECS has no name for stands under "caltrop". */
#include "event/scan_event.h"

#include "event/fields.h"

#include <string.h>

static void list(struct ct_json_out *j, const char *key, const ct_str *items, size_t n)
{
    ct_json_ka(j, key);
    for (size_t i = 0; i < n; i++) ct_json_str(j, items[i]);
    ct_json_array_end(j);
}

static void some_list(struct ct_json_out *j, const char *key, const ct_str *items, size_t n)
{
    if (n) list(j, key, items, n);
}

static void flag(struct ct_json_out *j, const char *key, bool v)
{
    ct_json_key(j, key);
    ct_json_bool(j, v);
}

ct_str ct_scan_outer(ct_str path)
{
    size_t at = ct_str_find(path, CT_STR("!/"));
    return at == CT_STR_NONE ? path : ct_str_slice(path, 0, at);
}

static void begin(struct ct_json_out *j, struct ct_buf *out, const struct ct_scan_host *h, const char *kind, const char *category, const char *dataset)
{
    ct_json_begin(j, out);
    ct_json_object(j);
    ct_json_time(j, "@timestamp", h->ended_us);
    ct_json_ko(j, "ecs");
    ct_json_kz(j, "version", "8.11.0");
    ct_json_object_end(j);
    ct_json_ko(j, "event");
    ct_json_kz(j, "kind", kind);
    ct_json_one(j, "category", category);
    ct_json_one(j, "type", "info");
    ct_json_kz(j, "module", "caltrop");
    ct_json_kz(j, "dataset", dataset);
}

static void end(struct ct_json_out *j)
{
    ct_json_object_end(j);
    ct_buf_byte(j->out, '\n');
}

/* Enough to know whose line it is. */
static void short_host(struct ct_json_out *j, const struct ct_scan_host *h)
{
    ct_json_ko(j, "host");
    ct_json_some(j, "id", h->who.machine_id);
    ct_json_some(j, "name", h->who.name);
    ct_json_object_end(j);
    if (!h->image.n) return;
    ct_json_ko(j, "container");
    ct_json_ko(j, "image");
    ct_json_kv(j, "name", h->image);
    if (h->image_digest.n) {
        ct_json_ko(j, "hash");
        list(j, "all", &h->image_digest, 1);
        ct_json_object_end(j);
    }
    some_list(j, "tag", h->image_tags, h->n_image_tags);
    ct_json_object_end(j);
    ct_json_object_end(j);
}

static void package_of(struct ct_json_out *j, ct_str name, ct_str version, ct_str purl)
{
    ct_json_ko(j, "package");
    ct_json_kv(j, "name", name);
    ct_json_some(j, "version", version);
    if (ct_str_starts(purl, CT_STR("pkg:"))) {
        ct_str rest = ct_str_slice(purl, 4, purl.n);
        ct_json_kv(j, "type", ct_str_cut(&rest, '/'));
    }
}

static void processes(struct ct_json_out *j, const struct ct_scan_finding *f)
{
    if (!f->n_processes) return;
    ct_json_ka(j, "processes");
    for (size_t i = 0; i < f->n_processes; i++) {
        const struct ct_scan_process *p = &f->processes[i];
        ct_json_object(j);
        ct_json_ku(j, "pid", p->pid);
        ct_json_some(j, "name", p->name);
        ct_json_some(j, "user", p->user);
        ct_json_some(j, "unit", p->unit);
        ct_json_some(j, "container", p->container);
        if (p->started_us) ct_json_time(j, "start", p->started_us);
        ct_json_some(j, "java", p->java);
        ct_json_some(j, "how", p->how);
        ct_json_some(j, "controls", p->controls);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
}

static void file_of(struct ct_json_out *j, ct_str path)
{
    if (!path.n) return;
    ct_json_ko(j, "file");
    ct_json_kv(j, "path", ct_scan_outer(path));
    ct_json_object_end(j);
}

void ct_scan_finding_ecs(struct ct_buf *out, const struct ct_scan_finding *f, const struct ct_scan_host *h)
{
    struct ct_json_out j;
    struct ct_buf id = ct_scratch(out);
    ct_print_id(&id, f->id);
    if (id.err && !out->err) out->err = id.err;
    begin(&j, out, h, "state", "vulnerability", "caltrop.scan.finding");
    ct_json_kv(&j, "id", ct_buf_view(&id));
    ct_json_object_end(&j);
    short_host(&j, h);
    ct_json_ko(&j, "vulnerability");
    list(&j, "id", &f->vulnerability, 1);
    if (*f->severity) ct_json_kz(&j, "severity", f->severity);
    ct_json_object_end(&j);
    package_of(&j, f->product, f->version, f->purl);
    ct_json_object_end(&j);
    file_of(&j, f->path);
    ct_json_ko(&j, "caltrop");
    ct_json_kz(&j, "state", f->state);
    ct_json_kz(&j, "source", f->source);
    ct_json_some(&j, "purl", f->purl);
    ct_json_kv(&j, "path", f->path);
    ct_json_kv(&j, "reason", f->reason);
    ct_json_some(&j, "fix", f->fix);
    list(&j, "evidence", f->evidence, f->n_evidence);
    processes(&j, f);
    if (f->change) ct_json_kz(&j, "change", f->change);
    ct_json_some(&j, "was", f->was);
    ct_json_object_end(&j);
    end(&j);
}

void ct_scan_component_ecs(struct ct_buf *out, const struct ct_scan_component *c, const struct ct_scan_host *h)
{
    struct ct_json_out j;
    begin(&j, out, h, "asset", "package", "caltrop.scan.component");
    ct_json_object_end(&j);
    short_host(&j, h);
    package_of(&j, c->name, c->version, c->purl);
    ct_json_some(&j, "license", c->licence);
    ct_json_some(&j, "checksum", c->sha256.n ? c->sha256 : c->sha1);
    ct_json_object_end(&j);
    file_of(&j, c->path);
    ct_json_ko(&j, "caltrop");
    ct_json_kz(&j, "source", c->source);
    ct_json_some(&j, "purl", c->purl);
    ct_json_kv(&j, "path", c->path);
    ct_json_object_end(&j);
    end(&j);
}

static void notes(struct ct_json_out *j, const char *key, const struct ct_scan_note *items, size_t n, bool with_flag)
{
    ct_json_ka(j, key);
    for (size_t i = 0; i < n; i++) {
        ct_json_object(j);
        ct_json_some(j, "path", items[i].path);
        ct_json_kv(j, "text", items[i].text);
        if (with_flag) flag(j, "incomplete", items[i].incomplete);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
}

static void whole_host(struct ct_json_out *j, const struct ct_scan_host *h)
{
    const struct ct_scan_identity *w = &h->who;
    ct_json_ko(j, "host");
    ct_json_some(j, "id", w->machine_id);
    ct_json_some(j, "name", w->name);
    ct_json_some(j, "hostname", w->name);
    ct_json_some(j, "architecture", w->architecture);
    some_list(j, "ip", w->addresses, w->n_addresses);
    some_list(j, "mac", w->macs, w->n_macs);
    if (w->os_id.n || w->kernel.n) {
        ct_json_ko(j, "os");
        ct_json_some(j, "platform", w->os_id);
        ct_json_some(j, "full", w->os_name);
        ct_json_some(j, "version", w->os_version);
        ct_json_some(j, "kernel", w->kernel);
        ct_json_object_end(j);
    }
    ct_json_object_end(j);
}

static void counts(struct ct_json_out *j, const struct ct_scan_host *h)
{
    const struct {
        const char *key;
        uint64_t n;
    } all[] = {
        {"directories", h->directories}, {"files", h->files}, {"bytes", h->bytes}, {"archives", h->archives}, {"entries", h->entries},
        {"classes", h->classes}, {"links", h->links}, {"unreadable", h->unreadable}, {"processes", h->n_processes_seen},
        {"components", h->components}, {"findings", h->findings}, {"affected", h->affected}, {"mitigated", h->mitigated},
        {"fixed_on_disk", h->fixed_on_disk}, {"under_investigation", h->under_investigation},
    };
    ct_json_ko(j, "counts");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) ct_json_ku(j, all[i].key, all[i].n);
    ct_json_object_end(j);
}

void ct_scan_host_ecs(struct ct_buf *out, const struct ct_scan_host *h)
{
    struct ct_json_out j;
    begin(&j, out, h, "state", "host", "caltrop.scan.host");
    ct_json_time(&j, "start", h->started_us);
    ct_json_time(&j, "end", h->ended_us);
    ct_json_object_end(&j);
    whole_host(&j, h);
    if (h->image.n) {
        ct_json_ko(&j, "container");
        ct_json_ko(&j, "image");
        ct_json_kv(&j, "name", h->image);
        if (h->image_digest.n) {
            ct_json_ko(&j, "hash");
            list(&j, "all", &h->image_digest, 1);
            ct_json_object_end(&j);
        }
        some_list(&j, "tag", h->image_tags, h->n_image_tags);
        ct_json_object_end(&j);
        ct_json_object_end(&j);
    }
    ct_json_ko(&j, "caltrop");
    ct_json_kz(&j, "state", h->findings ? "affected" : h->complete ? "clean" : "incomplete");
    flag(&j, "complete", h->complete);
    flag(&j, "interrupted", h->interrupted);
    ct_json_some(&j, "hardware_id", h->who.hardware_id);
    ct_json_some(&j, "boot_id", h->who.boot_id);
    ct_json_some(&j, "container", h->who.container);
    list(&j, "roots", h->roots, h->n_roots);
    list(&j, "exclusions", h->exclusions, h->n_exclusions);
    ct_json_kz(&j, "families", h->families);
    ct_json_kz(&j, "process_scope", h->processes);
    ct_json_kz(&j, "privileges", h->privileges);
    ct_json_ku(&j, "uid", h->uid);
    notes(&j, "left_out", h->skipped, h->n_skipped, false);
    notes(&j, "notes", h->notes, h->n_notes, true);
    if (h->more_notes) ct_json_ku(&j, "more_notes", h->more_notes);
    counts(&j, h);
    ct_json_object_end(&j);
    end(&j);
}
