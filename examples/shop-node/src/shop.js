// What the shop knows and does. Nothing here is about telemetry but two spans of its own, a counter and the logs.
import { setTimeout as sleep } from 'node:timers/promises';
import { metrics, trace } from '@opentelemetry/api';
import { log } from './log.js';

const tracer = trace.getTracer('shop', '1.0.0');
const meter = metrics.getMeter('shop', '1.0.0');
const ordersPlaced = meter.createCounter('shop.orders.placed', {
	unit: '{order}',
	description: 'Orders placed',
});
const orderValue = meter.createHistogram('shop.order.value', {
	unit: 'EUR',
	description: 'Value of an order',
});

const products = [
	{ id: 1, name: 'Kettle', price: 39.9, stock: 40 },
	{ id: 2, name: 'Teapot', price: 24.5, stock: 25 },
	{ id: 3, name: 'Cup', price: 6.2, stock: 400 },
	{ id: 4, name: 'Tea, 100 g', price: 8.4, stock: 90 },
];
const users = new Map();
const orders = new Map();

/** An answer that the customer is to see, with its HTTP status. */
export class ShopError extends Error {
	constructor(httpStatus, message) {
		super(message);
		this.name = 'ShopError';
		this.httpStatus = httpStatus;
	}
}

export function listProducts() {
	return products;
}

export function findProduct(id) {
	const product = products.find((each) => each.id === id);
	if (!product) throw new ShopError(404, `There is no product ${id}`);
	return product;
}

export function createUser({ name, email }) {
	if (!name || !email) throw new ShopError(400, 'A user needs a name and an email');
	const user = { id: users.size + 1, name, email };
	users.set(user.id, user);
	log.info({ user_id: user.id }, 'User created');
	return user;
}

export function findUser(id) {
	const user = users.get(id);
	if (!user) throw new ShopError(404, `There is no user ${id}`);
	return user;
}

/** Takes the goods from the shelf, charges the card, and tells the rest of the shop through `publish`. */
export async function placeOrder({ user_id, product_id, quantity = 1, card = 'ok' }, publish) {
	const user = findUser(user_id);
	const product = findProduct(product_id);
	if (product.stock < quantity) throw new ShopError(409, `Only ${product.stock} of ${product.name} are left`);
	const total = Math.round(product.price * quantity * 100) / 100;

	await charge(card, total);
	product.stock -= quantity;
	const order = { id: orders.size + 1, user_id: user.id, product_id, quantity, total, state: 'placed' };
	orders.set(order.id, order);
	ordersPlaced.add(1, { 'product.name': product.name });
	orderValue.record(total, { 'product.name': product.name });
	log.info({ order_id: order.id, total }, 'Order placed');
	publish('order.placed', { order_id: order.id });
	return order;
}

async function charge(card, total) {
	await tracer.startActiveSpan('charge card', { attributes: { 'payment.total': total } }, async (span) => {
		try {
			await sleep(10 + 20 * Math.random());
			if (card === 'broken') throw new Error('The payment provider did not answer');
		} catch (error) {
			span.recordException(error);
			span.setStatus({ code: 2, message: error.message });
			throw error;
		} finally {
			span.end();
		}
	});
}

/** Handles order.placed. */
export async function reserveStock({ order_id }) {
	await sleep(5);
	const order = orders.get(order_id);
	order.state = 'reserved';
	log.debug({ order_id, product_id: order.product_id }, 'Stock reserved');
}

/** Handles order.placed. */
export async function sendConfirmation({ order_id }) {
	const { user_id, quantity } = orders.get(order_id);
	await tracer.startActiveSpan('render mail', async (span) => {
		await sleep(8);
		span.end();
	});
	if (quantity > 50) throw new Error(`The mail server refused the confirmation of order ${order_id}`);
	log.info({ order_id, user_id }, 'Confirmation sent');
}

/** Runs by the clock. */
export async function restockShelves() {
	const low = products.filter((each) => each.stock < 20);
	for (const product of low) {
		product.stock += 50;
		log.warn({ product_id: product.id, stock: product.stock }, 'Product was low and is restocked');
	}
	log.debug({ restocked: low.length }, 'Shelves checked');
}

/** A report that takes its time. */
export async function salesReport() {
	await sleep(600 + 400 * Math.random());
	const total = [...orders.values()].reduce((sum, each) => sum + each.total, 0);
	return { orders: orders.size, total: Math.round(total * 100) / 100 };
}
