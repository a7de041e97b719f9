#include "unit/test.h"

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/origin.h"

/* Resources and scopes that are equal in content stand at different addresses here. */
static struct resource resource_of(const struct attribute *items, uint32_t count, const char *schema_url)
{
	return (struct resource){{items, count, 0}, str_from(schema_url)};
}

static void open_origin(struct origin_writer *writer, size_t row_count, struct arena *arena,
			struct buffer *body, struct block *block, struct origin_reader *reader)
{
	struct block_writer block_writer;

	assert_false(origin_writer_failed(writer));
	block_begin(&block_writer, CODEC_ZSTD);
	origin_writer_encode(writer, &block_writer);
	block_end(&block_writer, SIGNAL_LOGS, row_count, body);
	arena_init(arena, 0);
	assert_int_equal(block_open(buffer_str(body), arena, block, NULL), STATUS_OK);
	assert_int_equal(origin_reader_open(block, reader, NULL), STATUS_OK);
}

static void gives_equal_content_one_code(void **state)
{
	struct attribute shop[] = {text("service.name", "shop"), whole("pid", 1)};
	struct attribute again[] = {text("service.name", "shop"), whole("pid", 1)};
	struct attribute turned[] = {whole("pid", 1), text("service.name", "shop")};
	struct resource resources[] = {
		resource_of(shop, 2, ""),   resource_of(again, 2, ""),
		resource_of(turned, 2, ""), resource_of(shop, 2, "https://example.org/1"),
		resource_of(shop, 1, ""),   resource_of(NULL, 0, "")};
	static const uint32_t codes[] = {0, 0, 1, 2, 3, 4};
	struct origin_writer writer = {0};
	struct origin_reader reader;
	struct buffer body;
	struct block block;
	struct arena arena;

	(void)state;
	arena_init(&writer.arena, 0);
	for (size_t round = 0; round < 3; round++)
		for (size_t i = 0; i < 6; i++)
			assert_int_equal(origin_resource_code(&writer, &resources[i]), codes[i]);
	assert_int_equal(origin_resource_code(&writer, &resource_empty), 4);
	open_origin(&writer, 18, &arena, &body, &block, &reader);
	assert_int_equal(reader.resource_count, 5);
	assert_int_equal(reader.scope_count, 0);
	for (size_t i = 0; i < 6; i++)
		assert_true(resource_equal(origin_resource(&reader, codes[i]), &resources[i]));
	assert_ptr_equal(origin_resource(&reader, 5), &resource_empty);
	assert_ptr_equal(origin_scope(&reader, 0), &scope_empty);
	arena_release(&arena);
	buffer_release(&body);
	origin_writer_release(&writer);
}

static void tells_scopes_apart_by_every_field(void **state)
{
	struct attribute items[] = {truth("beta", true)};
	const struct scope scopes[] = {
		{.name = {"a", 1}},
		{.version = {"a", 1}},
		{.schema_url = {"a", 1}},
		{.name = {"a", 1}, .version = {"a", 1}},
		{.name = {"a", 1}, .attributes = {items, 1, 0}},
		{.name = {"a", 1}, .attributes = {items, 1, 3}},
		{.name = {"a", 1}, .attributes = {items, 0, 3}},
		{.name = {"", 0}},
	};
	enum { COUNT = sizeof(scopes) / sizeof(scopes[0]) };
	struct origin_writer writer = {0};
	struct origin_reader reader;
	struct buffer body;
	struct block block;
	struct arena arena;

	(void)state;
	arena_init(&writer.arena, 0);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(origin_scope_code(&writer, &scopes[i]), i);
	assert_int_equal(origin_scope_code(&writer, &scope_empty), COUNT - 1);
	open_origin(&writer, COUNT, &arena, &body, &block, &reader);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_true(scope_equal(origin_scope(&reader, i), &scopes[i]));
	arena_release(&arena);
	buffer_release(&body);
	origin_writer_release(&writer);
}

/* More origins than the cache by address has places, in an order that makes it forget. */
static void remembers_origins_that_the_cache_forgot(void **state)
{
	enum { COUNT = 500 };
	static struct attribute items[COUNT];
	static struct resource resources[COUNT];
	struct origin_writer writer = {0};

	(void)state;
	arena_init(&writer.arena, 0);
	for (size_t i = 0; i < COUNT; i++) {
		items[i] = whole("pid", (int64_t)i);
		resources[i] = resource_of(&items[i], 1, "");
	}
	for (size_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < COUNT; i++)
			assert_int_equal(origin_resource_code(&writer, &resources[i]), i);
	origin_writer_clear(&writer);
	assert_int_equal(origin_resource_code(&writer, &resources[400]), 0);
	origin_writer_release(&writer);
}

static void reads_a_block_without_origins(void **state)
{
	struct block_writer writer;
	struct origin_reader reader;
	struct buffer body;
	struct block block;
	struct arena arena;

	(void)state;
	block_begin(&writer, CODEC_NONE);
	block_end(&writer, SIGNAL_LOGS, 1, &body);
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	assert_int_equal(origin_reader_open(&block, &reader, NULL), STATUS_OK);
	assert_int_equal(reader.resource_count + reader.scope_count, 0);
	arena_release(&arena);
	buffer_release(&body);
}

static void refuses_more_origins_than_rows(void **state)
{
	struct block_writer writer;
	struct origin_reader reader;
	struct buffer body;
	struct block block;
	struct arena arena;
	struct error error;

	(void)state;
	block_begin(&writer, CODEC_NONE);
	buffer_append(block_writer_column(&writer, TABLE_SCOPES, 0, 0), "\1\3", 2);
	block_end(&writer, SIGNAL_LOGS, 2, &body);
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	assert_int_equal(origin_reader_open(&block, &reader, &error), STATUS_CORRUPT);
	assert_string_equal(error.message, "a block claims 3 resources or scopes");
	arena_release(&arena);
	buffer_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_equal_content_one_code),
		cmocka_unit_test(tells_scopes_apart_by_every_field),
		cmocka_unit_test(remembers_origins_that_the_cache_forgot),
		cmocka_unit_test(reads_a_block_without_origins),
		cmocka_unit_test(refuses_more_origins_than_rows),
	};

	return test_run("storage/columns/origin", tests);
}
