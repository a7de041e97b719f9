#include <stdio.h>

#include "shop.h"

/* The one place where handlers are called, and all that traces them. */
void run_handler(enum rohas_handler_type type, const struct handler *handler,
		 const struct rohas_carrier *from, const struct input *input, struct output *output)
{
	struct rohas_begin begin = {
		.from = from,
		.from_count = from != NULL,
		.method = handler->method,
		.route = handler->route,
		.event = handler->topic,
		.schedule = handler->schedule,
	};
	struct rohas_span execution = rohas_handler_begin(type, handler->name, &begin);

	output->status = 200;
	output->text[0] = '\0';
	handler->run(input, output);
	if (type == ROHAS_API)
		rohas_tag_int(execution, "http.response.status_code", output->status);
	if (output->status >= 500) {
		rohas_error(execution, "ShopError", output->text, NULL);
		rohas_logf(ROHAS_ERROR, "%s failed: %s", handler->name, output->text);
	}
	rohas_handler_end(execution);
}
