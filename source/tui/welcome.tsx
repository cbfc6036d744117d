import {commandTable} from '../cli/command-table.js';
import {hostInUrl} from '../domain/daemon-address.js';
import {addability, type DiscoveredWallet} from '../domain/discovery/match-wallets.js';
import {fitLine, type Line, StyledLines} from './styled-line.js';
import {fitText, wrapText} from './text-width.js';
import {bold, dim} from './theme.js';
import {frameOf, type UiState} from './ui-state.js';
import {currentPid} from './view/view-state.js';

type Step = readonly [command: string, typed: string, about: string];

/** What to do when there is no node, as far as there is a command for it. */
const steps: readonly Step[] = [
	['nodes add', 'nodes add NAME --port 18083', 'add one from a shell'],
	['discover', 'discover --add', 'find those running on this machine'],
	['demo', 'demo', 'show a simulated fleet'],
];

const addFound: Step = ['discover', 'discover --add', 'add them, or show what is missing'];

/** What stands in place of the table while it lists nothing. */
export function Welcome({uiState}: {readonly uiState: UiState}) {
	const {view, listed, isRemote, columns} = uiState;
	const isEmpty = listed.all.length === 0 || view.page.kind === 'found';
	const lines = !isEmpty ? nothingLines(uiState) : isRemote ? remoteEmptyLines : emptyLines(uiState);
	return <StyledLines lines={lines.slice(0, frameOf(uiState).body).map(line => fitLine(line, columns))} />;
}

/** The table of remote hosts that check nothing. */
const remoteEmptyLines: readonly Line[] = [[], [{text: '   No nodes on the remote hosts', style: bold}]];

/** The table when nothing is listed of the nodes there are. */
function nothingLines({view}: UiState): readonly Line[] {
	const what = view.filter === '' ? 'no problems' : `no node matches ${view.filter}`;
	return [[], [{text: `   ${what}`, style: bold}], [{text: '   Esc: show all', style: dim}]];
}

/** The page of a fleet without nodes. */
function emptyLines(uiState: UiState): readonly Line[] {
	const {columns: width, nodesPath, found} = uiState;
	const isAny = found !== undefined && found.length > 0;
	const below: readonly Line[] = [
		[],
		[{text: '   a  ', style: bold}, {text: 'add a monero-wallet-rpc here'}],
		...(found ? [lookAgain] : []),
		...steps.filter(([command]) => !(isAny && command === 'discover')).flatMap(step => stepLines(step, width)),
		[],
		...wrapText(`Nodes are stored in ${nodesPath}`, width - 4).map((text): Line => [{text: `   ${text}`, style: dim}]),
	];
	const above: readonly Line[] = uiState.listed.all.length === 0 ? [[], [{text: '   No nodes yet', style: bold}]] : [];
	return found ? [...above, ...foundPart(uiState, found, above.length + below.length), ...below] : [...above, ...below];
}

const lookAgain: Line = [{text: '   R  ', style: bold}, {text: 'search this machine again'}];
const noneFound = 'No running monero-wallet-rpc is visible to this user on this machine';

/** @param around lines of the page besides these */
function foundPart(uiState: UiState, found: NonNullable<UiState['found']>, around: number): readonly Line[] {
	const {columns: width} = uiState;
	const room = frameOf(uiState).body - around;
	if (found.length === 0) {
		const none = [[], ...wrapText(noneFound, width - 4).map((text): Line => [{text: `   ${text}`}])];
		return [...none, ...unseenLines(uiState, room - none.length)];
	}

	const step = stepLines(addFound, width);
	const height = room - step.length - 2;
	const unseen = unseenLines(uiState, Math.min(mostUnseen, Math.max(height >= 4 ? 1 : 0, height - found.length)));
	const title: Line = [{text: '   Found running on this machine', style: bold}];
	const selected = currentPid(uiState.view, found.map(pidOf));
	return [[], title, ...foundLines(found, height - unseen.length, selected), ...unseen, ...step];
}

/** Lines that say what a search could not see, where there is much of it. */
const mostUnseen = 4;

/** What the search could not see, as far as there is room. @param height lines to take at most */
function unseenLines({unseen, columns: width}: UiState, height: number): readonly Line[] {
	const texts = unseen.map(
		({pid, what, needs}) => `${pid === undefined ? '' : `pid ${pid}: `}${what} could not be read: ${needs}`,
	);
	const isAll = texts.length <= height;
	const shown = isAll ? texts : texts.slice(0, Math.max(0, height - 1));
	const left = texts.length - shown.length;
	return [
		...shown,
		...(left > 0 && height > 0
			? [`${left} ${shown.length === 0 ? 'facts' : 'more'} could not be read: xmrtop discover`]
			: []),
	].map((text): Line => fitLine([{text: `   ${text}`, style: dim}], width - 1));
}

function stepLines([command, typed, about]: Step, width: number): readonly Line[] {
	if (!Object.hasOwn(commandTable, command)) {
		return [];
	}

	const isWide = width >= 76;
	return [
		[
			{text: `   xmrtop ${typed}`, style: bold},
			...(isWide ? [{text: `${' '.repeat(32 - typed.length)}${about}`}] : []),
		],
		...(isWide ? [] : [[{text: `      ${about}`}]]),
	];
}

const pidOf = ({wallet}: DiscoveredWallet): number => wallet.pid;

const addressOf = ({wallet: {definition}}: DiscoveredWallet): string =>
	definition ? `${hostInUrl(definition.host)}:${definition.port}` : 'port unknown';

const noteOf = (wallet: DiscoveredWallet): string =>
	addability(wallet) === 'needs-login' ? 'needs a login: asked for when added' : (wallet.obstacles[0] ?? '');

const widest = (texts: readonly string[], most: number): number =>
	Math.min(most, Math.max(...texts.map(text => text.length)));

/**
 * The wallets that run on this machine, one line each, and that there are more where not all fit.
 * @param height lines to take at most; one is always taken
 */
function foundLines(found: readonly DiscoveredWallet[], height: number, selected: number | undefined): readonly Line[] {
	const isAll = found.length <= height;
	const count = isAll ? found.length : Math.max(1, height - 1);
	const at = found.findIndex(one => pidOf(one) === selected);
	const first = Math.max(0, Math.min(at - count + 1, found.length - count));
	const listed = found.slice(first, first + count);
	const nameWidth = widest(
		listed.map(({name}) => name),
		24,
	);
	const addressWidth = widest(listed.map(addressOf), 24);
	const lines = listed.map(
		(one): Line => [
			{text: pidOf(one) === selected ? ' ❯ ' : '   '},
			{text: `${fitText(one.name, nameWidth)}  ${fitText(addressOf(one), addressWidth)}  pid ${one.wallet.pid}`},
			...(noteOf(one) === '' ? [] : [{text: `  ${noteOf(one)}`, style: dim}]),
		],
	);
	const left = found.length - listed.length;
	return left > 0 && height > 1 ? [...lines, [{text: `   and ${left} more`, style: dim}]] : lines;
}
