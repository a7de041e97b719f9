/*
 * checks: what people get wrong, looked for one by one. Each check reports what it found, and where that is not good,
 * what to do.
 *
 * Ownership  everything is borrowed for the call; a finding is good until report returns.
 * Threads    the caller's.
 * Errors     none: what cannot be found out is a finding too.
 */
#ifndef ROHAS_APP_DOCTOR_CHECKS_H
#define ROHAS_APP_DOCTOR_CHECKS_H

#include "config/config.h"

/* NOTE: as it was configured, and worth knowing. WARNING: telemetry may be missing. PROBLEM: it is. */
enum finding_level { FINDING_GOOD, FINDING_NOTE, FINDING_WARNING, FINDING_PROBLEM };

struct finding {
	enum finding_level level;
	const char *subject;             /* "store", "port", … */
	char sentence[512], advice[512]; /* advice: empty where there is nothing to do */
};

typedef void finding_report(void *context, const struct finding *finding);

struct checks {
	const struct config *config;
	finding_report *report;
	void *context;
};

/* Reports a finding whose sentence is made of format; advice may be NULL. */
void check_report(const struct checks *checks, enum finding_level level, const char *subject,
		  const char *advice, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What the configuration alone tells: disabled signals, sampling that keeps nothing, retention, an open door. */
void check_configuration(const struct checks *checks);

/* The store's folder: whether it can be written, how full its disk is, who holds it, which format it has. */
void check_store(const struct checks *checks, bool may_be_held);

/* The disk alone: said at the start of the program too. */
void check_disk(const struct checks *checks);

/* Whether the configured ports are free, or taken by this program (is_running). */
void check_ports(const struct checks *checks, bool is_running);

/* What a running program says of itself. False where none answers at url. */
bool check_program(const struct checks *checks, const char *url, const char *api_key);

#endif
