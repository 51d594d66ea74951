// Somebody presses Approve and, where a window asks for the name of what is acted on, types words into it.
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';

/** @returns whether a window asked; null where the click itself was not taken */
export async function approveInSlack(
	slack: LocalSlack,
	who: string,
	ts: string,
	typed: string,
): Promise<boolean | null> {
	const click = { channel: 'incidents', ts, action_id: 'approve' };
	if (!(await slack.act.click(who, click)).ok) return null;
	const window = () => slack.state.views(who).find((view) => view.content['callback_id'] === 'approve');
	const view = await slack.waitFor(window, 3_000).catch(() => null);
	if (view === null) return false;
	await slack.act.submit(who, view.id, { confirmation: typed });
	return true;
}
