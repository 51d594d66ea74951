// Opens and closes the syslog listeners.
import type { DoorSource } from '../intake/http.ts';
import type { createIntake } from '../intake/intake.ts';
import { createRefusals } from '../intake/refusals.ts';
import { type SyslogServer, startSyslog } from '../intake/syslog.ts';
import type { Log } from '../log.ts';
import type { Faults } from './faults.ts';
import type { FlowParts, Watched } from './parts.ts';
import { tellRefused } from './refused.ts';
import { parserOf, revealed, sourceOf } from './sources.ts';

/** Null where interlock.yaml names no listener: then nothing listens. */
export async function openSyslog(
	parts: FlowParts,
	intake: ReturnType<typeof createIntake>,
	faults: Faults,
	watched: Watched,
): Promise<SyslogServer | null> {
	const { config, clock, metrics } = parts;
	if (config.syslog.length === 0) return null;
	const find = sourceOf(parts);
	const known = (listener: string, name: string): DoorSource => {
		const source = find(name);
		if (source === null) throw new Error(`syslog listener ${listener}: there is no source \`${name}\``);
		return source;
	};
	const refusals = createRefusals(clock);
	const { syslog } = config.settings;
	return startSyslog({
		listeners: config.syslog.map(({ name, host, port, transport, tls, source, routes }) => ({
			name,
			host,
			port,
			transport,
			tls: tls === null ? null : revealed(tls),
			source: source === null ? null : known(name, source),
			routes: routes.map((route) => ({
				address: route.address ?? null,
				vendor: route.vendor ?? null,
				product: route.product ?? null,
				source: known(name, route.source),
			})),
		})),
		intake,
		parse: parserOf(parts),
		clock,
		messageBytes: syslog.message_bytes,
		udpBufferBytes: syslog.udp_buffer_bytes,
		connectionsMax: syslog.connections,
		connectionsPerAddress: syslog.connections_per_address,
		idleMs: syslog.idle_timeout,
		onCount: metrics.syslog,
		onDropped: (listener, where, times) => watched.drops.count(listener, where, times, clock()),
		onRefused(source, address, reason) {
			const isNew = !refusals.isOver(source, address) && refusals.count(source, address);
			tellRefused(parts, faults, watched, { source, address, reason, isNew });
		},
		onError: (listener, error) => faults.report(listener, error),
	});
}

export async function closeSyslog(syslog: SyslogServer, log: Log): Promise<void> {
	const left = await syslog.stop();
	if (left > 0) log.error('syslog messages could not be stored before the stop', { lost: left });
}
