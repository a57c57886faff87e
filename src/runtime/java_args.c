#include "runtime/java_args.h"

#include "base/limits.h"

/* A list of strings that grows in the arena, at most CT_JAVA_WORDS_MAX of them. */
struct list {
    ct_str *v;
    size_t n, cap;
};

struct reader {
    ct_arena *arena;
    const struct ct_java_input *in;
    struct ct_java_args *a;
    struct list definitions, agents, libraries;
    size_t words;           /* looked at so far */
    /* the launcher's place in its command line */
    bool value_next;        /* the next word is the value of an option */
    ct_str *value_to;       /* where that value goes; null: nowhere */
    bool jar, module;
    bool done;              /* the main class was met: the rest is the application's */
    bool class_path_set;
    bool no_files;          /* --disable-@files */
    bool from_variable;     /* words of VM variables: -D and agents only */
};

static ct_err add(struct reader *r, struct list *l, ct_str s)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 16;
        ct_str *v = ct_arena_grow(r->arena, l->v, l->cap * sizeof *v, cap * sizeof *v);
        if (!v) return CT_ERR_NOMEM;
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = s;
    return CT_OK;
}

/* "-javaagent:a.jar=secret" -> a.jar */
static ct_err add_agent(struct reader *r, struct list *l, ct_str s)
{
    return add(r, l, ct_str_slice(s, 0, ct_str_chr(s, '=')));
}

static bool after(ct_str s, ct_str prefix, ct_str *ret_rest)
{
    if (!ct_str_starts(s, prefix)) return false;
    *ret_rest = ct_str_slice(s, prefix.n, s.n);
    if (!ret_rest->p) *ret_rest = CT_STR("");
    return true;
}

static ct_err word_of_file(void *ctx, ct_str word);
static ct_err word_of_variable(void *ctx, ct_str word);

static ct_err read_file(struct reader *r, ct_str path, enum ct_java_words how, ct_java_word_fn *each)
{
    ct_str text;
    if (!r->in->read || r->in->read(r->in->ctx, path, &text) != CT_OK) {
        r->a->unread++;
        return CT_OK;
    }
    return ct_java_words_each(r->arena, text, how, each, r);
}

/* Options that the virtual machine itself reads, from wherever they come. */
static ct_err vm_option(struct reader *r, ct_str s)
{
    ct_str rest;
    if (after(s, CT_STR("-D"), &rest)) return add(r, &r->definitions, rest);
    if (after(s, CT_STR("-javaagent:"), &rest)) return add_agent(r, &r->agents, rest);
    if (after(s, CT_STR("-agentpath:"), &rest) || after(s, CT_STR("-agentlib:"), &rest)) return add_agent(r, &r->libraries, rest);
    if (after(s, CT_STR("-XX:VMOptionsFile="), &rest) && !r->from_variable)
        return read_file(r, rest, CT_JAVA_WORDS_VARIABLE, word_of_variable);
    return CT_OK;
}

/* Options of the launcher whose value is the next word. */
static const ct_str TAKES_VALUE[] = {
    CT_STR_INIT("--upgrade-module-path"), CT_STR_INIT("--add-modules"), CT_STR_INIT("--limit-modules"),
    CT_STR_INIT("--add-exports"),         CT_STR_INIT("--add-opens"),   CT_STR_INIT("--add-reads"),
    CT_STR_INIT("--patch-module"),        CT_STR_INIT("--source"),      CT_STR_INIT("--enable-native-access"),
    CT_STR_INIT("--describe-module"),     CT_STR_INIT("-d"),            CT_STR_INIT("--illegal-native-access"),
};

static ct_err launcher_option(struct reader *r, ct_str s)
{
    struct ct_java_args *a = r->a;
    ct_str rest;
    if (ct_str_eq(s, CT_STR("-cp")) || ct_str_eq(s, CT_STR("-classpath")) || ct_str_eq(s, CT_STR("--class-path"))) {
        r->value_next = r->class_path_set = true;
        r->value_to = &a->class_path;
    } else if (ct_str_eq(s, CT_STR("-p")) || ct_str_eq(s, CT_STR("--module-path"))) {
        r->value_next = true;
        r->value_to = &a->module_path;
    } else if (after(s, CT_STR("--class-path="), &rest)) {
        r->class_path_set = true;
        a->class_path = rest;
    } else if (after(s, CT_STR("--module-path="), &rest)) a->module_path = rest;
    else if (ct_str_eq(s, CT_STR("-jar"))) r->jar = true;
    else if (ct_str_eq(s, CT_STR("-m")) || ct_str_eq(s, CT_STR("--module"))) r->module = true;
    else if (after(s, CT_STR("--module="), &rest)) {
        a->kind = CT_JAVA_MAIN_MODULE;
        a->main = rest;
        r->done = true;
    } else if (ct_str_eq(s, CT_STR("--disable-@files"))) r->no_files = true;
    else {
        for (size_t i = 0; i < sizeof TAKES_VALUE / sizeof TAKES_VALUE[0]; i++)
            if (ct_str_eq(s, TAKES_VALUE[i])) r->value_next = true;
        return vm_option(r, s);
    }
    return CT_OK;
}

static bool enough(struct reader *r)
{
    if (r->words++ < CT_JAVA_WORDS_MAX) return false;
    r->a->cut = true;
    return true;
}

/* One word as the launcher takes it; files are replaced before this. */
static ct_err launcher_word(struct reader *r, ct_str s)
{
    if (r->done || enough(r)) return CT_OK;
    if (r->value_next) {
        if (r->value_to) *r->value_to = s;
        r->value_next = false;
        r->value_to = NULL;
        return CT_OK;
    }
    if (s.n && s.p[0] == '-' && !(r->module && s.n == 1)) return launcher_option(r, s);
    r->a->kind = r->jar ? CT_JAVA_MAIN_JAR : r->module ? CT_JAVA_MAIN_MODULE : CT_JAVA_MAIN_CLASS;
    r->a->main = s;
    r->done = true;
    return CT_OK;
}

static ct_err word_of_file(void *ctx, ct_str word) { return launcher_word(ctx, word); }

static ct_err word_of_variable(void *ctx, ct_str word)
{
    struct reader *r = ctx;
    if (enough(r)) return CT_OK;
    r->from_variable = true;
    ct_err e = vm_option(r, word);
    r->from_variable = false;
    return e;
}

/* A word that may stand for a file of words. */
static ct_err argument(struct reader *r, ct_str s)
{
    bool files = !r->no_files && !r->done && (r->in->major == 0 || r->in->major >= 9);
    if (!files || s.n < 2 || s.p[0] != '@') return launcher_word(r, s);
    if (s.p[1] == '@') return launcher_word(r, ct_str_slice(s, 1, s.n));
    return read_file(r, ct_str_slice(s, 1, s.n), CT_JAVA_WORDS_FILE, word_of_file);
}

static ct_err word_of_jdk_options(void *ctx, ct_str word) { return argument(ctx, word); }

/* Some other program with a JVM inside: whatever looks like an option is taken. */
static ct_err foreign(struct reader *r)
{
    for (size_t i = 1; i < r->in->n_argv; i++) {
        ct_str s = r->in->argv[i];
        if (enough(r)) break;
        if (r->value_next) {
            if (r->value_to) *r->value_to = s;
            r->value_next = false;
            r->value_to = NULL;
        } else if (s.n && s.p[0] == '-') CT_TRY(launcher_option(r, s));
    }
    r->a->kind = CT_JAVA_MAIN_UNKNOWN;
    r->a->main = (ct_str){0};
    return CT_OK;
}

static ct_err collect(struct reader *r)
{
    const struct ct_java_input *in = r->in;
    if (in->java_tool_options.p) CT_TRY(ct_java_words_each(r->arena, in->java_tool_options, CT_JAVA_WORDS_VARIABLE, word_of_variable, r));
    if (!in->launcher) CT_TRY(foreign(r));
    else {
        if (in->jdk_java_options.p && in->major != 0 && in->major < 9) { /* that launcher does not know it */
        } else if (in->jdk_java_options.p)
            CT_TRY(ct_java_words_each(r->arena, in->jdk_java_options, CT_JAVA_WORDS_VARIABLE, word_of_jdk_options, r));
        for (size_t i = 1; i < in->n_argv && !r->done; i++) CT_TRY(argument(r, in->argv[i]));
    }
    if (in->java_options.p) CT_TRY(ct_java_words_each(r->arena, in->java_options, CT_JAVA_WORDS_VARIABLE, word_of_variable, r));
    return CT_OK;
}

ct_err ct_java_args_read(ct_arena *arena, const struct ct_java_input *in, struct ct_java_args *ret_args)
{
    struct ct_java_args a = {.launcher = in->launcher};
    struct reader r = {.arena = arena, .in = in, .a = &a};
    CT_TRY(collect(&r));
    if (a.kind == CT_JAVA_MAIN_JAR) a.class_path = a.main;
    else if (!r.class_path_set && a.kind != CT_JAVA_MAIN_MODULE && in->class_path.n) {
        a.class_path = in->class_path;
        a.class_path_env = true;
    }
    a.definitions = r.definitions.v;
    a.n_definitions = r.definitions.n;
    a.agents = r.agents.v;
    a.n_agents = r.agents.n;
    a.libraries = r.libraries.v;
    a.n_libraries = r.libraries.n;
    *ret_args = a;
    return CT_OK;
}

bool ct_java_property(const struct ct_java_args *a, ct_str name, ct_str *ret_value)
{
    for (size_t i = a->n_definitions; i-- > 0;) {
        ct_str d = a->definitions[i];
        if (!ct_str_starts(d, name)) continue;
        if (d.n == name.n) {
            *ret_value = CT_STR("");
            return true;
        }
        if (d.p[name.n] != '=') continue;
        *ret_value = ct_str_slice(d, name.n + 1, d.n);
        return true;
    }
    return false;
}
