/* Any bytes as the reports of other hosts: read, merged with a list of hosts, and compared with. Every host is counted once. */
#include "scan/compare.h"
#include "scan/merge.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ct_str expected[] = {CT_STR_INIT("web-1"), CT_STR_INIT("root@web-2.example"), CT_STR_INIT("192.0.2.1")};
    struct ct_old_reports reports;
    struct ct_merge m;
    struct ct_comparison c;
    ct_scan_report *r;
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK) return 0;
    ct_old_reports_init(&reports, arena);
    ct_str text = {data, size};
    size_t half = size / 2;
    if (ct_old_reports_add(&reports, CT_STR("web-1.json"), ct_str_slice(text, 0, half)) == CT_OK &&
        ct_old_reports_add(&reports, CT_STR("other.json"), ct_str_slice(text, half, size)) == CT_OK &&
        ct_merge_reports(arena, &reports, expected, 3, &m) == CT_OK) {
        size_t all = 0;
        for (int s = 0; s < CT_MERGE_STATUSES; s++) all += m.by_status[s];
        if (all != m.n || m.answered + m.by_status[CT_MERGE_SILENT] != m.n) abort();
        for (size_t i = 0; i < m.n; i++)
            if ((m.hosts[i].report == NULL) != (m.hosts[i].status == CT_MERGE_SILENT)) abort();
    }
    if (ct_scan_report_new(&ct_alloc_libc, &r) == CT_OK) {
        r->host.who.machine_id = CT_STR("a1");
        struct ct_scan_finding f = {.vulnerability = CT_STR("CVE-2021-44228"), .state = "affected", .severity = "critical", .source = "class",
                                    .product = CT_STR("log4j-core"), .path = CT_STR("/x.jar")};
        ct_scan_report_finding(r, CT_STATE_AFFECTED, &f, NULL);
        if (ct_scan_report_finish(r, NULL) == CT_OK && ct_scan_compare(r, &reports, &c) == CT_OK && c.old && c.n_new + c.n_changed + c.n_same != 1) abort();
        ct_scan_report_free(r);
    }
    ct_arena_free(arena);
    return 0;
}
