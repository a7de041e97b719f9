/* What the shop does. Not a line of telemetry. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "shop.h"

static atomic_int orders, cups = 100;

static void answer(struct output *output, int status, const char *text)
{
	output->status = status;
	snprintf(output->text, sizeof(output->text), "%s", text);
}

/* The body is how many cups: "3". */
static void place_order(const struct input *input, struct output *output)
{
	if (atoi(input->body) < 1) {
		answer(output, 400, "how many cups?");
		return;
	}
	if (!bus_publish("order.placed", input->body)) {
		answer(output, 503, "too many orders wait");
		return;
	}
	snprintf(output->text, sizeof(output->text), "order %d", atomic_fetch_add(&orders, 1) + 1);
	output->status = 201;
}

static void show_product(const struct input *input, struct output *output)
{
	if (strcmp(input->argument, "cup") != 0)
		answer(output, 404, "there is no such product");
	else
		snprintf(output->text, sizeof(output->text), "a cup; %d are left", atomic_load(&cups));
}

static void reserve_stock(const struct input *input, struct output *output)
{
	int wanted = atoi(input->body);

	if (wanted > atomic_load(&cups)) {
		answer(output, 500, "there are not that many cups");
		return;
	}
	atomic_fetch_sub(&cups, wanted);
	bus_publish("stock.reserved", input->body);
}

static void send_confirmation(const struct input *input, struct output *output)
{
	snprintf(output->text, sizeof(output->text), "Dear customer, %s cups are on their way.", input->body);
}

static void print_label(const struct input *input, struct output *output)
{
	snprintf(output->text, sizeof(output->text), "a box of %s cups", input->body);
}

static void restock_shelves(const struct input *input, struct output *output)
{
	(void)input;
	if (atomic_load(&cups) < 50)
		atomic_store(&cups, 100);
	answer(output, 200, "the shelves are full");
}

static void count_orders(const struct input *input, struct output *output)
{
	snprintf(output->text, sizeof(output->text), "%s: %d orders", input->body, atomic_load(&orders));
}

const struct handler api_handlers[] = {
	{.name = "place_order", .run = place_order, .method = "POST", .route = "/orders"},
	{.name = "show_product", .run = show_product, .method = "GET", .route = "/products/{id}"},
	{0},
};
const struct handler event_handlers[] = {
	{.name = "reserve_stock", .run = reserve_stock, .topic = "order.placed"},
	{.name = "send_confirmation", .run = send_confirmation, .topic = "order.placed"},
	{.name = "print_label", .run = print_label, .topic = "stock.reserved"},
	{0},
};
const struct handler websocket_handlers[] = {
	{.name = "count_orders", .run = count_orders, .route = "/live"},
	{0},
};
struct handler cron_jobs[] = {
	{.name = "restock_shelves", .run = restock_shelves, .schedule = "*/10 * * * * *", .every_ms = 10000},
	{0},
};
