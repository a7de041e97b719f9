#include "unit/test.h"

#include "storage/columns/address.h"

static void keeps_every_address(void **state)
{
	static const char *const texts[] = {"0.0.0.0", "10.20.3.4", "127.0.0.1", "192.168.100.9",
					    "255.255.255.255"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[ADDRESS_MOST_SIZE];
		uint32_t address;

		assert_true(address_parse(str_from(texts[i]), &address));
		assert_true(str_equal(str_make(text, address_format(address, text)), str_from(texts[i])));
	}
}

static void has_the_first_part_uppermost(void **state)
{
	uint32_t address;

	(void)state;
	assert_true(address_parse(str_from("1.2.3.4"), &address));
	assert_int_equal(address, 0x01020304);
}

/* What would not come back as it was is no address. */
static void takes_no_other_text(void **state)
{
	static const char *const texts[] = {"",          "1",          "1.2.3",    "1.2.3.",    "1.2.3.4.",
					    "1.2.3.4.5", "01.2.3.4",   "1.2.3.00", "256.2.3.4", "1.2.3.1000",
					    " 1.2.3.4",  "1.2.3.4 ",   "1..3.4",   ".1.2.3.4",  "1.2.3.-4",
					    "a.b.c.d",   "1.2.3.4:80", "::1",      "1,2,3,4",   "4294967296"};
	uint32_t address;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (address_parse(str_from(texts[i]), &address))
			fail_msg("%s is taken for an address", texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_every_address),
		cmocka_unit_test(has_the_first_part_uppermost),
		cmocka_unit_test(takes_no_other_text),
	};

	return test_run("storage/columns/address", tests);
}
