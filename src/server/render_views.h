/*
 * render_views: what was counted of handlers, events, errors and jobs, in the JSON that docs/api describes.
 *
 * Ownership  everything is borrowed for the call.
 * Threads    plain functions.
 * Errors     those of the buffer behind json.
 */
#ifndef ROHAS_SERVER_RENDER_VIEWS_H
#define ROHAS_SERVER_RENDER_VIEWS_H

#include "query/crons.h"
#include "query/errors.h"
#include "query/events.h"
#include "query/handlers.h"
#include "server/json.h"

void render_handler_list(struct json *json, const struct handler_list *list, struct time_range range);

/* Everything about one. summary is NULL where nothing of it was counted. */
struct handler_view {
	struct time_range range;
	const struct handler_list *summaries; /* of its name: one for each type and language */
	const struct heat_map *heat_map;
	const struct batch *slowest;
	const struct handler_callers *callers;
	const struct error_list *errors;
	const struct event_list *events; /* all of them: those that it publishes or handles are shown */
	struct str name;
};
void render_handler_view(struct json *json, const struct handler_view *view);

void render_event_list(struct json *json, const struct event_list *list, struct time_range range);

/* Handlers and events as nodes, what one does to the other as edges. */
void render_graph(struct json *json, const struct handler_list *handlers, const struct event_list *events,
		  struct time_range range);
void render_error_list(struct json *json, const struct error_list *list, struct time_range range);
void render_cron_list(struct json *json, const struct cron_list *list, struct time_range range);

#endif
