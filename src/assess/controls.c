#include "assess/controls.h"

#include "assess/control_kind.h"

/* What a control is asked about. */
enum topic { MESSAGE, CONTEXT, OTHER };

static enum topic topic_of(ct_str cve)
{
    if (ct_str_eq(cve, CT_STR("CVE-2021-44228"))) return MESSAGE;
    if (ct_str_eq(cve, CT_STR("CVE-2021-45046"))) return CONTEXT;
    return OTHER;
}

static void say(struct ct_buf *words, const char *what)
{
    if (words->n) ct_buf_text(words, "; ");
    ct_buf_text(words, what);
}

static bool has_switch(ct_str version) { return ct_releases_within(version, "2.10.0", "2.14.1"); }

static bool is_true(ct_str value) { return ct_str_eq_fold(value, CT_STR("true")); }

static bool no_lookups(const struct ct_process_evidence *p, enum topic topic, ct_str version, struct ct_buf *words)
{
    if (!p->no_lookups_property.p && !p->no_lookups_env.p) return false;
    if (!is_true(p->no_lookups_property) && !is_true(p->no_lookups_env)) {
        say(words, "the no-lookups switch is set to something other than true, and does nothing");
        return false;
    }
    if (topic == OTHER) return false;
    if (topic == CONTEXT) {
        say(words, "the no-lookups switch does not cover lookups in layouts and in messages that the program formats itself");
        return false;
    }
    if (!has_switch(version)) {
        say(words, "the no-lookups switch works in 2.10.0 to 2.14.1 only, and the release is not known to be one of them");
        return false;
    }
    say(words, "the no-lookups switch is on: lookups in plain messages are not followed; Logger.printf and lookups in layouts are, which is CVE-2021-45046");
    return true;
}

static bool security_manager(const struct ct_process_evidence *p, enum topic topic, struct ct_buf *words)
{
    if (topic == OTHER) return false;
    switch (p->security_manager) {
    case CT_SECURITY_MANAGER_NONE: break;
    case CT_SECURITY_MANAGER_DENIES: say(words, "a Security Manager lets the code neither connect nor resolve names"); return true;
    case CT_SECURITY_MANAGER_RESOLVES: say(words, "a Security Manager lets the code not connect; names are still resolved, so that values leak through DNS"); return true;
    case CT_SECURITY_MANAGER_GRANTS: say(words, "a Security Manager is there, and its policy lets the code connect: no help"); break;
    case CT_SECURITY_MANAGER_UNKNOWN: say(words, "a Security Manager is there, and what it permits is not known: it does not count"); break;
    }
    return false;
}

bool assess_controls(const struct ct_process_evidence *p, ct_str cve, ct_str version, struct ct_buf *words)
{
    enum topic topic = topic_of(cve);
    bool covered = no_lookups(p, topic, version, words);
    covered |= security_manager(p, topic, words);
    if (p->hotpatch_agent && topic != OTHER) {
        say(words, "a hot-patch agent replaced JndiLookup.lookup in this process; a restart without it undoes that");
        covered = true;
    }
    if (p->hotpatch_agent && topic == OTHER) say(words, "a hot-patch agent is attached, and does not cover this");
    if (p->trust_url_codebase_off && topic != OTHER) say(words, "the JRE loads no remote classes; it still connects, and classes that are already there can be used");
    return covered;
}
