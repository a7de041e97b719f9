#include "storage/columns/origin.h"

#include "base/protobuf.h"

/* Fields of both tables; a resource has the schema URL alone. COUNT holds one value: how many rows there are.
 */
enum { FIELD_COUNT = 0, FIELD_SCHEMA_URL = 64, FIELD_NAME = 65, FIELD_VERSION = 66 };

static struct origin_cache *cache_slot(struct origin_table *table, const void *pointer)
{
	/* Neighbours in an arena lie at regular distances: the multiplication scatters them. */
	uint64_t mixed = (uint64_t)(uintptr_t)pointer * UINT64_C(0x9e3779b97f4a7c15);

	return &table->cache[mixed >> (64 - ORIGIN_CACHE_BITS)];
}

static void describe(const struct attributes *attributes, struct buffer *out)
{
	protobuf_put_uint(out, 1, attributes->dropped_count);
	for (uint32_t i = 0; i < attributes->count; i++)
		attribute_encode(2, &attributes->items[i], out);
}

/* The code of content that the cache does not know: scratch holds it, written out. */
static uint32_t code_by_content(struct origin_writer *writer, struct origin_table *table, const void *pointer)
{
	struct str content = arena_copy(&writer->arena, buffer_str(&writer->scratch));
	uint32_t code;

	if (!content.data || buffer_failed(&writer->scratch)) {
		table->contents.failed = true;
		return 0;
	}
	code = dictionary_code(&table->contents, content);
	if (code == table->entries.count)
		vector_pointer_push(&table->entries, pointer);
	*cache_slot(table, pointer) = (struct origin_cache){pointer, code};
	return code;
}

uint32_t origin_resource_code(struct origin_writer *writer, const struct resource *resource)
{
	struct origin_cache *cached = cache_slot(&writer->resources, resource);

	if (cached->pointer == resource)
		return cached->code;
	buffer_clear(&writer->scratch);
	protobuf_put_bytes(&writer->scratch, 3, resource->schema_url);
	describe(&resource->attributes, &writer->scratch);
	return code_by_content(writer, &writer->resources, resource);
}

uint32_t origin_scope_code(struct origin_writer *writer, const struct scope *scope)
{
	struct origin_cache *cached = cache_slot(&writer->scopes, scope);

	if (cached->pointer == scope)
		return cached->code;
	buffer_clear(&writer->scratch);
	protobuf_put_bytes(&writer->scratch, 3, scope->schema_url);
	protobuf_put_bytes(&writer->scratch, 4, scope->name);
	protobuf_put_bytes(&writer->scratch, 5, scope->version);
	describe(&scope->attributes, &writer->scratch);
	return code_by_content(writer, &writer->scopes, scope);
}

static void put_resources(struct origin_table *resources)
{
	uint32_t hint = SHAPE_UNKNOWN;

	table_put_number(&resources->table, FIELD_COUNT, resources->entries.count);
	for (size_t i = 0; i < resources->entries.count; i++) {
		const struct resource *resource = resources->entries.items[i];

		table_put_string(&resources->table, FIELD_SCHEMA_URL, resource->schema_url);
		hint = attribute_writer_push(&resources->table.attributes, &resource->attributes, hint);
	}
}

static void put_scopes(struct origin_table *scopes)
{
	uint32_t hint = SHAPE_UNKNOWN;

	table_put_number(&scopes->table, FIELD_COUNT, scopes->entries.count);
	for (size_t i = 0; i < scopes->entries.count; i++) {
		const struct scope *scope = scopes->entries.items[i];

		table_put_string(&scopes->table, FIELD_SCHEMA_URL, scope->schema_url);
		table_put_string(&scopes->table, FIELD_NAME, scope->name);
		table_put_string(&scopes->table, FIELD_VERSION, scope->version);
		hint = attribute_writer_push(&scopes->table.attributes, &scope->attributes, hint);
	}
}

void origin_writer_encode(struct origin_writer *writer, struct block_writer *block)
{
	put_resources(&writer->resources);
	put_scopes(&writer->scopes);
	table_writer_encode(&writer->resources.table, block, TABLE_RESOURCES);
	table_writer_encode(&writer->scopes.table, block, TABLE_SCOPES);
}

static bool table_failed(const struct origin_table *table)
{
	return table->contents.failed || table->entries.failed || table_writer_failed(&table->table);
}

bool origin_writer_failed(const struct origin_writer *writer)
{
	return table_failed(&writer->resources) || table_failed(&writer->scopes);
}

static void clear_table(struct origin_table *table)
{
	memset(table->cache, 0, sizeof(table->cache));
	dictionary_clear(&table->contents);
	vector_pointer_clear(&table->entries);
	table_writer_clear(&table->table);
}

void origin_writer_clear(struct origin_writer *writer)
{
	arena_clear(&writer->arena);
	clear_table(&writer->resources);
	clear_table(&writer->scopes);
}

static void release_table(struct origin_table *table)
{
	dictionary_release(&table->contents);
	vector_pointer_release(&table->entries);
	table_writer_release(&table->table);
}

void origin_writer_release(struct origin_writer *writer)
{
	arena_release(&writer->arena);
	buffer_release(&writer->scratch);
	release_table(&writer->resources);
	release_table(&writer->scopes);
}

/* Opens a table and says how many rows it has. */
static enum status open_table(struct block *block, uint8_t table_number_, struct table_reader *table,
			      struct attribute_reader *attributes, size_t *count_out, struct error *error)
{
	enum status status;
	uint64_t count;

	table_reader_init(table, block, table_number_);
	status = table_open_numbers(table, FIELD_COUNT, 1, error);
	if (status != STATUS_OK)
		return status;
	count = table_number(table, FIELD_COUNT, 0);
	/* Each is the origin of at least one row. */
	if (count > block->row_count)
		return error_set(error, STATUS_CORRUPT, "a block claims %llu resources or scopes",
				 (unsigned long long)count);
	*count_out = (size_t)count;
	status = attribute_reader_open(block, table_number_, count, attributes, error);
	if (status == STATUS_OK)
		status = table_open_strings(table, FIELD_SCHEMA_URL, count, error);
	return status;
}

static enum status read_resources(struct block *block, struct origin_reader *reader, struct error *error)
{
	struct table_reader table;
	struct attribute_reader attributes;
	struct resource *resources;
	size_t count;
	enum status status = open_table(block, TABLE_RESOURCES, &table, &attributes, &count, error);

	if (status != STATUS_OK)
		return status;
	resources = arena_calloc(block->arena, count, sizeof(*resources));
	if (!resources)
		return error_set(error, STATUS_NO_MEMORY, "no memory for %zu resources", count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		resources[i].schema_url = table_string(&table, FIELD_SCHEMA_URL, i);
		status = attribute_reader_next(&attributes, &resources[i].attributes, error);
	}
	reader->resources = resources;
	reader->resource_count = count;
	return status;
}

static enum status read_scopes(struct block *block, struct origin_reader *reader, struct error *error)
{
	struct table_reader table;
	struct attribute_reader attributes;
	struct scope *scopes;
	size_t count;
	enum status status = open_table(block, TABLE_SCOPES, &table, &attributes, &count, error);

	if (status == STATUS_OK)
		status = table_open_strings(&table, FIELD_NAME, count, error);
	if (status == STATUS_OK)
		status = table_open_strings(&table, FIELD_VERSION, count, error);
	if (status != STATUS_OK)
		return status;
	scopes = arena_calloc(block->arena, count, sizeof(*scopes));
	if (!scopes)
		return error_set(error, STATUS_NO_MEMORY, "no memory for %zu scopes", count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		scopes[i].schema_url = table_string(&table, FIELD_SCHEMA_URL, i);
		scopes[i].name = table_string(&table, FIELD_NAME, i);
		scopes[i].version = table_string(&table, FIELD_VERSION, i);
		status = attribute_reader_next(&attributes, &scopes[i].attributes, error);
	}
	reader->scopes = scopes;
	reader->scope_count = count;
	return status;
}

enum status origin_reader_open(struct block *block, struct origin_reader *reader_out, struct error *error)
{
	struct origin_reader reader = {0};
	enum status status = read_resources(block, &reader, error);

	if (status == STATUS_OK)
		status = read_scopes(block, &reader, error);
	if (status == STATUS_OK)
		*reader_out = reader;
	return status;
}

const struct resource *origin_resource(const struct origin_reader *reader, uint64_t code)
{
	return code < reader->resource_count ? &reader->resources[code] : &resource_empty;
}

const struct scope *origin_scope(const struct origin_reader *reader, uint64_t code)
{
	return code < reader->scope_count ? &reader->scopes[code] : &scope_empty;
}
