import { createApp } from './app.js';
import { every } from './jobs.js';
import { log } from './log.js';
import { Queue } from './queue.js';
import { reserveStock, restockShelves, sendConfirmation } from './shop.js';

const queue = new Queue();
queue.subscribe('order.placed', reserveStock);
queue.subscribe('order.placed', sendConfirmation);

const stopRestocking = every(Number(process.env.RESTOCK_EVERY_MS ?? 10_000), restockShelves);

const app = createApp((event, payload) => queue.publish(event, payload));
const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', (error) => {
	if (error) {
		log.fatal({ err: error }, 'The shop could not open');
		process.exit(1);
	}
	log.info({ port: server.address().port }, 'The shop is open');
});

// The SDK sends what it still holds at SIGTERM, and when nothing is left to run: so close everything and let
// the process end by itself.
let closing = false;
async function close() {
	if (closing) return;
	closing = true;
	log.info('The shop closes');
	stopRestocking();
	server.close();
	server.closeIdleConnections();
	await queue.drained();
}
process.on('SIGTERM', close);
process.on('SIGINT', close);
