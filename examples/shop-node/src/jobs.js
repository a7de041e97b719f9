// A job that runs by the clock: each run is a trace of its own, marked as started by a timer.
import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { log } from './log.js';

const tracer = trace.getTracer('shop-jobs', '1.0.0');

/** Runs `job` every `periodMs` until the returned function is called. */
export function every(periodMs, job) {
	const timer = setInterval(() => runJob(job, periodMs), periodMs);
	return () => clearInterval(timer);
}

export async function runJob(job, periodMs) {
	const attributes = { 'faas.trigger': 'timer', 'faas.name': job.name, 'job.period_ms': periodMs };
	await tracer.startActiveSpan(job.name, { attributes, root: true }, ROOT_CONTEXT, async (span) => {
		try {
			await job();
		} catch (error) {
			log.error({ err: error, job: job.name }, 'Job failed');
			span.recordException(error);
			span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
		} finally {
			span.end();
		}
	});
}
