/* The first bytes of a TLS client: what is said of them is whole, and more bytes never change it. */
#include "face/ja4.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ct_tls_hello hello, again;
    ct_str in = {data, size};
    enum ct_claim claim = ct_tls_claims(in), read = ct_tls_hello(in, &hello);
    if (claim == CT_CLAIM_NO && read != CT_CLAIM_NO) abort();
    if (read != CT_CLAIM_YES) return 0;
    if (strlen(hello.ja4) != CT_JA4_TEXT || hello.ja4[10] != '_' || hello.ja4[23] != '_') abort();
    for (size_t n = 0; n < size && n < 300; n++)
        if (ct_tls_hello(ct_str_slice(in, 0, n), &again) == CT_CLAIM_YES && strcmp(again.ja4, hello.ja4) != 0) abort();
    return 0;
}
