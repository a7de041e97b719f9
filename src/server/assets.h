/*
 * assets: the Workbench's built files and the OpenAPI document, inside the binary. Written by
 * scripts/embed-assets at build time.
 *
 * Ownership  constant, for the life of the program.
 */
#ifndef ROHAS_SERVER_ASSETS_H
#define ROHAS_SERVER_ASSETS_H

#include "base/str.h"

struct asset {
	const char *path; /* below /workbench/: "index.html", "assets/index-4f3a.js" */
	const char *content_type;
	struct str gzip_bytes;
	uint64_t size;    /* before compression */
	const char *etag; /* with its quotes */
};

/* Sorted by path. At least index.html, which says how to build the Workbench where it was not there. */
extern const struct asset assets[];
extern const size_t asset_count;

/* docs/api/openapi.json. */
extern const struct asset asset_openapi;

/* For script-src of the Content-Security-Policy: 'sha256-…' of each inline script of index.html, or "". */
extern const char asset_inline_scripts[];

#endif
