/* test: what every unit test includes. Behaviours are functions; main is `return test_run("folder/file", tests);` */
#ifndef ROHAS_TESTS_UNIT_TEST_H
#define ROHAS_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Runs the table and prints TAP; the process's exit status is the number of failures. */
#define test_run(name, tests)                                                                                \
	(cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests_name(name, tests, NULL, NULL))

/* A str and a C string hold the same bytes. */
#define assert_str(s, text)                                                                                  \
	do {                                                                                                 \
		struct str actual_ = (s);                                                                    \
		assert_int_equal(actual_.size, strlen(text));                                                \
		assert_memory_equal(actual_.data, text, actual_.size);                                       \
	} while (0)

#endif
