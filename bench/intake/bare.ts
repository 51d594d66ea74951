// The bare server: node:http parses the body and answers. What no program on node:http can beat. The port goes out by IPC.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
	const parts: Buffer[] = [];
	request.on('data', (chunk: Buffer) => parts.push(chunk));
	request.on('end', () => {
		const alerts = JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown[];
		const answer = Buffer.from(JSON.stringify({ alerts: alerts.length }));
		response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length });
		response.end(answer);
	});
});
server.listen(0, '127.0.0.1', () => {
	const address = server.address();
	process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));
