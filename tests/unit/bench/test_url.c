#include "test.h"

#include <string.h>

#include "load/url.h"

static void reads_what_a_url_may_hold(void **state)
{
	static const struct {
		const char *text, *host, *port, *path, *authority;
	} cases[] = {
		{"http://127.0.0.1:4318/v1/traces", "127.0.0.1", "4318", "/v1/traces", "127.0.0.1:4318"},
		{"http://collector", "collector", "80", "/default", "collector"},
		{"http://collector/", "collector", "80", "/default", "collector"},
		{"http://[::1]:4318", "::1", "4318", "/default", "[::1]:4318"},
		{"http://[fe80::1]/x", "fe80::1", "80", "/x", "[fe80::1]"},
		{"http://host:1/a/b?tenant=7", "host", "1", "/a/b?tenant=7", "host:1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url url;
		struct error error;

		assert_int_equal(url_parse(cases[i].text, "/default", &url, &error), STATUS_OK);
		assert_string_equal(url.host, cases[i].host);
		assert_string_equal(url.port, cases[i].port);
		assert_string_equal(url.path, cases[i].path);
		assert_string_equal(url.authority, cases[i].authority);
	}
}

static void refuses_what_is_no_url_and_says_why(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{"https://host", "http://"},   {"host:4318", "http://"},
		{"http://", "no host"},        {"http://:80/", "no host"},
		{"http://[::1", "no host"},    {"http://[]:80", "no host"},
		{"http://[::1]80", "no host"}, {"http://host:0", "port"},
		{"http://host:65536", "port"}, {"http://host:8o", "port"},
		{"http://host/a b", "space"},  {"http://host/\r\nX: y", "control"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url url;
		struct error error;

		assert_int_equal(url_parse(cases[i].text, "/", &url, &error), STATUS_INVALID);
		assert_non_null(strstr(error.message, cases[i].reason));
	}
}

static void refuses_a_host_that_does_not_fit(void **state)
{
	char text[600] = "http://";
	struct url url;
	struct error error;

	(void)state;
	memset(text + 7, 'a', 500);
	assert_int_equal(url_parse(text, "/", &url, &error), STATUS_INVALID);
	assert_non_null(strstr(error.message, "too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_url_may_hold),
		cmocka_unit_test(refuses_what_is_no_url_and_says_why),
		cmocka_unit_test(refuses_a_host_that_does_not_fit),
	};

	return test_run("bench/url", tests);
}
