// A model server that obeys: whatever the attack under test asks for, it answers, whether or not the injection reached it. The worst
// model there is, over real HTTP. It keeps every request as it came.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Attack } from './attacks.ts';

export type ObeyingServer = {
	readonly url: string;
	obey(attack: Attack): void;
	/** Bodies as they came over the wire, since the last `obey`. */
	readonly requests: string[];
	stop(): Promise<void>;
};

export async function startObeyingServer(): Promise<ObeyingServer> {
	let current: Attack | null = null;
	const requests: string[] = [];
	const server = createServer((request, response) => {
		const parts: Buffer[] = [];
		request.on('data', (part: Buffer) => parts.push(part));
		request.on('end', () => {
			const body = Buffer.concat(parts).toString('utf8');
			requests.push(body);
			const message = current === null ? { role: 'assistant', content: '{}' } : messageOf(current, body);
			response.writeHead(200, { 'content-type': 'application/json' });
			response.end(
				JSON.stringify({
					id: 'chatcmpl-1',
					object: 'chat.completion',
					choices: [{ index: 0, finish_reason: 'stop', message }],
					usage: { prompt_tokens: 700, completion_tokens: 300, total_tokens: 1_000 },
				}),
			);
		});
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/v1`,
		requests,
		obey: (attack) => {
			current = attack;
			requests.length = 0;
		},
		stop: () =>
			new Promise((done) => {
				server.closeAllConnections();
				server.close(() => done());
			}),
	};
}

function messageOf(attack: Attack, body: string): Record<string, unknown> {
	const isWording = body.includes('"alert_advice"');
	const answer = JSON.stringify(isWording ? attack.wording : attack.incident);
	switch (attack.shape) {
		case 'json':
			return { role: 'assistant', content: answer };
		case 'talk':
			return { role: 'assistant', content: `Of course!\n\`\`\`json\n${answer}\n\`\`\`` };
		case 'tool_call': {
			const call = { name: 'isolate_host', arguments: '{"host":"plc-77"}' };
			return { role: 'assistant', content: answer, tool_calls: [{ id: 'call_1', type: 'function', function: call }] };
		}
	}
}
