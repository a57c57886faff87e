/* What somebody says of a product and a vulnerability, whatever the format it came in: CSAF 2.0, OpenVEX, CycloneDX, CISA's list of vendors, a table.
 *
 *   ct_vex_format_of(name, text, &format);
 *   ct_vex_read(arena, format, text, &sink, fault);
 *
 * One statement per product, version (where a format lists them one by one) and vulnerability, in the order of the document, each with the line it stands
 * on. Nothing is decided here and nothing is invented: a status that the source does not give is CT_VEX_UNKNOWN, with the word as written beside it; a
 * justification or remediation that it does not give is empty. What is not delivered as a statement goes to sink->left with a line and a reason.
 *
 * Refuses, with offset and line: what is not the format, a wanted key given twice, dates that are none. Then statements given before are to be
 * thrown away. Texts come from outside and may hold any byte.
 * Weak side: versions are the vendor's words ("All", "< 7.1"); nobody here compares them.
 */
#ifndef CT_VEX_STATEMENT_H
#define CT_VEX_STATEMENT_H

#include "base/arena.h"
#include "base/fault.h"

enum ct_vex_status { CT_VEX_UNKNOWN, CT_VEX_NOT_AFFECTED, CT_VEX_FIXED, CT_VEX_UNDER_INVESTIGATION, CT_VEX_AFFECTED };

struct ct_vex_statement {
    ct_str vulnerability;        /* "CVE-2021-44228"; empty where the source names none */
    const ct_str *aliases;
    size_t n_aliases;
    enum ct_vex_status status;
    ct_str said;                 /* the status as written: "known_not_affected", "Workaround"; empty where it says nothing */
    ct_str vendor, product, versions; /* in the source's words; empty where it does not say */
    ct_str id;                   /* the product's id in the document, or its bom-ref */
    ct_str purl, cpe;            /* of the product */
    ct_str component;            /* a part of the product that the statement is about: a purl, else a name; empty: the product itself */
    ct_str justification;        /* of not_affected, in the source's word */
    ct_str text;                 /* impact, detail, notes */
    ct_str action;               /* of affected: what to do, "category: details" where the format has categories */
    ct_str link;                 /* where it is told at length */
    ct_str date, author, document; /* date: as written */
    uint64_t line;
};

struct ct_vex_sink {
    /* s lives during the call. An error ends the reading and comes back. */
    ct_err (*statement)(void *ctx, const struct ct_vex_statement *s);
    /* Something that is no statement; may be null. what: attacker bytes. */
    void (*left)(void *ctx, uint64_t line, const char *why, ct_str what);
    void *ctx;
};

enum ct_vex_format { CT_VEX_CSAF, CT_VEX_OPENVEX, CT_VEX_CYCLONEDX, CT_VEX_CISA, CT_VEX_TABLE };

/* By what the text says of itself, and by the name's ending for YAML and tables. False: none of them. */
bool ct_vex_format_of(ct_str name, ct_str text, enum ct_vex_format *ret_format);
const char *ct_vex_format_name(enum ct_vex_format f); /* "CSAF", ... */
/* arena: scratch; what it held before stays. */
CT_MUST_USE ct_err ct_vex_read(ct_arena *arena, enum ct_vex_format format, ct_str text, const struct ct_vex_sink *sink, struct ct_fault *fault);

const char *ct_vex_status_name(enum ct_vex_status s); /* "not_affected", as OpenVEX spells it; "unknown" */
/* The words of all formats and of lists that people keep ("Not vuln", "Workaround", "Fix"), in any case; of "a/b" the less safe one.
 * CT_VEX_UNKNOWN for any other word. *ret_workaround: it says affected, with a way around. */
enum ct_vex_status ct_vex_status_of(ct_str word, bool *ret_workaround);
/* RFC 3339 or a date alone, with or without seconds, fraction and offset. */
bool ct_vex_is_date(ct_str s);

#endif
