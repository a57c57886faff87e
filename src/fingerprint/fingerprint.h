/* Fingerprints: what class files say about which release of a product they come from, as data.
 *
 * A fingerprint file (fingerprints/NAME.fp; the format is in docs/fingerprints.md) names a product, the classes that tell, strings
 * in their constant pools, the release lines that show these strings, and per CVE the rules from evidence to a state. The shipped
 * ones are compiled in; --fingerprints adds more. The next emergency adds a file and not code.
 *
 * Refuses: unknown words, names used before they are defined or twice, rules that can never be met, anything over a cap; each with the
 * line. Weak side: a file says what it likes, so files are as trusted as the program; only their syntax is checked here, and
 * tools/derive-fingerprints.py checks the shipped ones against real jars.
 */
#ifndef CT_FINGERPRINT_FINGERPRINT_H
#define CT_FINGERPRINT_FINGERPRINT_H

#include "base/alloc.h"
#include "base/fault.h"
#include "base/str.h"

typedef struct ct_fingerprints ct_fingerprints;

CT_MUST_USE ct_err ct_fingerprints_new(const struct ct_alloc *alloc, ct_fingerprints **ret_fingerprints);
void ct_fingerprints_free(ct_fingerprints *f);

/* Adds the products of one file; all of them or, on failure, none. text is copied. fault may be null; its line is set.
 * Not while another thread reads f. A product that has the name of an earlier one replaces it. */
CT_MUST_USE ct_err ct_fingerprints_add(ct_fingerprints *f, ct_str text, struct ct_fault *fault);
/* The files that were compiled in. */
CT_MUST_USE ct_err ct_fingerprints_add_shipped(ct_fingerprints *f, struct ct_fault *fault);
/* A class to be found before anything is known about it: "org/example/Bad", "org.example.Bad", with or without ".class". Every class
 * of that name, below a prefix or not, becomes a copy of a product of that name with one finding, "suspect", affected. One that shares
 * only class and last package ("clt/example/Bad") may be it, relocated: under_investigation. */
CT_MUST_USE ct_err ct_fingerprints_add_suspect(ct_fingerprints *f, ct_str class_name, struct ct_fault *fault);

/* 0: no product cares about an entry of this name. Otherwise a number for ct_evidence_class, and the entry should be read. Looks at
 * the last component of the path alone, whatever stands before it and whatever its ending. Asked for every entry of every
 * archive: some nanoseconds. */
unsigned ct_fingerprints_wants(const ct_fingerprints *f, ct_str entry_name);

/* Does a product speak about this package? So that advisories and class evidence are set side by side. purl: with or without a version. */
bool ct_fingerprints_covers(const ct_fingerprints *f, ct_str purl);
/* Does a product have rules for this CVE? Then a look at classes answers for it, without any advisory. */
bool ct_fingerprints_knows(const ct_fingerprints *f, ct_str cve);

#endif
