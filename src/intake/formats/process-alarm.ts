// What kind of alarm a process or building alarm is, by its words and its tag. For sources that carry process alarms only: in a
// security product's text these words mean something else.
import type { AlertKind } from '../../domain/alert.ts';
import { isPlantSafety, kindOfWords } from './words.ts';

/** Words of plant safety that mean none of it in these phrases: an ordinary measurement, a machine, a lamp, a network device. */
const ORDINARY =
	/\b(?:(?<!over[ -]?)pressure|(?:natural )?gas (?:meter|consumption|usage|boiler|heater|turbine|engine|flow)|emergency (?:light\w*|generator|lighting)|fire ?wall|trip (?:counter|meter|time)|water flow)\b/gi;
/** ISA-18.2 and ISA-5.1: the second limit, at which a trip is set or an operator must act at once. */
const SECOND_HIGH = /\b(?:hi[ _-]?hi|high[ _-]?high|hh|[plt](?:s?a|s)hh)\b/i;
/** A layer of protection that has acted, in words that `isPlantSafety` does not look for. */
const ACTED = /\b(?:interlocked|e[ -]?stop|emergency stop\w*|process shut ?down|safe state)\b/i;
/** First letter of an ISA-5.1 tag (`PIC-101`, `12-LT_004`): what is measured. */
const TAG = /(?:^|[\s/.:_-])([PLT])[ACDEHIKLQSTYZ]{1,5}[-_ ]?\d/;
const MEASURED = /\b(?:pressure|press|level|temperature|temp)\b/i;
const OFFLINE =
	/\b(?:off ?line|unreachable|not reachable|(?:comm|comms|communications?|connection|connectivity|network|link|signal) (?:\w+ )?(?:fail\w*|lost|loss|error|fault|down|timed? ?out|alarm|interrupted)|(?:lost|loss of|no) (?:comm|comms|communications?|connection|connectivity|contact|signal|response|heartbeat)|not responding|no response|heartbeat|disconnected|device down|bad quality|bad status|power (?:fail\w*|loss|outage)|on battery|timed? ?out)\b/i;
const WORN =
	/\b(?:maintenance|calibrat\w*|service due|service required|bearing\w*|vibration\w*|lubricat\w*|filter (?:dirty|clogged|blocked|change)|dirty filter|run ?time|running hours|runtime limit|battery (?:low|replace\w*|health|end of life)|low battery|replace battery|end of life|wear|worn|sensor (?:fault|fail\w*|drift)|self test|needs? service)\b/i;

/**
 * - `process_safety`: gas, fire, a safety system or relief device, a trip, an interlock or emergency stop that has acted, and the second
 *   high limit of a pressure, level or temperature (there trips are set, and a vessel is lost: IEC 61511, API 2350 for levels);
 * - `availability`: a device, link or signal is lost;
 * - `maintenance`: equipment wears or wants attention;
 * - `process`: all other alarms, an ordinary high or low limit among them.
 *
 * @param tag    the point's name, by ISA-5.1 where the site follows it
 * @param words  condition, class and text of the alarm, as the system says them; what belongs to different fields with ` | ` between
 */
export function processAlarmKind(tag: string | null, words: string): AlertKind {
	const text = spaced(words.slice(0, 4_000));
	const all = `${spaced((tag ?? '').slice(0, 500))} | ${text}`;
	if (kindOfWords(all) === 'process_safety' || isPlantSafety(all.replace(ORDINARY, ' ')) || ACTED.test(all))
		return 'process_safety';
	if (SECOND_HIGH.test(all) && (MEASURED.test(all) || TAG.test(tag ?? ''))) return 'process_safety';
	if (OFFLINE.test(text)) return 'availability';
	return WORN.test(text) ? 'maintenance' : 'process';
}

/** `HighHigh_ALM` in single words, with its capitals kept. */
function spaced(text: string): string {
	return text
		.replace(/([a-z\d])([A-Z])/g, '$1 $2')
		.replace(/[_/.:\\-]+/g, ' ')
		.replace(/\s+/g, ' ');
}
