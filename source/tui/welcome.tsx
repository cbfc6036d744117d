import {Box} from 'ink';
import {commandTable} from '../cli/command-table.js';
import {hostInUrl} from '../domain/daemon-address.js';
import {addability, type DiscoveredWallet} from '../domain/discovery/match-wallets.js';
import {cellPadding, PlainTable, type TableData} from './plain-table.js';
import {fitLine, type Line, StyledLines} from './styled-line.js';
import {displayWidth, truncateText, wrapText} from './text-width.js';
import {bold, dim} from './theme.js';
import {frameOf, type UiState} from './ui-state.js';
import {selectedFoundPid} from './view/view-state.js';

type Step = readonly [command: string, typed: string, about: string];

/** The commands to suggest when there are no nodes. */
const steps: readonly Step[] = [
	['nodes add', 'nodes add NAME --port 18083', 'add one from a shell'],
	['discover', 'discover --add', 'find those running on this machine'],
	['demo', 'demo', 'show a simulated fleet'],
];

const addFound: Step = ['discover', 'discover --add', 'add them, or show what is missing'];

/** The page shown instead of an empty table. */
export function Welcome({uiState}: {readonly uiState: UiState}) {
	const {view, listed, isRemote, columns} = uiState;
	const isEmpty = listed.all.length === 0 || view.page.kind === 'found';
	const parts = !isEmpty ? [nothingLines(uiState)] : isRemote ? [remoteEmptyLines] : emptyParts(uiState);
	return (
		<Box flexDirection="column" height={frameOf(uiState).body} overflow="hidden">
			{parts.map((part, place) => {
				const key = place;
				return 'rows' in part ? (
					<PlainTable key={key} data={part} margin={0} />
				) : (
					<StyledLines key={key} lines={part.map(line => fitLine(line, columns))} />
				);
			})}
		</Box>
	);
}

/** Lines, or the table of discovered wallets. */
type Part = readonly Line[] | TableData;

/** The page for remote hosts without nodes. */
const remoteEmptyLines: readonly Line[] = [[], [{text: '   No nodes on the remote hosts', style: bold}]];

/** The page when the filter matches no node. */
function nothingLines({view}: UiState): readonly Line[] {
	const what = view.filter === '' ? 'no problems' : `no node matches ${view.filter}`;
	return [[], [{text: `   ${what}`, style: bold}], [{text: '   Esc: show all', style: dim}]];
}

/** The page of a fleet without nodes. */
function emptyParts(uiState: UiState): readonly Part[] {
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
	if (!found) {
		return [above, below];
	}

	// On a low terminal the wallets need the lines more than what is said around them.
	return isAny && frameOf(uiState).body < minBody
		? foundParts(uiState, found, 0)
		: [above, ...foundParts(uiState, found, above.length + below.length), below];
}

/** Number of lines from which on there is room for more than the found wallets. */
const minBody = 14;

const lookAgain: Line = [{text: '   R  ', style: bold}, {text: 'search this machine again'}];
const noneFound = 'No running monero-wallet-rpc is visible to this user on this machine';

/** @param around number of other lines on the page */
function foundParts(uiState: UiState, found: NonNullable<UiState['found']>, around: number): readonly Part[] {
	const {columns: width} = uiState;
	const room = frameOf(uiState).body - around;
	if (found.length === 0) {
		const none = [[], ...wrapText(noneFound, width - 4).map((text): Line => [{text: `   ${text}`}])];
		return [none, unseenLines(uiState, room - none.length)];
	}

	const step = stepLines(addFound, width);
	const title: readonly Line[] = [
		...(around === 0 ? [] : [[]]),
		[{text: '   Found running on this machine', style: bold}],
	];
	const height = room - step.length - title.length - 1;
	const unseen = unseenLines(uiState, Math.min(maxUnseen, Math.max(height >= 4 ? 1 : 0, height - found.length)));
	const selected = selectedFoundPid(uiState.view, found.map(pidOf));
	return [title, ...foundTable(found, height - unseen.length, {selected, width}), unseen, step];
}

/** Maximum number of lines about what a search could not read. */
const maxUnseen = 4;

/** What the search could not read, as far as there is room. @param height maximum number of lines */
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

const [nameTitle, addressTitle, processTitle, noteTitle] = ['  NAME', 'ADDRESS', 'PROCESS', 'NOTE'] as const;
/** Minimum width for showing the process. */
const processFromWidth = 60;
/** Minimum width of a note. */
const minNote = 10;

interface FoundPlace {
	/** Pid of the selected wallet. */
	readonly selected: number | undefined;
	readonly width: number;
}

/**
 * The discovered wallets, one per line, with a line about the others if not all fit.
 * @param height maximum number of lines without the titles; at least one is used
 */
function foundTable(
	found: readonly DiscoveredWallet[],
	height: number,
	{selected, width}: FoundPlace,
): readonly Part[] {
	const isAll = found.length <= height;
	const count = isAll ? found.length : Math.max(1, height - 1);
	const at = found.findIndex(one => pidOf(one) === selected);
	const first = Math.max(0, Math.min(at - count + 1, found.length - count));
	const listed = found.slice(first, first + count);
	const hasProcess = width >= processFromWidth;
	const cells = listed.map(one => ({
		[nameTitle]: `${pidOf(one) === selected ? '❯' : ' '} ${truncateText(one.name, 24)}`,
		[addressTitle]: truncateText(addressOf(one), 24),
		...(hasProcess ? {[processTitle]: `pid ${pidOf(one)}`} : {}),
	}));
	const titles = Object.keys(cells[0] ?? {});
	const widths = titles.map(title =>
		Math.max(title.length, ...cells.map(row => displayWidth(row[title as never] ?? ''))),
	);
	const noteRoom = width - widths.reduce((sum, each) => sum + each + cellPadding, cellPadding + 1);
	const notes = listed.map(one => truncateText(noteOf(one), noteRoom));
	const hasNotes = noteRoom >= minNote && notes.some(note => note !== '');
	const table: TableData = {
		titles: hasNotes ? [...titles, noteTitle] : titles,
		rows: hasNotes ? cells.map((row, index) => ({...row, [noteTitle]: notes[index] ?? ''})) : cells,
		styles: new Map(notes.map(note => [note, dim])),
	};
	const left = found.length - listed.length;
	return left > 0 && height > 1 ? [table, [[{text: `   and ${left} more`, style: dim}]]] : [table];
}
