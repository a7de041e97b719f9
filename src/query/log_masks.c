#include "query/log_masks.h"

#include <ctype.h>

/* A place in a line, and what was written of it. */
struct masking {
	const char *at, *end;
	char *out;
	size_t size;
};

static void put(struct masking *masking, const char *bytes, size_t size)
{
	memcpy(masking->out + masking->size, bytes, size);
	masking->size += size;
}

static void put_mask(struct masking *masking, const char *mask, size_t consumed)
{
	put(masking, mask, strlen(mask));
	masking->at += consumed;
}

static bool is_alnum(const char *at, const char *end)
{
	return at < end && (isalnum((unsigned char)*at) || *at == '_');
}

/* How many digits stand at at. */
static size_t digits(const char *at, const char *end)
{
	size_t size = 0;

	while (at + size < end && isdigit((unsigned char)at[size]))
		size++;
	return size;
}

static size_t hex_digits(const char *at, const char *end)
{
	size_t size = 0;

	while (at + size < end && isxdigit((unsigned char)at[size]))
		size++;
	return size;
}

/* form: 'd' is a digit, 'x' a hexadecimal one, anything else itself. 0 where it does not stand here. */
static size_t match_form(const char *at, const char *end, const char *form)
{
	size_t size = strlen(form);

	if ((size_t)(end - at) < size)
		return 0;
	for (size_t i = 0; i < size; i++) {
		bool fits = form[i] == 'd'   ? isdigit((unsigned char)at[i]) != 0
			    : form[i] == 'x' ? isxdigit((unsigned char)at[i]) != 0
					     : at[i] == form[i];

		if (!fits)
			return 0;
	}
	return size;
}

/* hh:mm:ss with a fraction and a zone, where they are there. */
static size_t clock_size(const char *at, const char *end)
{
	size_t size = match_form(at, end, "dd:dd:dd"), zone;

	if (size == 0)
		return 0;
	if (at + size < end && (at[size] == '.' || at[size] == ',') && digits(at + size + 1, end))
		size += 1 + digits(at + size + 1, end);
	if (at + size < end && at[size] == 'Z')
		return size + 1;
	zone = match_form(at + size, end, "+dd:dd");
	return size + (zone ? zone : match_form(at + size, end, "-dd:dd"));
}

static size_t time_size(const char *at, const char *end)
{
	size_t size = match_form(at, end, "dddd-dd-dd");

	if (size == 0)
		size = match_form(at, end, "dddd/dd/dd");
	if (size == 0)
		return clock_size(at, end);
	if (at + size < end && (at[size] == 'T' || at[size] == ' ') && clock_size(at + size + 1, end))
		size += 1 + clock_size(at + size + 1, end);
	return size;
}

static size_t ip_size(const char *at, const char *end)
{
	size_t size = 0, colons = 0;

	for (int part = 0; part < 4; part++) {
		size_t count = digits(at + size, end);

		if (count == 0 || count > 3)
			break;
		size += count;
		if (part == 3) {
			if (at + size < end && at[size] == ':' && digits(at + size + 1, end))
				size += 1 + digits(at + size + 1, end);
			return size;
		}
		if (at + size >= end || at[size] != '.')
			break;
		size++;
	}
	for (size = 0; at + size < end && (isxdigit((unsigned char)at[size]) || at[size] == ':'); size++)
		colons += at[size] == ':';
	return colons >= 3 ? size : 0;
}

/* A number, with its sign, fraction and exponent; letters may follow as its unit. */
static size_t number_size(const char *at, const char *end)
{
	size_t size = digits(at, end);

	while (size && at + size < end && (at[size] == '.' || at[size] == ',') && digits(at + size + 1, end))
		size += 1 + digits(at + size + 1, end);
	return size;
}

enum { LONGEST_UNIT = 3, LEAST_HASH = 8 };

static size_t word_size(const char *at, const char *end)
{
	size_t size = 0;

	while (is_alnum(at + size, end))
		size++;
	return size;
}

/* A word with digits in it: an id where both mix, else its letters with <num> between them. */
static void mask_word(struct masking *masking, size_t size)
{
	const char *word = masking->at, *end = word + size;
	size_t digit_count = 0, changes = 0;

	for (size_t i = 0; i < size; i++) {
		digit_count += isdigit((unsigned char)word[i]) != 0;
		changes += i && !isdigit((unsigned char)word[i]) != !isdigit((unsigned char)word[i - 1]);
	}
	if (digit_count < 2) {
		put(masking, word, size);
		masking->at = end;
	} else if ((size >= LEAST_HASH && hex_digits(word, end) == size) || changes >= 3 ||
		   (word[0] == '0' && size > 2 && word[1] == 'x')) {
		put_mask(masking, "<id>", size);
	} else {
		while (masking->at < end) {
			size_t count = digits(masking->at, end);

			if (count)
				put_mask(masking, "<num>", count);
			else
				put(masking, masking->at++, 1);
		}
	}
}

/* What begins with a letter or a digit. */
static void mask_lexeme(struct masking *masking)
{
	const char *at = masking->at, *end = masking->end;
	size_t word = word_size(at, end), size;

	if ((size = match_form(at, end, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) &&
	    !is_alnum(at + size, end)) {
		put_mask(masking, "<id>", size);
	} else if ((size = time_size(at, end)) && !is_alnum(at + size, end)) {
		put_mask(masking, "<time>", size);
	} else if ((size = ip_size(at, end)) && !is_alnum(at + size, end)) {
		put_mask(masking, "<ip>", size);
	} else if ((size = number_size(at, end)) && (size >= word || word - size <= LONGEST_UNIT) &&
		   digits(at + size, at + (word > size ? word : size)) == 0 &&
		   !(word > size && word_size(at + size, end) > LONGEST_UNIT)) {
		put_mask(masking, "<num>", size);
		for (size = word_size(masking->at, end); size > 0; size--)
			put(masking, masking->at++, 1);
	} else {
		mask_word(masking, word);
	}
}

/* What stands in quotes, with them; 0 where a quote is an apostrophe, or is not closed. */
static size_t quoted_size(const struct masking *masking, const char *begin)
{
	const char *at = masking->at;
	const char *close;

	if (at > begin && is_alnum(at - 1, masking->end))
		return 0;
	close = memchr(at + 1, *at, (size_t)(masking->end - at - 1));
	if (!close || is_alnum(close + 1, masking->end))
		return 0;
	return (size_t)(close + 1 - at);
}

size_t log_mask(struct str line, char out[LOG_MASKED_BYTES], struct str words_out[LOG_WORDS_MOST])
{
	size_t shown = line.size < LOG_LINE_BYTES ? line.size : LOG_LINE_BYTES, count = 0, first = 0;
	struct masking masking = {line.data, line.data + shown, out, 0};
	bool is_cut = line.size > shown;

	while (masking.at < masking.end && count < LOG_WORDS_MOST - 1) {
		size_t quoted = 0;

		if (isspace((unsigned char)*masking.at)) {
			masking.at++;
			if (masking.size > first) {
				words_out[count++] = str_make(out + first, masking.size - first);
				out[masking.size++] = ' ';
				first = masking.size;
			}
			continue;
		}
		if (*masking.at == '"' || *masking.at == '\'' || *masking.at == '`')
			quoted = quoted_size(&masking, line.data);
		if (quoted)
			put_mask(&masking, "<str>", quoted);
		else if (is_alnum(masking.at, masking.end))
			mask_lexeme(&masking);
		else
			put(&masking, masking.at++, 1);
	}
	if (masking.size > first)
		words_out[count++] = str_make(out + first, masking.size - first);
	if ((is_cut || masking.at < masking.end) && count) {
		words_out[count - 1] = str_from("<*>");
	}
	return count;
}
