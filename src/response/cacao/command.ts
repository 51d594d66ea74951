// One action step of CACAO becomes what our catalogue calls it. Pure. Strictest reading first: what a text says outweighs what a command's
// type says, and a command whose effect nobody can see is never more than text for people. Decisions: safety/.
import type { ActionName } from '../../safety/actions.ts';
import { RUNNABLE } from '../actions/index.ts';
import { readOpenC2, textOfOpenC2, translate } from './openc2.ts';
import { decodeBase64, variablesIn } from './rules-step.ts';
import type { AgentTarget, CacaoPlaybook, Command, WorkflowStep } from './schema.ts';
import { screen } from './screen.ts';

/** What a step becomes. */
export type Meaning = {
	readonly action: ActionName;
	readonly params: Readonly<Record<string, string>>;
	/** The host that it names as what it acts on: a name or address; null where it names none. */
	readonly host: string | null;
	/** Why it is this action, in one sentence for the report. */
	readonly why: string;
	/** Whether the bot may show the text to a person by itself: then it is one that nobody can misread. */
	readonly isHarmless: boolean;
};

/** Commands that are run by something, and the action under which a shell or call of that kind falls (row P03). */
const RAW: Readonly<Record<string, ActionName>> = {
	ssh: 'run_ssh',
	bash: 'run_bash',
	powershell: 'run_powershell',
	'http-api': 'call_http_api',
	'openc2-http': 'run_openc2_http',
	openc2: 'run_openc2_http',
	'caldera-cmd': 'run_caldera',
};

/** Every text of a step that says what to do, with the values of variables put in: the words that a person or machine would see. */
export function textsOf(step: WorkflowStep, playbook: CacaoPlaybook): string[] {
	const parties = [step.agent, ...(step.targets ?? [])].flatMap((id) =>
		id === undefined ? [] : [own(playbook.agent_definitions, id), own(playbook.target_definitions, id)],
	);
	const texts = [
		step.name,
		step.description,
		step.condition,
		step.switch,
		...Object.keys(step.cases ?? {}),
		...(step.commands ?? []).flatMap(textsOfCommand),
		...parties.flatMap((party) => (party === null ? [] : [party.name, party.description])),
	];
	const said = texts.filter((text) => text !== undefined && text.trim() !== '') as string[]; // undefined was taken out
	return [...said, ...valuesIn(said, step, playbook)];
}

/** The values that the variables of some texts have. */
function valuesIn(texts: readonly string[], step: WorkflowStep, playbook: CacaoPlaybook): string[] {
	const used = new Set(texts.flatMap(variablesIn));
	return [...used].flatMap((name) => {
		const value = own(step.step_variables, name)?.value ?? own(playbook.playbook_variables, name)?.value;
		return typeof value === 'string' && value !== '' ? [value] : [];
	});
}

function valuesOf(step: WorkflowStep, playbook: CacaoPlaybook): string[] {
	return valuesIn(
		(step.commands ?? []).flatMap((command) => command.command ?? []),
		step,
		playbook,
	);
}

/** An address, a number, a hash, a domain, a mail address, a web address, a CVE: what is looked up, and says nothing to do. */
const DATA =
	/^(?:\d{1,15}|[0-9a-fA-F:.]{2,45}(?:\/\d{1,3})?|[0-9a-fA-F]{32,128}|(?:https?:\/\/)?(?:[\w.+-]{1,64}@)?[a-zA-Z0-9-]{1,63}(?:\.[a-zA-Z0-9-]{1,63}){1,8}(?:[/?][\w./?=&%-]{0,200})?|CVE-\d{4}-\d{4,7})$/;

function isData(value: string): boolean {
	return DATA.test(value);
}

function own<T>(dictionary: Readonly<Record<string, T>> | undefined, key: string): T | null {
	return dictionary !== undefined && Object.hasOwn(dictionary, key) ? (dictionary[key] ?? null) : null;
}

function textsOfCommand(command: Command): (string | undefined)[] {
	const inside = [command.command_b64, command.content_b64].map((text) => {
		const bytes = text === undefined ? null : decodeBase64(text);
		if (bytes === null) return undefined;
		const isOpenC2 = command.type === 'openc2-http' || command.type === 'openc2';
		return (isOpenC2 ? textOfOpenC2(bytes) : null) ?? Buffer.from(bytes).toString('utf8');
	});
	return [
		command.command,
		command.content,
		command.description,
		...inside,
		...Object.values(command.headers ?? {}).flat(),
	];
}

/** What an action step means to us. Several commands in one step are as strict as the strictest. */
export function meaningOf(step: WorkflowStep, playbook: CacaoPlaybook): Meaning {
	const commands = step.commands ?? [];
	const host = hostOf(step, playbook);
	const meaning = (action: ActionName, why: string): Meaning => ({ action, params: {}, host, why, isHarmless: false });
	const screened = screen(textsOf(step, playbook));
	if (screened.action !== null) return meaning(screened.action, 'its text speaks of this');
	const [first] = commands;
	if (first === undefined) return meaning('do_imported_step', 'it has no command: its text is all there is');
	if (commands.every((command) => command.type === 'manual')) {
		if (!isHarmless(commands) || !valuesOf(step, playbook).every(isData))
			return meaning('do_imported_step', 'a manual command that is not known to be harmless');
		return { ...meaning('ask_person', 'a manual command of looking, asking or telling (row P01)'), isHarmless: true };
	}
	if (commands.length === 1 && (first.type === 'openc2-http' || first.type === 'openc2')) {
		const translated = meaningOfOpenC2(first);
		// An action of ours takes its own parameters: where the message does not fill them, it stays a message.
		const runnable = translated === null ? undefined : RUNNABLE.get(translated.action);
		if (translated !== null && (runnable === undefined || runnable.params.safeParse(translated.params).success))
			return translated;
	}
	const raw = commands.map((command) => (Object.hasOwn(RAW, command.type) ? RAW[command.type] : undefined));
	const [kind] = raw;
	if (kind !== undefined && raw.every((one) => one === kind))
		return meaning(kind, `a command of type ${first.type}: its effect cannot be seen`);
	return meaning('do_imported_step', 'commands of kinds that no action of ours stands for');
}

function isHarmless(commands: readonly Command[]): boolean {
	const orders = commands.flatMap((command) => [command.command ?? '', command.description ?? '']);
	const isOpen = commands.every((command) => command.command_b64 === undefined);
	return isOpen && screen(orders.filter((text) => text !== '')).isHarmless;
}

function meaningOfOpenC2(command: Command): Meaning | null {
	const bytes = command.content_b64 === undefined ? null : decodeBase64(command.content_b64);
	const read = bytes === null ? null : readOpenC2(bytes);
	const pair = read === null ? null : translate(read);
	if (read === null || read.value === null || pair === null) return null;
	return {
		action: pair.action,
		params: pair.is === 'indicator' ? { indicator: read.value } : {},
		host: pair.is === 'host' ? read.value : null,
		why: `OpenC2 \`${read.action}\` of \`${read.target}\` means the same`,
		isHarmless: false,
	};
}

const ADDRESS = /^[\p{L}\p{N}][\p{L}\p{N}.:_-]{0,119}$/u;

/** The first address of the step's targets. */
function hostOf(step: WorkflowStep, playbook: CacaoPlaybook): string | null {
	const parties = (step.targets ?? []).flatMap((id) => own<AgentTarget>(playbook.target_definitions, id) ?? []);
	const addresses = parties.flatMap((party) =>
		['ipv4', 'ipv6', 'dname', 'l2mac'].flatMap((kind) => own(party.address, kind) ?? []),
	);
	return addresses.filter((one) => typeof one === 'string' && ADDRESS.test(one)).map(String)[0] ?? null;
}
