/* log_source: the columns of log records for a question that counts them, wherever they come from. */
#ifndef ROHAS_QUERY_LOG_SOURCE_H
#define ROHAS_QUERY_LOG_SOURCE_H

#include "query/log_analysis.h"

/*
 * Gives what fold asks for of every record that meets handled too (log_query.handled; NULL: any) to visit: from the store, or, where handlers have to be looked up, one by
 * one. reach_out lacks the count of lines.
 */
enum status log_source_fold(struct query *query, const struct log_fold *fold, const struct predicate *handled,
			    log_visit *visit, void *context, struct log_reach *reach_out,
			    struct error *error);

#endif
