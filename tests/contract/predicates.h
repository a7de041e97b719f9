/* predicates: makes predicates at random, from the vocabularies of rows. They live in the arena; patterns are kept. */
#ifndef ROHAS_TESTS_CONTRACT_PREDICATES_H
#define ROHAS_TESTS_CONTRACT_PREDICATES_H

#include "contract/rows.h"
#include "model/predicate.h"

const struct predicate *random_span_predicate(struct random *random, struct arena *arena);
const struct predicate *random_log_predicate(struct random *random, struct arena *arena);

#endif
