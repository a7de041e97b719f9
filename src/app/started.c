#include "app/started.h"

#include "query/running.h"

enum { PAGE_RECORDS = 1000, PAGE_LIMIT = 64 << 20 };

/* Records of the event name that reports a start. */
static struct log_filter filter_of_starts(uint64_t now_ns)
{
	static const struct operand name = {.text = {"rohas.span.start", 16}};
	static const struct predicate is_start = {.kind = PREDICATE_LEAF,
						  .fields = ROW_BIT(ROW_EVENT),
						  .field = ROW_EVENT,
						  .operator= OPERATOR_EQUAL,
						  .operands = &name,
						  .operand_count = 1};
	struct log_filter filter = LOG_FILTER_ANY;

	filter.range.start_ns = now_ns > RUNNING_FORGOTTEN_NS ? now_ns - RUNNING_FORGOTTEN_NS : 0;
	filter.predicate = &is_start;
	return filter;
}

static bool has_span(const struct batch *trace, const uint8_t span_id[SPAN_ID_SIZE])
{
	for (size_t i = 0; i < trace->span_count; i++)
		if (memcmp(trace->spans[i].span_id, span_id, SPAN_ID_SIZE) == 0)
			return true;
	return false;
}

/* Leaves out the starts whose spans are in the store. */
static enum status drop_ended(struct store *store, struct batch *batch, struct error *error)
{
	enum status status = STATUS_OK;
	struct batch trace;
	size_t kept = 0;

	batch_init(&trace, PAGE_LIMIT);
	for (size_t i = 0; i < batch->start_count && status == STATUS_OK; i++) {
		batch_clear(&trace);
		status = store_read_trace(store, batch->starts[i].trace_id, &trace, error);
		if (status == STATUS_NOT_FOUND)
			status = STATUS_OK;
		if (status == STATUS_OK && !has_span(&trace, batch->starts[i].span_id))
			batch->starts[kept++] = batch->starts[i];
	}
	batch->start_count = kept;
	batch_release(&trace);
	return status;
}

/* Records of one nanosecond may be more than a page: the rest of those is left out. */
static void next_page(struct log_page *page, const struct batch *batch)
{
	page->has_before = true;
	page->before_ns = batch->logs[batch->log_count - 1].time_ns;
	page->skip = 0;
}

enum status started_restore(struct store *store, struct processor *processor, struct server *server,
			    uint64_t now_ns, struct error *error)
{
	const struct log_filter filter = filter_of_starts(now_ns);
	struct log_page page = {.limit = PAGE_RECORDS};
	size_t found = PAGE_RECORDS, total = 0;
	enum status status = STATUS_OK;
	struct batch batch;

	batch_init(&batch, PAGE_LIMIT);
	while (status == STATUS_OK && found == PAGE_RECORDS && total < RUNNING_MOST) {
		batch_clear(&batch);
		status = store_find_logs(store, &filter, &page, &batch, &page.snapshot, error);
		found = batch.log_count;
		total += found;
		if (status != STATUS_OK || found == 0)
			break;
		next_page(&page, &batch);
		status = processor_recognise(processor, &batch, error);
		batch.log_count = 0;
		if (status == STATUS_OK)
			status = drop_ended(store, &batch, error);
		if (status == STATUS_OK && batch.start_count)
			server_note_batch(server, &batch);
	}
	batch_release(&batch);
	return status;
}
