/* Package ecosystems and the orderings of versions that they use.
 *
 * An ecosystem is where a package is published; several share one ordering (npm, Go and Cargo: Semantic Versioning).
 * The names are those of the OSV schema ("Maven", "Debian:12"); a release behind the colon is a part of where a package
 * lives and not of how its versions sort.
 */
#ifndef CT_VERSION_ECOSYSTEM_H
#define CT_VERSION_ECOSYSTEM_H

#include "base/str.h"

/*    code       OSV name         purl type     ordering */
#define CT_ECOSYSTEM_LIST(X)                                \
    X(MAVEN,     "Maven",         "maven",      MAVEN)      \
    X(NPM,       "npm",           "npm",        SEMVER)     \
    X(GO,        "Go",            "golang",     SEMVER)     \
    X(CRATES,    "crates" ".io", "cargo",      SEMVER)     \
    X(PYPI,      "PyPI",          "pypi",       PEP440)     \
    X(RUBYGEMS,  "RubyGems",      "gem",        GEM)        \
    X(NUGET,     "NuGet",         "nuget",      NUGET)      \
    X(PACKAGIST, "Packagist",     "composer",   COMPOSER)   \
    X(HEX,       "Hex",           "hex",        SEMVER)     \
    X(PUB,       "Pub",           "pub",        SEMVER)     \
    X(SWIFT,     "SwiftURL",      "swift",      SEMVER)     \
    X(CONAN,     "ConanCenter",   "conan",      SEMVER)     \
    X(ACTIONS,   "GitHub Actions", "githubactions", SEMVER) \
    X(BITNAMI,   "Bitnami",       "bitnami",    SEMVER)     \
    X(JULIA,     "Julia",         "julia",      SEMVER)     \
    X(DEBIAN,    "Debian",        "deb",        DEB)        \
    X(UBUNTU,    "Ubuntu",        "deb",        DEB)        \
    X(ALPINE,    "Alpine",        "apk",        APK)        \
    X(ALPAQUITA, "Alpaquita",     "apk",        APK)        \
    X(BELLSOFT,  "BellSoft Hardened Containers", "apk", APK) \
    X(CHAINGUARD, "Chainguard",   "apk",        APK)        \
    X(MINIMOS,   "MinimOS",       "apk",        APK)        \
    X(WOLFI,     "Wolfi",         "apk",        APK)        \
    X(REDHAT,    "Red Hat",       "rpm",        RPM)        \
    X(ROCKY,     "Rocky Linux",   "rpm",        RPM)        \
    X(ALMALINUX, "AlmaLinux",     "rpm",        RPM)        \
    X(AZURE,     "Azure Linux",   "rpm",        RPM)        \
    X(SUSE,      "SUSE",          "rpm",        RPM)        \
    X(OPENSUSE,  "openSUSE",      "rpm",        RPM)        \
    X(MAGEIA,    "Mageia",        "rpm",        RPM)        \
    X(OPENEULER, "openEuler",     "rpm",        RPM)        \
    X(PHOTON,    "Photon OS",     "rpm",        RPM)        \
    X(OTHER_RPM, "(other rpm)",   "rpm",        RPM)

/* Versions of UNKNOWN are not compared: CT_ERR_UNSUPPORTED. OTHER_RPM: distributions that nobody's records are about (Fedora, Amazon
 * Linux, Oracle Linux); Red Hat's must not be taken for theirs. */
enum ct_ecosystem {
    CT_ECOSYSTEM_UNKNOWN,
#define X(code, name, purl, order) CT_ECOSYSTEM_##code,
    CT_ECOSYSTEM_LIST(X)
#undef X
    CT_ECOSYSTEM_COUNT
};

/* "Debian:12" is DEBIAN with the release "12"; names match in any case. UNKNOWN for the rest. */
enum ct_ecosystem ct_ecosystem_named(ct_str name, ct_str *ret_release);
/* The first ecosystem of a purl type, the namespace deciding where one type serves several ("deb" with "ubuntu"). */
enum ct_ecosystem ct_ecosystem_of_purl(ct_str type, ct_str name_space);
ct_str ct_ecosystem_name(enum ct_ecosystem e);      /* as OSV spells it; "" for UNKNOWN */
ct_str ct_ecosystem_purl_type(enum ct_ecosystem e); /* "" for UNKNOWN */

#endif
