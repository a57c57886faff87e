/* --help, man pages and completion, from the one table. */
#include "cli/command.h"

#include "formats/record.h"

#include <string.h>

enum { WIDTH = 80, COLUMN = 26 };

/* Wraps text at WIDTH with a hanging indent; \n\n starts a new paragraph. */
static void wrap(FILE *to, const char *text, size_t indent, size_t column)
{
    while (*text) {
        size_t word = strcspn(text, " \n");
        if (column > indent && column + 1 + word > WIDTH) {
            fprintf(to, "\n%*s", (int)indent, "");
            column = indent;
        }
        if (column > indent) column += (size_t)fprintf(to, " ");
        column += (size_t)fprintf(to, "%.*s", (int)word, text);
        text += word;
        if (strncmp(text, "\n\n", 2) == 0) {
            fprintf(to, "\n\n%*s", (int)indent, "");
            column = indent;
            text += 2;
        } else if (*text) {
            text++;
        }
    }
    fputc('\n', to);
}

static void print_option(FILE *to, const struct ct_option *o)
{
    char letter[8] = "", name[64];
    if (o->letter) (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
    int n = snprintf(name, sizeof name, "  %s--%s%s%s", letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    fprintf(to, "%s", name);
    if (n + 2 > COLUMN) fprintf(to, "\n%*s", COLUMN, "");
    else fprintf(to, "%*s", COLUMN - n, "");
    wrap(to, o->help, COLUMN, COLUMN);
}

void ct_help_all(FILE *to)
{
    size_t n;
    const struct ct_command *list = ct_commands(&n);
    fprintf(to, "caltrop: find, judge and answer attempts like Log4Shell\n\n"
                "usage: %s COMMAND [OPTION]... [ARGUMENT]...\n\n", ct_program());
    for (size_t i = 0; i < n; i++) {
        fprintf(to, "  %-*s", 12, list[i].name);
        wrap(to, list[i].brief, 14, 14);
    }
    fprintf(to, "\n'%s COMMAND --help' tells more. Exit status: 0 nothing found, 1 something\n"
                "found, 2 wrong usage, 3 some input could not be read, 4 failed, 130 interrupted.\n", ct_program());
}

static void print_formats(FILE *to, const char *separator)
{
    for (int f = 0; f < CT_FORMAT_COUNT; f++)
        fprintf(to, "%s%s", f ? separator : "", ct_format_name((enum ct_format)f));
}

static bool takes(const struct ct_command *c, enum ct_option_id id)
{
    for (size_t i = 0; i < c->n_options; i++)
        if (c->options[i] == id) return true;
    return false;
}

void ct_help_command(const struct ct_command *c, FILE *to)
{
    fprintf(to, "usage: %s %s%s%s%s\n\n", ct_program(), c->name, c->n_options > 1 ? " [OPTION]..." : "", *c->arguments ? " " : "", c->arguments);
    wrap(to, c->description, 0, 0);
    fprintf(to, "\nOptions:\n");
    for (size_t i = 0; i < c->n_options; i++) print_option(to, ct_option_get(c->options[i]));
    if (takes(c, CT_OPT_LOG_FORMAT)) {
        fprintf(to, "\nLog formats: auto");
        size_t column = sizeof "Log formats: auto" - 1;
        for (int f = 0; f < CT_FORMAT_COUNT; f++) {
            const char *name = ct_format_name((enum ct_format)f);
            bool fits = column + 3 + strlen(name) < WIDTH;
            column = (fits ? column : 2) + (size_t)fprintf(to, fits ? ", %s" : ",\n  %s", name) - (fits ? 0 : 4);
        }
        fprintf(to, "\n");
    }
    if (c->examples) fprintf(to, "\nExamples:\n");
    for (size_t i = 0; c->examples && c->examples[i]; i += 2) {
        fprintf(to, "  %s\n      ", c->examples[i]);
        wrap(to, c->examples[i + 1], 6, 6);
    }
}

/* mdoc gives '.' and ''' at the start of a line and '\' anywhere a meaning. */
static void mdoc_text(FILE *to, const char *s)
{
    for (const char *p = s; *p; p++) {
        if ((*p == '.' || *p == '\'') && (p == s || p[-1] == '\n')) fputs("\\&", to);
        if (strncmp(p, "\n\n", 2) == 0) {
            fputs("\n.Pp\n", to);
            p++;
        } else if (strncmp(p, ". ", 2) == 0 && p[2] >= 'A' && p[2] <= 'Z') { /* a sentence starts on a line of its own */
            fputs(".\n", to);
            p++;
        } else if (*p == '\\') {
            fputs("\\e", to);
        } else if (*p == '-') {
            fputs("\\-", to);
        } else {
            fputc(*p, to);
        }
    }
}

static void man_head(FILE *to, const char *name, const char *brief)
{
    char upper[64];
    size_t n = strlen(name);
    for (size_t i = 0; i <= n && i < sizeof upper - 1; i++) upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    upper[sizeof upper - 1] = 0;
    fprintf(to, ".Dd November 23, 2026\n.Dt %s 1\n.Os Caltrop %s\n.Sh NAME\n.Nm %s\n.Nd ", upper, CT_VERSION, name);
    mdoc_text(to, brief);
    fputc('\n', to);
}

static void man_status(FILE *to)
{
    fprintf(to, ".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n.It 0\nnothing found\n.It 1\nsomething found\n.It 2\nwrong usage\n"
                ".It 3\nthe answer is incomplete: some input could not be read\n.It 4\nfailed; also when output could not be written\n"
                ".It 130\ninterrupted, after a partial report marked as such\n.El\n");
}

void ct_man_page(const struct ct_command *c, FILE *to)
{
    size_t n;
    const struct ct_command *list = ct_commands(&n);
    if (!c) {
        man_head(to, "caltrop", "find, judge and answer exploitation attempts");
        fprintf(to, ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar argument ...\n.Sh DESCRIPTION\nThe commands are:\n.Bl -tag -width self-test\n");
        for (size_t i = 0; i < n; i++) {
            fprintf(to, ".It Xr caltrop-%s 1\n", list[i].name);
            mdoc_text(to, list[i].brief);
            fputc('\n', to);
        }
        fprintf(to, ".El\n");
        man_status(to);
        return;
    }
    char name[64];
    (void)snprintf(name, sizeof name, "caltrop-%s", c->name);
    man_head(to, name, c->brief);
    fprintf(to, ".Sh SYNOPSIS\n.Nm caltrop %s\n%s", c->name, c->n_options > 1 ? ".Op Ar option ...\n" : "");
    if (*c->arguments) fprintf(to, ".Ar %s\n", c->arguments);
    fprintf(to, ".Sh DESCRIPTION\n");
    mdoc_text(to, c->description);
    fprintf(to, "\n.Sh OPTIONS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < c->n_options; i++) {
        const struct ct_option *o = ct_option_get(c->options[i]);
        fprintf(to, ".It ");
        if (o->letter) fprintf(to, "Fl %c , ", o->letter);
        fprintf(to, "Fl \\-%s%s%s\n", o->name, o->arg ? " Ar " : "", o->arg ? o->arg : "");
        mdoc_text(to, o->help);
        fputc('\n', to);
    }
    fprintf(to, ".El\n");
    if (takes(c, CT_OPT_LOG_FORMAT)) {
        fprintf(to, ".Sh LOG FORMATS\n");
        print_formats(to, ", ");
        fputc('\n', to);
    }
    man_status(to);
    if (c->examples) fprintf(to, ".Sh EXAMPLES\n.Bl -tag -width Ds\n");
    for (size_t i = 0; c->examples && c->examples[i]; i += 2) {
        fprintf(to, ".It Li ");
        mdoc_text(to, c->examples[i]);
        fputc('\n', to);
        mdoc_text(to, c->examples[i + 1]);
        fputc('\n', to);
    }
    fprintf(to, "%s.Sh SEE ALSO\n.Xr caltrop 1\n", c->examples ? ".El\n" : "");
}

/* Options whose values are known words. */
static void completion_values(FILE *to)
{
    fprintf(to, "    case $prev in\n        --log-format) words=\"auto");
    for (int f = 0; f < CT_FORMAT_COUNT; f++) fprintf(to, " %s", ct_format_name((enum ct_format)f));
    fprintf(to, "\" ;;\n        --min-grade) words=\"");
    for (int g = CT_GRADE_RULE; g <= CT_GRADE_EXPLOIT; g++) fprintf(to, "%s%s", g > CT_GRADE_RULE ? " " : "", ct_grade_name((enum ct_grade)g));
    fprintf(to, "\" ;;\n        --output) words=\"table ecs csv sarif\" ;;\n        --decode) words=\"auto none\" ;;\n"
                "        --families) words=\"all zip\" ;;\n        --sbom-format) words=\"cyclonedx spdx\" ;;\n"
                "        *) values=no ;;\n    esac\n");
}

void ct_completion_bash(FILE *to)
{
    size_t n;
    const struct ct_command *list = ct_commands(&n);
    fprintf(to, "# bash completion for caltrop, generated from its option table\n_caltrop() {\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= values=yes\n");
    completion_values(to);
    fprintf(to, "    if [ $values = no ] && [ \"$COMP_CWORD\" = 1 ]; then\n        words=\"");
    for (size_t i = 0; i < n; i++) fprintf(to, "%s%s", i ? " " : "", list[i].name);
    fprintf(to, "\"\n        values=yes\n    elif [ $values = no ]; then\n        case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < n; i++) {
        fprintf(to, "            %s) words=\"", list[i].name);
        for (size_t k = 0; k < list[i].n_options; k++) fprintf(to, "%s--%s", k ? " " : "", ct_option_get(list[i].options[k])->name);
        fprintf(to, "\" ;;\n");
    }
    fprintf(to, "        esac\n    fi\n"
                "    [[ $values = yes || $cur == -* ]] && mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
                "complete -o default -F _caltrop caltrop\n");
}
