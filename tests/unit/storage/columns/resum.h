/*
 * resum: gives a damaged block right checksums, so that what lies behind them is tested too.
 *
 * A program with a bug writes blocks that are wrong and whose checksums are right. Follows the directory as far as
 * it makes sense, and changes nothing where it does not.
 */
#ifndef ROHAS_TESTS_UNIT_STORAGE_COLUMNS_RESUM_H
#define ROHAS_TESTS_UNIT_STORAGE_COLUMNS_RESUM_H

#include <stddef.h>

void block_resum(char *bytes, size_t size);

#endif
