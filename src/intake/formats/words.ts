// Reads what words of an alarm say when no field does: how bad (`warning`, `P2`, `7`), and whether people or the process are in
// danger. Vendors with a scale of their own do not use this.
import type { AlertKind } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { severityOfTen } from '../../domain/severity.ts';

/** Severity words without a vendor's own scale; ITU-T X.733 (critical, major, minor, warning) and syslog (RFC 5424) among them. */
const SEVERITY_WORDS: Readonly<Record<Severity, readonly string[]>> = {
	critical: [
		'critical',
		'crit',
		'emergency',
		'emerg',
		'fatal',
		'disaster',
		'page',
		'very-high',
		'very high',
		'p1',
		'sev1',
		'severe',
	],
	high: ['high', 'major', 'error', 'err', 'alert', 'p2', 'sev2', 'important'],
	medium: ['medium', 'med', 'moderate', 'warning', 'warn', 'average', 'minor', 'p3', 'sev3'],
	low: ['low', 'notice', 'p4', 'sev4'],
	informational: ['informational', 'information', 'info', 'debug', 'ok', 'none', 'p5', 'sev5', 'cleared'],
};

const BY_WORD = new Map(
	// The keys of the literal above are the severities themselves.
	(Object.entries(SEVERITY_WORDS) as [Severity, readonly string[]][]).flatMap(([severity, words]) =>
		words.map((word): [string, Severity] => [word, severity]),
	),
);

/** Severity of a word, or of a number from 0 to 10; null where it says none. */
export function severityOfWord(text: string | null): Severity | null {
	if (text === null) return null;
	const word = text.trim().toLowerCase();
	if (/^\d{1,2}(?:\.\d{1,6})?$/.test(word)) return severityOfTen(Number(word));
	return BY_WORD.get(word) ?? null;
}

/** How much of one text is read: what is longer is an attachment. */
const WORDS_LENGTH_MAX = 4_000;

const PROCESS_SAFETY =
	/\b(?:gas (?:leak\w*|detect\w*|alarm|concentration|release|cloud|high)|(?:toxic|combustible|flammable|explosive) \w+|h2 ?s|hydrogen sulph?f?ide|lel|(?:ammonia|chlorine|steam|hydrogen|methane) (?:leak|release)|fire (?:alarm|detect\w*|and gas|suppression|damper|pump)|flame (?:detect\w*|failure|loss|out)|smoke (?:alarm|detect\w*)|esd|emergency (?:shut ?down|stop|trip)|e stop|sis (?:trip\w*|demand\w*|fault|bypass\w*|alarm|shutdown|activat\w*)|safety (?:instrumented|trip\w*|shut ?down|valve|interlock|function|demand)|(?:pressure )?relief (?:valve|device)|pressure relief|psv|rupture disc|over ?pressure|burner management|high high pressure|evacuat\w*)\b/;
const PROCESS =
	/\b(?:process (?:value|variable|alarm|deviation)|set ?point|out of range|deviation alarm|(?:tank|vessel|boiler|reactor|pump|flow|level|pressure|temperature|temp) (?:is )?(?:high|low|deviation|alarm|out)|critical (?:state|range))\b/;
const MAINTENANCE =
	/\b(?:certificate expir\w*|cert expir\w*|licen[sc]e expir\w*|maintenance (?:due|needed|required)|calibration|filter change|service due)\b/;

/**
 * The kind that an alarm's words show: process safety (gas, fire, SIS, emergency shutdown, pressure relief: IEC 61511 layers that act
 * when control has failed), process, or maintenance; null where they show none. `GasDetectorHigh` and `gas_detector_high` are words too.
 */
export function kindOfWords(text: string): AlertKind | null {
	const words = wordsOf(text);
	if (PROCESS_SAFETY.test(words)) return 'process_safety';
	if (PROCESS.test(words)) return 'process';
	return MAINTENANCE.test(words) ? 'maintenance' : null;
}

/** Alone these words may mean anything; in an alert about a process they mean that a layer of protection acts, or is about to. */
const PLANT_SAFETY =
	/\b(?:gas|fire|flame|smoke|pressure|over ?pressure|sis|esd|psd|trip|trips|tripped|emergency|safety|relief|psv|prv|burner|toxic|explosi\w*|flammable|h2s|lel|evacuat\w*|interlock)\b/;

/** True where the words of a process alert speak of gas, fire, pressure, a trip or a safety system (IEC 61511 layers). */
export function isPlantSafety(text: string): boolean {
	return PLANT_SAFETY.test(wordsOf(text).replaceAll('round trip', ''));
}

const SESSION =
	/\b(?:log(?:ged|s)? ?(?:on|in|off|out)|sign(?:ed|s)? ?(?:on|in|off|out)|sessions? (?:is |was )?(?:start\w*|end\w*|open\w*|clos\w*|creat\w*|terminat\w*|disconnect\w*))\b/;
const NOT_ROUTINE =
	/\b(?:fail\w*|den(?:y|ied)|invalid|bad|wrong|incorrect|reject\w*|block\w*|brute|attack\w*|suspicious|anomal\w*|unusual|impossible|abnormal|unauthori[sz]ed|malicious|lock(?:ed|out)|multiple|excessive|risky|compromis\w*|hijack\w*|not|unable|could ?n t)\b/;

/** True where the words tell of a log-in, a log-out, or a session's begin or end, and of nothing wrong with it. */
export function isRoutineSession(text: string): boolean {
	const words = wordsOf(text);
	return SESSION.test(words) && !NOT_ROUTINE.test(words);
}

/** What an ASCII character is to words. */
const BETWEEN = 1;
const LOWER_OR_DIGIT = 2;
const UPPER = 3;
const SORTS = Uint8Array.from({ length: 0x80 }, (_, code) => {
	const character = String.fromCharCode(code);
	if (/[\s_\-./:']/.test(character)) return BETWEEN;
	if (/[a-z\d]/.test(character)) return LOWER_OR_DIGIT;
	return /[A-Z]/.test(character) ? UPPER : 0;
});

function sortOf(code: number): number {
	return SORTS[code] ?? (/\s/.test(String.fromCharCode(code)) ? BETWEEN : 0);
}

/**
 * Words in lower case with single spaces: `GasDetectorHigh`, `gas_detector-high` are three. Every alert's words are read, so it is one
 * walk over the text: patterns for the same take four times as long.
 */
export function wordsOf(text: string): string {
	const end = Math.min(text.length, WORDS_LENGTH_MAX);
	let words = '';
	let from = 0;
	let before = 0;
	for (let i = 0; i < end; i++) {
		const code = text.charCodeAt(i);
		const sort = sortOf(code);
		if (sort === BETWEEN) {
			// A run of them is one space; a space alone stays where it is.
			if (before === BETWEEN) {
				if (from < i) words += text.slice(from, i);
				from = i + 1;
			} else if (code !== 0x20) {
				words += `${text.slice(from, i)} `;
				from = i + 1;
			}
		} else if (sort === UPPER && before === LOWER_OR_DIGIT) {
			words += `${text.slice(from, i)} `;
			from = i;
		}
		before = sort;
	}
	return (words + text.slice(from, end)).toLowerCase();
}
