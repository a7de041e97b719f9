// A customer's visit: calls each endpoint of a running shop, the failing and the slow ones too.
const shop = process.env.SHOP_URL ?? `http://localhost:${process.env.PORT ?? 8080}`;

async function call(method, path, body) {
	const response = await fetch(shop + path, {
		method,
		headers: { 'content-type': 'application/json' },
		body: body && JSON.stringify(body),
	});
	console.log(`${method} ${path} -> ${response.status}`);
	return response.json();
}

const user = await call('POST', '/users', { name: 'Ada', email: 'ada@example.org' });
await call('GET', '/products');
await call('GET', '/products/2');
await call('POST', '/orders', { user_id: user.id, product_id: 2, quantity: 1 });
await call('POST', '/orders', { user_id: user.id, product_id: 3, quantity: 60 });
await call('GET', '/products/99');
await call('POST', '/orders', { user_id: user.id, product_id: 1, card: 'broken' });
await call('GET', `/users/${user.id}`);
await call('GET', '/reports/sales');
