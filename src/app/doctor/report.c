#include <stdarg.h>
#include <stdio.h>

#include "app/doctor/checks.h"

void check_report(const struct checks *checks, enum finding_level level, const char *subject,
		  const char *advice, const char *format, ...)
{
	struct finding finding = {.level = level, .subject = subject};
	va_list args;

	va_start(args, format);
	vsnprintf(finding.sentence, sizeof(finding.sentence), format, args);
	va_end(args);
	snprintf(finding.advice, sizeof(finding.advice), "%s", advice ? advice : "");
	checks->report(checks->context, &finding);
}
