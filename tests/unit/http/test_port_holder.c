#include "http/port_holder.h"

#include <string.h>
#include <unistd.h>

#include "http/listener.h"
#include "test.h"

static void finds_this_process_on_a_port_it_listens_on(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "::1"};
	char name[PORT_HOLDER_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct listener listener;
		struct error error;
		pid_t pid = 0;

		/* A machine without IPv6 has nothing to find there. */
		if (listener_open(&listener, hosts[i], 0, &error) != STATUS_OK && i == 1)
			continue;
		assert_true(port_holder_find(listener.port, name, &pid));
		assert_int_equal(pid, getpid());
		assert_true(strlen(name) > 0);
		listener_close(&listener);
	}
}

static void finds_nobody_on_a_free_port(void **state)
{
	struct listener listener;
	struct error error;
	char name[PORT_HOLDER_NAME_SIZE];
	uint16_t port;
	pid_t pid = 0;

	(void)state;
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, &error), STATUS_OK);
	port = listener.port;
	listener_close(&listener);
	assert_false(port_holder_find(port, name, &pid));
	assert_int_equal(pid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_this_process_on_a_port_it_listens_on),
		cmocka_unit_test(finds_nobody_on_a_free_port),
	};

	return test_run("http/port_holder", tests);
}
