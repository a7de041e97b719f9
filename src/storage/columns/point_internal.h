/*
 * point_internal: what the two halves of point_reader share: finding series (point_reader.c) and reading their
 * points (point_values.c). Not for other folders.
 */
#ifndef ROHAS_STORAGE_COLUMNS_POINT_INTERNAL_H
#define ROHAS_STORAGE_COLUMNS_POINT_INTERNAL_H

#include "storage/columns/builder_internal.h"
#include "storage/columns/point_reader.h"

/* How many runs of samples of each kind the series before have, and so on: where the next series' begin. */
struct position {
	size_t row, integer, real, distribution, bucket, shapeless, exemplar;
};

/* A series before its attributes are read. */
struct series_outline {
	const struct metric *metric;
	size_t length;
	uint64_t kind, bucket_count;
};

/* A series whose points are being read: the first of them in a batch, by their place in the series. */
struct series_points {
	struct point_series series;
	struct series_outline outline;
	const struct position *at;
	size_t index;
	const uint64_t *times, *starts;
	size_t *chosen; /* places of the points that are wanted */
	size_t chosen_count;
	struct metric_point *points; /* beside chosen */
};

static inline struct samples *points_samples(struct point_reader *reader, enum point_samples field)
{
	return &reader->samples[field - FIRST_SAMPLES_FIELD];
}

enum status points_no_memory(const struct point_reader *reader, struct error *error);
enum status points_damaged(const struct point_reader *reader, const char *what, struct error *error);

/* A list of times, of which the caller knows how long it must be. */
enum status points_list(struct point_reader *reader, uint64_t list, size_t length, const uint64_t **times_out,
			struct error *error);

/* Adds the points of the series that lie in the filter's range. */
enum status points_read(struct point_reader *reader, const struct point_filter *filter,
			struct series_points *run, struct batch *batch_out, struct error *error);

#endif
