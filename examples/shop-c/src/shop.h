/*
 * shop: a small engine that runs handlers, and the handlers of a shop.
 *
 * Handlers (handlers.c) know nothing of telemetry: they get an input and give an output. The engine calls them in one
 * place, run_handler (engine.c), whatever called for them: HTTP (http.c), the bus (bus.c), the clock (cron.c), a
 * WebSocket (websocket.c). Telemetry is in that one place, and where an event is published.
 */
#ifndef SHOP_H
#define SHOP_H

#include <microhttpd.h>
#include <rohas/telemetry.h>

enum { TEXT_SIZE = 512 };

struct input {
	const char *argument; /* what the route's {id} stands for; "" without one */
	const char *body;     /* of the request or the message; never NULL */
};

struct output {
	int status; /* of HTTP; 500 and more is a failure */
	char text[TEXT_SIZE];
};

typedef void handler_function(const struct input *input, struct output *output);

struct handler {
	const char *name;
	handler_function *run;
	const char *method, *route; /* of an API handler; of a WebSocket's, its route */
	const char *topic;          /* of an event handler */
	const char *schedule;       /* of a cron job */
	unsigned every_ms;
};

/* The shop's handlers. Tables end with a row without a name. */
extern const struct handler api_handlers[], event_handlers[], websocket_handlers[];
extern struct handler cron_jobs[];

/* Runs a handler as an execution of its own. from may be NULL. */
void run_handler(enum rohas_handler_type type, const struct handler *handler,
		 const struct rohas_carrier *from, const struct input *input, struct output *output);

/* The bus: every handler of the topic gets the message, in a thread of its own. False where the bus is full. */
bool bus_publish(const char *topic, const char *body);
void bus_start(void);
void bus_stop(void);

void cron_start(void);
void cron_stop(void);

/* The port that it listens on; 0 where it cannot. */
unsigned http_start(unsigned port);
void http_stop(void);

/* Answers the request to become a WebSocket; false where it is none. */
bool websocket_upgrade(struct MHD_Connection *connection, const char *path, enum MHD_Result *result_out);

#endif
