// auth, team, users and user groups: who is who.
import { SlackApiError } from '../api-error.ts';
import type { JsonObject } from '../json.ts';
import { pageOf } from '../pages.ts';
import type { SlackGroup, SlackPerson, Workspace } from '../workspace.ts';
import type { Method } from './call.ts';

function personJson(workspace: Workspace, person: SlackPerson): JsonObject {
	return {
		id: person.id,
		team_id: workspace.team.id,
		name: person.name,
		real_name: person.realName,
		deleted: false,
		tz: 'Etc/UTC',
		tz_label: 'Coordinated Universal Time',
		tz_offset: 0,
		is_admin: false,
		is_bot: false,
		is_app_user: false,
		profile: {
			real_name: person.realName,
			display_name: person.name,
			title: person.title ?? '',
			...(person.email === undefined ? {} : { email: person.email }),
			team: workspace.team.id,
		},
	};
}

function botJson(workspace: Workspace): JsonObject {
	const { userId, botId, appId, name, realName } = workspace.bot;
	const profile = {
		real_name: realName,
		display_name: name,
		bot_id: botId,
		api_app_id: appId,
		team: workspace.team.id,
	};
	return {
		id: userId,
		team_id: workspace.team.id,
		name,
		real_name: realName,
		deleted: false,
		is_bot: true,
		is_app_user: false,
		tz_offset: 0,
		profile,
	};
}

const authTest: Method = ({ workspace, url }) => ({
	ok: true,
	url: `${url}/`,
	team: workspace.team.name,
	user: workspace.bot.name,
	team_id: workspace.team.id,
	user_id: workspace.bot.userId,
	bot_id: workspace.bot.botId,
	is_enterprise_install: false,
});

const info: Method = ({ args, workspace }) => {
	const id = args.required('user');
	if (id === workspace.bot.userId) return { ok: true, user: botJson(workspace) };
	const person = workspace.person(id);
	if (!person) throw new SlackApiError('user_not_found');
	return { ok: true, user: personJson(workspace, person) };
};

const list: Method = ({ args, workspace }) => {
	const all = [...workspace.people.map((person) => personJson(workspace, person)), botJson(workspace)];
	const page = pageOf(all, args, 200, 1_000);
	return {
		ok: true,
		members: page.items,
		cache_ts: Math.floor(workspace.now() / 1000),
		response_metadata: page.metadata,
	};
};

const lookupByEmail: Method = ({ args, workspace }) => {
	const email = args.required('email').toLowerCase();
	const person = workspace.people.find((candidate) => candidate.email?.toLowerCase() === email);
	if (!person) throw new SlackApiError('users_not_found');
	return { ok: true, user: personJson(workspace, person) };
};

function groupJson(workspace: Workspace, group: SlackGroup, withUsers: boolean): JsonObject {
	return {
		id: group.id,
		team_id: workspace.team.id,
		is_usergroup: true,
		name: group.name ?? group.handle,
		handle: group.handle,
		description: '',
		date_delete: 0,
		user_count: group.users.length,
		...(withUsers ? { users: group.users } : {}),
	};
}

const groups: Method = ({ args, workspace }) => ({
	ok: true,
	usergroups: workspace.groups.map((group) => groupJson(workspace, group, args.flag('include_users'))),
});

const groupUsers: Method = ({ args, workspace }) => {
	const group = workspace.groups.find((candidate) => candidate.id === args.required('usergroup'));
	if (!group) throw new SlackApiError('no_such_subteam');
	return { ok: true, users: group.users };
};

const team: Method = ({ workspace }) => ({ ok: true, team: { ...workspace.team, email_domain: '', icon: {} } });

/** Slack's own echo: gives the arguments back, and fails where it is told to. */
const apiTest: Method = ({ args }) => {
	if (args.has('error')) throw new SlackApiError(args.text('error'));
	return { ok: true, args: args.has('foo') ? { foo: args.text('foo') } : {} };
};

export const PEOPLE_METHODS: { readonly [name: string]: Method } = {
	'api.test': apiTest,
	'auth.test': authTest,
	'team.info': team,
	'users.info': info,
	'users.list': list,
	'users.lookupByEmail': lookupByEmail,
	'usergroups.list': groups,
	'usergroups.users.list': groupUsers,
};
