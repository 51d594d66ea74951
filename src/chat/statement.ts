// `POST /v1/facts`: a person states a fact from a form, a control-room panel or a script of their own, with their own token. The same command,
// checks and entry as `/interlock fact`; nothing else can be done through this door. NOT here: the HTTP of it (intake/http.ts).
import { z } from 'zod';
import { err, ok, type Result } from '../domain/result.ts';
import { type Desk, performCommand } from './perform.ts';
import { checkPersonToken } from './person-token.ts';

export type StatementRequest = {
	/** Header `X-Interlock-Person`, and the token of `Authorization: Bearer`. */
	readonly person: string | null;
	readonly token: string | null;
	readonly body: string;
};

/** `status` and `body` as they are sent; 401 where the token proves nobody. */
export type StatementAnswer = { readonly status: number; readonly body: { readonly [key: string]: string } };

const Body = z.strictObject({
	name: z.string().min(1).max(100),
	subject: z.string().min(1).max(500),
	value: z.union([z.boolean(), z.string().min(1).max(100)]),
	/** `90m`, `2h`, `1d`; without it as long as a statement in chat. */
	for: z.string().min(1).max(10).optional(),
	reason: z.string().max(1_000).optional(),
});

/** States the fact, or says why not. What is refused is an entry, as on every other way; a wrong token is counted and recorded by the door. */
export async function takeStatement(
	desk: Desk,
	key: () => Result<Uint8Array, string>,
	request: StatementRequest,
): Promise<StatementAnswer> {
	const who = proved(desk, key, request);
	if (!who.ok) return who.error;
	const read = bodyOf(request.body);
	if (!read.ok) return { status: 400, body: { error: 'invalid_body', reason: read.error } };
	const { name, subject, value, for: holds, reason } = read.value;
	const word = value === true ? 'yes' : value === false ? 'no' : value;
	const words = [name, subject, word, ...(holds === undefined ? [] : ['for', holds]), ...(reason?.split(/\s+/) ?? [])];
	const answer = await performCommand(
		desk,
		{ person: who.value, id: who.value.id, groups: [], via: 'http' },
		'fact',
		words,
	);
	const { outcome, reply } = answer;
	if (outcome === 'done') return { status: 200, body: { outcome, reply } };
	return { status: outcome === 'refused' ? 403 : 400, body: { error: outcome, reason: reply } };
}

function proved(
	{ directory, now }: Desk,
	key: () => Result<Uint8Array, string>,
	{ person, token }: StatementRequest,
): Result<Desk['directory']['people'][number], StatementAnswer> {
	const no = (reason: string, status = 401): Result<never, StatementAnswer> =>
		err({ status, body: { error: status === 401 ? 'not_proved' : 'unable', reason } });
	if (person === null || token === null)
		return no(
			'send X-Interlock-Person with your id and Authorization: Bearer with your token (interlock person token ID)',
		);
	const held = key();
	if (!held.ok) return no('no person token has been made on this server yet', 503);
	const checked = checkPersonToken(held.value, person, token, now());
	if (!checked.ok)
		return no(checked.error === 'ended' ? 'the token has ended' : 'the token is not that of this person');
	const known = directory.people.find((one) => one.id === person);
	return known === undefined ? no('nobody of that id is in people.yaml') : ok(known);
}

function bodyOf(text: string): Result<z.infer<typeof Body>, string> {
	try {
		const read = Body.safeParse(JSON.parse(text));
		return read.success ? ok(read.data) : err(z.prettifyError(read.error).slice(0, 500));
	} catch (fault) {
		if (!(fault instanceof SyntaxError)) throw fault;
		return err('the body is no JSON: {"name", "subject", "value", "for"?, "reason"?}');
	}
}
