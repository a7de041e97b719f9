/*
 * text: text on a terminal: how many cells it takes, and text of others made harmless.
 *
 * Ownership  arguments are borrowed.
 * Threads    every call may run concurrently.
 * Units      widths are cells of a terminal: two for wide characters, none for marks that combine.
 * Errors     bytes that are not UTF-8 become U+FFFD.
 */
#ifndef ROHAS_APP_TEXT_TEXT_H
#define ROHAS_APP_TEXT_TEXT_H

#include "base/buffer.h"

size_t text_width(struct str text);

/*
 * Appends what a stranger wrote: line ends and tabs become spaces; other control characters, with which a text
 * could steer the terminal or turn its direction, become U+FFFD.
 */
void text_append_clean(struct buffer *out, struct str text);

/* Appends as much of a clean text as fits into width; where something is left out, it ends in "…". Returns the
 * cells taken. */
size_t text_append_cut(struct buffer *out, struct str text, size_t width);

#endif
