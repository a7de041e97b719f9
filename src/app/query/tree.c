/* tree: a trace as the tree of its spans, each with its place in time. */
#include <stdlib.h>

#include "app/query/draw.h"
#include "app/text/text.h"
#include "app/text/units.h"
#include "base/clock.h"

enum { DEPTH_SHOWN = 24 }; /* deeper spans stand at this depth, with a number that says how deep they are */

static const size_t none = SIZE_MAX;

struct node {
	json_t *span;
	struct str id, parent_id;
	uint64_t start_ns, end_ns;
	size_t parent, first_child, next_sibling;
	size_t depth; /* below the root that it is drawn under */
	bool is_drawn;
};

struct tree {
	struct node *nodes; /* in the answer's order: by start */
	size_t *by_id;
	size_t count;
	uint64_t start_ns, end_ns; /* of the whole */
};

static int compare_ids(const void *a, const void *b, void *context)
{
	const struct node *nodes = context;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int order = str_compare(nodes[x].id, nodes[y].id);

	return order ? order : (x > y) - (x < y);
}

static size_t find_node(const struct tree *tree, struct str id)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_compare(tree->nodes[tree->by_id[middle]].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < tree->count && str_equal(tree->nodes[tree->by_id[low]].id, id) ? tree->by_id[low] : none;
}

static void read_nodes(struct tree *tree, json_t *spans)
{
	for (size_t i = 0; i < tree->count; i++) {
		json_t *span = json_array_get(spans, i);

		tree->nodes[i] = (struct node){
			.span = span,
			.id = member_text(span, "span_id"),
			.parent_id = member_text(span, "parent_span_id"),
			.start_ns = member_time(span, "start_time"),
			.end_ns = member_time(span, "end_time"),
			.parent = none,
			.first_child = none,
			.next_sibling = none,
		};
		tree->by_id[i] = i;
	}
	qsort_r(tree->by_id, tree->count, sizeof(size_t), compare_ids, tree->nodes);
}

/* From the last to the first, so that each list of children is in order of start. */
static void link_nodes(struct tree *tree)
{
	for (size_t i = tree->count; i-- > 0;) {
		struct node *node = &tree->nodes[i];

		node->parent = node->parent_id.size ? find_node(tree, node->parent_id) : none;
		if (node->parent == i)
			node->parent = none;
		if (node->parent == none)
			continue;
		node->next_sibling = tree->nodes[node->parent].first_child;
		tree->nodes[node->parent].first_child = i;
	}
}

/* ---- cells ---- */

/* What stands before the name: "│  ├─ ". The nearest ancestors say which lines go on. */
static void append_branches(struct buffer *out, const struct tree *tree, size_t index)
{
	const char *pieces[DEPTH_SHOWN];
	size_t count = 0, depth = tree->nodes[index].depth;

	for (size_t at = index; count < depth && count < DEPTH_SHOWN; at = tree->nodes[at].parent) {
		bool goes_on = tree->nodes[at].next_sibling != none;

		pieces[count++] = at == index ? (goes_on ? "├─ " : "└─ ") : (goes_on ? "│  " : "   ");
	}
	while (count-- > 0)
		buffer_append_c(out, pieces[count]);
	if (depth > DEPTH_SHOWN)
		buffer_printf(out, "(%zu deep) ", depth);
}

static struct str service_of(json_t *span)
{
	json_t *attributes = json_object_get(json_object_get(span, "resource"), "attributes");

	return member_text(attributes, "service.name");
}

/* "api", "event ConfirmOrder", "→ order.placed". The handler's name only where the span's does not say it. */
static void put_handler(struct grid *grid, json_t *span)
{
	json_t *handler = json_object_get(span, "handler");
	struct str name = member_text(handler, "name"), event = member_text(span, "published_event");
	struct buffer text = BUFFER_EMPTY;

	if (json_is_object(handler))
		buffer_append_str(&text, member_text(handler, "type"));
	if (name.size && !str_equal(name, member_text(span, "operation_name"))) {
		buffer_append_byte(&text, ' ');
		buffer_append_str(&text, name);
	}
	if (event.size) {
		buffer_append_c(&text, "→ ");
		buffer_append_str(&text, event);
	}
	grid_put(grid, buffer_str(&text), GRID_PLAIN);
	buffer_release(&text);
}

/* A span's place in the trace: whole cells, or a thin line where it is shorter than half of one. */
static void append_bar(struct buffer *out, const struct tree *tree, const struct node *node, size_t cells)
{
	double whole = (double)(tree->end_ns - tree->start_ns), scale = whole > 0 ? (double)cells / whole : 0;
	uint64_t end_ns = node->end_ns > node->start_ns ? node->end_ns : node->start_ns;
	double from = (double)(node->start_ns - tree->start_ns) * scale;
	double to = (double)(end_ns - tree->start_ns) * scale;
	size_t first = (size_t)from < cells ? (size_t)from : cells - 1;
	size_t last = (size_t)(to + 0.5) < cells ? (size_t)(to + 0.5) : cells;

	for (size_t i = 0; i < first; i++)
		buffer_append_byte(out, ' ');
	if (to - from < 0.5 && whole > 0)
		buffer_append_c(out, "▏");
	else
		for (size_t i = first; i < last || i == first; i++)
			buffer_append_c(out, "█");
}

static void put_node(struct grid *grid, const struct tree *tree, size_t index, size_t cells)
{
	const struct node *node = &tree->nodes[index];
	bool is_bad = member_is(node->span, "status", "error");
	struct buffer name = BUFFER_EMPTY;

	append_branches(&name, tree, index);
	buffer_append_c(&name, is_bad ? "✗ " : "");
	buffer_append_str(&name, member_text(node->span, "operation_name"));
	grid_put(grid, buffer_str(&name), is_bad ? GRID_BAD : GRID_PLAIN);
	buffer_release(&name);
	put_handler(grid, node->span);
	grid_put(grid, service_of(node->span), GRID_PLAIN);
	units_duration(&grid->scratch, member_duration(node->span, "duration_ms"));
	grid_put_scratch(grid, GRID_PLAIN);
	append_bar(&grid->scratch, tree, node, cells);
	grid_put_scratch(grid, is_bad ? GRID_BAD : GRID_GOOD);
}

/* A root and all below it, without recursion: a trace may be a chain of a hundred thousand spans. */
static void put_below(struct grid *grid, struct tree *tree, size_t root, size_t cells)
{
	size_t at = root;

	for (;;) {
		struct node *node = &tree->nodes[at];

		if (!node->is_drawn)
			put_node(grid, tree, at, cells);
		node->is_drawn = true;
		if (node->first_child != none && !tree->nodes[node->first_child].is_drawn) {
			tree->nodes[node->first_child].depth = node->depth + 1;
			at = node->first_child;
			continue;
		}
		while (at != root && (tree->nodes[at].next_sibling == none ||
				      tree->nodes[tree->nodes[at].next_sibling].is_drawn))
			at = tree->nodes[at].parent;
		if (at == root)
			return;
		tree->nodes[tree->nodes[at].next_sibling].depth = tree->nodes[at].depth;
		at = tree->nodes[at].next_sibling;
	}
}

/* Roots first; spans that are each other's parents have none, and are drawn all the same. */
static void put_nodes(struct grid *grid, struct tree *tree, size_t cells)
{
	for (size_t i = 0; i < tree->count; i++)
		if (tree->nodes[i].parent == none)
			put_below(grid, tree, i, cells);
	for (size_t i = 0; i < tree->count; i++)
		if (!tree->nodes[i].is_drawn)
			put_below(grid, tree, i, cells);
}

/* ---- the whole ---- */

static void write_summary(const struct frame *frame, json_t *answer, const struct tree *tree)
{
	struct buffer *out = frame->out;
	size_t errors = 0, i;
	json_t *service;

	for (i = 0; i < tree->count; i++)
		errors += member_is(tree->nodes[i].span, "status", "error");
	buffer_printf(out, "%strace %.*s%s\n", grid_style_on(GRID_STRONG, frame->has_color),
		      STR_ARG(member_text(answer, "trace_id")),
		      grid_style_off(GRID_STRONG, frame->has_color));
	units_time(out, tree->start_ns, true);
	buffer_append_byte(out, ' ');
	units_zone(out, tree->start_ns);
	buffer_append_c(out, ", ");
	units_duration(out, tree->end_ns - tree->start_ns);
	buffer_append_c(out, ", ");
	units_count(out, tree->count);
	buffer_append_c(out, tree->count == 1 ? " span" : " spans");
	if (errors)
		buffer_printf(out, ", %s%zu failed%s", grid_style_on(GRID_BAD, frame->has_color), errors,
			      grid_style_off(GRID_BAD, frame->has_color));
	json_array_foreach(json_object_get(answer, "services"), i, service)
	{
		buffer_append_c(out, i ? ", " : "; ");
		text_append_clean(out, str_make(json_string_value(service), json_string_length(service)));
	}
	if (json_is_false(json_object_get(answer, "complete")))
		buffer_append_c(out, "; incomplete: the root, or the parent of a span, is not here");
	buffer_append_c(out, "\n\n");
}

static size_t timeline_cells(const struct frame *frame)
{
	size_t cells = frame->width / 5;

	return frame->width == 0 || cells > 40 ? 40 : cells < 10 ? 10 : cells;
}

size_t draw_trace(const struct frame *frame, json_t *answer)
{
	static const struct grid_column columns[] = {
		{"SPAN", false, 24, 0},   {"HANDLER", false, 10, 2}, {"SERVICE", false, 12, 3},
		{"DURATION", true, 0, 0}, {"TIMELINE", false, 0, 1},
	};
	json_t *spans = json_object_get(answer, "spans");
	struct tree tree = {
		.count = json_array_size(spans),
		.start_ns = member_time(answer, "start_time"),
		.end_ns = member_time(answer, "end_time"),
	};
	struct grid grid;

	tree.nodes = calloc(tree.count + 1, sizeof(*tree.nodes));
	tree.by_id = calloc(tree.count + 1, sizeof(*tree.by_id));
	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	if (tree.nodes && tree.by_id) {
		read_nodes(&tree, spans);
		link_nodes(&tree);
		write_summary(frame, answer, &tree);
		put_nodes(&grid, &tree, timeline_cells(frame));
		grid_write(&grid, frame->out, frame->width, frame->has_color);
	} else {
		frame->out->failed = true;
	}
	grid_release(&grid);
	free(tree.nodes);
	free(tree.by_id);
	return tree.count;
}
