import {randomBytes} from 'node:crypto';
import type {Socket} from 'node:net';
import {compact} from '../domain/compact.js';
import {type Member, writeConfig} from './config-files.js';
import {type BehaviourNow, elapsedMs, type World} from './context.js';
import {type Daemon, daemonBehaviour} from './daemon.js';
import {openEndpoint} from './endpoint.js';
import type {DemoOptions} from './options.js';
import {type Character, type DaemonName, daemonMoment, scenarios, walletMoment} from './scenarios.js';
import {makeSelfSignedCertificate, type SelfSignedCertificate} from './self-signed-certificate.js';
import {createSharedServer, type SharedServer} from './shared-server.js';
import {follow, type Player, playerOf} from './simulated-node.js';
import {generateCharacters, type Wallet, walletBehaviour} from './wallet.js';
import {createWalletChild, type Program} from './wallet-child.js';

const followEveryMs = 250;
/** Only the second daemon asks for a login. */
const daemonsWithLogin: readonly DaemonName[] = ['us'];

/** The running fleet. */
export interface SimulatedFleet {
	/** Closes every port and ends every process. */
	readonly stop: () => Promise<void>;
}

/** Starts the servers and then writes the configuration that knows them. */
export async function startFleet(
	options: DemoOptions & {readonly configDir: string},
	program: Program,
): Promise<SimulatedFleet> {
	const world: World = {startedAtMs: Date.now(), seed: options.seed, nowMs: Date.now};
	const stage: Stage = {world, server: createSharedServer(), program, entered: []};
	const stop = async (): Promise<void> => {
		await Promise.all(stage.entered.map(async player => player.leave()));
	};

	try {
		const characters = charactersOf(options);
		const daemons = await allOf(daemonsOf(characters, world).map(async daemon => enterDaemon(daemon, stage)));
		const members = await allOf(characters.map(async character => enterWallet(character, stage)));
		await writeConfig(options.configDir, {members, daemons, settings: options.calm ? {} : {interval: '2s'}});
		const moving = options.calm ? [] : [...daemons, ...members.slice(0, scenarios.length)].map(({player}) => player);
		await allOf(moving.map(async player => player.follow()));
		const following = follow(moving, followEveryMs);
		return {
			stop: async () => {
				await following.stop();
				await stop();
			},
		};
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Waits for all of them even when one fails, so that whatever was opened can be closed. */
async function allOf<T>(promises: ReadonlyArray<Promise<T>>): Promise<T[]> {
	await Promise.allSettled(promises);
	return Promise.all(promises);
}

function charactersOf({nodes, calm, hung, login, daemon}: DemoOptions): readonly Character[] {
	const played = calm ? [] : scenarios.slice(0, nodes);
	const generated = generateCharacters({
		from: played.length + 1,
		count: nodes - played.length,
		hung,
		login,
		...(daemon ? {daemon: 'eu'} : {}),
	});
	return [...played, ...generated];
}

function daemonsOf(characters: readonly Character[], world: World): Daemon[] {
	const names = new Set(characters.map(({daemon}) => daemon).filter(name => name !== undefined));
	return [...names].map(name => ({
		name,
		world,
		...(daemonsWithLogin.includes(name) ? {login: {username: 'monitor', password: newPassword()}} : {}),
	}));
}

/** What somebody needs to enter, and who has entered. */
interface Stage {
	readonly world: World;
	readonly server: SharedServer;
	readonly program: Program;
	readonly entered: Player[];
}

async function enterDaemon(daemon: Daemon, stage: Stage): Promise<Daemon & {readonly player: Player}> {
	const {name, world} = daemon;
	const player = await enterInProcess(stage, {
		behaviour: () => daemonBehaviour(daemon),
		isPresent: () => daemonMoment(name, elapsedMs(world), world.seed).phase !== 'absent',
	});
	return {...daemon, player};
}

async function enterWallet(character: Character, stage: Stage): Promise<Member & {readonly player: Player}> {
	const {world, program} = stage;
	const username = character.login === 'login_file' ? 'monero' : 'monitor';
	const login = character.login && {username, password: newPassword()};
	const wallet: Wallet = compact({character, world, login});
	if (character.ownProcess) {
		const player = await createWalletChild(wallet, program);
		stage.entered.push(player);
		return {...wallet, player};
	}

	const tls = character.tls ? makeSelfSignedCertificate({commonName: character.name}) : undefined;
	const player = await enterInProcess(
		stage,
		compact({
			behaviour: () => walletBehaviour(wallet),
			isPresent: () => walletMoment(character, elapsedMs(world), world.seed).phase !== 'absent',
			tls,
		}),
	);
	return compact({...wallet, player, fingerprint: tls?.fingerprint256});
}

interface Part {
	readonly behaviour: BehaviourNow;
	readonly isPresent: () => boolean;
	readonly tls?: SelfSignedCertificate;
}

async function enterInProcess({server, entered}: Stage, {behaviour, isPresent, tls}: Part): Promise<Player> {
	const endpoint = await openEndpoint(
		compact({
			onConnection: (socket: Socket) => {
				server.serve(socket, behaviour);
			},
			tls,
		}),
	);
	const player = playerOf(endpoint, isPresent);
	entered.push(player);
	return player;
}

/** As monero-wallet-rpc makes them when it is not given one. */
function newPassword(): string {
	return randomBytes(18).toString('base64');
}
