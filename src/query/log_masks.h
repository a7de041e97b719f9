/*
 * log_masks: the words of a line with placeholders for what varies from line to line.
 *
 * <time> stands for dates and times of day, <ip> for addresses, <id> for what mixes letters and digits (UUIDs, hashes),
 * <num> for numbers (a unit behind one stays), <str> for what stands in quotes.
 *
 * Threads    plain functions.
 */
#ifndef ROHAS_QUERY_LOG_MASKS_H
#define ROHAS_QUERY_LOG_MASKS_H

#include "base/str.h"

/* What is looked at of a line; what is longer ends in <*>. */
enum { LOG_LINE_BYTES = 2048, LOG_WORDS_MOST = 64, LOG_MASKED_BYTES = 4 * LOG_LINE_BYTES + 16 };

/* Writes the masked words, one space between two, into out (views into it go to words_out). Returns how many. */
size_t log_mask(struct str line, char out[LOG_MASKED_BYTES], struct str words_out[LOG_WORDS_MOST]);

#endif
