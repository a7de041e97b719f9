#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

extern "C" {
#include "base/status.h"
#include "base/str.h"
}

#include "config/toml.h"

namespace
{

struct walk {
	toml_visit *visit;
	void *context;
};

toml_place place_of(const toml::source_region &source)
{
	return {source.begin.line, source.begin.column};
}

bool is_bare(std::string_view part)
{
	constexpr std::string_view bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	return !part.empty() && part.find_first_not_of(bare) == std::string_view::npos;
}

std::string path_join(const std::string &above, std::string_view part)
{
	std::string path = above.empty() ? above : above + '.';

	if (is_bare(part))
		return path.append(part);
	return path.append("\"").append(part).append("\"");
}

toml_kind kind_of(const toml::node &node)
{
	switch (node.type()) {
	case toml::node_type::table: return TOML_IS_TABLE;
	case toml::node_type::array: return TOML_IS_ARRAY;
	case toml::node_type::string: return TOML_IS_STRING;
	case toml::node_type::integer: return TOML_IS_INTEGER;
	case toml::node_type::floating_point: return TOML_IS_FLOAT;
	case toml::node_type::boolean: return TOML_IS_BOOLEAN;
	default: return TOML_IS_TIME;
	}
}

std::string text_of(const toml::node &node)
{
	std::ostringstream out;

	if (auto *string = node.as_string())
		return string->get();
	node.visit([&out](const auto &value) {
		if constexpr (toml::is_value<decltype(value)>)
			out << value;
	});
	return out.str();
}

/* text backs value.text and must outlive it. */
toml_value value_of(const toml::node &node, std::string &text)
{
	toml_value value{};

	value.kind = kind_of(node);
	value.place = place_of(node.source());
	text = text_of(node);
	value.text = str_make(text.data(), text.size());
	value.integer = node.value_or(int64_t{0});
	value.real = node.value_or(0.0);
	value.boolean = node.value_or(false);
	return value;
}

bool visit_node(const walk &walk, const std::string &path, toml_place key_place, const toml::node &node)
{
	std::string text;
	toml_value value = value_of(node, text);
	std::vector<toml_value> items;
	std::vector<std::string> texts;

	if (auto *array = node.as_array()) {
		texts.resize(array->size());
		for (size_t i = 0; i < array->size(); i++)
			items.push_back(value_of((*array)[i], texts[i]));
		value.items = items.data();
		value.item_count = items.size();
	}
	return walk.visit(walk.context, str_make(path.data(), path.size()), key_place, &value);
}

void walk_table(const walk &walk, const std::string &path, const toml::table &table);

void walk_node(const walk &walk, const std::string &path, toml_place key_place, const toml::node &node)
{
	if (!visit_node(walk, path, key_place, node))
		return;
	if (auto *table = node.as_table())
		walk_table(walk, path, *table);
	if (auto *array = node.as_array())
		for (size_t i = 0; i < array->size(); i++)
			if (auto *table = (*array)[i].as_table())
				walk_node(walk, path + '[' + std::to_string(i) + ']',
					  place_of(table->source()), *table);
}

void walk_table(const walk &walk, const std::string &path, const toml::table &table)
{
	for (auto &&[key, node] : table)
		walk_node(walk, path_join(path, key.str()), place_of(key.source()), node);
}

} // namespace

extern "C" enum status toml_walk(struct str text, toml_visit *visit, void *context,
				 struct toml_place *place_out, struct error *error)
{
	try {
		toml::table document = toml::parse(std::string_view(text.data, text.size));

		walk_table({visit, context}, "", document);
		return STATUS_OK;
	} catch (const toml::parse_error &failure) {
		std::string sentence(failure.description());

		*place_out = place_of(failure.source());
		return error_set(error, STATUS_INVALID, "%s", sentence.c_str());
	} catch (const std::bad_alloc &) {
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	}
}
