/* An event bus in the process: a queue, and a thread that hands messages to their handlers. */
#include <pthread.h>
#include <stdio.h>

#include "shop.h"

enum { WAITING_MOST = 256 };

struct message {
	char topic[64], body[TEXT_SIZE];
	char traceparent[ROHAS_TRACEPARENT_SIZE]; /* what the publisher's context is, for the handlers */
};

static struct message queue[WAITING_MOST];
static unsigned first, count;
static bool is_stopping;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;

bool bus_publish(const char *topic, const char *body)
{
	struct rohas_context context;
	bool has_room;

	rohas_event_publish(topic, &context);
	pthread_mutex_lock(&lock);
	has_room = count < WAITING_MOST;
	if (has_room) {
		struct message *message = &queue[(first + count++) % WAITING_MOST];

		snprintf(message->topic, sizeof(message->topic), "%s", topic);
		snprintf(message->body, sizeof(message->body), "%s", body);
		memcpy(message->traceparent, context.traceparent, sizeof(message->traceparent));
		pthread_cond_signal(&changed);
	}
	pthread_mutex_unlock(&lock);
	return has_room;
}

static void deliver(const struct message *message)
{
	struct rohas_carrier from = {.traceparent = message->traceparent};
	struct input input = {.argument = "", .body = message->body};
	struct output output;

	for (const struct handler *handler = event_handlers; handler->name; handler++)
		if (!strcmp(handler->topic, message->topic))
			run_handler(ROHAS_EVENT, handler, &from, &input, &output);
}

static void *run(void *context)
{
	struct message message;

	for (;;) {
		pthread_mutex_lock(&lock);
		while (!count && !is_stopping)
			pthread_cond_wait(&changed, &lock);
		if (!count) {
			pthread_mutex_unlock(&lock);
			return context;
		}
		message = queue[first];
		first = (first + 1) % WAITING_MOST;
		count--;
		pthread_mutex_unlock(&lock);
		deliver(&message);
	}
}

void bus_start(void)
{
	pthread_create(&thread, NULL, run, NULL);
}

void bus_stop(void)
{
	pthread_mutex_lock(&lock);
	is_stopping = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
}
