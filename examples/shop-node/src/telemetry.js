// Loaded before the application (node --import): everything that the OpenTelemetry SDK needs is here. It reads
// the rest from the OTEL_* environment variables.
import { register } from 'node:module';

// The `all` of the default would also ask the clouds' metadata services, and wait for them.
process.env.OTEL_NODE_RESOURCE_DETECTORS ??= 'env,host,os,process,serviceinstance';
// Express 5 is built on router: instrumented both, every layer would be there twice.
process.env.OTEL_NODE_DISABLED_INSTRUMENTATIONS ??= 'router';

// The hook lets the instrumentations see modules that are loaded with `import`.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
await import('@opentelemetry/auto-instrumentations-node/register');
