/* How versions sort, per ecosystem: what the ecosystem's own tool says, byte for byte where it was compared with it.
 *
 *   ordering   as                                             refused (CT_ERR_SYNTAX)
 *   MAVEN      Maven 4's ComparableVersion                    nothing
 *   SEMVER     Semantic Versioning 2; one number or more,     anything but numbers, pre-release and build parts
 *              "v" or "=" before them; Go's pseudo-versions
 *   PEP440     packaging.version                              what packaging refuses ("legacy" versions)
 *   DEB        dpkg                                           what dpkg refuses; also bytes that are no printable ASCII
 *   RPM        rpm, with epoch, '~' and '^'                   an empty version
 *   APK        apk-tools 2                                    what apk refuses
 *   GEM        Gem::Version                                   what Gem::Version refuses
 *   NUGET      SemVer 2 with up to four numbers, any case     as SEMVER
 *   COMPOSER   PHP's version_compare, after a leading "v"     an empty version
 *
 * Over CT_VERSION_MAX bytes: CT_ERR_CAP. An ecosystem without an ordering:
 * CT_ERR_UNSUPPORTED.
 *
 * A version that is compared often is turned into a key once; two keys of one ordering are compared without parsing.
 * Weak sides: Maven folds the case of all letters and knows all digits of Unicode, we those of Latin-1; its order is not
 * transitive for some qualifiers followed by numbers ("1-ga-1"), and ours is neither.
 */
#ifndef CT_VERSION_VERSION_H
#define CT_VERSION_VERSION_H

#include "base/err.h"
#include "base/limits.h"
#include "version/ecosystem.h"

enum ct_order {
    CT_ORDER_NONE, CT_ORDER_MAVEN, CT_ORDER_SEMVER, CT_ORDER_PEP440, CT_ORDER_DEB, CT_ORDER_RPM, CT_ORDER_APK, CT_ORDER_GEM,
    CT_ORDER_NUGET, CT_ORDER_COMPOSER,
};

enum ct_order ct_version_order(enum ct_ecosystem e);

/* ret: below, equal to or above 0, as memcmp. */
CT_MUST_USE ct_err ct_version_compare(enum ct_ecosystem e, ct_str a, ct_str b, int *ret);

#define CT_VERSION_KEY_MAX (5u * CT_VERSION_MAX + 64u) /* the dearest byte is a gem's '-', which stands for ".pre." */
/* Writes the key of v to key; room: CT_VERSION_KEY_MAX holds every key. */
CT_MUST_USE ct_err ct_version_key(enum ct_order order, ct_str v, unsigned char *key, size_t room, size_t *ret_n);
int ct_version_key_cmp(enum ct_order order, ct_str a, ct_str b);

#endif
