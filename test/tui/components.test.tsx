import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {stripVTControlCharacters} from 'node:util';
import {render} from 'ink-testing-library';
import type {ReactElement} from 'react';
import type {DaemonDetails, Result} from '../../source/domain/check-result.js';
import {Screen} from '../../source/tui/app.js';
import {ActionOutput, ActionQuestion, ConfirmDialog} from '../../source/tui/confirm-dialog.js';
import {DaemonBeside, DaemonPage, DaemonTitle} from '../../source/tui/daemon-page.js';
import {DetailStrip} from '../../source/tui/detail-strip.js';
import {refusalOf} from '../../source/tui/effects.js';
import {FleetPanel} from '../../source/tui/fleet-panel.js';
import {Footer} from '../../source/tui/footer.js';
import {Header} from '../../source/tui/header.js';
import {Help} from '../../source/tui/help.js';
import {ChoiceList, MethodPicker} from '../../source/tui/method-picker.js';
import {NodeDetails, NodeTitle} from '../../source/tui/node-details.js';
import {NodeForm} from '../../source/tui/node-form.js';
import {NodeJson, NodePage} from '../../source/tui/node-page.js';
import {NodeRow} from '../../source/tui/node-row.js';
import {NodeTable} from '../../source/tui/node-table.js';
import {layCheckTable, PlainTable} from '../../source/tui/plain-table.js';
import {Speech} from '../../source/tui/screen-reader.js';
import {Cell, StyledLine, StyledLines} from '../../source/tui/styled-line.js';
import {openForm} from '../../source/tui/view/node-form.js';
import {Welcome} from '../../source/tui/welcome.js';
import {fleetNowMs, fleetSnapshot} from '../helpers/fleet-fixture.js';
import {uiStateFixture} from '../helpers/screen-fixture.js';

const folder = fileURLToPath(new URL('../../source/tui', import.meta.url));
const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(name => /\.tsx?$/.test(name));

/** What a component draws at 100 columns, without styles and trailing spaces. */
function drawn(t: TestContext, element: ReactElement): string {
	const {lastFrame, unmount} = render(element);
	t.after(unmount);
	return stripVTControlCharacters(lastFrame() ?? '')
		.split('\n')
		.map(line => line.trimEnd())
		.join('\n');
}

const uiState = uiStateFixture(
	fleetSnapshot([
		{name: 'hot-1', daemon: '10.0.0.5:18081'},
		{name: 'refunds', state: 'down', reason: 'connection refused', port: 18_085},
	]),
	{columns: 100, rows: 30},
);
const entry = uiState.listed.all.find(({row}) => row.name === 'refunds');
assert.ok(entry);
const transition = {
	at: '2026-11-23T19:00:00.000Z',
	node_id: 2,
	node: 'refunds',
	method: 'api',
	from: 'up',
	to: 'down',
	message: 'API check failed',
	reason: 'connection refused',
} as const;
const page = {kind: 'transitions', nodeId: 2, scroll: 0, from: 'table'} as const;
const said = ['2 nodes: 2 up.', 'hot-1 is up.'];
const sentences = {subscribe: () => () => {}, getSentences: () => said};
const empty = uiStateFixture(fleetSnapshot([]), {columns: 100, rows: 30});

const daemon = '10.0.0.5:18081';
const daemonResult = (): Result<DaemonDetails> => ({
	status: true,
	details: {
		method: 'daemon',
		message: 'm',
		reason: `daemon ${daemon} is 41 blocks behind`,
		state: 'degraded',
		latency_ms: 1,
		last_check: new Date(fleetNowMs - 1000).toISOString(),
		nettype: 'mainnet',
		daemon_height: 3_412_009,
		daemon_version_text: '0.18.4.0',
		update_available: true,
	},
});

const components: ReadonlyArray<readonly [name: string, element: ReactElement, said: RegExp]> = [
	['Screen', <Screen key="" uiState={uiState} />, /2 nodes[\s\S]*refunds[\s\S]*\? help/],
	['Header', <Header key="" uiState={uiState} />, /^ 2 nodes {2}✖ 1 down {2}● 1 up .*api · every 5s/],
	[
		'NodeTable',
		<NodeTable key="" uiState={uiState} width={100} />,
		/STATE ↓ .*\n ❯ ✖ down +refunds .*\n {3}● up +hot-1 /,
	],
	[
		'NodeRow',
		<NodeRow key="" cells={[{text: 'refunds'}]} isSelected isChanged isAlerting={false} width={20} />,
		/^•❯ refunds$/,
	],
	[
		'NodeRow of an open alert',
		<NodeRow key="" cells={[{text: 'refunds'}]} isSelected isChanged={false} isAlerting width={20} />,
		/^!❯ refunds$/,
	],
	['DetailStrip', <DetailStrip key="" uiState={uiState} />, /^ ✖ refunds: connection refused\n {3}127\.0\.0\.1:18085$/],
	['Footer', <Footer key="" uiState={uiState} linesBelow={3} />, /^ ↓ 3 lines more\n ↑↓ move .*\? help$/],
	[
		'ActionQuestion',
		<ActionQuestion
			key=""
			uiState={uiState}
			dialog={{
				kind: 'action',
				nodeId: 2,
				name: 'refunds',
				action: {name: 'restart', restarts: true, command: ['systemctl', 'restart', '{unit}']},
				argv: ['systemctl', 'restart', "it's.service"],
				loss: 'scanning at 2,911,004, 61 blocks/s; a kill loses what is not saved',
			}}
		/>,
		/^\n {3}Run restart for refunds\?\n\n {5}systemctl restart 'it'\\''s\.service'\n\n {3}Refused: refunds is scanning at 2,911,004, 61 blocks\/s; a kill loses what is not saved\.\n {3}Type its name/,
	],
	[
		'ActionOutput',
		<ActionOutput
			key=""
			uiState={uiState}
			dialog={{
				...{kind: 'output', run: 1, title: 'say of refunds', argv: ['echo', 'a  b'], lines: ['a  b', '', 'end']},
				...{ending: 'exit code 0 after 1 s', isEnded: true, scroll: Number.POSITIVE_INFINITY},
			}}
		/>,
		/^ {3}say of refunds\n {3}echo 'a {2}b'\n\n {3}a {2}b\n\n {3}end\n\n {3}exit code 0 after 1 s$/,
	],
	['NodeTitle', <NodeTitle key="" uiState={uiState} entry={entry} columns={100} />, /^ ‹ refunds .*✖ down for 1 m/],
	[
		'NodeDetails',
		<NodeDetails key="" uiState={uiState} entry={entry} columns={100} height={20} scroll={0} />,
		/CHECK +TOOK +RESULT[\s\S]*✖ connection refused/,
	],
	[
		'NodePage',
		<NodePage key="" uiState={{...uiState, transitions: [transition]}} entry={entry} page={page} />,
		/up → ✖ down +connection refused/,
	],
	[
		'DaemonTitle',
		<DaemonTitle key="" uiState={{...uiState, daemonResult}} daemon={daemon} />,
		/^ ‹ \S+:18081 {3}▲ degraded {3}\d nodes? .*1s ago/,
	],
	[
		'DaemonPage',
		<DaemonPage
			key=""
			uiState={{...uiState, daemonResult, transitions: [transition]}}
			page={{kind: 'daemon', daemon, scroll: 0}}
		/>,
		/is 41 blocks behind\n\n {3}chain +mainnet, height 3,412,009\n {3}version +0\.18\.4\.0, an update[\s\S]*Nodes\n {3}● up +hot-1[\s\S]*Latest changes\n.* refunds +up → ✖ down/,
	],
	[
		'DaemonBeside',
		<DaemonBeside
			key=""
			uiState={{...uiState, daemonResult, latest: [{...transition, node_id: 1, node: 'hot-1'}]}}
			daemon={daemon}
			columns={70}
			height={30}
		/>,
		/▲ degraded[\s\S]*chain +mainnet[\s\S]*Latest changes\n.* hot-1 +up → ✖ down/,
	],
	['NodeJson', <NodeJson key="" entry={entry} columns={60} />, /"name": "refunds"/],
	['PlainTable', <PlainTable key="" data={layCheckTable(undefined, 100, false)} />, /^ {5}CHECK +TOOK +RESULT$/],
	[
		'FleetPanel',
		<FleetPanel key="" uiState={{...uiState, latest: [transition]}} width={100} />,
		/DAEMON +NODES[\s\S]*Latest changes\n.* refunds +up → ✖ down/,
	],
	['MethodPicker', <MethodPicker key="" uiState={uiState} selected={2} />, / ❯ 3 • api /],
	['NodeForm', <NodeForm key="" uiState={uiState} form={openForm()} />, /Add a node[\s\S]* ❯ name/],
	[
		'ConfirmDialog',
		<ConfirmDialog key="" uiState={uiState} dialog={{kind: 'confirm', act: 'disable', nodeId: 2, name: 'refunds'}} />,
		/Disable refunds\?[\s\S]*\[Cancel\] {3}Disable/,
	],
	[
		'ChoiceList',
		<ChoiceList key="" uiState={{...uiState, view: {...uiState.view, dialog: {kind: 'sort', index: 0}}}} />,
		/ ❯ .*state/,
	],
	['Help', <Help key="" uiState={uiState} scroll={0} />, /move the selection/],
	['Welcome', <Welcome key="" uiState={empty} />, /No nodes yet/],
	['Speech', <Speech key="" sentences={sentences} onKeys={() => {}} />, /^2 nodes: 2 up\.\nhot-1 is up\.\n?$/],
	['StyledLine', <StyledLine key="" line={[{text: 'a '}, {text: 'b', style: {bold: true}}]} />, /^a b$/],
	['StyledLines', <StyledLines key="" lines={[[{text: 'a'}], [], [{text: 'b'}]]} />, /^a\n\nb$/],
];

for (const [name, element, said] of components) {
	test(`${name} draws its content`, t => {
		assert.match(drawn(t, element), said);
	});
}

test('every component is tested here, and is in a file of its name or beside its parent', () => {
	const exported = files.flatMap(file =>
		[
			...readFileSync(path.join(folder, file), 'utf8').matchAll(
				/^export (?:function|const) ([A-Z]\w+)(?: = memo)?\(/gm,
			),
		].map(([, name]) => name ?? ''),
	);
	const known = new Set([...components.map(([name]) => name), 'App', Cell.displayName ?? 'Cell']);
	assert.deepEqual(
		exported.filter(name => !known.has(name)),
		[],
	);
});

test('uses no private-use characters', () => {
	for (const file of files) {
		const text = readFileSync(path.join(folder, file), 'utf8');
		assert.doesNotMatch(text, /\p{Co}/u, file);
		assert.doesNotMatch(text, /\\u\{?e[0-9a-f]{3}|0xe[0-9a-f]{3}\b|\\u\{?f[0-8][0-9a-f]{2}/i, file);
	}
});

test('marks a past table and the page of a past node, at any width', t => {
	const atMs = new Date(2026, 10, 20, 14, 2).getTime();
	for (const [columns, mark] of [
		[100, /^ PAST 2026-11-20 14:02:00(?: |$)/m],
		[40, /^ PAST 11-20 14:02(?: |$)/m],
		[30, /^ PAST 11-20 14:02(?: |$)/m],
	] as const) {
		const past = {...uiState, columns, snapshot: {...uiState.snapshot, atMs}};
		for (const element of [
			<Header key="" uiState={past} />,
			<NodeTitle key="" uiState={past} entry={entry} columns={columns} />,
		]) {
			assert.match(drawn(t, element), mark, `${columns} columns`);
		}
	}
});

test('refuses checks in the past', () => {
	const past = {...uiState, snapshot: {...uiState.snapshot, atMs: 1}};
	const refusal = refusalOf({isAsked: true, isAskable: () => true, transitionsOf: () => []}, {getUiState: () => past});
	for (const command of ['check-all', 'check-node', 'faster', 'slower'] as const) {
		assert.equal(refusal(command), 'this is the past: nothing is checked');
	}

	assert.equal(refusal('help'), undefined);
});
