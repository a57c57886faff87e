#include "policy/policy.h"

enum { WORDS_MAX = 8 };

static const struct {
    const char *key;
    const char *words[WORDS_MAX];
} facts[CT_POLICY_FACTS] = {
#define X(code, key, ...) {key, {__VA_ARGS__}},
    CT_POLICY_FACT_LIST(X)
#undef X
};

static const char *const anchors[CT_POLICY_ANCHORS] = {
#define X(code, name) name,
    CT_POLICY_ANCHOR_LIST(X)
#undef X
};

const char *ct_policy_fact_key(enum ct_policy_fact f) { return facts[f].key; }
const char *ct_policy_fact_word(enum ct_policy_fact f, unsigned value) { return value < WORDS_MAX ? facts[f].words[value] : NULL; }

unsigned ct_policy_fact_value(enum ct_policy_fact f, ct_str word)
{
    for (unsigned i = 0; i < WORDS_MAX && facts[f].words[i]; i++)
        if (ct_str_eq(word, ct_str_from(facts[f].words[i]))) return i;
    return 0;
}

const char *ct_policy_anchor_name(enum ct_policy_anchor a) { return anchors[a]; }
