// Opens the queue of reminders, and tells of jobs in it that are none of ours.
import type { Config } from '../config/config.ts';
import { openReminders } from '../queue/backend.ts';
import { createForeignTeller } from '../response/foreign-job.ts';
import { cryptoRandom } from '../store/record.ts';
import type { Faults } from './faults.ts';
import type { FlowParts } from './parts.ts';

export function openQueue(parts: FlowParts, faults: Faults): ReturnType<typeof openReminders> {
	const { config } = parts;
	return openReminders({
		url: config.environment.redisUrl?.reveal() ?? parts.runUrl,
		onFault: (_where, error) => faults.set('queue', queueWords(config, error)),
		onWell: () => faults.set('queue', null),
		onForeign: foreignJob(parts, faults),
	});
}

/** A job in the queue that is none of ours does nothing, and is told. */
function foreignJob({ database, clock }: FlowParts, faults: Faults): (topic: string, what: string) => void {
	const tell = createForeignTeller(database, clock, cryptoRandom, (error) => faults.report('queue', error));
	return (topic, what) => {
		faults.report('queue', `a job of topic ${topic} that Interlock did not write: it is not used`);
		tell(topic, what);
	};
}

/** What still holds, in the words of the person who has to act. */
function queueWords(config: Config, error: Error): string {
	const redis = config.environment.redisUrl;
	const where = redis === null ? 'PostgreSQL' : `Redis (\`REDIS_URL\` host \`${new URL(redis.reveal()).host}\`)`;
	return `the queue on ${where} does not answer (${error.message.slice(0, 200)}): alerts are accepted and stored; nothing runs until it is back`;
}
