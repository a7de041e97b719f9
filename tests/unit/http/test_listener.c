#include "http/listener.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client.h"
#include "test.h"

static void take_connection(void *context, int socket, const struct sockaddr *address, socklen_t address_size)
{
	atomic_int *count = context;

	(void)address;
	assert_true(address_size > 0);
	close(socket);
	atomic_fetch_add(count, 1);
}

static void accepts_until_it_is_closed(void **state)
{
	struct listener listener;
	struct error error;
	atomic_int count = 0;
	struct buffer nothing = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, &error), STATUS_OK);
	assert_int_not_equal(listener.port, 0);
	assert_int_equal(listener_run(&listener, take_connection, &count, &error), STATUS_OK);
	for (int i = 0; i < 20; i++) {
		int fd = client_connect(listener.port);

		client_read_all(fd, &nothing);
		close(fd);
	}
	listener_close(&listener);
	listener_close(&listener);
	assert_int_equal(count, 20);
	buffer_release(&nothing);
}

/* While descriptors are short, connections wait; they are served when there are some again. */
static void outlives_a_shortage_of_descriptors(void **state)
{
	struct listener listener;
	struct error error;
	atomic_int count = 0;
	struct buffer nothing = BUFFER_EMPTY;
	int held[4096], held_count = 0, fd;

	(void)state;
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, &error), STATUS_OK);
	fd = client_connect(listener.port);
	while (held_count < 4096 && (held[held_count] = dup(fd)) >= 0)
		held_count++;
	assert_true(held_count < 4096);
	assert_int_equal(errno, EMFILE);
	/* The listener needs one descriptor to run; none is left for the connection that waits. */
	close(held[--held_count]);
	assert_int_equal(listener_run(&listener, take_connection, &count, &error), STATUS_OK);
	poll(NULL, 0, 50);
	assert_int_equal(count, 0);
	while (held_count)
		close(held[--held_count]);
	client_read_all(fd, &nothing);
	listener_close(&listener);
	assert_int_equal(count, 1);
	buffer_release(&nothing);
	close(fd);
}

/* A few descriptors are enough for these tests, and are soon used up. */
static int limit_descriptors(void **state)
{
	struct rlimit limit;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 256;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

static void a_taken_port_names_its_holder(void **state)
{
	struct listener first, second;
	struct error error;
	char wanted[128];

	(void)state;
	assert_int_equal(listener_open(&first, "127.0.0.1", 0, &error), STATUS_OK);
	assert_int_equal(listener_open(&second, "127.0.0.1", first.port, &error), STATUS_BUSY);
	snprintf(wanted, sizeof(wanted), "port %u is taken by ", first.port);
	assert_true(str_starts_with(str_from(error.message), wanted));
	snprintf(wanted, sizeof(wanted), "(pid %d)", (int)getpid());
	assert_true(str_ends_with(str_from(error.message), wanted));
	listener_close(&second);
	listener_close(&first);
}

static void a_closed_port_can_be_opened_again(void **state)
{
	struct listener first, second;
	struct error error;
	uint16_t port;

	(void)state;
	assert_int_equal(listener_open(&first, "127.0.0.1", 0, &error), STATUS_OK);
	port = first.port;
	listener_close(&first);
	assert_int_equal(listener_open(&second, "127.0.0.1", port, &error), STATUS_OK);
	listener_close(&second);
}

static void an_address_of_another_machine_is_refused(void **state)
{
	struct listener listener;
	struct error error;

	(void)state;
	assert_int_equal(listener_open(&listener, "192.0.2.1", 0, &error), STATUS_INVALID);
	assert_non_null(strstr(error.message, "192.0.2.1"));
	listener_close(&listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_until_it_is_closed),
		cmocka_unit_test_setup(outlives_a_shortage_of_descriptors, limit_descriptors),
		cmocka_unit_test(a_taken_port_names_its_holder),
		cmocka_unit_test(a_closed_port_can_be_opened_again),
		cmocka_unit_test(an_address_of_another_machine_is_refused),
	};

	return test_run("http/listener", tests);
}
