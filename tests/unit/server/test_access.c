#include "server/access.h"

#include "test.h"

struct question {
	const char *asked;
	bool allowed;
};

static void assert_hosts(const struct access *access, const struct question *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (access_allows_host(access, str_from(table[i].asked)) != table[i].allowed)
			fail_msg("the host \"%s\" is %s", table[i].asked,
				 table[i].allowed ? "refused" : "taken");
}

static void a_loopback_server_answers_to_this_machine_alone(void **state)
{
	static const char *const origins[] = {"https://telemetry.example", "http://[fd00::1]:8080"};
	static const struct question table[] = {
		{"localhost:3000", true},
		{"LOCALHOST", true},
		{"shop.localhost:80", true},
		{"127.0.0.1:3000", true},
		{"127.0.0.1", true},
		{"[::1]:3000", true},
		{"[::1]", true},
		{"telemetry.example", true},
		{"telemetry.example:8443", true},
		{"[fd00::1]:3000", true},
		{"", true},
		{"evil.example", false},
		{"evil.example:3000", false},
		{"127.evil.example", false},
		{"localhost.evil.example", false},
		{"telemetry.example.evil", false},
		{"evillocalhost", false},
		{"192.168.0.2:3000", false},
	};
	struct access access;

	(void)state;
	assert_true(access_init(&access, "127.0.0.1", true, origins, 2, ""));
	assert_hosts(&access, table, sizeof(table) / sizeof(table[0]));
	access_release(&access);
}

static void a_public_server_answers_to_every_name(void **state)
{
	static const struct question table[] = {{"shop.example:3000", true}, {"10.0.0.1", true}};
	struct access access;

	(void)state;
	assert_true(access_init(&access, "0.0.0.0", true, NULL, 0, ""));
	assert_hosts(&access, table, sizeof(table) / sizeof(table[0]));
	access_release(&access);
}

static void assert_origins(bool enable, const char *const *origins, size_t origin_count,
			   const struct question *table, size_t count)
{
	struct access access;

	assert_true(access_init(&access, "127.0.0.1", enable, origins, origin_count, ""));
	for (size_t i = 0; i < count; i++)
		if (access_allows_origin(&access, str_from(table[i].asked)) != table[i].allowed)
			fail_msg("the origin \"%s\" is %s", table[i].asked,
				 table[i].allowed ? "refused" : "taken");
	access_release(&access);
}

static void origins_are_those_listed_else_this_machine(void **state)
{
	static const char *const listed[] = {"https://shop.example/"}, *const all[] = {"*"};
	static const struct question local[] = {{"http://localhost:5173", true},
						{"http://127.0.0.1", true},
						{"http://[::1]:3000", true},
						{"https://shop.example", false},
						{"http://localhost.evil.example", false},
						{"null", false},
						{"app://localhost", false},
						{"", false}};
	static const struct question shop[] = {{"https://shop.example", true},
					       {"http://shop.example", false},
					       {"https://shop.example.evil", false},
					       {"http://localhost:5173", false}};
	static const struct question any[] = {{"https://anything.example", true}, {"", false}};
	static const struct question none[] = {{"http://localhost:5173", false}};

	(void)state;
	assert_origins(true, NULL, 0, local, sizeof(local) / sizeof(local[0]));
	assert_origins(true, listed, 1, shop, sizeof(shop) / sizeof(shop[0]));
	assert_origins(true, all, 1, any, sizeof(any) / sizeof(any[0]));
	assert_origins(false, NULL, 0, none, 1);
}

static void the_key_is_asked_for_where_there_is_one(void **state)
{
	static const struct {
		const char *authorization, *key;
		bool allowed;
	} table[] = {
		{"Bearer secret", "", true},
		{"bearer secret", "", true},
		{"Bearer  secret ", "", true},
		{"", "secret", true},
		{"Bearer wrong!", "secret", true},
		{"", "", false},
		{"Bearer secre", "", false},
		{"Bearer secret1", "", false},
		{"Bearer ", "", false},
		{"Basic secret", "", false},
		{"secret", "", false},
		{"", "Secret", false},
	};
	struct access access;

	(void)state;
	assert_true(access_init(&access, "127.0.0.1", true, NULL, 0, "secret"));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (access_allows_key(&access, str_from(table[i].authorization), str_from(table[i].key)) !=
		    table[i].allowed)
			fail_msg("\"%s\" and \"%s\" are %s", table[i].authorization, table[i].key,
				 table[i].allowed ? "refused" : "taken");
	access_release(&access);
	assert_true(access_init(&access, "127.0.0.1", true, NULL, 0, NULL));
	assert_true(access_allows_key(&access, str_from(""), str_from("")));
	access_release(&access);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loopback_server_answers_to_this_machine_alone),
		cmocka_unit_test(a_public_server_answers_to_every_name),
		cmocka_unit_test(origins_are_those_listed_else_this_machine),
		cmocka_unit_test(the_key_is_asked_for_where_there_is_one),
	};

	return test_run("server/access", tests);
}
