/* Evidence: the classes of one container (an archive, or a tree of loose files), judged per copy of a product.
 *
 *   ct_evidence_begin(arena, fingerprints, &ev)
 *   for each entry: w = ct_fingerprints_wants(fingerprints, name); if (w) ct_evidence_class(ev, name, w, bytes)
 *   for each pom.properties, manifest: ct_evidence_identity(ev, ...)
 *   ct_evidence_judge(ev, emit, ctx)         emit is called once per copy
 *
 * Copies are told apart by where the classes lie and by the package they were moved to: two shaded copies in one jar are two. Versions
 * of a class for later JREs (META-INF/versions/N) belong to the copy beside them. A class counts by its contents: its own name inside
 * (relocation changes the package, not its end) and the strings that the fingerprint asks for; a file's name alone only says where
 * to look, so that a namesake of another project is not flagged.
 *
 * Classes of shortened names (a/b/c.class) are told by their literals where the fingerprint says how; what is not recognised among them
 * is not called absent, and no removal is proposed.
 *
 * What cannot be decided is `under_investigation` with the reason, never silently safe. Weak side: obfuscated code whose literals
 * are encrypted, or whose class names were changed to long ones, is not recognised here; its metadata, where it was kept, is then
 * reported as not settled.
 */
#ifndef CT_FINGERPRINT_EVIDENCE_H
#define CT_FINGERPRINT_EVIDENCE_H

#include "base/arena.h"
#include "base/err.h"
#include "fingerprint/fingerprint.h"
#include "fingerprint/state.h"

typedef struct ct_evidence ct_evidence;

/* Costs a few bytes until the first class is given. f and arena outlive it. Everything given is copied as far as needed. */
CT_MUST_USE ct_err ct_evidence_begin(ct_arena *arena, const ct_fingerprints *f, ct_evidence **ret_evidence);

/* wants: what ct_fingerprints_wants said of path. bytes: the whole file (CT_CLASS_MAX at most is useful). What is no class, or a class
 * of another project, is left out and CT_OK. A class that is cut or malformed counts as unread. */
CT_MUST_USE ct_err ct_evidence_class(ct_evidence *ev, ct_str path, unsigned wants, ct_str bytes);
/* A wanted entry that could not be read (encrypted, damaged, over a cap). why: a few words. */
CT_MUST_USE ct_err ct_evidence_unread(ct_evidence *ev, ct_str path, unsigned wants, ct_str why);
/* Something of the container could not be looked at: nothing is called absent any more. */
void ct_evidence_incomplete(ct_evidence *ev);
/* What metadata in the container says it is. path: the entry that says so. */
CT_MUST_USE ct_err ct_evidence_identity(ct_evidence *ev, ct_str path, ct_str group, ct_str artifact, ct_str version);

/* One piece of evidence. */
struct ct_evidence_item {
    ct_str path;        /* as given */
    ct_str what;        /* "JndiManager: isJndiEnabled absent, ..." */
};

/* One CVE of one copy, by class evidence alone. */
struct ct_evidence_cve {
    ct_str id;
    enum ct_state state;
    ct_str reason;      /* in words, with the version that the evidence supports */
    ct_str condition;   /* "only with a JMSAppender configured ..."; empty: in the default configuration */
    ct_str fix;         /* what to do; may be empty */
    const char *severity; /* "critical", "high", "medium", "low" */
    const ct_str *remove; /* of an affected one, or one that a class which cannot be read leaves open: paths, as given, of the classes whose removal alone makes it mitigated, or leaves nothing of the copy */
    size_t n_remove;
};

struct ct_evidence_copy {
    ct_str product;     /* "log4j-core" */
    ct_str title;       /* "Apache Log4j 2 core" */
    ct_str purl;        /* pkg:maven/...@VERSION where the evidence, or the evidence and metadata together, leave one version */
    ct_str version;     /* "2.14.1", "2.14.0-2.14.1", "2.0-beta9-2.3, 2.4-2.14.1"; empty: the evidence fits no known release */
    ct_str said;        /* what metadata says; empty: nothing */
    ct_str said_path;
    bool disagree;      /* metadata names a version that the classes contradict */
    bool classes;       /* false: there is metadata and not one class */
    ct_str place;       /* where the copy lies inside the container: "WEB-INF/classes", "" */
    ct_str package;     /* "org/apache/logging/log4j", or what it was relocated to */
    bool relocated;
    bool shortened;     /* its classes have shortened names (ProGuard and its like): told by literals; package is empty */
    const struct ct_evidence_item *items;
    size_t n_items;
    const struct ct_evidence_cve *cves; /* all that the fingerprint knows, safe ones too */
    size_t n_cves;
};

bool ct_evidence_any(const ct_evidence *ev); /* false: judge would emit nothing */
/* emit: a failure ends the judging and is returned. The copy lives in the arena. */
typedef ct_err ct_evidence_emit(void *ctx, const struct ct_evidence_copy *copy);
CT_MUST_USE ct_err ct_evidence_judge(ct_evidence *ev, ct_evidence_emit *emit, void *ctx);

#endif
