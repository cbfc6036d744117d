import {withFleet} from './parts/fleet.js';
import {fileOf, medians, runNode} from './parts/measure.js';

/** The cost of checking one node with a Digest login, from start to exit, compared with Node doing nothing. */
export async function startUp() {
	const work = async folder => {
		const json = [fileOf('dist/cli.js'), '--json', '--config-dir', folder];
		const cpu = await medians(
			{
				node: async () => (await runNode(['-e', '0'])).cpuMs,
				look: async () => mustPass(await runNode([...json, '--no-save'])),
				save: async () => mustPass(await runNode(json)),
			},
			{turns: 21},
		);
		const ms = name => `${cpu[name].toFixed(0)} ms of CPU against ${cpu.node.toFixed(0)}`;
		return [
			{
				name: 'one Digest node, --json --no-save / node -e 0',
				measured: cpu.look / cpu.node,
				aim: 1.5,
				limit: 1.9,
				note: ms('look'),
			},
			{
				name: 'one Digest node, --json / node -e 0',
				measured: cpu.save / cpu.node,
				aim: 2,
				limit: 2.4,
				note: ms('save'),
			},
		];
	};

	// As with a real wallet, the process that holds the port has the name monero-wallet-rpc.
	return withFleet(['--nodes', '1', '--login', 'digest'], work, {program: 'monero-wallet-rpc'});
}

function mustPass({cpuMs, code}) {
	if (code !== 0) {
		throw new Error(`xmrtop ended with ${code}`);
	}

	return cpuMs;
}
