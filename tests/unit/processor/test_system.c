#include "processor/system.h"

#include "test.h"

static void reads_the_processors_line(void **state)
{
	uint64_t busy = 0, total = 0;

	(void)state;
	assert_true(system_parse_stat(str_from("cpu  100 20 30 800 40 5 6 7 50 60\ncpu0 1 2 3 4\n"), &busy,
				      &total));
	assert_int_equal(total, 100 + 20 + 30 + 800 + 40 + 5 + 6 + 7);
	assert_int_equal(busy, total - 840);
	assert_true(system_parse_stat(str_from("cpu 1 2 3 4"), &busy, &total));
	assert_int_equal(busy, 6);
}

static void refuses_other_forms_of_the_processors_line(void **state)
{
	static const char *const texts[] = {
		"", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4", "cpu 1 2 x 4", "intr 1 2 3 4"};
	uint64_t busy = 77, total = 78;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(system_parse_stat(str_from(texts[i]), &busy, &total));
	assert_int_equal(busy, 77);
	assert_int_equal(total, 78);
}

static void reads_a_process_whose_name_has_brackets_and_blanks(void **state)
{
	uint64_t ticks = 0;

	(void)state;
	assert_true(system_parse_process_stat(
		str_from("42 (a ) b) R 1 42 42 0 -1 4194304 1 2 3 4 250 50 7 8 20 0 1 0 100"), &ticks));
	assert_int_equal(ticks, 300);
	assert_false(system_parse_process_stat(str_from(""), &ticks));
	assert_false(system_parse_process_stat(str_from("42 (x) R 1 2"), &ticks));
	assert_false(
		system_parse_process_stat(str_from("42 x R 1 42 42 0 -1 4194304 1 2 3 4 250 50"), &ticks));
}

static void reads_memory_in_use(void **state)
{
	uint64_t bytes = 0;

	(void)state;
	assert_true(system_parse_meminfo(
		str_from("MemTotal:       2000 kB\nMemFree: 1 kB\nMemAvailable:    500 kB\n"), &bytes));
	assert_int_equal(bytes, 1500 * 1024);
	assert_false(system_parse_meminfo(str_from("MemTotal: 2000 kB\n"), &bytes));
	assert_false(system_parse_meminfo(str_from("MemTotal: 1 kB\nMemAvailable: 2 kB"), &bytes));
	assert_false(system_parse_meminfo(str_from(""), &bytes));
}

static void reads_resident_pages(void **state)
{
	uint64_t bytes = 0;

	(void)state;
	assert_true(system_parse_statm(str_from("1000 25 5 1 0 9 0\n"), 4096, &bytes));
	assert_int_equal(bytes, 25 * 4096);
	assert_false(system_parse_statm(str_from("1000"), 4096, &bytes));
}

static void measures_this_machine(void **state)
{
	struct system_meter meter;
	struct system_usage usage;

	(void)state;
	system_meter_init(&meter);
	do /* a tick is a hundredth of a second: work until one has gone by */
		system_meter_read(&meter, &usage);
	while (!usage.has_cpu);
	assert_true(usage.cpu >= 0 && usage.cpu <= 1);
	assert_true(usage.has_memory && usage.memory_bytes > 0);
	assert_true(usage.has_process_memory && usage.process_memory_bytes > 0);
	assert_true(usage.has_process_cpu && usage.process_cpu >= 0 && usage.process_cpu <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_processors_line),
		cmocka_unit_test(refuses_other_forms_of_the_processors_line),
		cmocka_unit_test(reads_a_process_whose_name_has_brackets_and_blanks),
		cmocka_unit_test(reads_memory_in_use),
		cmocka_unit_test(reads_resident_pages),
		cmocka_unit_test(measures_this_machine),
	};

	return test_run("processor/system", tests);
}
