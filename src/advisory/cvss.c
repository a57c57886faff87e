#include "advisory/cvss.h"

/* The value of a metric: "AV:N" in ".../AV:N/..." */
static unsigned char metric(ct_str vector, ct_str name)
{
    for (ct_str rest = vector; rest.p;) {
        ct_str part = ct_str_cut(&rest, '/'), key = ct_str_cut(&part, ':');
        if (ct_str_eq(key, name)) return part.n == 1 ? part.p[0] : 0;
    }
    return 0;
}

struct weight {
    char value;
    double weight;
};

/* Below 0: the metric is missing or unknown. */
static double weigh(ct_str vector, ct_str name, const struct weight *w, size_t n)
{
    unsigned char value = metric(vector, name);
    for (size_t i = 0; i < n; i++)
        if (value == (unsigned char)w[i].value) return w[i].weight;
    return -1;
}

#define WEIGH(vector, name, ...)                                                     \
    weigh(vector, CT_STR(name), (const struct weight[]){__VA_ARGS__},                \
          sizeof((const struct weight[]){__VA_ARGS__}) / sizeof(struct weight))

/* CVSS 3.1 appendix A: the smallest tenth that is not below x, free of what floating point adds. */
static int round_up(double x)
{
    int hundred_thousandths = (int)(x * 100000 + 0.5);
    return hundred_thousandths % 10000 == 0 ? hundred_thousandths / 10000 : hundred_thousandths / 10000 + 1;
}

/* CVSS 3.1 section 7.1. */
static int score_v3(ct_str v)
{
    unsigned char scope = metric(v, CT_STR("S"));
    bool changed = scope == 'C';
    double av = WEIGH(v, "AV", {'N', 0.85}, {'A', 0.62}, {'L', 0.55}, {'P', 0.2});
    double ac = WEIGH(v, "AC", {'L', 0.77}, {'H', 0.44});
    double pr = WEIGH(v, "PR", {'N', 0.85}, {'L', changed ? 0.68 : 0.62}, {'H', changed ? 0.5 : 0.27});
    double ui = WEIGH(v, "UI", {'N', 0.85}, {'R', 0.62});
    double c = WEIGH(v, "C", {'H', 0.56}, {'L', 0.22}, {'N', 0});
    double i = WEIGH(v, "I", {'H', 0.56}, {'L', 0.22}, {'N', 0});
    double a = WEIGH(v, "A", {'H', 0.56}, {'L', 0.22}, {'N', 0});
    if ((!changed && scope != 'U') || av < 0 || ac < 0 || pr < 0 || ui < 0 || c < 0 || i < 0 || a < 0) return -1;
    double base = 1 - (1 - c) * (1 - i) * (1 - a), impact = 6.42 * base;
    if (changed) {
        double power = 1;
        for (int k = 0; k < 15; k++) power *= base - 0.02;
        impact = 7.52 * (base - 0.029) - 3.25 * power;
    }
    if (impact <= 0) return 0;
    double sum = impact + 8.22 * av * ac * pr * ui;
    if (changed) sum *= 1.08;
    return round_up(sum < 10 ? sum : 10);
}

/* CVSS 2 guide, section 3.2.1. */
static int score_v2(ct_str v)
{
    double av = WEIGH(v, "AV", {'L', 0.395}, {'A', 0.646}, {'N', 1});
    double ac = WEIGH(v, "AC", {'H', 0.35}, {'M', 0.61}, {'L', 0.71});
    double au = WEIGH(v, "Au", {'M', 0.45}, {'S', 0.56}, {'N', 0.704});
    double c = WEIGH(v, "C", {'N', 0}, {'P', 0.275}, {'C', 0.66});
    double i = WEIGH(v, "I", {'N', 0}, {'P', 0.275}, {'C', 0.66});
    double a = WEIGH(v, "A", {'N', 0}, {'P', 0.275}, {'C', 0.66});
    if (av < 0 || ac < 0 || au < 0 || c < 0 || i < 0 || a < 0) return -1;
    double impact = 10.41 * (1 - (1 - c) * (1 - i) * (1 - a));
    if (impact <= 0) return 0;
    return (int)((0.6 * impact + 0.4 * 20 * av * ac * au - 1.5) * 1.176 * 10 + 0.5);
}

int ct_cvss_score(ct_str vector)
{
    if (ct_str_starts(vector, CT_STR("CVSS:3."))) return score_v3(vector);
    if (ct_str_starts(vector, CT_STR("CVSS:"))) return -1;
    return score_v2(vector);
}

enum ct_severity ct_cvss_severity(int score)
{
    if (score < 0) return CT_SEVERITY_UNKNOWN;
    return score == 0 ? CT_SEVERITY_NONE : score < 40 ? CT_SEVERITY_LOW : score < 70 ? CT_SEVERITY_MEDIUM : score < 90 ? CT_SEVERITY_HIGH : CT_SEVERITY_CRITICAL;
}

enum ct_severity ct_severity_named(ct_str word)
{
    static const struct {
        ct_str word;
        enum ct_severity severity;
    } words[] = {
        {CT_STR_INIT("critical"), CT_SEVERITY_CRITICAL}, {CT_STR_INIT("high"), CT_SEVERITY_HIGH},     {CT_STR_INIT("important"), CT_SEVERITY_HIGH},
        {CT_STR_INIT("medium"), CT_SEVERITY_MEDIUM},     {CT_STR_INIT("moderate"), CT_SEVERITY_MEDIUM}, {CT_STR_INIT("low"), CT_SEVERITY_LOW},
        {CT_STR_INIT("negligible"), CT_SEVERITY_LOW},    {CT_STR_INIT("none"), CT_SEVERITY_NONE},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (ct_str_eq_fold(words[i].word, word)) return words[i].severity;
    return CT_SEVERITY_UNKNOWN;
}

const char *ct_severity_name(enum ct_severity s)
{
    static const char *const names[] = {"", "none", "low", "medium", "high", "critical"};
    return names[s];
}
