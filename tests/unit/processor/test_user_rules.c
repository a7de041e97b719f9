#include "processor/recognise.h"
#include "spans.h"

static struct recogniser recogniser;

/* A span of a job queue that no convention knows, recognised under the rules. */
static struct handler handler_under(const struct user_rule *rules, size_t count, uint8_t kind,
				    const char *span_name, struct batch *batch)
{
	static struct attribute service;
	static struct resource resource;
	static struct scope scope;
	struct error error;

	service = text("service.name", "mailer-eu");
	resource.attributes = (struct attributes){&service, 1, 0};
	scope.name = str_from("acme-queue");
	batch_clear(batch);
	for (int i = 0; i < 2; i++) {
		struct span *span = add_span(batch, kind, span_name,
					     WITH(text("acme.job", "send-mail"), text("acme.worker", "w"),
						  whole("acme.try", 3), truth("acme.dry", false)));

		span->resource = &resource;
		span->scope = &scope;
	}
	recogniser_init(&recogniser, rules_built_in, rules_built_in_count, rules, count);
	assert_int_equal(recognise_batch(&recogniser, batch, &error), STATUS_OK);
	return batch->spans[1].handler;
}

#define EVENT                   .gives = true, .role = ROLE_EXECUTION, .type = HANDLER_EVENT
#define ATTRIBUTE(key, pattern) .attributes = {{{key, pattern}}, 1}

static void matches_by_everything_that_a_rule_asks_for(void **state)
{
	static const struct {
		struct user_rule rule;
		bool matches;
	} rows[] = {
		{{EVENT, .kinds = 1 << SPAN_INTERNAL}, true},
		{{EVENT, .kinds = 1 << SPAN_INTERNAL | 1 << SPAN_CLIENT}, true},
		{{EVENT, .kinds = 1 << SPAN_CLIENT}, false},
		{{EVENT, .scope = "acme-queue"}, true},
		{{EVENT, .scope = "acme*"}, true},
		{{EVENT, .scope = "*queue"}, true},
		{{EVENT, .scope = "acme"}, false},
		{{EVENT, .scope = "queue*"}, false},
		{{EVENT, .span_name = "work *"}, true},
		{{EVENT, .span_name = "w*k *o*"}, true},
		{{EVENT, .span_name = "Work*"}, false},
		{{EVENT, .span_name = "work * now"}, false},
		{{EVENT, ATTRIBUTE("acme.job", "*")}, true},
		{{EVENT, ATTRIBUTE("acme.jobs", "*")}, false},
		{{EVENT, ATTRIBUTE("acme.job", "send-mail")}, true},
		{{EVENT, ATTRIBUTE("acme.job", "send-*")}, true},
		{{EVENT, ATTRIBUTE("acme.job", "*-mail")}, true},
		{{EVENT, ATTRIBUTE("acme.job", "send")}, false},
		{{EVENT, ATTRIBUTE("acme.try", "3")}, true},
		{{EVENT, ATTRIBUTE("acme.try", "4")}, false},
		{{EVENT, ATTRIBUTE("acme.dry", "false")}, true},
		{{EVENT, ATTRIBUTE("acme.dry", "true")}, false},
		{{EVENT, .resource = {{{"service.name", "mailer-*"}}, 1}}, true},
		{{EVENT, .resource = {{{"service.name", "shop"}}, 1}}, false},
		{{EVENT, .attributes = {{{"acme.job", "*"}, {"acme.worker", "w"}}, 2}}, true},
		{{EVENT, .attributes = {{{"acme.job", "*"}, {"acme.worker", "x"}}, 2}}, false},
		{{EVENT, .scope = "acme*", .span_name = "other"}, false},
	};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct handler handler = handler_under(&rows[i].rule, 1, SPAN_INTERNAL, "work on it", &batch);

		if ((handler.role == ROLE_EXECUTION) != rows[i].matches)
			fail_msg("row %zu: role %u", i, handler.role);
	}
	batch_release(&batch);
}

static void gives_what_it_says_whatever_the_table_says(void **state)
{
	static const struct {
		const char *gives;
		uint8_t role, type;
	} rows[] = {
		{"api", ROLE_EXECUTION, HANDLER_API},      {"event", ROLE_EXECUTION, HANDLER_EVENT},
		{"cron", ROLE_EXECUTION, HANDLER_CRON},    {"websocket", ROLE_EXECUTION, HANDLER_WEBSOCKET},
		{"published", ROLE_PUBLISH, HANDLER_NONE}, {"none", ROLE_NONE, HANDLER_NONE},
	};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint8_t kind = SPAN_INTERNAL; kind <= SPAN_CONSUMER; kind++) {
			struct user_rule rule = {.span_name = "*"};
			struct handler handler;

			assert_true(user_rule_gives_parse(str_from(rows[i].gives), &rule));
			handler = handler_under(&rule, 1, kind, "x", &batch);
			assert_int_equal(handler.role, rows[i].role);
			assert_int_equal(handler.type, rows[i].type);
			assert_int_equal(handler.messages,
					 rows[i].role == ROLE_PUBLISH || rows[i].type == HANDLER_EVENT);
		}
	batch_release(&batch);
}

static void names_by_templates_where_all_their_attributes_are_there(void **state)
{
	static const struct {
		const char *template, *name;
	} rows[] = {
		{"mail", "mail"},
		{"{acme.job}", "send-mail"},
		{"{acme.worker} does {acme.job}!", "w does send-mail!"},
		{"try {acme.try} of {service.name}", "try 3 of mailer-eu"},
		{"{acme.worker} {acme.missing}", "x"},
	};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct user_rule rule = {EVENT, .span_name = "x", .handler_name = rows[i].template,
					 .event_name = rows[i].template};
		struct handler handler = handler_under(&rule, 1, SPAN_INTERNAL, "x", &batch);

		assert_str(handler.name, rows[i].name);
		assert_str(handler.event, rows[i].name);
	}
	batch_release(&batch);
}

static void renames_what_the_table_recognised(void **state)
{
	const struct user_rule rule = {.span_name = "x", .handler_name = "{acme.job}"};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	assert_str(handler_under(&rule, 1, SPAN_SERVER, "x", &batch).name, "send-mail");
	assert_int_equal(batch.spans[0].handler.type, HANDLER_API);
	assert_int_equal(handler_under(&rule, 1, SPAN_INTERNAL, "x", &batch).role, ROLE_NONE);
	batch_release(&batch);
}

static void lets_the_first_rule_decide(void **state)
{
	const struct user_rule rules[] = {
		{.span_name = "y", .gives = true, .role = ROLE_NONE},
		{.span_name = "x", .gives = true, .role = ROLE_NONE},
		{EVENT, .span_name = "*"},
	};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	assert_int_equal(handler_under(rules, 3, SPAN_SERVER, "x", &batch).role, ROLE_NONE);
	assert_int_equal(handler_under(rules, 3, SPAN_SERVER, "z", &batch).type, HANDLER_EVENT);
	batch_release(&batch);
}

static void refuses_templates_that_are_not_closed(void **state)
{
	static const char *const good[] = {"a", "{a}", "{a} {b.c}", "x{a}y"};
	static const char *const bad[] = {"", "{", "{a", "}", "a}", "{}", "{a{b}", "{a}}", "x {a} {"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(user_template_is_valid(str_from(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (user_template_is_valid(str_from(bad[i])))
			fail_msg("\"%s\" passes", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_by_everything_that_a_rule_asks_for),
		cmocka_unit_test(gives_what_it_says_whatever_the_table_says),
		cmocka_unit_test(names_by_templates_where_all_their_attributes_are_there),
		cmocka_unit_test(renames_what_the_table_recognised),
		cmocka_unit_test(lets_the_first_rule_decide),
		cmocka_unit_test(refuses_templates_that_are_not_closed),
	};

	return test_run("processor/user_rules", tests);
}
