/* Cutting a source into blocks of whole lines, for several readers.
 *
 * ct_blocks_next gives out one block after another and is called by one thread at a time. Of a plain regular file it only
 * finds where the block ends (a look at its last bytes) and ct_blocks_load reads the rest, so that readers copy side by side;
 * of everything else, and of a file's first block and its end, it reads all itself. Where a block ends depends on the bytes
 * alone, never on who reads: any number of threads sees the same blocks.
 * A file may shrink while it is read: a block that could not be loaded whole is the last one, whatever was given out after it.
 */
#ifndef CT_PIPELINE_BLOCKS_H
#define CT_PIPELINE_BLOCKS_H

#include "logs/source.h"
#include "pipeline/scan.h"

struct ct_blocks {
    ct_source *source;
    ct_str name;
    bool (*stop)(void *ctx);   /* asked before each reading; true ends the source with CT_ERR_INTERRUPTED */
    void *ctx;
    unsigned char *carry;      /* CT_BLOCK: the start of a line whose end has not been read */
    size_t carry_n;
    uint64_t offset;           /* of the next block; it continues a line when ... */
    uint64_t line_offset;      /* ... which began here */
    uint64_t number;           /* blocks given out */
    bool whole_lines;          /* leave a last line without newline for a later run */
    bool apart;                /* blocks may be loaded apart */
    bool continues, ended;
};

struct ct_reading {
    struct ct_block block;
    uint64_t number;           /* from 0 */
    uint64_t again;            /* where a later run starts once this block is settled */
    size_t to_load;            /* bytes at the start of the block that ct_blocks_load still has to read */
    bool ended;                /* nothing comes behind it, for the reason `why`; its last line ... */
    bool unended;              /* ... has no newline ... */
    bool cut;                  /* ... and will be read again */
    ct_err why;                /* CT_ERR_END, or the error and `fault` */
    struct ct_fault fault;
};

/* Fills in a reading whose bytes are in buffer (CT_BLOCK_BUFFER bytes), or will be. A last block may be empty and carry an error.
 * False: nothing is left. */
bool ct_blocks_next(struct ct_blocks *b, unsigned char *buffer, struct ct_reading *ret_reading);
/* Reads what is missing; needs no lock. */
void ct_blocks_load(const struct ct_blocks *b, unsigned char *buffer, struct ct_reading *reading);

#endif
