/* Any bytes as YAML: containers close as they opened, lines lie within the text, and it ends. */
#include "base/limits.h"
#include "yaml/yaml_in.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    ct_yaml_in *y;
    struct ct_yaml_token t;
    struct ct_fault fault = {0};
    size_t tokens = 0;
    unsigned depth = 0;
    ct_err e;
    if (ct_yaml_open((ct_str){data, size}, &y) != CT_OK) return 0;
    while ((e = ct_yaml_next(y, &t, &fault)) == CT_OK) {
        if (++tokens > 8 * size + 8 || t.line > size + 2 || t.depth > CT_YAML_DEPTH_MAX) abort();
        if (t.kind == CT_YAML_MAP || t.kind == CT_YAML_LIST) depth++;
        if (t.depth != depth) abort();
        if (t.kind == CT_YAML_MAP_END || t.kind == CT_YAML_LIST_END) depth--;
    }
    if (e == CT_ERR_END ? depth != 0 : fault.line == 0) abort();
    if (e != CT_ERR_END && ct_yaml_next(y, &t, &fault) != e) abort();
    ct_yaml_close(y);
    return 0;
}
