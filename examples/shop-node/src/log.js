import { pino } from 'pino';

// Ordinary pino: the instrumentation adds the ids of the current span to each line and sends a copy over OTLP.
export const log = pino({ level: process.env.LOG_LEVEL ?? 'debug' });
