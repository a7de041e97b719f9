#include "app/demo/shop.h"

#include <math.h>

static const struct {
	shop_scene *play;
	double weight; /* how often, among all visits */
	double traces; /* that it makes, on average */
} scenes[] = {
	{scene_browse, 30, 1},    {scene_product, 25, 1.2}, {scene_cart, 14, 1},
	{scene_checkout, 9, 7.6}, {scene_register, 4, 2},   {scene_search, 8, 1},
	{scene_upload, 2, 2},     {scene_chat, 5, 4},       {scene_tracking, 3, 1},
};
enum { SCENE_COUNT = sizeof(scenes) / sizeof(scenes[0]) };

static const struct {
	shop_scene *play;
	uint64_t every_ns;
	const char *handler;
} jobs[JOB_COUNT] = {
	{job_restock, 60 * NS_PER_SECOND, "restock-shelves"},
	{job_expire_carts, 30 * NS_PER_SECOND, "shop.jobs.carts.expire_carts"},
	{job_sync_inventory, 120 * NS_PER_SECOND, "inventory.sync"},
	{job_daily_report, 600 * NS_PER_SECOND, "DailyReport"},
};

/* The first time after time_ns at which the shop's clock shows a multiple of every_ns. */
static uint64_t next_tick(const struct shop *shop, uint64_t time_ns, uint64_t every_ns)
{
	uint64_t shift_ns = (uint64_t)shop->play.shift_ns;

	return ((time_ns - shift_ns) / every_ns + 1) * every_ns + shift_ns;
}

void shop_init(struct shop *shop, uint64_t seed, double rate, uint64_t start_ns, uint64_t clock_ns)
{
	*shop = (struct shop){.rate = rate, .now_ns = start_ns, .next_visit_ns = start_ns};
	shop->play.shift_ns = (int64_t)(start_ns - clock_ns);
	shop->play.random.state = seed;
	shop->play.next_order = 100000 + random_below(&shop->play.random, 800000);
	shop->play.next_user = 5000 + random_below(&shop->play.random, 50000);
	shop->export_every_ns = 10 * NS_PER_SECOND;
	shop->next_export_ns = next_tick(shop, start_ns, shop->export_every_ns);
	metrics_init(&shop->play.metrics, start_ns);
	for (size_t i = 0; i < JOB_COUNT; i++)
		shop->next_job_ns[i] = next_tick(shop, start_ns, jobs[i].every_ns);
}

/* Between 0.25 deep in the night and 1 in the evening, quieter at the weekend. */
static double day_curve(const struct shop *shop)
{
	uint64_t time_ns = shop->now_ns - (uint64_t)shop->play.shift_ns;
	double hour = (double)(time_ns / NS_PER_SECOND % 86400) / 3600;
	uint64_t weekday =
		(time_ns / NS_PER_SECOND / 86400 + 4) % 7; /* 1970 began on a Thursday; 0 is Sunday */
	double noon = exp(-pow((hour - 12.5) / 3.2, 2)), evening = exp(-pow((hour - 19.5) / 2.6, 2));
	double busy = 0.25 + 0.55 * noon + 0.75 * evening;

	return (weekday == 0 || weekday == 6) ? busy * 0.75 : busy;
}

static double seconds_between_visits(const struct shop *shop)
{
	double weight = 0, traces = 0;

	for (size_t i = 0; i < SCENE_COUNT; i++) {
		weight += scenes[i].weight;
		traces += scenes[i].weight * scenes[i].traces;
	}
	return traces / weight / shop->rate / (shop->has_day_curve ? day_curve(shop) : 1);
}

static void play_visit(struct shop *shop)
{
	double weight = 0, pick;
	size_t scene = 0;

	for (size_t i = 0; i < SCENE_COUNT; i++)
		weight += scenes[i].weight;
	pick = random_unit(&shop->play.random) * weight;
	while (scene + 1 < SCENE_COUNT && pick >= scenes[scene].weight)
		pick -= scenes[scene++].weight;
	scenes[scene].play(shop, shop->now_ns);
	shop->next_visit_ns +=
		(uint64_t)(random_gap(&shop->play.random, seconds_between_visits(shop)) * 1e9) + 1;
}

static void play_due(struct shop *shop)
{
	if (shop->now_ns == shop->next_visit_ns)
		play_visit(shop);
	for (size_t i = 0; i < JOB_COUNT; i++)
		if (shop->now_ns == shop->next_job_ns[i]) {
			uint64_t late_ns = random_next(&shop->play.random) % (20 * NS_PER_MS);

			/* Now and then the machine that should run it is not there. */
			if (random_chance(&shop->play.random, 0.02))
				truth_miss(&shop->play.truth, jobs[i].handler, shop->now_ns);
			else
				jobs[i].play(shop, shop->now_ns + late_ns);
			shop->next_job_ns[i] += jobs[i].every_ns;
		}
	if (shop->now_ns == shop->next_export_ns) {
		metrics_export(&shop->play, shop->now_ns);
		shop->next_export_ns = next_tick(shop, shop->now_ns, shop->export_every_ns);
	}
}

static uint64_t next_ns(const struct shop *shop)
{
	uint64_t next =
		shop->next_visit_ns < shop->next_export_ns ? shop->next_visit_ns : shop->next_export_ns;

	for (size_t i = 0; i < JOB_COUNT; i++)
		next = shop->next_job_ns[i] < next ? shop->next_job_ns[i] : next;
	return next;
}

void shop_play(struct shop *shop, uint64_t until_ns)
{
	while (next_ns(shop) < until_ns) {
		shop->now_ns = next_ns(shop);
		play_due(shop);
	}
	shop->now_ns = until_ns;
}
