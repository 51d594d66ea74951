// The mark of a drill on everything that is posted for its incident: in front of the text that notifications show, and as the first block, where
// no limit of Slack cuts. It goes by the incident's id, never by what a text says. Pure.
import { canonicalHash } from '../domain/canonical.ts';
import { isDrill, markDrill } from '../domain/drill.ts';
import { type Block, bold, type Message, plain, rich } from './blocks.ts';
import { cut } from './text.ts';

const BLOCKS_MAX = 50;
const TEXT_MAX = 3_000;
/** People stand at real machines: what is for hands must not be done by someone who reads only this message. */
const FIRST: Block = rich([
	bold('DRILL. '),
	plain('This is an exercise: no system is called. What is for hands is talked through and attested, NOT done.'),
]);

const FIRST_HASH = canonicalHash(FIRST);

/** What is to be posted, marked where it belongs to a drill. */
export function inDrill<T extends { readonly incident: string | null; readonly render: (id: string) => Message }>(
	wanted: T,
): T {
	if (!isDrill(wanted.incident)) return wanted;
	return { ...wanted, render: (id: string) => marked(wanted.render(id)) };
}

function marked(message: Message): Message {
	const { text, blocks } = message;
	// Begun before and read back from its row, it has the mark: no text that came with an alert makes a block of its own.
	if (blocks[0] !== undefined && canonicalHash(blocks[0]) === FIRST_HASH) return message;
	// One that is too many goes from the end, and never one with buttons.
	const spare = blocks.length < BLOCKS_MAX ? -1 : blocks.findLastIndex((block) => block.type !== 'actions');
	return { text: cut(markDrill(text), TEXT_MAX), blocks: [FIRST, ...blocks.filter((_, at) => at !== spare)] };
}
