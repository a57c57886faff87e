/* Where this program keeps what it must not lose: events not delivered yet, originals of files it changed. */
#ifndef CT_CLI_DATA_DIR_H
#define CT_CLI_DATA_DIR_H

#include <stdbool.h>

enum { CT_DATA_DIR_SIZE = 4096, CT_TOKEN_SIZE = 4096 };

/* As asked for (--data-dir, may be null), or CALTROP_DATA_DIR, or where such things lie on this system for this user; 16 bytes and more
 * are left for what comes below it. False: nobody says where. */
bool ct_data_dir(const char *asked, char out[CT_DATA_DIR_SIZE]);
/* With its parents; what is made is for this user alone. path is changed for a moment. */
bool ct_make_dirs(char *path);
/* --token-file: the first line of a file that holds a secret. False, with a complaint: there is none. */
bool ct_token_read(const char *who, const char *path, char token[CT_TOKEN_SIZE]);

#endif
