/* What a JVM was told: its command line with argument files, JDK_JAVA_OPTIONS, JAVA_TOOL_OPTIONS and _JAVA_OPTIONS, put
 * together in the order in which the JVM lets one override the other.
 *
 * How it works: the java launcher takes options up to the main class, -jar FILE or -m MODULE; what follows belongs to the
 * application, so that a -D there sets nothing. An @FILE before that point is replaced by its words, and so is one in
 * JDK_JAVA_OPTIONS, but not one inside an argument file. Later definitions of a property win; JAVA_TOOL_OPTIONS comes first,
 * _JAVA_OPTIONS last. All of it measured on JDK 17.
 * Other launchers (jsvc, an embedded JVM) have their own rules: there every argument that looks like an option is taken, and
 * `launcher` is false, so that nobody rests a mitigation on it.
 * Refuses nothing: what is malformed is taken as far as the JVM would. Text is borrowed from the input or lies in the arena.
 * Weak sides: what a program sets after its start (System.setProperty) cannot be seen; -XX:Flags files are not read; a process
 * may overwrite its own command line.
 */
#ifndef CT_RUNTIME_JAVA_ARGS_H
#define CT_RUNTIME_JAVA_ARGS_H

#include "base/arena.h"

/* The text of an argument file or an options file, as the process would find it. Any failure: it counts as unread. */
typedef ct_err ct_java_read_fn(void *ctx, ct_str path, ct_str *ret_text);

struct ct_java_input {
    const ct_str *argv;
    size_t n_argv;            /* with the program's name in front */
    bool launcher;            /* the program is `java` itself */
    unsigned major;           /* Java version; 0: unknown. Argument files and JDK_JAVA_OPTIONS exist from 9 */
    ct_str jdk_java_options, java_tool_options, java_options; /* null p: not set. java_options: _JAVA_OPTIONS */
    ct_str class_path;        /* CLASSPATH */
    ct_java_read_fn *read;    /* null: files are not read */
    void *ctx;
};

enum ct_java_main { CT_JAVA_MAIN_UNKNOWN, CT_JAVA_MAIN_CLASS, CT_JAVA_MAIN_JAR, CT_JAVA_MAIN_MODULE };

struct ct_java_args {
    bool launcher;
    enum ct_java_main kind;
    ct_str main;              /* class, jar or module as written */
    ct_str class_path;        /* entries parted by ':', may hold "dir/" and a star; the jar itself with -jar */
    bool class_path_env;      /* from CLASSPATH */
    ct_str module_path;
    const ct_str *definitions; /* "name=value" or "name" of -D, in the order in which they take effect */
    size_t n_definitions;
    const ct_str *agents;     /* jars of -javaagent, without their options */
    size_t n_agents;
    const ct_str *libraries;  /* of -agentpath and -agentlib, without their options */
    size_t n_libraries;
    unsigned unread;          /* files of arguments that could not be read: there may be more to know */
    bool cut;                 /* over CT_JAVA_WORDS_MAX: the rest was not looked at */
};

CT_MUST_USE ct_err ct_java_args_read(ct_arena *arena, const struct ct_java_input *in, struct ct_java_args *ret_args);

/* The value in effect of a property; "" for -Dname. False: not defined. */
bool ct_java_property(const struct ct_java_args *a, ct_str name, ct_str *ret_value);

/* Words of an argument file, and of an options variable (blanks part, quotes group; escapes only in a file's quotes). */
enum ct_java_words { CT_JAVA_WORDS_FILE, CT_JAVA_WORDS_VARIABLE };
typedef ct_err ct_java_word_fn(void *ctx, ct_str word);
CT_MUST_USE ct_err ct_java_words_each(ct_arena *arena, ct_str text, enum ct_java_words how, ct_java_word_fn *each, void *ctx);

#endif
