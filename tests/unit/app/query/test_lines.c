#include "app/query/lines.h"

#include "test.h"

static void assert_lines(const char *body, const char *name, size_t count, const char *lines)
{
	struct buffer out = BUFFER_EMPTY;

	assert_int_equal(lines_write(str_from(body), name, &out), count);
	assert_str(buffer_str(&out), lines);
	buffer_release(&out);
}

static void cuts_the_rows_out_as_they_stand(void **state)
{
	(void)state;
	assert_lines("{\"logs\":[{\"a\":1.50,\"b\":[1,2]},{\"c\":{}}],\"next_cursor\":null}", "logs", 2,
		     "{\"a\":1.50,\"b\":[1,2]}\n{\"c\":{}}\n");
	assert_lines("{\"logs\":[],\"next_cursor\":null}", "logs", 0, "");
}

static void is_not_misled_by_what_strings_hold(void **state)
{
	(void)state;
	assert_lines("{\"services\":[\"spans\"],\"spans\":[{\"n\":\"],}{\\\"[\\\\\"}]}", "spans", 1,
		     "{\"n\":\"],}{\\\"[\\\\\"}\n");
	assert_lines("{\"x\":{\"spans\":[1]},\"spans\":[2]}", "spans", 1, "2\n");
}

static void gives_each_value_its_time_and_labels(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(lines_write_values(str_from("{\"timestamps\":[\"t1\",\"t2\"],\"series\":["
						     "{\"labels\":{\"h\":\"a\"},\"values\":[0.1,null]},"
						     "{\"labels\":{},\"values\":[1,2]}]}"),
					    &out),
			 3);
	assert_str(buffer_str(&out), "{\"time\":\"t1\",\"labels\":{\"h\":\"a\"},\"value\":0.1}\n"
				     "{\"time\":\"t1\",\"labels\":{},\"value\":1}\n"
				     "{\"time\":\"t2\",\"labels\":{},\"value\":2}\n");
	buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_the_rows_out_as_they_stand),
		cmocka_unit_test(is_not_misled_by_what_strings_hold),
		cmocka_unit_test(gives_each_value_its_time_and_labels),
	};

	return test_run("app/query/lines", tests);
}
