// Zeek's notice.log (with BZAR and other packages), weird.log and intel.log as a source of its own; other logs in the feed are read as
// kind zeek-ics reads them.
import type { SourceKind } from './source-kind.ts';
import { splitZeek, zeekIcs } from './zeek-ics.ts';

export const zeekNotice: SourceKind = {
	name: 'zeek-notice',
	aliases: [],
	title: 'Zeek notices, weirds and intel hits',
	vendor: 'Zeek',
	domain: null,
	forms: [
		"`notice.log`, `weird.log` and `intel.log` as Zeek's text logs with their `#separator` header",
		'the same as JSON, one record a line, flat, nested or wrapped by a shipper',
	],
	severities: [
		['a notice or an intel hit: Zeek states none', null],
		['a weird (kind `audit` unless a policy raised it to a notice): Zeek states none', null],
	],
	identity:
		'note, source, destination, port, and the ATT&CK techniques that the text names; a weird or intel hit by name or indicator and ends',
	setup: [
		'Let a shipper (Vector, Fluent Bit, Filebeat) post `notice.log` to `https://HOST/v1/alerts/zeek-notice` with the bearer token.',
		'In `local.zeek` choose what becomes a notice (`Notice::policy`), and load `bzar` for ATT&CK techniques.',
	],
	notHandled: [
		'`actions` and `suppress_for` are labels: what Zeek does about a notice changes nothing here',
		'rows without the header lines are told only where the log can be told from its columns',
	],
	splitJson: splitZeek,
	readJson: zeekIcs.readJson,
	readCef: null,
	ownsCef: null,
	readText: zeekIcs.readText,
};
