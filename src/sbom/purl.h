/* Package URLs: pkg:TYPE/NAMESPACE/NAME@VERSION?QUALIFIERS#SUBPATH, as the purl specification (ECMA-427) defines them.
 *
 * Parsing decodes the percent encoding and applies the rules of the type (case, dashes, which parts it cannot do without),
 * so that two spellings of one package have equal parts; building encodes them in the one canonical form.
 * parse(build(p)) = p.
 *
 * Refuses, with the offset in the text: no "pkg:", a type that does not start with a letter or holds other characters, no
 * name, no namespace where a package cannot be told without one (Maven, GitHub, Bitbucket, Composer, Swift), a broken
 * percent sign, an encoded '/' inside a segment, a qualifier's key with foreign characters or given twice. Over
 * CT_PURL_MAX bytes or CT_PURL_QUALIFIERS_MAX qualifiers: CT_ERR_CAP.
 * Takes, since inventories in the field have it: "pkg://", an npm scope whose '@' is not encoded, a namespace where the
 * type has none, unencoded characters. Weak side: decoded parts may hold any byte, also NUL; UTF-8 is not checked.
 */
#ifndef CT_SBOM_PURL_H
#define CT_SBOM_PURL_H

#include "base/buf.h"
#include "base/fault.h"
#include "version/ecosystem.h"

struct ct_purl_qualifier {
    ct_str key, value;
};

struct ct_purl {
    ct_str type, name_space, name, version, subpath; /* decoded; namespace and subpath with '/' between their segments */
    const struct ct_purl_qualifier *qualifiers;      /* sorted by key, no empty value */
    size_t qualifiers_n;
};

/* The parts live in arena or borrow from text. fault may be null. */
CT_MUST_USE ct_err ct_purl_parse(ct_arena *arena, ct_str text, struct ct_purl *ret_purl, struct ct_fault *fault);
/* Makes parts that came from elsewhere (a manifest, a package database) canonical; refuses as ct_purl_parse does, without
 * an offset. purl is untouched on failure. */
CT_MUST_USE ct_err ct_purl_normalise(ct_arena *arena, struct ct_purl *purl, struct ct_fault *fault);
/* Appends the canonical text. purl: as parsed or normalised. */
void ct_purl_build(struct ct_buf *out, const struct ct_purl *purl);
/* The value, or an empty string with a null p. */
ct_str ct_purl_qualifier(const struct ct_purl *purl, ct_str key);

enum ct_ecosystem ct_purl_ecosystem(const struct ct_purl *purl);
/* The name that advisories use: "group:artifact" for Maven, "@scope/name" for npm, "vendor/name" where the namespace is a
 * part of the name (Go, Composer, Swift), else the name alone. */
CT_MUST_USE ct_err ct_purl_package(ct_arena *arena, const struct ct_purl *purl, ct_str *ret_name);

#endif
