/* os-release(5): shell assignments without expansion. */
#include "packages/packages.h"

/* A value in double or single quotes, or bare; a backslash takes the next character as it is (not in single quotes). */
static ct_err unquote(ct_arena *arena, ct_str in, ct_str *ret_value)
{
    in = ct_str_trim(in);
    unsigned char quote = in.n >= 2 && (in.p[0] == '"' || in.p[0] == '\'') && in.p[in.n - 1] == in.p[0] ? in.p[0] : 0;
    if (quote) in = ct_str_slice(in, 1, in.n - 1);
    if (quote == '\'' || ct_str_chr(in, '\\') == CT_STR_NONE) {
        *ret_value = in;
        return CT_OK;
    }
    unsigned char *to = ct_arena_alloc(arena, in.n);
    if (!to) return CT_ERR_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] == '\\' && i + 1 < in.n) i++;
        to[n++] = in.p[i];
    }
    *ret_value = (ct_str){to, n};
    return CT_OK;
}

/* The ecosystem of the distribution's own packages; UNKNOWN where the id says no family. */
static enum ct_ecosystem family_of(ct_str id, ct_str like)
{
    static const struct {
        ct_str id;
        ct_str type;
    } families[] = {
        {CT_STR_INIT("debian"), CT_STR_INIT("deb")},     {CT_STR_INIT("ubuntu"), CT_STR_INIT("deb")},
        {CT_STR_INIT("alpine"), CT_STR_INIT("apk")},     {CT_STR_INIT("wolfi"), CT_STR_INIT("apk")},
        {CT_STR_INIT("chainguard"), CT_STR_INIT("apk")}, {CT_STR_INIT("rhel"), CT_STR_INIT("rpm")},
        {CT_STR_INIT("fedora"), CT_STR_INIT("rpm")},     {CT_STR_INIT("centos"), CT_STR_INIT("rpm")},
        {CT_STR_INIT("suse"), CT_STR_INIT("rpm")},       {CT_STR_INIT("opensuse"), CT_STR_INIT("rpm")},
        {CT_STR_INIT("amzn"), CT_STR_INIT("rpm")},       {CT_STR_INIT("photon"), CT_STR_INIT("rpm")},
        {CT_STR_INIT("azurelinux"), CT_STR_INIT("rpm")}, {CT_STR_INIT("mariner"), CT_STR_INIT("rpm")},
    };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (ct_str_eq(families[i].id, id)) return ct_ecosystem_of_purl(families[i].type, id);
        for (ct_str rest = like; rest.p;)
            if (ct_str_eq(families[i].id, ct_str_cut(&rest, ' '))) return ct_ecosystem_of_purl(families[i].type, id);
    }
    return CT_ECOSYSTEM_UNKNOWN;
}

ct_err ct_packages_os(ct_arena *arena, ct_str os_release, struct ct_packages_os *ret_os)
{
    struct ct_packages_os os = {0};
    for (ct_str rest = os_release; rest.p;) {
        ct_str value = ct_str_cut(&rest, '\n'), key = ct_str_trim(ct_str_cut(&value, '='));
        ct_str *to = ct_str_eq(key, CT_STR("ID"))                 ? &os.id
                     : ct_str_eq(key, CT_STR("ID_LIKE"))          ? &os.id_like
                     : ct_str_eq(key, CT_STR("VERSION_ID"))       ? &os.version_id
                     : ct_str_eq(key, CT_STR("VERSION_CODENAME")) ? &os.version_codename
                     : ct_str_eq(key, CT_STR("NAME"))             ? &os.name
                     : ct_str_eq(key, CT_STR("PRETTY_NAME"))      ? &os.pretty_name
                     : ct_str_eq(key, CT_STR("CPE_NAME"))         ? &os.cpe
                                                                  : NULL;
        if (to) CT_TRY(unquote(arena, value, to));
    }
    os.ecosystem = family_of(os.id, os.id_like);
    *ret_os = os;
    return CT_OK;
}
