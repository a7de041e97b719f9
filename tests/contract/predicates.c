#include "contract/predicates.h"

#include "unit/test.h"

#define COUNT(items)         (sizeof(items) / sizeof((items)[0]))
#define PICK(random_, items) ((items)[random_below(random_, COUNT(items))])

/* A pattern is compiled once in a run and kept to its end. */
static const struct pattern *random_pattern(struct random *random, struct str *text_out)
{
	static const char *const texts[] = {"a", "^$",  "^(alpha|shop)$", "(?i)CREATED", "\\d+", "^GET|user",
					    "ö", "e.*a"};
	static struct pattern *made[COUNT(texts)];
	size_t index = random_below(random, COUNT(texts)), offset;
	struct error error;

	*text_out = str_from(texts[index]);
	if (!made[index])
		assert_int_equal(pattern_new(*text_out, &made[index], &offset, &error), STATUS_OK);
	return made[index];
}

static const uint32_t number_fields = ROW_BIT(ROW_DURATION) | ROW_BIT(ROW_TIME) | ROW_BIT(ROW_LEVEL);
static const uint32_t value_fields =
	ROW_BIT(ROW_BODY) | ROW_BIT(ROW_TAG) | ROW_BIT(ROW_ATTRIBUTE) | ROW_BIT(ROW_RESOURCE);

static struct str hex_of(struct arena *arena, const uint8_t *id, size_t size)
{
	char *text = arena_alloc(arena, 2 * size);

	hex_encode(id, size, text);
	return str_make(text, 2 * size);
}

static struct str random_text(struct random *random, struct arena *arena, enum row_field field)
{
	static const char *const texts[] = {"CreateUser", "api",   "event",   "error",  "success", "rust",
					    "shop",       "alpha", "beta",    "delta",  "server",  "true",
					    "1",          "2",     "NaN",     "",       "größe",   "[]",
					    "client",     "cron",  "created", "orders", "user",    "-1"};
	uint8_t id[TRACE_ID_SIZE];

	if (field == ROW_TRACE_ID) {
		trace_id_of(random_below(random, 42), id);
		return hex_of(arena, id, TRACE_ID_SIZE);
	}
	if (field == ROW_SPAN_ID || field == ROW_PARENT) {
		span_id_of(random_below(random, 50), id);
		return hex_of(arena, id, SPAN_ID_SIZE);
	}
	return str_from(PICK(random, texts));
}

static uint64_t random_number(struct random *random, enum row_field field)
{
	static const uint64_t durations[] = {0, 1, 999, 1000, 2000000, UINT64_MAX};

	if (field == ROW_DURATION)
		return PICK(random, durations);
	if (field == ROW_LEVEL)
		return random_below(random, LEVEL_COUNT);
	return NEW_YEAR_NS + (random_below(random, 3) * 86400 + random_below(random, 20)) * NS_PER_SECOND;
}

static struct operand random_operand(struct random *random, struct arena *arena, enum row_field field)
{
	static const double reals[] = {0.5, -1, 1e9, 2};
	struct operand operand = {.text = random_text(random, arena, field)};

	operand.number = random_number(random, field);
	if (random_chance(random, 40)) {
		operand.type = OPERAND_INTEGER;
		operand.integer = (int64_t)random_below(random, 4) - 1;
		operand.real = (double)operand.integer;
	} else if (random_chance(random, 20)) {
		operand.type = OPERAND_REAL;
		operand.real = PICK(random, reals);
	}
	return operand;
}

static enum predicate_operator random_operator(struct random *random, enum row_field field)
{
	bool is_number = number_fields >> field & 1;

	if (random_chance(random, 15))
		return OPERATOR_EXISTS;
	if (!is_number && random_chance(random, 25))
		return OPERATOR_MATCHES;
	if ((is_number || (value_fields >> field & 1)) && random_chance(random, 50))
		return (enum predicate_operator)(OPERATOR_LESS + random_below(random, 4));
	return OPERATOR_EQUAL;
}

static void make_term(struct random *random, struct arena *arena, struct predicate *leaf)
{
	static const char *const terms[] = {"created", "CREA", "timed out", "out", "gr",
					    "alpha",   "delt", "user",      "get"};
	struct operand *operand = arena_calloc(arena, 1, sizeof(*operand));

	operand->text = str_from(PICK(random, terms));
	leaf->operator= OPERATOR_CONTAINS;
	leaf->is_prefix = random_chance(random, 50);
	leaf->operands = operand;
	leaf->operand_count = 1;
}

static void make_leaf(struct random *random, struct arena *arena, enum row_field field,
		      struct predicate *leaf)
{
	static const char *const keys[] = {"user.id", "http.route", "retry",        "größe",
					   "nested",  "zone",       "service.name", "pid"};
	size_t count = random_chance(random, 30) ? 1 + random_below(random, 3) : 1;
	struct operand *operands = arena_calloc(arena, count, sizeof(*operands));

	*leaf = (struct predicate){.kind = PREDICATE_LEAF,
				   .field = field,
				   .fields = ROW_BIT(field),
				   .key = str_from(PICK(random, keys)),
				   .operator= random_operator(random, field),
				   .is_negated = random_chance(random, 30)};
	if (field == ROW_ANYWHERE) {
		make_term(random, arena, leaf);
		return;
	}
	for (size_t i = 0; i < count; i++)
		operands[i] = random_operand(random, arena, field);
	leaf->operands = operands;
	leaf->operand_count = leaf->operator== OPERATOR_EQUAL ? count : 1;
	if (leaf->operator== OPERATOR_MATCHES)
		leaf->pattern = random_pattern(random, &operands[0].text);
}

static void make_tree(struct random *random, struct arena *arena, const uint8_t *fields, size_t field_count,
		      unsigned depth, struct predicate *tree)
{
	size_t count = 2 + random_below(random, 2);
	struct predicate *parts;

	if (depth == 3 || random_chance(random, 40)) {
		make_leaf(random, arena, (enum row_field)fields[random_below(random, field_count)], tree);
		return;
	}
	parts = arena_calloc(arena, count, sizeof(*parts));
	*tree = (struct predicate){.kind = random_chance(random, 50) ? PREDICATE_ALL : PREDICATE_ANY,
				   .parts = parts,
				   .part_count = count};
	for (size_t i = 0; i < count; i++) {
		make_tree(random, arena, fields, field_count, depth + 1, &parts[i]);
		tree->fields |= parts[i].fields;
	}
}

static const struct predicate *random_predicate(struct random *random, struct arena *arena,
						const uint8_t *fields, size_t field_count)
{
	struct predicate *tree = arena_calloc(arena, 1, sizeof(*tree));

	assert_non_null(tree);
	make_tree(random, arena, fields, field_count, 0, tree);
	return tree;
}

const struct predicate *random_span_predicate(struct random *random, struct arena *arena)
{
	static const uint8_t fields[] = {
		ROW_HANDLER, ROW_TYPE,    ROW_STATUS,   ROW_LANGUAGE,  ROW_SERVICE, ROW_OPERATION,
		ROW_KIND,    ROW_EVENT,   ROW_SCOPE,    ROW_TRACE_ID,  ROW_SPAN_ID, ROW_PARENT,
		ROW_ROOT,    ROW_MESSAGE, ROW_DURATION, ROW_TIME,      ROW_TAG,     ROW_TAG,
		ROW_TAG,     ROW_TAG,     ROW_RESOURCE, ROW_ATTRIBUTE, ROW_ANYWHERE};

	return random_predicate(random, arena, fields, sizeof(fields));
}

const struct predicate *random_log_predicate(struct random *random, struct arena *arena)
{
	static const uint8_t fields[] = {ROW_HANDLER,   ROW_SERVICE, ROW_EVENT, ROW_SCOPE, ROW_TRACE_ID,
					 ROW_SPAN_ID,   ROW_TIME,    ROW_LEVEL, ROW_BODY,  ROW_BODY,
					 ROW_TAG,       ROW_TAG,     ROW_TAG,   ROW_TAG,   ROW_RESOURCE,
					 ROW_ATTRIBUTE, ROW_ANYWHERE};

	return random_predicate(random, arena, fields, sizeof(fields));
}
