#include "baseline/feed.h"

#include <stdlib.h>

#include "load/random.h"
#include "load/workload.h"

enum { BODIES = 64, SEED = 1 };

struct feed {
	struct workload workload;
	uint64_t number; /* of the next request */
};

const char feed_needle_key[] = "shop.tenant", feed_needle_value[] = "needle-found";

struct feed *feed_new(uint32_t items_per_request)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (feed && !workload_init(&feed->workload, SIGNAL_TRACES, BODIES, items_per_request, SEED)) {
		free(feed);
		return NULL;
	}
	return feed;
}

void feed_free(struct feed *feed)
{
	if (feed)
		workload_release(&feed->workload);
	free(feed);
}

struct str feed_next(struct feed *feed, uint64_t now_ns, bool has_needle)
{
	uint64_t number = feed->number++;
	struct body *body = &feed->workload.bodies[number % BODIES];
	/* As the load generator's sender has them. */
	const struct stamp stamp = {
		.base = random_mix(SEED) + number * BODY_SLOTS,
		.now_ns = now_ns,
		.stretch_q16 = 49152 + (random_mix(number) & 32767),
		.age = body->sent_count++,
		.has_needle = has_needle,
	};

	body_refresh(body, &stamp);
	return buffer_str(&body->bytes);
}
