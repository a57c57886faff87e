/* The steps from an empty database to today's, in order; made from src/store/schema/NNN-NAME.sql by tools/gen-schema.py. A step that was
 * shipped is never changed: what comes later is a new one. */
#ifndef CT_STORE_SCHEMA_H
#define CT_STORE_SCHEMA_H

#include <stddef.h>

extern const char *const ct_schema[];
extern const size_t ct_schema_n;

#endif
