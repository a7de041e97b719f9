/*
 * shop: what happens in the shop: customers who look, buy and chat, events that follow, jobs that run.
 *
 * Ownership  the shop owns its play.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds; rates are traces a second.
 * Errors     none.
 */
#ifndef ROHAS_APP_DEMO_SHOP_H
#define ROHAS_APP_DEMO_SHOP_H

#include "app/demo/play.h"

enum { VIEWS_A_BATCH = 5, JOB_COUNT = 4 };

struct shop {
	struct play play;
	struct mark views[VIEWS_A_BATCH]; /* published, not yet taken by the index */
	size_t view_count;
	uint64_t now_ns;
	uint64_t next_visit_ns, next_export_ns, next_job_ns[JOB_COUNT];
	uint64_t export_every_ns;
	double rate;
	bool has_day_curve; /* fewer customers at night */
};

/*
 * Nobody has come yet at start_ns. clock_ns is what the shop's own clock shows then: the hours of its day,
 * its jobs and its bad moments go by that, so that two shops with one seed and one clock differ in nothing
 * but the date. rate, export_every_ns and has_day_curve may be changed at any time.
 */
void shop_init(struct shop *shop, uint64_t seed, double rate, uint64_t start_ns, uint64_t clock_ns);

/* Plays everything that begins before until_ns. */
void shop_play(struct shop *shop, uint64_t until_ns);

/* One scene each, beginning at start_ns. */
typedef void shop_scene(struct shop *shop, uint64_t start_ns);

shop_scene scene_browse, scene_product, scene_cart, scene_register, scene_search,
	scene_upload;                  /* shop_api.c */
shop_scene scene_checkout;             /* shop_order.c */
shop_scene scene_chat, scene_tracking; /* shop_jobs.c */
shop_scene job_restock, job_expire_carts, job_sync_inventory, job_daily_report;

#endif
