#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/http_server.h"
#include "receiver/receiver.h"
#include "storage/commit_queue.h"
#include "storage/memory/memory_store.h"
#include "test.h"

struct shelf {
	struct store *store;
	struct commit_queue *queue;
	struct receiver *receiver;
	struct http_server *door;
	char url[64];
};

struct shelf *shelf_open(void)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));
	struct receiver_options options = {.clock = &clock_system, .enabled = {true, true, true}};
	struct http_server_options door = {.host = "127.0.0.1",
					   .thread_count = 2,
					   .connection_limit = 50,
					   .connection_memory_bytes = 64 * 1024,
					   .body_limit_bytes = 8 << 20,
					   .idle_timeout_seconds = 30,
					   .handler = receiver_serve,
					   .reject = receiver_reject};
	struct error error;

	assert_non_null(shelf);
	shelf->store = memory_store_open();
	assert_non_null(shelf->store);
	assert_int_equal(commit_queue_new(shelf->store, 64 << 20, &shelf->queue, &error), STATUS_OK);
	options.queue = shelf->queue;
	assert_int_equal(receiver_new(&options, &shelf->receiver, &error), STATUS_OK);
	door.context = shelf->receiver;
	assert_int_equal(http_server_start(&door, &shelf->door, &error), STATUS_OK);
	snprintf(shelf->url, sizeof(shelf->url), "http://127.0.0.1:%u", http_server_port(shelf->door));
	return shelf;
}

void shelf_close(struct shelf *shelf)
{
	http_server_quiesce(shelf->door);
	commit_queue_stop(shelf->queue);
	http_server_stop(shelf->door);
	receiver_free(shelf->receiver);
	store_close(shelf->store);
	free(shelf);
}

const char *shelf_url(const struct shelf *shelf)
{
	return shelf->url;
}

void shelf_open_library(struct shelf *shelf, struct rohas_options options)
{
	char reason[ROHAS_REASON_SIZE] = "";

	options.project_root = "/";
	options.endpoint = shelf->url;
	options.service_name = "unit";
	if (rohas_open(&options, reason) != ROHAS_OK)
		fail_msg("the library does not open: %s", reason);
}

static enum status keep(void *context, const struct batch *rows, struct error *error)
{
	struct batch *all = context;

	(void)error;
	for (size_t i = 0; i < rows->span_count; i++)
		assert_non_null(batch_copy_span(all, &rows->spans[i]));
	for (size_t i = 0; i < rows->log_count; i++)
		assert_non_null(batch_copy_log(all, &rows->logs[i]));
	for (size_t i = 0; i < rows->point_count; i++)
		assert_non_null(batch_copy_point(all, &rows->points[i]));
	return STATUS_OK;
}

void shelf_read(struct shelf *shelf, struct batch *batch_out)
{
	batch_init(batch_out, 0);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct store_scan scan = {.signal = (enum signal)signal, .range = TIME_RANGE_ALL};
		struct error error;

		assert_int_equal(store_scan(shelf->store, &scan, keep, batch_out, &error), STATUS_OK);
	}
}

const struct span *shelf_span(const struct batch *batch, const char *name)
{
	for (size_t i = 0; i < batch->span_count; i++)
		if (str_equal_c(batch->spans[i].name, name))
			return &batch->spans[i];
	return NULL;
}
