#include "base/limits.h"
#include "packages/packages.h"

/* Where a name starts a path or follows a '/', so that "xdpkg/status" is none. */
static bool ends_with_path(ct_str path, ct_str end)
{
    if (!ct_str_ends(path, end)) return false;
    return path.n == end.n || path.p[path.n - end.n - 1] == '/';
}

static ct_str base_of(ct_str path)
{
    size_t slash = ct_str_rchr(path, '/');
    return slash == CT_STR_NONE ? path : ct_str_slice(path, slash + 1, SIZE_MAX);
}

static ct_str folder_of(ct_str path)
{
    size_t slash = ct_str_rchr(path, '/');
    return slash == CT_STR_NONE ? (ct_str){path.p, 0} : ct_str_slice(path, 0, slash);
}

/* folder: of a package.json. Packages lie in node_modules/NAME or node_modules/@SCOPE/NAME; Debian's in usr/share/nodejs. */
static bool is_npm_package(ct_str folder)
{
    ct_str above = folder_of(folder);
    if (ct_str_starts(base_of(above), CT_STR("@"))) above = folder_of(above);
    return ends_with_path(above, CT_STR("node_modules")) || ends_with_path(above, CT_STR("share/nodejs"));
}

static enum ct_packages_kind of_pom(ct_str path, enum ct_packages_kind kind)
{
    /* META-INF/maven/GROUP/ARTIFACT/pom.*, wherever shading or Spring Boot put the folder */
    ct_str above = folder_of(folder_of(folder_of(path)));
    return ends_with_path(above, CT_STR("META-INF/maven")) ? kind : CT_PACKAGES_NONE;
}

static enum ct_packages_kind of_status_d(ct_str path)
{
    if (!ends_with_path(folder_of(path), CT_STR("dpkg/status.d"))) return CT_PACKAGES_NONE;
    return ct_str_ends(path, CT_STR(".md5sums")) || ct_str_ends(path, CT_STR(".list")) ? CT_PACKAGES_NONE : CT_PACKAGES_DPKG_D;
}

static bool named(ct_str base, const char *name) { return ct_str_eq(base, ct_str_from(name)); }

enum ct_packages_kind ct_packages_wants(ct_str path)
{
    ct_str base = base_of(path);
    if (base.n == 0) return CT_PACKAGES_NONE;
    switch (base.p[base.n - 1]) {
    case 's':
        if (named(base, "status") && ends_with_path(path, CT_STR("dpkg/status"))) return CT_PACKAGES_DPKG;
        if (named(base, "Packages") && ends_with_path(path, CT_STR("rpm/Packages"))) return CT_PACKAGES_RPM_BDB;
        if (named(base, "pom.properties")) return of_pom(path, CT_PACKAGES_POM_PROPERTIES);
        break;
    case 'e':
        if (named(base, "rpmdb.sqlite")) return CT_PACKAGES_RPM_SQLITE;
        if (named(base, "os-release") &&
            (ends_with_path(path, CT_STR("etc/os-release")) || ends_with_path(path, CT_STR("usr/lib/os-release"))))
            return CT_PACKAGES_OS_RELEASE;
        break;
    case 'b':
        if (named(base, "Packages.db") && ends_with_path(path, CT_STR("rpm/Packages.db"))) return CT_PACKAGES_RPM_NDB;
        break;
    case 'd':
        if (named(base, "installed") && ends_with_path(path, CT_STR("lib/apk/db/installed"))) return CT_PACKAGES_APK;
        break;
    case 'A':
        if (named(base, "METADATA") && ct_str_ends(folder_of(path), CT_STR(".dist-info"))) return CT_PACKAGES_PYTHON;
        break;
    case 'O':
        if (named(base, "PKG-INFO") &&
            (ct_str_ends(folder_of(path), CT_STR(".egg-info")) || ends_with_path(folder_of(path), CT_STR("EGG-INFO"))))
            return CT_PACKAGES_PYTHON;
        break;
    case 'o':
        if (ct_str_ends(base, CT_STR(".egg-info"))) return CT_PACKAGES_PYTHON;
        break;
    case 'n':
        if (named(base, "package.json") && is_npm_package(folder_of(path))) return CT_PACKAGES_NPM;
        if (named(base, "package-lock.json") || named(base, "npm-shrinkwrap.json"))
            return is_npm_package(folder_of(path)) ? CT_PACKAGES_NONE : CT_PACKAGES_NPM_LOCK;
        break;
    case 'l':
        if (named(base, "rpmdb.sqlite-wal")) return CT_PACKAGES_RPM_LOG;
        if (named(base, "pom.xml")) return of_pom(path, CT_PACKAGES_POM_XML);
        break;
    case 'F':
    case 'f':
        if (ct_str_eq_fold(base, CT_STR("MANIFEST.MF")) && ct_str_eq_fold(base_of(folder_of(path)), CT_STR("META-INF")))
            return CT_PACKAGES_MANIFEST;
        break;
    default: break;
    }
    return of_status_d(path);
}

static bool is_executable(ct_str head)
{
    static const struct {
        unsigned char bytes[4];
        unsigned char n;
    } magics[] = {
        {{0x7f, 'E', 'L', 'F'}, 4},    {{'M', 'Z'}, 2},
        {{0xfe, 0xed, 0xfa, 0xce}, 4}, {{0xfe, 0xed, 0xfa, 0xcf}, 4},
        {{0xce, 0xfa, 0xed, 0xfe}, 4}, {{0xcf, 0xfa, 0xed, 0xfe}, 4},
    };
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (ct_str_starts(head, (ct_str){magics[i].bytes, magics[i].n})) return true;
    return false;
}

enum ct_packages_kind ct_packages_sniff(ct_str head) { return is_executable(head) ? CT_PACKAGES_GO : CT_PACKAGES_NONE; }

size_t ct_packages_max(enum ct_packages_kind kind)
{
    switch (kind) {
    case CT_PACKAGES_DPKG:
    case CT_PACKAGES_APK: return CT_PACKAGES_DATABASE_MAX;
    case CT_PACKAGES_NPM_LOCK: return CT_PACKAGES_LOCK_MAX;
    default: return CT_PACKAGES_RECORD_MAX;
    }
}

bool ct_packages_is_random(enum ct_packages_kind kind)
{
    return kind == CT_PACKAGES_RPM_SQLITE || kind == CT_PACKAGES_RPM_NDB || kind == CT_PACKAGES_RPM_BDB ||
           kind == CT_PACKAGES_GO;
}
