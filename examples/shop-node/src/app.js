import express from 'express';
import { log } from './log.js';
import * as shop from './shop.js';

/** The shop's HTTP interface; `publish(event, payload)` hands an event to the queue. */
export function createApp(publish) {
	const app = express();
	app.use(express.json());

	app.get('/products', (_request, response) => {
		response.json(shop.listProducts());
	});
	app.get('/products/:id', (request, response) => {
		response.json(shop.findProduct(Number(request.params.id)));
	});
	app.post('/users', (request, response) => {
		response.status(201).json(shop.createUser(request.body ?? {}));
	});
	app.get('/users/:id', (request, response) => {
		response.json(shop.findUser(Number(request.params.id)));
	});
	app.post('/orders', async (request, response) => {
		response.status(201).json(await shop.placeOrder(request.body ?? {}, publish));
	});
	app.get('/reports/sales', async (_request, response) => {
		response.json(await shop.salesReport());
	});

	app.use(answerError);
	return app;
}

function answerError(error, _request, response, _next) {
	const status = error.httpStatus ?? error.status ?? 500;
	if (status >= 500) log.error({ err: error }, error.message);
	else log.warn({ status }, error.message);
	response.status(status).json({ error: error.message });
}
