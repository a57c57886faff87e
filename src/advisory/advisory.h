/* Which versions of which packages are known to be vulnerable: OSV records in memory, looked up by package.
 *
 *   ct_advisories_new, ct_advisories_add_osv per record (reading files and archives is the caller's), ct_advisories_match
 *   per component.
 *
 * A record is taken whole or refused with the offset of what is wrong, and the database stays as it was: no JSON, no id, a
 * date that is none, a value of the wrong kind, a key given twice, over CT_OSV_RECORD_MAX (CT_ERR_CAP). Unknown keys pass.
 * Of two records of one id the one modified later counts. A withdrawn record never matches.
 *
 * Matching follows the evaluation algorithm of the OSV schema: listed versions by their text, ranges of the types ECOSYSTEM
 * and SEMVER by the ecosystem's ordering (version/version.h), "introduced": "0" before everything, limits. What cannot be
 * decided is said (CT_UNDECIDED), never dropped: a version that the ordering refuses, on either side, and a package for which a
 * record names neither versions nor ranges that we read. Ranges of the type GIT are counted and not read.
 *
 * Names are compared as the ecosystem does (PyPI's dashes, letter case for npm, Go, NuGet, Composer, Debian ...).
 *
 * The database owns all its memory, up to the limit given; listed versions that a range holds anyway are not kept. Texts come
 * from outside and may hold any byte. Not for several threads while records are added; matching alone changes nothing.
 */
#ifndef CT_ADVISORY_ADVISORY_H
#define CT_ADVISORY_ADVISORY_H

#include "base/alloc.h"
#include "base/fault.h"
#include "base/limits.h"
#include "version/ecosystem.h"

typedef struct ct_advisories ct_advisories;

enum ct_severity { CT_SEVERITY_UNKNOWN, CT_SEVERITY_NONE, CT_SEVERITY_LOW, CT_SEVERITY_MEDIUM, CT_SEVERITY_HIGH, CT_SEVERITY_CRITICAL };

struct ct_advisory {
    ct_str id;                              /* of this record: "GHSA-jfh8-c2jp-5v3q" */
    const ct_str *aliases, *upstream;       /* same vulnerability elsewhere; the ones that a distribution's record is about */
    size_t aliases_n, upstream_n;
    ct_str summary;
    ct_str published, modified, withdrawn;  /* RFC 3339; empty where not given */
    ct_str cvss;                            /* the newest vector given that we can rate, else the newest one */
    enum ct_severity severity;              /* rated from the vector, else the word that the source gives */
};

struct ct_advisories_stats {
    uint64_t records, withdrawn, replaced, stale; /* replaced: by a later one of the same id; stale: came after it */
    uint64_t packages, affected;            /* distinct packages; entries "affected" kept */
    uint64_t git_ranges, no_package, unknown_ecosystem; /* not read: ranges; entries "affected" */
    uint64_t unreadable_versions;           /* events that the ecosystem's ordering refuses */
    uint64_t versions_kept, versions_in_ranges;
};

/* limit: bytes for everything kept. */
CT_MUST_USE ct_err ct_advisories_new(const struct ct_alloc *alloc, size_t limit, ct_advisories **ret_db);
void ct_advisories_free(ct_advisories *db);
/* fault: may be null; the offset is one into json. CT_ERR_NOMEM: the limit is spent, and the database is still whole. */
CT_MUST_USE ct_err ct_advisories_add_osv(ct_advisories *db, ct_str json, struct ct_fault *fault);

/* What is known before any record exists: "LOCAL-1", one text per package as in sbom/suspicion.h, 'pkg:maven/org.example/thing@[1.0,2.3)'. */
struct ct_local_advisory {
    ct_str id, summary;
    ct_str modified;        /* RFC 3339; the same id with a later one replaces */
    enum ct_severity severity;
    const ct_str *suspects;
    size_t suspects_n;
};
/* Refuses what ct_suspicion_parse refuses, the offset being one into that text. */
CT_MUST_USE ct_err ct_advisories_add_local(ct_advisories *db, const struct ct_local_advisory *local, struct ct_fault *fault);
void ct_advisories_stats(const ct_advisories *db, struct ct_advisories_stats *ret_stats);

enum ct_affected { CT_NOT_AFFECTED, CT_UNDECIDED, CT_AFFECTED };

struct ct_advisory_query {
    enum ct_ecosystem ecosystem;
    ct_str release;    /* of a distribution: "12", "22.04", "v3.18"; empty: records of every release are looked at */
    ct_str name;       /* as OSV names packages: ct_purl_package makes it from a package URL */
    ct_str version;    /* empty: not known */
};

struct ct_advisory_match {
    const struct ct_advisory *advisory;
    enum ct_affected verdict;  /* CT_AFFECTED or CT_UNDECIDED */
    ct_str release;            /* behind the ecosystem's name in the record: "12"; empty where it names none */
    ct_str fixed;              /* the version that ends the range the package is in; empty: not known */
    const char *why;           /* one of a few fixed texts: "version is listed", ... */
};

/* Calls found once per record that holds the package, unless it says not affected. found returns false to stop. */
void ct_advisories_match(const ct_advisories *db, const struct ct_advisory_query *query,
                         bool (*found)(void *ctx, const struct ct_advisory_match *match), void *ctx);

/* The one name under which the records of a vulnerability are folded: its lowest CVE among all aliases of aliases, else the
 * lowest id. Lives as long as the database; may change as records are added. */
ct_str ct_advisories_vulnerability(const ct_advisories *db, const struct ct_advisory *advisory);
/* Some record is about id: by its own id, an alias, or as upstream. */
bool ct_advisories_knows(const ct_advisories *db, ct_str id);
/* All records, in the order in which they came; without those replaced. */
void ct_advisories_each(const ct_advisories *db, bool (*each)(void *ctx, const struct ct_advisory *advisory), void *ctx);

/* The spelling under which an ecosystem knows a name; false when it is empty or longer than CT_PACKAGE_NAME_MAX. */
bool ct_package_spelling(enum ct_ecosystem e, ct_str name, unsigned char to[CT_PACKAGE_NAME_MAX], ct_str *ret_name);
/* Every package that some record is about, in its ecosystem's spelling. */
void ct_advisories_packages(const ct_advisories *db, bool (*each)(void *ctx, enum ct_ecosystem e, ct_str name), void *ctx);

const char *ct_severity_name(enum ct_severity s); /* "critical" ...; "" for UNKNOWN */

#endif
