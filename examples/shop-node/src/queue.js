// An in-process queue that behaves like a broker: a message is published in one trace and handled in another,
// and the handler's span points back at the publisher's with a link.
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { log } from './log.js';

const tracer = trace.getTracer('shop-queue', '1.0.0');

export class Queue {
	#subscribers = new Map();
	#running = new Set();
	#nextId = 1;

	/** Calls `handler(payload)` for each message of this event, in a trace of its own. */
	subscribe(event, handler) {
		const handlers = this.#subscribers.get(event) ?? [];
		this.#subscribers.set(event, [...handlers, handler]);
	}

	/** Hands a message over; its handlers start later, when the publisher's request has gone on. */
	publish(event, payload) {
		const attributes = messaging(event, 'send', 'send');
		tracer.startActiveSpan(`send ${event}`, { kind: SpanKind.PRODUCER, attributes }, (span) => {
			const message = { id: String(this.#nextId++), event, payload, headers: {} };
			span.setAttribute('messaging.message.id', message.id);
			propagation.inject(context.active(), message.headers);
			for (const handler of this.#subscribers.get(event) ?? []) this.#schedule(message, handler);
			span.end();
		});
	}

	/** Resolves when every message that was published has been handled. */
	async drained() {
		while (this.#running.size > 0) await Promise.all(this.#running);
	}

	#schedule(message, handler) {
		const run = new Promise((resolve) => setTimeout(resolve, 5))
			.then(() => handle(message, handler))
			.finally(() => this.#running.delete(run));
		this.#running.add(run);
	}
}

async function handle(message, handler) {
	const publisher = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, message.headers));
	const options = {
		kind: SpanKind.CONSUMER,
		links: publisher ? [{ context: publisher }] : [],
		attributes: {
			...messaging(message.event, 'process', 'process'),
			'messaging.message.id': message.id,
			'messaging.consumer.group.name': 'shop',
			'code.function.name': handler.name,
		},
	};
	await tracer.startActiveSpan(`process ${message.event}`, options, ROOT_CONTEXT, async (span) => {
		try {
			await handler(message.payload);
		} catch (error) {
			log.error({ err: error, event: message.event }, `${handler.name} failed`);
			span.recordException(error);
			span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
		} finally {
			span.end();
		}
	});
}

function messaging(event, type, name) {
	return {
		'messaging.system': 'shop-queue',
		'messaging.destination.name': event,
		'messaging.operation.type': type,
		'messaging.operation.name': name,
	};
}
