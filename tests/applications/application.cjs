// A small application: an HTTP call publishes an order, a queue's consumer takes it, a WebSocket client says hello. Nothing
// in here knows of OpenTelemetry; node --require @opentelemetry/auto-instrumentations-node/register does.
const { createServer } = require('node:http');
const amqp = require('amqplib');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');

const queue = 'order.placed';

async function main() {
	const connection = await amqp.connect(process.env.AMQP_URL);
	const channel = await connection.createChannel();
	await channel.assertQueue(queue);
	await channel.consume(queue, (message) => {
		if (message.content.toString() === 'broken') channel.nack(message, false, false);
		else channel.ack(message);
	});

	const server = createServer((request, response) => {
		if (request.method === 'POST') channel.sendToQueue(queue, Buffer.from(request.url.slice(1)));
		response.end();
	});
	new Server(server).on('connection', (socket) => {
		socket.on('hello', (reply) => reply('hello'));
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address();

	const client = io(`ws://127.0.0.1:${port}`, { transports: ['websocket'] });
	await client.emitWithAck('hello');
	client.close();
	console.log(JSON.stringify({ port }));
	process.on('SIGTERM', async () => {
		await connection.close();
		server.closeAllConnections();
		server.close();
	});
}

main();
