import type {RemoteScreen} from '../cli/command.js';
import type {ScreenStore} from './screen-store.js';
import type {CommandName} from './view/commands.js';
import {currentId} from './view/view-state.js';

const readOnly = 'read-only with --connect: change it on the remote host';
const ownInterval = 'read-only: ssh hosts check at their own interval';

/** Commands that would change what other hosts do. */
export const editing: ReadonlySet<CommandName> = new Set([
	'add',
	'edit',
	'remove',
	'toggle',
	'choose-method',
	'method-pid',
	'method-port',
	'method-api',
	'method-full',
] as const);

/** Commands that do something for hosts that are asked for their documents. */
const asking: ReadonlySet<CommandName> = new Set(['slower', 'faster'] as const);

/** @returns why a command does nothing while hosts are connected; `undefined` when it does */
export function refusalOf(
	{isAsked, isAskable}: RemoteScreen,
	store: Pick<ScreenStore, 'getScene'>,
): (command: CommandName) => string | undefined {
	return command => {
		if (editing.has(command)) {
			return readOnly;
		}

		if (asking.has(command) && !isAsked) {
			return ownInterval;
		}

		if (command !== 'check-all' && command !== 'check-node') {
			return undefined;
		}

		const {view, listed} = store.getScene();
		return isAskable(command === 'check-all' ? undefined : currentId(view, listed.ids)) ? undefined : ownInterval;
	};
}
