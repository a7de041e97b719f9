#include "app/demo/outbox.h"

#include <stdlib.h>

#include "base/protobuf.h"

enum { REQUEST_ITEMS_MOST = 4000, REQUEST_BYTES_MOST = 2 * 1024 * 1024 };

/* One request under way: the items of one signal, a list for each scope. */
struct request {
	struct outbox_item *items[REQUEST_ITEMS_MOST * 2];
	size_t count, size_bytes;
};

static bool comes_before(const struct outbox_item *a, const struct outbox_item *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->sequence < b->sequence;
}

static void sift_up(struct demo_outbox *outbox, size_t at)
{
	struct outbox_item *item = outbox->heap[at];

	while (at && comes_before(item, outbox->heap[(at - 1) / 2])) {
		outbox->heap[at] = outbox->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	outbox->heap[at] = item;
}

static void sift_down(struct demo_outbox *outbox, size_t at)
{
	struct outbox_item *item = outbox->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= outbox->count)
			break;
		if (child + 1 < outbox->count && comes_before(outbox->heap[child + 1], outbox->heap[child]))
			child++;
		if (!comes_before(outbox->heap[child], item))
			break;
		outbox->heap[at] = outbox->heap[child];
		at = child;
	}
	outbox->heap[at] = item;
}

static struct outbox_item *pop(struct demo_outbox *outbox)
{
	struct outbox_item *first = outbox->heap[0];

	outbox->heap[0] = outbox->heap[--outbox->count];
	if (outbox->count)
		sift_down(outbox, 0);
	return first;
}

static bool make_room(struct demo_outbox *outbox)
{
	size_t capacity = outbox->capacity * 2 + 1024;
	struct outbox_item **heap;

	if (outbox->count < outbox->capacity)
		return true;
	heap = realloc(outbox->heap, capacity * sizeof(struct outbox_item *));
	if (!heap)
		return false;
	outbox->heap = heap;
	outbox->capacity = capacity;
	return true;
}

void outbox_put(struct demo_outbox *outbox, const struct outbox_item *item)
{
	struct outbox_item *copy = malloc(sizeof(*copy) + item->bytes.size + item->told.size);

	if (!copy || !make_room(outbox)) {
		free(copy);
		return;
	}
	*copy = *item;
	copy->sequence = outbox->sequence++;
	copy->bytes.data = memcpy(copy + 1, item->bytes.data, item->bytes.size);
	copy->told.data = (const char *)(copy + 1) + item->bytes.size;
	if (item->told.size)
		memcpy((char *)copy->told.data, item->told.data, item->told.size);
	outbox->heap[outbox->count++] = copy;
	sift_up(outbox, outbox->count - 1);
}

static void write_scope(struct buffer *body, const struct request *request, enum demo_scope scope)
{
	enum { SCOPES = 2, RECORDS = 2 };
	size_t mark = 0;

	for (size_t i = 0; i < request->count; i++) {
		if (request->items[i]->scope != scope)
			continue;
		if (!mark) {
			mark = protobuf_begin(body, SCOPES);
			scope_write(body, scope);
		}
		protobuf_put_bytes(body, RECORDS, request->items[i]->bytes);
	}
	if (mark)
		protobuf_end(body, mark);
}

static bool has_scope_of(const struct request *request, enum demo_service service)
{
	for (size_t i = 0; i < request->count; i++)
		if (scope_service((enum demo_scope)request->items[i]->scope) == service)
			return true;
	return false;
}

/* The three requests of OTLP have the same field numbers down to their records. */
static void write_request(struct buffer *body, const struct request *request)
{
	enum { RESOURCES = 1 };

	for (enum demo_service service = 0; service < SERVICE_COUNT; service++) {
		size_t mark;

		if (!has_scope_of(request, service))
			continue;
		mark = protobuf_begin(body, RESOURCES);
		service_write(body, service);
		for (enum demo_scope scope = 0; scope < SCOPE_COUNT; scope++)
			if (scope_service(scope) == service)
				write_scope(body, request, scope);
		protobuf_end(body, mark);
	}
}

static void count_execution(struct demo_truth *truth, const struct outbox_item *item)
{
	struct truth_row *row = &truth->rows[item->truth_row];
	uint64_t duration_ns = item->end_ns - item->start_ns;

	row->count++;
	row->messages += item->messages;
	row->duration_ns += duration_ns;
	if (duration_ns > row->longest_ns)
		row->longest_ns = duration_ns;
}

static void count_item(struct demo_truth *truth, const struct outbox_item *item)
{
	switch (item->signal) {
	case SIGNAL_LOGS: truth->log_count += item->rows; return;
	case SIGNAL_METRICS: truth->point_count += item->rows; return;
	default: truth->span_count += item->rows;
	}
	truth->trace_count += item->is_root;
	if (!truth->first_ns || item->start_ns < truth->first_ns)
		truth->first_ns = item->start_ns;
	if (item->end_ns > truth->last_ns)
		truth->last_ns = item->end_ns;
	if (item->truth_row != TRUTH_NONE)
		count_execution(truth, item);
	if (truth->spans && item->told.size)
		fwrite(item->told.data, 1, item->told.size, truth->spans);
}

static void forget(struct request *request)
{
	for (size_t i = 0; i < request->count; i++)
		free(request->items[i]);
	request->count = 0;
	request->size_bytes = 0;
}

static enum status send_request(struct demo_outbox *outbox, struct request *request, enum signal signal,
				struct error *error)
{
	struct buffer body = BUFFER_EMPTY;
	uint64_t rejected = 0;
	enum status status;

	if (request->count == 0)
		return STATUS_OK;
	write_request(&body, request);
	if (buffer_failed(&body))
		status = error_set(error, STATUS_NO_MEMORY, "out of memory");
	else
		status = sender_post(outbox->sender, signal, buffer_str(&body), &rejected, error);
	if (status == STATUS_OK)
		for (size_t i = 0; i < request->count; i++)
			count_item(outbox->truth, request->items[i]);
	outbox->truth->rejected_count += rejected;
	buffer_release(&body);
	forget(request);
	return status;
}

static bool is_full(const struct request *request, const struct outbox_item *next)
{
	const struct outbox_item *last = request->count ? request->items[request->count - 1] : NULL;

	if (request->count == sizeof(request->items) / sizeof(request->items[0]))
		return true;
	return last && last->due_ns != next->due_ns &&
	       (request->count >= REQUEST_ITEMS_MOST || request->size_bytes >= REQUEST_BYTES_MOST);
}

enum status outbox_flush(struct demo_outbox *outbox, uint64_t until_ns, struct error *error)
{
	struct request *requests = calloc(SIGNAL_COUNT, sizeof(*requests));
	enum status status = requests ? STATUS_OK : error_set(error, STATUS_NO_MEMORY, "out of memory");

	while (status == STATUS_OK && outbox->count && outbox->heap[0]->due_ns <= until_ns) {
		struct outbox_item *item = pop(outbox);
		struct request *request = &requests[item->signal];

		if (is_full(request, item))
			status = send_request(outbox, request, (enum signal)item->signal, error);
		request->items[request->count++] = item;
		request->size_bytes += item->bytes.size;
	}
	for (size_t i = 0; requests && i < SIGNAL_COUNT; i++) {
		if (status == STATUS_OK)
			status = send_request(outbox, &requests[i], (enum signal)i, error);
		forget(&requests[i]);
	}
	free(requests);
	return status;
}

uint64_t outbox_last_due_ns(const struct demo_outbox *outbox)
{
	uint64_t last = 0;

	for (size_t i = 0; i < outbox->count; i++)
		if (outbox->heap[i]->due_ns > last)
			last = outbox->heap[i]->due_ns;
	return last;
}

void outbox_release(struct demo_outbox *outbox)
{
	for (size_t i = 0; i < outbox->count; i++)
		free(outbox->heap[i]);
	free(outbox->heap);
	*outbox = (struct demo_outbox){0};
}
