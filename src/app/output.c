#include "app/output.h"

#include <errno.h>
#include <stdio.h>

#include "app/cli.h"

bool output_format_read(const char *name, enum output_format *format_out)
{
	static const char *const names[] = {"table", "json", "ndjson"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i])) {
			*format_out = (enum output_format)i;
			return true;
		}
	cli_fail("--format is \"%s\"; allowed is table, json or ndjson", name);
	return false;
}

int output_write(const struct buffer *out)
{
	if (buffer_failed(out))
		return cli_fail("this answer takes more memory than there is");
	if (out->size)
		fwrite(out->data, 1, out->size, stdout);
	if (fflush(stdout) == 0)
		return CLI_DONE;
	return errno == EPIPE ? CLI_FAILED : cli_fail("the answer cannot be written: %s", strerror(errno));
}
