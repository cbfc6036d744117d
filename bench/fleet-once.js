import {spawnSync} from 'node:child_process';
import {readFile, writeFile} from 'node:fs/promises';
import {withFleet} from './parts/fleet.js';
import {fileOf, medians, runNode} from './parts/measure.js';

/** The cost of checking 1,000 nodes once, half of them with a login, compared with a loop that only makes the calls. */
export async function fleetOnce() {
	return withFleet(['--nodes', '1000'], async (folder, nodes) => {
		const runCurl = await curlFor(folder, nodes);
		const cpu = await medians(
			{
				xmrtop: async () =>
					expectCode(0, await runNode([fileOf('dist/cli.js'), '--json', '--no-save', '--config-dir', folder])),
				bare: async () => expectCode(0, await runNode([fileOf('bench/parts/bare-once.js'), folder])),
				...(runCurl ? {curl: runCurl} : {}),
			},
			{turns: 7, warmUps: 1},
		);
		return [
			{
				name: '1,000 nodes, --json --no-save / bare node:http loop',
				measured: cpu.xmrtop / cpu.bare,
				aim: 1.2,
				limit: 1.6,
				note: `${cpu.xmrtop.toFixed(0)} ms of CPU against ${cpu.bare.toFixed(0)}`,
			},
			{
				name: '1,000 nodes, curl --parallel --digest',
				note: runCurl ? `${cpu.curl.toFixed(0)} ms of CPU` : 'curl is not here',
			},
		];
	});
}

function expectCode(expected, {cpuMs, code}) {
	if (code !== expected) {
		throw new Error(`a run ended with ${code}`);
	}

	return cpuMs;
}

/** curl is not a Node program: its CPU time is read from /proc (children of this process), in steps of 10 ms. */
async function curlFor(folder, nodes) {
	const isHere = spawnSync('curl', ['--version']).status === 0 && process.platform === 'linux';
	if (!isHere) {
		return undefined;
	}

	const transfers = nodes.map(({host, port, path, username, password}) =>
		[
			`url = "http://${host}:${port}${path}"`,
			'data = "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":\\"0\\",\\"method\\":\\"get_version\\"}"',
			'header = "Content-Type: application/json"',
			'output = "/dev/null"',
			...(username === undefined ? [] : ['digest', `user = "${username}:${password}"`]),
		].join('\n'),
	);
	const config = `${folder}/curl.conf`;
	await writeFile(config, `${transfers.join('\nnext\n')}\n`);
	return async () => {
		const before = await childrenCpuMs();
		spawnSync('curl', ['--silent', '--parallel', '--parallel-max', '256', '--config', config]);
		return (await childrenCpuMs()) - before;
	};
}

async function childrenCpuMs() {
	const stat = await readFile('/proc/self/stat', 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[13]) + Number(fields[14])) * 10;
}
