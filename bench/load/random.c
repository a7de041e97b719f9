#include "load/random.h"

#include <math.h>

double random_skewed(struct random *random)
{
	double normal = -6;

	for (int i = 0; i < 12; i++)
		normal += random_unit(random);
	return exp(0.8 * normal);
}
