// Words that belong to plants and to little else: products, protocols and things of industrial control. The trained domain
// model has seen few OT texts, so a name like Modbus must not need an example. Pure. Curated by hand, from the trade.

// Both patterns are plain alternations: linear.
const STRONG =
	/\b(plcs?|rtus?|scada|hmis?|ics|operational technology|industrial (control|automation|protocol|process|network|system)s?|control (system network|logic)|modbus|dnp3|iec ?-?(60870|61850|104|62443)|opc([ -]?(ua|da))?|s7comm|s7-\d+|profinet|profibus|ethernet\/ip|bacnet|knx|lonworks|codesys|omron|fins|triconex|tricon|tristation|siprotec|wincc|step ?7|simatic|tia portal|rslogix|studio 5000|controllogix|unity pro|citect|wonderware|intouch|factorytalk|ignition gateway|field ?(device|controller|bus|network)s?|(process|safety) (control|controller|instrumented|variable|alarm)s?|set ?points?|function blocks?|ladder logic|control logic|engineering workstations?|historians?|substations?|circuit breakers?|protective relays?|protection relays?|turbines?|centrifuges?|blast furnace|pumps?|valves?|actuators?|water treatment|power grid|electric (grid|utility|utilities)|industroyer\d?|claroty|radiflow|isid|nozomi|dragos|defender for iot|eyeinspect|seckiot|microscada|ob1|ob35|distributed control|sis|circuit breaker|breakers|stuxnet|triton|trisis|incontroller|pipedream|havex|blackenergy|building (automation|management)|operator (station|console|screen)s?|plant (floor|operator|network)s?|ot (network|asset|device|environment|system|protocol)s?|iot\/ot)\b/g;
const WEAK =
	/\b(controllers?|firmware|operators?|devices?|alarms?|project files?|telemetry|asset management|plant|physical|automation|protocols?|serial|sensor readings?|facility|equipment|energy|utility|safety|process (state|values?|data)|ladder|downgrade|engineering|vendor(-| )specific)\b/g;

/** Different strong and weak words in a text, at most three of each. */
export function otWordsOf(text: string): { readonly strong: number; readonly weak: number } {
	const lower = text.toLowerCase();
	return { strong: distinct(lower, STRONG), weak: distinct(lower, WEAK) };
}

function distinct(text: string, pattern: RegExp): number {
	const found = new Set<string>();
	for (const match of text.matchAll(pattern)) {
		found.add(match[0].replace(/s$/, ''));
		if (found.size === 3) break;
	}
	return found.size;
}
