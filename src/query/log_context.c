#include "query/insides.h"
#include "query/log_analysis.h"

/* What a search for a line's surroundings knows. */
struct around {
	struct query *query;
	struct log_filter filter; /* of the source */
	uint64_t snapshot;
	struct batch
		same; /* the lines of the line's nanosecond, newest first; then those of the source alone */
	size_t position; /* of the line among them */
};

static enum status find(struct around *around, struct time_range range, bool oldest_first, size_t limit,
			struct batch *batch, struct error *error)
{
	struct log_page page = {.limit = limit, .oldest_first = oldest_first, .snapshot = around->snapshot};
	enum status status;

	around->filter.range = range;
	if (limit == 0 || range.start_ns >= range.end_ns)
		return STATUS_OK;
	status = store_find_logs(around->query->store, &around->filter, &page, batch, &around->snapshot,
				 error);
	if (status == STATUS_NO_MEMORY)
		return error_set(error, STATUS_TOO_LARGE, "these lines take more than %zu MB; ask for fewer",
				 PAGE_LIMIT_BYTES >> 20);
	return status;
}

/* Finds the line, and keeps of its nanosecond the lines of its source. */
static enum status find_line(struct around *around, struct log_id id, struct error *error)
{
	struct batch *same = &around->same;
	size_t at = 0, kept = 0;
	enum status status = find(around, (struct time_range){id.time_ns, id.time_ns + 1}, false,
				  LOG_CONTEXT_SAME_MOST, same, error);

	if (status != STATUS_OK)
		return status;
	while (at < same->log_count && log_id_of(&same->logs[at]).hash != id.hash)
		at++;
	if (at == same->log_count)
		return error_set(error, STATUS_NOT_FOUND, "the store has no log record of this id");
	around->filter.source = same->logs[at].resource;
	for (size_t i = 0; i < same->log_count; i++) {
		if (!resource_is_same_source(same->logs[i].resource, around->filter.source))
			continue;
		if (i == at)
			around->position = kept;
		same->logs[kept++] = same->logs[i];
	}
	same->log_count = kept;
	return STATUS_OK;
}

static enum status copy_line(struct around *around, const struct log_record *record, struct batch *batch,
			     struct error *error)
{
	struct log_record *copy = batch_copy_log(batch, record);

	if (!copy)
		return error_set(error, STATUS_TOO_LARGE, "these lines take more than %zu MB; ask for fewer",
				 PAGE_LIMIT_BYTES >> 20);
	return log_find_handler(around->query, copy, &batch->arena, &copy->handler, error);
}

/* Copies the older lines, oldest first; those of the nanosecond stand nearest. */
static enum status add_older(struct around *around, const struct batch *older, size_t before,
			     struct batch *batch, struct error *error)
{
	size_t same = around->same.log_count - around->position - 1,
	       from_same = same < before ? same : before;
	size_t others = before - from_same < older->log_count ? before - from_same : older->log_count;
	enum status status = STATUS_OK;

	for (size_t i = others; i-- > 0 && status == STATUS_OK;)
		status = copy_line(around, &older->logs[i], batch, error);
	for (size_t i = from_same; i > 0 && status == STATUS_OK; i--)
		status = copy_line(around, &around->same.logs[around->position + i], batch, error);
	return status;
}

static enum status add_newer(struct around *around, const struct batch *newer, size_t after,
			     struct batch *batch, struct error *error)
{
	size_t same = around->position, from_same = same < after ? same : after;
	size_t others = after - from_same < newer->log_count ? after - from_same : newer->log_count;
	enum status status = STATUS_OK;

	for (size_t i = 1; i <= from_same && status == STATUS_OK; i++)
		status = copy_line(around, &around->same.logs[around->position - i], batch, error);
	for (size_t i = 0; i < others && status == STATUS_OK; i++)
		status = copy_line(around, &newer->logs[i], batch, error);
	return status;
}

enum status log_context(struct query *query, struct log_id id, size_t before, size_t after,
			struct log_context *context_out, struct error *error)
{
	struct around around = {.query = query, .filter = LOG_FILTER_ANY};
	struct log_context context = {0};
	struct batch older, newer;
	enum status status;

	batch_init(&around.same, PAGE_LIMIT_BYTES);
	batch_init(&older, PAGE_LIMIT_BYTES);
	batch_init(&newer, PAGE_LIMIT_BYTES);
	batch_init(&context.batch, PAGE_LIMIT_BYTES);
	/* No range holds the last nanosecond of all. */
	status = id.time_ns == UINT64_MAX
			 ? error_set(error, STATUS_NOT_FOUND, "the store has no log record of this id")
			 : find_line(&around, id, error);
	if (status == STATUS_OK)
		status = find(&around, (struct time_range){0, id.time_ns}, false, before, &older, error);
	if (status == STATUS_OK)
		status = find(&around, (struct time_range){id.time_ns + 1, UINT64_MAX}, true, after, &newer,
			      error);
	if (status == STATUS_OK)
		status = add_older(&around, &older, before, &context.batch, error);
	context.position = context.batch.log_count;
	if (status == STATUS_OK)
		status = copy_line(&around, &around.same.logs[around.position], &context.batch, error);
	if (status == STATUS_OK)
		status = add_newer(&around, &newer, after, &context.batch, error);
	batch_release(&around.same);
	batch_release(&older);
	batch_release(&newer);
	if (status == STATUS_OK)
		*context_out = context;
	else
		batch_release(&context.batch);
	return status;
}

void log_context_release(struct log_context *context)
{
	batch_release(&context->batch);
}
