// Every kind of connector that there is. A kind without a row here fails the tests that go over all of them.
import { ConnectorConfig } from '../../../src/domain/connector.ts';
import { ACCOUNTS, HOSTS, NETWORK, SESSIONS, type StartKind } from './kinds-acting.ts';
import { READING } from './kinds-reading.ts';
import { TICKETS } from './kinds-tickets.ts';

export const KINDS: Readonly<Record<string, StartKind>> = {
	...HOSTS,
	...ACCOUNTS,
	...NETWORK,
	...SESSIONS,
	...TICKETS,
	...READING,
};

/** The kinds that a configuration can name. */
export const NAMED_KINDS: readonly string[] = ConnectorConfig.options.map((option) => option.shape.kind.value);
