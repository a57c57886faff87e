#include "samples_packages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

const struct package_sample package_samples[] = {
    {"package_text/dpkg", CT_PACKAGES_DPKG, "var/lib/dpkg/status", true, 2, CT_OK},
    {"package_text/dpkg_bad", CT_PACKAGES_DPKG, "var/lib/dpkg/status", true, 1, CT_ERR_SYNTAX},
    {"package_text/apk", CT_PACKAGES_APK, "lib/apk/db/installed", true, 2, CT_OK},
    {"package_text/python", CT_PACKAGES_PYTHON, "a/Foo_Bar-1.0.dist-info/METADATA", true, 1, CT_OK},
    {"npm/installed", CT_PACKAGES_NPM, "node_modules/@s/x/package.json", true, 1, CT_OK},
    {"npm/licences", CT_PACKAGES_NPM, "node_modules/x/package.json", true, 1, CT_OK},
    {"npm/lock3", CT_PACKAGES_NPM_LOCK, "app/package-lock.json", true, 3, CT_OK},
    {"npm/lock1", CT_PACKAGES_NPM_LOCK, "app/package-lock.json", true, 4, CT_OK},
    {"npm/cut", CT_PACKAGES_NPM_LOCK, "app/package-lock.json", true, 1, CT_ERR_TRUNCATED},
    {"rpm_ndb/four", CT_PACKAGES_RPM_NDB, "var/lib/rpm/Packages.db", false, 3, CT_OK},
    {"rpm_ndb/bad_header", CT_PACKAGES_RPM_NDB, "var/lib/rpm/Packages.db", false, 1, CT_ERR_SYNTAX},
    {"rpm_bdb/little", CT_PACKAGES_RPM_BDB, "var/lib/rpm/Packages", false, 3, CT_OK},
    {"rpm_bdb/big", CT_PACKAGES_RPM_BDB, "var/lib/rpm/Packages", false, 3, CT_OK},
    {"rpm_bdb/wide", CT_PACKAGES_RPM_BDB, "var/lib/rpm/Packages", false, 2, CT_OK},
    {"rpm_sqlite/one_page", CT_PACKAGES_RPM_SQLITE, "var/lib/rpm/rpmdb.sqlite", false, 2, CT_OK},
    {"rpm_sqlite/overflow", CT_PACKAGES_RPM_SQLITE, "var/lib/rpm/rpmdb.sqlite", false, 3, CT_OK},
    {"rpm_sqlite/interior", CT_PACKAGES_RPM_SQLITE, "var/lib/rpm/rpmdb.sqlite", false, 11, CT_OK},
    {"rpm_sqlite/log", CT_PACKAGES_RPM_SQLITE, "var/lib/rpm/rpmdb.sqlite", false, 3, CT_OK},
    {"go_program/elf_old", CT_PACKAGES_GO, "usr/bin/x", false, 3, CT_OK},
    {"go_program/elf32", CT_PACKAGES_GO, "usr/bin/x", false, 4, CT_OK},
    {"go_program/elf32_big", CT_PACKAGES_GO, "usr/bin/x", false, 4, CT_OK},
    {"go_program/pe", CT_PACKAGES_GO, "usr/bin/x", false, 4, CT_OK},
    {"go_program/macho", CT_PACKAGES_GO, "usr/bin/x", false, 4, CT_OK},
};
const size_t package_samples_n = sizeof package_samples / sizeof *package_samples;

void package_sample_load(const struct package_sample *s, unsigned char **ret_p, ct_str *ret_bytes, ct_str *ret_log)
{
    char name[256];
    (void)snprintf(name, sizeof name, "../fuzz/corpus/%s", s->file);
    FILE *f = fopen(name, "rbe");
    if (!f) fail_msg("%s cannot be opened", name);
    unsigned char *p = malloc(1u << 20);
    assert_non_null(p);
    size_t n = fread(p, 1, 1u << 20, f), skip = s->first_byte ? 1 : 0;
    (void)fclose(f);
    *ret_log = (ct_str){0};
    if (s->kind == CT_PACKAGES_RPM_SQLITE) {
        *ret_log = (ct_str){p + 4, (size_t)p[0] | (size_t)p[1] << 8};
        skip = 4 + ret_log->n;
    }
    assert_true(n > skip);
    *ret_p = p;
    *ret_bytes = (ct_str){p + skip, n - skip};
}

ct_err package_list_add(void *ctx, const struct ct_component *c)
{
    struct package_list *l = ctx;
    if (l->answer) return l->answer;
    assert_true(l->n < sizeof l->items / sizeof *l->items);
    if (l->arena) {
        CT_TRY(ct_component_dup(l->arena, c, &l->items[l->n]));
    } else {
        l->items[l->n] = (struct ct_component){.ecosystem = c->ecosystem};
    }
    l->n++;
    return CT_OK;
}

const struct ct_component *package_list_find(const struct package_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (ct_str_eq(l->items[i].name, ct_str_from(name))) return &l->items[i];
    fail_msg("no component %s", name);
    return NULL;
}
